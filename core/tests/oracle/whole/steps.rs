//! What may happen, in the model's words.

use allotment::{Rate, Sensitivity};

/// One figure for each metered resource: calls, steps, discovered steps, tokens, cost.
pub(crate) type Amounts = [u64; 5];

/// What a session is asked to be.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) agent: usize,
    pub(crate) tenant: bool,
    pub(crate) limits: [Option<u64>; 5],
    /// Of calls, tokens and cost.
    pub(crate) rates: [Option<Rate>; 3],
    /// `send`'s own cap.
    pub(crate) cap: Option<u64>,
    pub(crate) seconds: Option<u64>,
    /// A place in [`super::tools::INTENTS`].
    pub(crate) intent: usize,
    pub(crate) ceiling: Option<Sensitivity>,
    pub(crate) air_gap: Option<bool>,
    pub(crate) watch: Option<Watch>,
    pub(crate) carve: bool,
}

/// What is watched of an execution; times in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Watch {
    pub(crate) depth: Option<u64>,
    pub(crate) repetitions: Option<u64>,
    pub(crate) memory: Option<u64>,
    pub(crate) cost: Option<u64>,
    pub(crate) idle: Option<u64>,
}

/// What a policy says of an agent or a tenant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    pub(crate) max_sessions: u64,
    /// Calls, tokens, cost.
    pub(crate) budgets: [u64; 3],
    /// A rate that is not in force at present: it is not charged, and time pays what it owes.
    pub(crate) lifted: bool,
}

/// What a policy says.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing")]
pub(crate) struct Rules {
    /// Of agent 0, and of the tenant.
    pub(crate) terms: [Terms; 2],
    pub(crate) weight: u64,
    pub(crate) drift_denies: bool,
    pub(crate) unknown_denies: bool,
    pub(crate) pauses: bool,
    pub(crate) releases: bool,
}

/// How a reservation ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Settle(Amounts),
    Exactly,
    Release,
    Forfeit,
    Drop,
}

/// Sessions, reservations and levels are numbers, modulo how many there are.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Create(Spec),
    Delegate(usize, Spec),
    Authorize(usize, &'static str),
    ById(usize, usize, &'static str),
    /// With arguments, or without.
    Call(usize, &'static str, Amounts, Option<&'static str>),
    Batch(usize, Vec<&'static str>),
    Admit(usize, Amounts),
    Preview(usize, &'static str, Amounts),
    Reserve(usize, Amounts, Option<Amounts>),
    Progress(usize, Amounts),
    End(usize, End),
    Record(usize, Amounts),
    /// With seconds.
    TopUp(usize, Amounts, u64),
    Pause(usize),
    Resume(usize),
    Close(usize),
    CloseAgent(usize),
    Count(usize),
    Sweep,
    Swap(Rules),
    /// By nanoseconds.
    Advance(u64),
    Descend(usize),
    Leave(usize),
    Memory(usize, u64),
}
