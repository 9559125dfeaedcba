//! Of two faults at once, the one that stands earlier in the contract's order names the denial.

use core::fmt::Write;

use allotment::{
    CreateError, Enforcer, NanoUsd, Nanos, Reason, Resource, Scope, SessionSpec, Setting, Usage,
};

use crate::common::{free, policy, under};

/// What can be wrong with a call, in the contract's order.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    NotFound,
    Closed,
    Paused,
    Expired,
    Mismatch,
    Unlisted,
    Cap,
    /// The account lacks this: `calls`, `rate`, `steps`, …
    Lack(Scope, &'static str),
}

use Fault::{Cap, Closed, Expired, Lack, Mismatch, NotFound, Paused, Unlisted};

/// Within an account; a budget before the rate of the same resource.
const LACKS: [&str; 7] = ["calls", "rate", "steps", "tokens", "tokens_rate", "cost_usd", "cost_rate"];

fn in_order() -> Vec<Fault> {
    let meters = [Scope::Session, Scope::Agent, Scope::Tenant].into_iter();
    let meters = meters.flat_map(|scope| LACKS.map(|key| Lack(scope, key)));
    [NotFound, Closed, Paused, Expired, Mismatch, Unlisted, Cap].into_iter().chain(meters).collect()
}

impl Fault {
    fn names(self) -> (Reason, Option<Scope>, Option<Resource>) {
        match self {
            NotFound => (Reason::NotFound, None, None),
            Closed => (Reason::Closed, Some(Scope::Session), None),
            Paused => (Reason::Paused, Some(Scope::Session), None),
            Expired => (Reason::Expired, Some(Scope::Session), Some(Resource::Time)),
            Mismatch => (Reason::AgentMismatch, None, None),
            Unlisted => (Reason::ToolNotAuthorized, Some(Scope::Session), None),
            Cap => (Reason::BudgetExceeded, Some(Scope::Tool), Some(Resource::Calls)),
            Lack(scope, key) => {
                let reason = if key.ends_with("rate") { Reason::RateLimited } else { Reason::BudgetExceeded };
                let resource = match key {
                    "calls" | "rate" => Resource::Calls,
                    "steps" => Resource::Steps,
                    "tokens" | "tokens_rate" => Resource::Tokens,
                    _ => Resource::Cost,
                };
                (reason, Some(scope), Some(resource))
            }
        }
    }
}

fn lacking(faults: &[Fault], scope: Scope) -> Vec<&'static str> {
    let of_scope = |fault: &Fault| match *fault {
        Lack(of, key) if of == scope => Some(key),
        _ => None,
    };
    faults.iter().filter_map(of_scope).collect()
}

/// Limits of nothing for `keys`, as a policy writes them.
fn section(name: &str, keys: &[&str]) -> String {
    let mut text = format!("[{name}]\n");
    for key in keys {
        writeln!(text, "{key} = {}", if key.ends_with("rate") { "\"0/s\"" } else { "0" }).unwrap();
    }
    text
}

/// What a call with all of `faults` is denied for.
fn denied_for(faults: &[Fault], capped: bool) -> (Reason, Option<Scope>, Option<Resource>) {
    let has = |fault| faults.contains(&fault);
    let parties = [("agents.a", Scope::Agent), ("tenants.t", Scope::Tenant)];
    let text: String = parties.iter().map(|(name, scope)| section(name, &lacking(faults, *scope))).collect();
    let session_limits = section("defaults", &lacking(faults, Scope::Session));
    let defaults = if session_limits.contains("calls") {
        session_limits
    } else {
        session_limits + "calls = \"unlimited\"\n"
    };
    let (enforcer, clock) = under(&(text + &defaults));
    let spec = SessionSpec::new("a").tenant("t").tools(["read"]).time_limit(Nanos::from_secs(1));
    let spec = if has(Cap) { spec.tool("send", 0) } else { spec.tool("send", capped.then_some(9)) };
    let session = enforcer.create(spec).unwrap();
    if has(Paused) {
        session.pause().unwrap();
    }
    if has(Closed) {
        session.close().unwrap();
    }
    if has(Expired) {
        clock.advance(Nanos::from_secs(1));
    }
    if has(NotFound) {
        let _ = session.close();
        enforcer.sweep();
    }
    let caller = if has(Mismatch) { "b" } else { "a" };
    let tool = if has(Unlisted) { "drop" } else { "send" };
    let usage = Usage::tokens(1).cost(NanoUsd::new(1)).steps(1);
    let denial = enforcer.authorize_with(session.id(), caller, tool, usage).unwrap_err();
    (denial.reason(), denial.scope(), denial.resource())
}

#[test]
fn of_every_two_faults_the_earlier_names_the_denial() {
    let faults = in_order();
    for (place, &first) in faults.iter().enumerate() {
        assert_eq!(denied_for(&[first], true), first.names(), "{first:?} alone");
        // What a session that was paused past its time limit is, `lifecycle` asks.
        for &second in faults[place + 1..].iter().filter(|&&second| (first, second) != (Paused, Expired)) {
            for capped in [false, true] {
                assert_eq!(denied_for(&[first, second], capped), first.names(), "{first:?} and {second:?}");
            }
        }
    }
}

#[test]
fn all_faults_at_once_come_to_light_one_after_the_other() {
    let faults = in_order();
    for place in 0..faults.len() {
        let paused = faults[place] == Paused;
        let rest = faults[place + 1..].iter().filter(|&&fault| !(paused && fault == Expired));
        let from_here: Vec<_> = [faults[place]].iter().chain(rest).copied().collect();
        assert_eq!(denied_for(&from_here, true), faults[place].names());
    }
}

#[test]
fn at_creation_nonsense_comes_before_the_agents_cap_the_tenants_and_the_store() {
    let text = "[agents.a]\nmax_sessions = 1\n[tenants.t]\nmax_sessions = 1";
    let full = || {
        let enforcer = Enforcer::builder().policy(policy(text)).max_sessions(1).build().unwrap();
        enforcer.create(free("a").tenant("t")).unwrap();
        enforcer
    };
    let denial = |agent: &str, tenant: Option<&str>| {
        let spec = tenant.map_or(free(agent), |tenant| free(agent).tenant(tenant));
        match full().create(spec) {
            Err(CreateError::Denied(denial)) => (denial.reason(), denial.scope()),
            other => panic!("{other:?}"),
        }
    };
    let nonsense = full().create(free("a").tenant("t").calls(Setting::At(u64::MAX)));
    assert!(matches!(nonsense, Err(CreateError::Invalid(_))), "{nonsense:?}");
    assert_eq!(denial("b", None), (Reason::StoreFull, Some(Scope::Store)));
    assert_eq!(denial("b", Some("t")), (Reason::TooManySessions, Some(Scope::Tenant)));
    assert_eq!(denial("a", None), (Reason::TooManySessions, Some(Scope::Agent)));
    assert_eq!(denial("a", Some("t")), (Reason::TooManySessions, Some(Scope::Agent)));
}
