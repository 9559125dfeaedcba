//! [`Entry`]: a session as the store holds it, with its agent and tenant.

use core::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use super::calm::Calm;
use super::level::Levels;
use super::party::Party;
use super::rules::Rules;
use crate::cell::Stamp;
use crate::fit::all_fit;
use crate::meter::Limit;
use crate::session::SessionState;
use crate::units::{Nanos, Resource, SessionId};

/// A session with the parties whose limits it shares.
///
/// **Layout.** A plain decision reads two cache lines of its own (`the_plain_decision_reads_two_lines`). Nothing on the first changes with it, so
/// threads that share a session all keep a copy: outlook, calm, agent, tools, limit, plan. On the second stand the word, which is fought for,
/// and what is read just before it is swapped: deadline and birth. No line is shared with another session, so sessions of different
/// threads do not wait for each other.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Entry {
    /// The last [`Outlook`] that a decision worked out.
    outlook: Stamp,
    pub(crate) calm: Calm,
    pub(crate) agent: Arc<Party>,
    pub(crate) state: SessionState,
    pub(crate) tenant: Option<Arc<Party>>,
    /// The session it was delegated from.
    pub(crate) parent: Option<Arc<Entry>>,
    /// What agent and tenant allow, where they limit calls.
    pub(crate) levels: Levels,
}

/// What a decision has to know of the policy, in one word: of which generation it is, from how many millionths left on
/// it warns, and what it need not look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outlook(u64);

const FLAG_BITS: u32 = 4;
const PPM_BITS: u32 = 20;
const GENERATION_AT: u32 = FLAG_BITS + PPM_BITS;

impl Outlook {
    /// A call needs no more than the session's own calls: nobody else limits them, every tool fits and counts for one, nothing is
    /// watched, and grants are not recorded.
    const PLAIN: u64 = 1;
    /// Every tool that is authorised fits and counts for one call.
    const FITS: u64 = 1 << 1;
    /// Grants are recorded.
    const TELLS_GRANTS: u64 = 1 << 2;
    /// The same as plain, but that the agent or the tenant limits calls too; what they allow is kept in the entry's levels.
    const LEVEL: u64 = 1 << 3;

    fn new(generation: u64, warn_ppm: u32, flags: u64) -> Self {
        Self(generation << GENERATION_AT | u64::from(warn_ppm) << FLAG_BITS | flags)
    }

    pub(crate) fn generation(self) -> u64 {
        self.0 >> GENERATION_AT
    }

    pub(crate) fn warn_ppm(self) -> u32 {
        u32::try_from(self.0 >> FLAG_BITS & ((1 << PPM_BITS) - 1)).unwrap_or(0)
    }

    /// Whether a call needs no more than one debit of the session's calls.
    #[inline]
    pub(crate) fn is_plain(self) -> bool {
        self.0 & Self::PLAIN != 0
    }

    /// Whether it needs besides no more than one of its agent's, or its tenant's, and what they allow is kept.
    #[inline]
    pub(crate) fn is_level(self) -> bool {
        self.0 & Self::LEVEL != 0
    }

    /// Whether no call of an authorised tool needs to be looked up in the policy.
    pub(crate) fn fits(self) -> bool {
        self.0 & Self::FITS != 0
    }

    /// Whether grants are recorded.
    pub(crate) fn tells_grants(self) -> bool {
        self.0 & Self::TELLS_GRANTS != 0
    }
}

impl Entry {
    pub(crate) fn new(
        state: SessionState,
        agent: Arc<Party>,
        tenant: Option<Arc<Party>>,
        parent: Option<Arc<Self>>,
    ) -> Self {
        Self {
            state,
            agent,
            tenant,
            parent,
            outlook: Stamp::new(0),
            calm: Calm::default(),
            levels: Levels::default(),
        }
    }

    /// The sessions it was delegated from, nearest first.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = &Arc<Self>> {
        std::iter::successors(self.parent.as_ref(), |entry| entry.parent.as_ref())
    }

    /// It, and the sessions it was delegated from, nearest first.
    pub(crate) fn lineage(&self) -> impl Iterator<Item = &SessionState> + Clone {
        std::iter::successors(Some(self), |entry| entry.parent.as_deref()).map(|entry| &entry.state)
    }

    /// The budget of `resource` that it has, be it its own or shared with those it was delegated from.
    pub(crate) fn budget(&self, resource: Resource) -> u64 {
        self.lineage().map(|session| session.limit(resource).budget).min().unwrap_or(Limit::NO_BUDGET)
    }

    /// Something was done at `now`, by it and so by all that it was delegated from: none of them is idle while it is not.
    pub(crate) fn touch(&self, now: Nanos) {
        self.lineage().filter_map(SessionState::watched).for_each(|watch| watch.touch(now));
    }

    pub(crate) fn id(&self) -> SessionId {
        self.state.identity.id
    }

    /// The outlook under the policy in force.
    #[inline]
    pub(crate) fn outlook(&self, rules: &Rules) -> Outlook {
        let outlook = Outlook(self.outlook.get());
        if outlook.generation() == rules.generation() { outlook } else { self.new_outlook(rules) }
    }

    /// The outlook under the newest policy, which for a moment during a swap is newer than the generation tells.
    #[cold]
    pub(crate) fn new_outlook(&self, rules: &Rules) -> Outlook {
        loop {
            let governing = rules.governing();
            let generation = governing.generation;
            let terms = |party: &Arc<Party>| Arc::clone(&party.terms(rules, generation));
            let (agent, tenant) = (terms(&self.agent), self.tenant.as_ref().map(terms));
            // All of one policy, or again: alone under a mixture of two it may be under neither.
            let whole = std::iter::once(&agent).chain(&tenant).all(|terms| terms.generation == generation);
            if whole {
                let policy = &*governing.policy;
                let fits = all_fit(policy, &self.state.identity, self.state.tools());
                let grants = policy.events().grants;
                let calls_only = self.parent.is_none() && fits && !grants && self.state.watched().is_none();
                let [agent, tenant] =
                    [Some(agent), tenant].map(|terms| terms.filter(|t| t.limits(Resource::Calls)));
                let plain = calls_only && agent.is_none() && tenant.is_none();
                // One that never has plenty is not worth a look.
                let some = agent.iter().chain(&tenant).all(|terms| terms.calm_calls > 0);
                let level = calls_only
                    && !plain
                    && some
                    && self.levels.keep(generation, agent.as_ref(), tenant.as_ref());
                let flag = |is: bool, flag: u64| if is { flag } else { 0 };
                let flags = flag(plain, Outlook::PLAIN)
                    | flag(level, Outlook::LEVEL)
                    | flag(fits, Outlook::FITS)
                    | flag(grants, Outlook::TELLS_GRANTS);
                let outlook = Outlook::new(generation, policy.warn_ppm(), flags);
                self.calm.renew(&self.state, outlook.warn_ppm());
                self.outlook.set(outlook.0);
                return outlook;
            }
        }
    }
}

/// Hashes a session's id by itself: it is random already, so it needs mixing only into the bits the map looks at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ById(u64);

impl BuildHasher for ById {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl Hasher for ById {
    fn write(&mut self, bytes: &[u8]) {
        // Nothing but ids is hashed; whatever else comes is told apart all the same.
        for &byte in bytes {
            self.write_u128(u128::from(self.0) << 8 | u128::from(byte));
        }
    }

    #[inline]
    fn write_u128(&mut self, id: u128) {
        // Of the two halves that the version and variant bits leave random.
        let [low, high] = [0, 64].map(|at| u64::try_from(id >> at & u128::from(u64::MAX)).unwrap_or(0));
        self.0 = (low ^ high.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use core::mem::{offset_of, size_of};

    use super::*;

    #[test]
    fn the_plain_decision_reads_two_lines() {
        let (read, word) = SessionState::bounds_of_a_plain_decision();
        let state = offset_of!(Entry, state);
        assert!(state + read <= 64, "what nobody changes");
        assert_eq!(((state + word.start) / 64, (state + word.end - 1) / 64), (1, 1), "the word");
        assert_eq!(size_of::<Entry>(), 256);
    }
}
