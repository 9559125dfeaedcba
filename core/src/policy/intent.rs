//! Section `[intent]`: what happens when a tool does not fit its session's intent.

use toml::{Table, Value};

use super::form::{count, one_of, put, words, write_count};
use super::limits::{MAX_SMALL, in_range};
use super::reader::Reader;
use crate::error::Error;
use crate::intent::{Keywords, ToolClass};

/// What a call of a tool does whose class the session's intent does not allow (a *drift*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnDrift {
    /// It passes, with a warning. The default: classes are told by names and intents by words, which is good for
    /// pointing at a call and too coarse to refuse one that the list of tools authorises.
    #[default]
    Warn,
    /// It is denied.
    Deny,
}

/// What a call does under an intent in which no keyword occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnUnknown {
    /// It passes: its class is not checked. The default.
    #[default]
    Allow,
    /// It is denied, whatever the tool and whatever [`IntentRules::on_drift`] says.
    Deny,
}

/// What intents allow: a call of a tool that its session's intent does not allow is denied, or passes with a warning.
/// The default only warns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IntentRules {
    /// What a call does that the intent does not allow.
    pub on_drift: OnDrift,
    /// What a call does whose intent is not known.
    pub on_unknown: OnUnknown,
    /// The words that tell an intent's tier.
    pub keywords: Keywords,
    /// After how many drift denials of one agent within an hour its sessions are paused, 1 to 2²⁰; `None` is never,
    /// the default. Warnings do not count.
    pub pause_after: Option<u64>,
}

impl OnDrift {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Warn, Self::Deny];

    /// The name in a policy file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

impl OnUnknown {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Allow, Self::Deny];

    /// The name in a policy file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

impl IntentRules {
    /// Checks that `pause_after` is 1 to 2²⁰; [`Keywords`] are valid from the start.
    ///
    /// Errors: it is not, by its name in the policy file.
    pub fn check(&self) -> Result<(), Error> {
        self.pause_after.map_or(Ok(()), |count| in_range("pause_after", count, 1..=MAX_SMALL))
    }
}

pub(super) fn read(section: &mut Reader) -> Result<IntentRules, Error> {
    let rules = IntentRules {
        on_drift: section.get("on_drift", one_of(OnDrift::ALL, OnDrift::name))?.unwrap_or_default(),
        on_unknown: section.get("on_unknown", one_of(OnUnknown::ALL, OnUnknown::name))?.unwrap_or_default(),
        keywords: section.section("keywords", read_keywords)?.unwrap_or_default(),
        pause_after: section.get("pause_after", count)?,
    };
    rules.check().map_err(|error| error.within(section.path()))?;
    Ok(rules)
}

pub(super) fn write(rules: &IntentRules) -> Table {
    let usual = IntentRules::default();
    let mut section = Table::new();
    put(&mut section, "on_drift", rules.on_drift, &usual.on_drift, |choice| choice.name().into());
    put(&mut section, "on_unknown", rules.on_unknown, &usual.on_unknown, |choice| choice.name().into());
    put(&mut section, "keywords", &rules.keywords, &&usual.keywords, write_keywords);
    if let Some(count) = rules.pause_after {
        section.insert("pause_after".to_owned(), write_count(count));
    }
    section
}

/// Each list that is given replaces the default one.
fn read_keywords(section: &mut Reader) -> Result<Keywords, Error> {
    let usual = Keywords::default();
    let mut list = |class: ToolClass| -> Result<Vec<&str>, Error> {
        Ok(section.get(class.name(), words)?.unwrap_or_else(|| usual.words(class).collect()))
    };
    let (read, write, admin) = (list(ToolClass::Read)?, list(ToolClass::Write)?, list(ToolClass::Admin)?);
    Keywords::new(read, write, admin).map_err(|error| error.within(section.path()))
}

fn write_keywords(keywords: &Keywords) -> Value {
    let usual = Keywords::default();
    let list = |keywords: &Keywords, class| keywords.words(class).map(Value::from).collect::<Vec<_>>();
    let mut lists = Table::new();
    for class in ToolClass::ALL {
        put(&mut lists, class.name(), list(keywords, class), &list(&usual, class), Value::Array);
    }
    Value::Table(lists)
}
