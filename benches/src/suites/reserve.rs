//! Work whose price is known only afterwards: reserved and settled, reserved and released, or recorded.

use std::hint::black_box;

use allotment::{Enforcer, NanoUsd, Session, SessionSpec, Usage};

use crate::{PLENTY, Subject, TOOLS, policy};

/// What a model call is expected to use, and what it uses.
const ESTIMATE: Usage = Usage::tokens(4_000).cost(NanoUsd::new(50_000));
const ACTUAL: Usage = Usage::tokens(3_120).cost(NanoUsd::new(31_000));

/// A reservation of tokens and money, settled or released, and the same charged afterwards; each on a session that limits both.
#[must_use]
pub fn reserve() -> Vec<Subject> {
    let (settled, released, recorded) = (session(), session(), session());
    let spent = |session: &Session| session.snapshot().tokens.spent;
    let settle = move |session: &Session| {
        let hold = session.reserve(black_box(ESTIMATE)).expect("a reservation");
        hold.settle(black_box(ACTUAL)).is_ok_and(|settled| !settled.overrun)
    };
    let release = |session: &Session| {
        session.reserve(black_box(ESTIMATE)).is_ok_and(|hold| black_box(hold).release().is_ok())
    };
    // It says whether anything was overrun.
    let record = |session: &Session| !session.record(black_box(ACTUAL));
    assert!(settle(&settled) && release(&released) && record(&recorded));
    assert_eq!([&settled, &released, &recorded].map(spent), [ACTUAL.tokens, 0, ACTUAL.tokens]);
    vec![
        Subject::sure("reserve/settle", move || settle(&settled)),
        Subject::sure("reserve/release", move || release(&released)),
        Subject::sure("reserve/record", move || record(&recorded)),
    ]
}

fn session() -> Session {
    let enforcer = Enforcer::new(policy(false, false)).expect("an enforcer");
    let spec = SessionSpec::new("agent-7").tools(TOOLS).calls(PLENTY).tokens(PLENTY);
    enforcer.create(spec.cost(NanoUsd::new(1 << 53))).expect("a session")
}
