//! [`Request`]: what a decision is asked for.

use crate::units::Usage;

/// A call, or several that are admitted together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'t, 'a> {
    pub(super) tools: &'a [&'t str],
    /// The arguments of the one call, as canonical text.
    pub(super) arguments: Option<&'a str>,
    pub(super) usage: Usage,
    /// Ask only; debit nothing.
    pub(super) preview: bool,
}

impl<'t, 'a> Request<'t, 'a> {
    /// One call of each of `tools`.
    pub(super) fn of(tools: &'a [&'t str]) -> Self {
        Self { tools, arguments: None, usage: Usage::NONE, preview: false }
    }
}
