//! A budget denial is final, so it has to be true: the funds were gone, not held for a moment by an admission that was
//! taken back. `contended` is the honest answer where it is not yet known, and is counted as a retry.

use std::sync::atomic::{AtomicU64, Ordering};

use allotment::{Denial, Reason, Scope, Session};

use crate::common::{free, under};
use crate::seed::seed;
use crate::{Duel, Random, race};

/// Asks until the answer is not `contended`.
fn ask(session: &Session, contended: &AtomicU64) -> Result<(), Denial> {
    loop {
        match session.authorize("read") {
            Err(denial) if denial.reason() == Reason::Contended => {
                _ = contended.fetch_add(1, Ordering::SeqCst);
            }
            decided => return decided.map(drop),
        }
    }
}

/// In each round a tenant has two calls, for a session with one call and a session without limit. Two threads race for
/// the one call; whoever loses has perhaps debited the tenant already and takes that back. Meanwhile the winner asks
/// for the second call. Two are there and two can succeed, so the tenant's budget refuses nobody.
///
/// Power: with a look that believes every lack, holds or not, this fails at once.
#[test]
fn promise_2_a_budget_that_is_only_held_refuses_nobody() {
    const ROUNDS: usize = 10_000;
    let (enforcer, _) = under("[tenants.\"*\"]\ncalls = 2\n[agents.\"*\"]\nmax_sessions = 1000000");
    let pair = |round: usize| {
        let of_tenant = |spec: allotment::SessionSpec| spec.tenant(format!("t{round}"));
        let single = enforcer.create(of_tenant(free("a").calls(1))).unwrap();
        (single, enforcer.create(of_tenant(free("b"))).unwrap())
    };
    let rounds: Vec<_> = (0..ROUNDS).map(pair).collect();
    let (seed, meet, contended) = (seed(), Duel::default(), AtomicU64::new(0));
    let decided = race(2, |thread| {
        let mut random = Random(seed ^ thread as u64);
        let duel = |(round, (single, other)): (usize, &(Session, Session))| {
            meet.meet(round);
            random.dawdle(60);
            let first = ask(single, &contended);
            let second = first.is_ok().then(|| ask(other, &contended));
            (first, second)
        };
        rounds.iter().enumerate().map(duel).collect::<Vec<_>>()
    });
    println!("contended: {contended:?}");
    for (one, two) in decided[0].iter().zip(&decided[1]) {
        let (winner, loser) = if one.0.is_ok() { (one, two) } else { (two, one) };
        assert_eq!(winner, &(Ok(()), Some(Ok(()))), "the tenant had two calls for two");
        // Whoever was slow may find the session's call gone, or both of the tenant's.
        let scope = loser.0.as_ref().map_err(Denial::scope);
        assert!(matches!(scope, Err(Some(Scope::Session | Scope::Tenant))), "{loser:?}");
    }
}

/// Eight threads, a tenant with N calls, more sessions of one call than N, each raced for by two threads, and sessions
/// without limit for the rest. If anybody was told that the tenant's budget is used up, then all N were admitted.
#[test]
fn promise_2_whoever_is_told_that_a_budget_is_used_up_finds_it_used_up() {
    const N: u64 = 40;
    let seed = seed();
    let (mut lost, contended) = (0, AtomicU64::new(0));
    for round in 0..400 {
        let (enforcer, _) = under(&format!("[tenants.t]\ncalls = {N}\n[agents.\"*\"]\nmax_sessions = 1000"));
        // In every third round there is not enough to do for N, so that nobody may be told so at all.
        let singles = if round % 3 == 0 { N - 8 } else { N };
        let single = |_| enforcer.create(free("a").tenant("t").calls(1)).unwrap();
        let singles: Vec<_> = (0..singles).map(single).collect();
        let open = enforcer.create(free("b").tenant("t")).unwrap();
        let counted = race(8, |thread| {
            let mut random = Random(seed ^ round ^ (thread as u64) << 32);
            let (mut admitted, mut told, mut lost) = (0, 0, 0);
            let mut count = |decided: Result<(), Denial>| match decided.map_err(|denial| denial.scope()) {
                Ok(()) => admitted += 1,
                Err(Some(Scope::Tenant)) => told += 1,
                Err(_) => lost += 1,
            };
            for session in singles.iter().skip(thread / 2).step_by(4) {
                random.dawdle(30);
                count(ask(session, &contended));
            }
            count(ask(&open, &contended));
            (admitted, told, lost)
        });
        let sum = |of: fn(&(u64, u64, u64)) -> u64| counted.iter().map(of).sum::<u64>();
        let (admitted, told) = (sum(|c| c.0), sum(|c| c.1));
        lost += sum(|c| c.2);
        assert!(
            admitted <= N && (told == 0 || admitted == N),
            "{told} were told, {admitted} of {N} were admitted"
        );
        assert!(
            round % 3 != 0 || (told == 0 && admitted == N),
            "{told} were told, {admitted} of {N} were admitted"
        );
    }
    println!("lost: {lost}, contended: {contended:?}");
}
