//! [`Enforcer`] and [`Session`]: what a program holds (L5).

mod call;
mod carve_out;
mod create;
mod decide;
mod delegate;
mod events;
mod execution;
mod explain;
mod handle;
mod level;
mod lifecycle;
mod notes;
mod path;
mod record;
mod request;
mod reserve;
mod snapshot;
mod step;
mod top_up;

use std::sync::Arc;

pub use call::Call;
pub use delegate::DELEGATION_DEPTH_MAX;
pub use execution::{Descent, StepTimer};
pub use handle::Session;
pub use reserve::{Reservation, Settled};
pub use snapshot::{DepthSnapshot, MemorySnapshot, ResourceSnapshot, Snapshot, Stats, Summary};
pub use top_up::TopUp;

use crate::clock::Clock;
use crate::error::Error;
use crate::events::{Events, Wanted};
use crate::fingerprint::FingerprintKey;
use crate::policy::Policy;
use crate::store::{Rules, Store};
use crate::sync::forks;
use crate::units::Nanos;

/// The most sessions that an enforcer holds unless it is told otherwise.
pub const MAX_SESSIONS: u64 = 1_000_000;

/// Gives sessions their allotments and holds them to it. Clones share everything.
///
/// ```
/// use allotment::{Enforcer, Policy, Reason, SessionSpec};
///
/// let enforcer = Enforcer::new(Policy::default())?;
/// let session = enforcer.create(SessionSpec::new("agent-7").tools(["search"]).calls(2))?;
/// assert_eq!(session.authorize("search")?.remaining(), Some(1));
/// assert_eq!(session.authorize("search")?.remaining(), Some(0));
/// assert_eq!(session.authorize("search").unwrap_err().reason(), Reason::BudgetExceeded);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Enforcer {
    shared: Arc<Shared>,
}

/// What all handles of one enforcer share.
#[derive(Debug)]
struct Shared {
    clock: Clock,
    rules: Rules,
    store: Store,
    events: Arc<Events>,
    fingerprints: FingerprintKey,
    /// How often the process had been forked off another when this was made.
    born: u64,
}

/// How an enforcer is to be made.
#[derive(Debug, Default)]
pub struct Builder {
    policy: Policy,
    /// Made by `build` where none is given: the machine's own is measured once a process, which takes a while.
    clock: Option<Clock>,
    max_sessions: Option<u64>,
}

impl Builder {
    /// The settings that all its sessions share.
    #[must_use]
    pub fn policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Where it reads the time; the machine's monotonic clock unless said otherwise.
    #[must_use]
    pub fn clock(self, clock: impl Into<Clock>) -> Self {
        Self { clock: Some(clock.into()), ..self }
    }

    /// How many sessions it holds at most, ended ones that were not swept yet included; a million unless said
    /// otherwise. It holds at most as many agents, and as many tenants.
    #[must_use]
    pub fn max_sessions(self, max: u64) -> Self {
        Self { max_sessions: Some(max), ..self }
    }

    /// Makes the enforcer. Errors: a maximum of 0 or above 2⁴⁸.
    pub fn build(self) -> Result<Enforcer, Error> {
        let max = self.max_sessions.unwrap_or(MAX_SESSIONS);
        if max == 0 || max > crate::units::MAX_COUNT {
            return Err(Error::new("max_sessions", max, "is outside 1 to 2^48"));
        }
        let capacity = usize::try_from(self.policy.events().capacity).unwrap_or(usize::MAX);
        let wanted = wanted(&self.policy);
        let clock = self.clock.unwrap_or_default();
        let events = Arc::new(Events::new(capacity, wanted, clock.wall(Nanos::ZERO)));
        let shared = Shared {
            clock,
            rules: Rules::new(self.policy),
            store: Store::new(max, Arc::clone(&events)),
            events,
            fingerprints: FingerprintKey::default(),
            born: forks(),
        };
        Ok(Enforcer { shared: Arc::new(shared) })
    }
}

impl Enforcer {
    /// An enforcer on the machine's clock that holds up to a million sessions.
    pub fn new(policy: Policy) -> Result<Self, Error> {
        Self::builder().policy(policy).build()
    }

    /// An enforcer in the making.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Puts `policy` in force for every session at once. Decisions that begin after this has returned follow it; what
    /// has been spent stays spent, and what a bucket owes it still owes, to be paid back at the new rate from now on. The
    /// policy's `defaults` concern new sessions. Costs time in proportion to the agents and tenants there are.
    pub fn set_policy(&self, policy: Policy) {
        let Shared { clock, rules, store, events, .. } = &*self.shared;
        events.want(wanted(&policy));
        rules.swap(policy, clock.now());
        store.agents.renew(rules);
        store.tenants.renew(rules);
    }

    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.shared.rules.governing().policy)
    }
}

impl Shared {
    /// Whether this is a copy in a process that was forked off the one it was made in.
    #[inline]
    fn is_forked(&self) -> bool {
        self.born != forks()
    }
}

/// Which events `policy` wants.
fn wanted(policy: &Policy) -> Wanted {
    let rules = policy.events();
    Wanted::new(rules.grants, rules.warnings, rules.denials)
}
