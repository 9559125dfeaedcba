//! The limiter without sessions: keys that it holds, and keys that come anew each time.

use std::hint::black_box;

use allotment::{KeyedLimiter, Rate};

use crate::{Order, Subject, fast};

/// A limiter of which no bucket runs empty or is full again while it is measured, so that no key is forgotten.
#[must_use]
pub fn remembering() -> KeyedLimiter {
    let slow = Rate::per_hour(1).and_then(|rate| rate.with_burst(1e14)).expect("a rate");
    KeyedLimiter::new(slow).expect("a limiter")
}

/// So many keys.
#[must_use]
pub fn keys(count: usize) -> Vec<String> {
    (0..count).map(|key| format!("provider-{key}")).collect()
}

/// One known key among a thousand, all of them in random order, and keys that are new.
#[must_use]
pub fn keyed() -> Vec<Subject> {
    let known = || {
        let limiter = remembering();
        assert!(keys(1_000).iter().all(|key| limiter.check(key).is_ok()));
        assert_eq!(limiter.len(), 1_000);
        limiter
    };
    let (one, all) = (known(), known());
    let (mut order, mut new) = (Order::of(keys(1_000)), Order::of(keys(1_000)));
    // Full again half a microsecond after it was used, so each key has been forgotten when its turn comes.
    let forgetful = KeyedLimiter::new(fast()).expect("a limiter");
    vec![
        Subject::sure("keyed/known", move || one.check(black_box("provider-7")).is_ok()),
        Subject::sure("keyed/known_1000", move || all.check(order.next()).is_ok()),
        Subject::timed("keyed/new", move |times| {
            let begun = std::time::Instant::now();
            let admitted = (0..times).filter(|_| black_box(forgetful.check(new.next())).is_ok()).count();
            let took = begun.elapsed();
            assert_eq!(admitted as u64, times);
            assert!(forgetful.len() < 100, "{} keys are held and so were not new", forgetful.len());
            took
        }),
    ]
}
