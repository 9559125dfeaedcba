//! [`Demand`]: what one admission takes of one session (L3).

use crate::account::{METERED, Resources};
use crate::meter::Take;
use crate::tools::Tool;
use crate::units::{Resource, Usage};

/// What a call demands of its session.
#[derive(Debug, Clone, Default)]
pub(crate) struct Demand {
    calls: u64,
    usage: Usage,
    /// How many calls on each capped tool, by slot.
    pub(super) caps: smallvec::SmallVec<[(u32, u64); 2]>,
    /// Whether only budgets are handed over; what is done with them comes later and at its own pace.
    handed_over: bool,
}

impl Demand {
    /// A demand of `usage`, its tokens weighed, and no call yet.
    pub(crate) fn of_usage(usage: Usage) -> Self {
        Self { usage, ..Self::default() }
    }

    /// A budget of `calls` and `usage` to be handed over to another session.
    pub(crate) fn handed_over(calls: u64, usage: Usage) -> Self {
        Self { calls, usage, handed_over: true, ..Self::default() }
    }

    /// Adds one call of `tool`, which counts for `weight` calls; its own cap counts it as one.
    pub(crate) fn add(&mut self, tool: Tool, weight: u64) {
        self.calls = self.calls.saturating_add(weight);
        if let Some(slot) = tool.slot {
            match self.caps.iter_mut().find(|(s, _)| *s == slot) {
                Some((_, calls)) => *calls += 1,
                None => self.caps.push((slot, 1)),
            }
        }
    }

    /// Whether nothing at all is demanded.
    pub(crate) fn is_nothing(&self) -> bool {
        METERED.iter().all(|&resource| self.of(resource) == 0)
    }

    /// What is demanded of `resource`.
    pub(crate) fn of(&self, resource: Resource) -> u64 {
        match resource {
            Resource::Calls => self.calls,
            Resource::Steps => self.usage.steps,
            Resource::DiscoveredSteps => self.usage.discovered_steps,
            Resource::Tokens => self.usage.tokens,
            Resource::Cost => self.usage.cost.get(),
            _ => 0,
        }
    }

    /// What is to be taken of the meter of `resource`, of an account that has handed over the budgets of `handed` before: of those,
    /// only the pace.
    pub(crate) fn take(&self, resource: Resource, handed: Resources) -> Take {
        let amount = self.of(resource);
        Take {
            units: if handed.has(resource) { 0 } else { amount },
            paced: if self.handed_over { 0 } else { amount },
        }
    }
}
