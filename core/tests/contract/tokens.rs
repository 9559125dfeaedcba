//! Tokens by kind: weighed by the policy, rounded up once, reported as they came.

use allotment::{Reason, Split, Usage};

use crate::common::{free, policy, under};
use crate::reason;

const WEIGHTS: &str = "[tokens]\ninput = 1.0\noutput = 4.0\ncached = 0.1\n";

#[test]
fn each_kind_counts_as_it_is_weighed_and_the_sum_is_rounded_up_once() {
    let (enforcer, _) = under("[tokens]\ninput = 0.001\noutput = 0.001\ncached = 0.001");
    let session = enforcer.create(free("a").tokens(100)).unwrap();
    session.admit(Usage::model(1, 1).cached(1)).unwrap();
    assert_eq!(session.snapshot().tokens.spent, 1, "three thousandths are one token, not three");
    session.admit(Usage::model(1_000, 500).cached(501)).unwrap();
    assert_eq!(session.snapshot().tokens.spent, 1 + 3);
    enforcer.set_policy(policy(WEIGHTS));
    session.record(Usage { tokens: 2, ..Usage::model(3, 4).cached(1) });
    assert_eq!(session.snapshot().tokens.spent, 4 + 2 + 3 + 16 + 1);
}

#[test]
fn the_snapshot_shows_every_kind_as_it_was_reported() {
    let (enforcer, _) = under(WEIGHTS);
    let session = enforcer.create(free("a").tokens(1_000)).unwrap();
    session.record(Usage::model(10, 20).cached(30));
    let hold = session.reserve(Usage::model(100, 50)).unwrap();
    assert_eq!((hold.granted().tokens, hold.granted().split), (300, Split::NONE));
    let so_far = Split { input: 10, output: 20, cached: 30 };
    assert_eq!(session.snapshot().tokens_by_kind, so_far, "an estimate is no report");
    let settled = hold.settle(Usage::model(90, 40).cached(5)).unwrap();
    assert_eq!(settled.charged.tokens, 90 + 160 + 1);
    let total = Split { input: 100, output: 60, cached: 35 };
    assert_eq!(session.snapshot().tokens_by_kind, total);
    assert_eq!(session.snapshot().tokens.spent, 10 + 80 + 3 + 251);
}

#[test]
fn tokens_of_an_admitted_call_are_shown_by_kind_too_at_every_level() {
    let (enforcer, _) = under(WEIGHTS);
    let parent = enforcer.create(free("a").tokens(1_000)).unwrap();
    let child = parent.delegate(allotment::SessionSpec::new("b").tools(["read"])).unwrap();
    child.record(Usage::model(5, 5));
    child.authorize_with("read", Usage::model(1, 2).cached(3)).unwrap();
    let expected = Split { input: 6, output: 7, cached: 3 };
    for session in [&parent, &child] {
        assert_eq!(session.snapshot().tokens_by_kind, expected);
        assert_eq!(session.snapshot().tokens.spent, 25 + 10);
    }
}

#[test]
// D22
fn d22_more_than_can_be_counted_is_denied_and_never_wraps() {
    let (enforcer, _) = under(WEIGHTS);
    for spec in [free("a"), free("a").tokens(1 << 48)] {
        let session = enforcer.create(spec).unwrap();
        let before = session.snapshot();
        for usage in [
            Usage::model(u64::MAX, u64::MAX),
            Usage::model(0, u64::MAX / 4 + 1),
            Usage { tokens: u64::MAX, ..Usage::model(1, 1) },
            Usage::tokens(u64::MAX),
            Usage::tokens(1 << 60),
        ] {
            assert_eq!(reason(&session.admit(usage)), Some(Reason::BudgetExceeded), "{usage:?}");
            assert_eq!(reason(&session.authorize_with("read", usage)), Some(Reason::BudgetExceeded));
            assert_eq!(session.reserve(usage).unwrap_err().reason(), Reason::BudgetExceeded);
        }
        let after = session.snapshot();
        assert_eq!((after.calls, after.tokens), (before.calls, before.tokens));
        assert!(session.admit(Usage::tokens(1)).is_ok());
    }
    // What has been spent all the same stops everything that follows, for good.
    let session = enforcer.create(free("a").tokens(1 << 48)).unwrap();
    assert!(session.record(Usage::tokens(u64::MAX)));
    for _ in 0..5 {
        session.record(Usage::tokens(u64::MAX));
        assert_eq!(reason(&session.admit(Usage::tokens(1))), Some(Reason::BudgetExceeded));
    }
}

#[test]
fn a_kind_that_weighs_nothing_is_free_and_still_reported() {
    let (enforcer, _) = under("[tokens]\ncached = 0");
    let session = enforcer.create(free("a").tokens(0)).unwrap();
    session.admit(Usage::NONE.cached(500)).unwrap();
    session.record(Usage::NONE.cached(7));
    assert_eq!((session.snapshot().tokens.spent, session.snapshot().tokens_by_kind.cached), (0, 507));
    assert_eq!(reason(&session.admit(Usage::model(1, 0))), Some(Reason::BudgetExceeded));
}
