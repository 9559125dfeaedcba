//! What the model says, in the product's words.

use allotment::{
    EventRules, Limits, NanoUsd, OnExhausted, OnVanish, PartyLimits, Policy, TokenWeights, ToolRules, Usage,
};

use super::ledger::Amounts;
use super::model::{Rules, TENANT, Used};

pub(super) const AGENTS: [&str; 3] = ["a0", "a1", "a2"];
/// One call of the tool `huge` counts for more calls than anybody has.
pub(super) const HUGE: u64 = ToolRules::MAX_WEIGHT;

pub(super) fn usage(used: Used) -> Usage {
    let mut usage = of_amounts(used.units);
    usage.split.input = used.input;
    usage
}

pub(super) fn of_amounts([_, steps, discovered, tokens, cost]: Amounts) -> Usage {
    Usage::tokens(tokens).cost(NanoUsd::new(cost)).steps(steps).discovered_steps(discovered)
}

pub(super) fn amounts(usage: Usage) -> Amounts {
    [0, usage.steps, usage.discovered_steps, usage.tokens, usage.cost.get()]
}

pub(super) fn policy(rules: &Rules) -> Result<Policy, allotment::Error> {
    let limits = |party: usize| {
        let [calls, steps, discovered_steps, tokens, cost] = rules.budgets[party];
        let cost = cost.map(NanoUsd::new);
        let limits = Limits { calls, steps, discovered_steps, tokens, cost, ..Limits::default() };
        PartyLimits { max_sessions: Some(rules.max_sessions).filter(|_| party != TENANT), limits }
    };
    let weighs = |weight| ToolRules { weight, ..ToolRules::default() };
    let exhausted = if rules.pauses { OnExhausted::Pause } else { OnExhausted::Deny };
    let vanish = if rules.releases { OnVanish::Release } else { OnVanish::Charge };
    let input = u32::try_from(rules.thousandths).unwrap();
    AGENTS
        .iter()
        .enumerate()
        .try_fold(Policy::default(), |policy, (agent, name)| policy.with_agent(name, limits(agent)))?
        .with_tenant("t", limits(TENANT))?
        .with_tool("heavy", weighs(rules.weight))?
        .with_tool("huge", weighs(HUGE))?
        .with_token_weights(TokenWeights { input_thousandths: input, ..TokenWeights::default() })?
        .with_on_exhausted(exhausted)?
        .with_on_vanish(vanish)?
        .with_events(EventRules { warnings: false, denials: false, ..EventRules::default() })
}
