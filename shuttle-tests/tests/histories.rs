//! Four threads with six operations each over a delegation tree: every history has an order that the sequential model explains.
#![cfg(shuttle)]

use shuttle_tests::explore::{Schedules, explore};

#[test]
fn every_history_has_an_order_under_random_schedules() {
    explore("random", Schedules::Random);
}

#[test]
fn every_history_has_an_order_under_changing_priorities() {
    explore("priorities", Schedules::Pct(5));
}
