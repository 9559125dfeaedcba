//! Rates end to end: of a session, of an agent over its sessions, of a tenant over its agents.

use allotment::{Enforcer, ManualClock, Nanos, Policy, Rate, Reason, Resource, Scope, Session, Usage};

use crate::common::{free, under};
use crate::reason;

/// A session limited by `rate` itself, one limited by its agent's, one by its tenant's; the clock moves all three.
fn three(rate: &str) -> (ManualClock, [Session; 3]) {
    let clock = ManualClock::new();
    let made = |policy: &str, session: Option<Rate>| {
        let policy = Policy::from_toml_str(policy).unwrap();
        let enforcer = Enforcer::builder().policy(policy).clock(clock.clone()).build().unwrap();
        let spec = free("a").tenant("t");
        enforcer.create(session.map_or(spec.clone(), |rate| spec.rate(rate))).unwrap()
    };
    let sessions = [
        made("", Some(rate.parse().unwrap())),
        made(&format!("[agents.a]\nrate = {rate:?}"), None),
        made(&format!("[tenants.t]\nrate = {rate:?}"), None),
    ];
    (clock, sessions)
}

/// How many of polls every `step` during `length` each of the three admits.
fn polled(rate: &str, step: u64, length: u64) -> [u64; 3] {
    let (clock, sessions) = three(rate);
    let mut admitted = [0; 3];
    for poll in 0..=length / step {
        for (session, count) in sessions.iter().zip(&mut admitted) {
            *count += u64::from(session.authorize("read").is_ok());
        }
        if poll < length / step {
            clock.advance(Nanos::new(step));
        }
    }
    admitted
}

const SECOND: u64 = 1_000_000_000;

#[test]
// D1
fn d1_one_per_minute_admits_eleven_in_ten_minutes() {
    assert_eq!(polled("1/60s", SECOND / 10, 600 * SECOND), [11; 3]);
}

#[test]
// D2
fn d2_five_per_hour_admit_55_in_ten_hours_and_a_hundred_per_minute_stay_a_hundred() {
    assert_eq!(polled("5/h", 5 * SECOND, 36_000 * SECOND), [55; 3]);
    assert_eq!(polled("100/min", SECOND / 5, 60 * SECOND), [200; 3]);
    assert_eq!(polled("100/min", SECOND / 5, 300 * SECOND), [600; 3]);
}

#[test]
// D3
fn d3_a_thousand_per_second_polled_every_999_microseconds_lose_no_token() {
    assert_eq!(polled("1000/s", 999_000, 10 * SECOND), [10 * SECOND / 999_000 + 1; 3]);
}

#[test]
// D4
fn d4_a_limit_of_zero_admits_nothing_ever() {
    assert_eq!(polled("0/s", SECOND, 2000 * SECOND), [0; 3]);
    let (_, sessions) = three("0/s");
    for denial in sessions.map(|session| session.authorize("read").unwrap_err()) {
        assert_eq!((denial.reason(), denial.retry_after()), (Reason::RateLimited, None));
        assert!(!denial.retryable());
    }
}

#[test]
// D8
fn d8_no_window_boundary_lets_twice_the_limit_through() {
    // Calls at the end of one window and at the beginning of the next: at most the bucket and what was minted.
    let (clock, sessions) = three("100/min");
    clock.advance(Nanos::new(60 * SECOND - SECOND / 1000 * 30));
    for session in sessions {
        let mut admitted = 0;
        for _ in 0..200 {
            admitted += u64::from(session.authorize("read").is_ok());
        }
        assert_eq!(admitted, 100);
    }
    let (clock, sessions) = three("100/min");
    let mut admitted = 0;
    clock.advance(Nanos::new(60 * SECOND - SECOND * 30 / 1000));
    for _ in 0..60 {
        clock.advance(Nanos::new(SECOND / 1000));
        admitted += (0..10).filter(|_| sessions[0].authorize("read").is_ok()).count();
    }
    assert_eq!(admitted, 100, "60 ms mint a tenth of a token");
}

#[test]
// D9
fn d9_a_batch_above_the_bucket_is_denied_for_ever() {
    let (clock, sessions) = three("3/min");
    for session in sessions {
        for _ in 0..3 {
            let denial = session.authorize_batch(vec!["read"; 5000]).unwrap_err();
            assert_eq!((denial.reason(), denial.retry_after()), (Reason::RateLimited, None));
            assert_eq!((denial.retryable(), denial.requested()), (false, Some(5000)));
            clock.advance(Nanos::from_secs(61));
        }
        assert!(session.authorize_batch(["read"; 3]).is_ok());
    }
}

#[test]
// B12, V3, V4
fn b12_v3_v4_n_pass_and_the_next_is_limited_and_consumes_nothing() {
    let (clock, sessions) = three("3/min");
    for session in &sessions {
        assert_eq!((0..10).filter(|_| session.authorize("read").is_ok()).count(), 3);
        let denial = session.authorize("read").unwrap_err();
        assert_eq!(
            (denial.reason(), denial.http_status(), denial.retryable()),
            (Reason::RateLimited, 429, true)
        );
        assert_eq!((denial.limit(), denial.used(), denial.requested()), (Some(3), Some(3), Some(1)));
        assert_eq!(denial.retry_after(), Some(Nanos::from_secs(20)));
        assert_eq!((session.snapshot().calls.spent, session.snapshot().denied), (3, 8));
    }
    clock.advance(Nanos::from_secs(20));
    for session in &sessions {
        assert!(session.authorize("read").is_ok(), "the eight denied ones delayed nothing");
    }
}

#[test]
// B13, V2
fn b13_v2_without_a_rate_nothing_is_limited() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tenant("t")).unwrap();
    assert!((0..5000).all(|_| session.authorize("read").is_ok()));
}

#[test]
// V2
fn v2_the_window_is_a_minute_and_the_burst_one_unless_said_otherwise() {
    let (enforcer, clock) = under("[agents.a]\nrate = { limit = 2 }");
    let session = enforcer.create(free("a")).unwrap();
    assert_eq!((0..5).filter(|_| session.authorize("read").is_ok()).count(), 2);
    clock.advance(Nanos::new(30 * SECOND - 1));
    assert!(session.authorize("read").is_err());
    clock.advance(Nanos::new(1));
    assert!(session.authorize("read").is_ok());
}

#[test]
// B14
fn b14_calls_pass_again_continuously_and_not_at_a_windows_end() {
    let (clock, sessions) = three("4/min");
    for session in &sessions {
        session.authorize_batch(["read"; 4]).unwrap();
    }
    for _ in 0..8 {
        clock.advance(Nanos::from_secs(15));
        for session in &sessions {
            assert!(session.authorize("read").is_ok());
            assert!(session.authorize("read").is_err());
        }
    }
}

#[test]
// B17
fn b17_a_batch_of_four_on_a_rate_of_three_consumes_nothing() {
    let (_, sessions) = three("3/min");
    for session in sessions {
        assert_eq!(reason(&session.authorize_batch(["read"; 4])), Some(Reason::RateLimited));
        assert_eq!(session.snapshot().calls.spent, 0);
        assert!(session.authorize_batch(["read"; 3]).is_ok());
    }
}

#[test]
// V5
fn v5_agents_and_sessions_have_separate_buckets() {
    let (enforcer, _) = under("[agents.\"*\"]\nrate = \"3/min\"");
    let spec = |agent| free(agent).rate(Rate::per_minute(2).unwrap());
    let [one, two, other] = ["a", "a", "b"].map(|agent| enforcer.create(spec(agent)).unwrap());
    let passes = |session: &Session| (0..5).filter(|_| session.authorize("read").is_ok()).count();
    assert_eq!([&one, &two, &other].map(passes), [2, 1, 2]);
}

#[test]
// V6
fn v6_one_per_second_passes_again_after_a_second() {
    let (clock, sessions) = three("1/s");
    for session in sessions {
        assert!(session.authorize("read").is_ok() && session.authorize("read").is_err());
        clock.advance(Nanos::new(SECOND - 1));
        assert!(session.authorize("read").is_err());
        clock.advance(Nanos::new(SECOND / 10 + 1));
        assert!(session.authorize("read").is_ok());
    }
}

#[test]
// V7
fn v7_the_smaller_of_agent_and_session_decides() {
    let (enforcer, _) = under("[agents.\"*\"]\nrate = \"10/min\"");
    let session = enforcer.create(free("a").rate(Rate::per_minute(2).unwrap())).unwrap();
    assert_eq!((0..9).filter(|_| session.authorize("read").is_ok()).count(), 2);
    assert_eq!(session.authorize("read").unwrap_err().scope(), Some(Scope::Session));
}

#[test]
// V8
fn v8_the_bucket_is_the_rounded_limit_times_burst_and_at_least_one() {
    for (limit, burst, bucket) in
        [(3, 1.5, 5), (3, 1.4, 4), (10, 0.01, 1), (1, 0.1, 1), (4, 2.0, 8), (0, 9.0, 0)]
    {
        let (enforcer, _) = under("");
        let rate = Rate::per_minute(limit).and_then(|rate| rate.with_burst(burst)).unwrap();
        let session = enforcer.create(free("a").rate(rate)).unwrap();
        assert_eq!(
            (0..20).filter(|_| session.authorize("read").is_ok()).count(),
            bucket,
            "{limit} × {burst}"
        );
    }
}

#[test]
// D5, V11
fn v11_d5_no_bucket_is_charged_when_another_refuses() {
    let (enforcer, _) = under("[agents.\"*\"]\nrate = \"4/min\"\n[tenants.\"*\"]\nrate = \"6/min\"");
    let slow = enforcer.create(free("a").tenant("t").rate(Rate::per_minute(1).unwrap())).unwrap();
    let fast = enforcer.create(free("a").tenant("t")).unwrap();
    let other = enforcer.create(free("b").tenant("t")).unwrap();
    let passes = |session: &Session| (0..30).filter(|_| session.authorize("read").is_ok()).count();
    assert_eq!([&slow, &fast, &other].map(passes), [1, 3, 2]);
    let scopes = [&slow, &fast, &other].map(|session| session.authorize("read").unwrap_err().scope());
    assert_eq!(scopes, [Some(Scope::Session), Some(Scope::Agent), Some(Scope::Tenant)]);
}

#[test]
fn tokens_and_money_have_rates_of_their_own() {
    let (enforcer, clock) =
        under("[agents.a]\ntokens_rate = \"100/min\"\n[tenants.t]\ncost_rate = \"0.60/min\"");
    let session = enforcer.create(free("a").tenant("t")).unwrap();
    session.authorize_with("read", Usage::tokens(90)).unwrap();
    let denial = session.authorize_with("read", Usage::tokens(13)).unwrap_err();
    assert_eq!(
        (denial.resource(), denial.retry_after()),
        (Some(Resource::Tokens), Some(Nanos::new(1_800_000_000)))
    );
    let cent = |n: u64| Usage::NONE.cost(allotment::NanoUsd::new(n * 10_000_000));
    session.authorize_with("read", cent(60)).unwrap();
    let denial = session.authorize_with("read", cent(2)).unwrap_err();
    assert_eq!((denial.resource(), denial.scope()), (Some(Resource::Cost), Some(Scope::Tenant)));
    assert_eq!(denial.retry_after(), Some(Nanos::from_secs(2)));
    clock.advance(Nanos::from_secs(2));
    assert!(session.authorize_with("read", cent(2)).is_ok());
    assert!(session.authorize_with("read", Usage::tokens(13)).is_ok());
    assert!(session.authorize("read").is_ok(), "a call without tokens or money needs neither");
}
