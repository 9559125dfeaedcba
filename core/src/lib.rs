//! The enforcement core that AI-agent frameworks embed.
//!
//! It gives each agent session an allotment (which tools, how many calls, how many tokens, how much money, how fast, for
//! how long, on whose behalf) and holds it to that, inside the process: exactly, under any concurrency, in tens of
//! nanoseconds.
//!
//! ```
//! use allotment::{Enforcer, Policy, Rate, SessionSpec};
//! use std::time::Duration;
//!
//! let enforcer = Enforcer::new(Policy::default())?;
//! let session = enforcer.create(
//!     SessionSpec::new("agent-7")
//!         .intent("read and analyze customer transaction history")
//!         .tools(["query_transactions", "get_account_summary"])
//!         .calls(100)
//!         .rate(Rate::per_minute(30)?)
//!         .time_limit(Duration::from_secs(1800)),
//! )?;
//! let grant = session.authorize("query_transactions")?;
//! assert_eq!(grant.remaining(), Some(99));
//! let denial = session.authorize("wire_money").unwrap_err();
//! assert_eq!((denial.reason().name(), denial.http_status()), ("tool_not_authorized", 403));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Denial`] is a value with its evidence; an [`Error`] is misuse. Time is nanoseconds ([`Nanos`]), money is
//! nano-dollars ([`NanoUsd`]), rates are exact to the nanosecond. ARCHITECTURE.md maps the modules to their layers.

/// The README's Rust runs as a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

mod account;
mod admission;
mod carve;
mod cell;
mod clock;
mod decision;
mod depth;
mod enforcer;
mod error;
mod events;
mod fingerprint;
mod fit;
mod gauge;
mod intent;
mod limiter;
mod marks;
mod meter;
#[cfg(any(loom, shuttle))]
pub mod model;
mod policy;
mod reservation;
mod session;
mod spec;
mod step_timeout;
mod store;
mod streak;
mod sync;
mod tools;
mod units;

pub use clock::{Clock, ManualClock};
pub use decision::{Balance, CreateError, Denial, Drift, Grant, LimitWarning, Reason};
pub use enforcer::{
    Builder, Call, DELEGATION_DEPTH_MAX, DepthSnapshot, Descent, Enforcer, MAX_SESSIONS, MemorySnapshot,
    Reservation, ResourceSnapshot, Session, Settled, Snapshot, Stats, StepTimer, Summary, TopUp,
};
pub use error::Error;
pub use events::{Event, EventKind};
pub use intent::{Keywords, Tier, ToolClass};
pub use limiter::{KEY_MAX, KeyedLimiter, LimitError, LimiterBuilder, MAX_KEYS, MAX_KEYS_MAX};
pub use policy::{
    Defaults, EventRules, Execution, IntentRules, Limits, OnDrift, OnExhausted, OnUnknown, OnVanish,
    PartyLimits, Policy, TokenWeights, ToolRules,
};
pub use spec::{INTENT_MAX, NAME_MAX, SessionSpec, Setting, TIME_LIMIT_MIN};
pub use step_timeout::StepTimedOut;
pub use sync::after_fork_in_child;
pub use tools::{ANY_TOOL, TOOL_NAME_MAX, TOOLS_MAX};
pub use units::{
    MAX_COST, MAX_COUNT, NanoUsd, Nanos, Rate, Resource, Scope, Sensitivity, SessionId, Split, Status, Usage,
};
