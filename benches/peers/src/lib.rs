//! What a decision costs beside its peers', and what each of them admits under the same limit.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml` times all of them in one process, in turn, so that whatever slows the
//! machine slows all alike; `… -- overshoot` counts. Outside the workspace, because the peers bring five hundred crates with them. Every
//! peer is called as its own documentation or its own callers call it, with limits that are never reached, and each case is asked once
//! more after it was timed to show that it still admitted.
//!
//! - **arbiter-session** ([`arbiter`]): `SessionStore::use_session` with the calling agent named, as its proxy does for each request, on a
//!   session with a budget and a rate. It is asynchronous, so it has a runtime of its own: a whole batch of calls is awaited within
//!   one `block_on`, so that entering the runtime is not counted; two at once are two tasks on a runtime of two workers. Nothing listens to its
//!   log, which is its cheapest way to run.
//! - **enact-core** ([`enact`]): `check_all_limits` before a step and `record_step` after it, on one registered execution: its kernel's own order,
//!   without the checks of long-running executions that the kernel makes as well. On a runtime like arbiter's.
//! - **chio-guards** ([`chio`]): `AgentVelocityGuard::evaluate` with the agent's and the session's rate set. The request and its signed
//!   capability are made once, because the guard reads their names only; its kernel's other guards do not run.
//! - **limitador** ([`limitador`]): `check_rate_limited_and_update`, its one call that checks and counts, in memory, on one limit without
//!   conditions or variables, with a context made beforehand: the least that it can be asked to do.
//! - **governor** ([`governor`]): `check` and `check_key` with its default clock, store and hasher. It knows one rate and neither sessions,
//!   budgets nor tools, so it does a part of the work only. Its keys are made beforehand, as 128-bit ids and as strings.
//! - **a mutex** ([`mutex`]): what an application's programmer writes in an afternoon: one mutex, a map from ids to counters.
//!
//! Ours ([`ours`]) makes the whole decision: session, status, tool, budget, rate, and the agent's where the name says so.

pub mod arbiter;
pub mod case;
pub mod chio;
pub mod enact;
pub mod governor;
pub mod limitador;
pub mod mutex;
pub mod ours;
pub mod overshoot;
pub mod tasks;

use allotment_benches::Subject;
use allotment_benches::suites::floor;

use case::Case;

/// A thousand of whatever is one of many.
pub const MANY: usize = 1_000;

/// A thousand tools, the last of which is the one that is called.
pub fn thousand_tools() -> impl Iterator<Item = String> {
    (0..MANY).map(|tool| format!("tool_{tool}"))
}

/// The last of [`thousand_tools`].
pub const LAST_TOOL: &str = "tool_999";

/// What a decision cannot do without, to be seen beside what peers do with less.
#[must_use]
pub fn floors() -> Vec<Subject> {
    let mut floors = vec![floor::floor().pop(), floor::chains().into_iter().next()];
    floors.extend([Some(floor::all_by_id(MANY)), floor::two_threads().into_iter().next()]);
    floors.into_iter().flatten().collect()
}

/// Everything that is timed, in the order of each round.
#[must_use]
pub fn cases() -> Vec<Case> {
    let parts = [
        ours::cases,
        arbiter::cases,
        enact::cases,
        chio::cases,
        limitador::cases,
        governor::cases,
        mutex::cases,
    ];
    parts.into_iter().flat_map(|cases| cases()).collect()
}
