//! [`Store`]: all sessions, agents and tenants of one enforcer (L4). papaya, arc-swap and crossbeam are used here only.
//!
//! It finds and counts; it decides nothing. Nothing here is on the path of a decision but one lookup by id.
//!
//! Not model-checked: papaya, crossbeam and arc-swap themselves, which do not run under loom. What has to be exact (who ends a session,
//! who gets the last place) is decided by the words of L1, which are; what a policy swap makes of them is searched with a model of
//! arc-swap's pointer (`loom-tests/tests/enforcer.rs`).

mod about;
mod agenda;
mod calm;
mod drifts;
mod entry;
mod interner;
mod late;
mod level;
mod party;
mod roster;
mod rules;

use std::sync::Arc;

use crossbeam::queue::SegQueue;

pub(crate) use agenda::Agenda;
pub(crate) use entry::{ById, Entry, Outlook};
pub(crate) use interner::Interner;
pub(crate) use party::{NoEntry, Parties, Party, Terms};
use roster::{Owner, Roster};
pub(crate) use rules::{Governing, Rules};

use crate::carve;
use crate::events::Events;
use crate::gauge::Gauge;
use crate::session::Ended;
use crate::sync::{ATTEMPTS, back_off};
use crate::tools::ToolSet;
use crate::units::{Nanos, Scope, SessionId};

/// Up to how many sessions one creation may be kept waiting while the table of them is copied.
const SOON_COPIED: u64 = 1 << 13;

/// All sessions, agents and tenants.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) sessions: papaya::HashMap<SessionId, Arc<Entry>, ById>,
    /// How many sessions are held, ended ones included.
    size: Gauge,
    /// How many places are held by sessions that have not ended.
    live: Gauge,
    max: u64,
    pub(crate) agents: Parties,
    pub(crate) tenants: Parties,
    /// Sessions that have not ended, by deadline.
    due: Agenda<SessionId>,
    /// The same, by agent.
    members: Roster,
    /// Those of them that were delegated, by the session that they were delegated from.
    children: Roster,
    /// Sessions that have ended and are still held.
    ended: SegQueue<SessionId>,
    pub(crate) tools: Interner<ToolSet>,
    events: Arc<Events>,
}

impl Store {
    /// Room for `max` sessions; whose end is told to `events`.
    pub(crate) fn new(max: u64, events: Arc<Events>) -> Self {
        Self {
            sessions: papaya::HashMap::default(),
            size: Gauge::default(),
            live: Gauge::default(),
            max,
            agents: Parties::new(Scope::Agent, max),
            tenants: Parties::new(Scope::Tenant, max),
            due: Agenda::default(),
            members: Roster::default(),
            children: Roster::default(),
            ended: SegQueue::new(),
            tools: Interner::default(),
            events,
        }
    }

    /// The tenants, or else the agents.
    pub(crate) fn parties(&self, scope: Scope) -> &Parties {
        if scope == Scope::Tenant { &self.tenants } else { &self.agents }
    }

    /// How many sessions it may hold.
    pub(crate) fn max(&self) -> u64 {
        self.max
    }

    /// How many sessions it holds, ended ones included.
    pub(crate) fn len(&self) -> u64 {
        self.size.count()
    }

    /// Takes a place for one more session, making room by a sweep if all are taken; whether there was one. It says no only
    /// where all that is held is live: what somebody else is just sweeping is waited for.
    pub(crate) fn take_place(&self, rules: &Rules, now: Nanos) -> bool {
        for attempt in 0..ATTEMPTS {
            if let Ok(count) = self.size.acquire(self.max) {
                self.keep_roomy(count);
                let _ = self.live.acquire(self.max);
                return true;
            }
            let swept = self.sweep(rules, now);
            if swept == 0 && self.live.count() >= self.max {
                return false;
            }
            back_off(attempt);
        }
        false
    }

    /// Doubles the table of sessions once `count` fill three quarters of it, as long as that is soon done. The map itself waits until it is all
    /// but full, and then a look-up passes many places and no processor can tell how many; where there are very many, it is the caches
    /// that a look-up waits for, and nobody should wait for a table to be copied.
    fn keep_roomy(&self, count: u64) {
        if count <= SOON_COPIED && 4 * count == 3 * count.next_power_of_two() {
            self.sessions.pin().reserve(usize::try_from(count).unwrap_or(0));
        }
    }

    /// Holds `entry`, which has its places in the store and in its parties.
    pub(crate) fn insert(&self, entry: &Arc<Entry>) {
        let (id, deadline) = (entry.id(), entry.state.deadline());
        self.sessions.pin().insert(id, Arc::clone(entry));
        // Whoever ends it between these lines leaves an agenda line behind, which is dropped when it falls due.
        self.due.add(deadline, id);
        for (roster, owner) in self.rosters(entry) {
            roster.add(owner, deadline, id);
        }
    }

    /// Lists `entry` under its new deadline, `to`, in place of `from`.
    pub(crate) fn redate(&self, entry: &Entry, from: Nanos, to: Nanos) {
        let id = entry.id();
        // The new line first: whoever looks finds it in between.
        self.due.add(to, id);
        self.due.remove(from, id);
        for (roster, owner) in self.rosters(entry) {
            roster.add(owner, to, id);
            roster.remove(owner, from, id);
        }
    }

    /// Where `entry` is listed besides, and as whose.
    fn rosters(&self, entry: &Entry) -> impl Iterator<Item = (&Roster, Owner)> {
        let child_of = entry.parent.as_deref().map(|parent| (&self.children, Owner::of(parent)));
        std::iter::once((&self.members, Owner::of(&*entry.agent))).chain(child_of)
    }

    /// The sessions of `agent` that have not ended.
    pub(crate) fn members(&self, agent: &Party) -> impl Iterator<Item = Arc<Entry>> {
        self.members.of(Owner::of(agent)).filter_map(|id| self.get(id))
    }

    /// The sessions delegated from `parent` that have not ended.
    pub(crate) fn children(&self, parent: &Entry) -> impl Iterator<Item = Arc<Entry>> {
        self.children.of(Owner::of(parent)).filter_map(|id| self.get(id))
    }

    /// The session of this id.
    pub(crate) fn get(&self, id: SessionId) -> Option<Arc<Entry>> {
        self.sessions.pin().get(&id).cloned()
    }

    /// Gives back what `entry` held and tells of its end, once: `ended` is the proof that the caller ended it, at `now`.
    pub(crate) fn give_back(&self, entry: &Entry, _ended: Ended, now: Nanos) {
        let (id, deadline) = (entry.id(), entry.state.deadline());
        entry.agent.sessions.release();
        if let Some(tenant) = &entry.tenant {
            tenant.sessions.release();
        }
        self.live.release();
        self.ended.push(id);
        if let Some(parent) = &entry.parent {
            self.children.remove(Owner::of(&**parent), deadline, id);
        }
        // Whatever was delegated from it ends the same way; but what has expired already stays so.
        let status = entry.state.status(Nanos::ZERO);
        self.events.push_with(about::kind_of_end(status), now, || entry.about());
        for child in self.children(entry) {
            if !self.expire(&child, now)
                && let Ok(ended) = child.state.end(status)
            {
                self.give_back(&child, ended, now);
            }
        }
        // What an admission that is under way keeps from returning, the sweep gives back.
        carve::give_back(&entry.lineage());
        // Last, because whoever reaps takes a line that is gone for a session whose places are free.
        self.due.remove(deadline, id);
        self.members.remove(Owner::of(&*entry.agent), deadline, id);
    }

    /// Ends `entry` if it is past its deadline at `now`; whether this call ended it.
    pub(crate) fn expire(&self, entry: &Entry, now: Nanos) -> bool {
        entry.state.expire(now).map(|ended| self.give_back(entry, ended, now)).is_some()
    }

    /// Ends the sessions of `agent` that are past their deadline at `now`; how many. Once it has returned, their places are
    /// free, also those of sessions that somebody else was just ending.
    pub(crate) fn reap(&self, agent: &Party, now: Nanos) -> u64 {
        let owner = Owner::of(agent);
        let (first, remove) =
            (|| self.members.first_due(owner, now), |due, id| self.members.remove(owner, due, id));
        self.reap_listed(first, remove, now)
    }

    /// Ends every session that is past its deadline at `now`; how many.
    pub(crate) fn reap_all(&self, now: Nanos) -> u64 {
        self.reap_listed(|| self.due.first_due(now), |due, id| self.due.remove(due, id), now)
    }

    /// Ends the sessions that `first` gives, one after the other, each until it is gone or `remove` takes its line out.
    fn reap_listed(
        &self,
        first: impl Fn() -> Option<(Nanos, SessionId)>,
        remove: impl Fn(Nanos, SessionId),
        now: Nanos,
    ) -> u64 {
        let (mut reaped, mut waits) = (0, 0);
        while let Some((due, id)) = first() {
            match self.get(id) {
                Some(entry) if self.expire(&entry, now) => reaped += 1,
                // Somebody else has ended it and is about to take the line out.
                Some(_) if waits < ATTEMPTS => {
                    back_off(waits);
                    waits += 1;
                }
                _ => remove(due, id),
            }
        }
        reaped
    }

    /// Removes expired and closed sessions, and the parties that nobody needs any more; how many sessions. Costs what it
    /// removes.
    pub(crate) fn sweep(&self, rules: &Rules, now: Nanos) -> u64 {
        self.reap_all(now);
        let mut removed = 0;
        // Bounded by what has ended so far, so that a sweep ends while others go on closing.
        for id in (0..self.ended.len()).map_while(|_| self.ended.pop()) {
            // Once more, in case an admission was under way when it ended; it stays until that is over.
            if self.get(id).is_some_and(|entry| !carve::give_back(&entry.lineage())) {
                self.ended.push(id);
                continue;
            }
            if let Some(entry) = self.sessions.pin().remove(&id) {
                self.size.release();
                removed += 1;
                // Who ended it while it was being listed, or listed anew, left its lines behind, and nobody else asks for its owner's.
                for (roster, owner) in self.rosters(entry) {
                    roster.remove(owner, entry.state.deadline(), id);
                }
                self.agents.forget(&entry.agent, rules, now);
                if let Some(tenant) = &entry.tenant {
                    self.tenants.forget(tenant, rules, now);
                }
            }
        }
        self.agents.forget_filled(rules, now);
        self.tenants.forget_filled(rules, now);
        removed
    }
}
