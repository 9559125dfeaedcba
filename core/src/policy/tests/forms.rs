//! Every form in which a value may be written, and what it means.

use super::*;

fn defaults(line: &str) -> Defaults {
    policy(&format!("[defaults]\nmax_time_limit = \"365d\"\n{line}")).defaults().clone()
}

#[test]
fn counts_are_whole_numbers_or_unlimited() {
    for (text, calls) in
        [("0", Some(0)), ("1_000", Some(1000)), ("281474976710656", Some(1 << 48)), ("\"unlimited\"", None)]
    {
        assert_eq!(defaults(&format!("calls = {text}")).limits.calls, calls, "{text}");
    }
    let all = r#"
        steps = "unlimited"
        tokens = "unlimited"
        cost_usd = "unlimited"
        rate = "unlimited"
        tokens_rate = "unlimited"
        cost_rate = "unlimited"
    "#;
    assert_eq!(defaults(all).limits, Defaults::default().limits);
}

#[test]
fn times_are_seconds_or_strings_with_a_unit() {
    let nanos = [
        ("90", 90_000_000_000),
        ("1.5", 1_500_000_000),
        ("1.0000000004", 1_000_000_000),
        ("\"90\"", 90_000_000_000),
        ("\"1800s\"", 1_800_000_000_000),
        ("\" 30 min \"", 1_800_000_000_000),
        ("\"24h\"", 86_400_000_000_000),
        ("\"1.5h\"", 5_400_000_000_000),
        ("\"7 days\"", 604_800_000_000_000),
        ("\"8640000.000000001s\"", 8_640_000_000_000_001),
        ("\"365d\"", 31_536_000_000_000_000),
    ];
    for (text, nanos) in nanos {
        assert_eq!(defaults(&format!("time_limit = {text}")).time_limit, Nanos::new(nanos), "{text}");
    }
}

#[test]
fn money_is_a_decimal_an_integer_or_a_float_and_rounds_up() {
    let nanos = [
        ("\"5.00\"", 5_000_000_000),
        ("5", 5_000_000_000),
        ("0", 0),
        ("-0.0", 0),
        ("0.1", 100_000_000),
        ("0.30000000000000004", 300_000_001),
        ("1e-9", 1),
        ("1.0000000000000002e-9", 2),
        ("1e-300", 1),
        ("2.2250738585072014e-308", 1),
        ("\"0.0000000001\"", 1),
        ("\"18014398.509481984\"", 1 << 54),
    ];
    for (text, nanos) in nanos {
        assert_eq!(defaults(&format!("cost_usd = {text}")).limits.cost, Some(NanoUsd::new(nanos)), "{text}");
    }
}

#[test]
fn rates_are_strings_or_tables() {
    let minute = Rate::per_minute(30).expect("rate");
    let bursty = minute.with_burst(1.5).expect("burst");
    let rates = [
        ("\"30/min\"", minute),
        ("{ limit = 30 }", minute),
        ("{ limit = 30, per = 60.0 }", minute),
        ("{ limit = 30, per = \"1min\", burst = 1 }", minute),
        ("{ limit = 30, burst = 1.5 }", bursty),
    ];
    for (text, rate) in rates {
        for key in ["rate", "tokens_rate"] {
            let limits = defaults(&format!("{key} = {text}")).limits;
            assert_eq!(limits.rate.or(limits.tokens_rate), Some(rate), "{text}");
        }
    }
}

#[test]
fn cost_rates_are_dollars_and_hold_nano_dollars() {
    let rate = Rate::per_minute(1_500_000_000).expect("rate");
    let rates = [
        ("\"1.50/min\"", rate),
        ("\"1.5 / 60s\"", rate),
        ("{ usd = \"1.50\" }", rate),
        ("{ usd = 1.5, per = 60 }", rate),
        (
            "{ usd = 3, burst = 0.5 }",
            Rate::per_minute(3_000_000_000).and_then(|r| r.with_burst(0.5)).expect("r"),
        ),
        ("\"250000.000000001/24h\"", Rate::new(250_000_000_000_001, Rate::MAX_WINDOW).expect("rate")),
    ];
    for (text, rate) in rates {
        assert_eq!(defaults(&format!("cost_rate = {text}")).limits.cost_rate, Some(rate), "{text}");
    }
}

#[test]
// G7
fn g7_the_threshold_is_a_fraction_of_what_remains() {
    for (text, ppm) in [
        ("0", 0),
        ("0.0", 0),
        ("1e-9", 1),
        ("0.0000019", 2),
        ("0.05", 50_000),
        ("0.29", 290_000),
        ("1.0", 1_000_000),
        ("1", 1_000_000),
    ] {
        assert_eq!(policy(&format!("warnings.threshold = {text}")).warn_ppm(), ppm, "{text}");
    }
}

#[test]
// B32
fn b32_every_sensitivity_has_its_name() {
    use Sensitivity::{Confidential, Internal, Public, Restricted};
    for level in [Public, Internal, Confidential, Restricted] {
        assert_eq!(defaults(&format!("sensitivity = \"{level}\"")).sensitivity, level);
    }
}

#[test]
// G19
fn g19_an_agents_cap_of_sessions_is_lifted_by_a_large_number_or_by_saying_so() {
    for text in ["281474976710656", "\"unlimited\""] {
        let lifted = policy(&format!("agents.\"*\".max_sessions = {text}"));
        assert_eq!(lifted.agent_limits("any").max_sessions, Some(1 << 48));
    }
    let capped = policy("agents.\"*\".max_sessions = 281474976710655");
    assert_eq!(policy(&capped.to_toml()), capped);
}
