//! Budgets and batches: exact, all or nothing, and never charged for what was denied.

use allotment::{MAX_COST, MAX_COUNT, NanoUsd, Reason, Resource, Scope, SessionSpec, Usage};

use crate::common::{free, under};
use crate::reason;

#[test]
// B7
fn b7_a_budget_of_two_allows_two_and_the_denial_shows_the_figures() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").calls(2)).unwrap();
    assert!(session.authorize("read").is_ok() && session.authorize("write").is_ok());
    let denial = session.authorize("read").unwrap_err();
    assert_eq!((denial.reason(), denial.http_status()), (Reason::BudgetExceeded, 429));
    assert_eq!((denial.limit(), denial.used(), denial.requested()), (Some(2), Some(2), Some(1)));
    assert_eq!((denial.scope(), denial.resource()), (Some(Scope::Session), Some(Resource::Calls)));
    assert_eq!((denial.session(), denial.retry_after()), (Some(session.id()), None));
    assert!(!denial.retryable());
    assert_eq!(session.snapshot().calls.spent, 2);
}

#[test]
// B8
fn b8_a_budget_of_zero_denies_the_first_call() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").calls(0)).unwrap();
    assert_eq!(reason(&session.authorize("read")), Some(Reason::BudgetExceeded));
    assert!(!session.is_active());
}

#[test]
// B9
fn b9_one_below_its_budget_a_session_still_allows_one() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").calls(100)).unwrap();
    session.authorize_batch(["read"; 99]).unwrap();
    assert_eq!(session.authorize("read").unwrap().remaining(), Some(0));
    assert_eq!(reason(&session.authorize("read")), Some(Reason::BudgetExceeded));
}

#[test]
// B15
fn b15_a_batch_is_all_or_nothing() {
    let (enforcer, _) = under("[agents.a]\ncalls = 3\n[tenants.t]\ncalls = 3");
    let session = enforcer.create(free("a").tenant("t").tool("send", 9)).unwrap();
    let denied = session.authorize_batch(["read", "send", "drop", "write"]);
    assert_eq!(reason(&denied), Some(Reason::ToolNotAuthorized));
    let seen = session.snapshot();
    assert_eq!((seen.calls.spent, seen.tools["send"].unwrap().spent), (0, 0));
    assert!(session.authorize_batch(["read", "send", "write"]).is_ok());
}

#[test]
// B16
fn b16_a_batch_of_four_on_a_budget_of_three_is_denied_whole() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").calls(3)).unwrap();
    let denial = session.authorize_batch(["read"; 4]).unwrap_err();
    assert_eq!((denial.reason(), denial.requested()), (Reason::BudgetExceeded, Some(4)));
    assert_eq!(session.snapshot().calls.spent, 0);
    assert_eq!(session.authorize_batch(["read"; 3]).unwrap().remaining(), Some(0));
}

#[test]
// B18
fn b18_an_empty_batch_succeeds_and_consumes_nothing_also_at_budget_zero() {
    let (enforcer, _) = under("[agents.\"*\"]\ncalls = 0\nrate = \"0/s\"");
    let session = enforcer.create(free("a").calls(0)).unwrap();
    let grant = session.authorize_batch([]).unwrap();
    assert_eq!((grant.tool(), grant.calls().spent), (None, 0));
    assert!(enforcer.authorize_batch(session.id(), "a", []).is_ok());
    assert_eq!((session.snapshot().calls.spent, session.snapshot().denied), (0, 0));
}

#[test]
// B19
fn b19_the_denial_of_a_batch_names_the_first_offending_tool() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").calls(0)).unwrap();
    let denial = session.authorize_batch(["read", "drop", "write", "erase"]).unwrap_err();
    assert_eq!((denial.reason(), denial.tool()), (Reason::ToolNotAuthorized, Some("drop")));
    let capped = enforcer.create(free("a").tool("send", 1).tool("mail", 1)).unwrap();
    let denial = capped.authorize_batch(["read", "mail", "send", "send", "mail"]).unwrap_err();
    assert_eq!((denial.scope(), denial.tool()), (Some(Scope::Tool), Some("mail")));
    assert_eq!((denial.limit(), denial.used(), denial.requested()), (Some(1), Some(0), Some(2)));
}

#[test]
// B24, D20
fn b24_d20_of_ten_concurrent_calls_on_a_budget_of_five_exactly_five_succeed() {
    for _ in 0..50 {
        let (enforcer, _) = under("");
        let session = enforcer.create(free("a").calls(5)).unwrap();
        let decided: Vec<_> = std::thread::scope(|scope| {
            let calls: Vec<_> = (0..10).map(|_| scope.spawn(|| reason(&session.authorize("read")))).collect();
            calls.into_iter().map(|call| call.join().unwrap()).collect()
        });
        assert_eq!(decided.iter().filter(|reason| reason.is_none()).count(), 5);
        assert_eq!(decided.iter().filter(|reason| **reason == Some(Reason::BudgetExceeded)).count(), 5);
        assert_eq!((session.snapshot().calls.spent, session.snapshot().denied), (5, 5));
    }
}

#[test]
// D12
fn d12_an_exhausted_session_says_not_authorised_for_an_unlisted_tool() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").calls(0)).unwrap();
    assert_eq!(reason(&session.authorize("drop")), Some(Reason::ToolNotAuthorized));
}

#[test]
// D14, G6
fn d14_g6_nothing_is_charged_when_anything_refuses() {
    let lacking =
        ["calls = 0", "tokens = 0", "cost_usd = 0", "steps = 0", "rate = \"0/s\"", "tokens_rate = \"0/s\""];
    for (section, lack) in ["agents.a", "tenants.t"].into_iter().flat_map(|s| lacking.map(|l| (s, l))) {
        let (enforcer, _) = under(&format!("[{section}]\n{lack}"));
        let session = enforcer.create(free("a").tenant("t").tool("send", 1).calls(1).tokens(1)).unwrap();
        let usage = Usage::tokens(1).cost(NanoUsd::new(1)).steps(1);
        assert!(session.authorize_with("send", usage).is_err(), "{section} {lack}");
        let seen = session.snapshot();
        let spent = [seen.calls.spent, seen.tokens.spent, seen.cost.spent, seen.steps.spent];
        assert_eq!((spent, seen.tools["send"].unwrap().spent), ([0; 4], 0), "{section} {lack}");
        // With the lack gone the same demand still fits into budgets of one.
        enforcer.set_policy(crate::common::policy(""));
        assert!(session.authorize_with("send", usage).is_ok(), "{section} {lack}");
    }
}

#[test]
fn a_tools_cap_holds_within_the_session_only() {
    let (enforcer, _) = under("");
    let [one, two] = [(); 2].map(|()| enforcer.create(free("a").tool("send", 2)).unwrap());
    assert!(one.authorize("send").is_ok() && one.authorize("send").is_ok());
    let denial = one.authorize("send").unwrap_err();
    assert_eq!((denial.reason(), denial.tool()), (Reason::BudgetExceeded, Some("send")));
    assert_eq!((denial.limit(), denial.used()), (Some(2), Some(2)));
    assert!(one.authorize("read").is_ok() && two.authorize("send").is_ok());
    let seen = one.snapshot();
    assert_eq!((seen.calls.spent, seen.tools["send"].unwrap().spent, seen.tools["read"]), (3, 2, None));
    let never = enforcer.create(SessionSpec::new("a").tool("send", 0)).unwrap();
    assert_eq!(reason(&never.authorize("send")), Some(Reason::BudgetExceeded));
}

#[test]
fn agents_and_tenants_share_one_budget_over_all_their_sessions() {
    let (enforcer, _) = under("[agents.\"*\"]\ntokens = 10\n[tenants.\"*\"]\ncost_usd = \"0.000000010\"");
    let [a, again, b] = ["a", "a", "b"].map(|agent| enforcer.create(free(agent).tenant("t")).unwrap());
    let both = |n| Usage::tokens(n).cost(NanoUsd::new(n));
    a.authorize_with("read", both(4)).unwrap();
    let denial = again.authorize_with("read", both(7)).unwrap_err();
    assert_eq!(
        (denial.scope(), denial.party(), denial.resource()),
        (Some(Scope::Agent), Some("a"), Some(Resource::Tokens))
    );
    let denial = b.authorize_with("read", both(7)).unwrap_err();
    assert_eq!(
        (denial.scope(), denial.party(), denial.resource()),
        (Some(Scope::Tenant), Some("t"), Some(Resource::Cost))
    );
    assert_eq!((denial.limit(), denial.used(), denial.requested()), (Some(10), Some(4), Some(7)));
    assert!(again.authorize_with("read", both(6)).is_ok());
    let other = enforcer.create(free("b").tenant("u")).unwrap();
    assert!(
        other.authorize_with("read", both(10)).is_ok(),
        "b has spent nothing yet, and u is another tenant"
    );
}

#[test]
// D21
fn d21_ninety_nine_dollars_in_calls_below_a_cent_are_counted_to_the_nano_dollar() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").cost("99.00".parse::<NanoUsd>().unwrap())).unwrap();
    let price: NanoUsd = "0.0099".parse().unwrap();
    let cheap = Usage::NONE.cost(price);
    for _ in 0..10_000 {
        session.authorize_with("read", cheap).unwrap();
    }
    let seen = session.snapshot();
    assert_eq!((seen.cost.spent, seen.cost.remaining), (99_000_000_000, Some(0)));
    let denial = session.authorize_with("read", Usage::NONE.cost(NanoUsd::new(1))).unwrap_err();
    assert_eq!((denial.reason(), denial.resource()), (Reason::BudgetExceeded, Some(Resource::Cost)));
    assert!(session.authorize_with("read", Usage::NONE).is_ok());
}

#[test]
// D22
fn d22_no_demand_wraps_overflows_or_panics() {
    let (enforcer, _) = under("[agents.\"*\"]\ntokens_rate = \"1000000/s\"");
    let limited = enforcer.create(free("a").tokens(MAX_COUNT).cost(MAX_COST)).unwrap();
    let unlimited = enforcer.create(free("b")).unwrap();
    for amount in [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 55) + 1] {
        let tokens = limited.authorize_with("read", Usage::tokens(amount)).unwrap_err();
        assert_eq!((tokens.reason(), tokens.retryable()), (Reason::BudgetExceeded, false));
        assert!(tokens.detail().len() > 20);
        let usage = Usage::NONE.cost(NanoUsd::new(amount)).steps(amount);
        assert_eq!(reason(&limited.authorize_with("read", usage)), Some(Reason::BudgetExceeded));
        assert_eq!(reason(&unlimited.authorize_with("read", usage)), Some(Reason::BudgetExceeded));
    }
    // Unlimited, but what it counts has an end, and past that it denies.
    let most = Usage::NONE.steps((1 << 55) - 1);
    unlimited.authorize_with("read", most).unwrap();
    assert_eq!(reason(&unlimited.authorize_with("read", most)), Some(Reason::BudgetExceeded));
    assert_eq!(reason(&unlimited.authorize_with("read", Usage::NONE.steps(1))), Some(Reason::BudgetExceeded));
    assert_eq!(unlimited.snapshot().calls.spent, 1);
    let zero = enforcer.create(free("c").calls(0)).unwrap().authorize("read").unwrap_err();
    assert!(!zero.detail().contains('%') && !zero.detail().contains("4294967295"), "{}", zero.detail());
}
