//! Reservations that take what there is, under threads.

use std::sync::atomic::{AtomicU64, Ordering};

use allotment::{Reason, SessionSpec, Usage};

use crate::common::{free, under};
use crate::seed::seed;
use crate::{Random, race};

const BUDGET: u64 = 5_000;

/// Twenty threads; on the session itself, and on children of several agents within one tenant.
#[test]
fn twenty_threads_never_reserve_more_than_there_is_nor_less_than_the_least() {
    let seed = seed();
    for (text, own) in
        [("", Some(BUDGET)), ("[tenants.t]\ntokens = 5000\n[agents.\"*\"]\ntokens = 9000", None)]
    {
        let (enforcer, _) = under(text);
        let parent = free("a").tenant("t");
        let parent = enforcer.create(own.map_or(parent.clone(), |own| parent.tokens(own))).unwrap();
        let children =
            ["b", "c", "d"].map(|agent| parent.delegate(SessionSpec::new(agent).tools(["read"])).unwrap());
        let (reserved, partial) = (AtomicU64::new(0), AtomicU64::new(0));
        let used = race(20, |thread| {
            let mut random = Random(seed ^ thread as u64);
            let session = children.get(thread % 4).unwrap_or(&parent);
            let mut used = 0;
            for _ in 0..400 {
                let (most, least) = (1 + random.below(1_000), random.below(300));
                let (most, least) = (most.max(least), least.max(1));
                let hold = match session.reserve_at_least(Usage::tokens(most), Usage::tokens(least)) {
                    Ok(hold) => hold,
                    Err(denial) => {
                        assert!(matches!(denial.reason(), Reason::BudgetExceeded | Reason::Contended));
                        continue;
                    }
                };
                let granted = hold.granted().tokens;
                assert!((least..=most).contains(&granted), "{least} {granted} {most}");
                partial.fetch_add(u64::from(granted < most), Ordering::SeqCst);
                let all = reserved.fetch_add(granted, Ordering::SeqCst) + granted;
                assert!(all <= BUDGET, "{all} reserved");
                std::thread::yield_now();
                if random.below(400) == 0 {
                    let actual = random.below(granted.min(3) + 1);
                    // What is spent for good stays in it.
                    reserved.fetch_sub(granted - actual, Ordering::SeqCst);
                    used += hold.settle(Usage::tokens(actual)).unwrap().charged.tokens;
                } else {
                    reserved.fetch_sub(granted, Ordering::SeqCst);
                    hold.release().unwrap();
                }
            }
            used
        });
        let used: u64 = used.iter().sum();
        println!("partial grants: {}", partial.load(Ordering::SeqCst));
        assert!(partial.load(Ordering::SeqCst) > 50);
        let tokens = parent.snapshot().tokens;
        assert_eq!((tokens.spent, tokens.reserved), (used, 0));
        let rest = parent.reserve_at_least(Usage::tokens(2 * BUDGET), Usage::tokens(1)).unwrap();
        assert_eq!(rest.granted().tokens, BUDGET - used, "exactly what is left");
        rest.release().unwrap();
    }
}
