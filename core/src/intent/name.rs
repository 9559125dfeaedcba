//! A tool's class from the words of its name. Nothing is allocated.

use super::ToolClass;

const ADMIN: [&str; 10] =
    ["admin", "manage", "configure", "grant", "revoke", "deploy", "delete", "remove", "drop", "purge"];
const WRITE: [&str; 5] = ["write", "create", "update", "modify", "edit"];
const READ: [&str; 16] = [
    "read",
    "get",
    "list",
    "search",
    "view",
    "describe",
    "fetch",
    "query",
    "analyze",
    "summarize",
    "report",
    "calculate",
    "compute",
    "check",
    "inspect",
    "review",
];

/// See [`ToolClass::of_name`].
pub(super) fn class(name: &str) -> ToolClass {
    let is_any_of = |listed: &[&str], word: &str| listed.iter().any(|known| known.eq_ignore_ascii_case(word));
    let (mut reads, mut writes) = (false, false);
    for word in words(name) {
        if is_any_of(&ADMIN, word) {
            return ToolClass::Admin;
        }
        writes |= is_any_of(&WRITE, word);
        reads |= is_any_of(&READ, word);
    }
    if reads && !writes { ToolClass::Read } else { ToolClass::Write }
}

/// The words of an identifier, in their order and as they are written: `getHTTPStatus_v2` is get, HTTP, Status, v, 2.
pub(super) fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).flat_map(|run| Words { rest: run })
}

/// The words of a run of letters and digits.
struct Words<'n> {
    rest: &'n str,
}

impl<'n> Iterator for Words<'n> {
    type Item = &'n str;

    fn next(&mut self) -> Option<&'n str> {
        let mut before = self.rest.chars().next()?;
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            let after = chars.peek().map(|&(_, after)| after);
            if is_boundary(before, c, after) {
                let (word, rest) = self.rest.split_at(at);
                self.rest = rest;
                return Some(word);
            }
            before = c;
        }
        Some(core::mem::take(&mut self.rest))
    }
}

/// Whether a word begins at `c`: at a change between letters and digits, at a capital after none, and at the last
/// capital of several, which is the first letter of the word that goes on in lower case (`HTTPStatus`).
fn is_boundary(before: char, c: char, after: Option<char>) -> bool {
    before.is_numeric() != c.is_numeric()
        || (c.is_uppercase() && (!before.is_uppercase() || after.is_some_and(char::is_lowercase)))
}
