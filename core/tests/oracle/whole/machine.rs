//! The machine: which histories there are.

use core::time::Duration;

use allotment::{Rate, Sensitivity};
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

use super::model::{AGENTS, Model};
use super::said::Said;
use super::steps::{Amounts, End, Rules, Spec, Step, Terms, Watch};
use super::tools::{INTENTS, TOOLS};

pub(crate) struct Machine;

impl ReferenceStateMachine for Machine {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        (rules(), [party_rate(), party_rate(), party_rate()])
            .prop_map(|(rules, rates)| Model::new(rules, rates))
            .boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        if model.sessions.iter().all(|session| session.ended.is_some()) {
            return prop_oneof![20 => spec(6, 60).prop_map(Step::Create), 1 => any_step()].boxed();
        }
        let wait = match &model.said {
            Said::Denied(nos) => nos[0].retry_after.map(allotment::Nanos::get),
            _ => None,
        };
        // Just in time, and just before.
        let until = |gap: u64| prop_oneof![Just(Step::Advance(gap)), Just(Step::Advance(gap - 1))].boxed();
        let mut next = vec![(60, any_step().boxed())];
        next.extend(wait.filter(|&wait| wait > 0).map(|wait| (40, until(wait))));
        next.extend(model.next_instant().map(|gap| (6, until(gap))));
        let live = (0..model.sessions.len()).filter(|&at| model.sessions[at].ended.is_none());
        let watches = live.enumerate().filter_map(|(place, at)| Some((place, model.sessions[at].watch?)));
        next.extend(watches.last().map(|(place, watch)| (2, like(place, watch).boxed())));
        proptest::strategy::Union::new_weighted(next).boxed()
    }

    /// Which of several agents names a denial is open; where that decides whether a session is paused, the model would not know.
    fn preconditions(model: &Model, step: &Step) -> bool {
        let mut after = if model.rules.pauses { model.clone() } else { return true };
        after.step(step);
        !matches!(&after.said, Said::Denied(nos) if nos.iter().any(|no| no.reason != nos[0].reason))
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.step(step);
        model
    }
}

fn rate() -> impl Strategy<Value = Rate> {
    let window = prop_oneof![1..40u64, Just(7)];
    (0..8u64, window, prop_oneof![Just(1.0), 0.3..3.0f64]).prop_map(|(limit, seconds, burst)| {
        Rate::new(limit, Duration::from_secs(seconds)).and_then(|rate| rate.with_burst(burst)).unwrap()
    })
}

/// Of an agent or the tenant: faster, or nothing else would be seen.
fn party_rate() -> impl Strategy<Value = Rate> {
    prop_oneof![1 => rate(), 5 => (3..30u64, 1..10u64).prop_map(|(limit, s)| Rate::new(limit, Duration::from_secs(s)).unwrap())]
}

/// Up to `most` of each resource but calls, often nothing.
fn used(most: u64) -> impl Strategy<Value = Amounts> {
    let one = move || prop_oneof![3 => Just(0), 2 => 1..=most];
    (one(), one(), one(), one())
        .prop_map(|(steps, discovered, tokens, cost)| [0, steps, discovered, tokens, cost])
}

fn rules() -> impl Strategy<Value = Rules> {
    let terms = || {
        (prop_oneof![3 => 2..9u64, 1 => 0..3u64], [0..60u64, 0..150, 0..150], prop::bool::weighted(0.4))
            .prop_map(|(max_sessions, budgets, lifted)| Terms { max_sessions, budgets, lifted })
    };
    let flags = [0.4, 0.05, 0.15, 0.5].map(prop::bool::weighted);
    ([terms(), terms()], 1..4u64, flags).prop_map(|(terms, weight, flags)| {
        let [drift_denies, unknown_denies, pauses, releases] = flags;
        Rules { terms, weight, drift_denies, unknown_denies, pauses, releases }
    })
}

/// No limit as often as `unlimited` in 10.
fn spec(unlimited: u32, most: u64) -> impl Strategy<Value = Spec> {
    let limit = move || prop_oneof![unlimited => Just(None), 10 - unlimited => prop_oneof![0..most, 1..most / 4].prop_map(Some)];
    let rated = move || prop_oneof![4 => Just(None), 1 => rate().prop_map(Some)];
    let ceiling = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Sensitivity::Public)),
        1 => Just(Some(Sensitivity::Restricted))
    ];
    let who = (0..AGENTS, any::<bool>(), prop::option::of(0..12u64), prop::option::of(5..90u64));
    let fits = (
        prop_oneof![4 => Just(0), 2 => 0..INTENTS.len()],
        ceiling,
        prop::option::weighted(0.15, any::<bool>()),
    );
    (who, [limit(), limit(), limit(), limit(), limit()], [rated(), rated(), rated()], fits, watch()).prop_map(
        |((agent, tenant, cap, seconds), limits, rates, (intent, ceiling, air_gap), watch)| Spec {
            agent,
            tenant,
            limits,
            rates,
            cap,
            seconds,
            intent,
            ceiling,
            air_gap,
            watch,
            carve: false,
        },
    )
}

fn watch() -> impl Strategy<Value = Option<Watch>> {
    let least = || prop::option::of(1..4u64);
    let cost = prop::option::of(0..60u64);
    let watch = (least(), least(), prop::option::of(Just(1000u64)), cost, prop::option::of(1..20u64));
    let watch = watch.prop_map(|(depth, repetitions, memory, cost, idle)| Watch {
        depth,
        repetitions,
        memory,
        cost,
        idle,
    });
    prop::option::weighted(0.35, watch)
}

/// A session to be delegated: no rates of its own, narrower or not.
fn child() -> impl Strategy<Value = Spec> {
    let child =
        (spec(7, 20), prop::bool::weighted(0.7), prop::bool::weighted(0.8), prop::bool::weighted(0.6));
    child.prop_map(|(spec, carve, as_above, whole)| {
        let watch = spec.watch.filter(|_| !as_above);
        let (ceiling, air_gap) = if as_above { (None, None) } else { (spec.ceiling, spec.air_gap) };
        let carve = carve && spec.limits != [None; 5];
        let cap = spec.cap.filter(|_| !as_above);
        let seconds = spec.seconds.filter(|_| !whole).map(|seconds| 1 + seconds / 8);
        Spec { carve, watch, seconds, ceiling, air_gap, cap, rates: [None; 3], ..spec }
    })
}

/// A delegation from the session at `place` of the live ones, of which one thing is watched a little more or less closely.
fn like(place: usize, watch: Watch) -> impl Strategy<Value = Step> {
    (child(), 0..5usize, any::<bool>()).prop_map(move |(spec, field, more)| {
        let mut watch = watch;
        let fields =
            [&mut watch.depth, &mut watch.repetitions, &mut watch.memory, &mut watch.cost, &mut watch.idle];
        for (at, value) in fields.into_iter().enumerate().filter(|(at, _)| *at == field) {
            let least = u64::from(at != 3);
            *value = value.map(|value| if more { value + 1 } else { value.saturating_sub(1).max(least) });
        }
        Step::Delegate(place * 24 + 1, Spec { watch: Some(watch), ..spec })
    })
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

fn any_step() -> impl Strategy<Value = Step> {
    let at = || any::<u16>().prop_map(usize::from);
    let tool = || {
        let unlisted = prop_oneof![25 => Just(None), 1 => Just(Some("drop"))];
        (prop_oneof![5 => Just(0), 3 => Just(1), 2 => 0..TOOLS.len()], unlisted)
            .prop_map(|(at, unlisted)| unlisted.unwrap_or(TOOLS[at].0))
    };
    let arguments = prop_oneof![2 => Just(Some("{}")), 1 => Just(Some("[1]")), 1 => Just(None)];
    let gap = prop_oneof![2 => 0..300_000_000u64, 3 => 0..2_000_000_000u64, 1 => 0..9_000_000_000u64, 1 => (0..9u64).prop_map(|s| s * 1_000_000_000)];
    // One limit mostly, or none of those that have it would be raised.
    let one = (0..5usize, 1..15u64).prop_map(|(r, by)| {
        let mut amounts = [0; 5];
        amounts[r] = by;
        amounts
    });
    let raise = prop_oneof![
        8 => one.prop_map(|amounts| (amounts, 0)),
        2 => (1..20u64).prop_map(|seconds| ([0; 5], seconds)),
        1 => (used(20), 0..20u64),
    ];
    prop_oneof![
        5 => spec(6, 60).prop_map(Step::Create),
        7 => (at(), child()).prop_map(|(at, spec)| Step::Delegate(at, spec)),
        9 => (at(), tool()).prop_map(|(at, tool)| Step::Authorize(at, tool)),
        3 => (at(), 0..AGENTS, tool()).prop_map(|(at, agent, tool)| Step::ById(at, agent, tool)),
        9 => (at(), tool(), used(9), arguments).prop_map(|(at, tool, used, with)| Step::Call(at, tool, used, with)),
        5 => at().prop_map(|at| Step::Call(at, "read", [0; 5], Some("{}"))),
        3 => (at(), prop::collection::vec(tool(), 0..5)).prop_map(|(at, tools)| Step::Batch(at, tools)),
        4 => (at(), used(9)).prop_map(|(at, used)| Step::Admit(at, used)),
        3 => (at(), tool(), used(9)).prop_map(|(at, tool, used)| Step::Preview(at, tool, used)),
        8 => (at(), used(15), prop::option::of(used(3))).prop_map(|(at, used, least)| Step::Reserve(at, used, least)),
        2 => (at(), used(9)).prop_map(|(at, used)| Step::Progress(at, used)),
        8 => (at(), end()).prop_map(|(at, end)| Step::End(at, end)),
        3 => (at(), used(9)).prop_map(|(at, used)| Step::Record(at, used)),
        9 => (at(), raise).prop_map(|(at, (amounts, seconds))| Step::TopUp(at, amounts, seconds)),
        1 => at().prop_map(Step::Pause),
        5 => at().prop_map(Step::Resume),
        4 => at().prop_map(Step::Close),
        1 => prop_oneof![(0..AGENTS).prop_map(Step::CloseAgent), (0..AGENTS).prop_map(Step::Count)],
        2 => Just(Step::Sweep),
        1 => rules().prop_map(Step::Swap),
        7 => gap.prop_map(Step::Advance),
        4 => at().prop_map(Step::Descend),
        1 => at().prop_map(Step::Leave),
        1 => (at(), prop_oneof![Just(500u64), Just(2_000)]).prop_map(|(at, bytes)| Step::Memory(at, bytes)),
    ]
}
