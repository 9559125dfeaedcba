//! Policies swapped under load.

use std::sync::atomic::{AtomicBool, Ordering};

use allotment::{Call, Execution, Reason, SessionSpec, Usage};

use crate::common::{free, policy, under};
use crate::seed::seed;
use crate::{Random, race};

const POLICIES: [&str; 5] = [
    "",
    "[agents.\"*\"]\ncalls = 1_000_000\nrate = \"100000/min\"\n[tokens]\noutput = 4.0\n[warnings]\nthreshold = 0.5",
    "[intent]\non_drift = \"deny\"\npause_after = 1000\n[tools.read]\nweight = 3\n[tenants.t]\ntokens = 9_000_000",
    "[tools.write]\nsensitivity = \"restricted\"\nclass = \"read\"\n[events]\ngrants = true\ncapacity = 16",
    "[approval]\non_exhausted = \"pause\"\n[reservations]\non_vanish = \"release\"\n[agents.a]\ncost_usd = \"0.5\"",
];

/// A thousand swaps of limits, weights, catalog and intent rules while four threads do whatever can be done.
#[test]
fn a_thousand_swaps_under_load_lose_nothing_and_the_tightest_denies_from_the_next_decision_on() {
    let seed = seed();
    let (enforcer, _) = under("");
    let spec = || free("a").tenant("t").intent("read it").tokens(1 << 40).calls(1 << 40);
    let parent = enforcer.create(spec().execution(Execution::EXTENDED)).unwrap();
    let child = parent.delegate(SessionSpec::new("b").tools(["read", "write"])).unwrap();
    let plain = enforcer.create(spec()).unwrap();
    let policies = POLICIES.map(policy);
    let done = AtomicBool::new(false);
    let tokens = race(5, |thread| {
        let mut random = Random(seed ^ thread as u64);
        if thread == 4 {
            for _ in 0..1_000 {
                enforcer.set_policy(policies[usize::try_from(random.below(5)).unwrap()].clone());
                random.dawdle(3_000);
            }
            done.store(true, Ordering::SeqCst);
            return 0;
        }
        let (mut used, mut turn) = (0, 0u64);
        while !done.load(Ordering::SeqCst) {
            turn += 1;
            let session = [&parent, &child, &plain][usize::try_from(random.below(3)).unwrap()];
            let tool = ["read", "write", "unlisted"][usize::try_from(random.below(3)).unwrap()];
            let arguments = turn.to_string();
            let denied = match random.below(6) {
                0 => session.authorize(tool).err(),
                1 => session.authorize_batch([tool, "read"]).err(),
                2 => session.authorize_call(Call::of(tool).arguments(&arguments)).err(),
                3 => session.preview(tool).err(),
                4 => match session.reserve(Usage::tokens(50)) {
                    Ok(hold) => {
                        used += hold.settle(Usage::tokens(7)).unwrap().charged.tokens;
                        None
                    }
                    Err(denial) => Some(denial),
                },
                _ => {
                    session.record(Usage::tokens(3));
                    used += 3;
                    None
                }
            };
            if let Some(denial) = denied {
                let expected = [
                    Reason::ToolNotAuthorized,
                    Reason::IntentDrift,
                    Reason::SensitivityExceeded,
                    Reason::RateLimited,
                    Reason::Contended,
                    Reason::Paused,
                ];
                assert!(expected.contains(&denial.reason()), "{}", denial.detail());
                if denial.reason() == Reason::Paused {
                    for session in [&parent, &child, &plain] {
                        session.resume().unwrap();
                    }
                }
            }
        }
        used
    });
    enforcer.set_policy(policy(""));
    for session in [&parent, &child, &plain] {
        session.resume().unwrap();
        assert!(session.authorize("read").is_ok());
    }
    let spent = |session: &allotment::Session| session.snapshot().tokens.spent;
    assert_eq!(spent(&parent) + spent(&plain), tokens.iter().sum::<u64>());
    assert!(spent(&child) <= spent(&parent));
    // What has been spent stays spent; far below that nothing is admitted, from the next decision on.
    enforcer.set_policy(policy("[agents.a]\ncalls = 1000\ntokens = 1"));
    parent.record(Usage::tokens(1));
    enforcer.set_policy(policy("[agents.a]\ntokens = 1\n[tools.read]\nweight = 1"));
    for session in [&parent, &child, &plain] {
        assert_eq!(session.admit(Usage::tokens(1)).unwrap_err().reason(), Reason::BudgetExceeded);
    }
}
