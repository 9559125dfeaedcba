//! Charges after the end: what a session uses once it has ended is charged to its agents and its tenant all the same, also where they
//! were forgotten meanwhile.

use super::party::Parties;
use super::rules::Rules;
use crate::meter::Take;
use crate::sync::back_off;
use crate::units::{Nanos, Resource};

impl Parties {
    /// Charges the party that is called `name` now, made anew if need be, if it limits `resource`; whether that overran its budget.
    /// Where there are too many parties to make one, nothing is charged.
    pub(crate) fn charge_late(
        &self,
        name: &str,
        resource: Resource,
        take: Take,
        rules: &Rules,
        now: Nanos,
    ) -> bool {
        let mut waits = 0;
        while let Some(party) = self.get_or_make(name, rules, now) {
            let overrun = {
                let terms = party.terms(rules, rules.generation());
                let limit = terms.allowance.limit(resource);
                let charge = || party.account.meter(resource).charge(take, limit, now);
                !limit.is_none() && charge().overruns(limit)
            };
            if party.sessions.visit() {
                // Made for a charge that does not concern it, it would stay for ever.
                self.forget(&party, rules, now);
                return overrun;
            }
            back_off(waits);
            waits = waits.saturating_add(1);
        }
        false
    }
}
