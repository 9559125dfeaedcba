//! governor: one rate, without locks; for one thing or for each of many keys.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;

use allotment_benches::Order;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use uuid::Uuid;

use crate::MANY;
use crate::case::Case;

/// A cell a nanosecond, which is the fastest it knows, and its largest burst.
fn plenty() -> Quota {
    let fastest = NonZeroU32::new(1_000_000_000).expect("not zero");
    Quota::per_second(fastest).allow_burst(NonZeroU32::MAX)
}

fn direct() -> Arc<DefaultDirectRateLimiter> {
    Arc::new(RateLimiter::direct(plenty()))
}

fn keyed<K: Hash + Eq + Clone + 'static>(name: &str, key: impl Fn(Uuid) -> K) -> Case {
    let limiter: Arc<DefaultKeyedRateLimiter<K>> = Arc::new(RateLimiter::keyed(plenty()));
    let keys: Vec<K> = (0..MANY).map(|_| key(Uuid::new_v4())).collect();
    assert!(keys.iter().all(|key| limiter.check_key(key).is_ok()), "every key is known beforehand");
    Case::alone(name, || {
        let (limiter, mut order) = (Arc::clone(&limiter), Order::of(keys.clone()));
        move || limiter.check_key(order.next()).is_ok()
    })
}

/// What is timed of governor.
#[must_use]
pub fn cases() -> Vec<Case> {
    let (one, two) = (direct(), direct());
    vec![
        Case::alone("governor/direct", || {
            let limiter = Arc::clone(&one);
            move || limiter.check().is_ok()
        }),
        Case::two("governor/direct_two", |_| {
            let limiter = Arc::clone(&two);
            move || limiter.check().is_ok()
        }),
        keyed("governor/keyed_1000", |id| id),
        keyed("governor/keyed_str_1000", |id| id.to_string()),
    ]
}
