//! Carve-outs under threads: nobody spends another's share, and once all has ended the root has spent what its tree spent.
//!
//! Power: fails where a close gives back what a settlement gives back too, or where an overrun is not passed up.

use allotment::{Nanos, Reason, Reservation, Session, SessionSpec, Usage};

use crate::common::{free, under};
use crate::seed::seed;
use crate::{Random, race};

fn child(agent: &str) -> SessionSpec {
    SessionSpec::new(agent).tools(["read"])
}

/// Calls until the budget is used up or the session ended; how many.
fn drain(session: &Session) -> u64 {
    let mut admitted = 0;
    loop {
        match session.authorize("read").map_err(|denial| denial.reason()) {
            Ok(_) => admitted += 1,
            Err(Reason::Contended) => {}
            Err(Reason::BudgetExceeded | Reason::Closed | Reason::Expired) => return admitted,
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
// D24, D5
fn d24_d5_a_tree_with_shares_of_its_own_admits_exactly_what_the_root_has() {
    for round in 0..50 {
        let (enforcer, _) = under("[agents.\"*\"]\ncalls = 1000\n[tenants.\"*\"]\ncalls = 1000");
        let parent = enforcer.create(free("a").tenant("t").calls(100)).unwrap();
        let shares = [15, 10, 20, 5, 30];
        let mut tree = vec![parent.clone()];
        tree.extend(shares.map(|share| parent.delegate(child("b").carve_out(true).calls(share)).unwrap()));
        let admitted = race(8, |thread| drain(&tree[thread % tree.len()]));
        let of = |at: usize| admitted.iter().skip(at).step_by(tree.len()).sum::<u64>();
        assert_eq!(of(0), 20, "what was left to the parent");
        assert_eq!(std::array::from_fn(|at| of(at + 1)), shares, "round {round}");
        assert_eq!(parent.calls().spent, 100);
        parent.close().unwrap();
        assert_eq!(parent.calls().spent, 100);
    }
}

#[test]
// D24
fn d24_children_that_close_while_they_call_return_exactly_what_they_did_not_use() {
    let seed = seed();
    for round in 0..300u64 {
        let (enforcer, clock) = under("[agents.\"*\"]\nmax_sessions = 100");
        let parent = enforcer.create(free("a").calls(10_000)).unwrap();
        let short = || child("b").carve_out(true).calls(1_000).time_limit(Nanos::from_secs(10));
        let middle = parent.delegate(short()).unwrap();
        let leaves = [
            middle.delegate(child("c").carve_out(true).calls(300)).unwrap(),
            middle.delegate(child("c")).unwrap(),
            parent.delegate(short()).unwrap(),
        ];
        let admitted = race(4, |thread| {
            if let Some(session) = leaves.get(thread) {
                return drain(session);
            }
            let mut random = Random(seed ^ round);
            random.dawdle(40_000);
            match round % 4 {
                0 => drop((leaves[0].close(), leaves[2].close(), middle.close())),
                1 => drop((middle.close(), leaves[2].close())),
                2 => assert!(enforcer.close_agent("b") <= 2),
                _ => {
                    clock.advance(Nanos::from_secs(10));
                    enforcer.sweep();
                }
            }
            0
        });
        enforcer.sweep();
        assert_eq!(parent.calls().spent, admitted.iter().sum::<u64>(), "{admitted:?}");
    }
}

/// Reserve, settle, release, abandon, record and close at random on a tree of carved and pooled sessions.
#[test]
// D24, D25
fn d24_d25_a_tree_conserves_tokens_whatever_its_sessions_do() {
    let seed = seed();
    for round in 0..150u64 {
        let (enforcer, _) = under("[agents.\"*\"]\nmax_sessions = 100");
        let root = enforcer.create(free("a").tokens(100_000)).unwrap();
        let carved = |tokens| child("b").carve_out(true).tokens(tokens);
        let middle = root.delegate(carved(5_000)).unwrap();
        let tree = [
            middle.delegate(carved(1_000)).unwrap(),
            middle.delegate(child("c")).unwrap(),
            root.delegate(carved(800)).unwrap(),
            middle,
        ];
        let used = race(4, |thread| {
            let mut random = Random(seed ^ (round << 8) ^ thread as u64);
            let (mut used, mut holds) = (0, Vec::<Reservation>::new());
            for _ in 0..60 {
                let session = &tree[usize::try_from(random.below(4)).unwrap()];
                let n = 1 + random.below(60);
                match random.below(12) {
                    0..=3 => holds.extend(session.reserve(Usage::tokens(n)).ok()),
                    4 => holds.extend(session.reserve_at_least(Usage::tokens(9 * n), Usage::tokens(n)).ok()),
                    5..=7 if !holds.is_empty() => {
                        let hold = holds.swap_remove(0);
                        let actual = random.below(2 * hold.granted().tokens);
                        used += hold.settle(Usage::tokens(actual)).unwrap().charged.tokens;
                    }
                    8 if !holds.is_empty() => holds.swap_remove(0).release().unwrap(),
                    9 => used += holds.pop().and_then(|hold| hold.forfeit()).map_or(0, |s| s.charged.tokens),
                    10 => {
                        session.record(Usage::tokens(n));
                        used += n;
                    }
                    11 if random.below(12) == 0 => drop(session.close()),
                    _ => {
                        if let Ok(share) = session.delegate(carved(n)) {
                            used += if share.admit(Usage::tokens(n / 2)).is_ok() { n / 2 } else { 0 };
                            drop(share.close());
                        }
                    }
                }
            }
            for hold in holds {
                used += hold.settle(Usage::tokens(1)).unwrap().charged.tokens;
            }
            used
        });
        for session in &tree {
            let _ = session.close();
        }
        enforcer.sweep();
        let tokens = root.snapshot().tokens;
        assert_eq!((tokens.spent, tokens.reserved), (used.iter().sum::<u64>(), 0), "round {round}");
    }
}
