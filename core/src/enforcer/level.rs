//! The way of a call that its agent, or its tenant, limits too: the same admission over two or three meters as any other, without looking up
//! what has not changed since the last one.

use super::Shared;
use super::decide::grant;
use crate::admission::{Rung, admit_at_once};
use crate::decision::Grant;
use crate::meter::Limit;
use crate::session::balance;
use crate::store::{Entry, Outlook, Party, Terms};
use crate::units::Nanos;

impl Shared {
    /// Admits one call of `tool`, which the session may call and which nothing of its own keeps from it, if all that limits it has plenty.
    /// `None`: nothing was debited, and [`Shared::admit`] decides.
    #[inline(never)]
    pub(super) fn authorize_level<'t>(
        &self,
        entry: &Entry,
        tool: &'t str,
        outlook: Outlook,
        now: Nanos,
    ) -> Option<Grant<'t>> {
        let level = entry.levels.of(outlook.generation())?;
        let session = &entry.state;
        let held_to = session.calls_limit();
        let own = Limit { budget: entry.calm.calls(), ..held_to };
        let mut gate = Rung::new(session.calls(), own, now);
        let clock = || self.clock.now();
        let tenant = level.tenant.as_ref().and_then(|terms| Some((entry.tenant.as_ref()?, terms)));
        let admitted = match (&level.agent, tenant) {
            (Some(agent), Some((tenant, terms))) => admit_at_once(
                &mut gate,
                &mut [rung(&entry.agent, agent, now), rung(tenant, terms, now)],
                &clock,
            ),
            (Some(agent), None) => admit_at_once(&mut gate, &mut [rung(&entry.agent, agent, now)], &clock),
            (None, Some((tenant, terms))) => {
                admit_at_once(&mut gate, &mut [rung(tenant, terms, now)], &clock)
            }
            (None, None) => false,
        };
        admitted.then(|| grant(entry, Some(tool), balance(held_to, gate.word()), outlook, now))
    }
}

/// What the account of `party` has to give for one call under `terms`.
#[inline]
fn rung<'a>(party: &'a Party, terms: &'a Terms, now: Nanos) -> Rung<'a> {
    let limit = Limit { budget: terms.calm_calls, ..terms.allowance.calls() };
    Rung::new(party.account.calls(), limit, now)
}
