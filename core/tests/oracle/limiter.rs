//! A keyed limiter against the simplest one that is right: a bucket for every key there ever was, none ever forgotten.

use core::time::Duration;
use std::collections::BTreeMap;

use allotment::{Denial, KeyedLimiter, LimitError, ManualClock, Nanos, Rate, Reason, Scope};
use proptest::prelude::*;

use crate::bucket::Bucket;
use crate::cases;

#[derive(Debug, Clone)]
enum Step {
    Check(usize, u64),
    Preview(usize, u64),
    Sweep,
    Advance(u64),
}

fn rate() -> impl Strategy<Value = Rate> {
    let windows = prop_oneof![1_000_000_000..9_000_000_000u64, (1..90u64).prop_map(|s| s * 1_000_000_000)];
    (0..9u64, windows, prop_oneof![Just(1.0), 0.01..3.0f64]).prop_map(|(limit, window, burst)| {
        Rate::new(limit, Duration::from_nanos(window)).and_then(|r| r.with_burst(burst)).unwrap()
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let n = || prop_oneof![4 => Just(1u64), 1 => 0..30u64];
    let step = prop_oneof![
        6 => (0..12usize, n()).prop_map(|(key, n)| Step::Check(key, n)),
        1 => (0..12usize, n()).prop_map(|(key, n)| Step::Preview(key, n)),
        1 => Just(Step::Sweep),
        2 => prop_oneof![0..1_000_000_000u64, 0..20_000_000_000u64].prop_map(Step::Advance),
    ];
    prop::collection::vec(step, 1..120)
}

/// The reason and every figure of a denial.
type Verdict = Option<(Reason, Option<Scope>, Option<u64>, Option<u64>, Option<u64>, Option<Nanos>, bool)>;

fn seen(decided: Result<(), LimitError>) -> Verdict {
    let denial: Denial = match decided {
        Ok(()) => return None,
        Err(LimitError::Denied(denial)) => denial,
        Err(LimitError::Invalid(error)) => panic!("{error}"),
    };
    let (limit, used) = (denial.limit(), denial.used());
    let (requested, wait) = (denial.requested(), denial.retry_after());
    Some((denial.reason(), denial.scope(), limit, used, requested, wait, denial.retryable()))
}

struct Naive {
    rate: Rate,
    buckets: BTreeMap<usize, Bucket>,
    max: u64,
    now: u64,
}

impl Naive {
    fn bucket(&self, key: usize) -> Bucket {
        self.buckets.get(&key).cloned().unwrap_or_else(|| Bucket::new(self.rate, 1000))
    }

    fn is_full(&self, bucket: &Bucket) -> bool {
        bucket.covers(self.rate.bucket(), self.now)
    }

    /// The keys that something has to be remembered of.
    fn owing(&self) -> u64 {
        self.buckets.values().filter(|bucket| !self.is_full(bucket)).count() as u64
    }

    fn verdict(&self, key: usize, n: u64) -> Verdict {
        let bucket = self.bucket(key);
        if n > 0 && !bucket.covers(n, self.now) {
            let (limit, used) = (self.rate.limit(), self.rate.bucket() - bucket.units(self.now));
            let wait = bucket.wait(n, self.now);
            let figures = (Some(limit), Some(used), Some(n));
            let (reason, scope) = (Reason::RateLimited, Some(Scope::Key));
            return Some((reason, scope, figures.0, figures.1, figures.2, wait, wait.is_some()));
        }
        // A table as full as this holds nothing else, and so not this key.
        let full = n > 0 && self.owing() == self.max && self.is_full(&bucket);
        full.then(|| {
            let max = Some(self.max);
            (Reason::StoreFull, Some(Scope::Store), max, max, Some(1), None, false)
        })
    }

    fn take(&mut self, key: usize, n: u64) {
        let mut bucket = self.bucket(key);
        bucket.take(n, self.now);
        self.buckets.insert(key, bucket);
    }
}

proptest! {
    #![proptest_config(cases(1_500))]

    /// Every decision is the one of the limiter that never forgets, but that a key of a full bucket finds no place where all are
    /// taken by others that owe something; and what is held beyond these goes with a sweep.
    #[test]
    // D6, D1, D2, D3, D4
    fn d1_d2_d3_d4_d6_a_limiter_that_forgets_decides_as_one_that_does_not(
        rate in rate(), max in 1..9u64, began in 0..100_000_000_000u64, steps in steps(),
    ) {
        let clock = ManualClock::new();
        clock.advance(Nanos::new(began));
        let limiter = KeyedLimiter::builder(rate).max_keys(max).clock(clock.clone()).build().unwrap();
        let mut naive = Naive { rate, buckets: BTreeMap::new(), max, now: began };
        for step in steps {
            match step {
                Step::Check(key, n) => {
                    let expected = naive.verdict(key, n);
                    prop_assert_eq!(seen(limiter.check_n(&format!("k{key}"), n)), expected, "{} × {}", key, n);
                    if expected.is_none() && n > 0 {
                        naive.take(key, n);
                    }
                }
                Step::Preview(key, n) => {
                    prop_assert_eq!(seen(limiter.preview_n(&format!("k{key}"), n)), naive.verdict(key, n));
                }
                Step::Sweep => {
                    let before = limiter.len();
                    prop_assert_eq!(limiter.sweep(), before - naive.owing());
                    prop_assert_eq!(limiter.len(), naive.owing());
                }
                Step::Advance(gap) => {
                    clock.advance(Nanos::new(gap));
                    naive.now += gap;
                }
            }
            prop_assert!(limiter.len() <= max && limiter.len() >= naive.owing());
        }
    }
}
