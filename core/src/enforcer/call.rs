//! [`Call`]: one call in full, for those who have more to say than the tool's name.

use super::request::Request;
use super::{Enforcer, Session};
use crate::decision::{Denial, Grant};
use crate::units::{SessionId, Usage};

/// A call of a tool with its arguments and what it uses.
///
/// ```
/// use allotment::{Call, Enforcer, Execution, Policy, Reason, SessionSpec};
/// let enforcer = Enforcer::new(Policy::default())?;
/// let twice = Execution { repetitions: Some(2), ..Execution::DISABLED };
/// let session = enforcer.create(SessionSpec::new("agent-7").tools(["search"]).execution(twice))?;
/// let again = Call::of("search").arguments(r#"{"q":"rust"}"#);
/// assert!(session.authorize_call(again).is_ok() && session.authorize_call(again).is_ok());
/// assert_eq!(session.authorize_call(again).unwrap_err().reason(), Reason::SameStepLoop);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Call<'t, 'a> {
    tool: &'t str,
    arguments: Option<&'a str>,
    usage: Usage,
}

impl<'t, 'a> Call<'t, 'a> {
    /// A call of `tool` that says nothing of its arguments.
    #[must_use]
    pub const fn of(tool: &'t str) -> Self {
        Self { tool, arguments: None, usage: Usage::NONE }
    }

    /// With these arguments, as canonical text: equal arguments are equal text, for instance JSON with sorted keys. Only with them
    /// can a repetition be told.
    #[must_use]
    pub const fn arguments(self, arguments: &'a str) -> Self {
        Self { arguments: Some(arguments), ..self }
    }

    /// Using this much besides the call itself.
    #[must_use]
    pub const fn usage(self, usage: Usage) -> Self {
        Self { usage, ..self }
    }
}

impl Session {
    /// Admits `call`: one call of its tool and what it uses, all of it or nothing.
    pub fn authorize_call<'t>(&self, call: Call<'t, '_>) -> Result<Grant<'t>, Denial> {
        self.ask_for(call, false)
    }

    /// What [`Session::authorize_call`] would say now. Consumes nothing, counts nothing.
    pub fn preview_call<'t>(&self, call: Call<'t, '_>) -> Result<Grant<'t>, Denial> {
        self.ask_for(call, true)
    }

    /// Whether a call's arguments matter, because the same step may be taken only so often in a row. Never changes.
    #[must_use]
    pub fn tells_repetitions(&self) -> bool {
        let (_, entry) = self.parts();
        entry.state.watched().is_some_and(|watch| watch.repetitions().is_some())
    }

    /// Admits `usage` without any tool, for good: a step of an execution, for instance.
    pub fn admit(&self, usage: Usage) -> Result<Grant<'static>, Denial> {
        let (shared, entry) = self.parts();
        shared.ask(entry, &Request { usage, ..Request::of(&[]) })
    }

    fn ask_for<'t>(&self, call: Call<'t, '_>, preview: bool) -> Result<Grant<'t>, Denial> {
        let Call { tool, arguments, usage } = call;
        let (shared, entry) = self.parts();
        shared.ask(entry, &Request { arguments, usage, preview, ..Request::of(&[tool]) })
    }
}

impl Enforcer {
    /// [`Session::authorize_call`] by id. Further denials: `not_found`, `agent_mismatch`.
    pub fn authorize_call<'t>(
        &self,
        id: SessionId,
        agent: &str,
        call: Call<'t, '_>,
    ) -> Result<Grant<'t>, Denial> {
        self.of_agent(id, agent)?.authorize_call(call)
    }

    /// [`Session::preview_call`] by id. Consumes nothing, counts nothing, tells nothing.
    pub fn preview_call<'t>(
        &self,
        id: SessionId,
        agent: &str,
        call: Call<'t, '_>,
    ) -> Result<Grant<'t>, Denial> {
        self.peek_of_agent(id, agent)?.preview_call(call)
    }
}
