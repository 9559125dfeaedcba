//! An agent's rate, and sessions of it that refuse more than they admit: what these refuse must not be charged to the agent.

use std::sync::Arc;

use allotment::{Enforcer, PartyLimits, Policy, Rate, SessionSpec};
use chio_core::crypto::Keypair;

use super::{Demand, Row};
use crate::chio::{Evaluated, guard};

const SHARED: Demand =
    Demand { what: "10 per 60 s of an agent, 2 of each of its 5 sessions, asked 20 times each", limit: 10 };

const SESSIONS: u32 = 5;
const ASKED: u32 = 20;

pub(super) fn rows() -> Vec<Row> {
    vec![SHARED.ours(&[ours()]), SHARED.row("chio-guards", chio())]
}

fn ours() -> u64 {
    let mut party = PartyLimits::default();
    party.limits.rate = Some(Rate::per_minute(10).expect("a rate"));
    let policy = Policy::default().with_agent("agent-7", party).expect("a policy");
    let enforcer = Enforcer::new(policy).expect("an enforcer");
    let two = Rate::per_minute(2).expect("a rate");
    asked((0..SESSIONS).map(|_| {
        let spec = SessionSpec::new("agent-7").tools(["search"]).rate(two);
        let session = enforcer.create(spec).expect("a session");
        move || session.authorize("search").is_ok()
    }))
}

fn chio() -> u64 {
    let (guard, agent) = (guard(Some(10), Some(2), 60), Keypair::generate());
    asked((0..SESSIONS).map(|session| {
        let evaluated = Evaluated::new(&Arc::clone(&guard), &agent, &format!("session-{session}"));
        move || evaluated.call()
    }))
}

fn asked(sessions: impl Iterator<Item = impl Fn() -> bool>) -> u64 {
    sessions.map(|session| (0..ASKED).map(|_| u64::from(session())).sum::<u64>()).sum()
}
