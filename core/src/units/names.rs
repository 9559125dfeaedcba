//! The closed vocabularies: resources, scopes, statuses, sensitivity; and the session's id.

use core::fmt;
use core::str::FromStr;

use uuid::Uuid;

use crate::error::Error;
use crate::sync::forks;

/// What is metered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Tool calls; the time limit is warned about under this name's sibling, [`Resource::Time`].
    Calls,
    /// Steps of an execution.
    Steps,
    /// Steps that an execution discovered on its way.
    DiscoveredSteps,
    /// Model tokens.
    Tokens,
    /// Money, in nano-US-dollars.
    Cost,
    /// Time since creation; warned about, never metered.
    Time,
    /// Concurrent sessions of an agent or a tenant.
    Sessions,
    /// Time without any activity; denied and warned about, never metered.
    Idle,
    /// How deep discoveries nest.
    Depth,
    /// The same step in a row.
    Repetitions,
    /// Observed memory, in bytes.
    Memory,
}

impl Resource {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Calls,
        Self::Steps,
        Self::DiscoveredSteps,
        Self::Tokens,
        Self::Cost,
        Self::Time,
        Self::Sessions,
        Self::Idle,
        Self::Depth,
        Self::Repetitions,
        Self::Memory,
    ];

    /// The stable `snake_case` name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Steps => "steps",
            Self::DiscoveredSteps => "discovered_steps",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
            Self::Time => "time",
            Self::Sessions => "sessions",
            Self::Idle => "idle",
            Self::Depth => "depth",
            Self::Repetitions => "repetitions",
            Self::Memory => "memory",
        }
    }

    /// The name of the argument by which a budget of it is given.
    pub(crate) const fn argument(self) -> &'static str {
        if matches!(self, Self::Cost) { "cost_usd" } else { self.name() }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which account refused or is running low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The tool's own cap within the session.
    Tool,
    /// The session itself.
    Session,
    /// A session that this one was delegated from.
    Ancestor,
    /// The agent, over all its sessions.
    Agent,
    /// The tenant, over all its sessions.
    Tenant,
    /// The store of sessions, or the table of keys.
    Store,
    /// A key of a [`KeyedLimiter`](crate::KeyedLimiter).
    Key,
}

impl Scope {
    /// All of them, nearest first.
    pub const ALL: [Self; 7] =
        [Self::Tool, Self::Session, Self::Ancestor, Self::Agent, Self::Tenant, Self::Store, Self::Key];

    /// The stable `snake_case` name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Session => "session",
            Self::Ancestor => "ancestor",
            Self::Agent => "agent",
            Self::Tenant => "tenant",
            Self::Store => "store",
            Self::Key => "key",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The status of a session. [`Status::Expired`] and [`Status::Closed`] are terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Deciding.
    Active,
    /// Held; `resume` goes on where it stopped.
    Paused,
    /// Past its time limit.
    Expired,
    /// Closed by its owner.
    Closed,
}

impl Status {
    /// The stable `snake_case` name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Expired => "expired",
            Self::Closed => "closed",
        }
    }

    /// Whether no transition leaves it.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Expired | Self::Closed)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How sensitive data may be: public < internal < confidential < restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Sensitivity {
    /// Anyone may see it.
    Public,
    /// The organisation may see it. The default ceiling.
    #[default]
    Internal,
    /// Some in the organisation may see it.
    Confidential,
    /// Named people may see it.
    Restricted,
}

impl Sensitivity {
    /// The stable `snake_case` name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }
}

impl fmt::Display for Sensitivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Sensitivity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        [Self::Public, Self::Internal, Self::Confidential, Self::Restricted]
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or_else(|| {
                Error::new(
                    "sensitivity",
                    format_args!("{text:?}"),
                    "is not public, internal, confidential or restricted",
                )
            })
    }
}

/// A session's id: a random UUID, version 4. Unguessable, but not a secret: by-id calls also name the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionId(Uuid);

impl core::hash::Hash for SessionId {
    #[inline]
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        // One number, not sixteen bytes with their length.
        state.write_u128(u128::from_le_bytes(*self.0.as_bytes()));
    }
}

impl SessionId {
    /// A fresh random id.
    pub(crate) fn random() -> Self {
        let mut bytes = [0; 16];
        // Processes that were forked off one inherit the state of its fast generator, and would draw the same ids.
        if forks() > 0 && getrandom::fill(&mut bytes).is_ok() {
            return Self(uuid::Builder::from_random_bytes(bytes).into_uuid());
        }
        Self(Uuid::new_v4())
    }

    /// The id as a UUID.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for SessionId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for SessionId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Uuid::parse_str(text)
            .map(Self)
            .map_err(|_| Error::new("session", format_args!("{text:?}"), "is not a session id"))
    }
}
