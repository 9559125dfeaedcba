//! The whole surface against one naive model, with virtual time: the model says beforehand what every step comes to, to the last
//! figure: granted with what is left, every warning and the drift, or denied with reason, account, resource, limit, used, requested and
//! wait; how many events of each kind; and after every step all that a snapshot shows of every session that is held.
//!
//! It covers every limit of a session (calls, steps, tokens, cost, rates, time, a tool's cap, thresholds, intent, sensitivity, air gap,
//! repetition, depth, idle time, memory), three agents and a tenant with caps, delegation (pool, cap, carve-out), reservations with every
//! way out, records, batches, previews, top-ups, pauses, closing, sweeping, swaps of policies, a store that is full, time.
//!
//! | file | idea |
//! | --- | --- |
//! | `steps` `said` `tools` | what may happen; what it comes to; what tools are |
//! | `model` `charge` `decide` `holds` `lives` `low` `apply` | the model: what it keeps; meters; decisions; reservations; sessions; warnings |
//! | `machine` `reach` | which histories there are; that they reach every answer |
//! | `words` `pair` | the same in the product's words; product and model side by side |
//!
//! Left open, as by the contract: which of several agents on a path names a denial; how many sessions `close_agent` says it has closed,
//! if one was delegated from another; whether anybody is told that a budget of no calls is low, or again of an agent that was forgotten.
//!
//! Left out: arguments of creation that make no sense by themselves (`contract::bad_input`), tokens by kind (`conservation`), pauses after
//! many drifts, other warning thresholds, rates of delegated sessions, agents and tenants whose rates change (`swap`) or whose budgets come
//! and go, forks, the texts of denials.
//!
//! **Power**: `tests/planted/bugs.rs`. **Found** by it: a carve-out that waited for the parent's rate, of which it takes nothing; a child
//! that had expired and was closed with its parent; of two agents on a path that ran low one that nobody was told of.

mod apply;
mod charge;
mod decide;
mod holds;
mod lives;
mod low;
mod machine;
mod model;
mod pair;
mod reach;
mod said;
mod steps;
mod tools;
mod words;

use proptest::test_runner::TestRunner;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use crate::cases;
use machine::Machine;
use pair::Pair;

/// How many steps a history has.
const LENGTH: core::ops::Range<usize> = 1..160;

#[test]
// D5, D14, G6
fn d5_d14_g6_every_answer_of_a_random_history_is_the_models() {
    // Not by the macro, which asks for the configuration, and so prints a seed, once for every case.
    let config = cases(200);
    let history = Machine::sequential_strategy(LENGTH);
    let checked = TestRunner::new(config.clone()).run(&history, |(model, steps, seen)| {
        Pair::test_sequential(config.clone(), model, steps, seen);
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
}
