//! The keyed limiter, with more keys than it holds: whatever it forgets, no key gets more than its rate.

use std::sync::atomic::{AtomicU64, Ordering};

use allotment::{Error, KeyedLimiter, ManualClock, Rate};

use crate::worker::{Checked, Worker};

const KEYS: usize = 24;
const MAX_KEYS: u64 = 8;
/// Units a second; the bucket holds as many.
const LIMIT: u64 = 20;

#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) limiter: KeyedLimiter,
    /// What each key was admitted since the round began, and when that was, in nanoseconds.
    admitted: [AtomicU64; KEYS],
    since: AtomicU64,
}

impl Keys {
    pub(crate) fn new(clock: &ManualClock) -> Result<Self, Error> {
        let limiter = KeyedLimiter::builder(Rate::per_second(LIMIT)?).max_keys(MAX_KEYS).clock(clock.clone());
        Ok(Self { limiter: limiter.build()?, admitted: Default::default(), since: AtomicU64::new(0) })
    }

    /// A round begins: every bucket is full.
    pub(crate) fn restart(&self, now: u64) -> Checked {
        self.limiter.sweep();
        if !self.limiter.is_empty() {
            return Err(format!("the limiter keeps {} keys whose buckets are full", self.limiter.len()));
        }
        self.admitted.iter().for_each(|admitted| admitted.store(0, Ordering::SeqCst));
        self.since.store(now, Ordering::SeqCst);
        Ok(())
    }
}

impl Worker<'_> {
    pub(crate) fn limiter(&mut self) -> Checked {
        let Keys { limiter, admitted, since } = &self.yard.keys;
        if self.random.one_in(64) {
            limiter.sweep();
            self.report.tally.done("limiter sweep");
        }
        let (at, n) = (self.random.index(KEYS), 1 + self.random.below(4));
        let (key, operation) = (format!("key-{at}"), if n == 1 { "limiter" } else { "limiter batch" });
        if !self.report.tally.limited(operation, limiter.check_n(&key, n))? {
            return Ok(());
        }
        let so_far = admitted[at].fetch_add(n, Ordering::SeqCst) + n;
        let lasted = self.yard.clock.now().get() - since.load(Ordering::SeqCst);
        let most = LIMIT + LIMIT * lasted / 1_000_000_000;
        if so_far > most {
            return Err(format!("{key} was admitted {so_far} units, its rate allows {most}"));
        }
        if limiter.len() > MAX_KEYS {
            return Err(format!("the limiter holds {} keys", limiter.len()));
        }
        Ok(())
    }
}
