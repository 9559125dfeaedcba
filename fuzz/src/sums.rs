//! The sums: what a session has spent is what was done with it and what its children make of it, to the unit.
//!
//! `own` is what a session has spent or reserved less its children's parts. An operation changes it for its own session, by what the
//! operation asked for, and for nobody else. A child's part is what it has spent itself; of a budget that was carved out for it, all of
//! that budget, or what was spent if that is more, until it ends.
//!
//! Only in every second set of rules ([`World::sums`]): an expired child gives back what is left when somebody looks, so the sums look at
//! every child after each step, and the other half of the histories keeps the expired ones that nobody has noticed. A resource is left
//! out once a figure of it comes near the end of its field, where it stays.

use allotment::Usage;

use crate::law::Figures;
use crate::play::World;

/// A change of each figure: calls, steps, discovered steps, tokens, cost. `None`: unknown.
pub(crate) type Changes = [Option<i128>; 5];

/// Nothing changes.
pub(crate) const NONE: Changes = [Some(0); 5];
/// Where a figure may have stopped to count.
const FULL: u64 = 1 << 54;

/// What `usage` counts for, besides calls, if its tokens are weighed already.
pub(crate) fn weighed(usage: Usage) -> Changes {
    let Usage { tokens, cost, steps, discovered_steps, .. } = usage;
    [0, steps, discovered_steps, tokens, cost.get()].map(|amount| Some(amount.into()))
}

/// What `usage` counts for; tokens by kind depend on the policy.
pub(crate) fn asked(usage: Usage) -> Changes {
    let [calls, steps, discovered, tokens, cost] = weighed(usage);
    [calls, steps, discovered, tokens.filter(|_| usage.split == allotment::Split::NONE), cost]
}

/// `more` less `less`.
pub(crate) fn minus(more: Changes, less: Changes) -> Changes {
    core::array::from_fn(|at| more[at].zip(less[at]).map(|(more, less)| more - less))
}

impl World {
    /// What each session has spent, and reserved, itself; after everybody who has ended gave back.
    pub(crate) fn own(&self) -> Vec<[[i128; 5]; 2]> {
        for known in &self.sessions {
            // Denied to all that have ended; who finds that out ends it.
            if known.session.status().is_terminal() {
                drop(known.session.close());
            }
        }
        let seen: Vec<_> = self.sessions.iter().map(|known| Figures::of(&known.session)).collect();
        let mut own: Vec<_> =
            seen.iter().map(|it| [it.spent.map(i128::from), it.reserved.map(i128::from)]).collect();
        for (known, figures) in self.sessions.iter().zip(&seen) {
            let Some(parent) = known.parent else { continue };
            let ended = known.session.status().is_terminal();
            let part = |resource: usize| {
                let (spent, carved) = (figures.spent[resource], known.carved[resource]);
                let budget = figures.limits[resource].filter(|_| carved && !ended).unwrap_or(0);
                let reserved = if carved { 0 } else { figures.reserved[resource] };
                [spent.max(budget), reserved].map(i128::from)
            };
            let above = own[parent];
            own[parent] = [0, 1].map(|kind| core::array::from_fn(|at| above[kind][at] - part(at)[kind]));
        }
        own
    }

    /// Holds what an operation on `at` has changed to what it should have: spent, and reserved.
    pub(crate) fn check_sums(&mut self, at: Option<usize>, changed: &[Changes; 2]) {
        if !self.sums {
            return;
        }
        let own = self.own();
        for (session, now) in own.iter().enumerate() {
            let before = self.own.get(session).copied().unwrap_or_default();
            for resource in (0..5).filter(|&resource| !self.full(resource)) {
                for kind in 0..2 {
                    let should = if at == Some(session) { changed[kind][resource] } else { Some(0) };
                    let is = now[kind][resource] - before[kind][resource];
                    assert!(
                        should.is_none_or(|should| is == should),
                        "session {session}, figure {resource} of {}: changed by {is}, not {should:?}",
                        ["spent", "reserved"][kind]
                    );
                }
            }
        }
        self.own = own;
    }

    fn full(&mut self, resource: usize) -> bool {
        let full = self.sessions.iter().any(|known| known.seen.spent[resource] >= FULL);
        self.full[resource] |= full;
        self.full[resource]
    }
}
