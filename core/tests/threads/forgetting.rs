//! An agent is forgotten only if nothing would be lost, also when it spends while it is being forgotten.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::{free, under};
use crate::race;

/// Five threads sweep without pause. The sixth visits without spending, so that there is something to forget; comes
/// back, spends the one call, leaves; and comes back. A sweep that began before it spent must not forget that it did.
#[test]
fn d6_an_agent_that_spends_while_a_sweep_looks_at_it_is_remembered() {
    let (enforcer, _) = under("[agents.\"*\"]\ncalls = 1");
    let done = AtomicBool::new(false);
    race(6, |thread| {
        if thread > 0 {
            while !done.load(Ordering::SeqCst) {
                enforcer.sweep();
            }
            return;
        }
        let mut forgotten = Vec::new();
        for agent in 0..20_000 {
            let name = format!("a{agent}");
            enforcer.create(free(&name)).unwrap().close().unwrap();
            let mut granted = 0;
            for _ in 0..2 {
                let session = enforcer.create(free(&name)).unwrap();
                granted += usize::from(session.authorize("read").is_ok());
                session.close().unwrap();
            }
            if granted > 1 {
                forgotten.push(name);
            }
        }
        done.store(true, Ordering::SeqCst);
        assert!(forgotten.is_empty(), "{forgotten:?} had one call and made two");
    });
}
