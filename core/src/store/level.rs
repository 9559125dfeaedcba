//! [`Level`]: what the agent and the tenant of a session allow under one policy, kept with the session, so that a decision reads neither their
//! pointers to it nor the policy.
//!
//! Immutable, and added to a row that only grows: whoever finds one of the generation in force may use it for as long as it looks at the session,
//! and nothing needs to be taken back. A session that has lived through more policies than the row holds goes the long way round.

use std::sync::Arc;

use super::party::Terms;
use crate::sync::OnceLock;

/// Of how many policies a session keeps what they say.
const MOST: usize = 8;

/// What is said under one policy.
#[derive(Debug)]
pub(crate) struct Level {
    generation: u64,
    /// Of the agent, if its calls are limited.
    pub(crate) agent: Option<Arc<Terms>>,
    /// Of the tenant, if its calls are limited.
    pub(crate) tenant: Option<Arc<Terms>>,
    next: OnceLock<Box<Level>>,
}

/// The levels of a session, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Levels(OnceLock<Box<Level>>);

impl Levels {
    /// What is said under the policy of `generation`, if that was kept.
    #[inline]
    pub(crate) fn of(&self, generation: u64) -> Option<&Level> {
        let mut level = self.0.get()?;
        while level.generation != generation {
            level = level.next.get()?;
        }
        Some(level)
    }

    /// Keeps what the policy of `generation` says; whether there is room for it.
    pub(crate) fn keep(
        &self,
        generation: u64,
        agent: Option<&Arc<Terms>>,
        tenant: Option<&Arc<Terms>>,
    ) -> bool {
        let mut place = &self.0;
        for _ in 0..MOST {
            let (agent, tenant) = (agent.cloned(), tenant.cloned());
            let made = || Box::new(Level { generation, agent, tenant, next: OnceLock::new() });
            // Whoever is first at a place keeps it: others of the same generation find it, of another one go on to the next.
            let level = place.get_or_init(made);
            if level.generation == generation {
                return true;
            }
            place = &level.next;
        }
        false
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn each_generation_is_kept_once_and_the_row_is_bounded() {
        let levels = Levels::default();
        assert!(levels.of(1).is_none());
        let most = u64::try_from(MOST).expect("few");
        for generation in (1..=most).chain(1..=most) {
            assert!(levels.keep(generation, None, None));
            assert_eq!(levels.of(generation).map(|level| level.generation), Some(generation));
        }
        assert!(!levels.keep(most + 1, None, None) && levels.of(most + 1).is_none());
    }
}
