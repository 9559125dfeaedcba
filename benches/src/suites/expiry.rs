//! What expires, among what does not: sweeps, and creations at an agent's cap. Time is moved by hand; what is made ready is not timed.

use std::time::{Duration, Instant};

use allotment::{Enforcer, ManualClock, PartyLimits, Policy, SessionSpec};

use crate::{PLENTY, Subject, TOOLS, fast, policy};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

/// Sweeps of so many `expired` sessions among so many `others` that have not expired, `sweep of K/N`.
#[must_use]
pub fn sweeps(expired: &[u64], others: &[u64]) -> Vec<Subject> {
    let among = others.iter().flat_map(|&others| {
        let (enforcer, clock) = enforcer(policy(false, false));
        (0..others).for_each(|nth| create(&enforcer, nth, DAY));
        expired.iter().map(move |&expired| {
            let (enforcer, clock) = (enforcer.clone(), clock.clone());
            Subject::timed(format!("sweep of {expired}/{others}"), move |times| {
                let once = |_| {
                    (0..expired).for_each(|nth| create(&enforcer, nth, SECOND));
                    clock.advance(SECOND);
                    let begun = Instant::now();
                    let swept = enforcer.sweep();
                    let took = begun.elapsed();
                    assert_eq!((swept, enforcer.stats().sessions), (expired, others));
                    took
                };
                (0..times).map(once).sum()
            })
        })
    });
    among.collect()
}

/// Creations for an agent that has as many sessions as it may: refused, and where one of them has just expired.
#[must_use]
pub fn at_the_cap(caps: &[u64]) -> Vec<Subject> {
    caps.iter().flat_map(|&cap| [refused(cap), reaping(cap)]).collect()
}

fn refused(cap: u64) -> Subject {
    let (enforcer, _) = enforcer(capped(cap));
    (0..cap).for_each(|_| create(&enforcer, 0, DAY));
    Subject::sure(format!("create at the cap, refused/{cap}"), move || enforcer.create(spec(0, DAY)).is_err())
}

/// Each session lives as long as it takes to make `cap` of them, so that there is always exactly one that has just expired.
fn reaping(cap: u64) -> Subject {
    let (enforcer, clock) = enforcer(capped(cap));
    let step = (SECOND / u32::try_from(cap).expect("a cap")).max(Duration::from_millis(1));
    let life = step * u32::try_from(cap).expect("a cap");
    for _ in 0..cap {
        create(&enforcer, 0, life);
        clock.advance(step);
    }
    let mut ended = 0;
    Subject::timed(format!("create at the cap, one expired/{cap}"), move |times| {
        let once = |_| {
            let begun = Instant::now();
            create(&enforcer, 0, life);
            let took = begun.elapsed();
            clock.advance(step);
            ended += 1;
            if ended == 1_000 {
                // With the one that has expired by now.
                assert_eq!(enforcer.sweep(), ended + 1);
                create(&enforcer, 0, life);
                clock.advance(step);
                ended = 0;
            }
            took
        };
        (0..times).map(once).sum()
    })
}

fn enforcer(policy: Policy) -> (Enforcer, ManualClock) {
    let clock = ManualClock::new();
    let builder = Enforcer::builder().policy(policy).clock(clock.clone()).max_sessions(2_000_000);
    (builder.build().expect("an enforcer"), clock)
}

fn capped(cap: u64) -> Policy {
    let limits = PartyLimits { max_sessions: Some(cap), ..PartyLimits::default() };
    Policy::default().with_agent("*", limits).expect("a policy")
}

/// What a session is asked to be, ten to an agent.
fn spec(nth: u64, life: Duration) -> SessionSpec {
    SessionSpec::new(format!("agent-{}", nth / 10)).tools(TOOLS).calls(PLENTY).rate(fast()).time_limit(life)
}

fn create(enforcer: &Enforcer, nth: u64, life: Duration) {
    enforcer.create(spec(nth, life)).expect("a session");
}
