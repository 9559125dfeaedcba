//! What is said of a call besides its tool.

use allotment::{Call, Usage};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::Amounts;

/// What a caller says of a call, as given by keyword.
#[derive(Clone, Copy)]
pub(crate) struct Said<'a, 'py> {
    pub(crate) arguments: Option<&'a Bound<'py, PyAny>>,
    pub(crate) amounts: Amounts<'a, 'py>,
}

/// The same, converted.
pub(crate) struct Details {
    arguments: Option<String>,
    usage: Usage,
}

impl Said<'_, '_> {
    /// Whether nothing is said.
    #[inline]
    pub(crate) fn is_nothing(self) -> bool {
        let Amounts { tokens, cost_usd, steps, discovered_steps, .. } = self.amounts;
        self.arguments.is_none()
            && tokens.is_omitted()
            && cost_usd.is_omitted()
            && steps.is_omitted()
            && discovered_steps.is_omitted()
    }

    /// Reads it. The arguments only where somebody `tells` repetitions by them, because that costs time.
    pub(crate) fn read(self, tells: impl FnOnce() -> bool) -> PyResult<Details> {
        let usage = self.amounts.usage()?;
        let arguments = self.arguments.filter(|_| tells()).map(canonical).transpose()?;
        Ok(Details { arguments, usage })
    }
}

impl Details {
    /// The call of `tool` of which this is said.
    pub(crate) fn of<'t>(&self, tool: &'t str) -> Call<'t, '_> {
        let call = Call::of(tool).usage(self.usage);
        match &self.arguments {
            Some(arguments) => call.arguments(arguments),
            None => call,
        }
    }
}

/// Equal arguments as equal text.
fn canonical(arguments: &Bound<'_, PyAny>) -> PyResult<String> {
    static CANONICAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    CANONICAL.import(arguments.py(), "allotment._canonical", "canonical")?.call1((arguments,))?.extract()
}
