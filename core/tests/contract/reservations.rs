//! Estimates that are admitted, and what becomes of them.

use allotment::{NanoUsd, Nanos, Rate, Reason, Scope, Session, SessionSpec, Usage};

use crate::common::{free, under};

fn tokens(session: &Session) -> (u64, u64) {
    let tokens = session.snapshot().tokens;
    (tokens.spent, tokens.reserved)
}

#[test]
// D25
fn d25_a_reservation_ends_once_and_a_second_end_is_an_error_that_changes_nothing() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tokens(10_000)).unwrap();
    let hold = session.reserve(Usage::tokens(4_000)).unwrap();
    assert_eq!(tokens(&session), (4_000, 4_000));
    assert!(!hold.has_ended());
    let settled = hold.settle(Usage::tokens(3_120)).unwrap();
    assert_eq!((settled.charged, settled.overrun), (Usage::tokens(3_120), false));
    assert_eq!(hold.settle(Usage::tokens(1)).unwrap_err().argument(), "settle");
    assert_eq!(hold.release().unwrap_err().problem(), "has ended already");
    assert_eq!(hold.forfeit(), None);
    drop(hold);
    assert_eq!(tokens(&session), (3_120, 0));
    let hold = session.reserve(Usage::tokens(6_880)).unwrap();
    hold.release().unwrap();
    assert!(hold.settle(Usage::NONE).is_err() && hold.has_ended());
    assert_eq!(tokens(&session), (3_120, 0));
}

#[test]
// D25
fn d25_a_holder_that_vanishes_is_charged_what_it_said_or_else_everything() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tokens(10_000)).unwrap();
    drop(session.reserve(Usage::tokens(4_000)).unwrap());
    assert_eq!(tokens(&session), (4_000, 0));
    let hold = session.reserve(Usage::tokens(4_000)).unwrap();
    hold.progress(Usage::tokens(100));
    hold.progress(Usage::tokens(250));
    drop(hold);
    assert_eq!(tokens(&session), (4_250, 0));
    let hold = session.reserve(Usage::tokens(5_000)).unwrap();
    drop((enforcer, session));
    assert_eq!(hold.forfeit().unwrap().charged, Usage::tokens(5_000), "also where everything else is gone");
}

#[test]
fn what_is_reserved_is_not_there_for_others_and_what_is_given_back_is() {
    let (enforcer, _) = under("[agents.a]\ntokens = 150\n[tenants.t]\ncost_usd = 1");
    let make = || enforcer.create(free("a").tenant("t").tokens(100)).unwrap();
    let (one, two) = (make(), make());
    let hold = one.reserve(Usage::tokens(100).cost(NanoUsd::new(900_000_000))).unwrap();
    let denial = two.reserve(Usage::tokens(60)).unwrap_err();
    assert_eq!(
        (denial.reason(), denial.scope(), denial.used()),
        (Reason::BudgetExceeded, Some(Scope::Agent), Some(100))
    );
    let denial = two.reserve(Usage::tokens(1).cost(NanoUsd::new(100_000_001))).unwrap_err();
    assert_eq!(denial.scope(), Some(Scope::Tenant));
    assert_eq!(tokens(&two), (0, 0), "a refused reservation holds nothing");
    hold.settle(Usage::tokens(50)).unwrap();
    assert!(two.reserve(Usage::tokens(100).cost(NanoUsd::new(1_000_000_000))).unwrap().release().is_ok());
    assert!(one.reserve(Usage::tokens(50)).is_ok());
}

#[test]
fn what_was_spent_beyond_the_estimate_is_charged_in_full_and_stops_what_follows() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tokens(100)).unwrap();
    let settled = session.reserve(Usage::tokens(60)).unwrap().settle(Usage::tokens(140).steps(2)).unwrap();
    assert!(settled.overrun);
    let seen = session.snapshot();
    assert_eq!((seen.tokens.spent, seen.tokens.remaining, seen.steps.spent), (140, Some(0), 2));
    assert_eq!(session.reserve(Usage::tokens(1)).unwrap_err().reason(), Reason::BudgetExceeded);
    assert!(!session.record(Usage::NONE.steps(1)) && session.record(Usage::tokens(5)));
    assert_eq!(session.snapshot().tokens.spent, 145);
}

#[test]
fn of_what_is_used_up_nothing_is_granted_and_what_is_used_of_it_all_the_same_is_charged() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tokens(10).steps(10)).unwrap();
    session.record(Usage::tokens(10));
    let hold = session.reserve_at_least(Usage::tokens(20).steps(3), Usage::NONE.steps(3)).unwrap();
    assert_eq!(hold.granted(), Usage::NONE.steps(3));
    assert!(hold.settle(Usage::tokens(20).steps(3)).unwrap().overrun);
    assert_eq!(tokens(&session), (30, 0));
}

#[test]
fn what_is_charged_late_within_a_carve_out_that_was_given_back_overruns_the_parent() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").tokens(10)).unwrap();
    let child = SessionSpec::new("b").tools(["read"]).tokens(5).carve_out(true);
    let child = parent.delegate(child).unwrap();
    child.close().unwrap();
    assert!(!parent.record(Usage::tokens(10)), "all of it is the parent's again");
    assert!(child.record(Usage::tokens(3)));
    assert_eq!((tokens(&child), tokens(&parent)), ((3, 0), (13, 0)));
}

#[test]
fn a_closed_session_reserves_nothing_and_settles_what_it_has() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tokens(100)).unwrap();
    let hold = session.reserve(Usage::tokens(60)).unwrap();
    session.close().unwrap();
    assert_eq!(session.reserve(Usage::tokens(1)).unwrap_err().reason(), Reason::Closed);
    hold.settle(Usage::tokens(40)).unwrap();
    assert_eq!(tokens(&session), (40, 0));
}

#[test]
fn a_childs_reservation_holds_its_parents_funds_too() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").tokens(100)).unwrap();
    let child = parent.delegate(SessionSpec::new("b").tools(["read"])).unwrap();
    let hold = child.reserve(Usage::tokens(80)).unwrap();
    assert_eq!((tokens(&parent), tokens(&child)), ((80, 80), (80, 80)));
    assert_eq!(parent.reserve(Usage::tokens(21)).unwrap_err().scope(), Some(Scope::Session));
    hold.settle(Usage::tokens(30)).unwrap();
    assert_eq!((tokens(&parent), tokens(&child)), ((30, 0), (30, 0)));
}

#[test]
fn a_rate_of_tokens_gets_back_what_was_not_used_but_never_more_than_its_bucket() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").tokens_rate(Rate::per_minute(600).unwrap())).unwrap();
    let reserve = |n| session.reserve(Usage::tokens(n));
    reserve(600).unwrap().settle(Usage::tokens(100)).unwrap();
    assert_eq!(reserve(501).unwrap_err().retry_after(), Some(Nanos::new(100_000_000)));
    let hold = reserve(500).unwrap();
    clock.advance(Nanos::from_secs(60));
    reserve(600).unwrap().settle(Usage::tokens(600)).unwrap();
    hold.release().unwrap();
    assert_eq!(
        reserve(1).unwrap_err().retry_after(),
        Some(Nanos::new(100_000_000)),
        "it had been refilled already"
    );
}
