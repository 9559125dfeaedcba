//! [`Watch`]: what is watched of a session besides its meters (L3): when it last did something, whether it repeats itself, how deep it
//! is, how much memory it was seen to use.

use crate::cell::Stamp;
use crate::depth::Depth;
use crate::policy::Execution;
use crate::streak::Streak;
use crate::units::{MAX_COST, NanoUsd, Nanos};

/// The part of a session that only long-running executions need.
#[derive(Debug)]
pub(crate) struct Watch {
    rules: Execution,
    last_activity: Stamp,
    /// In nano-dollars; raised by a top-up.
    cost_threshold: Option<Stamp>,
    memory: Stamp,
    pub(crate) streak: Streak,
    pub(crate) depth: Depth,
}

impl Watch {
    /// Whether `rules` limit anything that is watched.
    pub(crate) fn is_wanted(rules: &Execution) -> bool {
        *rules != Execution { grace: rules.grace, ..Execution::DISABLED }
    }

    /// Whether anything of it is limited.
    pub(crate) fn limits(&self) -> bool {
        Self::is_wanted(&self.rules)
    }

    pub(crate) fn new(rules: Execution, now: Nanos) -> Self {
        Self {
            rules,
            last_activity: Stamp::new(now.get()),
            cost_threshold: rules.cost.map(|cost| Stamp::new(cost.get())),
            memory: Stamp::new(0),
            streak: Streak::default(),
            depth: Depth::default(),
        }
    }

    /// Something was done at `now`.
    pub(crate) fn touch(&self, now: Nanos) {
        self.last_activity.raise(now.get());
    }

    /// When something was last done.
    pub(crate) fn last_activity(&self) -> Nanos {
        Nanos::new(self.last_activity.get())
    }

    /// For how long nothing was done, and how long that may be; `None` without such a limit.
    pub(crate) fn idle(&self, now: Nanos) -> Option<(Nanos, Nanos)> {
        self.rules.idle_timeout.map(|timeout| (now.saturating_sub(self.last_activity()), timeout))
    }

    /// From how much money spent on nothing is admitted.
    pub(crate) fn cost_threshold(&self) -> Option<NanoUsd> {
        self.cost_threshold.as_ref().map(|threshold| NanoUsd::new(threshold.get()))
    }

    /// Raises that by `amount` nano-dollars, if there is such a threshold.
    pub(crate) fn raise_threshold(&self, amount: u64) {
        if let Some(threshold) = &self.cost_threshold {
            let _ = threshold.add(amount, MAX_COST.get());
        }
    }

    /// How often in a row the same step may be taken.
    pub(crate) fn repetitions(&self) -> Option<u64> {
        self.rules.repetitions
    }

    /// How deep discoveries may nest.
    pub(crate) fn max_depth(&self) -> Option<u64> {
        self.rules.depth
    }

    /// `bytes` of memory were seen in use.
    pub(crate) fn observe(&self, bytes: u64) {
        self.memory.set(bytes);
    }

    /// The memory seen last, in bytes, and the most there may be.
    pub(crate) fn memory(&self) -> (u64, Option<u64>) {
        (self.memory.get(), self.rules.memory)
    }

    /// The limits.
    pub(crate) fn rules(&self) -> &Execution {
        &self.rules
    }
}
