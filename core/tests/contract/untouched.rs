//! Whatever is denied leaves every meter as it was: all levels, budgets and buckets.

use allotment::{
    Call, Enforcer, Execution, ManualClock, NanoUsd, Nanos, Rate, Reason, Resource, Sensitivity, Session,
    SessionSpec, Snapshot, TopUp, Usage,
};

use crate::common::{free, under};

const POLICY: &str = "
[intent]
on_drift = \"deny\"
[tools.secret]
sensitivity = \"restricted\"
[tools.web]
network = true
[tools.local]
network = false
[tools.get]
network = false
[tools.heavy]
weight = 100
network = false
[agents.a]
calls = 1000
rate = \"1000/min\"
[agents.b]
tokens = 1000
tokens_rate = \"1000/min\"
[tenants.t]
calls = 1000
cost_usd = \"1.00\"
rate = \"1000/min\"
";

const TOOLS: [&str; 6] = ["local", "secret", "web", "heavy", "drop_all", "get"];

/// A parent and its child, each with every limit there is.
fn tree() -> (Enforcer, ManualClock, [Session; 2]) {
    let (enforcer, clock) = under(POLICY);
    let execution = Execution { repetitions: Some(2), memory: Some(1_000), ..Execution::STANDARD };
    let limits = |spec: SessionSpec, n| {
        let spec = spec.tools(TOOLS).tool("capped", 0).calls(n).tokens(n).cost(NanoUsd::new(n)).steps(n);
        spec.rate(Rate::per_minute(n).unwrap()).tokens_rate(Rate::per_minute(n).unwrap())
    };
    let parent = limits(free("a").tenant("t").intent("write it").execution(execution), 60);
    let parent = parent.air_gap(true).sensitivity(Sensitivity::Internal);
    let parent = enforcer.create(parent).unwrap();
    let child = parent.delegate(limits(SessionSpec::new("b").intent("read it"), 50)).unwrap();
    (enforcer, clock, [parent, child])
}

/// What a session has spent and watches, without what counts denials.
fn meters(session: &Session) -> Snapshot {
    Snapshot { denied: 0, drifts: 0, status: "", active: true, ..session.snapshot() }
}

#[test]
// B12, V11, D5, D14
fn b12_v11_d5_d14_no_denial_leaves_a_trace_on_any_meter() {
    type Deny = fn(&Session) -> Reason;
    let denials: [(&str, Deny); 14] = [
        ("unlisted", |s| s.authorize("read").unwrap_err().reason()),
        ("drift", |s| s.authorize_with("drop_all", Usage::tokens(1)).unwrap_err().reason()),
        ("ceiling", |s| s.authorize("secret").unwrap_err().reason()),
        ("network", |s| s.authorize_batch(["local", "web"]).unwrap_err().reason()),
        ("weight", |s| s.authorize("heavy").unwrap_err().reason()),
        ("cap", |s| s.authorize_with("capped", Usage::tokens(1)).unwrap_err().reason()),
        ("batch", |s| s.authorize_batch(["get"; 51]).unwrap_err().reason()),
        ("tokens", |s| s.authorize_with("get", Usage::tokens(51)).unwrap_err().reason()),
        ("cost", |s| s.authorize_with("get", Usage::tokens(5).cost(NanoUsd::new(51))).unwrap_err().reason()),
        ("steps", |s| s.admit(Usage::tokens(5).steps(51)).unwrap_err().reason()),
        ("reservation", |s| s.reserve(Usage::tokens(50).cost(NanoUsd::new(51))).unwrap_err().reason()),
        ("least", |s| {
            let least = Usage::tokens(9).cost(NanoUsd::new(51));
            s.reserve_at_least(Usage::tokens(50).cost(NanoUsd::new(99)), least).unwrap_err().reason()
        }),
        ("loop", |s| {
            let again = || s.authorize_call(Call::of("get").arguments("[]").usage(Usage::tokens(51)));
            [(); 3].map(|()| again().unwrap_err().reason())[2]
        }),
        ("carve", |s| {
            let spec = SessionSpec::new("c").tools(["get"]).carve_out(true).calls(50).tokens(50);
            let denied = |spec| match s.delegate(spec) {
                Err(allotment::CreateError::Denied(denial)) => denial.reason(),
                other => panic!("{other:?}"),
            };
            s.admit(Usage::tokens(1)).unwrap();
            let reason = denied(spec);
            s.record(Usage::NONE);
            reason
        }),
    ];
    for (name, deny) in denials {
        let (enforcer, _, [parent, child]) = tree();
        let before = [meters(&parent), meters(&child)];
        let reason = deny(&child);
        assert_ne!(reason, Reason::Contended, "{name}");
        if name != "carve" {
            assert_eq!([meters(&parent), meters(&child)], before, "{name}: {reason}");
            // Buckets are not in a snapshot: all of them still have everything.
            let whole = Usage::tokens(50).cost(NanoUsd::new(50)).steps(50);
            child.admit(whole).unwrap_or_else(|denial| panic!("{name}: {}", denial.detail()));
            child.authorize_batch(["get"; 50]).unwrap_or_else(|denial| panic!("{name}: {}", denial.detail()));
            continue;
        }
        assert_eq!((parent.snapshot().tokens.spent, parent.snapshot().calls.spent), (1, 0), "{name}");
        assert_eq!(enforcer.active_sessions("c"), 0);
    }
}

#[test]
// B5, B6
fn b5_b6_a_session_that_is_not_active_is_charged_nothing_whatever_is_asked() {
    for state in 0..5 {
        let (enforcer, clock, [parent, child]) = tree();
        match state {
            0 => child.pause().unwrap(),
            1 => drop(child.close().unwrap()),
            2 => clock.advance(Nanos::from_secs(86_402)),
            3 => clock.advance(Nanos::from_secs(1_800)),
            _ => parent.pause().unwrap(),
        }
        let before = [meters(&parent), meters(&child)];
        let expected = [Reason::Paused, Reason::Closed, Reason::Expired, Reason::IdleTimeout, Reason::Paused];
        let usage = Usage::tokens(1).cost(NanoUsd::new(1)).steps(1).discovered_steps(1);
        let denials = [
            child.authorize("get").unwrap_err(),
            child.authorize_with("get", usage).unwrap_err(),
            child.authorize_batch(["get", "get"]).unwrap_err(),
            child.admit(usage).unwrap_err(),
            child.reserve(usage).unwrap_err(),
            child.reserve_at_least(usage, Usage::NONE).unwrap_err(),
            enforcer.authorize(child.id(), "b", "get").unwrap_err(),
        ];
        for denial in denials {
            assert_eq!(denial.reason(), expected[state], "{}", denial.detail());
        }
        assert_eq!([meters(&parent), meters(&child)], before, "{state}");
    }
}

#[test]
// D14, V11
fn d14_v11_a_refusal_of_each_outer_account_leaves_the_inner_ones_as_they_were() {
    let text = |agent, tenant| format!("[agents.a]\ncalls = {agent}\n[tenants.t]\ncalls = {tenant}");
    for (parents, agent, tenant) in [(2, 9, 9), (9, 2, 9), (9, 9, 2)] {
        let (enforcer, _) = under(&text(agent, tenant));
        let parent = enforcer.create(free("a").tenant("t").calls(parents).tool("get", 9)).unwrap();
        let spec = SessionSpec::new("a").tool("get", 5).tokens(9).rate(Rate::per_minute(9).unwrap());
        let child = parent.delegate(spec.calls(parents)).unwrap();
        child.authorize_with("get", Usage::tokens(1)).unwrap();
        let before = [meters(&parent), meters(&child)];
        for _ in 0..20 {
            let denial = child.authorize_batch(["get", "get"]).unwrap_err();
            assert_eq!((denial.reason(), denial.resource()), (Reason::BudgetExceeded, Some(Resource::Calls)));
        }
        assert_eq!([meters(&parent), meters(&child)], before);
        assert!(child.authorize("get").is_ok(), "the last one is still there");
    }
}

#[test]
fn a_top_up_or_a_delegation_that_is_refused_changes_nothing() {
    let (enforcer, _, [parent, child]) = tree();
    let before = ([meters(&parent), meters(&child)], enforcer.stats());
    assert!(child.top_up(TopUp { calls: 1, tokens: 100, ..TopUp::default() }).is_err());
    assert!(child.delegate(SessionSpec::new("b").tools(["get"]).calls(51)).is_err());
    assert_eq!(([meters(&parent), meters(&child)], enforcer.stats()), before);
}
