//! What follows from a decision besides the decision itself: counts, marks, events, and pauses that the policy asks for.

use super::Shared;
use super::decide::of_session;
use super::request::Request;
use crate::account::place_of;
use crate::decision::{Balance, Denial, Evidence, Grant, LimitWarning, Reason};
use crate::events::EventKind;
use crate::policy::OnExhausted;
use crate::session::SessionState;
use crate::store::{Entry, Party};
use crate::units::{Nanos, Resource, Scope};

impl Shared {
    /// The denial with `evidence` for a call on `entry`: counted, told, and followed by the pause that the policy asks for.
    #[cold]
    pub(super) fn deny(
        &self,
        entry: &Entry,
        request: &Request<'_, '_>,
        evidence: Evidence,
        now: Nanos,
    ) -> Denial {
        entry.state.denied().add_one();
        let exhausted = evidence.reason == Reason::BudgetExceeded;
        let evidence = self.as_denied(evidence);
        match evidence.reason {
            Reason::Paused if exhausted && entry.state.pause().is_ok() => {
                self.tell(EventKind::Paused, entry, now);
            }
            Reason::IntentDrift => {
                entry.state.drifts.add_one();
                self.count_drift(entry, now);
            }
            _ => {}
        }
        let denial = of_session(entry, evidence);
        self.tell_denied(entry, request.tools, &denial, now);
        denial
    }

    /// `evidence` as it is told: that a budget is used up is a pause, if the policy wants someone to approve of more.
    pub(super) fn as_denied(&self, evidence: Evidence) -> Evidence {
        // A tool's own cap, and memory, are nothing that anybody could top up.
        let exhausted = evidence.reason == Reason::BudgetExceeded
            && evidence.resource.and_then(place_of).is_some()
            && evidence.scope != Some(Scope::Tool);
        if !exhausted || self.rules.governing().policy.on_exhausted() != OnExhausted::Pause {
            return evidence;
        }
        let note = "a budget is used up, and to go on needs an approval: top_up and resume";
        Evidence { reason: Reason::Paused, note: Some(note.into()), ..evidence }
    }

    /// Counts a drift denial of the agent, and pauses its sessions once there were as many within an hour as the policy bears.
    fn count_drift(&self, entry: &Entry, now: Nanos) {
        let terms = entry.agent.terms(&self.rules, self.rules.generation());
        if !terms.drifts.as_ref().is_some_and(|drifts| drifts.are_too_many(now)) {
            return;
        }
        for session in self.store.members(&entry.agent) {
            if session.state.pause().is_ok() {
                self.tell(EventKind::Paused, &session, now);
            }
        }
    }

    /// What there is to note of an admitted call: a drift, and what has begun to run low.
    #[inline]
    pub(super) fn note_grant(&self, entry: &Entry, request: &Request<'_, '_>, grant: &Grant<'_>, now: Nanos) {
        let calm = grant.calls().spent <= entry.calm.calls() && now < entry.calm.until();
        // Calls can be low before the first one: where there are none, or where the policy warns from the beginning.
        let calm = calm && (grant.calls().spent > 0 || grant.warnings().next().is_none());
        if !calm || grant.beside.is_some() || entry.outlook(&self.rules).tells_grants() {
            self.note(entry, request, grant, now);
        }
    }

    #[cold]
    fn note(&self, entry: &Entry, request: &Request<'_, '_>, grant: &Grant<'_>, now: Nanos) {
        let tool = grant.tool();
        if let Some(drift) = grant.drift() {
            entry.state.drifts.add_one();
            let tool = tool.or(request.tools.first().copied()).unwrap_or_default();
            self.tell_drift(entry, tool, drift.class, now);
        }
        let outlook = entry.outlook(&self.rules);
        if outlook.tells_grants() {
            self.tell_granted(entry, tool, now);
        }
        let mut low = grant.warnings().peekable();
        if low.peek().is_some() {
            low.for_each(|warning| self.note_low(entry, tool, warning, now));
            entry.calm.renew(&entry.state, outlook.warn_ppm());
        } else if grant.calls().spent > entry.calm.calls() {
            // It was worked out before the budget was raised.
            entry.calm.renew(&entry.state, outlook.warn_ppm());
        }
    }

    /// Tells of `warning` once, however many calls see it.
    pub(super) fn note_low(&self, entry: &Entry, tool: Option<&str>, warning: LimitWarning, now: Nanos) {
        let mark = SessionState::mark_of(warning.resource);
        let of_party = |party: &Party| party.marks.set(mark);
        let ppm = entry.outlook(&self.rules).warn_ppm();
        let is_low = |party: &Party| {
            let limit =
                party.terms(&self.rules, self.rules.generation()).allowance.limit(warning.resource).budget;
            let spent = party.account.peek(warning.resource).spent();
            let balance = Balance { spent, limit: Some(limit) };
            limit == warning.limit && balance.warning(warning.scope, warning.resource, ppm).is_some()
        };
        let first = match warning.scope {
            Scope::Agent if entry.parent.is_none() => of_party(&entry.agent),
            // The warning does not say which agent's it is; of several that it may be the first that was not told of.
            Scope::Agent => std::iter::once(&entry.agent)
                .chain(entry.ancestors().map(|above| &above.agent))
                .any(|agent| is_low(agent) && of_party(agent)),
            Scope::Tenant => entry.tenant.as_deref().is_some_and(of_party),
            // An ancestor or a tool's cap is told of once in each session that notices.
            Scope::Ancestor => entry.state.marks.set(SessionState::mark_above(warning.resource)),
            Scope::Tool => {
                let slot = tool.and_then(|tool| entry.state.tools().get(tool)?.slot).unwrap_or(0);
                entry.state.marks.set(SessionState::mark_of_cap(slot))
            }
            _ => entry.state.marks.set(mark),
        };
        if first {
            self.tell_warning(entry, tool, warning, now);
        }
        if warning.resource == Resource::Idle {
            // It is over with this very call, and may come again.
            entry.state.marks.clear(mark);
        }
    }
}
