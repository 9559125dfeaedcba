//! Reservations that take less where there is not as much.

use allotment::{Execution, NanoUsd, Nanos, Rate, Reason, Scope, Session, SessionSpec, Usage};

use crate::common::{free, under};

fn granted(session: &Session, most: u64, least: u64) -> Result<u64, Reason> {
    let hold = session.reserve_at_least(Usage::tokens(most), Usage::tokens(least));
    let hold = hold.map_err(|denial| denial.reason())?;
    let granted = hold.granted().tokens;
    hold.release().unwrap();
    Ok(granted)
}

#[test]
fn what_is_granted_is_the_least_that_any_meter_has() {
    let own = |tokens| free("a").tenant("t").tokens(tokens);
    let pace = |limit| Rate::per_minute(limit).unwrap();
    // Own budget, own rate, parent's budget, parent's rate, agent, tenant; the smallest is what is granted.
    for smallest in 0..6 {
        let n = |place: usize| if place == smallest { 40 } else { 50 + place as u64 };
        let text = format!("[agents.b]\ntokens = {}\n[tenants.t]\ntokens_rate = \"{}/min\"", n(4), n(5));
        let (enforcer, _) = under(&text);
        let parent = enforcer.create(own(70).tokens(n(2)).tokens_rate(pace(70))).unwrap();
        parent.record(Usage::NONE);
        let parent_rate = enforcer.create(own(70).tokens_rate(pace(n(3)))).unwrap();
        for parent in [&parent, &parent_rate] {
            let child = SessionSpec::new("b").tools(["read"]);
            let child = if smallest == 0 { child.tokens(40) } else { child };
            let child = if smallest == 1 { child.tokens_rate(pace(40)) } else { child };
            let child = parent.delegate(child).unwrap();
            let has = if (smallest == 2 && parent.id() == parent_rate.id())
                || (smallest == 3 && parent.id() != parent_rate.id())
            {
                continue;
            } else {
                40
            };
            assert_eq!(granted(&child, 100, 1), Ok(has), "{smallest}");
            assert_eq!(granted(&child, 100, 40), Ok(has), "{smallest}");
            assert_eq!(granted(&child, 30, 1), Ok(30), "no more than asked");
            let refused = granted(&child, 100, 41).unwrap_err();
            assert!(matches!(refused, Reason::BudgetExceeded | Reason::RateLimited), "{smallest} {refused}");
            assert_eq!(granted(&child, 100, 1), Ok(has), "{smallest}: given back whole");
            assert_eq!((child.snapshot().tokens.spent, parent.snapshot().tokens.spent), (0, 0));
            child.close().unwrap();
        }
    }
}

#[test]
fn every_resource_has_its_own_least() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tokens(100).cost(NanoUsd::new(10)).steps(5)).unwrap();
    let most = Usage::tokens(500).cost(NanoUsd::new(7)).steps(9);
    let hold = session.reserve_at_least(most, Usage::tokens(50).cost(NanoUsd::new(7)).steps(1)).unwrap();
    assert_eq!(hold.granted(), Usage::tokens(100).cost(NanoUsd::new(7)).steps(5));
    let seen = session.snapshot();
    assert_eq!((seen.tokens.reserved, seen.cost.reserved, seen.steps.reserved), (100, 7, 5));
    let denial =
        session.reserve_at_least(Usage::NONE.cost(NanoUsd::new(5)), Usage::NONE.cost(NanoUsd::new(4)));
    let denial = denial.unwrap_err();
    assert_eq!((denial.limit(), denial.used(), denial.requested()), (Some(10), Some(7), Some(4)));
    let settled = hold.settle(Usage::tokens(80).cost(NanoUsd::new(7)).steps(6)).unwrap();
    assert!(settled.overrun);
    let seen = session.snapshot();
    assert_eq!((seen.tokens.spent, seen.cost.spent, seen.steps.spent), (80, 7, 6));
    assert_eq!((seen.tokens.reserved, seen.cost.reserved, seen.steps.reserved), (0, 0, 0));
}

#[test]
fn where_nothing_is_left_nothing_is_granted_and_what_is_used_is_charged_all_the_same() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tokens(100).cost(NanoUsd::new(50))).unwrap();
    session.record(Usage::tokens(100));
    let most = Usage::tokens(30).cost(NanoUsd::new(5));
    let least = Usage::NONE.cost(NanoUsd::new(5));
    let hold = session.reserve_at_least(most, least).unwrap();
    assert_eq!(hold.granted(), least);
    assert_eq!((session.snapshot().tokens.spent, session.snapshot().tokens.reserved), (100, 0));
    let settled = hold.settle(Usage::tokens(20).cost(NanoUsd::new(5))).unwrap();
    assert!(settled.overrun);
    assert_eq!(session.snapshot().tokens.spent, 120);
    let empty = session.reserve_at_least(Usage::tokens(30), Usage::NONE).unwrap();
    assert_eq!(empty.granted(), Usage::NONE);
    drop(empty);
    assert_eq!(session.snapshot().tokens.spent, 120, "vanished, it is charged what it was granted");
}

#[test]
fn a_denial_that_no_smaller_grant_avoids_is_named_at_once() {
    let (enforcer, _) = under("");
    let threshold = Execution { cost: Some(NanoUsd::new(10)), ..Execution::DISABLED };
    let spent = enforcer.create(free("a").execution(threshold)).unwrap();
    spent.record(Usage::NONE.cost(NanoUsd::new(10)));
    let money = |session: &Session| {
        let hold =
            session.reserve_at_least(Usage::NONE.cost(NanoUsd::new(5)), Usage::NONE.cost(NanoUsd::new(1)));
        hold.unwrap_err()
    };
    assert_eq!(money(&spent).reason(), Reason::BudgetExceeded);
    let parent = enforcer.create(free("a").cost(NanoUsd::new(100))).unwrap();
    let child = parent.delegate(SessionSpec::new("b").tools(["read"])).unwrap();
    parent.pause().unwrap();
    assert_eq!((money(&child).reason(), money(&child).scope()), (Reason::Paused, Some(Scope::Ancestor)));
    assert_eq!(granted(&child, 10, 5), Err(Reason::Paused));
    parent.close().unwrap();
    assert_eq!(granted(&child, 10, 5), Err(Reason::Closed));
    let huge = enforcer.create(free("a")).unwrap();
    assert!(granted(&huge, u64::MAX, 1).is_ok_and(|granted| granted > 1 << 54), "as much as can be counted");
    assert_eq!(granted(&huge, u64::MAX, u64::MAX), Err(Reason::BudgetExceeded));
}

#[test]
fn a_bucket_that_never_holds_so_much_says_so_and_one_that_fills_says_when() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").tokens_rate(Rate::per_minute(60).unwrap())).unwrap();
    session.admit(Usage::tokens(55)).unwrap();
    let ask = |most, least| session.reserve_at_least(Usage::tokens(most), Usage::tokens(least));
    let denial = ask(100, 61).unwrap_err();
    assert_eq!(
        (denial.reason(), denial.retry_after(), denial.retryable()),
        (Reason::RateLimited, None, false)
    );
    let denial = ask(100, 8).unwrap_err();
    assert_eq!(denial.retry_after(), Some(Nanos::from_secs(3)));
    clock.advance(Nanos::from_secs(3));
    let hold = ask(100, 8).unwrap();
    assert_eq!(hold.granted().tokens, 8);
    hold.settle(Usage::tokens(8)).unwrap();
    assert_eq!(ask(1, 1).unwrap_err().retry_after(), Some(Nanos::from_secs(1)));
}
