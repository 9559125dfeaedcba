//! What a random history is made of. Sessions and reservations are numbers modulo how many there are, so that every history makes
//! sense, and every part of one.

use proptest::prelude::*;

use super::ledger::Amounts;
use super::model::{PARTIES, Used};

#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) agent: usize,
    pub(super) tenant: bool,
    pub(super) limits: [Option<u64>; 5],
    pub(super) cap: Option<u64>,
    pub(super) heavy: bool,
}

/// What a swap changes; each budget as what is left, plus 30.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) left: [[Option<u64>; 5]; PARTIES],
    pub(super) max_sessions: u64,
    pub(super) weight: u64,
    pub(super) thousandths: u64,
    pub(super) pauses: bool,
    pub(super) releases: bool,
}

/// How a reservation ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Settle(Used),
    /// At what was granted.
    Exactly,
    Release,
    Forfeit,
    Drop,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Create(Spec),
    Delegate(usize, Spec, bool),
    Authorize(usize, &'static str),
    ById(usize, &'static str),
    Call(usize, &'static str, Used),
    Preview(usize, &'static str, Used),
    Batch(usize, Vec<&'static str>),
    Admit(usize, Used),
    Reserve(usize, Used, Option<Used>),
    Progress(usize, Used),
    End(usize, End),
    Record(usize, Used),
    TopUp(usize, Amounts),
    Pause(usize),
    Resume(usize),
    Close(usize),
    CloseAgent(usize),
    Sweep,
    Swap(Box<Terms>),
    /// Looks at every account, and sweeps.
    Check,
}

fn one_of(most: u64) -> impl Strategy<Value = u64> {
    prop_oneof![3 => Just(0), 2 => 1..=most]
}

/// Up to `most` of each resource, often nothing.
fn used(most: u64) -> impl Strategy<Value = Used> {
    let units = (one_of(most), one_of(most), one_of(most), one_of(most));
    let input = prop_oneof![4 => Just(0), 1 => 1..=most];
    (units, input).prop_map(|((steps, discovered, tokens, cost), input)| Used {
        units: [0, steps, discovered, tokens, cost],
        input,
    })
}

/// No limit as often as `unlimited` in 10.
fn limits(unlimited: u32, most: u64) -> impl Strategy<Value = [Option<u64>; 5]> {
    let limit = move || prop_oneof![unlimited => Just(None), 10 - unlimited => prop_oneof![0..most, 0..most / 5 + 1].prop_map(Some)];
    [limit(), limit(), limit(), limit(), limit()]
}

fn spec(unlimited: u32, most: u64) -> impl Strategy<Value = Spec> {
    let cap = prop_oneof![2 => Just(None), 1 => (0..12u64).prop_map(Some)];
    (0..3usize, any::<bool>(), limits(unlimited, most), cap, prop::bool::weighted(0.7))
        .prop_map(|(agent, tenant, limits, cap, heavy)| Spec { agent, tenant, limits, cap, heavy })
}

pub(super) fn terms() -> impl Strategy<Value = Terms> {
    let left = || limits(4, 1_500);
    let rest = (
        2..9u64,
        1..4u64,
        prop_oneof![Just(1000u64), Just(2_500), Just(0)],
        prop::bool::weighted(0.1),
        any::<bool>(),
    );
    ([left(), left(), left(), left()], rest).prop_map(
        |(left, (max_sessions, weight, thousandths, pauses, releases))| Terms {
            left,
            max_sessions,
            weight,
            thousandths,
            pauses,
            releases,
        },
    )
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        4 => used(20).prop_map(End::Settle),
        2 => Just(End::Exactly),
        1 => Just(End::Release),
        1 => Just(End::Forfeit),
        2 => Just(End::Drop),
    ]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let number = || any::<u16>().prop_map(usize::from);
    let tool = || {
        prop::sample::select(
            &["read", "read", "read", "send", "heavy", "read", "send", "heavy", "read", "drop"][..],
        )
    };
    prop_oneof![
        5 => spec(5, 400).prop_map(Step::Create),
        8 => (number(), spec(7, 80), prop::bool::weighted(0.7)).prop_map(|(at, spec, carve)| Step::Delegate(at, spec, carve)),
        6 => (number(), tool()).prop_map(|(at, tool)| Step::Authorize(at, tool)),
        2 => (number(), tool()).prop_map(|(at, tool)| Step::ById(at, tool)),
        8 => (number(), tool(), used(12)).prop_map(|(at, tool, used)| Step::Call(at, tool, used)),
        2 => (number(), tool(), used(12)).prop_map(|(at, tool, used)| Step::Preview(at, tool, used)),
        3 => (number(), prop::collection::vec(tool(), 0..5)).prop_map(|(at, tools)| Step::Batch(at, tools)),
        4 => (number(), used(12)).prop_map(|(at, used)| Step::Admit(at, used)),
        14 => (number(), used(20), prop::option::of(used(4))).prop_map(|(at, used, least)| Step::Reserve(at, used, least)),
        3 => (number(), used(12)).prop_map(|(at, used)| Step::Progress(at, used)),
        14 => (number(), end()).prop_map(|(at, end)| Step::End(at, end)),
        3 => (number(), used(12)).prop_map(|(at, used)| Step::Record(at, used)),
        3 => (number(), used(20), one_of(9)).prop_map(|(at, Used { units: [_, rest @ ..], .. }, calls)| {
            let [steps, discovered, tokens, cost] = rest;
            Step::TopUp(at, [calls, steps, discovered, tokens, cost])
        }),
        1 => number().prop_map(Step::Pause),
        5 => number().prop_map(Step::Resume),
        4 => number().prop_map(Step::Close),
        1 => prop_oneof![6 => Just(Step::Sweep), 1 => (0..3usize).prop_map(Step::CloseAgent)],
        1 => prop_oneof![terms().prop_map(|terms| Step::Swap(Box::new(terms))), Just(Step::Check)],
    ]
}
