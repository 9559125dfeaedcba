//! A decision follows one policy, never a part of one and a part of another.
//!
//! Power: the first two tests fail within a second where a decision takes the agent's and the tenant's terms as it finds them, or
//! where what a session remembers of a policy does.

use std::sync::atomic::{AtomicBool, Ordering};

use allotment::{Reason, Scope, Usage};

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

/// Each policy alone denies what `ask` asks for; whoever takes what a tool or a token counts for, or whether a tool fits, from the one
/// and the limits from the other, admits it.
fn neither_admits(texts: [&str; 2], ask: impl Fn(&allotment::Session) -> bool + Sync) {
    let policies = texts.map(policy);
    let (enforcer, _) = under(texts[0]);
    let spec = || free("a").tools(["*"]);
    let parent = enforcer.create(spec()).unwrap();
    // Eight deep, because the longer a decision looks, the more often it is torn.
    let child = (0..8).fold(parent.clone(), |parent, _| parent.delegate(spec()).unwrap());
    let done = AtomicBool::new(false);
    let admitted = race(3, |thread| {
        if thread == 2 {
            for turn in 0..20_000 {
                enforcer.set_policy(policies[turn % 2].clone());
            }
            done.store(true, Ordering::SeqCst);
            return 0;
        }
        let mut admitted = 0u64;
        while !done.load(Ordering::SeqCst) {
            admitted += u64::from(ask([&parent, &child][thread]));
        }
        admitted
    });
    assert_eq!(admitted.iter().sum::<u64>(), 0, "admitted under policies that admit nothing");
}

#[test]
fn no_decision_mixes_one_policys_intent_rules_with_anothers_limits() {
    let texts = ["[intent]\non_unknown = \"deny\"", "[agents.a]\ncalls = 0"];
    neither_admits(texts, |session| session.authorize("drop_it").is_ok());
    let texts = ["[tools.get]\nsensitivity = \"restricted\"", "[agents.a]\ncalls = 0"];
    neither_admits(texts, |session| session.authorize_batch(["get", "get"]).is_ok());
}

#[test]
fn no_decision_mixes_one_policys_weights_with_anothers_limits() {
    let texts = ["[tools.get]\nweight = 9\n[agents.a]\ncalls = 8", "[agents.a]\ncalls = 0"];
    neither_admits(texts, |session| session.authorize("get").is_ok());
    let texts = ["[tokens]\noutput = 10\n[agents.a]\ntokens = 50", "[agents.a]\ntokens = 5"];
    neither_admits(texts, |session| session.admit(Usage::model(0, 10)).is_ok());
}

#[test]
fn no_reservation_mixes_one_policys_token_weights_with_anothers_limits() {
    let texts = ["[tokens]\noutput = 10\n[agents.a]\ntokens = 50", "[agents.a]\ntokens = 5"];
    let usage = Usage::model(0, 10);
    neither_admits(texts, |session| session.reserve(usage).is_ok_and(|hold| hold.release().is_ok()));
    neither_admits(texts, |session| {
        session.reserve_at_least(usage, usage).is_ok_and(|hold| hold.release().is_ok())
    });
}
