//! Places for sessions: caps of agents and tenants, and who holds them.

use allotment::{CreateError, Denial, Enforcer, Nanos, Reason, Resource, Scope, SessionSpec};

use crate::common::{free, under};

/// The denial of creating `spec`.
fn refusal(enforcer: &Enforcer, spec: SessionSpec) -> Denial {
    match enforcer.create(spec) {
        Err(CreateError::Denied(denial)) => denial,
        other => panic!("not a denial: {other:?}"),
    }
}

#[test]
// B26, G19
fn g19_b26_ten_at_once_and_the_eleventh_is_refused_while_the_ten_go_on() {
    let (enforcer, _) = under("");
    let ten: Vec<_> = (0..10).map(|_| enforcer.create(free("a")).unwrap()).collect();
    let denial = refusal(&enforcer, free("a"));
    assert_eq!(
        (denial.reason(), denial.http_status(), denial.retryable()),
        (Reason::TooManySessions, 429, true)
    );
    assert_eq!((denial.scope(), denial.party()), (Some(Scope::Agent), Some("a")));
    assert_eq!(
        (denial.resource(), denial.limit(), denial.used()),
        (Some(Resource::Sessions), Some(10), Some(10))
    );
    assert!(ten.iter().all(|session| session.authorize("read").is_ok()));
    assert!(enforcer.create(free("b")).is_ok());
    assert_eq!((enforcer.active_sessions("a"), enforcer.stats().sessions), (10, 11));
    ten[3].close().unwrap();
    assert!(enforcer.create(free("a")).is_ok());
    assert_eq!(refusal(&enforcer, free("a")).used(), Some(10));
}

#[test]
// D11
fn d11_expired_sessions_never_hold_the_cap() {
    let (enforcer, clock) = under("");
    for round in 0..5 {
        let short = free("a").time_limit(Nanos::from_secs(1));
        let ten: Vec<_> = (0..10).map(|_| enforcer.create(short.clone()).unwrap()).collect();
        ten[round].pause().unwrap();
        assert_eq!(refusal(&enforcer, short).limit(), Some(10));
        clock.advance(Nanos::from_secs(1));
    }
    assert_eq!(enforcer.stats().sessions, 50);
}

#[test]
// D11, E10
fn e10_d11_expired_sessions_of_other_agents_never_hold_the_tenants_cap() {
    let (enforcer, clock) = under("[tenants.t]\nmax_sessions = 2");
    let short = |agent: &str| free(agent).tenant("t").time_limit(Nanos::from_secs(1));
    let [one, _two] = ["a", "b"].map(|agent| enforcer.create(short(agent)).unwrap());
    let denial = refusal(&enforcer, short("c"));
    assert_eq!((denial.scope(), denial.party(), denial.used()), (Some(Scope::Tenant), Some("t"), Some(2)));
    one.close().unwrap();
    assert!(enforcer.create(short("c")).is_ok() && enforcer.create(short("d")).is_err());
    clock.advance(Nanos::from_secs(1));
    assert!(enforcer.create(short("e")).is_ok() && enforcer.create(short("f")).is_ok());
    assert_eq!(refusal(&enforcer, short("g")).reason(), Reason::TooManySessions);
    assert!((0..30).all(|i| enforcer.create(short(&format!("x{i}")).tenant("free")).is_ok()));
}

#[test]
fn a_session_that_the_tenant_refuses_takes_nothing_of_its_agent_or_the_store() {
    let (enforcer, _) = under("[tenants.t]\nmax_sessions = 1\n[agents.\"*\"]\nmax_sessions = 2");
    let _held = enforcer.create(free("holder").tenant("t")).unwrap();
    for _ in 0..10 {
        assert_eq!(refusal(&enforcer, free("a").tenant("t")).scope(), Some(Scope::Tenant));
    }
    let stats = enforcer.stats();
    assert_eq!((stats.sessions, stats.agents, stats.tenants, enforcer.active_sessions("a")), (1, 1, 1, 0));
    assert!(enforcer.create(free("a")).is_ok() && enforcer.create(free("a")).is_ok());
}

#[test]
fn a_session_that_its_agent_refuses_takes_nothing_of_its_tenant() {
    let (enforcer, _) = under("[agents.a]\nmax_sessions = 1\n[tenants.t]\nmax_sessions = 2");
    let _held = enforcer.create(free("a")).unwrap();
    for _ in 0..10 {
        assert_eq!(refusal(&enforcer, free("a").tenant("t")).scope(), Some(Scope::Agent));
    }
    assert_eq!(enforcer.stats().tenants, 0);
    assert!(enforcer.create(free("b").tenant("t")).is_ok() && enforcer.create(free("c").tenant("t")).is_ok());
}

#[test]
fn a_refused_session_leaves_no_agent_or_tenant_behind() {
    let (enforcer, _) = under("[agents.no]\nmax_sessions = 0\n[tenants.no]\nmax_sessions = 0");
    assert_eq!(refusal(&enforcer, free("no")).scope(), Some(Scope::Agent));
    assert_eq!(refusal(&enforcer, free("a").tenant("no")).scope(), Some(Scope::Tenant));
    let stats = enforcer.stats();
    assert_eq!((stats.sessions, stats.agents, stats.tenants), (0, 0, 0));
}

#[test]
// D6
fn d6_names_that_may_have_no_session_do_not_fill_the_table_for_others() {
    let policy = "[agents.\"x*\"]\nmax_sessions = 0";
    let enforcer = Enforcer::builder().policy(crate::common::policy(policy)).max_sessions(3).build().unwrap();
    for i in 0..10 {
        assert_eq!(refusal(&enforcer, free(&format!("x{i}"))).reason(), Reason::TooManySessions);
    }
    assert!(enforcer.create(free("a")).is_ok(), "{:?}", enforcer.stats());
}

#[test]
fn a_cap_follows_the_policy_in_force() {
    let (enforcer, _) = under("[agents.a]\nmax_sessions = 3");
    let three: Vec<_> = (0..3).map(|_| enforcer.create(free("a")).unwrap()).collect();
    enforcer.set_policy(crate::common::policy("[agents.a]\nmax_sessions = 1"));
    let denial = refusal(&enforcer, free("a"));
    assert_eq!((denial.limit(), denial.used()), (Some(1), Some(3)));
    assert!(three.iter().all(|session| session.authorize("read").is_ok()));
    three[0].close().unwrap();
    three[1].close().unwrap();
    assert!(enforcer.create(free("a")).is_err());
    three[2].close().unwrap();
    assert!(enforcer.create(free("a")).is_ok());
}

#[test]
// D23
fn d23_names_can_be_used_again_and_block_nobody() {
    let (enforcer, _) = under("[agents.\"*\"]\nmax_sessions = 1\n[tenants.\"*\"]\nmax_sessions = 1");
    for round in 0..20 {
        let session = enforcer.create(free("a").tenant("t")).unwrap();
        assert!(
            enforcer.create(free("a").tenant("u")).is_err()
                && enforcer.create(free("b").tenant("t")).is_err()
        );
        session.close().unwrap();
        assert!(session.close().is_err() && session.close().is_err());
        if round % 3 == 0 {
            assert!(enforcer.sweep() > 0);
        }
        assert_eq!(enforcer.active_sessions("a"), 0);
    }
}
