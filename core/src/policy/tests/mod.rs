//! What a policy promises: read back as written, whole or not at all, each error at its key.

mod errors;
mod forms;
mod patterns;
mod round_trip;

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
fn a_policy_is_written_as_a_person_would() {
    let text = r#"[agents."*"]
max_sessions = "unlimited"

[agents.alice]

[agents."research-*"]
calls = 5
max_sessions = 20

[defaults]
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
        .expect("a policy");
    let text = r#"
        defaults = { calls = "unlimited", tokens = 7 }
        warnings.threshold = 0.5
        agents."a*" = { max_sessions = 3, tokens = 7 }
        tenants.acme = { max_sessions = 3, tokens = 7 }
    "#;
    assert_eq!(changed, policy(text));
    assert_eq!(changed.tenant_limits("acme"), party);
}
