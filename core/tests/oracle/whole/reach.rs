//! What histories reach: a machine that never comes to an answer does not check it.

use std::collections::BTreeMap;

use allotment::{EventKind, Reason, Resource, Scope};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use proptest_state_machine::ReferenceStateMachine;

use super::machine::Machine;
use super::said::Said;

/// How many histories are looked at, the same ones each time.
const HISTORIES: usize = 100;

/// How often every answer has to be reached in them.
const LEAST: u64 = 1;

/// What a denial can be of: the reason, which account, of what.
const DENIALS: [(Reason, Option<Scope>, Option<Resource>); 36] = [
    (Reason::NotFound, None, None),
    (Reason::AgentMismatch, None, None),
    (Reason::Closed, Some(Scope::Session), None),
    (Reason::Paused, Some(Scope::Session), None),
    (Reason::Paused, Some(Scope::Session), Some(Resource::Cost)),
    (Reason::Paused, Some(Scope::Ancestor), Some(Resource::Calls)),
    (Reason::Expired, Some(Scope::Session), Some(Resource::Time)),
    (Reason::IdleTimeout, Some(Scope::Session), Some(Resource::Idle)),
    (Reason::ToolNotAuthorized, Some(Scope::Session), None),
    (Reason::IntentDrift, Some(Scope::Session), None),
    (Reason::SensitivityExceeded, Some(Scope::Session), None),
    (Reason::NetworkDenied, Some(Scope::Session), None),
    (Reason::SameStepLoop, Some(Scope::Session), Some(Resource::Repetitions)),
    (Reason::DepthExceeded, Some(Scope::Session), Some(Resource::Depth)),
    (Reason::TooManySessions, Some(Scope::Agent), Some(Resource::Sessions)),
    (Reason::TooManySessions, Some(Scope::Tenant), Some(Resource::Sessions)),
    (Reason::StoreFull, Some(Scope::Store), Some(Resource::Sessions)),
    (Reason::BudgetExceeded, Some(Scope::Tool), Some(Resource::Calls)),
    (Reason::BudgetExceeded, Some(Scope::Session), Some(Resource::Calls)),
    (Reason::BudgetExceeded, Some(Scope::Session), Some(Resource::Steps)),
    (Reason::BudgetExceeded, Some(Scope::Session), Some(Resource::DiscoveredSteps)),
    (Reason::BudgetExceeded, Some(Scope::Session), Some(Resource::Tokens)),
    (Reason::BudgetExceeded, Some(Scope::Session), Some(Resource::Cost)),
    (Reason::BudgetExceeded, Some(Scope::Session), Some(Resource::Memory)),
    (Reason::BudgetExceeded, Some(Scope::Ancestor), Some(Resource::Calls)),
    (Reason::BudgetExceeded, Some(Scope::Ancestor), Some(Resource::Tokens)),
    (Reason::BudgetExceeded, Some(Scope::Agent), Some(Resource::Calls)),
    (Reason::BudgetExceeded, Some(Scope::Agent), Some(Resource::Cost)),
    (Reason::BudgetExceeded, Some(Scope::Tenant), Some(Resource::Tokens)),
    (Reason::BudgetExceeded, Some(Scope::Tenant), Some(Resource::Calls)),
    (Reason::RateLimited, Some(Scope::Session), Some(Resource::Calls)),
    (Reason::RateLimited, Some(Scope::Session), Some(Resource::Tokens)),
    (Reason::RateLimited, Some(Scope::Session), Some(Resource::Cost)),
    (Reason::RateLimited, Some(Scope::Ancestor), Some(Resource::Tokens)),
    (Reason::RateLimited, Some(Scope::Agent), Some(Resource::Calls)),
    (Reason::RateLimited, Some(Scope::Tenant), Some(Resource::Calls)),
];

/// What is reached, with how often.
fn reached() -> (BTreeMap<String, u64>, [u64; EventKind::ALL.len()]) {
    let (mut reached, mut told) = (BTreeMap::<String, u64>::new(), [0; EventKind::ALL.len()]);
    let mut runner = TestRunner::deterministic();
    for _ in 0..HISTORIES {
        let history = Machine::sequential_strategy(super::LENGTH).new_tree(&mut runner).unwrap();
        let (mut model, steps, _) = history.current();
        for step in steps {
            let kind: String = format!("{step:?}").chars().take_while(|c| c.is_alphabetic()).collect();
            model = Machine::apply(model, &step);
            told.iter_mut().zip(model.told).for_each(|(all, told)| *all += told);
            let said = match &model.said {
                Said::Denied(nos) => {
                    let no = &nos[0];
                    let denial = format!("{:?}", (no.reason, no.scope, no.resource));
                    *reached.entry(denial).or_default() += 1;
                    if no.retry_after.is_some() {
                        *reached.entry("retry_after".to_owned()).or_default() += 1;
                    }
                    "Denied".to_owned()
                }
                Said::Granted(granted) => {
                    for (scope, resource, ..) in &granted.warnings {
                        *reached.entry(format!("low {scope:?} {resource:?}")).or_default() += 1;
                    }
                    "Granted".to_owned()
                }
                said => format!("{said:?}").chars().take_while(|c| c.is_alphabetic()).collect(),
            };
            *reached.entry(format!("{kind}: {said}")).or_default() += 1;
        }
    }
    (reached, told)
}

#[test]
fn histories_reach_every_answer() {
    let (reached, told) = reached();
    for (what, times) in &reached {
        println!("{times:6} {what}");
    }
    let denials = DENIALS.map(|denial| format!("{denial:?}"));
    let steps = [
        "Delegate: Nothing",
        "Delegate: Invalid",
        "Delegate: Denied",
        "ById: Granted",
        "Batch: Granted",
        "Admit: Granted",
        "Preview: Granted",
        "Preview: Denied",
        "Reserve: Reserved",
        "End: Settled",
        "End: Invalid",
        "TopUp: Nothing",
        "TopUp: Invalid",
        "TopUp: Denied",
        "Pause: Denied",
        "Resume: Denied",
        "Close: Closed",
        "Close: Denied",
        "CloseAgent: Count",
        "Sweep: Count",
        "Descend: Level",
        "Leave: Is",
        "Memory: Is",
        "Record: Is",
        "retry_after",
        "low Session Time",
        "low Session Idle",
        "low Session Tokens",
        "low Tool Calls",
        "low Ancestor Calls",
        "low Agent Calls",
        "low Tenant Tokens",
    ];
    for what in denials.iter().map(String::as_str).chain(steps) {
        let times = reached.get(what).copied().unwrap_or(0);
        assert!(times >= LEAST, "{what} is reached {times} times");
    }
    for kind in EventKind::ALL.into_iter().filter(|&kind| kind != EventKind::Granted) {
        assert!(told[kind as usize] >= LEAST, "{kind} is told {} times", told[kind as usize]);
    }
}
