//! [`EventKind`]: the closed list of what is told.

use core::fmt;

/// What happened. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A call, a reservation or a creation was denied.
    Denied,
    /// A budget or the time of a session began to run low.
    Warning,
    /// A call was admitted.
    Granted,
    /// A tool does not fit its session's intent, and was admitted all the same.
    Drift,
    /// More was spent than a budget had.
    Overrun,
    /// The holder of a reservation vanished; it was charged.
    Forfeited,
    /// A session was paused.
    Paused,
    /// A session goes on.
    Resumed,
    /// A live limit was raised.
    ToppedUp,
    /// A session was closed.
    Closed,
    /// A session ran out of time; told when somebody noticed.
    Expired,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Denied,
        Self::Warning,
        Self::Granted,
        Self::Drift,
        Self::Overrun,
        Self::Forfeited,
        Self::Paused,
        Self::Resumed,
        Self::ToppedUp,
        Self::Closed,
        Self::Expired,
    ];

    /// The stable `snake_case` name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Warning => "warning",
            Self::Granted => "granted",
            Self::Drift => "drift",
            Self::Overrun => "overrun",
            Self::Forfeited => "forfeited",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::ToppedUp => "topped_up",
            Self::Closed => "closed",
            Self::Expired => "expired",
        }
    }

    /// One sentence that is safe to show to a model.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Denied => "This was denied.",
            Self::Warning => "Something is running low.",
            Self::Granted => "This was allowed.",
            Self::Drift => "This tool does not fit the task.",
            Self::Overrun => "More was used than there was.",
            Self::Forfeited => "What was set aside has been used.",
            Self::Paused => "This session is paused.",
            Self::Resumed => "This session goes on.",
            Self::ToppedUp => "This session was given more.",
            Self::Closed => "This session is closed.",
            Self::Expired => "The time for this session is over.",
        }
    }

    /// Its bit in a set of kinds.
    pub(super) const fn bit(self) -> u64 {
        1 << self as u64
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl serde::Serialize for EventKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
