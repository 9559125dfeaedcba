//! The leaves: gauges against their cap, undo on a bucket that refills meanwhile.
#![cfg(loom)]

use allotment::Rate;
use allotment::model::{Bucket, Estimate, Gauge};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use loom_tests::{Depth, explore};

/// Two creations, while one of two sessions closes, against a cap of two.
#[test]
fn creations_against_the_cap_never_pass_it() {
    explore("acquire ‖ acquire ‖ release", Depth::Exhaustive, || {
        let gauge = Arc::new(Gauge::default());
        assert!(gauge.acquire(2));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let gauge = gauge.clone();
                thread::spawn(move || {
                    let taken = gauge.acquire(2);
                    assert!(gauge.count() <= 2);
                    taken
                })
            })
            .collect();
        gauge.release();
        let taken: u64 = others.into_iter().map(|thread| u64::from(thread.join().unwrap())).sum();
        assert!(taken >= 1, "one place was free all the time");
        assert_eq!((gauge.count(), gauge.acquire(2)), (taken, taken < 2));
    });
}

/// A session comes, spends and goes while its account is about to be forgotten: what it spent is not.
#[test]
fn an_account_that_was_used_meanwhile_is_not_retired() {
    explore("enter, spend, leave ‖ retire", Depth::Exhaustive, || {
        let gauge = Arc::new(Gauge::default());
        let spent = Arc::new(AtomicU64::new(0));
        let (places, spending) = (gauge.clone(), spent.clone());
        let entered = thread::spawn(move || {
            let entered = places.acquire(9);
            if entered {
                spending.fetch_add(1, Ordering::Relaxed);
                places.release();
            }
            entered
        });
        let retired = gauge.retire(|| spent.load(Ordering::Relaxed) == 0);
        assert!(!(entered.join().unwrap() && retired), "what was spent was forgotten");
        assert_eq!(gauge.acquire(9), !retired);
    });
}

/// A session that has ended is charged while its account is about to be forgotten: either it is not, or whoever charged it knows.
#[test]
fn a_charge_without_a_place_is_not_forgotten() {
    explore("charge, visit ‖ retire", Depth::Exhaustive, || {
        let gauge = Arc::new(Gauge::default());
        let spent = Arc::new(AtomicU64::new(0));
        let (places, spending) = (gauge.clone(), spent.clone());
        let charged = thread::spawn(move || {
            spending.fetch_add(1, Ordering::Relaxed);
            places.visit()
        });
        let retired = gauge.retire(|| spent.load(Ordering::Relaxed) == 0);
        assert_ne!(charged.join().unwrap(), retired, "what was spent was forgotten");
    });
}

/// One takes the whole bucket and gives it back while time goes on and another takes what has been refilled. However
/// they interleave, no more than the bucket can ever come out at one instant.
#[test]
fn an_undo_on_a_refilling_meter_mints_nothing() {
    const SECOND: u64 = 1_000_000_000;
    explore("hold, undo ‖ take, time going on", Depth::Exhaustive, || {
        let bucket = Arc::new(Bucket::new(Rate::per_second(4).unwrap()));
        let clock = Arc::new(AtomicU64::new(0));
        let (bucket2, clock2) = (bucket.clone(), clock.clone());
        let undoer = thread::spawn(move || {
            let now = clock2.load(Ordering::Acquire);
            if let Some(held) = bucket2.hold(4, now) {
                bucket2.undo(&held, || clock2.load(Ordering::Acquire));
            }
        });
        // Half a second mints two of the four.
        clock.store(SECOND / 2, Ordering::Release);
        let early = bucket.take(2, SECOND / 2);
        undoer.join().unwrap();
        let late: u64 = (0..4).map(|_| u64::from(bucket.take(1, SECOND / 2))).sum();
        assert!(
            2 * u64::from(early) + late <= 4,
            "{early} and {late} came out of a bucket of 4 at one instant"
        );
    });
}

/// Two debits, one behind the other, are taken back by two callers while a third takes: each undo by itself is right, and
/// so are both together. The later debit lies lower than it remembers once the earlier one is gone.
#[test]
fn undos_on_a_refilling_meter_mint_nothing_together() {
    const SECOND: u64 = 1_000_000_000;
    explore("undo ‖ undo ‖ take, time going on", Depth::Exhaustive, || {
        let bucket = Arc::new(Bucket::new(Rate::per_second(8).unwrap()));
        let clock = Arc::new(AtomicU64::new(0));
        let first = bucket.hold(6, 0).unwrap();
        let second = bucket.hold(2, 0).unwrap();
        let undoers = [first, second].map(|held| {
            let (bucket, clock) = (bucket.clone(), clock.clone());
            thread::spawn(move || bucket.undo(&held, || clock.load(Ordering::Acquire)))
        });
        // Half a second mints four: all of `second`, if `first` was gone before.
        let later = SECOND / 2;
        clock.store(later, Ordering::Release);
        let early = bucket.take(3, later);
        for undoer in undoers {
            undoer.join().unwrap();
        }
        let late: u64 = (0..8).map(|_| u64::from(bucket.take(1, later))).sum();
        assert!(
            3 * u64::from(early) + late <= 8,
            "{early} and {late} came out of a bucket of 8 at one instant"
        );
    });
}

/// A settle, a release and a forfeit of one reservation: one of them counts, and it counts once.
#[test]
fn a_reservation_ends_once() {
    explore("settle ‖ release ‖ forfeit", Depth::Exhaustive, || {
        let estimate = Arc::new(Estimate::new(8));
        let others = [0, 8].map(|actual| {
            let estimate = estimate.clone();
            thread::spawn(move || estimate.end(actual).then_some(actual))
        });
        let mut ends: Vec<u64> = estimate.end(3).then_some(3).into_iter().collect();
        ends.extend(others.into_iter().filter_map(|thread| thread.join().unwrap()));
        assert_eq!(ends.len(), 1, "{ends:?}");
        assert_eq!(estimate.spent(), ends[0]);
    });
}
