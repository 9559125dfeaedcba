//! [`Limits`], [`PartyLimits`] and [`Defaults`]: which limits an account can have, and how large they may be.

use core::ops::RangeInclusive;

use crate::error::Error;
use crate::meter::{Grain, Plan};
use crate::units::{MAX_COST, MAX_COUNT, NanoUsd, Nanos, Rate, Sensitivity};

/// Any limits an account can have; `None` is no such limit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    /// How many tool calls in total.
    pub calls: Option<u64>,
    /// How many steps in total.
    pub steps: Option<u64>,
    /// How many steps discovered on the way in total.
    pub discovered_steps: Option<u64>,
    /// How many model tokens in total.
    pub tokens: Option<u64>,
    /// How much money in total.
    pub cost: Option<NanoUsd>,
    /// How fast calls may come.
    pub rate: Option<Rate>,
    /// How fast tokens may be used.
    pub tokens_rate: Option<Rate>,
    /// How fast money may be spent, in nano-US-dollars per window.
    pub cost_rate: Option<Rate>,
}

impl Limits {
    /// Checks that no budget is above its bound, 2⁴⁸ of what is counted and 2⁵⁴ nano-dollars, and that 100 years of each rate
    /// can be counted.
    ///
    /// Errors: the first that is too large, by its name in the policy file (`calls`, `cost_usd`, `rate`).
    pub fn check(&self) -> Result<(), Error> {
        at_most("calls", self.calls)?;
        at_most("steps", self.steps)?;
        at_most("discovered_steps", self.discovered_steps)?;
        at_most("tokens", self.tokens)?;
        if let Some(cost) = self.cost.filter(|&cost| cost > MAX_COST) {
            return Err(Error::new("cost_usd", cost, format!("is above the maximum {MAX_COST}")));
        }
        countable("rate", self.rate, Grain::Milli)?;
        countable("tokens_rate", self.tokens_rate, Grain::Milli)?;
        countable("cost_rate", self.cost_rate, Grain::Whole)
    }
}

/// The limits of an agent or a tenant, over all its sessions: a call has to fit them besides its session's own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartyLimits {
    /// How many sessions may be active at once. `None` is 10 for an agent and no cap for a tenant; to lift an agent's
    /// cap, set a large number.
    pub max_sessions: Option<u64>,
    /// What its sessions may use together.
    pub limits: Limits,
}

impl PartyLimits {
    /// The concurrent sessions of an agent that the policy says nothing about.
    pub const AGENT_SESSIONS: u64 = 10;

    /// Checks that `max_sessions` and every budget are within bounds.
    ///
    /// Errors: the first that is too large, by its name in the policy file.
    pub fn check(&self) -> Result<(), Error> {
        at_most("max_sessions", self.max_sessions)?;
        self.limits.check()
    }
}

/// What a session gets when its creator says nothing, and how long one may live at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Defaults {
    /// How long a session lives; 3600 s.
    pub time_limit: Nanos,
    /// The longest life a creator may ask for; 24 h, at most 365 days.
    pub max_time_limit: Nanos,
    /// The session's budgets and rates; 1000 calls and nothing else.
    pub limits: Limits,
    /// The ceiling of what its tools may touch; internal.
    pub sensitivity: Sensitivity,
    /// Whether a tool's name may be any text of 1 to 128 bytes without control characters, instead of only
    /// `[A-Za-z0-9_.:/-]`; no. Names are matched byte for byte, so that two which look alike are two tools.
    pub any_tool_name: bool,
    /// Whether sessions may call only tools that are known not to need the network (`ToolRules::network` is
    /// `Some(false)`), so that one of which nobody said it is denied; no.
    pub air_gap: bool,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            time_limit: Nanos::from_secs(3600),
            max_time_limit: Nanos::from_secs(24 * 3600),
            limits: Limits { calls: Some(1000), ..Limits::default() },
            sensitivity: Sensitivity::Internal,
            any_tool_name: false,
            air_gap: false,
        }
    }
}

impl Defaults {
    /// The shortest life of a session.
    pub const MIN_TIME_LIMIT: Nanos = Nanos::from_secs(1);
    /// The largest `max_time_limit`, 365 days.
    pub const LONGEST_TIME_LIMIT: Nanos = Nanos::from_secs(365 * 86_400);

    /// Checks every budget, and that 1 s ≤ `time_limit` ≤ `max_time_limit` ≤ 365 days.
    ///
    /// Errors: the first that is out of bounds, by its name in the policy file.
    pub fn check(&self) -> Result<(), Error> {
        self.limits.check()?;
        if !(Self::MIN_TIME_LIMIT..=Self::LONGEST_TIME_LIMIT).contains(&self.max_time_limit) {
            return Err(Error::new("max_time_limit", self.max_time_limit, "is outside 1 s to 365 days"));
        }
        self.check_time_limit(self.time_limit)
    }

    /// Checks a session's time limit against this policy: 1 s to `max_time_limit`.
    pub fn check_time_limit(&self, time_limit: Nanos) -> Result<(), Error> {
        if (Self::MIN_TIME_LIMIT..=self.max_time_limit).contains(&time_limit) {
            return Ok(());
        }
        let problem = format!("is outside 1 s to {} (`max_time_limit`)", self.max_time_limit);
        Err(Error::new("time_limit", time_limit, problem))
    }
}

fn countable(name: &str, rate: Option<Rate>, grain: Grain) -> Result<(), Error> {
    let plan = rate.map(|rate| Plan::new(rate, grain)).transpose();
    plan.map(drop).map_err(|error| Error::new(name, error.value(), error.problem()))
}

/// The largest of the numbers that are better small, 2²⁰.
pub(super) const MAX_SMALL: u64 = 1 << 20;

/// Errors: `number` is outside `range`.
pub(super) fn in_range(name: &str, number: u64, range: RangeInclusive<u64>) -> Result<(), Error> {
    if range.contains(&number) {
        return Ok(());
    }
    Err(Error::new(name, number, format!("is outside {} to {}", range.start(), range.end())))
}

/// Errors: `count` is above 2⁴⁸.
pub(super) fn at_most(name: &str, count: Option<u64>) -> Result<(), Error> {
    match count {
        Some(count) if count > MAX_COUNT => {
            Err(Error::new(name, count, format!("is above the maximum {MAX_COUNT}")))
        }
        _ => Ok(()),
    }
}
