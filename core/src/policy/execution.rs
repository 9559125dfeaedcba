//! Section `[execution]`: the limits of executions that run long and find their steps on the way.

use toml::Table;

use super::form::{
    count, limit, money, put, time, time_or_none, write_count, write_limit, write_money, write_time,
};
use super::limits::{Defaults, Limits, at_most, in_range};
use super::reader::{Item, Reader};
use crate::error::Error;
use crate::streak::Streak;
use crate::units::{NanoUsd, Nanos};

/// The limits of a long-running execution: a step, a call or a discovery past one of them is denied. `None` is no such
/// limit. The default is [`Execution::DISABLED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Execution {
    /// How many steps it may discover on the way.
    pub discovered_steps: Option<u64>,
    /// How deep discoveries may nest.
    pub depth: Option<u64>,
    /// The threshold of its cost: it is blocked once it has spent this much (spent ≥ cost), however little the next step
    /// costs. Unlike a budget, the step that reaches the threshold may pass it.
    pub cost: Option<NanoUsd>,
    /// How long it may do nothing: it is blocked once it has been idle this long (idle ≥ timeout). Above zero and at
    /// most 365 days.
    pub idle_timeout: Option<Nanos>,
    /// The same step this many times in a row is a loop; at least 1.
    pub repetitions: Option<u64>,
    /// How far past its time limit it may still run before the wall time blocks it; what is reported is the limit, without
    /// the grace. 1000 ms unless set, at most 24 h.
    pub grace: Nanos,
    /// How much memory it may be seen to use, in bytes; none in any preset.
    pub memory: Option<u64>,
}

/// A preset name with its limits.
type Preset = (&'static str, Execution);

impl Execution {
    /// 50 discovered steps, 5 deep, $5, 1800 s idle, 3 repetitions.
    pub const STANDARD: Self = Self::of(Some(50), Some(5), 5, 1800, Some(3));
    /// 300 discovered steps, 10 deep, $50, 14400 s idle, 5 repetitions.
    pub const EXTENDED: Self = Self::of(Some(300), Some(10), 50, 14_400, Some(5));
    /// $100 and 86400 s idle, and nothing else.
    pub const UNLIMITED: Self = Self::of(None, None, 100, 86_400, None);
    /// No limit at all; the grace is 1000 ms as everywhere.
    pub const DISABLED: Self = Self { cost: None, idle_timeout: None, ..Self::UNLIMITED };

    /// The longest `grace`.
    pub const LONGEST_GRACE: Nanos = Nanos::from_secs(86_400);

    const PRESETS: [Preset; 4] = [
        ("disabled", Self::DISABLED),
        ("standard", Self::STANDARD),
        ("extended", Self::EXTENDED),
        ("unlimited", Self::UNLIMITED),
    ];

    const fn of(
        discovered_steps: Option<u64>,
        depth: Option<u64>,
        usd: u64,
        idle_secs: u64,
        repetitions: Option<u64>,
    ) -> Self {
        Self {
            discovered_steps,
            depth,
            cost: Some(NanoUsd::new(usd * 1_000_000_000)),
            idle_timeout: Some(Nanos::from_secs(idle_secs)),
            repetitions,
            grace: Nanos::from_secs(1),
            memory: None,
        }
    }

    /// The limits that go by this name: `standard`, `extended`, `unlimited`, `disabled`.
    ///
    /// Errors: any other name.
    pub fn preset(name: &str) -> Result<Self, Error> {
        let found = Self::PRESETS.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, limits)| limits).ok_or_else(|| {
            Error::new("preset", format_args!("{name:?}"), "is not standard, extended, unlimited or disabled")
        })
    }

    /// Checks that every count is at most 2⁴⁸ and the cost at most 2⁵⁴ nano-dollars, that repetitions are 1 to
    /// 65,535, and that the times are within bounds.
    ///
    /// Errors: the first that is not, by its name in the policy file (`cost_usd`).
    pub fn check(&self) -> Result<(), Error> {
        at_most("discovered_steps", self.discovered_steps)?;
        at_most("depth", self.depth)?;
        Limits { cost: self.cost, ..Limits::default() }.check()?;
        match self.idle_timeout {
            Some(timeout) if timeout == Nanos::ZERO || timeout > Defaults::LONGEST_TIME_LIMIT => {
                return Err(Error::new("idle_timeout", timeout, "is not above 0 and at most 365 days"));
            }
            _ => {}
        }
        if let Some(repetitions) = self.repetitions {
            in_range("repetitions", repetitions, 1..=Streak::LIMIT_MAX)?;
        }
        if self.grace > Self::LONGEST_GRACE {
            return Err(Error::new("grace", self.grace, "is above the maximum 24 h"));
        }
        at_most("memory", self.memory)
    }
}

impl Default for Execution {
    fn default() -> Self {
        Self::DISABLED
    }
}

/// The preset, and what is said beside it.
pub(super) fn read(section: &mut Reader) -> Result<Execution, Error> {
    let preset = section.get("preset", preset)?.unwrap_or_default();
    let execution = Execution {
        discovered_steps: section.get("discovered_steps", limit(count))?.unwrap_or(preset.discovered_steps),
        depth: section.get("depth", limit(count))?.unwrap_or(preset.depth),
        cost: section.get("cost_usd", limit(money))?.unwrap_or(preset.cost),
        idle_timeout: section.get("idle_timeout", limit(time))?.unwrap_or(preset.idle_timeout),
        repetitions: section.get("repetitions", limit(count))?.unwrap_or(preset.repetitions),
        grace: section.get("grace", time_or_none)?.unwrap_or(preset.grace),
        memory: section.get("memory", limit(count))?.unwrap_or(preset.memory),
    };
    execution.check().map_err(|error| error.within(section.path()))?;
    Ok(execution)
}

/// Whichever preset leaves the least to say beside it; none is disabled.
pub(super) fn write(execution: &Execution) -> Table {
    let written = Execution::PRESETS.iter().map(|preset| write_beside(preset, execution));
    written.min_by_key(Table::len).unwrap_or_default()
}

fn write_beside((name, usual): &Preset, execution: &Execution) -> Table {
    let mut section = Table::new();
    if *usual != Execution::DISABLED {
        section.insert("preset".to_owned(), (*name).into());
    }
    let counts = |count| write_limit(count, write_count);
    put(&mut section, "discovered_steps", execution.discovered_steps, &usual.discovered_steps, counts);
    put(&mut section, "depth", execution.depth, &usual.depth, counts);
    put(&mut section, "cost_usd", execution.cost, &usual.cost, |cost| write_limit(cost, write_money));
    put(&mut section, "idle_timeout", execution.idle_timeout, &usual.idle_timeout, |time| {
        write_limit(time, write_time)
    });
    put(&mut section, "repetitions", execution.repetitions, &usual.repetitions, counts);
    put(&mut section, "grace", execution.grace, &usual.grace, write_time);
    put(&mut section, "memory", execution.memory, &usual.memory, counts);
    section
}

fn preset(item: &Item) -> Result<Execution, Error> {
    let name = item.value.as_str().unwrap_or_default();
    Execution::preset(name).map_err(|error| item.error(error.problem()))
}
