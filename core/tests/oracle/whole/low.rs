//! What is running low, and of what is told once.

use std::collections::BTreeSet;

use allotment::{EventKind, Resource, Scope};

use super::charge::Charge;
use super::model::{CALLS, METERED, Model, SECOND, TENANT};
use super::said::Low;

/// What was told once: of what, and whose.
pub(crate) type Mark = (Scope, Resource);

/// A fifth or less is left.
fn low(scope: Scope, resource: Resource, spent: u64, limit: Option<u64>) -> Option<Low> {
    let limit = limit?;
    let left = limit.saturating_sub(spent);
    (left * 5 <= limit).then_some((scope, resource, left, limit))
}

impl Model {
    /// The warnings of the session's own calls and time, as everything stands.
    pub(crate) fn low_first(&self, at: usize) -> Vec<Low> {
        let session = &self.sessions[at];
        let calls = low(Scope::Session, Resource::Calls, self.spent(at, CALLS), session.limits[CALLS]);
        let limit = session.up_at - session.created;
        let left = session.up_at.saturating_sub(self.now);
        let time = low(Scope::Session, Resource::Time, limit - left, Some(limit));
        calls.into_iter().chain(time).collect()
    }

    /// Those of the session's other budgets.
    pub(crate) fn low_own(&self, at: usize) -> Vec<Low> {
        let own = |r: usize| low(Scope::Session, METERED[r], self.spent(at, r), self.sessions[at].limits[r]);
        (1..5).filter_map(own).collect()
    }

    /// Those of everything else that `charges` were taken of, and of the time that the session was idle.
    pub(crate) fn low_beside(&self, at: usize, charges: &[Charge]) -> Vec<Low> {
        let of = |charge: &Charge| {
            let (spent, limit) = self.balance(charge);
            low(charge.scope, METERED[charge.r], spent, limit)
        };
        let others = charges.iter().filter(|charge| charge.scope != Scope::Session).filter_map(of);
        let session = &self.sessions[at];
        let idle = session.watch.and_then(|watch| watch.idle).and_then(|limit| {
            low(Scope::Session, Resource::Idle, self.now - session.last_activity, Some(limit * SECOND))
        });
        others.chain(self.low_own(at)).chain(idle).collect()
    }

    /// Tells of `warnings` that were seen by a call of the session, each once.
    pub(crate) fn tell_low(&mut self, at: usize, warnings: &[Low], charges: &[Charge]) {
        // Each agent is told of once, whoever sees it.
        for charge in charges.iter().filter(|charge| charge.scope == Scope::Agent) {
            let (spent, limit) = self.balance(charge);
            let mark = (charge.scope, METERED[charge.r]);
            let is_low = low(charge.scope, mark.1, spent, limit).is_some();
            if is_low && self.parties[charge.party].marks.insert(mark) {
                self.tell(EventKind::Warning);
            }
        }
        for &(scope, resource, ..) in warnings.iter().filter(|low| low.0 != Scope::Agent) {
            let marks: &mut BTreeSet<Mark> = match scope {
                Scope::Tenant => &mut self.parties[TENANT].marks,
                _ => &mut self.sessions[at].marks,
            };
            if marks.insert((scope, resource)) {
                self.tell(EventKind::Warning);
            }
            if resource == Resource::Idle {
                // It is over with this very call, and may come again.
                self.sessions[at].marks.remove(&(scope, resource));
            }
        }
    }
}
