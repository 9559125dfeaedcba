//! [`Parties`]: limits by the pattern of a name, and which pattern wins.

use core::cmp::Reverse;
use std::collections::BTreeMap;

use super::PartyLimits;
use super::reader::dotted;
use crate::error::Error;

/// The limits of agents, or of tenants, each under a pattern.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Parties {
    exact: BTreeMap<String, PartyLimits>,
    globs: BTreeMap<Glob, PartyLimits>,
}

/// A pattern with a `*`. The order of the fields is the order of precedence, so that a map iterates the most specific
/// one first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Glob {
    literals: Reverse<usize>,
    catches_all: bool,
    text: String,
}

/// The longest pattern, in bytes.
const LONGEST: usize = 128;

impl Parties {
    /// The limits under the most specific pattern that matches `name`.
    pub(super) fn of(&self, name: &str) -> Option<&PartyLimits> {
        let by_glob = || self.globs.iter().find(|(glob, _)| glob.matches(name)).map(|(_, limits)| limits);
        self.exact.get(name).or_else(by_glob)
    }

    /// Puts `limits` under `pattern`, in place of any that are there. Errors are about `section`, and change nothing.
    pub(super) fn insert(&mut self, section: &str, pattern: &str, limits: PartyLimits) -> Result<(), Error> {
        if let Some(problem) = fault(pattern) {
            return Err(Error::new(section, format_args!("{pattern:?}"), problem));
        }
        limits.check().map_err(|error| error.within(&dotted(section, pattern)))?;
        if pattern.contains('*') {
            self.globs.insert(Glob::new(pattern), limits);
        } else {
            self.exact.insert(pattern.to_owned(), limits);
        }
        Ok(())
    }

    /// Every pattern with its limits.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &PartyLimits)> {
        let exact = self.exact.iter().map(|(name, limits)| (name.as_str(), limits));
        exact.chain(self.globs.iter().map(|(glob, limits)| (glob.text.as_str(), limits)))
    }
}

impl Glob {
    fn new(pattern: &str) -> Self {
        Self {
            literals: Reverse(pattern.chars().filter(|&c| c != '*').count()),
            catches_all: pattern == "*",
            text: pattern.to_owned(),
        }
    }

    /// Whether the parts between the stars occur in `name` in their order, the first at its start, the last at its end.
    fn matches(&self, name: &str) -> bool {
        let mut parts = self.text.split('*');
        let (Some(first), Some(last)) = (parts.next(), parts.next_back()) else { return false };
        let Some(mut name) = name.strip_prefix(first) else { return false };
        for part in parts {
            // The leftmost occurrence leaves the most for the parts that follow.
            let Some((_, after)) = name.split_once(part) else { return false };
            name = after;
        }
        name.ends_with(last)
    }
}

/// What is wrong with `pattern`, if anything.
fn fault(pattern: &str) -> Option<&'static str> {
    if pattern.is_empty() {
        Some("is an empty pattern (\"*\" matches every name)")
    } else if pattern.len() > LONGEST {
        Some("is a pattern of more than 128 bytes")
    } else if pattern.chars().any(char::is_control) {
        Some("is a pattern with a control character")
    } else {
        None
    }
}
