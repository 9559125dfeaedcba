//! Places that are free, or held only by what has expired, are given, also while somebody else is clearing them.

use allotment::{Enforcer, ManualClock, Nanos, Session};

use crate::common::{free, policy, under};
use crate::seed::seed;
use crate::{Duel, Random, race};

const ROUNDS: usize = 6000;

/// In each round `clear` runs against a creation that must succeed, whoever is first. `prepare` leaves the one place
/// there is held by a session that has ended in truth.
fn always_a_place(
    enforcer: &Enforcer,
    prepare: impl Fn(usize) -> Session + Sync,
    clear: impl Fn(&Session) + Sync,
) {
    let (seed, begin, end) = (seed(), Duel::default(), Duel::default());
    let ended = std::sync::Mutex::new(None);
    let refused: usize = race(2, |thread| {
        let mut random = Random(seed ^ thread as u64);
        let mut refused = 0;
        for round in 0..ROUNDS {
            if thread == 0 {
                *ended.lock().unwrap() = Some(prepare(round));
            }
            begin.meet(2 * round);
            let old = ended.lock().unwrap().clone().unwrap();
            begin.meet(2 * round + 1);
            random.dawdle(200);
            if thread == 0 {
                clear(&old);
            } else {
                match enforcer.create(free("a").tenant("t")) {
                    Ok(session) => drop(session.close().unwrap()),
                    Err(_) => refused += 1,
                }
            }
            end.meet(round);
        }
        refused
    })
    .into_iter()
    .sum();
    assert_eq!(refused, 0, "of {ROUNDS} creations");
}

/// One place at the agent and one at the tenant, held by an expired session.
fn expired() -> (Enforcer, impl Fn(usize) -> Session + Sync) {
    let clock = ManualClock::new();
    let one = policy("[agents.\"*\"]\nmax_sessions = 1\n[tenants.\"*\"]\nmax_sessions = 1");
    let enforcer = Enforcer::builder().policy(one).clock(clock.clone()).build().unwrap();
    let maker = enforcer.clone();
    let prepare = move |_| {
        let session = maker.create(free("a").tenant("t").time_limit(Nanos::from_secs(1))).unwrap();
        clock.advance(Nanos::from_secs(1));
        session
    };
    (enforcer, prepare)
}

#[test]
// D11
fn d11_an_expired_session_holds_no_place_while_a_sweep_removes_it() {
    let (enforcer, prepare) = expired();
    always_a_place(&enforcer, prepare, |_| _ = enforcer.sweep());
}

#[test]
// D11
fn d11_an_expired_session_holds_no_place_while_it_is_counted_out() {
    let (enforcer, prepare) = expired();
    always_a_place(&enforcer, prepare, |_| _ = enforcer.active_sessions("a"));
}

#[test]
// D11
fn d11_an_expired_session_holds_no_place_while_it_is_called() {
    let (enforcer, prepare) = expired();
    always_a_place(&enforcer, prepare, |old| _ = old.authorize("read"));
}

#[test]
fn a_store_with_nothing_but_ended_sessions_is_not_full_while_a_sweep_removes_them() {
    let enforcer = Enforcer::builder().max_sessions(1).build().unwrap();
    let maker = enforcer.clone();
    let prepare = move |_| {
        let session = maker.create(free("a")).unwrap();
        session.close().unwrap();
        session
    };
    always_a_place(&enforcer, prepare, |_| _ = enforcer.sweep());
}

/// One place is left for an agent, and two creations are for the same one.
#[test]
// D6
fn d6_two_creations_that_introduce_one_agent_need_one_place_for_it() {
    let (seed, meet) = (seed(), Duel::default());
    let fresh = || {
        let budget = policy("[agents.\"*\"]\ncalls = 1");
        let enforcer = Enforcer::builder().policy(budget).max_sessions(2).build().unwrap();
        let session = enforcer.create(free("remembered")).unwrap();
        session.authorize("read").unwrap();
        session.close().unwrap();
        enforcer.sweep();
        enforcer
    };
    let enforcers: Vec<_> = (0..ROUNDS).map(|_| fresh()).collect();
    let refused: usize = race(2, |thread| {
        let mut random = Random(seed ^ thread as u64);
        let mut refused = 0;
        for (round, enforcer) in enforcers.iter().enumerate() {
            meet.meet(round);
            random.dawdle(40);
            refused += usize::from(enforcer.create(free("newcomer")).is_err());
        }
        refused
    })
    .into_iter()
    .sum();
    assert_eq!(refused, 0, "of {} creations", 2 * ROUNDS);
}

#[test]
// B26
fn b26_agents_that_are_refused_and_forgotten_at_once_leave_no_place_taken() {
    let (enforcer, _) = under("[agents.\"*\"]\nmax_sessions = 0");
    race(4, |_| {
        for _ in 0..20_000 {
            assert!(enforcer.create(free("a")).is_err());
        }
    });
    assert_eq!(enforcer.stats().agents, 0);
}
