//! What happens to sessions besides deciding: finding, pausing, closing, sweeping.

use core::cmp::Reverse;
use std::sync::Arc;

use super::explain::standing;
use super::{Enforcer, Session, Shared, Stats, Summary};
use crate::decision::{Denial, Evidence, Reason};
use crate::events::EventKind;
use crate::session::denial_of;
use crate::store::Entry;
use crate::units::{Resource, SessionId, Status};

impl Enforcer {
    /// The session of this id, whether it is active or has ended. Changes nothing. Denials: `not_found`.
    pub fn get(&self, id: SessionId) -> Result<Session, Denial> {
        let entry = self.shared.store.get(id).ok_or_else(|| not_found(id))?;
        Ok(Session::new(Arc::clone(&self.shared), entry))
    }

    /// Every session that is held, active or ended, in no order. Changes nothing.
    #[must_use]
    pub fn sessions(&self) -> Vec<Session> {
        let sessions = self.shared.store.sessions.pin();
        sessions.values().map(|entry| Session::new(Arc::clone(&self.shared), Arc::clone(entry))).collect()
    }

    /// Closes every session of `agent`, whatever its tenant, and gives their number. Other agents' stay. A session that
    /// is being created meanwhile may stay too.
    #[expect(clippy::must_use_candidate, reason = "called for its effect; the number is for the curious")]
    pub fn close_agent(&self, agent: &str) -> u64 {
        let Some(party) = self.shared.store.agents.get(agent) else { return 0 };
        let mut members: Vec<_> = self.shared.store.members(&party).collect();
        // The deepest first: one that ends with whom it was delegated from would not be counted.
        members.sort_by_cached_key(|entry| Reverse(entry.ancestors().count()));
        members.iter().filter(|entry| self.shared.close(entry).is_ok()).count() as u64
    }

    /// How many sessions of `agent` are active or paused. Expired ones are not counted: they are ended first, so this
    /// costs what has expired since, and is constant otherwise.
    #[must_use]
    pub fn active_sessions(&self, agent: &str) -> u64 {
        let Some(party) = self.shared.store.agents.get(agent) else { return 0 };
        self.shared.store.reap(&party, self.shared.clock.now());
        party.sessions.count()
    }

    /// Removes expired and closed sessions and gives their number. Costs what it removes, not what is held.
    #[expect(clippy::must_use_candidate, reason = "called for its effect; the number is for the curious")]
    pub fn sweep(&self) -> u64 {
        self.shared.store.sweep(&self.shared.rules, self.shared.clock.now())
    }

    /// Figures about what is held.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let store = &self.shared.store;
        Stats {
            sessions: store.len(),
            max_sessions: store.max(),
            agents: store.agents.count(),
            tenants: store.tenants.count(),
            events_waiting: self.shared.events.waiting() as u64,
            events_dropped: self.shared.events.dropped(),
        }
    }
}

pub(super) fn not_found(id: SessionId) -> Denial {
    Denial::new(Evidence { session: Some(id), ..Evidence::of(Reason::NotFound) })
}

impl Shared {
    /// Closes `entry`; nothing is admitted once this has returned. Denials: `closed`, `expired`.
    pub(super) fn close(&self, entry: &Entry) -> Result<Summary, Denial> {
        let now = self.clock.now();
        self.store.expire(entry, now);
        match entry.state.close() {
            Ok(ended) => {
                self.store.give_back(entry, ended, now);
                let calls = entry.state.balance(Resource::Calls, entry.state.peek(Resource::Calls));
                let time_limit = entry.state.time_limit();
                let time_used = now.saturating_sub(entry.state.created_at());
                let (denied, drifts) = (entry.state.denied().get(), entry.state.drifts.get());
                Ok(Summary { calls, time_used, time_limit, denied, drifts })
            }
            Err(status) => Err(self.refuse(entry, status)),
        }
    }

    /// Active → paused; nothing is admitted once this has returned. Denials: what the session is instead.
    pub(super) fn pause(&self, entry: &Entry) -> Result<(), Denial> {
        let now = self.clock.now();
        self.store.expire(entry, now);
        entry.state.pause().map_err(|status| self.refuse(entry, status))?;
        self.tell(EventKind::Paused, entry, now);
        Ok(())
    }

    /// Paused → active, and no longer idle. `Ok` for a session that is active already. Denials: `closed`, `expired`.
    pub(super) fn resume(&self, entry: &Entry) -> Result<(), Denial> {
        let now = self.clock.now();
        self.store.expire(entry, now);
        match entry.state.resume() {
            Ok(()) => self.tell(EventKind::Resumed, entry, now),
            Err(Status::Active) => {}
            Err(status) => return Err(self.refuse(entry, status)),
        }
        entry.touch(now);
        Ok(())
    }

    pub(super) fn refuse(&self, entry: &Entry, status: Status) -> Denial {
        let reason = denial_of(status).unwrap_or(Reason::Closed);
        Denial::new(Evidence { session: Some(entry.id()), ..standing(entry, reason, self.clock.now()) })
    }
}
