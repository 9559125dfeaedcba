//! A key of a limiter that is forgotten while others use it.
#![cfg(loom)]

use allotment::Rate;
use allotment::model::Key;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use loom_tests::{Depth, explore};

const SECOND: u64 = 1_000_000_000;

/// A bucket of one is empty at first and full a second later, when the key is forgotten if it still is, while two others ask.
/// However they interleave, the bucket and the second give two units, no more and no fewer.
#[test]
fn an_eviction_gives_nobody_tokens() {
    explore("forget ‖ debit ‖ debit, time going on", Depth::Preemptions(3), || {
        let key = Arc::new(Key::new(Rate::per_second(1).unwrap()));
        let clock = Arc::new(AtomicU64::new(0));
        assert!(key.take(1, || 0));
        let others = [(); 2].map(|()| {
            let (key, clock) = (key.clone(), clock.clone());
            thread::spawn(move || key.take(1, || clock.load(Ordering::Acquire)))
        });
        clock.store(SECOND, Ordering::Release);
        let forgotten = key.forget(SECOND);
        let taken: u64 = others.into_iter().map(|thread| u64::from(thread.join().unwrap())).sum();
        let late: u64 = (0..3).map(|_| u64::from(key.take(1, || SECOND))).sum();
        assert_eq!(1 + taken + late, 2, "{taken} meanwhile and {late} later; forgotten: {forgotten}");
    });
}
