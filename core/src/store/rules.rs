//! [`Rules`]: the policy in force, swapped whole, and its generation.

use std::sync::Arc;

use super::interner::Interner;
use crate::account::Allowance;
use crate::cell::Stamp;
use crate::error::Error;
use crate::meter::Plan;
use crate::policy::{Limits, Policy};
use crate::sync::{ArcSwap, Guard};
use crate::units::Nanos;

/// A policy with its place in the row of policies that were in force.
#[derive(Debug)]
pub(crate) struct Governing {
    pub(crate) generation: u64,
    pub(crate) policy: Arc<Policy>,
    /// Since when it is in force.
    pub(crate) since: Nanos,
}

/// The policy in force. What others compile from it they mark with its generation, so that a decision finds out with
/// one load that it is out of date, and never mixes two policies.
#[derive(Debug)]
pub(crate) struct Rules {
    governing: ArcSwap<Governing>,
    /// The generation of `governing`, or for a moment during a swap of the one before it.
    generation: Stamp,
    /// The plans of all rates in use.
    plans: Interner<Plan>,
}

impl Rules {
    pub(crate) fn new(policy: Policy) -> Self {
        let first = Governing { generation: 1, policy: Arc::new(policy), since: Nanos::ZERO };
        Self {
            governing: ArcSwap::from_pointee(first),
            generation: Stamp::new(1),
            plans: Interner::default(),
        }
    }

    /// What an account is held to by `limits`; equal rates share a plan. Errors: budgets above the maximum, rates that would overflow.
    pub(crate) fn allowance(&self, limits: &Limits) -> Result<Allowance, Error> {
        Allowance::compiled(limits, |rate, grain| self.plans.plan(rate, grain))
    }

    /// The generation in force.
    #[inline]
    pub(crate) fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// The policy in force.
    pub(crate) fn governing(&self) -> Guard<Arc<Governing>> {
        self.governing.load()
    }

    /// Puts `policy` in force at `now`: decisions that begin after this has returned follow it.
    pub(crate) fn swap(&self, policy: Policy, now: Nanos) {
        let policy = Arc::new(policy);
        let before = self.governing.rcu(|old| {
            let (generation, policy) = (old.generation + 1, Arc::clone(&policy));
            Governing { generation, policy, since: now.max(old.since) }
        });
        self.generation.raise(before.generation + 1);
    }
}
