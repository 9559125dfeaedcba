//! What a forked child may do with what it inherited: nothing. One test and a program of its own, because whoever says that it is in a
//! forked child says so for the whole process.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use allotment::{CreateError, Enforcer, Execution, Policy, Reason, SessionSpec, Usage, after_fork_in_child};

#[test]
// G1
fn an_inherited_enforcer_denies_everything_and_a_fresh_one_works() {
    let enforcer = Enforcer::new(Policy::default()).unwrap();
    let spec = || SessionSpec::new("a").tools(["read"]).calls(10).tokens(100);
    let plain = enforcer.create(spec()).unwrap();
    let watched = enforcer.create(spec().execution(Execution::STANDARD)).unwrap();
    let child = plain.delegate(SessionSpec::new("b").tools(["read"])).unwrap();
    for session in [&plain, &watched, &child] {
        session.authorize("read").unwrap();
    }
    let (settled, dropped) =
        (plain.reserve(Usage::tokens(10)).unwrap(), plain.reserve(Usage::tokens(20)).unwrap());
    let before = [&plain, &watched, &child].map(|session| session.snapshot().tokens);
    after_fork_in_child();

    for session in [&plain, &watched, &child] {
        let denials = [
            session.authorize("read").unwrap_err(),
            session.authorize("unlisted").unwrap_err(),
            session.authorize_batch([]).unwrap_err(),
            session.authorize_with("read", Usage::tokens(1)).unwrap_err(),
            session.admit(Usage::NONE).unwrap_err(),
            session.preview("read").unwrap_err(),
            session.reserve(Usage::tokens(1)).unwrap_err(),
            session.reserve_at_least(Usage::tokens(2), Usage::tokens(1)).unwrap_err(),
            session.descend().unwrap_err(),
            enforcer.authorize(session.id(), session.agent(), "read").unwrap_err(),
            enforcer.authorize(session.id(), "stranger", "read").unwrap_err(),
        ];
        for denial in denials {
            assert_eq!((denial.reason(), denial.http_status()), (Reason::Forked, 503));
            assert!(!denial.retryable());
        }
        let created = [
            session.delegate(spec()),
            session.delegate(spec().carve_out(true).calls(1)),
            enforcer.create(spec()),
        ];
        for created in created {
            let Err(CreateError::Denied(denial)) = created else { panic!("created in a copy") };
            assert_eq!(denial.reason(), Reason::Forked);
        }
        assert_eq!(session.calls().spent, if session.id() == plain.id() { 2 } else { 1 });
    }
    // What the parent process ends is not ended here: neither charged nor given back nor told.
    let ended = settled.settle(Usage::tokens(5)).unwrap();
    assert_eq!((ended.charged, ended.overrun), (Usage::NONE, false));
    assert!(settled.settle(Usage::NONE).is_err());
    drop(dropped);
    assert_eq!([&plain, &watched, &child].map(|session| session.snapshot().tokens), before);
    assert_eq!(enforcer.events().count(), 0, "and it does not wait for what will never be added");

    let fresh = Enforcer::new(Policy::default()).unwrap();
    let session = fresh.create(spec()).unwrap();
    assert!(session.authorize("read").is_ok());
    let hold = session.reserve(Usage::tokens(60)).unwrap();
    assert_eq!(hold.settle(Usage::tokens(40)).unwrap().charged, Usage::tokens(40));
    // A fork of the fork.
    after_fork_in_child();
    assert_eq!(session.authorize("read").unwrap_err().reason(), Reason::Forked);
}
