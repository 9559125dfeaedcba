//! [`Event`]: one record. Its texts are made when they are read; what came from a model was escaped and cut before.

use core::fmt;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::EventKind;
use crate::decision::{Denial, LimitWarning, Reason, Shown};
use crate::error::printable;
use crate::intent::{Tier, ToolClass};
use crate::units::{Nanos, Resource, SessionId};

/// The longest name or intent, in characters, that an event keeps.
const KEPT: usize = 128;

/// Something an operator wants to hear of. Immutable.
///
/// Display is [`Event::text`], one line for the operator; [`Event::message`] is safe to show to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub(super) kind: EventKind,
    pub(super) at: Nanos,
    pub(super) unix_nanos: u64,
    pub(super) about: About,
}

/// Whom an event concerns, and with what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct About {
    session: Option<SessionId>,
    agent: Option<Arc<str>>,
    tenant: Option<Arc<str>>,
    /// Printable; `None` where the denial names it.
    tool: Option<Box<str>>,
    matter: Matter,
}

/// What an event knows besides whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Matter {
    #[default]
    Nothing,
    Denial(Denial),
    Warning(LimitWarning),
    Drift(Option<Box<str>>, Tier, ToolClass),
    Amounts(Box<[(Resource, u64)]>),
}

impl Matter {
    /// What a denial says, in a size that does not depend on the model.
    pub(crate) fn of_denial(denial: &Denial) -> Self {
        Self::Denial(denial.kept(KEPT))
    }

    /// That a tool of `class` was called under `intent`, which is of `tier`.
    pub(crate) fn of_drift(intent: Option<&str>, tier: Tier, class: ToolClass) -> Self {
        Self::Drift(intent.map(|intent| printable(intent, KEPT).into()), tier, class)
    }

    /// The amounts that are not 0.
    pub(crate) fn of_amounts(amounts: &[(Resource, u64)]) -> Self {
        Self::Amounts(amounts.iter().copied().filter(|&(_, amount)| amount > 0).collect())
    }
}

impl About {
    /// A session, its agent and its tenant.
    pub(crate) fn session(session: SessionId, agent: Arc<str>, tenant: Option<Arc<str>>) -> Self {
        Self { session: Some(session), agent: Some(agent), tenant, ..Self::default() }
    }

    /// The same, about `tool`: whatever the model wrote, one short line of it.
    pub(crate) fn tool(self, tool: Option<&str>) -> Self {
        Self { tool: tool.map(|tool| printable(tool, KEPT).into()), ..self }
    }

    /// The same, about `matter`.
    pub(crate) fn matter(self, matter: Matter) -> Self {
        Self { matter, ..self }
    }

    /// Whoever says to be called `agent` and asks for `tenant`, of whom nothing is known.
    pub(crate) fn stranger(session: Option<SessionId>, agent: &str, tenant: Option<&str>) -> Self {
        let name = |name| printable(name, KEPT).into();
        Self { session, agent: Some(name(agent)), tenant: tenant.map(name), ..Self::default() }
    }
}

impl Event {
    /// What happened.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// When it was decided or noticed, since the epoch of the enforcer's clock.
    #[must_use]
    pub fn at(&self) -> Nanos {
        self.at
    }

    /// The same in nanoseconds since 1970, for people: as far as the wall clock was right when the enforcer was made.
    #[must_use]
    pub fn unix_nanos(&self) -> u64 {
        self.unix_nanos
    }

    /// The session; `None` for a creation that was denied.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        self.about.session
    }

    /// The session's agent; for a session that does not exist (yet), whoever asked.
    #[must_use]
    pub fn agent(&self) -> Option<&str> {
        self.about.agent.as_deref()
    }

    /// The session's tenant.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.about.tenant.as_deref()
    }

    /// The tool, if it is about one. Not necessarily as it was asked for: everything but plain characters is escaped,
    /// and after 128 characters it is cut and ends in `…`.
    #[must_use]
    pub fn tool(&self) -> Option<&str> {
        self.about.tool.as_deref().or_else(|| self.denial()?.tool())
    }

    /// The denial. Its names are escaped and cut as [`Event::tool`] is.
    #[must_use]
    pub fn denial(&self) -> Option<&Denial> {
        if let Matter::Denial(denial) = &self.about.matter { Some(denial) } else { None }
    }

    /// Why it was denied.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.denial().map(Denial::reason)
    }

    /// What is running low.
    #[must_use]
    pub fn warning(&self) -> Option<LimitWarning> {
        if let Matter::Warning(warning) = self.about.matter { Some(warning) } else { None }
    }

    /// What was charged by an overrun or a forfeit, or added by a top-up: amounts above 0, each in the resource's unit.
    #[must_use]
    pub fn amounts(&self) -> &[(Resource, u64)] {
        if let Matter::Amounts(amounts) = &self.about.matter { amounts } else { &[] }
    }

    /// A sentence that is safe to show to a model: no limits, no figures, no names.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.about.matter {
            Matter::Denial(denial) => denial.message(),
            Matter::Warning(LimitWarning { resource: Resource::Time, .. }) => "The time runs low.".to_owned(),
            Matter::Warning(warning) => format!("The budget for {} runs low.", warning.resource),
            _ => self.kind.sentence().to_owned(),
        }
    }

    /// The full text for the operator, on one line: `denied: tool_not_authorized [tool "x"] [session …] [agent "a"]`.
    #[must_use]
    pub fn text(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let About { session, agent, tenant, tool, matter } = &self.about;
        write!(f, "{}", self.kind)?;
        match matter {
            Matter::Nothing => {}
            Matter::Denial(denial) => write!(f, ": {}", denial.detail())?,
            Matter::Warning(warning) => write!(f, ": {warning}")?,
            Matter::Drift(intent, tier, class) => {
                write!(f, ": {class} tool under {tier} intent")?;
                if let Some(intent) = intent {
                    write!(f, " [intent \"{intent}\"]")?;
                }
            }
            Matter::Amounts(amounts) => {
                for (place, &(resource, amount)) in amounts.iter().enumerate() {
                    let lead = if place == 0 { ":" } else { "," };
                    write!(f, "{lead} {} {resource}", Shown(resource, amount))?;
                }
            }
        }
        // Printable already, quotes escaped.
        if let Some(tool) = tool {
            write!(f, " [tool \"{tool}\"]")?;
        }
        // A denial says by itself which session.
        if let (Some(id), None) = (session, self.denial()) {
            write!(f, " [session {id}]")?;
        }
        for (what, name) in [("agent", agent), ("tenant", tenant)] {
            if let Some(name) = name {
                write!(f, " [{what} \"{}\"]", printable(name, KEPT))?;
            }
        }
        Ok(())
    }
}

/// As a map: `kind`, `at` (seconds since 1970), `at_nanos` (since the clock's epoch), `session`, `agent`, `tenant`, `tool`,
/// `reason`, `message`, `detail`; amounts in the resource's unit.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_precision_loss, reason = "a timestamp for people")]
        let at = self.unix_nanos as f64 / 1e9;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", &self.kind)?;
        map.serialize_entry("at", &at)?;
        map.serialize_entry("at_nanos", &self.at.get())?;
        map.serialize_entry("session", &self.session().map(|id| id.to_string()))?;
        map.serialize_entry("agent", &self.agent())?;
        map.serialize_entry("tenant", &self.tenant())?;
        map.serialize_entry("tool", &self.tool())?;
        map.serialize_entry("reason", &self.reason().map(Reason::name))?;
        map.serialize_entry("message", &self.message())?;
        map.serialize_entry("detail", &self.text())?;
        if let Some(LimitWarning { scope, resource, remaining, limit }) = self.warning() {
            map.serialize_entry("account", scope.name())?;
            map.serialize_entry("resource", resource.name())?;
            map.serialize_entry("remaining", &remaining)?;
            map.serialize_entry("limit", &limit)?;
        }
        for (resource, amount) in self.amounts() {
            map.serialize_entry(resource.name(), amount)?;
        }
        map.end()
    }
}
