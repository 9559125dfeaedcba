//! The leaves of long-running executions: rows of the same step, nested discoveries, thresholds that fire once.
#![cfg(loom)]

use allotment::model::{Nesting, Streak, Threshold};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use loom_tests::{Depth, explore};

const A: u64 = 1;
const B: u64 = 2;

/// A row and the list of the steps taken, in the order of their commits: two bits a step, the latest lowest.
///
/// The list is read and written relaxed, in two moves: only the row keeps the steps apart and orders them.
#[derive(Default)]
struct Steps {
    row: Streak,
    taken: AtomicU64,
}

impl Steps {
    /// Takes `step`; whether it was. Somebody who is in the way is waited for once.
    fn take(&self, step: u64, limit: u64) -> bool {
        for _ in 0..2 {
            match self.row.begin(step, limit) {
                Ok(attempt) => {
                    let before = self.taken.load(Ordering::Relaxed);
                    self.taken.store(before << 2 | step, Ordering::Relaxed);
                    self.row.commit(attempt);
                    return true;
                }
                Err(Some(count)) => {
                    assert_eq!(count, limit, "a loop is named that is none");
                    return false;
                }
                Err(None) => thread::yield_now(),
            }
        }
        false
    }

    /// Begins `step`, which something else refuses.
    fn refuse(&self, step: u64, limit: u64) {
        if let Ok(attempt) = self.row.begin(step, limit) {
            self.row.undo(attempt);
        }
    }

    /// The steps taken, the latest first.
    fn taken(&self) -> Vec<u64> {
        let list = self.taken.load(Ordering::Relaxed);
        (0..u64::BITS).step_by(2).map(|at| list >> at & 3).take_while(|&step| step != 0).collect()
    }

    /// No row is longer than `limit`, and the word says what the list says: how long the last row is, no more, no less.
    fn agree(&self, limit: u64) {
        let rows = self.taken();
        let rows: Vec<_> = rows.chunk_by(u64::eq).map(|row| (row[0], row.len() as u64)).collect();
        assert!(rows.iter().all(|&(_, count)| count <= limit), "{rows:?}, the limit is {limit}");
        if let Some(&(step, count)) = rows.first() {
            let refused = self.row.begin(step, count).err();
            assert_eq!(refused, Some(Some(count)), "the word forgot steps of {rows:?}");
            assert!(self.row.begin(step, count + 1).is_ok(), "the word has steps beyond {rows:?}");
        }
    }
}

/// Three threads take the same step against a limit of two.
#[test]
fn no_step_is_taken_more_often_in_a_row_than_its_limit() {
    explore("step A ‖ step A ‖ step A", Depth::Exhaustive, || {
        let steps = Arc::new(Steps::default());
        let others: Vec<_> = (0..2)
            .map(|_| {
                let steps = steps.clone();
                thread::spawn(move || steps.take(A, 2))
            })
            .collect();
        let mut taken = u64::from(steps.take(A, 2));
        taken += others.into_iter().map(|thread| u64::from(thread.join().unwrap())).sum::<u64>();
        assert!(taken >= 1 && steps.taken().len() as u64 == taken, "two steps began at once");
        steps.agree(2);
    });
}

/// A was taken as often as it may be. B is tried and refused by something else while A is asked for again.
///
/// It is the main thread that tries B: loom remembers one access to a word, and would not see that a lone load of the main
/// thread could come after the writes of another thread, which begins with a load.
#[test]
fn a_refused_step_does_not_break_a_row() {
    explore("refused step B ‖ step A, after A, A", Depth::Exhaustive, || {
        let steps = Arc::new(Steps::default());
        assert!(steps.take(A, 2) && steps.take(A, 2));
        let other = steps.clone();
        let again = thread::spawn(move || other.take(A, 2));
        steps.refuse(B, 2);
        assert!(!again.join().unwrap(), "B, which was refused, broke the row");
        steps.agree(2);
    });
}

/// One step is refused while two others are taken: neither of the two is forgotten.
#[test]
fn a_refused_step_takes_nobodys_place() {
    explore("refused step B ‖ step A ‖ step A", Depth::Exhaustive, || {
        let steps = Arc::new(Steps::default());
        let (one, two) = (steps.clone(), steps.clone());
        let others = [thread::spawn(move || one.refuse(B, 9)), thread::spawn(move || _ = two.take(A, 9))];
        steps.take(A, 9);
        for other in others {
            other.join().unwrap();
        }
        steps.agree(9);
    });
}

/// Rows of two steps, taken, refused and mixed.
#[test]
fn mixed_steps_keep_to_the_order_of_their_commits() {
    explore("steps A, B ‖ steps B, A ‖ refused step A", Depth::Preemptions(4), || {
        let steps = Arc::new(Steps::default());
        let (one, two) = (steps.clone(), steps.clone());
        let others = [
            thread::spawn(move || {
                one.take(A, 1);
                one.take(B, 1);
            }),
            thread::spawn(move || {
                two.take(B, 1);
                two.take(A, 1);
            }),
        ];
        steps.refuse(A, 1);
        for other in others {
            other.join().unwrap();
        }
        steps.agree(1);
    });
}

/// Three discoveries, two of which come to an end, with a maximum of two.
#[test]
fn discoveries_never_nest_deeper_than_the_maximum() {
    explore("enter ‖ enter, leave ‖ enter, leave", Depth::Preemptions(5), || {
        let nesting = Arc::new(Nesting::default());
        let others: Vec<_> = (0..2)
            .map(|_| {
                let nesting = nesting.clone();
                thread::spawn(move || {
                    let level = nesting.enter(2);
                    assert!(level.is_none() || nesting.leave(), "a level was lost");
                    level
                })
            })
            .collect();
        let mine = nesting.enter(2);
        let levels = others.into_iter().filter_map(|thread| thread.join().unwrap());
        let deepest = levels.chain(mine).max().unwrap();
        assert!(deepest <= 2, "a level {deepest} was given out");
        assert_eq!(nesting.load(), (u64::from(mine.is_some()), deepest));
    });
}

/// Two threads cross a threshold and two raise it: fired and raised in turn, each told to one.
#[test]
fn a_mark_is_newly_set_once() {
    explore("cross, raise ‖ cross ‖ raise", Depth::Exhaustive, || {
        let threshold = Arc::new(Threshold::default());
        let (one, two) = (threshold.clone(), threshold.clone());
        let crosses = thread::spawn(move || one.cross());
        let raises = thread::spawn(move || two.raise());
        let mut fired = u64::from(threshold.cross());
        let mut lifted = u64::from(threshold.raise());
        fired += u64::from(crosses.join().unwrap());
        lifted += u64::from(raises.join().unwrap());
        assert!(fired >= 1, "it was crossed and nobody was told");
        assert_eq!(fired, lifted + u64::from(threshold.has_fired()));
    });
}
