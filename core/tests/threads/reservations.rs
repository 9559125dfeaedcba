//! Reservations under threads: whatever happens to them, what is spent adds up.

use allotment::{Reason, SessionSpec, Usage};

use crate::common::{free, under};
use crate::seed::seed;
use crate::{Random, race};

/// Spent = settled + recorded, once nothing is reserved; and never above the limit but for what was recorded past it.
#[test]
// D25
fn d25_what_is_spent_is_what_was_settled_and_recorded_at_every_level() {
    let seed = seed();
    let (enforcer, _) = under("[agents.\"*\"]\ntokens = 900_000\n[tenants.t]\ntokens = 500_000");
    let parent = enforcer.create(free("a").tenant("t").tokens(300_000)).unwrap();
    let children = ["b", "c"]
        .map(|agent| parent.delegate(SessionSpec::new(agent).tools(["read"]).tokens(200_000)).unwrap());
    let used = race(6, |thread| {
        let mut random = Random(seed ^ thread as u64);
        let session = [&parent, &children[0], &children[1]][thread % 3];
        let mut used = 0;
        for _ in 0..4_000 {
            let n = 1 + random.below(400);
            let hold = match session.reserve(Usage::tokens(n)) {
                Ok(hold) => hold,
                Err(denial) if denial.reason() == Reason::Contended => continue,
                Err(denial) => {
                    assert_eq!(denial.reason(), Reason::BudgetExceeded);
                    continue;
                }
            };
            used += match random.below(5) {
                0 => hold.release().map(|()| 0).unwrap(),
                1 => n,
                2 => {
                    hold.progress(Usage::tokens(n / 2));
                    n / 2
                }
                _ => {
                    let actual = random.below(n + 1);
                    assert!(!hold.settle(Usage::tokens(actual)).unwrap().overrun);
                    actual
                }
            };
        }
        used
    });
    let spent = |session: &allotment::Session| session.snapshot().tokens;
    let of_children = [used[1] + used[4], used[2] + used[5]];
    for (child, used) in children.iter().zip(of_children) {
        assert_eq!((spent(child).spent, spent(child).reserved), (used, 0));
        assert!(used <= 200_000);
    }
    let all = used.iter().sum::<u64>();
    assert_eq!((spent(&parent).spent, spent(&parent).reserved), (all, 0));
    assert!(all <= 300_000 && all > 100_000, "{all}");
}
