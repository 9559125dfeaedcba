//! `Session`: handing on what it has, to child sessions and to reservations, and recording what was spent.

use allotment::{CreateError, Usage};
use pyo3::prelude::*;

use super::Session;
use crate::args::{Given, SessionLimits, name, session_spec, usage};
use crate::errors::invalid;
use crate::reservation::Reservation;

#[pymethods]
impl Session {
    /// Delegates a part of this session's work to a session of its own.
    ///
    /// Whatever the child debits, this session and all that it was delegated from are debited too. A limit
    /// that is given is a cap within this session's; one that is left out (or `None`) is this session's
    /// itself, not the policy's default. Tenant, time and sensitivity are this session's unless they are
    /// narrowed. Ending this session ends the child.
    ///
    /// Args:
    ///     agent: Whose session the child is; 1 to 128 bytes.
    ///     tools: What it may call, all of it authorised here: as for `Enforcer.create_session`.
    ///     intent: What it is for, up to 512 bytes; empty for none.
    ///     tenant: This session's tenant, if given at all.
    ///     calls: Cap of tool calls.
    ///     tokens: Cap of model tokens.
    ///     cost_usd: Cap in US dollars.
    ///     steps: Cap of steps.
    ///     rate: Rate of calls, no faster than this session's.
    ///     tokens_rate: Rate of model tokens, no faster than this session's.
    ///     cost_rate: Rate of US dollars, no faster than this session's.
    ///     time_limit: How long it lives, in seconds or as a timedelta; what is left here unless given.
    ///     sensitivity: The most that it may touch, no more than this session.
    ///
    /// Raises:
    ///     InvalidPolicy: asking for more than this session has, a depth of more than 8, an argument that
    ///         makes no sense; by name.
    ///     Denied: this session is not active (SessionClosed, SessionPaused, SessionExpired), or there is no
    ///         place (TooManySessions, StoreFull).
    #[expect(clippy::too_many_arguments, reason = "keywords of the Python signature")]
    #[pyo3(
        signature = (
            *, agent, tools, intent=None, tenant=None, calls=Given::Omitted, tokens=Given::Omitted,
            cost_usd=Given::Omitted, steps=Given::Omitted, rate=Given::Omitted, tokens_rate=Given::Omitted,
            cost_rate=Given::Omitted, time_limit=None, sensitivity=None
        ),
        text_signature = "($self, *, agent, tools, intent='', tenant=None, calls=..., tokens=..., cost_usd=..., \
            steps=..., rate=..., tokens_rate=..., cost_rate=..., time_limit=None, sensitivity=None)"
    )]
    fn delegate<'py>(
        &self,
        py: Python<'py>,
        agent: &Bound<'py, PyAny>,
        tools: &Bound<'py, PyAny>,
        intent: Option<&Bound<'py, PyAny>>,
        tenant: Option<&Bound<'py, PyAny>>,
        calls: Given<'py>,
        tokens: Given<'py>,
        cost_usd: Given<'py>,
        steps: Given<'py>,
        rate: Given<'py>,
        tokens_rate: Given<'py>,
        cost_rate: Given<'py>,
        time_limit: Option<&Bound<'py, PyAny>>,
        sensitivity: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        name("agent", agent)?;
        let limits = SessionLimits {
            calls,
            tokens,
            cost_usd,
            steps,
            rate,
            tokens_rate,
            cost_rate,
            time_limit,
            sensitivity,
        };
        match self.inner.delegate(session_spec(agent, tools, intent, tenant, limits)?) {
            Ok(child) => Ok(Self::new(py, child)),
            Err(CreateError::Invalid(error)) => Err(invalid(py, &error)),
            Err(CreateError::Denied(denial)) => Err(self.refuse(py, None, denial)),
        }
    }

    /// Admits an estimate for a model call, whose price is known only afterwards.
    ///
    /// It is held on everything that limits it, or not at all. It counts no tool call.
    ///
    /// Args:
    ///     tokens: The model tokens it may take.
    ///     cost_usd: The US dollars it may cost.
    ///     steps: The steps it may make.
    ///
    /// Returns:
    ///     The reservation, to be settled; a context manager.
    ///
    /// Raises:
    ///     Denied: by reason; nothing is held then.
    ///     InvalidPolicy: an argument makes no sense, or nothing is asked for.
    #[pyo3(
        signature = (*, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted),
        text_signature = "($self, *, tokens=0, cost_usd=0, steps=0)"
    )]
    fn reserve(
        &self,
        py: Python<'_>,
        tokens: Given<'_>,
        cost_usd: Given<'_>,
        steps: Given<'_>,
    ) -> PyResult<Reservation> {
        let usage = usage(tokens, cost_usd, steps)?;
        if usage == Usage::NONE {
            return Err(invalid(
                py,
                &allotment::Error::new("tokens", 0, "asks for nothing; neither does anything else"),
            ));
        }
        self.inner.reserve(usage).map(Reservation::from).map_err(|denial| self.refuse(py, None, denial))
    }

    /// Charges what has been spent, after the fact.
    ///
    /// On everything that limits it, even past the limits and whatever the session's status.
    ///
    /// Args:
    ///     tokens: The model tokens used.
    ///     cost_usd: The US dollars spent.
    ///     steps: The steps made.
    ///
    /// Returns:
    ///     Whether that overran a budget, which then refuses what follows.
    ///
    /// Raises:
    ///     InvalidPolicy: an argument makes no sense.
    #[pyo3(
        signature = (*, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted),
        text_signature = "($self, *, tokens=0, cost_usd=0, steps=0)"
    )]
    fn record(&self, tokens: Given<'_>, cost_usd: Given<'_>, steps: Given<'_>) -> PyResult<bool> {
        Ok(self.inner.record(usage(tokens, cost_usd, steps)?))
    }
}
