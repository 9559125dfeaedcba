//! Whether anything limits a resource.

use allotment::{Execution, NanoUsd, Nanos, Policy, Rate, Resource, Session, SessionSpec, Setting};

use crate::common::{free, policy, under};

/// All that `session` is limited in, in the order of [`Resource::ALL`], but for the time, which always is.
fn limits(session: &Session) -> Vec<Resource> {
    assert!(session.is_limited(Resource::Time));
    Resource::ALL
        .into_iter()
        .filter(|&resource| resource != Resource::Time && session.is_limited(resource))
        .collect()
}

/// The concurrent sessions of an agent are limited unless a policy says otherwise.
const LIFTED: &str = "[agents.a]\nmax_sessions = 5\n";

#[test]
fn each_budget_rate_and_rule_of_its_own_limits_its_resource_and_no_other() {
    let (enforcer, _) = under(LIFTED);
    let free = || free("a");
    let of = |spec: SessionSpec| {
        let session = enforcer.create(spec).unwrap();
        let found = limits(&session);
        let _ = session.close();
        found.into_iter().filter(|&resource| resource != Resource::Sessions).collect::<Vec<_>>()
    };
    let dollar = NanoUsd::new(1_000_000_000);
    let minute = Rate::per_minute(1).unwrap();
    assert_eq!(of(free()), []);
    assert_eq!(of(free().calls(1)), [Resource::Calls]);
    assert_eq!(of(free().calls(0)), [Resource::Calls], "nothing is a limit too");
    assert_eq!(of(free().rate(minute)), [Resource::Calls]);
    assert_eq!(of(free().tool("send", 1)), [], "a cap is of one tool");
    assert_eq!(of(free().tokens(1)), [Resource::Tokens]);
    assert_eq!(of(free().tokens_rate(minute)), [Resource::Tokens]);
    assert_eq!(of(free().cost(dollar)), [Resource::Cost]);
    assert_eq!(of(free().cost_rate(minute)), [Resource::Cost]);
    assert_eq!(of(free().steps(1)), [Resource::Steps]);
    assert_eq!(of(free().discovered_steps(1)), [Resource::DiscoveredSteps]);
    let rule = |rule: Execution| of(free().execution(rule));
    let none = Execution::DISABLED;
    assert_eq!(rule(Execution { cost: Some(dollar), ..none }), [Resource::Cost]);
    assert_eq!(rule(Execution { discovered_steps: Some(1), ..none }), [Resource::DiscoveredSteps]);
    assert_eq!(rule(Execution { depth: Some(1), ..none }), [Resource::Depth]);
    assert_eq!(rule(Execution { idle_timeout: Some(Nanos::from_secs(1)), ..none }), [Resource::Idle]);
    assert_eq!(rule(Execution { repetitions: Some(1), ..none }), [Resource::Repetitions]);
    assert_eq!(rule(Execution { memory: Some(1), ..none }), [Resource::Memory]);
}

#[test]
fn an_ancestor_its_agent_and_the_tenant_limit_a_session_too() {
    let dollar = NanoUsd::new(1_000_000_000);
    let child = |text: &str, root: SessionSpec| {
        let (enforcer, _) = under(text);
        let root = enforcer.create(root.tenant("t")).unwrap();
        let between = root.delegate(SessionSpec::new("b").tools(["read"])).unwrap();
        limits(&between.delegate(SessionSpec::new("c").tools(["read"])).unwrap())
    };
    let lifted = [Resource::Sessions];
    assert_eq!(child("", free("a")), lifted);
    assert_eq!(child("", free("a").cost(dollar)), [Resource::Cost, Resource::Sessions]);
    assert_eq!(child("[agents.a]\ncost_usd = 1", free("a")), [Resource::Cost, Resource::Sessions]);
    assert_eq!(child("[agents.b]\ntokens_rate = \"1/s\"", free("a")), [Resource::Tokens, Resource::Sessions]);
    assert_eq!(child("[agents.c]\nsteps = 1", free("a")), [Resource::Steps, Resource::Sessions]);
    assert_eq!(child("[tenants.t]\ncost_rate = \"1/h\"", free("a")), [Resource::Cost, Resource::Sessions]);
    assert_eq!(child("[agents.d]\ncost_usd = 1\n[tenants.u]\ncost_usd = 1", free("a")), lifted);
}

#[test]
fn the_policy_in_force_says_it_and_asking_changes_nothing() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tenant("t").calls(Setting::Unlimited)).unwrap();
    let before = format!("{:?}", session.snapshot());
    assert!(!session.is_limited(Resource::Cost));
    enforcer.set_policy(policy("[tenants.t]\ncost_usd = 1"));
    assert!(session.is_limited(Resource::Cost));
    enforcer.set_policy(Policy::default());
    assert!(!session.is_limited(Resource::Cost));
    assert_eq!(format!("{:?}", session.snapshot()), before);
    session.close().unwrap();
    assert!(!session.is_limited(Resource::Cost) && session.is_limited(Resource::Time));
}
