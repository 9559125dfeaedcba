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
//! | `form`, `form_rate`, `form_weight` | how counts, time, money, rates and weights are written, each reader beside its writer |
//! | `intent`, `tools`, `tokens`, `execution`, `events`, `choices` | a section each (`choices` two): its type, reader and writer |
//! | `section` | all the sections of the file; a new one is added there |
//! | `change` | another policy made of one |
//! | `file` | text and files: where an error stands |
//!
//! **Invariants** (`tests`): `any_policy_reads_back_exactly_as_it_was_written`, `no_text_makes_reading_panic`,
//! `the_winning_pattern_is_the_one_a_naive_search_finds`.

mod change;
mod choices;
mod events;
mod execution;
mod file;
mod form;
mod form_rate;
mod form_weight;
mod intent;
mod limits;
mod party;
mod reader;
mod section;
#[cfg(test)]
mod tests;
mod tokens;
mod tools;

use std::path::Path;

use toml::Table;

use crate::error::Error;
use crate::intent::ToolClass;
use crate::units::Nanos;
use party::Parties;
use tools::Catalog;

pub use choices::{OnExhausted, OnVanish};
pub use events::EventRules;
pub use execution::Execution;
pub use intent::{IntentRules, OnDrift, OnUnknown};
pub use limits::{Defaults, Limits, PartyLimits};
pub use tokens::TokenWeights;
pub use tools::ToolRules;

/// Settings that all sessions share: the defaults of a session, the warning threshold, the limits of agents and tenants
/// by the pattern of their name, what intents allow and what each tool is, what tokens count for, the limits of long
/// executions, and what is recorded.
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
///
///     [intent]
///     on_drift = "deny"            # or "warn", the default
///     on_unknown = "deny"          # or "allow", the default
///     pause_after = 5              # pauses an agent's sessions after 5 such denials in an hour
///     keywords = { read = ["read", "look", "find"] }
///
///     [tools.send_email]           # without a class, the words of the name tell it
///     class = "write"
///     sensitivity = "confidential" # "public" is the default
///     network = true
///     weight = 5                   # one call counts for five
///
///     [tokens]
///     cached = 0.1                 # ten cached tokens count for one
///
///     [execution]
///     preset = "standard"          # "extended", "unlimited"; "disabled" is the default
///     depth = 8                    # beside a preset, a number of its own wins
///
///     [events]
///     capacity = 10_000
///     grants = true
///
///     [approval]
///     on_exhausted = "pause"       # or "deny", the default
///
///     [reservations]
///     on_vanish = "release"        # or "charge", the default
///     "#,
/// )?;
/// assert_eq!(policy.defaults().limits.calls, Some(200));
/// assert_eq!(policy.agent_limits("research-7").max_sessions, Some(20));
/// assert_eq!(policy.agent_limits("billing").max_sessions, Some(10));
/// assert_eq!(policy.tool("send_email").map(|tool| tool.weight), Some(5));
/// assert_eq!((policy.execution().discovered_steps, policy.execution().depth), (Some(50), Some(8)));
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
    intent: IntentRules,
    tools: Catalog,
    tokens: TokenWeights,
    execution: Execution,
    events: EventRules,
    on_exhausted: OnExhausted,
    on_vanish: OnVanish,
}

impl Default for Policy {
    /// 3600 s and 1000 calls a session, a warning at 20 % remaining, 10 concurrent sessions an agent, sensitivity
    /// internal; nothing else is limited. A tool that drifts from the intent is warned about. Warnings and denials are
    /// recorded.
    fn default() -> Self {
        Self {
            defaults: Defaults::default(),
            warn_ppm: Self::WARN_PPM,
            agents: Parties::default(),
            tenants: Parties::default(),
            intent: IntentRules::default(),
            tools: Catalog::default(),
            tokens: TokenWeights::default(),
            execution: Execution::default(),
            events: EventRules::default(),
            on_exhausted: OnExhausted::default(),
            on_vanish: OnVanish::default(),
        }
    }
}

impl Policy {
    /// The default policy for sessions that are executions: 100 steps, 100,000 tokens and 300 s each.
    #[must_use]
    pub fn for_executions() -> Self {
        let usual = Defaults::default();
        let limits = Limits { steps: Some(100), tokens: Some(100_000), ..usual.limits };
        let defaults = Defaults { time_limit: Nanos::from_secs(300), limits, ..usual };
        Self { defaults, ..Self::default() }
    }

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

    /// What intents allow.
    #[must_use]
    pub fn intent(&self) -> &IntentRules {
        &self.intent
    }

    /// Whether the policy says something of any tool at all; if not, [`Policy::tool`] need not be asked.
    #[must_use]
    #[inline]
    pub fn knows_tools(&self) -> bool {
        !self.tools.is_empty()
    }

    /// What the policy says of the tool of exactly this name; `None` if it says nothing.
    #[must_use]
    #[inline]
    pub fn tool(&self, name: &str) -> Option<&ToolRules> {
        self.tools.get(name)
    }

    /// Every tool that the policy says something of, by name.
    pub fn tools(&self) -> impl Iterator<Item = (&str, &ToolRules)> {
        self.tools.sorted().into_iter()
    }

    /// What the tool `name` does: as the policy says, or else as the words of its name do.
    #[must_use]
    pub fn tool_class(&self, name: &str) -> ToolClass {
        self.tool(name).and_then(|rules| rules.class).unwrap_or_else(|| ToolClass::of_name(name))
    }

    /// What tokens of each kind count for.
    #[must_use]
    pub fn token_weights(&self) -> TokenWeights {
        self.tokens
    }

    /// The limits of long-running executions.
    #[must_use]
    pub fn execution(&self) -> &Execution {
        &self.execution
    }

    /// Which decisions become events.
    #[must_use]
    pub fn events(&self) -> EventRules {
        self.events
    }

    /// What a call does that a budget does not cover.
    #[must_use]
    pub fn on_exhausted(&self) -> OnExhausted {
        self.on_exhausted
    }

    /// What becomes of a reservation whose holder vanishes.
    #[must_use]
    pub fn on_vanish(&self) -> OnVanish {
        self.on_vanish
    }
}
