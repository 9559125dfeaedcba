//! `Enforcer`: the verbs of a session by its id, for servers.

use pyo3::prelude::*;

use super::Enforcer;
use crate::args::{Amounts, Given, Said, batch, lookup, name};
use crate::call::Call;
use crate::decision::Decision;

#[pymethods]
impl Enforcer {
    /// `Session.authorize` by id, for servers. The caller's agent has to be the session's.
    ///
    /// Args:
    ///     session_id: The id, a str or a `uuid.UUID`.
    ///     tool: The tool's exact name.
    ///     agent: Who asks.
    ///     arguments: The call's arguments, any object. Equal ones make it the same step, which an execution
    ///         may take only so often in a row; `None` says nothing of them.
    ///     tokens: Model tokens that the call uses.
    ///     cost_usd: What it costs, in US dollars: Decimal, str, int or finite float, rounded up to
    ///         nano-dollars.
    ///     steps: Steps that it counts as.
    ///     discovered_steps: Steps that it discovered on the way.
    ///
    /// Raises:
    ///     Denied: as `Session.authorize`; also SessionNotFound and AgentMismatch.
    ///     InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
    #[expect(clippy::too_many_arguments, reason = "keywords of the Python signature")]
    #[pyo3(
        signature = (
            session_id, tool, *, agent, arguments=None, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted,
            discovered_steps=Given::Omitted
        ),
        text_signature = "($self, session_id, tool, *, agent, arguments=None, tokens=0, cost_usd=0, steps=0, \
            discovered_steps=0)"
    )]
    fn authorize(
        &self,
        session_id: &Bound<'_, PyAny>,
        tool: &Bound<'_, PyAny>,
        agent: &Bound<'_, PyAny>,
        arguments: Option<&Bound<'_, PyAny>>,
        tokens: Given<'_, '_>,
        cost_usd: Given<'_, '_>,
        steps: Given<'_, '_>,
        discovered_steps: Given<'_, '_>,
    ) -> PyResult<()> {
        let tool = name("tool", tool)?;
        let text = lookup(tool);
        let call = Call::new(&self.inner, session_id, agent, Some(tool))?;
        let amounts = Amounts { tokens, cost_usd, steps, discovered_steps, ..Amounts::default() };
        let said = Said { arguments, amounts };
        if said.is_nothing() {
            return call.raise(|id, agent| self.inner.authorize(id, agent, &text).map(drop));
        }
        let details = said.read(|| call.tells_repetitions())?;
        call.raise(|id, agent| self.inner.authorize_call(id, agent, details.of(&text)).map(drop))
    }

    /// `Session.decide` by id, for servers. The caller's agent has to be the session's.
    ///
    /// Args:
    ///     session_id: The id, a str or a `uuid.UUID`.
    ///     tool: The tool's exact name.
    ///     agent: Who asks.
    ///     arguments: The call's arguments, any object. Equal ones make it the same step, which an execution
    ///         may take only so often in a row; `None` says nothing of them.
    ///     tokens: Model tokens that the call uses.
    ///     cost_usd: What it costs, in US dollars: Decimal, str, int or finite float, rounded up to
    ///         nano-dollars.
    ///     steps: Steps that it counts as.
    ///     discovered_steps: Steps that it discovered on the way.
    ///
    /// Raises:
    ///     InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
    #[expect(clippy::too_many_arguments, reason = "keywords of the Python signature")]
    #[pyo3(
        signature = (
            session_id, tool, *, agent, arguments=None, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted,
            discovered_steps=Given::Omitted
        ),
        text_signature = "($self, session_id, tool, *, agent, arguments=None, tokens=0, cost_usd=0, steps=0, \
            discovered_steps=0)"
    )]
    fn decide(
        &self,
        session_id: &Bound<'_, PyAny>,
        tool: &Bound<'_, PyAny>,
        agent: &Bound<'_, PyAny>,
        arguments: Option<&Bound<'_, PyAny>>,
        tokens: Given<'_, '_>,
        cost_usd: Given<'_, '_>,
        steps: Given<'_, '_>,
        discovered_steps: Given<'_, '_>,
    ) -> PyResult<Decision> {
        let tool = name("tool", tool)?;
        let text = lookup(tool);
        let call = Call::new(&self.inner, session_id, agent, Some(tool))?;
        let amounts = Amounts { tokens, cost_usd, steps, discovered_steps, ..Amounts::default() };
        let said = Said { arguments, amounts };
        if said.is_nothing() {
            return Ok(call.decide(|id, agent| self.inner.authorize(id, agent, &text)));
        }
        let details = said.read(|| call.tells_repetitions())?;
        Ok(call.decide(|id, agent| self.inner.authorize_call(id, agent, details.of(&text))))
    }

    /// `Session.authorize_batch` by id. The caller's agent has to be the session's.
    ///
    /// Args:
    ///     session_id: The id, a str or a `uuid.UUID`.
    ///     tools: An iterable of exact names, with repetitions; at most 1,000,000.
    ///     agent: Who asks.
    ///
    /// Raises:
    ///     Denied: as `Session.authorize_batch`; also SessionNotFound and AgentMismatch.
    ///     InvalidType: a wrong type, a bare string among them.
    #[pyo3(signature = (session_id, tools, *, agent))]
    fn authorize_batch(
        &self,
        session_id: &Bound<'_, PyAny>,
        tools: &Bound<'_, PyAny>,
        agent: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let calls = batch(tools)?;
        let names: Vec<_> = calls.iter().map(lookup).collect();
        let names = names.iter().map(|name| &**name);
        let call = Call::new(&self.inner, session_id, agent, None)?;
        call.raise(|id, agent| self.inner.authorize_batch(id, agent, names).map(drop))
    }

    /// `Session.decide_batch` by id. The caller's agent has to be the session's.
    ///
    /// Args:
    ///     session_id: The id, a str or a `uuid.UUID`.
    ///     tools: An iterable of exact names, with repetitions; at most 1,000,000.
    ///     agent: Who asks.
    ///
    /// Raises:
    ///     InvalidType: a wrong type, a bare string among them.
    #[pyo3(signature = (session_id, tools, *, agent))]
    fn decide_batch(
        &self,
        session_id: &Bound<'_, PyAny>,
        tools: &Bound<'_, PyAny>,
        agent: &Bound<'_, PyAny>,
    ) -> PyResult<Decision> {
        let calls = batch(tools)?;
        let names: Vec<_> = calls.iter().map(lookup).collect();
        let names = names.iter().map(|name| &**name);
        let call = Call::new(&self.inner, session_id, agent, None)?;
        Ok(call.decide(|id, agent| self.inner.authorize_batch(id, agent, names)))
    }

    /// `Session.preview` by id. Consumes nothing. The caller's agent has to be the session's.
    ///
    /// Args:
    ///     session_id: The id, a str or a `uuid.UUID`.
    ///     tool: The tool's exact name.
    ///     agent: Who asks.
    ///     arguments: The call's arguments, any object. Equal ones make it the same step, which an execution
    ///         may take only so often in a row; `None` says nothing of them.
    ///     tokens: Model tokens that the call uses.
    ///     cost_usd: What it costs, in US dollars: Decimal, str, int or finite float, rounded up to
    ///         nano-dollars.
    ///     steps: Steps that it counts as.
    ///     discovered_steps: Steps that it discovered on the way.
    ///
    /// Raises:
    ///     InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
    #[expect(clippy::too_many_arguments, reason = "keywords of the Python signature")]
    #[pyo3(
        signature = (
            session_id, tool, *, agent, arguments=None, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted,
            discovered_steps=Given::Omitted
        ),
        text_signature = "($self, session_id, tool, *, agent, arguments=None, tokens=0, cost_usd=0, steps=0, \
            discovered_steps=0)"
    )]
    fn preview(
        &self,
        session_id: &Bound<'_, PyAny>,
        tool: &Bound<'_, PyAny>,
        agent: &Bound<'_, PyAny>,
        arguments: Option<&Bound<'_, PyAny>>,
        tokens: Given<'_, '_>,
        cost_usd: Given<'_, '_>,
        steps: Given<'_, '_>,
        discovered_steps: Given<'_, '_>,
    ) -> PyResult<Decision> {
        let tool = name("tool", tool)?;
        let text = lookup(tool);
        let call = Call::new(&self.inner, session_id, agent, Some(tool))?;
        let amounts = Amounts { tokens, cost_usd, steps, discovered_steps, ..Amounts::default() };
        let said = Said { arguments, amounts };
        let details = said.read(|| call.tells_repetitions())?;
        Ok(call.decide(|id, agent| self.inner.preview_call(id, agent, details.of(&text))))
    }
}
