//! [`Subject`]: a piece of work that can be timed, by criterion and by [`crate::pairs`] alike.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// Does its work so many times and says how long that took.
type Run = Box<dyn FnMut(u64) -> Duration>;

/// Work of one thread, told how many times to do it. A loop inside, so that what is timed is inlined into it.
pub type Share = Box<dyn FnMut(u64) + Send>;

/// A piece of work with a name.
pub struct Subject {
    /// `suite/case`, unique in a run.
    pub name: String,
    /// How many threads do it at once.
    pub threads: usize,
    run: Run,
}

impl Subject {
    /// `work`, done by one thread.
    pub fn new<R>(name: impl Into<String>, mut work: impl FnMut() -> R + 'static) -> Self {
        Self::timed(name, move |times| {
            let begun = Instant::now();
            for _ in 0..times {
                black_box(work());
            }
            begun.elapsed()
        })
    }

    /// `work`, which says whether it was done as it should; it panics, after the time was taken, where it ever was not.
    pub fn sure(name: impl Into<String>, mut work: impl FnMut() -> bool + 'static) -> Self {
        let name = name.into();
        let told = name.clone();
        Self::timed(name, move |times| {
            let (begun, mut done) = (Instant::now(), 0);
            for _ in 0..times {
                done += u64::from(black_box(work()));
            }
            let took = begun.elapsed();
            assert_eq!(done, times, "{told}: done as it should");
            took
        })
    }

    /// Work that takes its time by itself, because something has to be made ready that does not count.
    pub fn timed(name: impl Into<String>, run: impl FnMut(u64) -> Duration + 'static) -> Self {
        Self { name: name.into(), threads: 1, run: Box::new(run) }
    }

    /// One share for each thread, all done at once, each on a core of its own as long as there are some; the time is the slowest one's,
    /// from a common start.
    pub fn shared(name: impl Into<String>, mut shares: Vec<Share>) -> Self {
        let threads = shares.len();
        let cores = core_affinity::get_core_ids().unwrap_or_default();
        let run = move |times: u64| {
            let start = Barrier::new(threads);
            let start = &start;
            std::thread::scope(|scope| {
                let crew: Vec<_> = shares
                    .iter_mut()
                    .enumerate()
                    .map(|(nth, share)| {
                        let core = cores.get(nth).copied();
                        scope.spawn(move || {
                            // Until the system has found out that all are busy, it may let them take turns on one.
                            core.map(core_affinity::set_for_current);
                            start.wait();
                            let begun = Instant::now();
                            share(times);
                            begun.elapsed()
                        })
                    })
                    .collect();
                crew.into_iter().map(|thread| thread.join().expect("a share")).max().unwrap_or_default()
            })
        };
        Self { threads, ..Self::timed(name, run) }
    }

    /// The same under another name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Does it `times` times, in every thread; how long that took.
    pub fn run(&mut self, times: u64) -> Duration {
        (self.run)(times)
    }
}

/// One thread's share of `work`.
pub fn share<R>(mut work: impl FnMut() -> R + Send + 'static) -> Share {
    Box::new(move |times| {
        for _ in 0..times {
            black_box(work());
        }
    })
}

/// One thread's share of `work`, which says whether it was done as it should; it panics where it ever was not.
pub fn sure_share(mut work: impl FnMut() -> bool + Send + 'static) -> Share {
    Box::new(move |times| {
        let mut done = 0;
        for _ in 0..times {
            done += u64::from(black_box(work()));
        }
        assert_eq!(done, times, "done as it should");
    })
}
