//! Recording what was spent without asking.

use smallvec::SmallVec;

use super::decide::weighed;
use super::path::Path;
use super::{Session, Shared};
use crate::admission::Chain;
use crate::carve;
use crate::events::EventKind;
use crate::session::Demand;
use crate::store::Entry;
use crate::units::Usage;

impl Session {
    /// Charges `usage` after the fact, on everything that limits it, even past the limits and whatever the session's status:
    /// it has been spent. Whether that overran some budget, which then refuses what follows.
    ///
    /// Where it would, it waits a moment for admissions that are under way on that budget and may yet be taken back.
    #[expect(clippy::must_use_candidate, reason = "called for its effect")]
    pub fn record(&self, usage: Usage) -> bool {
        let (shared, entry) = self.parts();
        let usage = weighed(&shared.rules.governing().policy, usage);
        let overrun = shared.charge(entry, usage);
        if overrun {
            shared.tell_usage(EventKind::Overrun, entry, usage);
        }
        overrun
    }
}

impl Shared {
    /// Charges `usage`, its tokens weighed, without asking; whether that overran some budget.
    pub(super) fn charge(&self, entry: &Entry, usage: Usage) -> bool {
        let now = self.clock.now();
        let path = Path::of(entry, &self.rules);
        path.touch(now);
        path.count_split(usage.split);
        let demand = Demand::of_usage(usage);
        if demand.is_nothing() {
            return false;
        }
        let demands: SmallVec<[Demand; 2]> = path.sessions().iter().map(|_| demand.clone()).collect();
        let mut chain = Chain::new(now);
        path.charge(&demands, &mut chain);
        let overrun = carve::charge(&chain, &entry.lineage(), now, |charge| {
            let party = path.party_of(charge).filter(|party| !party.sessions.visit())?;
            let parties = self.store.parties(party.scope);
            Some(parties.charge_late(&party.name, charge.resource, charge.take, &self.rules, now))
        });
        path.renew_calm();
        overrun
    }
}
