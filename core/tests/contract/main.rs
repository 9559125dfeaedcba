//! The contract of sessions, limits and creation, one behaviour a test, on a clock that stands still.
//!
//! B, G, V and E rows are behaviours, D rows are defects that must not be here; a test's name begins with its row.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../common/mod.rs"]
mod common;

mod approval;
mod bad_input;
mod budgets;
mod carve_outs;
mod creation;
mod delegation;
mod denials;
mod events;
mod eviction;
mod executions;
mod intents;
mod lifecycle;
mod limited;
mod limiter;
mod order;
mod partial_grants;
mod preview;
mod rates;
mod reservations;
mod sessions;
mod soft_warnings;
mod store;
mod swap;
mod times;
mod tokens;
mod top_ups;
mod untouched;
mod warnings;
mod weights;

use allotment::{Denial, Grant, Reason};

/// Why `decided` is a denial, `None` for a grant.
fn reason(decided: &Result<Grant<'_>, Denial>) -> Option<Reason> {
    decided.as_ref().err().map(Denial::reason)
}
