//! A budget that is used up may ask for an approval instead of denying for good.

use allotment::{EventKind, Execution, Reason, Resource, Scope, SessionSpec, Status, TopUp, Usage};

use crate::common::{free, policy, under};
use crate::reason;

const PAUSE: &str = "[approval]\non_exhausted = \"pause\"\n";

fn calls(calls: u64) -> TopUp {
    TopUp { calls, ..TopUp::default() }
}

#[test]
fn exhaustion_pauses_and_a_top_up_and_a_resume_go_on_with_what_remained() {
    let (enforcer, _) = under(PAUSE);
    let session = enforcer.create(free("a").calls(3).tokens(100)).unwrap();
    session.authorize_batch(["read"; 2]).unwrap();
    for round in 0..3u64 {
        let spent = 2 + 5 * round;
        let denial = session.authorize_batch(["read"; 2]).unwrap_err();
        assert_eq!((denial.reason(), denial.http_status()), (Reason::Paused, 409));
        assert_eq!((denial.resource(), denial.scope()), (Some(Resource::Calls), Some(Scope::Session)));
        let figures = (denial.limit(), denial.used(), denial.requested());
        assert_eq!(figures, (Some(spent + 1), Some(spent), Some(2)));
        assert!(denial.detail().contains("approval"), "{}", denial.detail());
        assert!(!denial.retryable());
        assert_eq!((session.status(), session.calls().spent), (Status::Paused, spent));
        let kinds: Vec<_> = enforcer.events().map(|event| event.kind()).collect();
        let expected = [EventKind::Paused, EventKind::Denied];
        assert!(kinds.ends_with(&expected), "{kinds:?}");
        assert_eq!(kinds.iter().filter(|kind| **kind == EventKind::Paused).count(), 1);
        // Meanwhile nothing goes on, and nobody is paused twice.
        assert_eq!(reason(&session.authorize("read")), Some(Reason::Paused));
        session.top_up(calls(5)).unwrap();
        assert_eq!(reason(&session.authorize("read")), Some(Reason::Paused), "until it is resumed");
        assert!(enforcer.events().all(|event| event.kind() != EventKind::Paused));
        session.resume().unwrap();
        session.authorize_batch(["read"; 5]).unwrap();
    }
    assert_eq!(session.calls().remaining(), Some(1));
}

#[test]
fn a_preview_says_what_the_call_would_say_and_pauses_nothing() {
    let (enforcer, _) = under(PAUSE);
    let session = enforcer.create(free("a").calls(0)).unwrap();
    let preview = session.preview("read").unwrap_err();
    assert_eq!((session.status(), enforcer.stats().events_waiting), (Status::Active, 0));
    assert_eq!(preview, session.authorize("read").unwrap_err());
    assert_eq!(session.status(), Status::Paused);
}

#[test]
fn tokens_that_a_reservation_lacks_ask_for_an_approval_too() {
    let (enforcer, _) = under(PAUSE);
    let session = enforcer.create(free("a").tokens(10)).unwrap();
    let hold = session.reserve(Usage::tokens(10)).unwrap();
    let denial = session.reserve_at_least(Usage::tokens(5), Usage::tokens(1)).unwrap_err();
    assert_eq!((denial.reason(), denial.resource()), (Reason::Paused, Some(Resource::Tokens)));
    hold.settle(Usage::tokens(4)).unwrap();
    session.resume().unwrap();
    assert_eq!(session.reserve_at_least(Usage::tokens(9), Usage::tokens(1)).unwrap().granted().tokens, 6);
}

#[test]
fn a_rate_or_anything_else_that_is_no_budget_pauses_nothing() {
    let (enforcer, _) = under(PAUSE);
    let rate = allotment::Rate::per_minute(1).unwrap();
    let limits = Execution { repetitions: Some(1), depth: Some(0), ..Execution::DISABLED };
    let session = enforcer.create(free("a").rate(rate).execution(limits)).unwrap();
    let call = allotment::Call::of("read").arguments("{}");
    session.authorize_call(call).unwrap();
    assert_eq!(reason(&session.authorize_call(call)), Some(Reason::SameStepLoop));
    assert_eq!(reason(&session.authorize("read")), Some(Reason::RateLimited));
    assert_eq!(reason(&session.authorize("drop")), Some(Reason::ToolNotAuthorized));
    assert!(session.descend().is_err());
    assert_eq!(session.status(), Status::Active);
}

#[test]
fn a_childs_exhaustion_pauses_the_child_and_not_its_parent() {
    let (enforcer, _) = under(PAUSE);
    let parent = enforcer.create(free("a").calls(3)).unwrap();
    let child = parent.delegate(SessionSpec::new("b").tools(["read"]).calls(1)).unwrap();
    child.authorize("read").unwrap();
    assert_eq!(reason(&child.authorize("read")), Some(Reason::Paused));
    assert_eq!((parent.status(), child.status()), (Status::Active, Status::Paused));
    child.top_up(calls(2)).unwrap();
    child.resume().unwrap();
    child.authorize_batch(["read"; 2]).unwrap();
    parent.top_up(calls(7)).unwrap();
    child.top_up(calls(7)).unwrap();
    assert_eq!(reason(&child.authorize_batch(["read"; 7])), None);
    let denial = child.authorize("read").unwrap_err();
    assert_eq!((denial.reason(), denial.limit(), denial.used()), (Reason::Paused, Some(10), Some(10)));
}

#[test]
fn a_swap_of_the_policy_decides_from_the_next_decision_on() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").calls(0)).unwrap();
    assert_eq!(reason(&session.authorize("read")), Some(Reason::BudgetExceeded));
    enforcer.set_policy(policy(PAUSE));
    assert_eq!(reason(&session.authorize("read")), Some(Reason::Paused));
    session.resume().unwrap();
    enforcer.set_policy(policy(""));
    assert_eq!(reason(&session.authorize("read")), Some(Reason::BudgetExceeded));
    assert_eq!(session.status(), Status::Active);
}
