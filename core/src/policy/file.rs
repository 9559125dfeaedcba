//! Policy text and files: an error says where it stands.

use std::path::Path;

use toml::Table;

use super::{Policy, section};
use crate::error::{Error, excerpt};

/// The policy in the file at `path`.
pub(super) fn read_path(path: &Path) -> Result<Policy, Error> {
    let file = excerpt(&path.display().to_string(), usize::MAX);
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::new(&file, "the policy file", format!("cannot be read: {error}")))?;
    section::read(&table_of(&text, &file)?)
        .map_err(|error| Error::new(format!("{file}: {}", error.argument()), error.value(), error.problem()))
}

/// The policy in `text`, which errors of syntax call `origin`.
pub(super) fn read_text(text: &str, origin: &str) -> Result<Policy, Error> {
    section::read(&table_of(text, origin)?)
}

fn table_of(text: &str, origin: &str) -> Result<Table, Error> {
    text.parse::<Table>().map_err(|error| {
        let problem = format!("is not TOML: {}", error.message().replace('\n', ", "));
        let Some(before) = error.span().and_then(|span| text.get(..span.start)) else {
            return Error::new(origin, "the text", problem);
        };
        let line = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let shown = text.lines().nth(line).unwrap_or_default().trim();
        Error::new(format!("{origin}:{}:{}", line + 1, column + 1), format_args!("{shown:?}"), problem)
    })
}
