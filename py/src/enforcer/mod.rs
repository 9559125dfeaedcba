//! `Enforcer`: making sessions, and what becomes of them. The verbs by id are in `by_id`.

mod by_id;

use allotment::CreateError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::about::{About, kept};
use crate::args::{Given, SessionLimits, count, limit, lookup, name, session_spec};
use crate::clock::ManualClock;
use crate::decision::Decision;
use crate::errors::{bad_type, denied, invalid, not_copied};
use crate::event::Event;
use crate::id::Asked;
use crate::policy::Policy;
use crate::session::Session;
use crate::snapshot::plain;
use crate::step_timer::StepTimer;
use crate::summary::Summary;

/// Gives sessions their allotments and holds them to it.
///
/// Use one from as many threads and tasks as you like: no call blocks, and no interleaving admits one unit
/// more than any limit allows.
///
/// It does not cross a fork: in a forked child all that was inherited denies (`Forked`), so that no budget is
/// spent twice. Make one in each worker of a pre-fork server, for instance in gunicorn's `post_fork`; what
/// the server preloads is nobody's to spend. Only forks that Python makes are noticed.
///
/// Args:
///     policy: The settings that all sessions share; `Policy()` unless given.
///     clock: A `testing.ManualClock`, for tests and replays; the machine's monotonic clock unless given.
///     max_sessions: How many sessions it holds at most, ended ones that were not swept yet included; 1 to
///         2**48.
///
/// Raises:
///     InvalidPolicy: `max_sessions` out of bounds; InvalidType for a wrong type.
///
/// Example:
///     >>> enforcer = Enforcer()
///     >>> session = enforcer.create_session(agent="agent-7", tools=["search"], calls=2)
///     >>> session.authorize("search")
#[pyclass(frozen, weakref, module = "allotment")]
pub(crate) struct Enforcer {
    inner: allotment::Enforcer,
}

impl Enforcer {
    fn find(&self, session_id: &Bound<'_, PyAny>) -> PyResult<allotment::Session> {
        let py = session_id.py();
        let asked = Asked::new(session_id)?;
        self.inner.get(asked.id).map_err(|denial| {
            let about = About { session: Some(asked.text(py)), ..About::default() };
            denied(py, Decision::denied(py, about, denial, None))
        })
    }
}

#[pymethods]
impl Enforcer {
    #[new]
    #[pyo3(
        signature = (policy=None, clock=None, max_sessions=Given::Omitted),
        text_signature = "(policy=None, clock=None, max_sessions=1000000)"
    )]
    fn new(
        py: Python<'_>,
        policy: Option<&Bound<'_, PyAny>>,
        clock: Option<&Bound<'_, PyAny>>,
        max_sessions: Given<'_, '_>,
    ) -> PyResult<Self> {
        let mut builder = allotment::Enforcer::builder();
        if let Some(policy) = policy {
            builder = builder.policy(Policy::owned(policy)?);
        }
        if let Some(clock) = clock {
            let Ok(hand) = clock.cast::<ManualClock>() else {
                return Err(bad_type("clock", clock, "is not an allotment.testing.ManualClock"));
            };
            builder = builder.clock(hand.get().inner());
        }
        let max = max_sessions.or(allotment::MAX_SESSIONS, |max| limit("max_sessions", max))?;
        let inner = builder.max_sessions(max).build().map_err(|error| invalid(py, &error))?;
        Ok(Self { inner })
    }

    /// Creates a session.
    ///
    /// A limit that is left out is the policy's default; `None` is no limit.
    ///
    /// Args:
    ///     agent: Whose session it is; 1 to 128 bytes.
    ///     tools: The exact names it may call, at most 10,000: a list or any other iterable, or a mapping of
    ///         names to their own caps (`None` for no cap). `"*"` authorises every tool, an empty list none.
    ///     intent: What it is for, up to 512 bytes; empty for none.
    ///     tenant: On whose behalf: the tenant whose limits it shares too.
    ///     calls: Budget of tool calls, up to 2**48.
    ///     tokens: Budget of model tokens, up to 2**48.
    ///     cost_usd: Budget in US dollars: Decimal, str, int or finite float, rounded up to nano-dollars.
    ///     steps: Budget of steps, up to 2**48.
    ///     discovered_steps: Budget of steps discovered on the way, up to 2**48.
    ///     rate: Rate of calls: a `Rate` or text such as `"30/min"`.
    ///     tokens_rate: Rate of model tokens, in the same form.
    ///     cost_rate: Rate of US dollars: text such as `"1.50/min"`, or a `Rate` whose limit is in whole
    ///         dollars.
    ///     time_limit: How long it lives, in seconds or as a timedelta: 1 s to the policy's maximum, 24 h
    ///         unless that says otherwise.
    ///     sensitivity: `"public"`, `"internal"`, `"confidential"` or `"restricted"`: the most that it may
    ///         touch.
    ///     execution: Its limits as a long-running execution: `"standard"`, `"extended"`, `"unlimited"`,
    ///         `"disabled"`, or a mapping with the keys of a policy's `[execution]`, such as `{"preset":
    ///         "standard", "depth": 2}`; without a preset, what it leaves out is not limited. The policy's
    ///         unless given.
    ///     air_gap: Whether it may call only tools that the policy says need no network; the policy's unless
    ///         given.
    ///
    /// Raises:
    ///     TooManySessions: the agent, or the tenant, has as many as it may.
    ///     StoreFull: the enforcer holds `max_sessions`.
    ///     InvalidPolicy: an argument that makes no sense, by name; InvalidType where its type is wrong.
    #[expect(clippy::too_many_arguments, reason = "keywords of the Python signature")]
    #[pyo3(
        signature = (
            *, agent, tools, intent=None, tenant=None, calls=Given::Omitted, tokens=Given::Omitted,
            cost_usd=Given::Omitted, steps=Given::Omitted, discovered_steps=Given::Omitted,
            rate=Given::Omitted, tokens_rate=Given::Omitted, cost_rate=Given::Omitted, time_limit=None,
            sensitivity=None, execution=None, air_gap=None
        ),
        text_signature = "($self, *, agent, tools, intent='', tenant=None, calls=..., tokens=..., cost_usd=..., \
            steps=..., discovered_steps=..., rate=..., tokens_rate=..., cost_rate=..., time_limit=None, \
            sensitivity=None, execution=None, air_gap=None)"
    )]
    fn create_session<'py>(
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
    ) -> PyResult<Session> {
        let owner = name("agent", agent)?;
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
        let spec = session_spec(agent, tools, intent, tenant, limits)?;
        match self.inner.create(spec) {
            Ok(session) => Ok(Session::new(py, session)),
            Err(CreateError::Invalid(error)) => Err(invalid(py, &error)),
            Err(CreateError::Denied(denial)) => {
                let about = About { agent: Some(kept(owner)), ..About::default() };
                Err(denied(py, Decision::denied(py, about, denial, None)))
            }
        }
    }

    /// The session of this id, active or ended. Changes nothing.
    ///
    /// Args:
    ///     session_id: The id, a str or a `uuid.UUID`.
    ///
    /// Raises:
    ///     SessionNotFound: there is none.
    ///     InvalidType: neither a str nor a UUID.
    fn get(&self, py: Python<'_>, session_id: &Bound<'_, PyAny>) -> PyResult<Session> {
        self.find(session_id).map(|session| Session::new(py, session))
    }

    /// Every session that is held, active or ended, in no order. Changes nothing.
    fn sessions(&self, py: Python<'_>) -> Vec<Session> {
        self.inner.sessions().into_iter().map(|session| Session::new(py, session)).collect()
    }

    /// `Session.close` by id.
    ///
    /// Raises:
    ///     SessionNotFound: there is none. SessionClosed, SessionExpired: it has ended already.
    ///     InvalidType: neither a str nor a UUID.
    fn close(&self, py: Python<'_>, session_id: &Bound<'_, PyAny>) -> PyResult<Summary> {
        Session::new(py, self.find(session_id)?).close(py)
    }

    /// Closes every session of `agent`; other agents' stay.
    ///
    /// Returns:
    ///     How many it closed.
    fn close_agent(&self, agent: &Bound<'_, PyAny>) -> PyResult<u64> {
        Ok(self.inner.close_agent(&lookup(name("agent", agent)?)))
    }

    /// How many sessions of `agent` are active or paused.
    fn active_sessions(&self, agent: &Bound<'_, PyAny>) -> PyResult<u64> {
        Ok(self.inner.active_sessions(&lookup(name("agent", agent)?)))
    }

    /// `Session.step_timer` without a session.
    ///
    /// Args:
    ///     seconds: Seconds as int or float, or a `timedelta`. 0 or more.
    ///
    /// Raises:
    ///     InvalidPolicy: negative, NaN, infinite or more than 100 years; InvalidType for anything else.
    fn step_timer(&self, seconds: &Bound<'_, PyAny>) -> PyResult<StepTimer> {
        StepTimer::new(seconds, |limit| self.inner.step_timer(limit))
    }

    /// Removes expired and closed sessions. Costs what it removes, not what is held.
    ///
    /// Returns:
    ///     How many it removed.
    fn sweep(&self) -> u64 {
        self.inner.sweep()
    }

    /// Puts `policy` in force for every session at once.
    ///
    /// What has been spent stays spent; its `defaults` concern new sessions.
    ///
    /// Raises:
    ///     InvalidType: it is not a `Policy`.
    fn set_policy(&self, policy: &Bound<'_, PyAny>) -> PyResult<()> {
        self.inner.set_policy(Policy::owned(policy)?);
        Ok(())
    }

    /// The policy in force.
    #[getter]
    fn policy(&self) -> Policy {
        self.inner.policy().into()
    }

    /// Takes out the events that wait now, oldest first: denials, warnings, what became of sessions.
    ///
    /// A bounded queue holds them; events that find it full are dropped and counted in `stats()`. No decision
    /// waits for this. `allotment.logging.EventLog` does it regularly.
    ///
    /// Args:
    ///     max: At most so many; all of them unless given.
    ///
    /// Raises:
    ///     InvalidPolicy: `max` is negative or above 2**64 - 1; InvalidType for a wrong type.
    #[pyo3(signature = (max=None))]
    fn events(&self, py: Python<'_>, max: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<Event>> {
        let max = max.map_or(Ok(u64::MAX), |max| count("max", max))?;
        let events = self.inner.drain_events(usize::try_from(max).unwrap_or(usize::MAX));
        events.iter().map(|event| Event::new(py, event)).collect()
    }

    /// Figures about what is held: `sessions`, `max_sessions`, `agents`, `tenants`, `events_waiting`,
    /// `events_dropped`.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        plain(py, &self.inner.stats())
    }

    /// How many sessions are held, ended ones that were not swept yet included.
    fn __len__(&self) -> PyResult<usize> {
        Ok(usize::try_from(self.inner.stats().sessions)?)
    }

    /// Always true: an enforcer without sessions is not nothing, and `enforcer or Enforcer()` must not make a
    /// second.
    #[expect(clippy::unused_self, reason = "a special method")]
    fn __bool__(&self) -> bool {
        true
    }

    #[expect(clippy::unused_self, reason = "a special method")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(not_copied("an Enforcer", "its budgets live in this process"))
    }

    fn __repr__(&self) -> String {
        let stats = self.inner.stats();
        format!("<Enforcer sessions={} max_sessions={}>", stats.sessions, stats.max_sessions)
    }
}
