//! An allowance against its limits in plain words.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::units::NanoUsd;

fn rate(limit: u64) -> Rate {
    Rate::per_minute(limit).expect("a rate")
}

/// Limits of one kind each, and of which resource.
fn each_limit() -> [(Resource, Limits); 8] {
    let none = Limits::default;
    [
        (Resource::Calls, Limits { calls: Some(3), ..none() }),
        (Resource::Calls, Limits { rate: Some(rate(3)), ..none() }),
        (Resource::Steps, Limits { steps: Some(3), ..none() }),
        (Resource::DiscoveredSteps, Limits { discovered_steps: Some(3), ..none() }),
        (Resource::Tokens, Limits { tokens: Some(3), ..none() }),
        (Resource::Tokens, Limits { tokens_rate: Some(rate(3)), ..none() }),
        (Resource::Cost, Limits { cost: Some(NanoUsd::new(3)), ..none() }),
        (Resource::Cost, Limits { cost_rate: Some(rate(3)), ..none() }),
    ]
}

/// Whether nothing is limited.
fn is_none(allowance: &Allowance) -> bool {
    METERED.iter().all(|&resource| allowance.limit(resource).is_none())
}

fn allowance(limits: &Limits) -> Allowance {
    Allowance::new(limits).expect("an allowance")
}

proptest! {
    /// Whatever is added, in whatever order and however often.
    #[test]
    fn a_set_of_resources_holds_what_was_added_and_nothing_else(
        one in prop::collection::vec(prop::sample::select(&METERED[..]), 0..8),
        other in prop::collection::vec(prop::sample::select(&METERED[..]), 0..8),
    ) {
        let set = |added: &[Resource]| added.iter().fold(Resources::default(), |set, &resource| set.with(resource));
        let both: BTreeSet<_> = one.iter().chain(&other).map(|resource| resource.name()).collect();
        let union = set(&one).and(set(&other));
        prop_assert_eq!(union.is_empty(), both.is_empty());
        prop_assert_eq!(union.iter().map(Resource::name).collect::<BTreeSet<_>>(), both);
    }
}

#[test]
fn an_allowance_limits_what_its_limits_say_and_knows_of_what() {
    assert!(is_none(&allowance(&Limits::default())));
    for (limited, limits) in each_limit() {
        let allowance = allowance(&limits);
        for resource in METERED {
            assert_eq!(
                allowance.limit(resource).is_none(),
                resource != limited,
                "{resource} under {limits:?}"
            );
        }
        assert!(!is_none(&allowance), "{limits:?}");
        assert_eq!(allowance.is_only_calls(), limited == Resource::Calls, "{limits:?}");
    }
    assert!(is_none(&Allowance::default()) && Allowance::default().is_only_calls());
}

#[test]
fn an_allowance_of_nothing_leaves_nothing_of_any_resource() {
    for resource in METERED {
        assert_eq!(Allowance::nothing().limit(resource).budget, 0, "{resource}");
    }
}

/// Also where the new allowance, or the one before the last, limits nothing beside calls.
#[test]
fn what_was_limited_before_is_remembered_through_every_policy_that_follows() {
    for (limited, limits) in each_limit() {
        let old = allowance(&limits);
        let planned = old.limit(limited).plan.is_some();
        let budgets = if planned { Resources::default() } else { Resources::default().with(limited) };
        assert_eq!(budgets_of(&limits), budgets, "{limits:?}");
        let lifted = allowance(&Limits::default()).taking_over(&old, Nanos::ZERO);
        let lifted_again = allowance(&Limits::default()).taking_over(&lifted, Nanos::from_secs(1));
        for allowance in [&lifted, &lifted_again] {
            assert_eq!(allowance.last_plan(limited).is_some(), planned, "{limits:?}");
            assert!(allowance.limit(limited).is_none(), "lifted is lifted");
        }
        let back = allowance(&limits).taking_over(&lifted_again, Nanos::from_secs(2));
        assert_eq!(back.limit(limited).budget, old.limit(limited).budget);
        assert_eq!(
            back.last_plan(limited),
            old.last_plan(limited),
            "the same rate goes on along the same curve"
        );
    }
}
