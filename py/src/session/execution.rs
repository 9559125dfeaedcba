//! `Session`: what a long-running execution tells of itself.

use pyo3::prelude::*;

use super::Session;
use crate::args::{Amounts, Given, count};
use crate::decision::Decision;
use crate::descent::Descent;
use crate::step_timer::StepTimer;

#[pymethods]
impl Session {
    /// Admits a step of an execution and what it uses, without any tool; or raises.
    ///
    /// All of it or nothing. It counts no tool call.
    ///
    /// Args:
    ///     steps: Steps that it counts as.
    ///     discovered_steps: Steps that it discovered on the way.
    ///     tokens: Model tokens that it uses.
    ///     cost_usd: What it costs, in US dollars.
    ///
    /// Raises:
    ///     Denied: the subclass for the reason, BudgetExceeded and IdleTimeout among them.
    ///     InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
    #[pyo3(
        signature = (
            steps=Given::Omitted, *, discovered_steps=Given::Omitted, tokens=Given::Omitted,
            cost_usd=Given::Omitted
        ),
        text_signature = "($self, steps=1, *, discovered_steps=0, tokens=0, cost_usd=0)"
    )]
    fn step(
        &self,
        py: Python<'_>,
        steps: Given<'_, '_>,
        discovered_steps: Given<'_, '_>,
        tokens: Given<'_, '_>,
        cost_usd: Given<'_, '_>,
    ) -> PyResult<()> {
        let outcome = self.inner.admit(step(steps, discovered_steps, tokens, cost_usd)?).map(drop);
        outcome.map_err(|denial| self.refuse(py, None, denial))
    }

    /// Decides about a step of an execution and what it uses, without any tool.
    ///
    /// A denial is returned, not raised.
    ///
    /// Args:
    ///     steps: Steps that it counts as.
    ///     discovered_steps: Steps that it discovered on the way.
    ///     tokens: Model tokens that it uses.
    ///     cost_usd: What it costs, in US dollars.
    ///
    /// Raises:
    ///     InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
    #[pyo3(
        signature = (
            steps=Given::Omitted, *, discovered_steps=Given::Omitted, tokens=Given::Omitted,
            cost_usd=Given::Omitted
        ),
        text_signature = "($self, steps=1, *, discovered_steps=0, tokens=0, cost_usd=0)"
    )]
    fn decide_step(
        &self,
        py: Python<'_>,
        steps: Given<'_, '_>,
        discovered_steps: Given<'_, '_>,
        tokens: Given<'_, '_>,
        cost_usd: Given<'_, '_>,
    ) -> PyResult<Decision> {
        let outcome = self.inner.admit(step(steps, discovered_steps, tokens, cost_usd)?);
        Ok(self.decision(py, None, outcome))
    }

    /// Enters the next level of discovery.
    ///
    /// Returns:
    ///     The level, to be left; a context manager.
    ///
    /// Raises:
    ///     DepthExceeded: discoveries nest as deep as they may.
    ///     Denied: the session is not active (SessionClosed, SessionPaused, SessionExpired, IdleTimeout).
    fn descend(&self, py: Python<'_>) -> PyResult<Descent> {
        self.inner.descend().map(Descent::from).map_err(|denial| self.refuse(py, None, denial))
    }

    /// Says how much memory was seen in use. More than the limit denies every call until less is seen.
    ///
    /// Args:
    ///     bytes: The memory in use, in bytes.
    ///
    /// Returns:
    ///     Whether that is within the limit.
    ///
    /// Raises:
    ///     InvalidPolicy: negative or above 2**64 - 1; InvalidType for anything but an int.
    fn observe_memory(&self, bytes: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.inner.observe_memory(count("bytes", bytes)?))
    }

    /// Begins a step that may take less than `seconds`, on the enforcer's clock.
    ///
    /// Args:
    ///     seconds: Seconds as int or float, or a `timedelta`. 0 or more.
    ///
    /// Raises:
    ///     InvalidPolicy: negative, NaN, infinite or more than 100 years; InvalidType for anything else.
    fn step_timer(&self, seconds: &Bound<'_, PyAny>) -> PyResult<StepTimer> {
        StepTimer::new(seconds, |limit| self.inner.step_timer(limit))
    }
}

/// What a step uses; it counts as one unless it says otherwise.
fn step(
    steps: Given<'_, '_>,
    discovered_steps: Given<'_, '_>,
    tokens: Given<'_, '_>,
    cost_usd: Given<'_, '_>,
) -> PyResult<allotment::Usage> {
    let one = steps.is_omitted();
    let amounts = Amounts { tokens, cost_usd, steps, discovered_steps, ..Amounts::default() };
    amounts.usage().map(|usage| if one { usage.steps(1) } else { usage })
}
