//! Nonsense at creation is an error that names it, and nothing has been made then.

use core::time::Duration;

use allotment::{
    CreateError, Defaults, Enforcer, Error, Limits, MAX_COST, MAX_COUNT, NanoUsd, Nanos, PartyLimits, Policy,
    Rate, SessionSpec,
};

use crate::common::{free, under};

/// Creating `spec` is an error about `argument` that shows `value`, and makes neither session, agent nor tenant.
fn refused(spec: SessionSpec, argument: &str, value: &str) {
    let (enforcer, _) = under("");
    let error = match enforcer.create(spec) {
        Err(CreateError::Invalid(error)) => error,
        other => panic!("{argument} {value}: {other:?}"),
    };
    assert!(error.argument().starts_with(argument), "{argument} {value}: {error}");
    assert!(error.value().contains(value), "{argument} {value}: {error}");
    assert!(!error.problem().is_empty() && !error.to_string().contains('\n'), "{error}");
    let stats = enforcer.stats();
    assert_eq!((stats.sessions, stats.agents, stats.tenants), (0, 0, 0), "{error}");
    assert!(enforcer.sessions().is_empty());
    assert!(enforcer.create(free("a")).is_ok());
}

#[test]
// G20
fn g20_names_that_are_empty_too_long_or_hold_controls() {
    let long = "x".repeat(129);
    for (name, shown) in
        [("", "\"\""), (" \t ", "\" "), ("a\nb", "a\\"), ("a\0", "a\\"), ("\u{7f}", ""), (&*long, "xxx")]
    {
        refused(free(name), "agent", shown);
        refused(free("a").tenant(name), "tenant", shown);
    }
    assert!(under("").0.create(free(&long[1..]).tenant(&long[1..])).is_ok());
}

#[test]
// G20
fn g20_an_intent_that_is_empty_too_long_or_holds_controls() {
    let (long, euros) = ("y".repeat(513), "€".repeat(171));
    for (intent, shown) in
        [("", "\"\""), ("  ", "\"  \""), (&*long, "yyy"), (&*euros, "€€€"), ("read\u{1b}[2J", "read")]
    {
        refused(free("a").intent(intent), "intent", shown);
    }
    assert!(under("").0.create(free("a").intent(&long[1..])).is_ok());
}

#[test]
// G20
fn g20_tool_names_that_are_none_and_lists_that_are_too_long() {
    let long = "t".repeat(129);
    for name in ["", " ", "a b", "ünï", "a\n", "a,b", "**", long.as_str()] {
        refused(free("a").tools([name]), "tools", "");
    }
    refused(free("a").tools(["a b"]), "tools", "a b");
    refused(free("a").tool("*", 5), "tools", "*");
    refused(free("a").tool("send", MAX_COUNT + 1), "tools", "281474976710657");
    refused(free("a").tool("send", u64::MAX), "tools", "18446744073709551615");
    refused(free("a").tool("read", 3), "tools", "read");
    refused(free("a").tool("send", 1).tool("send", 2), "tools", "send");
    let many = |n| (0..n).map(|i| format!("t{i}")).collect::<Vec<_>>();
    refused(SessionSpec::new("a").tools(many(10_001)), "tools", "10001");
    let (enforcer, _) = under("");
    let session = enforcer.create(SessionSpec::new("a").tools(many(10_000)).tool("t0", None)).unwrap();
    assert!(session.authorize("t9999").is_ok());
    assert!(enforcer.create(free("a").tool("send", MAX_COUNT).tool(&long[1..], 0)).is_ok());
}

#[test]
// D10, G20
fn g20_d10_budgets_above_their_maximum() {
    for above in [MAX_COUNT + 1, 1 << 55, u64::MAX] {
        let shown = above.to_string();
        refused(free("a").calls(above), "calls", &shown);
        refused(free("a").steps(above), "steps", &shown);
        refused(free("a").tokens(above), "tokens", &shown);
    }
    refused(free("a").cost(NanoUsd::new(MAX_COST.get() + 1)), "cost", "18014398.509481985");
    refused(free("a").cost(NanoUsd::new(u64::MAX)), "cost", "$");
    let most = free("a").calls(MAX_COUNT).steps(MAX_COUNT).tokens(MAX_COUNT).cost(MAX_COST);
    assert!(under("").0.create(most).unwrap().authorize("read").is_ok());
}

#[test]
// B27, D10, G20
fn g20_b27_d10_time_limits_outside_a_second_to_a_day() {
    for (limit, shown) in [
        (Duration::ZERO, "0ns"),
        (Duration::from_nanos(999_999_999), "999.999999ms"),
        (Duration::from_nanos(86_400_000_000_001), "86400.000000001s"),
        (Duration::MAX, "s"),
    ] {
        refused(free("a").time_limit(limit), "time_limit", shown);
    }
    for seconds in [1, 86_400] {
        assert!(under("").0.create(free("a").time_limit(Nanos::from_secs(seconds))).is_ok());
    }
    let (raised, _) = under("defaults.max_time_limit = \"7d\"");
    assert!(raised.create(free("a").time_limit(Nanos::from_secs(7 * 86_400))).is_ok());
    assert!(raised.create(free("a").time_limit(Nanos::new(7 * 86_400_000_000_000 + 1))).is_err());
}

#[test]
// D7, D10
fn d7_d10_rates_that_make_no_sense_cannot_be_made() {
    let argument = |rate: Result<Rate, Error>| rate.unwrap_err().argument().to_owned();
    for burst in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -0.0, 0.0, 1e300] {
        assert_eq!(argument(Rate::per_minute(10).unwrap().with_burst(burst)), "rate.burst");
    }
    for window in
        [Duration::ZERO, Duration::from_nanos(999_999_999), Duration::from_secs(86_401), Duration::MAX]
    {
        assert_eq!(argument(Rate::new(1, window)), "rate.per");
    }
    assert_eq!(argument(Rate::per_second(MAX_COUNT + 1)), "rate.limit");
    assert!(Rate::new(1, Duration::from_secs(86_400)).is_ok() && Rate::per_second(MAX_COUNT).is_ok());
}

#[test]
fn a_rate_that_would_overflow_is_refused_at_creation() {
    let fast = Rate::per_second(MAX_COUNT).unwrap();
    refused(free("a").rate(fast), "rate", "281474976710656");
    refused(free("a").tokens_rate(fast), "tokens_rate", "281474976710656");
    refused(free("a").cost_rate(fast), "cost_rate", "281474976710656");
}

/// A policy that no session could be held to must not come to be: what it limits would be denied everything, or be
/// blamed for a rate that its creator never wrote.
#[test]
// V9
fn v9_a_rate_that_would_overflow_is_refused_in_a_policy_and_named() {
    let fast = Rate::per_second(MAX_COUNT).unwrap();
    let limits = |key: &str| match key {
        "rate" => Limits { rate: Some(fast), ..Limits::default() },
        "tokens_rate" => Limits { tokens_rate: Some(fast), ..Limits::default() },
        _ => Limits { cost_rate: Some(fast), ..Limits::default() },
    };
    for key in ["rate", "tokens_rate", "cost_rate"] {
        let party = || PartyLimits { max_sessions: None, limits: limits(key) };
        let defaults = Defaults { limits: limits(key), ..Defaults::default() };
        let refusals = [
            (Policy::default().with_defaults(defaults), format!("defaults.{key}")),
            (Policy::default().with_agent("a", party()), format!("agents.a.{key}")),
            (Policy::default().with_tenant("t", party()), format!("tenants.t.{key}")),
        ];
        for (policy, argument) in refusals {
            let error = policy.err().unwrap_or_else(|| panic!("{argument} = {fast} was accepted"));
            assert_eq!(error.argument(), argument);
        }
    }
}

#[test]
fn policy_values_that_make_no_sense_are_named() {
    let argument = |policy: Result<Policy, Error>| policy.unwrap_err().argument().to_owned();
    for fraction in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1, 1.1] {
        assert_eq!(argument(Policy::default().with_warning_threshold(fraction)), "warnings.threshold");
    }
    let party =
        |max_sessions, calls| PartyLimits { max_sessions, limits: Limits { calls, ..Limits::default() } };
    let above = Some(MAX_COUNT + 1);
    assert_eq!(argument(Policy::default().with_agent("a", party(above, None))), "agents.a.max_sessions");
    assert_eq!(argument(Policy::default().with_tenant("t", party(None, above))), "tenants.t.calls");
    assert_eq!(argument(Policy::default().with_agent("", party(None, None))), "agents");
    let times = [
        (Nanos::ZERO, Nanos::from_secs(9)),
        (Nanos::from_secs(10), Nanos::from_secs(9)),
        (Nanos::MAX, Nanos::MAX),
    ];
    for (time_limit, max_time_limit) in times {
        let defaults = Defaults { time_limit, max_time_limit, ..Defaults::default() };
        assert!(argument(Policy::default().with_defaults(defaults)).contains("time_limit"));
    }
}

#[test]
fn an_enforcer_that_holds_nothing_or_too_much_is_an_error() {
    for max in [0, MAX_COUNT + 1, u64::MAX] {
        let error = Enforcer::builder().max_sessions(max).build().unwrap_err();
        assert_eq!((error.argument(), error.value()), ("max_sessions", max.to_string().as_str()));
    }
}

/// A price never loses its tail, however it is written; what cannot be read exactly is an error.
#[test]
// D21
fn d21_money_rounds_up_or_is_refused_in_every_notation() {
    for text in [
        "1.0000000000000000000000000001",
        "1.00000000000000000000000000001",
        "1.000000000000000000000000000001e0",
        "0.10000000000000000000000000000000001E1",
        "1000000000000000000000000000000001e-33",
    ] {
        match text.parse::<NanoUsd>() {
            Ok(price) => assert_eq!(price, NanoUsd::new(1_000_000_001), "{text}"),
            Err(error) => assert_eq!(error.argument(), "cost"),
        }
    }
    for text in ["", "NaN", "nan", "inf", "-inf", "-1", "-0.0000000001", "-1e-20", "1e400", "5 USD"] {
        assert_eq!(text.parse::<NanoUsd>().unwrap_err().argument(), "cost", "{text}");
    }
}
