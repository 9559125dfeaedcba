//! What the threads do, and what they were told.

pub use allotment::model::Outcome;

/// The sessions of the tree: a root, two children that share its budgets, and one whose tokens were carved out of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The root.
    Root,
    /// A pooled child whose tool has a cap.
    Capped,
    /// A pooled child.
    Pooled,
    /// The child with tokens of its own.
    Carved,
}

impl Who {
    /// All of them, by number.
    pub const ALL: [Self; 4] = [Self::Root, Self::Capped, Self::Pooled, Self::Carved];
}

/// One operation. Amounts are calls and tokens.
#[expect(missing_docs, reason = "who, how many calls, how many tokens: the names say it")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Authorise (`tokens` 0) or admit.
    Ask { who: Who, calls: u64, tokens: u64 },
    /// Would it be admitted?
    Preview { who: Who, calls: u64, tokens: u64 },
    /// Reserve up to `tokens`, at least `least`.
    Reserve { who: Who, tokens: u64, least: u64 },
    /// Settle this thread's last reservation, of `granted` tokens on `who`; `actual` 0 releases it.
    Settle { who: Who, granted: u64, actual: u64 },
    /// Charge what has been used.
    Record { who: Who, tokens: u64 },
    /// Active to paused.
    Pause(Who),
    /// Paused to active.
    Resume(Who),
    /// End it and give back what was carved out for it.
    Close(Who),
    /// Raise the budget of tokens.
    TopUp { who: Who, tokens: u64 },
}

/// What an operation was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// To a question, or to a reservation that was refused.
    Decided(Outcome),
    /// So many tokens were reserved.
    Granted(u64),
    /// Whether it did something; of a record, whether a budget was overrun.
    Did(bool),
}

/// An operation, its answer, and when it began and ended, counted in events of the whole execution.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// What was done.
    pub operation: Operation,
    /// What came of it.
    pub answer: Answer,
    /// When it began.
    pub began: u64,
    /// When it ended.
    pub ended: u64,
}
