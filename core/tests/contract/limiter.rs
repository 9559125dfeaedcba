//! The limiter that needs no session: a rate for each key, bounded, and forgetting only what is full.

use core::time::Duration;

use allotment::{
    Denial, KEY_MAX, KeyedLimiter, LimitError, MAX_KEYS, MAX_KEYS_MAX, ManualClock, Nanos, Rate, Reason,
    Resource, Scope,
};

const SECOND: u64 = 1_000_000_000;

fn limiter(rate: &str, max: u64) -> (KeyedLimiter, ManualClock) {
    let clock = ManualClock::new();
    let rate: Rate = rate.parse().unwrap();
    (KeyedLimiter::builder(rate).max_keys(max).clock(clock.clone()).build().unwrap(), clock)
}

fn denial(decided: Result<(), LimitError>) -> Denial {
    match decided.unwrap_err() {
        LimitError::Denied(denial) => denial,
        LimitError::Invalid(error) => panic!("{error}"),
    }
}

/// How many of polls every `step` during `length` are admitted, another key being asked for and forgotten at the same time.
fn polled(rate: &str, step: u64, length: u64) -> u64 {
    let (limiter, clock) = limiter(rate, 2);
    let mut admitted = 0;
    for poll in 0..=length / step {
        admitted += u64::from(limiter.check("a").is_ok());
        limiter.sweep();
        if poll < length / step {
            clock.advance(Nanos::new(step));
        }
    }
    admitted
}

#[test]
// D1
fn d1_one_per_minute_admits_eleven_in_ten_minutes() {
    assert_eq!(polled("1/60s", SECOND / 10, 600 * SECOND), 11);
}

#[test]
// D2
fn d2_five_per_hour_admit_55_in_ten_hours_and_a_hundred_per_minute_stay_a_hundred() {
    assert_eq!(polled("5/h", 5 * SECOND, 36_000 * SECOND), 55);
    assert_eq!(polled("100/min", SECOND / 5, 60 * SECOND), 200);
}

#[test]
// D3
fn d3_a_thousand_per_second_polled_every_999_microseconds_lose_no_token() {
    assert_eq!(polled("1000/s", 999_000, 10 * SECOND), 10 * SECOND / 999_000 + 1);
}

#[test]
// D4
fn d4_a_limit_of_zero_admits_nothing_ever_and_holds_nothing() {
    assert_eq!(polled("0/s", SECOND, 2000 * SECOND), 0);
    let (limiter, _) = limiter("0/s", 1);
    for key in ["a", "b", "c"] {
        let denial = denial(limiter.check(key));
        let shown = (denial.reason(), denial.retry_after(), denial.retryable(), denial.limit());
        assert_eq!(shown, (Reason::RateLimited, None, false, Some(0)));
    }
    assert!(limiter.is_empty() && limiter.check_n("a", 0).is_ok());
}

#[test]
// D6
fn d6_a_full_table_makes_room_of_full_buckets_and_of_nothing_else() {
    let (limiter, clock) = limiter("1/min", 3);
    for key in ["a", "b", "c"] {
        limiter.check(key).unwrap();
        clock.advance(Nanos::from_secs(10));
    }
    for _ in 0..100 {
        let denial = denial(limiter.check("d"));
        assert_eq!(
            (denial.reason(), denial.http_status(), denial.retryable()),
            (Reason::StoreFull, 503, false)
        );
        let figures = (denial.scope(), denial.limit(), denial.used(), denial.requested());
        assert_eq!(figures, (Some(Scope::Store), Some(3), Some(3), Some(1)));
        assert_eq!(denial.message(), "Nothing further can be held.");
    }
    // Who is held is decided as ever.
    assert_eq!(denial(limiter.check("a")).reason(), Reason::RateLimited);
    clock.advance(Nanos::new(30 * SECOND - 1));
    assert_eq!(denial(limiter.check("d")).reason(), Reason::StoreFull, "a nanosecond before one is full");
    clock.advance(Nanos::new(1));
    assert!(limiter.check("d").is_ok());
    // `a` was full and made room, so it is a new key itself now.
    assert_eq!(denial(limiter.check("a")).reason(), Reason::StoreFull);
    assert_eq!(limiter.len(), 3);
}

#[test]
// D6
fn d6_a_million_keys_in_passing_leave_few_behind() {
    let (limiter, clock) = limiter("1/s", MAX_KEYS);
    for key in 0..1_000_000 {
        limiter.check(&key.to_string()).unwrap();
        clock.advance(Nanos::new(SECOND / 1000));
    }
    // A thousand of them are filling at any time, and each new key forgets up to two.
    assert!(limiter.len() <= 1_001, "{}", limiter.len());
    clock.advance(Nanos::from_secs(1));
    assert_eq!((limiter.sweep() <= 1_001, limiter.len(), limiter.sweep()), (true, 0, 0));
}

#[test]
// D6
fn d6_a_key_that_is_used_all_the_time_is_never_forgotten() {
    let (limiter, clock) = limiter("60/min", 2);
    for _ in 0..60 {
        limiter.check("busy").unwrap();
    }
    let mut admitted = 0;
    for second in 0..600 {
        admitted += (0..3).filter(|_| limiter.check("busy").is_ok()).count();
        assert!(limiter.check(&format!("guest-{second}")).is_ok(), "the guest before has had its second");
        clock.advance(Nanos::from_secs(1));
    }
    assert_eq!(admitted, 599);
}

#[test]
// D7
fn d7_limits_that_make_no_sense_are_errors() {
    let rate = Rate::per_minute(30).unwrap();
    assert_eq!(rate.with_burst(f64::NAN).unwrap_err().argument(), "rate.burst");
    for max in [0, MAX_KEYS_MAX + 1, u64::MAX] {
        let error = KeyedLimiter::builder(rate).max_keys(max).build().unwrap_err();
        assert_eq!(error.to_string(), format!("max_keys: {max} is outside 1 to 2^24"));
    }
    assert_eq!(KeyedLimiter::builder(rate).max_keys(MAX_KEYS_MAX).build().unwrap().max_keys(), MAX_KEYS_MAX);
    let fast = Rate::new(Rate::MAX_LIMIT, Duration::from_secs(1)).unwrap();
    assert_eq!(KeyedLimiter::new(fast).unwrap_err().argument(), "rate");
}

#[test]
fn a_key_that_makes_no_sense_is_an_error_that_does_not_repeat_it() {
    let (limiter, _) = limiter("1/min", 9);
    for (key, length) in [(String::new(), "0 bytes"), ("sk-".repeat(200), "600 bytes")] {
        for decided in [limiter.check(&key), limiter.check_n(&key, 0), limiter.preview(&key)] {
            let error = decided.unwrap_err();
            assert_eq!(error.to_string(), format!("key: {length} is outside 1 to 512 bytes"));
            assert!(error.denial().is_none());
        }
    }
    assert!(limiter.is_empty());
    for key in ["x".repeat(KEY_MAX), "é\0\n".to_owned(), " ".to_owned()] {
        assert!(limiter.check(&key).is_ok() && limiter.check(&key).is_err());
    }
}

#[test]
// D9
fn d9_more_than_the_bucket_is_denied_for_good_and_takes_no_place() {
    let (limiter, _) = limiter("3/min", 1);
    let first = denial(limiter.check_n("a", 4));
    assert_eq!((first.reason(), first.retry_after(), first.retryable()), (Reason::RateLimited, None, false));
    assert!(limiter.is_empty());
    assert!(limiter.check_n("a", 3).is_ok());
    for n in [4, u64::MAX / 1000 + 1, u64::MAX] {
        let denial = denial(limiter.check_n("a", n));
        assert_eq!((denial.used(), denial.requested(), denial.retry_after()), (Some(3), Some(n), None));
    }
}

#[test]
// B14, B29
fn b14_b29_a_denial_has_its_figures_and_an_exact_wait_and_no_key() {
    let (limiter, clock) = limiter("4/min", 9);
    limiter.check_n("sk-secret", 4).unwrap();
    let denial = denial(limiter.check_n("sk-secret", 2));
    assert_eq!((denial.scope(), denial.resource()), (Some(Scope::Key), Some(Resource::Calls)));
    assert_eq!((denial.limit(), denial.used(), denial.requested()), (Some(4), Some(4), Some(2)));
    assert_eq!((denial.http_status(), denial.retryable()), (429, true));
    assert_eq!(denial.message(), "Too much in too short a time. Try again later.");
    assert_eq!(
        denial.detail(),
        "rate_limited: key calls exceeded: 6 / 4 (150%), 2 requested at once, admitted again in 30s"
    );
    clock.advance(denial.retry_after().unwrap().saturating_sub(Nanos::new(1)));
    assert!(limiter.preview_n("sk-secret", 2).is_err());
    clock.advance(Nanos::new(1));
    assert!(limiter.preview_n("sk-secret", 2).is_ok(), "and takes nothing");
    assert!(limiter.check_n("sk-secret", 2).is_ok());
}

#[test]
fn at_the_end_of_time_nothing_hangs_and_nothing_is_forgotten_that_owes() {
    let (limiter, clock) = limiter("1/24h", 2);
    clock.advance(Nanos::MAX);
    assert!(limiter.check("a").is_ok() && limiter.check("b").is_ok());
    assert_eq!(denial(limiter.check("a")).retry_after(), None);
    assert_eq!((limiter.sweep(), limiter.len()), (0, 2));
    assert_eq!(denial(limiter.check("c")).reason(), Reason::StoreFull);
}
