//! [`Tally`]: how often each operation was asked for, and how it was answered.

use allotment::{CreateError, Denial, LimitError, Reason};

/// The operations of the mix, as the table names them.
pub(crate) const OPERATIONS: [&str; 36] = [
    "create",
    "delegate",
    "carve out",
    "authorize",
    "by id",
    "call",
    "batch",
    "admit",
    "preview",
    "snapshot",
    "reserve",
    "at least",
    "progress",
    "settle",
    "release",
    "forfeit",
    "drop",
    "record",
    "top up",
    "pause",
    "resume",
    "close",
    "close agent",
    "sweep",
    "set policy",
    "events",
    "active",
    "get",
    "step",
    "descend",
    "leave",
    "memory",
    "advance",
    "limiter",
    "limiter batch",
    "limiter sweep",
];

const REASONS: usize = Reason::ALL.len();

/// What has to be denied at least once, or the mix does not do its work. `contended` and `forked` need luck, or a fork.
const EXPECTED: [Reason; 16] = [
    Reason::NotFound,
    Reason::Closed,
    Reason::Paused,
    Reason::Expired,
    Reason::IdleTimeout,
    Reason::AgentMismatch,
    Reason::ToolNotAuthorized,
    Reason::IntentDrift,
    Reason::SensitivityExceeded,
    Reason::NetworkDenied,
    Reason::SameStepLoop,
    Reason::DepthExceeded,
    Reason::TooManySessions,
    Reason::StoreFull,
    Reason::BudgetExceeded,
    Reason::RateLimited,
];

#[derive(Debug, Clone)]
pub(crate) struct Tally {
    granted: [u64; OPERATIONS.len()],
    denied: [[u64; REASONS]; OPERATIONS.len()],
    /// Delegations and top-ups that asked for more than the parent has.
    invalid: [u64; OPERATIONS.len()],
}

impl Default for Tally {
    fn default() -> Self {
        let none = [0; OPERATIONS.len()];
        Self { granted: none, denied: [[0; REASONS]; OPERATIONS.len()], invalid: none }
    }
}

fn row(operation: &str) -> usize {
    OPERATIONS.iter().position(|&known| known == operation).expect("an operation of the table")
}

impl Tally {
    pub(crate) fn done(&mut self, operation: &str) {
        self.granted[row(operation)] += 1;
    }

    pub(crate) fn denied(&mut self, operation: &str, denial: &Denial) {
        self.denied[row(operation)][denial.reason() as usize] += 1;
    }

    pub(crate) fn decided<T>(&mut self, operation: &str, decided: Result<T, Denial>) -> Option<T> {
        decided.inspect(|_| self.done(operation)).inspect_err(|denial| self.denied(operation, denial)).ok()
    }

    pub(crate) fn created<T>(&mut self, operation: &str, created: Result<T, CreateError>) -> Option<T> {
        match created {
            Ok(made) => self.decided(operation, Ok(made)),
            Err(CreateError::Denied(denial)) => self.decided(operation, Err(denial)),
            Err(CreateError::Invalid(_)) => {
                self.invalid[row(operation)] += 1;
                None
            }
        }
    }

    /// Errors: it was no denial.
    pub(crate) fn limited(&mut self, operation: &str, said: Result<(), LimitError>) -> Result<bool, String> {
        match said {
            Ok(()) => Ok(self.decided(operation, Ok(())).is_some()),
            Err(LimitError::Denied(denial)) => Ok(self.decided(operation, Err::<(), _>(denial)).is_some()),
            Err(LimitError::Invalid(error)) => Err(error.to_string()),
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for operation in 0..OPERATIONS.len() {
            self.granted[operation] += other.granted[operation];
            self.invalid[operation] += other.invalid[operation];
            for reason in 0..REASONS {
                self.denied[operation][reason] += other.denied[operation][reason];
            }
        }
    }

    fn of_reason(&self, reason: Reason) -> u64 {
        self.denied.iter().map(|denied| denied[reason as usize]).sum()
    }

    /// All operations.
    pub(crate) fn total(&self) -> u64 {
        let denied = self.denied.iter().flatten();
        self.granted.iter().chain(&self.invalid).chain(denied).sum()
    }

    /// Errors: an operation that never succeeded, a reason that was never given.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(never) = self.granted.iter().position(|&times| times == 0) {
            return Err(format!("the mix is not doing its work: {} never succeeded", OPERATIONS[never]));
        }
        match EXPECTED.into_iter().find(|&reason| self.of_reason(reason) == 0) {
            Some(never) => Err(format!("the mix is not doing its work: nothing was denied as {never}")),
            None => Ok(()),
        }
    }

    /// A line for each operation.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = OPERATIONS.iter().enumerate().map(|(at, operation)| {
            let denied = Reason::ALL.iter().map(|&reason| (reason.name(), self.denied[at][reason as usize]));
            let all = denied.chain([("invalid", self.invalid[at])]).filter(|&(_, times)| times > 0);
            let refused: Vec<String> = all.map(|(name, times)| format!("{name} {times}")).collect();
            format!("{operation:14} {:>11}  {}", self.granted[at], refused.join(", "))
        });
        lines.collect()
    }
}
