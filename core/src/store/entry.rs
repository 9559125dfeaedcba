//! [`Entry`]: a session as the store holds it, with its agent and tenant.

use core::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use super::calm::Calm;
use super::party::Party;
use super::rules::Rules;
use crate::cell::Stamp;
use crate::fit::all_fit;
use crate::meter::Limit;
use crate::session::SessionState;
use crate::units::{Nanos, Resource, SessionId};

/// A session with the parties whose limits it shares.
///
/// **Layout.** What a plain decision reads stands on the first two cache lines of its own, which come from memory together: outlook, calm, agent
/// and the word on the first; tools, limit, plan, deadline on the second (`the_plain_decision_reads_two_lines`). No line is shared with
/// another session, so sessions of different threads do not wait for each other.
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
}

/// What a decision has to know of the policy, in one word: of which generation it is, from how many millionths left on
/// it warns, and what it need not look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outlook(u64);

const FLAG_BITS: u32 = 3;
const PPM_BITS: u32 = 20;
const GENERATION_AT: u32 = FLAG_BITS + PPM_BITS;

impl Outlook {
    /// A call needs no more than the session's own calls: nobody else limits it, every tool fits and counts for one, nothing is
    /// watched, and grants are not recorded.
    const PLAIN: u64 = 1;
    /// Every tool that is authorised fits and counts for one call.
    const FITS: u64 = 1 << 1;
    /// Grants are recorded.
    const TELLS_GRANTS: u64 = 1 << 2;

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
        Self { state, agent, tenant, parent, outlook: Stamp::new(0), calm: Calm::default() }
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

    /// The agent, and the tenant if there is one: in naming order.
    pub(crate) fn parties(&self) -> impl Iterator<Item = &Arc<Party>> {
        std::iter::once(&self.agent).chain(&self.tenant)
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
            let mut alone = self.parent.is_none();
            // All of one policy, or again: alone under a mixture of two it may be under neither.
            let whole = self.parties().all(|party| {
                let terms = party.terms(rules, governing.generation);
                alone &= terms.allowance.is_none();
                terms.generation == governing.generation
            });
            if whole {
                let policy = &*governing.policy;
                let fits = all_fit(policy, &self.state.identity, self.state.tools());
                let grants = policy.events().grants;
                let plain = alone && fits && !grants && self.state.watched().is_none();
                let flag = |is: bool, flag: u64| if is { flag } else { 0 };
                let flags = flag(plain, Outlook::PLAIN)
                    | flag(fits, Outlook::FITS)
                    | flag(grants, Outlook::TELLS_GRANTS);
                let outlook = Outlook::new(governing.generation, policy.warn_ppm(), flags);
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
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            // The version and variant bits of a UUID are constant; the product spreads the rest over all bits.
            self.0 = (self.0 ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
        }
    }

    fn write_usize(&mut self, _length_prefix: usize) {}

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
        assert_eq!(offset_of!(Entry, state), 32, "the word is on the first line");
        assert!(SessionState::read_by_a_plain_decision() <= 128 - 32);
        assert_eq!(size_of::<Entry>(), 256);
    }
}
