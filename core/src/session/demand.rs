//! [`Demand`]: what one admission takes of one session (L3).

use crate::account::{BESIDE_CALLS, METERED, Resources, place_of};
use crate::meter::Take;
use crate::tools::Tool;
use crate::units::{Resource, Usage};

/// What a call demands of its session.
#[derive(Debug, Clone, Default)]
pub(crate) struct Demand {
    /// How much of each metered resource, in the order of `METERED`.
    amounts: [u64; METERED.len()],
    /// How many calls on each capped tool, by slot.
    pub(super) caps: smallvec::SmallVec<[(u32, u64); 2]>,
    /// Whether only budgets are handed over; what is done with them comes later and at its own pace.
    handed_over: bool,
}

impl Demand {
    /// A demand of `usage`, its tokens weighed, and no call yet.
    #[inline]
    pub(crate) fn of_usage(usage: Usage) -> Self {
        let Usage { tokens, cost, steps, discovered_steps, .. } = usage;
        Self { amounts: [0, steps, discovered_steps, tokens, cost.get()], ..Self::default() }
    }

    /// A budget of `calls` and `usage` to be handed over to another session.
    pub(crate) fn handed_over(calls: u64, usage: Usage) -> Self {
        let mut demand = Self { handed_over: true, ..Self::of_usage(usage) };
        demand.amounts[0] = calls;
        demand
    }

    /// Adds one call of `tool`, which counts for `weight` calls; its own cap counts it as one.
    #[inline]
    pub(crate) fn add(&mut self, tool: Tool, weight: u64) {
        self.amounts[0] = self.amounts[0].saturating_add(weight);
        if let Some(slot) = tool.slot {
            match self.caps.iter_mut().find(|(s, _)| *s == slot) {
                Some((_, calls)) => *calls += 1,
                None => self.caps.push((slot, 1)),
            }
        }
    }

    /// Whether nothing at all is demanded.
    pub(crate) fn is_nothing(&self) -> bool {
        self.amounts == [0; METERED.len()]
    }

    /// Whether nothing but calls is demanded.
    #[inline]
    pub(crate) fn is_only_calls(&self) -> bool {
        self.amounts[1..] == [0; BESIDE_CALLS]
    }

    /// What is demanded of `resource`.
    #[inline]
    pub(crate) fn of(&self, resource: Resource) -> u64 {
        place_of(resource).map_or(0, |place| self.amounts[place])
    }

    /// What is to be taken of the meter of `resource`, of an account that has handed over the budgets of `handed` before: of those,
    /// only the pace.
    #[inline]
    pub(crate) fn take(&self, resource: Resource, handed: Resources) -> Take {
        let amount = self.of(resource);
        Take {
            units: if handed.has(resource) { 0 } else { amount },
            paced: if self.handed_over { 0 } else { amount },
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::units::NanoUsd;

    #[test]
    fn a_demand_knows_whether_it_is_one_and_of_what() {
        let beside = [
            Usage::tokens(1),
            Usage::NONE.cost(NanoUsd::new(1)),
            Usage::NONE.steps(1),
            Usage::NONE.discovered_steps(1),
        ];
        for usage in beside {
            let demand = Demand::of_usage(usage);
            assert!(!demand.is_nothing() && !demand.is_only_calls(), "{usage:?}");
        }
        let mut demand = Demand::default();
        assert!(demand.is_nothing() && demand.is_only_calls());
        demand.add(Tool { slot: None }, 2);
        assert!(!demand.is_nothing() && demand.is_only_calls());
    }
}
