//! [`Keywords`]: an intent's tier from its words.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Tier, ToolClass};
use crate::error::Error;

/// The words that tell what an intent will do, in three lists. They are kept in lower case; no word is in two lists.
///
/// The default is Read {read, analyze, query, search, list, get}; Write {write, create, update, modify, edit}; Admin
/// {admin, manage, configure, deploy, delete}.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keywords {
    classes: BTreeMap<String, ToolClass>,
}

impl Default for Keywords {
    fn default() -> Self {
        let lists = [
            (ToolClass::Read, &["read", "analyze", "query", "search", "list", "get"][..]),
            (ToolClass::Write, &["write", "create", "update", "modify", "edit"]),
            (ToolClass::Admin, &["admin", "manage", "configure", "deploy", "delete"]),
        ];
        let listed = lists.iter().flat_map(|(class, words)| words.iter().map(move |word| (*word, *class)));
        Self { classes: listed.map(|(word, class)| (word.to_owned(), class)).collect() }
    }
}

impl Keywords {
    /// The lists `read`, `write` and `admin`, in place of the default ones. A list may be empty; a word may be in one
    /// list twice.
    ///
    /// Errors, about the list: a word that is empty or has more than letters and digits, one that is in another list.
    pub fn new<W: AsRef<str>>(
        read: impl IntoIterator<Item = W>,
        write: impl IntoIterator<Item = W>,
        admin: impl IntoIterator<Item = W>,
    ) -> Result<Self, Error> {
        let mut keywords = Self { classes: BTreeMap::new() };
        keywords.extend(ToolClass::Read, read)?;
        keywords.extend(ToolClass::Write, write)?;
        keywords.extend(ToolClass::Admin, admin)?;
        Ok(keywords)
    }

    fn extend<W: AsRef<str>>(
        &mut self,
        class: ToolClass,
        words: impl IntoIterator<Item = W>,
    ) -> Result<(), Error> {
        for word in words {
            let given = word.as_ref();
            let error = |problem: String| Err(Error::new(class.name(), format_args!("{given:?}"), problem));
            let word = lowercase(given);
            if word.is_empty() || !word.chars().all(char::is_alphanumeric) {
                return error("is not a word of letters and digits".to_owned());
            }
            match self.classes.get(&*word) {
                Some(&other) if other != class => {
                    return error(format!("is also in the list {other:?}", other = other.name()));
                }
                Some(_) => {}
                None => {
                    self.classes.insert(word.into_owned(), class);
                }
            }
        }
        Ok(())
    }

    /// The words of one list, sorted.
    pub fn words(&self, class: ToolClass) -> impl Iterator<Item = &str> {
        self.classes.iter().filter(move |(_, of)| **of == class).map(|(word, _)| word.as_str())
    }

    /// The highest tier that a word of `intent` is listed for, in any case; [`Tier::Unknown`] if none is listed.
    ///
    /// A word is an unbroken run of letters and digits of any script: "read-only" and "`read_files`" hold "read", and
    /// "thread" does not.
    #[must_use]
    pub fn classify(&self, intent: &str) -> Tier {
        let words = intent.split(|c: char| !c.is_alphanumeric());
        let listed = words.filter_map(|word| self.classes.get(&*lowercase(word)));
        listed.max().map_or(Tier::Unknown, |&class| class.into())
    }
}

/// `word` in lower case; without a copy if it is plain already.
fn lowercase(word: &str) -> Cow<'_, str> {
    let plain = word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if plain { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_copied_only_where_it_changes() {
        for word in ["read", "2", "v2", ""] {
            assert!(matches!(lowercase(word), Cow::Borrowed(same) if same == word), "{word}");
        }
        for (word, lower) in [("Read", "read"), ("V2", "v2"), ("ÄRA", "ära")] {
            assert_eq!(lowercase(word), lower);
        }
    }
}
