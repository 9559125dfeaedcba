//! What every test here begins with: an enforcer on a clock that stands still.

use allotment::{Enforcer, ManualClock, Nanos, Policy, SessionSpec, Setting};

/// The policy in `text`, on a clock that only the test moves.
pub(crate) fn under(text: &str) -> (Enforcer, ManualClock) {
    let clock = ManualClock::new();
    let enforcer = Enforcer::builder().policy(policy(text)).clock(clock.clone()).build().unwrap();
    (enforcer, clock)
}

/// The policy in `text`, which must be valid.
pub(crate) fn policy(text: &str) -> Policy {
    Policy::from_toml_str(text).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// A session of `agent` that may call `read` and `write`, without any limit of its own, for a day.
pub(crate) fn free(agent: &str) -> SessionSpec {
    SessionSpec::new(agent)
        .tools(["read", "write"])
        .calls(Setting::Unlimited)
        .time_limit(Nanos::from_secs(86_400))
}
