//! The cap of concurrent sessions under creations at once.

use allotment::{CreateError, Nanos, Reason, Scope};

use crate::common::{free, policy, under};
use crate::race;

#[test]
// B26, D11
fn d11_b26_62_creations_at_cap_10_make_exactly_10() {
    for round in 0..15 {
        let (enforcer, clock) = under("");
        // In every other round the cap is full of sessions that have expired unnoticed.
        for _ in 0..10 * (round % 2) {
            enforcer.create(free("a").time_limit(Nanos::from_secs(1))).unwrap();
        }
        clock.advance(Nanos::from_secs(1));
        let made = race(62, |_| enforcer.create(free("a")));
        let refusals: Vec<_> = made.iter().filter_map(|made| made.as_ref().err()).collect();
        assert_eq!((refusals.len(), enforcer.active_sessions("a")), (52, 10));
        for refusal in refusals {
            let CreateError::Denied(denial) = refusal else { panic!("{refusal}") };
            let figures = (denial.reason(), denial.limit(), denial.used());
            assert_eq!(figures, (Reason::TooManySessions, Some(10), Some(10)));
        }
        assert!(made.iter().flatten().all(|session| session.authorize("read").is_ok()));
    }
}

#[test]
// E10
fn e10_creations_by_many_agents_at_a_tenants_cap_make_exactly_as_many() {
    for _ in 0..15 {
        let (enforcer, _) = under("[tenants.t]\nmax_sessions = 7");
        let made = race(40, |thread| enforcer.create(free(&format!("a{}", thread % 5)).tenant("t")));
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 7);
        let active: u64 = (0..5).map(|agent| enforcer.active_sessions(&format!("a{agent}"))).sum();
        assert_eq!((active, enforcer.stats().sessions), (7, 7));
        drop(made);
        assert_eq!((0..5).map(|agent| enforcer.close_agent(&format!("a{agent}"))).sum::<u64>(), 7);
        assert_eq!((enforcer.sweep(), enforcer.stats().agents, enforcer.stats().tenants), (7, 0, 0));
    }
}

#[test]
fn a_store_takes_exactly_as_many_as_it_holds() {
    for _ in 0..15 {
        let enforcer = allotment::Enforcer::builder().max_sessions(9).build().unwrap();
        let made = race(30, |thread| enforcer.create(free(&format!("a{thread}"))));
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 9);
        let stats = enforcer.stats();
        assert_eq!((stats.sessions, stats.agents), (9, 9));
    }
}

#[test]
fn ids_are_never_the_same() {
    let (enforcer, _) = under("[agents.\"*\"]\nmax_sessions = 100000");
    let ids = race(4, |_| (0..2000).map(|_| enforcer.create(free("a")).unwrap().id()).collect::<Vec<_>>());
    let all: std::collections::BTreeSet<_> = ids.iter().flatten().collect();
    assert_eq!(all.len(), 8000);
}

/// Under the first policy an agent may have no session, under the second none with more than one call. A session with
/// five calls is of neither: its defaults would be the first's, its place the second's.
#[test]
fn a_creation_follows_one_policy_and_not_a_part_of_each() {
    let policies = [
        policy("[defaults]\ncalls = 5\n[agents.\"*\"]\nmax_sessions = 0"),
        policy("[defaults]\ncalls = 1\n[agents.\"*\"]\nmax_sessions = 1000000"),
    ];
    let (enforcer, _) = under("[agents.\"*\"]\nmax_sessions = 0");
    enforcer.set_policy(policies[0].clone());
    race(3, |thread| {
        for turn in 0..6000 {
            if thread == 2 {
                enforcer.set_policy(policies[turn % 2].clone());
                continue;
            }
            match enforcer.create(allotment::SessionSpec::new("a").tools(["read"])) {
                Ok(session) => assert_eq!(session.snapshot().calls.limit, Some(1)),
                Err(CreateError::Denied(denial)) => assert_eq!(denial.scope(), Some(Scope::Agent)),
                Err(other) => panic!("{other}"),
            }
        }
    });
}
