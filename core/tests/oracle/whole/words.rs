//! The model's words in the product's: policies and specifications; and the product's answers in the model's.

use allotment::{
    CreateError, Denial, Enforcer, Execution, Grant, IntentRules, Limits, NanoUsd, Nanos, OnDrift,
    OnExhausted, OnUnknown, OnVanish, PartyLimits, Policy, Session, SessionSpec, Setting, ToolRules, Usage,
};

use super::model::{Model, TENANT};
use super::said::{Granted, No, Said, low};
use super::steps::{Amounts, Rules, Spec};
use super::tools::{INTENTS, TOOLS};

pub(crate) const NAMES: [&str; 4] = ["a0", "a1", "a2", "t"];

pub(crate) fn usage([_, steps, discovered, tokens, cost]: Amounts) -> Usage {
    Usage::tokens(tokens).cost(NanoUsd::new(cost)).steps(steps).discovered_steps(discovered)
}

pub(crate) fn amounts(usage: Usage) -> Amounts {
    [0, usage.steps, usage.discovered_steps, usage.tokens, usage.cost.get()]
}

pub(crate) fn policy(model: &Model) -> Policy {
    let Rules { weight, drift_denies, unknown_denies, pauses, releases, .. } = model.rules;
    let limits = |party: usize, rate: usize| {
        let terms = model.terms(party).cloned().unwrap_or_default();
        let [calls, tokens, cost] = terms.budgets;
        let rate = Some(model.rates[rate]).filter(|_| !terms.lifted);
        let (calls, tokens, cost) = (Some(calls), Some(tokens), Some(NanoUsd::new(cost)));
        PartyLimits {
            max_sessions: Some(terms.max_sessions),
            limits: Limits { calls, tokens, cost, rate, ..Limits::default() },
        }
    };
    let only_rate = Limits { rate: Some(model.rates[1]), ..Limits::default() };
    let only_rate = PartyLimits { limits: only_rate, ..PartyLimits::default() };
    let intent = IntentRules {
        on_drift: if drift_denies { OnDrift::Deny } else { OnDrift::Warn },
        on_unknown: if unknown_denies { OnUnknown::Deny } else { OnUnknown::Allow },
        ..IntentRules::default()
    };
    let policy = Policy::default()
        .with_agent(NAMES[0], limits(0, 0))
        .and_then(|policy| policy.with_agent(NAMES[1], only_rate))
        .and_then(|policy| policy.with_tenant(NAMES[TENANT], limits(TENANT, 2)))
        .and_then(|policy| policy.with_intent(intent))
        .and_then(|policy| {
            policy.with_on_exhausted(if pauses { OnExhausted::Pause } else { OnExhausted::Deny })
        })
        .and_then(|policy| {
            policy.with_on_vanish(if releases { OnVanish::Release } else { OnVanish::Charge })
        });
    TOOLS.into_iter().fold(policy.unwrap(), |policy, (name, class, sensitivity, network)| {
        let weight = if name == "heavy" { weight } else { 1 };
        policy.with_tool(name, ToolRules { class: Some(class), sensitivity, network, weight }).unwrap()
    })
}

pub(crate) fn asked(spec: &Spec, delegated: bool) -> SessionSpec {
    // The policy's default of calls is for those that nobody delegated.
    let none = if delegated { Setting::Inherit } else { Setting::Unlimited };
    let setting = |limit: Option<u64>| limit.map_or(Setting::Inherit, Setting::At);
    let [calls, steps, discovered, tokens, cost] = spec.limits;
    let mut asked = SessionSpec::new(NAMES[spec.agent])
        .tools(TOOLS.map(|row| row.0).into_iter().filter(|&name| name != "send"))
        .tool("send", spec.cap)
        .calls(calls.map_or(none, Setting::At))
        .steps(setting(steps))
        .discovered_steps(setting(discovered))
        .tokens(setting(tokens))
        .carve_out(spec.carve);
    if let Some(cost) = cost {
        asked = asked.cost(NanoUsd::new(cost));
    }
    if let Some(rate) = spec.rates[0] {
        asked = asked.rate(rate);
    }
    if let Some(rate) = spec.rates[1] {
        asked = asked.tokens_rate(rate);
    }
    if let Some(rate) = spec.rates[2] {
        asked = asked.cost_rate(rate);
    }
    if spec.tenant && !delegated {
        asked = asked.tenant(NAMES[TENANT]);
    }
    if let Some(seconds) = spec.seconds {
        asked = asked.time_limit(Nanos::from_secs(seconds));
    }
    if let Some(intent) = INTENTS[spec.intent].0 {
        asked = asked.intent(intent);
    }
    if let Some(ceiling) = spec.ceiling {
        asked = asked.sensitivity(ceiling);
    }
    if let Some(air_gap) = spec.air_gap {
        asked = asked.air_gap(air_gap);
    }
    if let Some(watch) = spec.watch {
        asked = asked.execution(Execution {
            discovered_steps: None,
            depth: watch.depth,
            repetitions: watch.repetitions,
            memory: watch.memory,
            cost: watch.cost.map(NanoUsd::new),
            idle_timeout: watch.idle.map(Nanos::from_secs),
            grace: Nanos::from_secs(1),
        });
    }
    asked
}

pub(crate) fn no(denial: &Denial, sessions: &[Session]) -> No {
    let ancestor =
        denial.ancestor().map(|id| sessions.iter().position(|session| session.id() == id).unwrap());
    No {
        reason: denial.reason(),
        scope: denial.scope(),
        ancestor,
        party: denial.party().map(|name| NAMES.iter().position(|&known| known == name).unwrap()),
        tool: denial.tool().map(str::to_owned),
        resource: denial.resource(),
        limit: denial.limit(),
        used: denial.used(),
        requested: denial.requested(),
        retry_after: denial.retry_after(),
    }
}

pub(crate) fn granted(grant: &Grant<'_>) -> Granted {
    let mut warnings: Vec<_> = grant.warnings().map(low).collect();
    warnings.sort_unstable();
    let drift = grant.drift().map(|drift| (drift.tier, drift.class));
    let (calls, time_left) = (grant.calls(), grant.time_left().get());
    Granted { spent: calls.spent, limit: calls.limit, time_left, drift, warnings }
}

pub(crate) fn made<T>(made: Result<T, CreateError>, sessions: &[Session]) -> Result<T, Said> {
    made.map_err(|error| match error {
        CreateError::Denied(denial) => Said::Denied(vec![no(&denial, sessions)]),
        CreateError::Invalid(_) => Said::Invalid,
    })
}

pub(crate) fn enforcer(model: &Model, clock: &allotment::ManualClock) -> Enforcer {
    let builder = Enforcer::builder().policy(policy(model)).clock(clock.clone());
    builder.max_sessions(super::model::STORE).build().unwrap()
}
