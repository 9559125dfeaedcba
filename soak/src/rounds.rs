//! The rounds: all threads at work, then all at rest and the books compared, again and again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use allotment::Nanos;

use crate::books::Books;
use crate::memory::Memory;
use crate::tally::Tally;
use crate::worker::{Checked, Report, Worker};
use crate::yard::{Yard, lock};

/// How many rounds a run has, if none is longer than a second.
const ROUNDS_MIN: u32 = 30;

/// What a run came to.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) rounds: u64,
    pub(crate) tally: Tally,
    pub(crate) memory: Memory,
    pub(crate) lasted: Duration,
    pub(crate) books: Books,
}

/// Where the threads meet, and the first thing that went wrong.
struct Meeting {
    barrier: Barrier,
    wrong: Mutex<Option<String>>,
    over: AtomicBool,
    reports: Vec<Mutex<Report>>,
}

impl Meeting {
    fn note(&self, yard: &Yard, checked: Checked) {
        if let Err(problem) = checked {
            lock(&self.wrong).get_or_insert(problem);
            yard.stop(true);
        }
    }

    /// One thread's part of every round.
    fn attend(&self, worker: &mut Worker<'_>, thread: usize) {
        let publish = |worker: &Worker<'_>| worker.report.clone_into(&mut lock(&self.reports[thread]));
        while !self.over.load(Ordering::SeqCst) {
            self.note(worker.yard, worker.work());
            publish(worker);
            self.barrier.wait();
            // The leader looks at everything that is open, and closes the tree.
            self.barrier.wait();
            worker.mourn();
            self.barrier.wait();
            // The leader looks at it again; reservations are open still.
            self.barrier.wait();
            if lock(&self.wrong).is_none() {
                self.note(worker.yard, worker.finish());
            }
            publish(worker);
            self.barrier.wait();
            // The leader looks at what is left, and begins the next round or ends it all.
            self.barrier.wait();
        }
    }
}

/// Runs for `seconds`; what it came to, and the first thing that went wrong.
pub(crate) fn run(yard: &Yard, seconds: u64, threads: usize, seed: u64) -> (Run, Checked) {
    let meeting = Meeting {
        barrier: Barrier::new(threads + 1),
        wrong: Mutex::default(),
        over: AtomicBool::new(false),
        reports: (0..threads).map(|_| Mutex::default()).collect(),
    };
    let mut run = Run::default();
    let length =
        (Duration::from_secs(seconds) / ROUNDS_MIN).clamp(Duration::from_millis(50), Duration::from_secs(1));
    let begun = Instant::now();
    thread::scope(|scope| {
        for index in 0..threads {
            let meeting = &meeting;
            scope.spawn(move || meeting.attend(&mut Worker::new(yard, index, seed), index));
        }
        while !meeting.over.load(Ordering::SeqCst) {
            thread::sleep(length);
            yard.stop(true);
            meeting.barrier.wait();
            if lock(&meeting.wrong).is_none() {
                meeting.note(yard, Books::open(yard, &reports(&meeting)));
            }
            meeting.barrier.wait();
            meeting.barrier.wait();
            if lock(&meeting.wrong).is_none() {
                meeting.note(yard, yard.tree().check(false));
            }
            meeting.barrier.wait();
            meeting.barrier.wait();
            let reports = reports(&meeting);
            if lock(&meeting.wrong).is_none() {
                yard.clock.advance(Nanos::from_secs(10));
                meeting.note(yard, run.books.close(yard, &reports, threads));
                run.rounds += 1;
                run.memory.sample();
            }
            run.lasted = begun.elapsed();
            if lock(&meeting.wrong).is_some() || run.lasted >= Duration::from_secs(seconds) {
                meeting.over.store(true, Ordering::SeqCst);
                for report in &reports {
                    run.tally.add(&report.tally);
                }
            }
            yard.stop(false);
            meeting.barrier.wait();
        }
    });
    let wrong = lock(&meeting.wrong).take();
    (run, wrong.map_or(Ok(()), Err))
}

fn reports(meeting: &Meeting) -> Vec<Report> {
    meeting.reports.iter().map(|report| lock(report).clone()).collect()
}
