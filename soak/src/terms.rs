//! The policies that come and go: every agent and tenant of the tree has budgets, and what is left of them changes.

use allotment::{Error, Policy};

use crate::amounts::{Amounts, CALLS, COST, TOKENS};

pub(crate) const AGENTS: [&str; 3] = ["a", "b", "c"];
/// The agent whose sessions anybody may close.
pub(crate) const VICTIM: &str = "victim";
/// How many sessions at once: a guest agent, a guest tenant, the victim.
pub(crate) const GUEST_SESSIONS: u64 = 3;
pub(crate) const TENANT_SESSIONS: u64 = 9;
pub(crate) const VICTIM_SESSIONS: u64 = 6;
/// One call of the tool `huge` counts for more calls than anybody has left.
const HUGE: u64 = 1 << 20;
/// How many events wait at most.
const EVENTS: u64 = 1_024;

/// What agents and the tenant have been charged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Charged {
    /// Tokens of each of [`AGENTS`].
    pub(crate) agents: [u64; 3],
    /// Of the tenant only calls, tokens and cost have a limit.
    pub(crate) tenant: Amounts,
}

impl Charged {
    /// Adds `amounts`, charged to a session on whose path these agents are.
    pub(crate) fn add(&mut self, amounts: Amounts, agents: [bool; 3]) {
        for agent in (0..3).filter(|&agent| agents[agent]) {
            self.agents[agent] += amounts[TOKENS];
        }
        for r in [CALLS, TOKENS, COST] {
            self.tenant[r] += amounts[r];
        }
    }

    /// Takes out what was given back.
    pub(crate) fn take(&mut self, amounts: Amounts, agents: [bool; 3]) {
        for agent in (0..3).filter(|&agent| agents[agent]) {
            self.agents[agent] -= amounts[TOKENS];
        }
        for r in [CALLS, TOKENS, COST] {
            self.tenant[r] -= amounts[r];
        }
    }

    pub(crate) fn plus(mut self, other: &Self) -> Self {
        for agent in 0..3 {
            self.agents[agent] += other.agents[agent];
        }
        for r in 0..self.tenant.len() {
            self.tenant[r] += other.tenant[r];
        }
        self
    }
}

/// The policy under which `left` more than `spent` may be charged. A `loud` one has denials told too.
pub(crate) fn policy(spent: &Charged, left: u64, loud: bool) -> Result<Policy, Error> {
    let of_agent = |at: usize| {
        format!("[agents.{}]\nmax_sessions = 500\ntokens = {}\n", AGENTS[at], spent.agents[at] + left)
    };
    let [calls, tokens, cost] = [CALLS, TOKENS, COST].map(|r| spent.tenant[r] + left * 2);
    let usd = format!("{}.{:09}", cost / 1_000_000_000, cost % 1_000_000_000);
    Policy::from_toml_str(&format!(
        "{}{}{}
        [tenants.t]\ncalls = {calls}\ntokens = {tokens}\ncost_usd = \"{usd}\"
        [agents.{VICTIM}]\nmax_sessions = {VICTIM_SESSIONS}
        [agents.\"guest-*\"]\nmax_sessions = {GUEST_SESSIONS}\nrate = \"40/s\"
        [tenants.\"guests-*\"]\nmax_sessions = {TENANT_SESSIONS}
        [intent]\non_drift = \"deny\"
        [tools.huge]
weight = {HUGE}
        [tools.read_secret]\nsensitivity = \"restricted\"
        [tools.fetch]\nnetwork = true
        [events]\ncapacity = {EVENTS}\nwarnings = false\ndenials = {loud}",
        of_agent(0),
        of_agent(1),
        of_agent(2),
    ))
}
