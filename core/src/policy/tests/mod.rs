//! What a policy promises: read back as written, whole or not at all, each error at its key.

mod arbitrary;
mod choices;
mod errors;
mod every_key;
mod execution;
mod forms;
mod intent;
mod patterns;
mod round_trip;
mod tokens;
mod tools;

use super::*;
use crate::units::{NanoUsd, Nanos, Rate, Sensitivity};

/// The policy in `text`, which must be valid.
fn policy(text: &str) -> Policy {
    Policy::from_toml_str(text).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// The error of `text`, which must be invalid.
fn refusal(text: &str) -> Error {
    Policy::from_toml_str(text)
        .map_or_else(|error| error, |policy| panic!("{text}\nwas accepted: {policy:?}"))
}

#[test]
// G21
fn g21_the_defaults_are_an_hour_a_thousand_calls_ten_sessions_and_a_warning_at_a_fifth() {
    for policy in [Policy::default(), policy(""), policy("[defaults]\n[warnings]\n[agents]\n[tenants]")] {
        let defaults = policy.defaults();
        assert_eq!(defaults.time_limit, Nanos::from_secs(3600));
        assert_eq!(defaults.max_time_limit, Nanos::from_secs(86_400));
        assert_eq!(defaults.limits, Limits { calls: Some(1000), ..Limits::default() });
        assert_eq!(defaults.sensitivity, Sensitivity::Internal);
        assert_eq!(policy.warn_ppm(), 200_000);
        assert_eq!(
            policy.agent_limits("any"),
            PartyLimits { max_sessions: Some(10), limits: Limits::default() }
        );
        assert_eq!(policy.tenant_limits("any"), PartyLimits::default());
        assert_eq!(policy, Policy::default());
        assert_eq!(policy.to_toml(), "");
    }
}

#[test]
// E18
fn e18_executions_get_a_hundred_steps_a_hundred_thousand_tokens_and_five_minutes() {
    let text = "[defaults]\nsteps = 100\ntime_limit = 300\ntokens = 100000\n";
    assert_eq!(Policy::for_executions(), policy(text));
    assert_eq!(Policy::for_executions().to_toml(), text);
    assert_eq!(Policy::for_executions().defaults().limits.calls, Some(1000));
    assert_eq!(Policy::for_executions().with_defaults(Defaults::default()), Ok(Policy::default()));
}

#[test]
fn a_policy_is_written_as_a_person_would() {
    let text = r#"[agents."*"]
max_sessions = "unlimited"

[agents.alice]

[agents."research-*"]
calls = 5
max_sessions = 20

[approval]
on_exhausted = "pause"

[defaults]
air_gap = true
any_tool_name = true
calls = "unlimited"
cost_rate = "1.50/min"
cost_usd = "5.00"
max_time_limit = 172800
rate = "100/15min"
sensitivity = "restricted"
time_limit = "1.5s"

[defaults.tokens_rate]
burst = 2.5
limit = 1000
per = "1.000000001s"

[events]
capacity = 10000
grants = true

[execution]
depth = 8
preset = "standard"

[intent]
on_drift = "deny"
pause_after = 5

[intent.keywords]
read = ["find", "look"]

[reservations]
on_vanish = "release"

[tokens]
cached = 0.1

[tools."Grüße senden"]

[tools.send_email]
class = "write"
network = true
sensitivity = "confidential"
weight = 5

[warnings]
threshold = 0.1
"#;
    assert_eq!(policy(text).to_toml(), text);
}

#[test]
fn what_a_caller_changes_is_all_that_changes() {
    let limits = Limits { tokens: Some(7), ..Limits::default() };
    let party = PartyLimits { max_sessions: Some(3), limits: limits.clone() };
    let changed = Policy::default()
        .with_defaults(Defaults { limits, ..Defaults::default() })
        .and_then(|policy| policy.with_warning_threshold(0.5))
        .and_then(|policy| policy.with_agent("a*", PartyLimits::default()))
        .and_then(|policy| policy.with_agent("a*", party.clone()))
        .and_then(|policy| policy.with_tenant("acme", party.clone()))
        .and_then(|policy| {
            policy.with_intent(IntentRules { on_drift: OnDrift::Deny, ..IntentRules::default() })
        })
        .and_then(|policy| {
            policy.with_tool("search", ToolRules { network: Some(true), ..ToolRules::default() })
        })
        .and_then(|policy| policy.with_tool("search", ToolRules { weight: 3, ..ToolRules::default() }))
        .and_then(|policy| {
            policy.with_token_weights(TokenWeights { cached_thousandths: 100, ..TokenWeights::default() })
        })
        .and_then(|policy| policy.with_execution(Execution::EXTENDED))
        .and_then(|policy| policy.with_events(EventRules { grants: true, ..EventRules::default() }))
        .and_then(|policy| policy.with_on_exhausted(OnExhausted::Pause))
        .and_then(|policy| policy.with_on_vanish(OnVanish::Release))
        .expect("a policy");
    let text = r#"
        defaults = { calls = "unlimited", tokens = 7 }
        warnings.threshold = 0.5
        agents."a*" = { max_sessions = 3, tokens = 7 }
        tenants.acme = { max_sessions = 3, tokens = 7 }
        intent.on_drift = "deny"
        tools.search.weight = 3
        tokens.cached = 0.1
        execution.preset = "extended"
        events.grants = true
        approval.on_exhausted = "pause"
        reservations.on_vanish = "release"
    "#;
    assert_eq!(changed, policy(text));
    assert_eq!(changed.tenant_limits("acme"), party);
}
