//! What the benchmarks share: what is timed, how, and sessions made the same way everywhere.

mod order;
pub mod pairs;
pub mod population;
pub mod results;
pub mod shell;
mod subject;
pub mod suites;

pub use order::Order;
pub use subject::{Share, Subject, share, sure_share};

use std::time::Duration;

use allotment::{Enforcer, PartyLimits, Policy, Rate, Session, SessionSpec};

/// Eight tools, as a session of an agent has.
pub const TOOLS: [&str; 8] = [
    "query_transactions",
    "get_account_summary",
    "search",
    "send_email",
    "calculate",
    "list_accounts",
    "describe_table",
    "transfer_to_human",
];

/// A budget that no benchmark uses up.
pub const PLENTY: u64 = 1 << 48;

/// A rate that no benchmark uses up: a bucket of two trillion.
#[must_use]
pub fn fast() -> Rate {
    Rate::per_second(2_000_000).and_then(|rate| rate.with_burst(1e6)).expect("a rate")
}

/// A policy under which agents and tenants are limited, or not.
#[must_use]
pub fn policy(agents: bool, tenants: bool) -> Policy {
    let limited = |wanted: bool| {
        let mut party = PartyLimits { max_sessions: Some(PLENTY), ..PartyLimits::default() };
        if wanted {
            party.limits.calls = Some(PLENTY);
            party.limits.rate = Some(fast());
        }
        party
    };
    Policy::default()
        .with_agent("*", limited(agents))
        .and_then(|policy| policy.with_tenant("*", limited(tenants)))
        .expect("a policy")
}

/// A session with eight tools, a budget and a rate, of `agent` and `tenant`.
#[must_use]
pub fn session(enforcer: &Enforcer, agent: &str, tenant: Option<&str>) -> Session {
    let spec = SessionSpec::new(agent).tools(TOOLS).calls(PLENTY).rate(fast());
    let spec = spec.time_limit(Duration::from_secs(86_400));
    let spec = if let Some(tenant) = tenant { spec.tenant(tenant) } else { spec };
    enforcer.create(spec).expect("a session")
}
