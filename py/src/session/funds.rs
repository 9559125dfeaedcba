//! `Session`: what it has, handing it on to child sessions and to reservations, and recording what was spent.

use allotment::{CreateError, Usage};
use pyo3::prelude::*;

use super::Session;
use crate::args::{Amounts, Given, SessionLimits, least, name, resource, session_spec, truth};
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
    ///     discovered_steps: Cap of steps discovered on the way.
    ///     rate: Rate of calls, no faster than this session's.
    ///     tokens_rate: Rate of model tokens, no faster than this session's.
    ///     cost_rate: Rate of US dollars, no faster than this session's.
    ///     time_limit: How long it lives, in seconds or as a timedelta; what is left here unless given.
    ///     sensitivity: The most that it may touch, no more than this session.
    ///     execution: Its limits as a long-running execution, none of them wider than this session's, which hold
    ///         unless it is given.
    ///     air_gap: Whether it may call only tools that need no network; as this session unless given.
    ///     carve_out: Move the budgets that are given out of this session's at once, and return what is left of
    ///         them when the child ends; otherwise they are caps within this session's.
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
            cost_usd=Given::Omitted, steps=Given::Omitted, discovered_steps=Given::Omitted,
            rate=Given::Omitted, tokens_rate=Given::Omitted, cost_rate=Given::Omitted, time_limit=None,
            sensitivity=None, execution=None, air_gap=None, carve_out=None
        ),
        text_signature = "($self, *, agent, tools, intent='', tenant=None, calls=..., tokens=..., cost_usd=..., \
            steps=..., discovered_steps=..., rate=..., tokens_rate=..., cost_rate=..., time_limit=None, \
            sensitivity=None, execution=None, air_gap=None, carve_out=False)"
    )]
    fn delegate<'py>(
        &self,
        py: Python<'py>,
        agent: &Bound<'py, PyAny>,
        tools: &Bound<'py, PyAny>,
        intent: Option<&Bound<'py, PyAny>>,
        tenant: Option<&Bound<'py, PyAny>>,
        calls: Given<'_, 'py>,
        tokens: Given<'_, 'py>,
        cost_usd: Given<'_, 'py>,
        steps: Given<'_, 'py>,
        discovered_steps: Given<'_, 'py>,
        rate: Given<'_, 'py>,
        tokens_rate: Given<'_, 'py>,
        cost_rate: Given<'_, 'py>,
        time_limit: Option<&Bound<'py, PyAny>>,
        sensitivity: Option<&Bound<'py, PyAny>>,
        execution: Option<&Bound<'py, PyAny>>,
        air_gap: Option<&Bound<'py, PyAny>>,
        carve_out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        name("agent", agent)?;
        let limits = SessionLimits {
            calls,
            tokens,
            cost_usd,
            steps,
            discovered_steps,
            rate,
            tokens_rate,
            cost_rate,
            time_limit,
            sensitivity,
            execution,
            air_gap,
        };
        let carve_out = carve_out.map_or(Ok(false), |carve_out| truth("carve_out", carve_out))?;
        let spec = session_spec(agent, tools, intent, tenant, limits)?.carve_out(carve_out);
        match self.inner.delegate(spec) {
            Ok(child) => Ok(Self::new(py, child)),
            Err(error) => Err(self.refuse_or_blame(py, error)),
        }
    }

    /// Admits an estimate for a model call, whose price is known only afterwards.
    ///
    /// It is held on everything that limits it, or not at all. It counts no tool call.
    ///
    /// Args:
    ///     tokens: The model tokens it may take, those that count as they are.
    ///     cost_usd: The US dollars it may cost.
    ///     steps: The steps it may make.
    ///     discovered_steps: The steps it may discover on the way.
    ///     input_tokens: Tokens that the model may read, which count as the policy weighs them.
    ///     output_tokens: Tokens that it may write.
    ///     cached_tokens: Tokens that it may read from a cache; they are not in `input_tokens`.
    ///     at_least: Grant less than that, if there is less, down to this many tokens; or a mapping of `tokens`,
    ///         `cost_usd`, `steps` and `discovered_steps` to the least of each. What it does not mention is
    ///         granted in full.
    ///
    /// Returns:
    ///     The reservation, to be settled; a context manager. It says how much was granted.
    ///
    /// Raises:
    ///     Denied: by reason; nothing is held then.
    ///     InvalidPolicy: an argument makes no sense, or nothing is asked for.
    #[expect(clippy::too_many_arguments, reason = "keywords of the Python signature")]
    #[pyo3(
        signature = (
            *, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted,
            discovered_steps=Given::Omitted, input_tokens=Given::Omitted, output_tokens=Given::Omitted,
            cached_tokens=Given::Omitted, at_least=None
        ),
        text_signature = "($self, *, tokens=0, cost_usd=0, steps=0, discovered_steps=0, input_tokens=0, \
            output_tokens=0, cached_tokens=0, at_least=None)"
    )]
    fn reserve(
        &self,
        py: Python<'_>,
        tokens: Given<'_, '_>,
        cost_usd: Given<'_, '_>,
        steps: Given<'_, '_>,
        discovered_steps: Given<'_, '_>,
        input_tokens: Given<'_, '_>,
        output_tokens: Given<'_, '_>,
        cached_tokens: Given<'_, '_>,
        at_least: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Reservation> {
        let amounts =
            Amounts { tokens, cost_usd, steps, discovered_steps, input_tokens, output_tokens, cached_tokens };
        let usage = amounts.usage()?;
        if usage == Usage::NONE {
            let error = allotment::Error::new("tokens", 0, "asks for nothing; neither does anything else");
            return Err(invalid(py, &error));
        }
        let held = self.inner.reserve_at_least(usage, least(at_least, usage)?);
        held.map(Reservation::from).map_err(|denial| self.refuse(py, None, denial))
    }

    /// Charges what has been spent, after the fact.
    ///
    /// On everything that limits it, even past the limits and whatever the session's status.
    ///
    /// Args:
    ///     tokens: The model tokens used, those that count as they are.
    ///     cost_usd: The US dollars spent.
    ///     steps: The steps made.
    ///     discovered_steps: The steps discovered on the way.
    ///     input_tokens: Tokens that the model read, which count as the policy weighs them.
    ///     output_tokens: Tokens that it wrote.
    ///     cached_tokens: Tokens that it read from a cache; they are not in `input_tokens`.
    ///
    /// Returns:
    ///     Whether that overran a budget, which then refuses what follows.
    ///
    /// Raises:
    ///     InvalidPolicy: an argument makes no sense.
    #[expect(clippy::too_many_arguments, reason = "keywords of the Python signature")]
    #[pyo3(
        signature = (
            *, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted,
            discovered_steps=Given::Omitted, input_tokens=Given::Omitted, output_tokens=Given::Omitted,
            cached_tokens=Given::Omitted
        ),
        text_signature = "($self, *, tokens=0, cost_usd=0, steps=0, discovered_steps=0, input_tokens=0, \
            output_tokens=0, cached_tokens=0)"
    )]
    fn record(
        &self,
        tokens: Given<'_, '_>,
        cost_usd: Given<'_, '_>,
        steps: Given<'_, '_>,
        discovered_steps: Given<'_, '_>,
        input_tokens: Given<'_, '_>,
        output_tokens: Given<'_, '_>,
        cached_tokens: Given<'_, '_>,
    ) -> PyResult<bool> {
        let amounts =
            Amounts { tokens, cost_usd, steps, discovered_steps, input_tokens, output_tokens, cached_tokens };
        Ok(self.inner.record(amounts.usage()?))
    }

    /// Whether anything limits what the session may use of `resource`, under the policy in force.
    ///
    /// A budget, a rate or a threshold, be it its own, of a session that it was delegated from, of one of
    /// their agents or of the tenant. A cap of one tool does not count. Changes nothing.
    ///
    /// Args:
    ///     resource: "calls", "steps", "discovered_steps", "tokens", "cost", "time", "sessions", "idle",
    ///         "depth", "repetitions" or "memory".
    ///
    /// Raises:
    ///     InvalidPolicy: any other name; InvalidType for anything but a str.
    fn is_limited(&self, resource: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.inner.is_limited(self::resource("resource", resource)?))
    }

    /// Raises the session's limits, all of them or none.
    ///
    /// A session that is paused stays so until it is resumed, and then goes on with what remained and what was
    /// added.
    ///
    /// Args:
    ///     calls: Tool calls to add.
    ///     tokens: Model tokens to add.
    ///     cost_usd: US dollars to add.
    ///     steps: Steps to add.
    ///     discovered_steps: Discovered steps to add.
    ///     time: Time to add, in seconds or as a timedelta.
    ///
    /// Raises:
    ///     InvalidPolicy: there is no such limit to raise, it would be more than the parent's, or an argument
    ///         makes no sense; by name.
    ///     Denied: SessionClosed or SessionExpired; it is too late.
    #[expect(clippy::too_many_arguments, reason = "keywords of the Python signature")]
    #[pyo3(
        signature = (
            *, calls=Given::Omitted, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted,
            discovered_steps=Given::Omitted, time=Given::Omitted
        ),
        text_signature = "($self, *, calls=0, tokens=0, cost_usd=0, steps=0, discovered_steps=0, time=0)"
    )]
    fn top_up(
        &self,
        py: Python<'_>,
        calls: Given<'_, '_>,
        tokens: Given<'_, '_>,
        cost_usd: Given<'_, '_>,
        steps: Given<'_, '_>,
        discovered_steps: Given<'_, '_>,
        time: Given<'_, '_>,
    ) -> PyResult<()> {
        let amounts = Amounts { tokens, cost_usd, steps, discovered_steps, ..Amounts::default() };
        let by = amounts.top_up(calls, time)?;
        self.inner.top_up(by).map_err(|error| self.refuse_or_blame(py, error))
    }
}

impl Session {
    /// The exception for `error`: a denial, or misuse.
    #[cold]
    fn refuse_or_blame(&self, py: Python<'_>, error: CreateError) -> PyErr {
        match error {
            CreateError::Invalid(error) => invalid(py, &error),
            CreateError::Denied(denial) => self.refuse(py, None, denial),
        }
    }
}
