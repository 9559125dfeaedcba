//! How sessions come and go in the model, and get more: written from the contract as the rest of it.

use allotment::{Reason, Resource, Scope};

use super::ledger::Amounts;
use super::model::{Model, No, NotMade, Session, Standing};

impl Model {
    /// Creates `session`, whose parent, if any, has the budgets that are carved.
    pub(super) fn create(&mut self, session: Session) -> Result<(), NotMade> {
        if let Some(parent) = session.parent {
            self.standing(parent).map_err(NotMade::Denied)?;
            let above = &self.sessions[parent];
            let wider =
                |asked: Option<u64>, has: Option<u64>| asked.zip(has).is_some_and(|(asked, has)| asked > has);
            let budgets = (0..5).any(|r| wider(session.limits[r], self.pool(parent, r)));
            if budgets || wider(session.cap, self.cap(parent)) || session.heavy && !above.heavy {
                return Err(NotMade::Invalid);
            }
            let budgets =
                std::array::from_fn(|r| session.limits[r].filter(|_| session.carved[r]).unwrap_or(0));
            if session.carved.contains(&true) {
                Self::named(self.refusals(parent, budgets, 0, false)).map_err(NotMade::Denied)?;
            }
        }
        let (max, agent) = (self.rules.max_sessions, session.agent);
        let count = self.sessions.iter().filter(|s| s.agent == agent && !s.has_ended()).count() as u64;
        if count >= max {
            let figures = Some((Resource::Sessions, max, count, 1));
            let no = No::of(Reason::TooManySessions, Some(Scope::Agent));
            return Err(NotMade::Denied(vec![No { whose: Some(agent), figures, ..no }]));
        }
        self.sessions.push(session);
        Ok(())
    }

    /// The least cap on the tool that the session and those above it have.
    fn cap(&self, at: usize) -> Option<u64> {
        let session = &self.sessions[at];
        let above = session.parent.and_then(|parent| self.cap(parent));
        session.cap.into_iter().chain(above).min()
    }

    /// The least that the session and those above it have of the resource.
    fn pool(&self, at: usize, r: usize) -> Option<u64> {
        let session = &self.sessions[at];
        let above = session.parent.and_then(|parent| self.pool(parent, r));
        session.limits[r].into_iter().chain(above).min()
    }

    /// Raises budgets; `Invalid` where one is not there, was carved out, or would be more than the parent's.
    pub(super) fn top_up(&mut self, at: usize, by: Amounts) -> Result<(), NotMade> {
        let session = &self.sessions[at];
        for r in (0..5).filter(|&r| by[r] > 0) {
            let Some(limit) = session.limits[r].filter(|_| !session.carved[r]) else {
                return Err(NotMade::Invalid);
            };
            let above = session.parent.and_then(|parent| self.pool(parent, r));
            if above.is_some_and(|above| limit + by[r] > above) {
                return Err(NotMade::Invalid);
            }
        }
        if session.has_ended() {
            return Err(NotMade::Denied(vec![No::of(Reason::Closed, Some(Scope::Session))]));
        }
        let raised = |(limit, by): (Option<u64>, u64)| limit.map(|limit| limit + by);
        self.sessions[at].limits = std::array::from_fn(|r| raised((session.limits[r], by[r])));
        Ok(())
    }

    /// Pauses, or resumes.
    pub(super) fn hold(&mut self, at: usize, pause: bool) -> Result<(), Reason> {
        let session = &mut self.sessions[at];
        match session.standing {
            Standing::Paused if pause => return Err(Reason::Paused),
            Standing::Closed => return Err(Reason::Closed),
            _ => session.standing = if pause { Standing::Paused } else { Standing::Active },
        }
        Ok(())
    }

    /// Ends it and all that was delegated from it.
    pub(super) fn close(&mut self, at: usize) -> Result<(), Reason> {
        if self.sessions[at].has_ended() {
            return Err(Reason::Closed);
        }
        self.tree(at).into_iter().for_each(|at| self.sessions[at].standing = Standing::Closed);
        Ok(())
    }

    pub(super) fn close_agent(&mut self, agent: usize) {
        for at in (0..self.sessions.len()).filter(|&at| self.sessions[at].agent == agent).collect::<Vec<_>>()
        {
            self.close(at).ok();
        }
    }

    /// How many it removes.
    pub(super) fn sweep(&mut self) -> u64 {
        let ended = self.sessions.iter_mut().filter(|session| session.held && session.has_ended());
        ended.map(|session| session.held = false).count() as u64
    }
}
