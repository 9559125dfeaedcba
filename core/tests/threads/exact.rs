//! N units admit exactly N, whoever else is busy with what.
//!
//! Power: these fail where a debit is a load and an addition, where a refused admission keeps what it debited, and where
//! it gives back the bucket but not the budget.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use allotment::{Enforcer, Nanos, Rate, Reason, Scope, Session, Usage};

use crate::common::{free, policy, under};
use crate::seed::seed;
use crate::{Random, race};

const N: u64 = 20_000;
const THREADS: usize = 8;

/// Asks for batches of 1 to 7 until not even one is to be had; how many were admitted, and how often it was contended.
fn drain(session: &Session, tool: &str, random: &mut Random) -> (u64, u64) {
    let (mut admitted, mut contended, mut most) = (0, 0, 7);
    loop {
        let batch = 1 + random.below(most);
        let tools = std::iter::repeat_n(tool, usize::try_from(batch).unwrap());
        let decided = if batch == 1 { session.authorize(tool) } else { session.authorize_batch(tools) };
        match decided.map_err(|denial| denial.reason()) {
            Ok(_) => admitted += batch,
            Err(Reason::BudgetExceeded | Reason::RateLimited) if batch == 1 => return (admitted, contended),
            // Fewer may fit.
            Err(Reason::BudgetExceeded | Reason::RateLimited) => most = batch - 1,
            Err(Reason::Contended) => {
                contended += 1;
                assert!(contended < 100_000, "held for ever");
            }
            Err(Reason::Paused) => std::thread::yield_now(),
            Err(other) => panic!("{other}"),
        }
    }
}

/// Everything that must not matter, until `done`: other sessions come and go, `session` is paused and resumed, policies
/// that differ in nothing that concerns it are swapped.
fn disturb(enforcer: &Enforcer, session: &Session, text: &str, random: &mut Random, done: &AtomicBool) {
    let other = policy(&format!("warnings.threshold = 0.5\n{text}\n[agents.z]\ncalls = 1"));
    let policies = [policy(text), other];
    let mut made = Vec::new();
    while !done.load(Ordering::SeqCst) {
        match random.below(8) {
            0 | 1 if made.len() < 9 => {
                made.extend(enforcer.create(free(["a", "b", "c"][made.len() % 3]).tenant("t")));
            }
            0..=2 => drop(made.pop().map(|session: Session| session.close())),
            3 => _ = enforcer.sweep(),
            4 => {
                session.pause().unwrap();
                std::thread::yield_now();
                session.resume().unwrap();
            }
            5 => enforcer.set_policy(policies[usize::from(random.below(2) == 0)].clone()),
            6 => drop((enforcer.active_sessions("a"), enforcer.sessions().len(), enforcer.stats())),
            _ => drop((session.snapshot(), session.preview("send"), session.authorize("unlisted"))),
        }
    }
    for session in made {
        session.close().unwrap();
    }
}

/// Session, agent, tenant and tool limits of these sizes; the smallest, [`N`], is what is admitted.
fn exactly_n(session: u64, agent: Option<u64>, tenant: Option<u64>, cap: Option<u64>) {
    let section =
        |name, calls: Option<u64>| calls.map(|n| format!("[{name}.\"*\"]\ncalls = {n}\nmax_sessions = 90\n"));
    let text = |agent, tenant| {
        section("agents", agent).unwrap_or_default() + &section("tenants", tenant).unwrap_or_default()
    };
    let (raised, text) = (text(agent.map(|_| 1 << 40), tenant.map(|_| 1 << 40)), text(agent, tenant));
    let (enforcer, _) = under(&text);
    let subject = enforcer.create(free("a").tenant("t").calls(session).tool("send", cap)).unwrap();
    let (seed, done, running) = (seed(), AtomicBool::new(false), AtomicU64::new(THREADS as u64));
    let counts = race(THREADS + 1, |thread| {
        let mut random = Random(seed ^ thread as u64);
        if thread == THREADS {
            disturb(&enforcer, &subject, &text, &mut random, &done);
            return (0, 0);
        }
        let counted = drain(&subject, "send", &mut random);
        if running.fetch_sub(1, Ordering::SeqCst) == 1 {
            done.store(true, Ordering::SeqCst);
        }
        counted
    });
    let admitted: u64 = counts.iter().map(|(admitted, _)| admitted).sum();
    println!("contended: {}", counts.iter().map(|(_, contended)| contended).sum::<u64>());
    assert_eq!(admitted, N);
    let snapshot = subject.snapshot();
    assert_eq!((snapshot.calls.spent, snapshot.tools["send"].map(|tool| tool.spent)), (N, cap.map(|_| N)));
    // Nobody else was admitted, so agent and tenant have spent as much; one more call under higher limits shows it.
    enforcer.set_policy(policy(&format!("warnings.threshold = 1\n{raised}")));
    let probe = enforcer.create(free("a").tenant("t")).unwrap().authorize("read").unwrap();
    let of_parties = probe.warnings().filter(|low| low.scope != Scope::Session);
    let spent: Vec<_> = of_parties.map(|low| low.limit - low.remaining - 1).collect();
    assert_eq!(spent, vec![N; [agent, tenant].iter().flatten().count()]);
}

#[test]
// D20, D25
fn d20_d25_a_session_admits_exactly_its_budget() {
    exactly_n(N, None, None, None);
}

#[test]
// D20, D25
fn d20_d25_a_tools_cap_admits_exactly_its_calls() {
    exactly_n(N + 2, None, None, Some(N));
    exactly_n(N + 2, Some(N + 1), Some(N + 3), Some(N));
}

#[test]
// D20, D25
fn d20_d25_a_session_within_agent_and_tenant_admits_exactly_the_least() {
    exactly_n(N, Some(N + 3), Some(N + 2), Some(N + 1));
    exactly_n(N + 1, Some(N), Some(N + 5), None);
    exactly_n(N + 1, Some(N + 2), Some(N), Some(N + 3));
    exactly_n(N, Some(N), Some(N), Some(N));
}

#[test]
fn promise_3_tokens_money_and_calls_are_debited_together() {
    // Each call costs 3 tokens and 5 nano-dollars; the tenant's money runs out first.
    let (enforcer, _) = under("[agents.\"*\"]\ntokens = 3009\n[tenants.\"*\"]\ncost_usd = \"0.000005\"");
    let sessions = ["a", "a", "b"].map(|agent| enforcer.create(free(agent).tenant("t")).unwrap());
    let usage = Usage::tokens(3).cost(allotment::NanoUsd::new(5));
    let admitted = race(THREADS, |thread| {
        let mut admitted = [0u64; 3];
        for ask in 0.. {
            let at = (thread + ask) % 3;
            match sessions[at]
                .authorize_with("read", usage)
                .map_err(|denial| (denial.reason(), denial.scope()))
            {
                Ok(_) => admitted[at] += 1,
                Err((Reason::Contended, _)) => {}
                Err((Reason::BudgetExceeded, Some(Scope::Tenant))) => break,
                Err(other) => panic!("{other:?}"),
            }
        }
        admitted
    });
    let of = |at: usize| admitted.iter().map(|admitted| admitted[at]).sum::<u64>();
    assert_eq!(of(0) + of(1) + of(2), 1000);
    for (at, session) in sessions.iter().enumerate() {
        let seen = session.snapshot();
        assert_eq!((seen.calls.spent, seen.tokens.spent, seen.cost.spent), (of(at), 3 * of(at), 5 * of(at)));
    }
}

#[test]
// V9
fn v9_a_bucket_gives_exactly_what_it_holds_and_what_time_brings() {
    // Single meter: nothing is undone, so not one token is lost either, as long as the bucket never fills again.
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").rate(Rate::per_second(2000).unwrap())).unwrap();
    let seed = seed();
    let admitted: u64 = race(4, |thread| {
        let mut random = Random(seed ^ thread as u64);
        let mut admitted = 0;
        for _ in 0..400 {
            admitted += drain(&session, "read", &mut random).0;
            clock.advance(Nanos::new(random.below(1_000_000)));
        }
        admitted
    })
    .iter()
    .sum();
    let admitted = admitted + drain(&session, "read", &mut Random(seed)).0;
    assert_eq!(admitted, 2000 + clock.now().get() / 500_000);
}

#[test]
// V11
fn v11_buckets_of_three_accounts_never_give_more_than_the_least_of_them() {
    let text = "[agents.\"*\"]\nrate = \"300/s\"\n[tenants.\"*\"]\nrate = \"400/s\"";
    let (enforcer, clock) = under(text);
    let sessions = ["a", "a", "b"]
        .map(|agent| enforcer.create(free(agent).tenant("t").rate(Rate::per_second(200).unwrap())).unwrap());
    let seed = seed();
    let admitted = race(6, |thread| {
        let mut random = Random(seed ^ thread as u64);
        let mut admitted = [0u64; 3];
        for _ in 0..150 {
            admitted[thread % 3] += drain(&sessions[thread % 3], "read", &mut random).0;
            clock.advance(Nanos::new(random.below(3_000_000)));
        }
        admitted
    });
    let of = |at: usize| admitted.iter().map(|admitted| admitted[at]).sum::<u64>();
    let most = |per_second: u64| per_second + per_second * clock.now().get() / 1_000_000_000;
    assert!(of(0) <= most(200) && of(1) <= most(200) && of(2) <= most(200));
    assert!(of(0) + of(1) <= most(300), "{} of {}", of(0) + of(1), most(300));
    assert!(of(0) + of(1) + of(2) <= most(400), "{} of {}", of(0) + of(1) + of(2), most(400));
    assert!(of(0) + of(1) + of(2) >= 400, "the full bucket at the least");
}
