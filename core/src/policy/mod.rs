//! [`Policy`]: immutable, validated settings that all sessions share (L2).
//!
//! What holds a `Policy` holds a valid one: every way to make or change one checks first and makes nothing otherwise.
//! No floating point outlives validation except a rate's burst factor.
//!
//! | file | idea |
//! | --- | --- |
//! | `limits` | the limits an account can have, the defaults of a session, and their bounds |
//! | `party` | patterns of names, and which of them wins |
//! | `reader` | walks a TOML table: dotted paths, unknown keys, wrong types |
//! | `form`, `form_rate` | how counts, time, money and rates are written, each reader beside its writer |
//! | `section` | the sections of the file; a new one is added there |
//! | `file` | text and files: where an error stands |
//!
//! **Invariants** (`tests`): `any_policy_reads_back_exactly_as_it_was_written`, `no_text_makes_reading_panic`,
//! `the_winning_pattern_is_the_one_a_naive_search_finds`.

mod file;
mod form;
mod form_rate;
mod limits;
mod party;
mod reader;
mod section;
#[cfg(test)]
mod tests;

use std::path::Path;

use toml::Table;

use crate::error::Error;
use party::Parties;

pub use limits::{Defaults, Limits, PartyLimits};

/// Settings that all sessions share: the defaults of a session, the warning threshold, and the limits of agents and
/// tenants by the pattern of their name.
///
/// A policy never changes; the `with_…` methods make another one. It is written as TOML ([`Policy::from_toml`]):
///
/// ```
/// use allotment::Policy;
/// let policy = Policy::from_toml_str(
///     r#"
///     [defaults]
///     calls = 200                  # the default is 1000; "unlimited" lifts it
///     cost_usd = "5.00"
///     rate = "30/min"              # or { limit = 30, per = 60, burst = 1.5 }
///     cost_rate = "1.50/min"       # US dollars; or { usd = "1.50", per = 60 }
///     time_limit = "30min"         # seconds, or a string with a unit
///
///     [warnings]
///     threshold = 0.1              # warn when a tenth or less remains
///
///     [agents."research-*"]        # every agent whose name matches
///     max_sessions = 20
///     tokens_rate = "100000/min"
///     "#,
/// )?;
/// assert_eq!(policy.defaults().limits.calls, Some(200));
/// assert_eq!(policy.agent_limits("research-7").max_sessions, Some(20));
/// assert_eq!(policy.agent_limits("billing").max_sessions, Some(10));
/// # Ok::<(), allotment::Error>(())
/// ```
///
/// # Patterns
///
/// A pattern is a name, or a glob in which `*` stands for any run of characters, also none; nothing else is special.
/// It has 1 to 128 bytes and no control characters. Of the patterns that match a name, the most specific one wins, and
/// wins **whole**: the keys it leaves out are not taken from a wider pattern. Most specific first: the exact name; then
/// the glob with more characters besides `*`; among equals the one that sorts first; `"*"` last. The one exception is
/// an agent's `max_sessions`, which is 10 wherever the winning pattern has none.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    defaults: Defaults,
    warn_ppm: u32,
    agents: Parties,
    tenants: Parties,
}

impl Default for Policy {
    /// 3600 s and 1000 calls a session, a warning at 20 % remaining, 10 concurrent sessions an agent, sensitivity
    /// internal; nothing else is limited.
    fn default() -> Self {
        Self {
            defaults: Defaults::default(),
            warn_ppm: Self::WARN_PPM,
            agents: Parties::default(),
            tenants: Parties::default(),
        }
    }
}

impl Policy {
    /// The warning threshold unless set, 20 %, in parts per million.
    const WARN_PPM: u32 = 200_000;

    /// Reads the TOML file at `path`.
    ///
    /// Errors name the file and the key, `policy.toml: defaults.calls`, or the line and column of text that is not
    /// TOML, `policy.toml:3:9`; a file that cannot be read is one too.
    pub fn from_toml(path: impl AsRef<Path>) -> Result<Self, Error> {
        file::read_path(path.as_ref())
    }

    /// Reads TOML text. Errors name the key, or the line and column as `policy:3:9`.
    pub fn from_toml_str(text: &str) -> Result<Self, Error> {
        file::read_text(text, "policy")
    }

    /// Reads a TOML table. Errors name the key: a key that is not known, a value of the wrong type or out of bounds.
    #[expect(clippy::needless_pass_by_value, reason = "the caller has made the table for this")]
    pub fn from_table(table: Table) -> Result<Self, Error> {
        section::read(&table)
    }

    /// The policy as TOML, without what equals the default, in a stable order.
    ///
    /// [`Policy::from_toml_str`] makes exactly this policy of it.
    #[must_use]
    pub fn to_toml(&self) -> String {
        section::write(self).to_string()
    }

    /// What a session gets when its creator says nothing.
    #[must_use]
    pub fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// The share of a budget or of the time, in parts per million, at or below which what remains is warned about; 0
    /// is never.
    #[must_use]
    pub fn warn_ppm(&self) -> u32 {
        self.warn_ppm
    }

    /// The limits of the agent `name`, over all its sessions (see [Patterns](Policy#patterns)).
    ///
    /// `max_sessions` is always set: 10 where the policy says nothing.
    #[must_use]
    pub fn agent_limits(&self, name: &str) -> PartyLimits {
        let mut found = self.agents.of(name).cloned().unwrap_or_default();
        found.max_sessions.get_or_insert(PartyLimits::AGENT_SESSIONS);
        found
    }

    /// The limits of the tenant `name`, over all its sessions (see [Patterns](Policy#patterns)); none unless set.
    #[must_use]
    pub fn tenant_limits(&self, name: &str) -> PartyLimits {
        self.tenants.of(name).cloned().unwrap_or_default()
    }

    /// The same policy with other defaults.
    ///
    /// Errors: a limit above its bound, a `time_limit` outside 1 s to `max_time_limit`, which is at most 365 days.
    pub fn with_defaults(self, defaults: Defaults) -> Result<Self, Error> {
        defaults.check().map_err(|error| error.within("defaults"))?;
        Ok(Self { defaults, ..self })
    }

    /// The same policy, warning when `fraction` or less remains. It is rounded to parts per million, but only 0 itself
    /// means never.
    ///
    /// Errors: anything but a number from 0 to 1.
    pub fn with_warning_threshold(self, fraction: f64) -> Result<Self, Error> {
        let warn_ppm = section::warn_ppm(fraction).map_err(|error| error.within("warnings"))?;
        Ok(Self { warn_ppm, ..self })
    }

    /// The same policy with `limits` for the agents whose name matches `pattern`, in place of any it had for it.
    ///
    /// Errors: a pattern or a limit that makes no sense.
    pub fn with_agent(mut self, pattern: &str, limits: PartyLimits) -> Result<Self, Error> {
        self.agents.insert("agents", pattern, limits)?;
        Ok(self)
    }

    /// The same policy with `limits` for the tenants whose name matches `pattern`, in place of any it had for it.
    ///
    /// Errors: a pattern or a limit that makes no sense.
    pub fn with_tenant(mut self, pattern: &str, limits: PartyLimits) -> Result<Self, Error> {
        self.tenants.insert("tenants", pattern, limits)?;
        Ok(self)
    }
}
