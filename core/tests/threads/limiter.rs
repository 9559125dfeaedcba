//! A keyed limiter with more keys than places: whoever evicts what while others ask, nobody is given tokens.
//!
//! Power: these fail where who lost the race to make a key keeps its place, and where a new key does not wait for a place that is
//! changing hands. That eviction and debit are one step each is for loom to find; that a bucket is full, for the oracle.

use allotment::{KeyedLimiter, ManualClock, Nanos, Rate, Reason};

use crate::seed::seed;
use crate::{Random, race};

const THREADS: usize = 8;
const KEYS: usize = 48;

/// Why a unit of `key` is denied; `None` where it is admitted. Contention is asked away.
fn asked(limiter: &KeyedLimiter, key: &str) -> Option<Reason> {
    loop {
        let reason = limiter.check(key).err().map(|error| error.denial().unwrap().reason());
        if reason != Some(Reason::Contended) {
            return reason;
        }
        std::thread::yield_now();
    }
}

/// A limiter on a clock that has not moved, and the clock.
fn limiter(rate: Rate, max: u64) -> (KeyedLimiter, ManualClock) {
    let clock = ManualClock::new();
    (KeyedLimiter::builder(rate).max_keys(max).clock(clock.clone()).build().unwrap(), clock)
}

#[test]
// D6
fn d6_no_key_gets_more_than_its_bucket_and_what_was_minted() {
    let rate = Rate::per_second(3).unwrap();
    let (limiter, clock) = limiter(rate, 16);
    let keys: Vec<String> = (0..KEYS).map(|key| format!("key-{key}")).collect();
    let seed = seed();
    let counted = race(THREADS, |thread| {
        let mut random = Random(seed ^ thread as u64);
        let (mut admitted, mut full) = ([0u64; KEYS], 0u64);
        for _ in 0..40_000 {
            // Some keys are asked for all the time, so that they are always at the limit.
            let key = usize::try_from(if random.below(2) == 0 { random.below(4) } else { random.below(48) })
                .unwrap();
            match asked(&limiter, &keys[key]) {
                None => admitted[key] += 1,
                Some(Reason::StoreFull) => full += 1,
                Some(Reason::RateLimited) => {}
                Some(other) => panic!("{other}"),
            }
            assert!(limiter.len() <= 16);
            match random.below(40) {
                0 => _ = limiter.sweep(),
                1..4 => clock.advance(Nanos::new(random.below(100_000_000))),
                _ => {}
            }
        }
        (admitted, full)
    });
    let most = 3 + 3 * clock.now().get() / 1_000_000_000;
    for (key, name) in keys.iter().enumerate() {
        let admitted: u64 = counted.iter().map(|(admitted, _)| admitted[key]).sum();
        assert!(admitted <= most, "{name}: {admitted} of {most}");
        assert!(key >= 4 || admitted + 3 >= most / 2, "{name}, always asked for, got {admitted} of {most}");
    }
    println!("full: {} times", counted.iter().map(|(_, full)| full).sum::<u64>());
    clock.advance(Nanos::from_secs(1));
    limiter.sweep();
    assert_eq!(limiter.len(), 0);
}

#[test]
// D6
fn d6_a_key_asked_for_by_all_gives_exactly_what_it_has_while_it_is_forgotten_each_time_it_is_full() {
    // A second refills it whole, so it is full, and forgotten by whoever sweeps or finds no place, when the next round begins.
    let (limiter, clock) = limiter(Rate::per_second(5).unwrap(), 1);
    for round in 0..3_000 {
        let admitted: u64 = race(4, |thread| {
            let asks = (0..3).filter(|_| {
                if thread == 3 {
                    limiter.sweep();
                }
                asked(&limiter, "key").is_none()
            });
            asks.count() as u64
        })
        .iter()
        .sum();
        assert_eq!(admitted, 5, "round {round}");
        clock.advance(Nanos::from_secs(1));
    }
}

#[test]
// D6
fn d6_one_place_and_one_new_key_is_enough_for_all_who_ask_for_it() {
    for round in 0..3_000 {
        let (limiter, _) = limiter(Rate::per_second(3).unwrap(), 2);
        limiter.check("other").unwrap();
        let reasons = race(4, |_| asked(&limiter, "new"));
        let denied: Vec<_> = reasons.into_iter().flatten().collect();
        assert_eq!(denied, [Reason::RateLimited], "round {round}");
        assert_eq!((limiter.len(), asked(&limiter, "third")), (2, Some(Reason::StoreFull)));
    }
}
