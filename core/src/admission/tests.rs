//! One admission step by step. Where somebody else has to act in the middle of it, he does so in a closure that it calls there: what
//! threads do to it is searched by loom.

use core::cell::Cell;

use super::*;
use crate::meter::{Grain, Plan};
use crate::policy::Limits;
use crate::units::{MAX_COUNT, Rate};

const NOW: fn() -> Nanos = || Nanos::ZERO;

fn budget(budget: u64) -> Limit<'static> {
    Limit { budget, plan: None }
}

/// A chain of a gate and of an agent's meter, one unit each.
fn chain<'a>(gate: (&'a Meter, Limit<'a>), agent: (&'a Meter, Limit<'a>), take: Take) -> Chain<'a> {
    let mut chain = Chain::new(Nanos::ZERO);
    chain.push_gate(gate.0, gate.1, take);
    chain.push(agent.0, agent.1, take, Scope::Agent, Resource::Calls);
    chain
}

fn hold(meter: &Meter, times: u64) {
    for _ in 0..times {
        assert!(meter.debit(meter.load(), Take::ONE, Limit::NONE, 0, true).is_ok());
    }
}

fn spent(meters: [&Meter; 2]) -> [(u64, u64); 2] {
    meters.map(|meter| (meter.load().spent(), meter.load().holds()))
}

#[test]
fn a_budget_that_was_raised_since_it_was_read_is_not_exhausted() {
    let meter = Meter::default();
    let limits = Limits { calls: Some(1), ..Limits::default() };
    let allowance = Allowance::new(&limits).expect("an allowance");
    let ask = |raised_by: u64| {
        let mut chain = Chain::new(Nanos::ZERO);
        chain.push_gate(&meter, allowance.calls(), Take::ONE);
        chain.held_to(&allowance);
        allowance.raise(Resource::Calls, raised_by, MAX_COUNT).expect("raised");
        chain.admit(&NOW)
    };
    assert_eq!(ask(0), Ok(()));
    assert_eq!(ask(0), Err(Refusal::Lacks(0, Lack::Budget { limit: 1, spent: 1 })));
    assert_eq!(ask(1), Ok(()));
}

#[test]
fn what_only_a_hold_takes_is_in_the_way_and_not_gone() {
    let (gate, agent) = (Meter::default(), Meter::default());
    hold(&agent, 1);
    let mut asked = chain((&gate, Limit::NONE), (&agent, budget(1)), Take::ONE);
    assert_eq!(asked.admit(&NOW), Err(Refusal::Contended(1)));
    agent.commit(agent.load());
    assert_eq!(asked.admit(&NOW), Err(Refusal::Lacks(1, Lack::Budget { limit: 1, spent: 1 })));
    assert_eq!(spent([&gate, &agent]), [(0, 0), (1, 0)]);
}

#[test]
fn what_is_more_than_the_whole_budget_is_refused_for_good_whatever_is_held() {
    let (gate, agent) = (Meter::default(), Meter::default());
    hold(&agent, 1);
    let ask = |amount| chain((&gate, Limit::NONE), (&agent, budget(2)), Take::both(amount)).admit(&NOW);
    assert_eq!(
        ask(2),
        Err(Refusal::Contended(1)),
        "the whole budget may be there once the hold is taken back"
    );
    assert_eq!(ask(3), Err(Refusal::Lacks(1, Lack::Budget { limit: 2, spent: 1 })));
}

#[test]
fn a_crowd_is_in_the_way_of_holds_and_the_gate_needs_none() {
    let (gate, agent) = (Meter::default(), Meter::default());
    let ask = || chain((&gate, Limit::NONE), (&agent, Limit::NONE), Take::ONE).admit(&NOW);
    hold(&gate, 126);
    assert_eq!(ask(), Ok(()));
    hold(&agent, 126);
    assert_eq!(ask(), Err(Refusal::Contended(1)));
    assert_eq!(spent([&gate, &agent]), [(127, 126), (127, 126)]);
}

/// Here both charges are on one meter, so that each passes the look and both together do not pass the debits.
#[test]
fn what_does_not_stand_as_a_whole_is_taken_back_as_a_whole() {
    let meter = Meter::default();
    let mut asked = chain((&meter, budget(1)), (&meter, budget(1)), Take::ONE);
    assert_eq!(asked.admit(&NOW), Err(Refusal::Contended(0)));
    assert_eq!((meter.load().spent(), meter.load().holds()), (0, 0));
    assert!(asked.undone_beyond().is_empty(), "nothing went past a budget meanwhile");
}

#[test]
fn what_is_taken_back_beyond_a_budget_is_told() {
    let plan = Plan::new(Rate::per_minute(100).expect("rate"), Grain::Milli).expect("plan");
    let (meter, limit) = (Meter::default(), Limit { budget: 1, plan: Some(&plan) });
    let mut asked = chain((&meter, limit), (&meter, limit), Take::ONE);
    let recorded = Cell::new(false);
    // Somebody records ten units while the debit is to be taken back.
    let refused = asked.admit(&|| {
        if !recorded.replace(true) {
            meter.charge(Take::both(10), Limit::NONE, Nanos::ZERO);
        }
        Nanos::ZERO
    });
    assert_eq!(refused, Err(Refusal::Lacks(0, Lack::Budget { limit: 1, spent: 10 })));
    let told: Vec<_> = asked
        .undone_beyond()
        .iter()
        .map(|(index, change)| (*index, change.before.spent(), change.after.spent()))
        .collect();
    assert_eq!(told, [(1, 11, 10)]);
}

#[test]
fn what_somebody_else_takes_meanwhile_is_no_refusal_as_long_as_the_least_is_there() {
    for (taken, least, granted) in [(4, 5, Some(6)), (5, 5, Some(5)), (6, 5, None), (9, 0, Some(1))] {
        let (gate, agent) = (Meter::default(), Meter::default());
        let mut asked = chain((&gate, Limit::NONE), (&agent, budget(10)), Take::both(20));
        let others = Cell::new(taken);
        // They act after it has been seen what there is, which is when it is asked for the least.
        let least_of = |_| {
            agent.charge(Take::both(others.take()), Limit::NONE, Nanos::ZERO);
            least
        };
        let decided = asked.admit_at_least(least_of, &NOW);
        assert_eq!(decided.is_ok(), granted.is_some(), "{taken} of 10 taken: {decided:?}");
        assert_eq!(agent.load().spent(), taken + granted.unwrap_or(0));
    }
}

#[test]
fn what_is_handed_over_is_as_much_as_the_budget_has_and_asks_no_bucket() {
    let plan = Plan::new(Rate::per_minute(3).expect("rate"), Grain::Milli).expect("plan");
    let (gate, agent) = (Meter::default(), Meter::default());
    let limit = Limit { budget: 10, plan: Some(&plan) };
    agent.charge(Take { units: 0, paced: 3 }, Limit { plan: Some(&plan), ..Limit::NONE }, Nanos::ZERO);
    let mut asked = chain((&gate, Limit::NONE), (&agent, limit), Take { units: 20, paced: 0 });
    assert_eq!(asked.admit_at_least(|_| 1, &NOW), Ok(()));
    assert_eq!(spent([&gate, &agent]), [(10, 0), (10, 0)]);
}
