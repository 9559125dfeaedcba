//! The search for an order (Wing and Gong's, with the memory of Lowe's): of everything that a history's operations could have been, one
//! after the other, in an order that keeps to what ended before something else began.

use std::collections::HashSet;

use crate::ledger::{Ledger, Next, Progress};
use crate::operation::Event;

/// Where the search stands in each thread: the operation, and how far it has come.
type Cursors = [(usize, Progress); 4];

/// Whether some order of the instants of `history`, one list a thread, leads to a ledger that `ends` accepts.
pub fn linearises(history: &[Vec<Event>; 4], ends: impl Fn(&Ledger) -> bool) -> bool {
    let mut dead = HashSet::new();
    let mut open = vec![(Cursors::default(), Ledger::default())];
    while let Some((cursors, ledger)) = open.pop() {
        let current = |thread: usize| history[thread].get(cursors[thread].0);
        // Nothing comes before what had ended when it began.
        let Some(earliest) = (0..4).filter_map(current).map(|event| event.ended).min() else {
            if ends(&ledger) {
                return true;
            }
            continue;
        };
        for thread in 0..4 {
            let Some(event) = current(thread).filter(|event| event.began < earliest) else { continue };
            let (at, progress) = cursors[thread];
            let Some((after, next)) = ledger.instant(event.operation, event.answer, progress) else {
                continue;
            };
            let mut cursors = cursors;
            cursors[thread] = match next {
                Next::More(progress) => (at, progress),
                Next::Done => (at + 1, Progress::default()),
            };
            if dead.insert((cursors, after.clone())) {
                open.push((cursors, after));
            }
        }
    }
    false
}
