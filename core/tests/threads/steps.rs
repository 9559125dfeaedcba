//! Repeated steps under threads.
//!
//! Power: fails where a refused step resets the row, or where two threads read the count before either writes it.

use std::sync::atomic::{AtomicBool, Ordering};

use allotment::{Call, Execution, Reason, Session, Usage};

use crate::common::{free, under};
use crate::race;

fn watched(repetitions: u64) -> Session {
    let (enforcer, _) = under("");
    let limits = Execution { repetitions: Some(repetitions), ..Execution::DISABLED };
    enforcer.create(free("a").tool("send", 0).tokens(0).execution(limits)).unwrap()
}

/// Takes the step until it is a loop; how often.
fn exhaust(session: &Session) -> u64 {
    let mut taken = 0;
    loop {
        match session.authorize_call(Call::of("read").arguments("{}")).map_err(|denial| denial.reason()) {
            Ok(_) => taken += 1,
            Err(Reason::SameStepLoop) => return taken,
            Err(other) => assert_eq!(other, Reason::Contended),
        }
    }
}

#[test]
// E19
fn e19_exactly_as_many_identical_steps_in_a_row_as_there_may_be() {
    for repetitions in [1, 2, 3, 50] {
        for _ in 0..100 {
            let session = watched(repetitions);
            let taken = race(8, |_| exhaust(&session));
            assert_eq!(taken.iter().sum::<u64>(), repetitions);
            assert_eq!(session.calls().spent, repetitions);
        }
    }
}

#[test]
// E19
fn e19_what_is_refused_or_only_asked_never_breaks_a_row() {
    for _ in 0..100 {
        let session = watched(5);
        let done = AtomicBool::new(false);
        let taken = race(8, |thread| {
            if thread >= 2 {
                while !done.load(Ordering::SeqCst) {
                    assert!(session.authorize_call(Call::of("send").arguments("{}")).is_err());
                    assert!(session.authorize("unlisted").is_err());
                    assert!(session.authorize_with("write", Usage::tokens(1)).is_err());
                    drop((session.preview("write"), session.admit(Usage::NONE.steps(1))));
                }
                return 0;
            }
            let taken = exhaust(&session);
            done.store(true, Ordering::SeqCst);
            taken
        });
        assert_eq!(taken.iter().sum::<u64>(), 5);
    }
}
