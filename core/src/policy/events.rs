//! Section `[events]`: which decisions are recorded, and how many wait to be drained.

use toml::{Table, Value};

use super::form::{count, put, truth, write_count};
use super::limits::{MAX_SMALL, in_range};
use super::reader::Reader;
use crate::error::Error;

/// Which decisions become events; it changes none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRules {
    /// How many events wait to be drained at most, 1 to 2²⁰; the newest beyond it are dropped and counted. 4096 unless
    /// set.
    pub capacity: u64,
    /// Whether grants are recorded. No by default: there is one per call.
    pub grants: bool,
    /// Whether warnings are recorded. Yes by default.
    pub warnings: bool,
    /// Whether denials are recorded. Yes by default.
    pub denials: bool,
}

impl Default for EventRules {
    fn default() -> Self {
        Self { capacity: 4096, grants: false, warnings: true, denials: true }
    }
}

impl EventRules {
    /// The largest capacity, 2²⁰ events.
    pub const MAX_CAPACITY: u64 = MAX_SMALL;

    /// Checks that the capacity is within bounds.
    ///
    /// Errors: it is not, by its name in the policy file.
    pub fn check(&self) -> Result<(), Error> {
        in_range("capacity", self.capacity, 1..=Self::MAX_CAPACITY)
    }
}

pub(super) fn read(section: &mut Reader) -> Result<EventRules, Error> {
    let usual = EventRules::default();
    let rules = EventRules {
        capacity: section.get("capacity", count)?.unwrap_or(usual.capacity),
        grants: section.get("grants", truth)?.unwrap_or(usual.grants),
        warnings: section.get("warnings", truth)?.unwrap_or(usual.warnings),
        denials: section.get("denials", truth)?.unwrap_or(usual.denials),
    };
    rules.check().map_err(|error| error.within(section.path()))?;
    Ok(rules)
}

pub(super) fn write(rules: &EventRules) -> Table {
    let usual = EventRules::default();
    let mut section = Table::new();
    put(&mut section, "capacity", rules.capacity, &usual.capacity, write_count);
    put(&mut section, "grants", rules.grants, &usual.grants, Value::Boolean);
    put(&mut section, "warnings", rules.warnings, &usual.warnings, Value::Boolean);
    put(&mut section, "denials", rules.denials, &usual.denials, Value::Boolean);
    section
}
