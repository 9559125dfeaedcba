//! Every session that ends is removed once, by exactly one of however many sweeps.

use std::sync::atomic::{AtomicUsize, Ordering};

use allotment::{Nanos, Reason};

use crate::common::{free, under};
use crate::race;

#[test]
// B23
fn b23_every_ended_session_is_swept_once_and_no_live_one_ever() {
    const EACH: usize = 1500;
    let (enforcer, clock) =
        under("[agents.\"*\"]\nmax_sessions = 1000000\n[tenants.\"*\"]\nmax_sessions = 1000000");
    let making = AtomicUsize::new(3);
    let swept: u64 = race(5, |thread| {
        if thread >= 3 {
            let mut swept = 0;
            while making.load(Ordering::SeqCst) > 0 {
                swept += enforcer.sweep();
            }
            return swept;
        }
        for turn in 0..EACH {
            let spec = free(&format!("a{}", turn % 5)).tenant(format!("t{}", turn % 3));
            let [long, short] = [86_400, 1]
                .map(|seconds| enforcer.create(spec.clone().time_limit(Nanos::from_secs(seconds))).unwrap());
            assert!(long.authorize("read").is_ok() && enforcer.get(long.id()).is_ok());
            if turn % 2 == 0 {
                clock.advance(Nanos::new(1_000_000));
                let _ = short.close();
            }
            long.close().unwrap();
            assert_eq!(long.authorize("read").unwrap_err().reason(), Reason::Closed);
        }
        making.fetch_sub(1, Ordering::SeqCst);
        0
    })
    .into_iter()
    .sum();
    clock.advance(Nanos::from_secs(1));
    assert_eq!(swept + enforcer.sweep(), 3 * 2 * EACH as u64);
    let stats = enforcer.stats();
    assert_eq!((stats.sessions, stats.agents, stats.tenants, enforcer.sweep()), (0, 0, 0, 0));
}
