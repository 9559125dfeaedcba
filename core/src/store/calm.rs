//! [`Calm`]: how far a session is from anything that has to be noted, so that the plain decision need not look.

use crate::cell::Stamp;
use crate::decision::low_at;
use crate::meter::Limit;
use crate::session::SessionState;
use crate::units::{Nanos, Resource};

/// Up to how many calls spent, and until when, a grant has nothing to note: neither that the calls nor that the time are running
/// low, unless that was noted before; nor that anything else of the session is low.
///
/// Never more than the budget and the deadline are: both are only ever raised, so one that is out of date is too low, and
/// sends a call the long way round.
#[derive(Debug)]
pub(crate) struct Calm {
    calls: Stamp,
    until: Stamp,
}

impl Default for Calm {
    fn default() -> Self {
        Self { calls: Stamp::new(0), until: Stamp::new(0) }
    }
}

impl Calm {
    /// How many calls may be spent.
    #[inline]
    pub(crate) fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// Until when.
    #[inline]
    pub(crate) fn until(&self) -> Nanos {
        Nanos::new(self.until.get())
    }

    /// Works it out anew, with warnings from `warn_ppm` millionths left on.
    pub(crate) fn renew(&self, session: &SessionState, warn_ppm: u32) {
        let noted = |resource| session.marks.has(SessionState::mark_of(resource));
        let budget = session.calls_limit().budget;
        let quiet = budget == Limit::NO_BUDGET || noted(Resource::Calls);
        let calls = if session.low_beside(warn_ppm).next().is_some() {
            // Every decision has to say so, also one that takes nothing of it.
            0
        } else if quiet {
            budget
        } else {
            low_at(budget, warn_ppm).map_or(budget, |low| low.saturating_sub(1))
        };
        let (created, is_up) = (session.created_at(), session.time_is_up_at());
        let limit = is_up.saturating_sub(created).get();
        let low = low_at(limit, warn_ppm).filter(|_| !noted(Resource::Time));
        let until = low.map_or(is_up, |low| created.saturating_add(Nanos::new(low)));
        self.calls.set(calls);
        self.until.set(until.min(is_up).get());
    }
}
