//! [`Reader`] and [`Item`]: a walk over a TOML table in which every error knows its dotted key.
//!
//! Keys are taken out as they are asked for, so that what is left is unknown and what was asked for is the list of
//! known ones: the two cannot disagree.

use core::fmt;
use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::error::{Error, excerpt};

/// A table that is being read.
pub(super) struct Reader<'t> {
    path: String,
    unread: BTreeMap<&'t str, &'t Value>,
    known: Vec<&'static str>,
}

/// A value with its dotted key.
pub(super) struct Item<'t> {
    pub(super) path: String,
    pub(super) value: &'t Value,
}

impl<'t> Reader<'t> {
    /// Reads a whole table: `read` takes what it knows, and a key left over is an error.
    pub(super) fn read_all<T>(
        path: &str,
        table: &'t Table,
        read: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let unread = table.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let mut reader = Self { path: path.to_owned(), unread, known: Vec::new() };
        let value = read(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }

    /// The value of `key`, if it is there, as `form` reads it.
    pub(super) fn get<T>(
        &mut self,
        key: &'static str,
        form: impl FnOnce(&Item<'t>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.known.push(key);
        self.unread.remove(key).map(|value| form(&Item { path: dotted(&self.path, key), value })).transpose()
    }

    /// The table under `key`, if it is there, as `read` reads it.
    pub(super) fn section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.get(key, |item| item.table(read))
    }

    /// Takes every key, for a table whose keys are names of the user's.
    pub(super) fn named(&mut self) -> impl Iterator<Item = (&'t str, Item<'t>)> {
        let path = &self.path;
        let unread = core::mem::take(&mut self.unread).into_iter();
        unread.map(move |(name, value)| (name, Item { path: dotted(path, name), value }))
    }

    /// The dotted key of this table, empty for the root.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    fn finish(mut self) -> Result<(), Error> {
        let Some((key, value)) = self.unread.pop_first() else { return Ok(()) };
        self.known.sort_by_cached_key(|known| (distance(key, known), *known));
        let problem =
            format!("is given to an unknown key; known here, nearest first: {}", self.known.join(", "));
        Err(Error::new(dotted(&self.path, key), Shown(value), problem))
    }
}

impl<'t> Item<'t> {
    /// The error that this value `problem`: `is not a table`.
    pub(super) fn error(&self, problem: impl Into<String>) -> Error {
        Error::new(&self.path, Shown(self.value), problem)
    }

    /// The value as a table, as `read` reads it.
    pub(super) fn table<T>(
        &self,
        read: impl FnOnce(&mut Reader<'t>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let table = self.value.as_table().ok_or_else(|| self.error("is not a table"))?;
        Reader::read_all(&self.path, table, read)
    }
}

/// `key` inside `path` as the file would write it, quoted where TOML needs that: `agents."research-*"`.
pub(super) fn dotted(path: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let shown = excerpt(&key.replace('\\', "\\\\").replace('"', "\\\""), 128);
    let key = if bare { shown } else { format!("\"{shown}\"") };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// A value as an error shows it, on one line.
struct Shown<'v>(&'v Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::String(text) => write!(f, "{text:?}"),
            Value::Integer(number) => write!(f, "{number}"),
            Value::Float(number) => write!(f, "{number:?}"),
            Value::Boolean(truth) => write!(f, "{truth}"),
            Value::Datetime(time) => write!(f, "{time}"),
            Value::Array(_) => f.write_str("an array"),
            Value::Table(_) => f.write_str("a table"),
        }
    }
}

/// How many characters must be inserted, removed or replaced to turn `a` into `b` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (above, from) in a.chars().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (at, to) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[b.chars().count()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition: what is left once the last characters are matched, removed or inserted.
    fn naive(a: &[char], b: &[char]) -> usize {
        let (Some((last_a, rest_a)), Some((last_b, rest_b))) = (a.split_last(), b.split_last()) else {
            return a.len().max(b.len());
        };
        let replaced = naive(rest_a, rest_b) + usize::from(last_a != last_b);
        replaced.min(naive(rest_a, b) + 1).min(naive(a, rest_b) + 1)
    }

    proptest! {
        #[test]
        fn the_distance_is_the_one_of_the_definition(a in "[abé]{0,5}", b in "[abé]{0,5}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(distance(&a, &b), naive(&chars(&a), &chars(&b)));
        }
    }
}
