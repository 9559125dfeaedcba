//! Topping up: raising a live session's limits.

use super::{Session, Shared};
use crate::decision::CreateError;
use crate::error::Error;
use crate::events::EventKind;
use crate::meter::Limit;
use crate::session::{SessionState, denial_of};
use crate::store::Entry;
use crate::units::{NanoUsd, Nanos, Resource};

/// By how much a session's limits are raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TopUp {
    /// Tool calls.
    pub calls: u64,
    /// Steps.
    pub steps: u64,
    /// Steps discovered on the way.
    pub discovered_steps: u64,
    /// Model tokens.
    pub tokens: u64,
    /// Money.
    pub cost: NanoUsd,
    /// Time.
    pub time: Nanos,
}

impl TopUp {
    fn budgets(&self) -> [(Resource, u64); 5] {
        [
            (Resource::Calls, self.calls),
            (Resource::Steps, self.steps),
            (Resource::DiscoveredSteps, self.discovered_steps),
            (Resource::Tokens, self.tokens),
            (Resource::Cost, self.cost.get()),
        ]
    }
}

impl Session {
    /// Raises the session's limits. One that is paused stays so until it is resumed, and then goes on with what remained and what
    /// was added.
    ///
    /// Errors: [`CreateError::Invalid`] for a limit that is not there to be raised, that was carved out of the parent's, that
    /// would be more than the parent has, or more than can be counted; [`CreateError::Denied`] (`closed`, `expired`) where it has
    /// ended, or (`contended`) others were topping it up all the time. Nothing is raised then.
    pub fn top_up(&self, by: TopUp) -> Result<(), CreateError> {
        let (shared, entry) = self.parts();
        shared.top_up(entry, by)
    }
}

impl Shared {
    fn top_up(&self, entry: &Entry, by: TopUp) -> Result<(), CreateError> {
        let (session, parent) = (&entry.state, entry.parent.as_ref().map(|parent| &parent.state));
        let wider = |argument: &str, value: &dyn core::fmt::Display| {
            Error::new(argument, value, "raises the limit above the parent's")
        };
        let asked = || by.budgets().into_iter().filter(|&(_, amount)| amount > 0);
        for (resource, amount) in asked() {
            let raised = session.raised(resource, amount)?;
            let of_parent = entry.parent.as_ref().map_or(Limit::NO_BUDGET, |parent| parent.budget(resource));
            if raised > of_parent && raised != Limit::NO_BUDGET {
                return Err(wider(resource.argument(), &amount).into());
            }
        }
        let deadline = session.deadline();
        let later = deadline.saturating_add(by.time);
        if later.saturating_sub(deadline) < by.time {
            return Err(Error::new("time", by.time, "raises the limit above what can be counted").into());
        }
        if parent.is_some_and(|parent| later > parent.deadline()) && by.time > Nanos::ZERO {
            return Err(wider("time", &by.time).into());
        }
        self.still_there(entry)?;
        if by.time > Nanos::ZERO {
            self.extend(entry, by.time)?;
            session.marks.clear(SessionState::mark_of(Resource::Time));
        }
        for (resource, amount) in asked() {
            session.raise(resource, amount)?;
            session.marks.clear(SessionState::mark_of(resource));
            self.forget_warned(entry, resource);
        }
        entry.calm.renew(session, entry.outlook(&self.rules).warn_ppm());
        let mut amounts = by.budgets().to_vec();
        amounts.push((Resource::Time, by.time.get()));
        self.tell_amounts(EventKind::ToppedUp, entry, &amounts, self.clock.now());
        Ok(())
    }

    /// Lets those who were delegated from `entry` tell anew that its budget of `resource` is running low.
    fn forget_warned(&self, entry: &Entry, resource: Resource) {
        for child in self.store.children(entry) {
            child.state.marks.clear(SessionState::mark_above(resource));
            self.forget_warned(&child, resource);
        }
    }

    /// Moves the deadline by `time`. Errors: it has passed already, or the session has ended.
    fn extend(&self, entry: &Entry, time: Nanos) -> Result<(), CreateError> {
        if let Some((from, to)) = entry.state.extend(time, self.clock.now()) {
            self.store.redate(entry, from, to);
        }
        self.still_there(entry)
    }

    /// Errors: `entry` has ended.
    fn still_there(&self, entry: &Entry) -> Result<(), CreateError> {
        self.store.expire(entry, self.clock.now());
        let status = entry.state.status(self.clock.now());
        match denial_of(status) {
            Some(_) if status.is_terminal() => Err(self.refuse(entry, status).into()),
            _ => Ok(()),
        }
    }
}
