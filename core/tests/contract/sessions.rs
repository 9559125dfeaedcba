//! What a session is, and what can be read of it.

use allotment::{
    ANY_TOOL, NanoUsd, Nanos, Rate, Reason, Resource, Scope, Sensitivity, SessionId, SessionSpec, Status,
};

use crate::common::{free, under};
use crate::reason;

#[test]
// B1
fn b1_a_new_session_has_made_no_calls_is_active_and_has_a_fresh_random_id() {
    let (enforcer, _) = under("");
    let (one, two) = (enforcer.create(free("a")).unwrap(), enforcer.create(free("a")).unwrap());
    assert_eq!((one.snapshot().calls.spent, one.status()), (0, Status::Active));
    assert_eq!(one.id().as_uuid().get_version_num(), 4);
    assert_ne!(one.id(), two.id());
    assert_eq!(one.id().to_string().parse::<SessionId>(), Ok(one.id()));
}

#[test]
// B2, G2
fn b2_g2_everything_it_was_created_with_can_be_read() {
    let (enforcer, clock) = under("");
    clock.advance(Nanos::from_secs(7));
    let spec = SessionSpec::new("agent-7")
        .tenant("acme")
        .intent("read and analyze")
        .tools(["search", "fetch"])
        .tool("send", 5)
        .calls(100)
        .tokens(200_000)
        .cost("5.00".parse::<NanoUsd>().unwrap())
        .rate(Rate::per_minute(30).unwrap())
        .time_limit(Nanos::from_secs(1800))
        .sensitivity(Sensitivity::Confidential);
    let session = enforcer.create(spec).unwrap();
    let seen = session.snapshot();
    assert_eq!((seen.id.as_str(), seen.agent.as_str()), (session.id().to_string().as_str(), "agent-7"));
    assert_eq!((seen.tenant.as_deref(), seen.intent.as_deref()), (Some("acme"), Some("read and analyze")));
    assert_eq!((seen.status, seen.active, seen.sensitivity), ("active", true, "confidential"));
    let tools: Vec<_> = seen.tools.iter().map(|(name, cap)| (name.as_str(), cap.map(|c| c.limit))).collect();
    assert_eq!(tools, [("fetch", None), ("search", None), ("send", Some(5))]);
    assert_eq!((seen.calls.limit, seen.calls.rate.as_deref()), (Some(100), Some("30/min")));
    assert_eq!((seen.tokens.limit, seen.cost.limit), (Some(200_000), Some(5_000_000_000)));
    let times = [seen.created_at, seen.expires_at, seen.time_limit, seen.seconds_remaining];
    assert!(times.iter().zip([7.0, 1807.0, 1800.0, 1800.0]).all(|(a, b)| (a - b).abs() < 1e-9), "{times:?}");
    assert!(seen.delegation_chain.is_empty() && seen.parent.is_none());
    assert!(serde_json::to_string(&seen).unwrap().contains("\"agent\":\"agent-7\""));
}

#[test]
// B3, G18
fn b3_g18_an_authorised_call_is_counted_and_the_result_shows_it() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").calls(5).time_limit(Nanos::from_secs(100))).unwrap();
    clock.advance(Nanos::from_secs(30));
    let grant = session.authorize("read").unwrap();
    assert_eq!((grant.tool(), grant.calls().spent, grant.remaining()), (Some("read"), 1, Some(4)));
    assert_eq!(grant.time_left(), Nanos::from_secs(70));
    let seen = session.snapshot();
    assert_eq!((seen.calls.spent, seen.calls.remaining, seen.calls.limit), (1, Some(4), Some(5)));
    assert!((seen.seconds_remaining - 70.0).abs() < 1e-9);
}

#[test]
// B4, D19, G1
fn b4_g1_d19_an_unknown_session_is_denied_everywhere() {
    let (enforcer, _) = under("");
    let elsewhere = under("").0.create(free("a")).unwrap();
    for id in [elsewhere.id(), "00000000-0000-4000-8000-000000000000".parse().unwrap()] {
        let usage = allotment::Usage::NONE;
        let denials = [
            enforcer.get(id).unwrap_err(),
            enforcer.of_agent(id, "a").unwrap_err(),
            enforcer.authorize(id, "a", "read").unwrap_err(),
            enforcer.authorize_with(id, "a", "read", usage).unwrap_err(),
            enforcer.authorize_batch(id, "a", ["read"]).unwrap_err(),
            enforcer.authorize_batch(id, "a", []).unwrap_err(),
        ];
        for denial in denials {
            assert_eq!((denial.reason(), denial.http_status()), (Reason::NotFound, 404));
            assert_eq!((denial.session(), denial.retryable()), (Some(id), false));
        }
    }
}

#[test]
// B10
fn b10_a_tool_matches_exactly_byte_for_byte() {
    let (enforcer, _) = under("");
    let session = enforcer.create(SessionSpec::new("a").tools(["search", "db.Query/v2:x-y_z"])).unwrap();
    let wrong = ["Search", "SEARCH", "search ", " search", "searc", "searchh", "", "*", "ſearch", "search\0"];
    for name in wrong {
        let denial = session.authorize(name).unwrap_err();
        assert_eq!((denial.reason(), denial.http_status()), (Reason::ToolNotAuthorized, 403), "{name:?}");
        assert_eq!(denial.tool(), Some(name));
    }
    assert!(session.authorize("db.Query/v2:x-y_z").is_ok());
    let seen = session.snapshot();
    assert_eq!((seen.calls.spent, seen.denied), (1, wrong.len() as u64));
}

#[test]
// B34, D13
fn b34_d13_an_empty_list_authorises_nothing_and_a_star_everything() {
    let (enforcer, _) = under("");
    let none = enforcer.create(SessionSpec::new("a")).unwrap();
    let any = enforcer.create(SessionSpec::new("a").tools([ANY_TOOL]).tool("send", 1)).unwrap();
    for name in ["read", "*", ""] {
        assert_eq!(reason(&none.authorize(name)), Some(Reason::ToolNotAuthorized));
    }
    assert_eq!(reason(&none.authorize_batch(["read"])), Some(Reason::ToolNotAuthorized));
    assert!(any.authorize("anything:at/all").is_ok() && any.authorize("send").is_ok());
    assert_eq!(any.authorize("send").unwrap_err().scope(), Some(Scope::Tool));
    // Everything is every name there can be, not every string that a model makes up.
    for name in ["", "*", "a b", "a\n", "ünï", &"x".repeat(129)] {
        assert_eq!(reason(&any.authorize(name)), Some(Reason::ToolNotAuthorized), "{name:?}");
    }
}

#[test]
// B25, D17, G3
fn b25_g3_d17_the_caller_must_be_the_sessions_agent() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("agent-7")).unwrap();
    for caller in ["agent-8", "", "Agent-7", "agent-7 ", "*"] {
        let denial = enforcer.authorize(session.id(), caller, "read").unwrap_err();
        assert_eq!((denial.reason(), denial.http_status()), (Reason::AgentMismatch, 403), "{caller:?}");
        assert_eq!(denial.party(), Some(caller));
        let batch = enforcer.authorize_batch(session.id(), caller, ["read"]);
        assert_eq!(reason(&batch), Some(Reason::AgentMismatch));
        let priced = enforcer.authorize_with(session.id(), caller, "read", allotment::Usage::tokens(1));
        assert_eq!(reason(&priced), Some(Reason::AgentMismatch));
        assert_eq!(enforcer.of_agent(session.id(), caller).unwrap_err().reason(), Reason::AgentMismatch);
    }
    assert_eq!(session.snapshot().calls.spent, 0);
    assert!(enforcer.authorize(session.id(), "agent-7", "read").is_ok());
}

#[test]
// B32
fn b32_sensitivity_is_ordered() {
    use Sensitivity::{Confidential, Internal, Public, Restricted};
    assert!(Public < Internal && Internal < Confidential && Confidential < Restricted);
}

#[test]
// B33
fn b33_active_is_active_not_expired_with_calls_left() {
    let (enforcer, clock) = under("");
    let spec = || free("a").calls(1).time_limit(Nanos::from_secs(10));
    let [fresh, spent, paused, closed] = [(); 4].map(|()| enforcer.create(spec()).unwrap());
    spent.authorize("read").unwrap();
    paused.pause().unwrap();
    closed.close().unwrap();
    let active = [&fresh, &spent, &paused, &closed].map(allotment::Session::is_active);
    assert_eq!(active, [true, false, false, false]);
    assert_eq!([&fresh, &spent].map(|s| s.snapshot().active), [true, false]);
    clock.advance(Nanos::from_secs(10));
    assert!(!fresh.is_active());
}

#[test]
// G17
fn g17_closing_returns_what_the_session_did() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").calls(4).time_limit(Nanos::from_secs(100))).unwrap();
    for _ in 0..3 {
        session.authorize("read").unwrap();
    }
    assert!(session.authorize("drop").is_err() && session.authorize_batch(["read"; 2]).is_err());
    clock.advance(Nanos::from_secs(25));
    let summary = session.close().unwrap();
    assert_eq!((summary.calls.spent, summary.calls.limit, summary.denied), (3, Some(4), 2));
    assert_eq!(summary.utilisation(), Some(75.0));
    assert_eq!((summary.time_used, summary.time_limit), (Nanos::from_secs(25), Nanos::from_secs(100)));
    let unlimited = enforcer.create(free("a")).unwrap().close().unwrap();
    assert_eq!(unlimited.utilisation(), None);
}

#[test]
// G17
fn g17_every_denied_attempt_on_a_session_is_counted_whoever_makes_it_and_how_it_stands() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").calls(0)).unwrap();
    let id = session.id();
    let attempts = || {
        let by_handle =
            [session.authorize("read"), session.authorize("nope"), session.authorize_batch(["read"])];
        let by_id = [enforcer.authorize(id, "a", "read"), enforcer.authorize(id, "b", "read")];
        assert!(by_handle.iter().chain(&by_id).all(Result::is_err));
    };
    attempts();
    assert_eq!(session.snapshot().denied, 5, "active");
    session.pause().unwrap();
    attempts();
    assert_eq!(session.snapshot().denied, 10, "paused");
    session.close().unwrap();
    attempts();
    assert_eq!(session.snapshot().denied, 15, "closed");
}

#[test]
// G21
fn g21_defaults_are_an_hour_a_thousand_calls_internal_and_nothing_else() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(SessionSpec::new("a").tools(["read"])).unwrap();
    let seen = session.snapshot();
    assert_eq!((seen.calls.limit, seen.calls.rate.as_deref()), (Some(1000), None));
    assert_eq!((seen.tokens.limit, seen.cost.limit, seen.steps.limit), (None, None, None));
    assert_eq!((seen.time_limit, seen.sensitivity), (3600.0, "internal"));
    assert_eq!(Rate::per_minute(3).unwrap().window().as_secs(), 60);
    assert_eq!(enforcer.stats().max_sessions, 1_000_000);
    for _ in 0..799 {
        assert_eq!(session.authorize("read").unwrap().warnings().count(), 0);
    }
    assert_eq!(session.authorize("read").unwrap().warnings().next().unwrap().resource, Resource::Calls);
    clock.advance(Nanos::from_secs(3600));
    assert_eq!(reason(&session.authorize("read")), Some(Reason::Expired));
}
