//! A decision follows one policy, never a part of one and a part of another.
//!
//! Power: both tests fail within a second where a decision takes the agent's and the tenant's terms as it finds them, or
//! where what a session remembers of a policy does.

use std::sync::atomic::{AtomicBool, Ordering};

use allotment::{Reason, Scope};

use crate::common::{free, policy, under};
use crate::race;

/// Each policy alone admits nothing: under one the agent may not, under the other the tenant may not. Whoever looks up
/// the agent's limits in the one and the tenant's in the other finds no limit at all.
fn nothing_is_ever_admitted(sections: [&str; 2], sessions: usize) {
    let policies = sections.map(policy);
    let (enforcer, _) = under(sections[0]);
    let made: Vec<_> = (0..sessions).map(|_| enforcer.create(free("a").tenant("t")).unwrap()).collect();
    let done = AtomicBool::new(false);
    let admitted = race(3, |thread| {
        if thread == 2 {
            for turn in 0..30_000 {
                enforcer.set_policy(policies[turn % 2].clone());
            }
            done.store(true, Ordering::SeqCst);
            return 0;
        }
        let mut admitted = 0;
        while !done.load(Ordering::SeqCst) {
            for session in &made {
                let decided = if thread == 0 {
                    session.authorize("read")
                } else {
                    session.authorize_batch(["read"; 2])
                };
                match decided {
                    Ok(_) => admitted += 1,
                    Err(denial) => {
                        assert!(matches!(denial.reason(), Reason::BudgetExceeded | Reason::RateLimited));
                        assert!(matches!(denial.scope(), Some(Scope::Agent | Scope::Tenant)));
                    }
                }
            }
        }
        admitted
    });
    assert_eq!(admitted.iter().sum::<u64>(), 0, "admitted under policies that admit nothing");
}

#[test]
fn no_decision_mixes_two_policies_budgets() {
    nothing_is_ever_admitted(["[agents.a]\ncalls = 0", "[tenants.t]\ncalls = 0"], 1);
    nothing_is_ever_admitted(["[agents.a]\ncalls = 0", "[tenants.t]\ncalls = 0"], 10);
}

#[test]
fn no_decision_mixes_two_policies_rates() {
    nothing_is_ever_admitted(["[agents.a]\nrate = \"0/s\"", "[tenants.t]\nrate = \"0/s\""], 1);
}
