//! [`Error`]: misuse, as opposed to a denial. It names the argument and the value, and nothing was made.

use core::fmt;
use std::borrow::Cow;

/// A configuration or an argument that makes no sense.
///
/// Display is one line, `calls: -1 is negative`: the argument as the caller wrote it, the value, what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    argument: String,
    value: String,
    problem: String,
}

/// The longest value that an error repeats, in characters; the rest is cut and marked with `…`.
const SHOWN: usize = 80;

impl Error {
    /// An error about `argument`, whose offending `value` is quoted (escaped and cut to 80 characters).
    pub fn new(argument: impl Into<String>, value: impl fmt::Display, problem: impl Into<String>) -> Self {
        Self { argument: argument.into(), value: excerpt(&value.to_string(), SHOWN), problem: problem.into() }
    }

    /// The argument or key, as the caller wrote it: `calls`, `defaults.rate`, `agents."research-*".calls`.
    #[must_use]
    pub fn argument(&self) -> &str {
        &self.argument
    }

    /// The offending value, escaped and cut.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The same error about an argument inside `prefix`: `calls` becomes `defaults.calls`.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.argument = format!("{prefix}.{}", self.argument);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.argument, self.value, self.problem)
    }
}

impl std::error::Error for Error {}

/// `text` with control characters escaped, cut to `longest` characters: safe to print on one line of a log.
pub(crate) fn excerpt(text: &str, longest: usize) -> String {
    let mut shown: String = text
        .chars()
        .take(longest)
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect();
    if text.chars().nth(longest).is_some() {
        shown.push('…');
    }
    shown
}

/// `text` as it may be kept and shown between double quotes: everything that is not printed as itself is escaped (control
/// characters, line separators, marks that turn the direction of reading, quotes, backslashes), and it is cut to
/// `longest` characters. Borrowed where nothing had to change.
pub(crate) fn printable(text: &str, longest: usize) -> Cow<'_, str> {
    let plain = |b: u8| (b == b' ' || b.is_ascii_graphic()) && !matches!(b, b'"' | b'\\');
    if text.len() <= longest && text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut shown: String = text.chars().take(longest).flat_map(char::escape_debug).collect();
    if text.chars().nth(longest).is_some() {
        shown.push('…');
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_whatever_the_value_holds() {
        let error = Error::new("tools", "a\nb\u{1b}[31m", "is not a tool name").within("defaults");
        assert_eq!(error.to_string(), "defaults.tools: a\\nb\\u{1b}[31m is not a tool name");
        assert_eq!(Error::new("intent", "x".repeat(500), "is long").value().chars().count(), 81);
    }
}
