//! Mixes that are too large for an exhaustive search: 4 threads, 6 operations each, over a delegation tree, under random
//! schedules; each history is held against a sequential model. Run with `RUSTFLAGS="--cfg shuttle"`; without it there is
//! nothing here.
//!
//! The model ([`ledger`]) says what may differ from one instant an operation; the search for an order is in [`linearise`].
#![cfg(shuttle)]

pub mod explore;
pub mod ledger;
pub mod linearise;
pub mod mix;
pub mod operation;
pub mod tree;
