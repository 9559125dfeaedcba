//! What a long-running execution tells of itself: how deep it is, how much memory it uses, how long a step takes.

use std::sync::Arc;

use super::{Enforcer, Session, Shared};
use crate::cell::Latch;
use crate::decision::{Denial, Evidence, Reason};
use crate::depth::Level;
use crate::step_timeout::{StepTimedOut, StepTimeout};
use crate::store::Entry;
use crate::units::{Nanos, Resource, Scope};

/// A level of discovery that was entered. Left once: by [`Descent::leave`], or when it is dropped.
///
/// ```
/// use allotment::{Enforcer, Execution, Policy, Reason, SessionSpec};
/// let enforcer = Enforcer::new(Policy::default())?;
/// let two_deep = Execution { depth: Some(2), ..Execution::DISABLED };
/// let session = enforcer.create(SessionSpec::new("agent-7").execution(two_deep))?;
/// let first = session.descend()?;
/// let second = session.descend()?;
/// assert_eq!(second.level(), 2);
/// assert_eq!(session.descend().unwrap_err().reason(), Reason::DepthExceeded);
/// drop(second);
/// assert!(session.descend().is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropped, the level is left again"]
#[derive(Debug)]
pub struct Descent {
    entry: Arc<Entry>,
    level: u64,
    left: Latch,
}

impl Descent {
    /// How deep it is; the first level is 1.
    #[must_use]
    pub fn level(&self) -> u64 {
        self.level
    }

    /// Leaves it, unless it was left before; whether it was not.
    pub fn leave(&self) -> bool {
        self.left.shut() && self.entry.state.watch().depth.leave()
    }
}

impl Drop for Descent {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A step that began when this was made and may take so long. It stops nothing by itself: the step has to ask.
#[derive(Debug, Clone)]
pub struct StepTimer {
    shared: Arc<Shared>,
    timeout: StepTimeout,
}

impl StepTimer {
    /// The time since the step began.
    #[must_use]
    pub fn elapsed(&self) -> Nanos {
        self.timeout.elapsed(self.shared.clock.now())
    }

    /// What is left, never less than zero.
    #[must_use]
    pub fn remaining(&self) -> Nanos {
        self.timeout.remaining(self.shared.clock.now())
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn has_timed_out(&self) -> bool {
        self.timeout.timed_out(self.shared.clock.now())
    }

    /// Errors: nothing is left.
    pub fn check(&self) -> Result<(), StepTimedOut> {
        self.timeout.check(self.shared.clock.now())
    }
}

impl Session {
    /// Enters the next level of discovery. Denials: `depth_exceeded`, and what the session is instead of active.
    pub fn descend(&self) -> Result<Descent, Denial> {
        let (shared, entry) = self.parts();
        let now = shared.clock.now();
        shared.descend(entry, now).map_err(|evidence| {
            let request = super::request::Request::of(&[]);
            shared.deny(entry, &request, evidence, now)
        })
    }

    /// Says that `bytes` of memory were seen in use. More than the limit denies every call until less is seen. Whether it is within
    /// the limit.
    #[expect(clippy::must_use_candidate, reason = "called for its effect")]
    pub fn observe_memory(&self, bytes: u64) -> bool {
        let (_, entry) = self.parts();
        let watch = entry.state.watch();
        watch.observe(bytes);
        watch.memory().1.is_none_or(|limit| bytes <= limit)
    }

    /// Begins a step that may take less than `limit`, on the enforcer's clock.
    #[must_use]
    pub fn step_timer(&self, limit: impl Into<Nanos>) -> StepTimer {
        let (shared, _) = self.parts();
        StepTimer { shared: Arc::clone(shared), timeout: StepTimeout::new(limit.into(), shared.clock.now()) }
    }
}

impl Enforcer {
    /// [`Session::step_timer`] without a session.
    #[must_use]
    pub fn step_timer(&self, limit: impl Into<Nanos>) -> StepTimer {
        let shared = &self.shared;
        StepTimer { shared: Arc::clone(shared), timeout: StepTimeout::new(limit.into(), shared.clock.now()) }
    }
}

impl Shared {
    fn descend(&self, entry: &Arc<Entry>, now: Nanos) -> Result<Descent, Evidence> {
        self.check_status(entry, now)?;
        let watch = entry.state.watch();
        match watch.depth.enter(watch.max_depth()) {
            Ok(Level(level)) => {
                entry.touch(now);
                Ok(Descent { entry: Arc::clone(entry), level, left: Latch::default() })
            }
            Err(too_deep) => Err(Evidence {
                scope: Some(Scope::Session),
                resource: Some(Resource::Depth),
                limit: Some(too_deep.max),
                used: Some(too_deep.current),
                requested: Some(1),
                ..Evidence::of(Reason::DepthExceeded)
            }),
        }
    }
}
