//! [`Grant`]: an admitted call, what is left after it, and what is running low.

use core::fmt;

use super::denial::Shown;
use crate::intent::{Tier, ToolClass};
use crate::units::{Nanos, Resource, Scope};

/// What an account has spent of a resource, and the limit if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Units spent.
    pub spent: u64,
    /// The budget in units; `None` for no budget.
    pub limit: Option<u64>,
}

impl Balance {
    /// What is left, `None` for no budget. An overrun leaves nothing, not less.
    #[must_use]
    pub fn remaining(self) -> Option<u64> {
        self.limit.map(|limit| limit.saturating_sub(self.spent))
    }

    /// The warning this balance is worth, if at most `ppm` millionths of the limit are left.
    pub(crate) fn warning(self, scope: Scope, resource: Resource, ppm: u32) -> Option<LimitWarning> {
        let (limit, remaining) = (self.limit?, self.remaining()?);
        is_low(remaining, limit, ppm).then_some(LimitWarning { scope, resource, remaining, limit })
    }
}

/// Whether `remaining` is at or below `ppm` millionths of `limit`. Inclusive: at 20 %, 20 of 100 is low and 21 is not.
fn is_low(remaining: u64, limit: u64, ppm: u32) -> bool {
    ppm > 0 && u128::from(remaining) * 1_000_000 <= u128::from(limit) * u128::from(ppm)
}

/// From how many units of `limit` spent on it is low; `None` for never.
pub(crate) fn low_at(limit: u64, ppm: u32) -> Option<u64> {
    let left = u128::from(limit) * u128::from(ppm) / 1_000_000;
    (ppm > 0).then(|| limit - u64::try_from(left).unwrap_or(limit))
}

/// A budget or the time of a session that is running low.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitWarning {
    /// Whose it is.
    pub scope: Scope,
    /// Of what.
    pub resource: Resource,
    /// What is left: calls, steps, tokens, nano-dollars; nanoseconds for time.
    pub remaining: u64,
    /// The whole of it, in the same unit.
    pub limit: u64,
}

impl LimitWarning {
    /// What is left, in percent of the whole, rounded down.
    #[must_use]
    pub fn percent(self) -> u64 {
        let percent = (u128::from(self.remaining) * 100).checked_div(u128::from(self.limit)).unwrap_or(0);
        u64::try_from(percent).unwrap_or(100)
    }
}

impl fmt::Display for LimitWarning {
    /// `budget low: 20 of 100 calls remaining (20%)`, `time low: 360s remaining (20%)`; other accounts say whose.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scope != Scope::Session {
            write!(f, "{} ", self.scope)?;
        }
        let Self { resource, remaining, limit, .. } = *self;
        match resource {
            Resource::Time => write!(f, "time low: {}s remaining", remaining / 1_000_000_000)?,
            Resource::Idle => write!(f, "idle: {}s until the timeout", remaining / 1_000_000_000)?,
            _ => write!(
                f,
                "budget low: {} of {} {resource} remaining",
                Shown(resource, remaining),
                Shown(resource, limit)
            )?,
        }
        write!(f, " ({}%)", self.percent())
    }
}

/// An admitted call (or batch). Everything it demanded has been debited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant<'t> {
    pub(crate) tool: Option<&'t str>,
    pub(crate) calls: Balance,
    pub(crate) now: Nanos,
    /// When the session's time is up, and when it began.
    pub(crate) is_up_at: Nanos,
    pub(crate) created_at: Nanos,
    pub(crate) warn_ppm: u32,
    /// What else there is to say. Rare, so boxed and mostly absent.
    pub(crate) beside: Option<Box<Beside>>,
}

/// What a grant has to say beside the session's calls and time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Beside {
    /// What other accounts, and other resources than calls, have to warn of.
    pub(crate) low: Vec<LimitWarning>,
    pub(crate) drift: Option<Drift>,
}

impl Beside {
    pub(crate) fn boxed(self) -> Option<Box<Self>> {
        (!self.low.is_empty() || self.drift.is_some()).then(|| Box::new(self))
    }
}

/// A call that the session's intent does not allow, and that was admitted all the same because the policy only warns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drift {
    /// What the intent says that the session will do.
    pub tier: Tier,
    /// What the tool does.
    pub class: ToolClass,
}

impl fmt::Display for Drift {
    /// `intent drift: the intent is read, the tool admin`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "intent drift: the intent is {}, the tool {}", self.tier, self.class)
    }
}

impl<'t> Grant<'t> {
    /// The tool, to dispatch by; `None` for a batch.
    #[must_use]
    pub fn tool(&self) -> Option<&'t str> {
        self.tool
    }

    /// The session's calls after this admission.
    #[must_use]
    pub fn calls(&self) -> Balance {
        self.calls
    }

    /// The session's calls left after this admission, `None` for no budget.
    #[must_use]
    pub fn remaining(&self) -> Option<u64> {
        self.calls.remaining()
    }

    /// The time left until the session expires.
    #[must_use]
    pub fn time_left(&self) -> Nanos {
        self.is_up_at.saturating_sub(self.now)
    }

    /// What is running low after this admission: the session's calls and time, then the rest in the order of the
    /// admission.
    pub fn warnings(&self) -> impl Iterator<Item = LimitWarning> {
        let limit = self.is_up_at.saturating_sub(self.created_at);
        let time = Balance { spent: limit.saturating_sub(self.time_left()).get(), limit: Some(limit.get()) };
        let own = [
            self.calls.warning(Scope::Session, Resource::Calls, self.warn_ppm),
            time.warning(Scope::Session, Resource::Time, self.warn_ppm),
        ];
        own.into_iter().flatten().chain(self.beside.iter().flat_map(|beside| beside.low.iter().copied()))
    }

    /// How the call drifts from the session's intent, if it does; of a batch the first that does.
    #[must_use]
    pub fn drift(&self) -> Option<Drift> {
        self.beside.as_ref()?.drift
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn warning(resource: Resource, spent: u64, limit: u64) -> Option<String> {
        let balance = Balance { spent, limit: Some(limit) };
        balance.warning(Scope::Session, resource, 200_000).map(|w| w.to_string())
    }

    #[test]
    // G7, G8
    fn g7_g8_low_is_inclusive_at_the_threshold_and_says_how_much_is_left() {
        assert_eq!(warning(Resource::Calls, 79, 100), None);
        assert_eq!(
            warning(Resource::Calls, 80, 100).as_deref(),
            Some("budget low: 20 of 100 calls remaining (20%)")
        );
        let minute = 60_000_000_000;
        assert_eq!(
            warning(Resource::Time, 24 * minute, 30 * minute).as_deref(),
            Some("time low: 360s remaining (20%)")
        );
        assert_eq!(
            warning(Resource::Cost, 4_500_000_000, 5_000_000_000).as_deref(),
            Some("budget low: $0.50 of $5.00 cost remaining (10%)")
        );
    }

    #[test]
    fn a_threshold_of_zero_never_warns_and_an_overrun_leaves_nothing() {
        let overrun = Balance { spent: 12, limit: Some(10) };
        assert_eq!(overrun.remaining(), Some(0));
        assert_eq!(overrun.warning(Scope::Session, Resource::Calls, 0), None);
    }

    #[test]
    fn an_idle_session_is_warned_by_when_to_do_something() {
        assert_eq!(
            warning(Resource::Idle, 90_000_000_000, 100_000_000_000).as_deref(),
            Some("idle: 10s until the timeout (10%)")
        );
    }

    proptest! {
        /// What is worked out beforehand for a limit is what is asked of each balance.
        #[test]
        fn it_is_low_from_the_first_spent_unit_on_at_which_it_is_low(
            limit in prop_oneof![0..200u64, any::<u64>()],
            ppm in prop_oneof![Just(0u32), Just(1_000_000), 0..=1_000_000u32],
        ) {
            match low_at(limit, ppm) {
                None => prop_assert!(ppm == 0 && !is_low(0, limit, ppm)),
                Some(spent) => {
                    prop_assert!(is_low(limit - spent, limit, ppm));
                    prop_assert!(spent == 0 || !is_low(limit - spent + 1, limit, ppm));
                }
            }
        }
    }
}
