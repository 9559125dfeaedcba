//! One agent's or tenant's limit over sessions that come and go.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use allotment::{CreateError, Reason};

use crate::common::{free, under};
use crate::race;

/// Six threads: each creates a session, calls twice, closes, again and again, until the limit says no; a seventh sweeps.
fn short_lived(text: &str, agents: usize) -> u64 {
    let (enforcer, _) = under(text);
    let done = AtomicBool::new(false);
    let left = AtomicUsize::new(6);
    let admitted = race(7, |thread| {
        if thread == 6 {
            while !done.load(Ordering::SeqCst) {
                enforcer.sweep();
            }
            return 0;
        }
        let mut admitted = 0;
        let agent = format!("a{}", thread % agents);
        loop {
            let session = match enforcer.create(free(&agent).tenant("t")) {
                Ok(session) => session,
                Err(CreateError::Denied(denial)) if denial.reason() == Reason::TooManySessions => continue,
                Err(other) => panic!("{other}"),
            };
            let calls = [session.authorize("read"), session.authorize("read")];
            session.close().unwrap();
            admitted += calls.iter().filter(|call| call.is_ok()).count() as u64;
            let refusal =
                calls.iter().filter_map(|call| call.as_ref().err()).find(|d| d.reason() != Reason::Contended);
            if let Some(denial) = refusal {
                assert!(
                    matches!(denial.reason(), Reason::BudgetExceeded | Reason::RateLimited),
                    "{denial:?}"
                );
                break;
            }
        }
        if left.fetch_sub(1, Ordering::SeqCst) == 1 {
            done.store(true, Ordering::SeqCst);
        }
        admitted
    });
    admitted.iter().sum()
}

#[test]
// D6
fn d6_an_agents_budget_is_exact_over_sessions_that_come_and_go() {
    assert_eq!(short_lived("[agents.\"*\"]\ncalls = 2000\nmax_sessions = 5", 1), 2000);
    assert_eq!(short_lived("[agents.\"*\"]\ncalls = 900\nmax_sessions = 3", 2), 1800);
}

#[test]
// D6
fn d6_a_tenants_budget_is_exact_over_agents_that_come_and_go() {
    assert_eq!(short_lived("[tenants.\"*\"]\ncalls = 2000\nmax_sessions = 4", 6), 2000);
}

#[test]
// D6
fn d6_a_bucket_is_exact_over_sessions_that_come_and_go() {
    assert_eq!(short_lived("[agents.\"*\"]\nrate = \"1500/min\"", 1), 1500);
    assert_eq!(short_lived("[tenants.\"*\"]\nrate = \"1500/min\"", 3), 1500);
}
