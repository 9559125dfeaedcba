//! Trees of sessions under threads.

use allotment::{Reason, SessionSpec, Status};

use crate::common::{free, under};
use crate::race;

fn child(agent: &str) -> SessionSpec {
    SessionSpec::new(agent).tools(["read"])
}

/// A parent and five children, two of them of each other's agents, under eight threads: a pool of 100 admits 100.
#[test]
// D24, D5
// D5, D24
fn d24_d5_a_pool_shared_by_a_tree_admits_exactly_what_it_holds() {
    for _ in 0..20 {
        let (enforcer, _) = under("[agents.\"*\"]\ncalls = 1000\n[tenants.\"*\"]\ncalls = 1000");
        let parent = enforcer.create(free("a").tenant("t").calls(100)).unwrap();
        let mut tree = vec![parent.clone()];
        tree.extend(["b", "c", "a", "b"].map(|agent| parent.delegate(child(agent).calls(60)).unwrap()));
        tree.push(tree[1].delegate(child("c")).unwrap());
        let admitted = race(8, |thread| {
            let session = &tree[thread % tree.len()];
            let mut admitted = 0;
            loop {
                match session.authorize("read") {
                    Ok(_) => admitted += 1,
                    Err(denial) if denial.reason() == Reason::Contended => {}
                    Err(denial) => {
                        assert_eq!(denial.reason(), Reason::BudgetExceeded);
                        break admitted;
                    }
                }
            }
        });
        assert_eq!(admitted.iter().sum::<u64>(), 100);
        let spent: Vec<_> = tree.iter().map(|session| session.snapshot().calls.spent).collect();
        assert_eq!(spent[0], 100);
        assert_eq!(
            spent[1] - spent[5],
            admitted[1] + admitted.get(7).copied().unwrap_or(0),
            "{spent:?} {admitted:?}"
        );
    }
}

/// Children are delegated while the parent closes: none outlives it, and every place is given back.
#[test]
// G23
fn g23_no_child_outlives_a_parent_that_closes_meanwhile() {
    for _ in 0..2_000 {
        let (enforcer, _) = under("");
        let parent = enforcer.create(free("a")).unwrap();
        let children = race(3, |thread| {
            if thread == 0 {
                parent.close().unwrap();
                return None;
            }
            parent.delegate(child("b")).ok()
        });
        for child in children.into_iter().flatten() {
            assert_eq!(child.status(), Status::Closed);
        }
        assert_eq!(enforcer.active_sessions("b"), 0);
        enforcer.sweep();
        assert_eq!((enforcer.stats().sessions, enforcer.stats().agents), (0, 0));
    }
}
