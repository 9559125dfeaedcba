//! Asking without taking.

use allotment::{Nanos, Rate, Reason, Status};

use crate::common::{free, under};

#[test]
fn a_preview_consumes_nothing_and_counts_nothing() {
    let (enforcer, _) = under("[agents.a]\ncalls = 3\nrate = \"3/min\"");
    let session =
        enforcer.create(free("a").calls(3).tool("send", 3).rate(Rate::per_minute(3).unwrap())).unwrap();
    for _ in 0..500 {
        assert!(session.preview("send").is_ok() && session.preview("drop").is_err());
    }
    let seen = session.snapshot();
    assert_eq!((seen.calls.spent, seen.denied, seen.tools["send"].unwrap().spent), (0, 0, 0));
    assert!(session.authorize_batch(["send"; 3]).is_ok());
    for _ in 0..500 {
        assert_eq!(session.preview("read").unwrap_err().reason(), Reason::BudgetExceeded);
    }
    assert_eq!(session.snapshot().denied, 0);
}

#[test]
fn a_preview_refuses_with_the_very_denial_of_the_call() {
    let (enforcer, clock) = under("[agents.a]\nrate = \"1/min\"");
    let session = enforcer.create(free("a").tool("send", 0)).unwrap();
    session.authorize("read").unwrap();
    let same = || {
        for tool in ["read", "send", "drop"] {
            let preview = session.preview(tool).unwrap_err();
            assert_eq!(preview, session.authorize(tool).unwrap_err(), "{tool}");
        }
    };
    same();
    session.pause().unwrap();
    same();
    session.resume().unwrap();
    clock.advance(Nanos::from_secs(90_000));
    same();
    assert_eq!(session.status(), Status::Expired);
}

#[test]
fn a_preview_grants_what_the_call_would_grant() {
    for policy in ["", "[agents.a]\ncalls = 10\nrate = \"9/min\""] {
        let (enforcer, _) = under(policy);
        let session = enforcer.create(free("a").calls(5).tool("send", 5)).unwrap();
        for tool in ["read", "read", "read", "send", "send"] {
            let preview = session.preview(tool).unwrap();
            assert_eq!(preview, session.authorize(tool).unwrap(), "{tool}");
        }
    }
}
