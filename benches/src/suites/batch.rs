//! Batches: several calls admitted together or not at all. A time is that of a whole batch.

use std::hint::black_box;

use allotment::Enforcer;

use crate::{Subject, TOOLS, policy, session};

/// Batches of one, four and sixteen calls.
#[must_use]
pub fn batches() -> Vec<Subject> {
    [1, 4, 16].into_iter().map(of).collect()
}

fn of(calls: u64) -> Subject {
    let enforcer = Enforcer::new(policy(false, false)).expect("an enforcer");
    let session = session(&enforcer, "agent-7", None);
    let tools: Vec<&'static str> = (0..calls).zip(TOOLS.into_iter().cycle()).map(|(_, tool)| tool).collect();
    session.authorize_batch(tools.iter().copied()).expect("a batch");
    assert_eq!(session.calls().spent, calls);
    Subject::sure(format!("batch/{calls}"), move || {
        session.authorize_batch(black_box(&tools).iter().copied()).is_ok()
    })
}
