//! What is said of a call besides its tool.

use allotment::{Call, Usage};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};

use super::{Amounts, Given};

/// What a caller says of a call by keyword. Verbs take these keywords as one dict, which is not made where there are none: PyO3 looks for
/// each keyword that a signature names, given or not, and mostly nothing is said.
#[derive(Default)]
pub(crate) struct Said<'py> {
    arguments: Option<Bound<'py, PyAny>>,
    tokens: Option<Bound<'py, PyAny>>,
    cost_usd: Option<Bound<'py, PyAny>>,
    steps: Option<Bound<'py, PyAny>>,
    discovered_steps: Option<Bound<'py, PyAny>>,
}

/// The same, converted.
pub(crate) struct Details {
    arguments: Option<String>,
    usage: Usage,
}

impl<'py> Said<'py> {
    /// What the keywords say that `verb` was given; nothing where they say nothing.
    #[inline]
    pub(crate) fn of(verb: &str, keywords: Option<&Bound<'py, PyDict>>) -> PyResult<Option<Self>> {
        let Some(keywords) = keywords else { return Ok(None) };
        Self::sorted(verb, keywords).map(|said| Some(said).filter(|said| !said.is_nothing()))
    }

    #[inline(never)]
    fn sorted(verb: &str, keywords: &Bound<'py, PyDict>) -> PyResult<Self> {
        let mut said = Self::default();
        for (keyword, value) in keywords {
            let keyword = keyword.cast::<PyString>()?.to_string_lossy();
            let place = match &*keyword {
                "arguments" => &mut said.arguments,
                "tokens" => &mut said.tokens,
                "cost_usd" => &mut said.cost_usd,
                "steps" => &mut said.steps,
                "discovered_steps" => &mut said.discovered_steps,
                _ => {
                    let problem = format!("{verb}() got an unexpected keyword argument '{keyword}'");
                    return Err(PyTypeError::new_err(problem));
                }
            };
            *place = Some(value);
        }
        Ok(said)
    }

    fn is_nothing(&self) -> bool {
        let Amounts { tokens, cost_usd, steps, discovered_steps, .. } = self.amounts();
        let amounts = [tokens, cost_usd, steps, discovered_steps];
        self.arguments().is_none() && amounts.into_iter().all(Given::is_omitted)
    }

    /// Reads it. The arguments only where somebody `tells` repetitions by them, because that costs time.
    pub(crate) fn read(&self, tells: impl FnOnce() -> bool) -> PyResult<Details> {
        let usage = self.amounts().usage()?;
        let arguments = self.arguments().filter(|_| tells()).map(canonical).transpose()?;
        Ok(Details { arguments, usage })
    }

    fn arguments(&self) -> Option<&Bound<'py, PyAny>> {
        self.arguments.as_ref().filter(|arguments| !arguments.is_none())
    }

    fn amounts(&self) -> Amounts<'_, 'py> {
        fn given<'a, 'py>(value: &'a Option<Bound<'py, PyAny>>) -> Given<'a, 'py> {
            value.as_ref().map_or(Given::Omitted, |value| Given::of(value.as_borrowed()))
        }
        Amounts {
            tokens: given(&self.tokens),
            cost_usd: given(&self.cost_usd),
            steps: given(&self.steps),
            discovered_steps: given(&self.discovered_steps),
            ..Amounts::default()
        }
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
