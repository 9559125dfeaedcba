//! Every way in which a policy can be wrong, and where its error points.

use std::fs;
use std::path::PathBuf;

use super::*;

/// What the error of `key = value` in `[defaults]` says after the key, which it must name.
fn problem(key: &str, value: &str) -> String {
    let error = refusal(&format!("[defaults]\n{key} = {value}"));
    let text = error.to_string();
    assert!(!text.contains('\n'), "{text:?}");
    let after =
        text.strip_prefix(&format!("defaults.{key}")).unwrap_or_else(|| panic!("{key} = {value}: {text}"));
    after.trim_start_matches(": ").to_owned()
}

#[test]
fn a_count_that_is_no_whole_number_is_an_error() {
    for key in ["calls", "steps", "discovered_steps", "tokens"] {
        assert_eq!(problem(key, "-1"), "-1 is negative");
        assert_eq!(problem(key, "281474976710657"), "281474976710657 is above the maximum 281474976710656");
        let wrong = ["true", "1.0", "nan", "inf", "[1]", "{ a = 1 }", "2026-01-01", "07:32:00"];
        let shown = ["true", "1.0", "NaN", "inf", "an array", "a table", "2026-01-01", "07:32:00"];
        for (value, shown) in wrong.into_iter().zip(shown) {
            assert_eq!(problem(key, value), format!("{shown} is not a whole number"));
        }
        for value in ["", "5", "none", "Unlimited"] {
            assert_eq!(
                problem(key, &format!("{value:?}")),
                format!("{value:?} is not a whole number (\"unlimited\" is no limit)")
            );
        }
    }
}

#[test]
fn an_integer_that_toml_cannot_hold_is_an_error_at_its_place() {
    for value in ["18446744073709551616", "-9223372036854775809", "0xffff_ffff_ffff_ffff_ff"] {
        let error = refusal(&format!("[defaults]\ncalls = {value}"));
        assert!(error.argument().starts_with("policy:2:9"), "{error}");
    }
}

#[test]
// D21
fn d21_money_that_makes_no_sense_is_an_error() {
    let wrong = [
        ("nan", "NaN is not an amount of US dollars"),
        ("inf", "inf is not an amount of US dollars"),
        ("-inf", "-inf is negative"),
        ("-1", "-1 is negative"),
        ("-0.5", "-0.5 is negative"),
        ("-1e-300", "-1e-300 is negative"),
        ("true", "true is not an amount of US dollars"),
        ("[]", "an array is not an amount of US dollars"),
        ("1e300", "1e300 is more money than can be counted"),
        ("9223372036854775807", "9223372036854775807 is more money than can be counted"),
        ("18014398.509481985", "$18014398.509481985 is above the maximum $18014398.509481984"),
        ("\"\"", "\"\" is not a decimal number of US dollars (\"unlimited\" is no limit)"),
        ("\"-1\"", "\"-1\" is negative (\"unlimited\" is no limit)"),
        ("\"$5\"", "\"$5\" is not a decimal number of US dollars (\"unlimited\" is no limit)"),
        (
            "\"1e-99999999999\"",
            "\"1e-99999999999\" is not a decimal number of US dollars (\"unlimited\" is no limit)",
        ),
    ];
    for (value, text) in wrong {
        assert_eq!(problem("cost_usd", value), text);
    }
}

#[test]
// B27, G20
fn b27_g20_a_time_limit_outside_one_second_to_the_maximum_is_an_error() {
    let no_time = "is not a time above 0 (seconds, or a string such as \"30min\")";
    for key in ["time_limit", "max_time_limit"] {
        for value in
            ["0", "-1", "0.0", "-0.5", "nan", "inf", "-inf", "true", "[]", "{}", "1e-12", "1979-05-27"]
        {
            assert!(problem(key, value).ends_with(no_time), "{key} = {value}");
        }
        let words = [
            "",
            "s",
            "0s",
            "-1s",
            "+1s",
            "1.s",
            ".5s",
            "1..5s",
            "1.0000000001s",
            "1 fortnight",
            "1e3",
            "unlimited",
        ];
        for value in words {
            assert_eq!(problem(key, &format!("{value:?}")), format!("{value:?} {no_time}"));
        }
        for value in ["9223372036854775807", "1e300", "\"36526d\"", "\"18446744073709551615d\""] {
            assert_eq!(problem(key, value), format!("{value} is more than 100 years"));
        }
    }
    assert_eq!(problem("time_limit", "\"25h\""), "90000s is outside 1 s to 86400s (`max_time_limit`)");
    assert_eq!(problem("time_limit", "0.999"), "999ms is outside 1 s to 86400s (`max_time_limit`)");
    assert_eq!(
        problem("max_time_limit", "\"365.000000001d\""),
        "31536000.0000864s is outside 1 s to 365 days"
    );
    assert_eq!(problem("max_time_limit", "0.5"), "500ms is outside 1 s to 365 days");
    let hour_above = refusal("[defaults]\nmax_time_limit = 600");
    assert_eq!(
        hour_above.to_string(),
        "defaults.time_limit: 3600s is outside 1 s to 600s (`max_time_limit`)"
    );
    assert_eq!(
        policy("defaults = { time_limit = \"25h\", max_time_limit = \"25h\" }").defaults().time_limit.get(),
        90_000_000_000_000
    );
}

#[test]
// D10
fn d10_a_window_that_makes_no_sense_is_an_error() {
    for key in ["rate", "tokens_rate", "cost_rate"] {
        let units = if key == "cost_rate" { "usd" } else { "limit" };
        let table = |per: &str| problem(key, &format!("{{ {units} = 1, per = {per} }}"));
        for per in ["0", "-60", "nan", "inf", "true", "\"soon\""] {
            assert!(table(per).starts_with(".per: "), "{per}");
        }
        assert_eq!(table("0.5"), ".per: 500ms is outside 1 s to 24 h");
        assert_eq!(table("86401"), ".per: 86401s is outside 1 s to 24 h");
        let text = problem(key, "\"30/0s\"");
        assert_eq!(
            text,
            "\"30/0s\" is refused: rate.per: 0ns is outside 1 s to 24 h (\"unlimited\" is no limit)"
        );
    }
}

#[test]
// D7
fn d7_a_burst_that_makes_no_sense_is_an_error() {
    for key in ["rate", "tokens_rate", "cost_rate"] {
        let units = if key == "cost_rate" { "usd" } else { "limit" };
        for burst in ["nan", "inf", "-inf", "-1", "-0.5", "0", "1e300", "true", "\"2\"", "[1.0]"] {
            let text = problem(key, &format!("{{ {units} = 1, burst = {burst} }}"));
            assert!(text.starts_with(".burst: "), "{text}");
            let finite = !["nan", "inf", "-inf", "true", "\"2\"", "[1.0]"].contains(&burst);
            assert_eq!(text.ends_with(" is not a finite number"), !finite, "{text}");
        }
    }
}

#[test]
fn a_rate_that_makes_no_sense_is_an_error() {
    for key in ["rate", "tokens_rate"] {
        for value in ["30", "30.0", "true", "[]", "nan"] {
            assert!(problem(key, value).contains("is not a rate such as \"30/min\""), "{key} = {value}");
        }
        for value in
            ["\"\"", "\"30\"", "\"-1/s\"", "\"1.5/s\"", "\"1/fortnight\"", "\"1/18446744073709551616s\""]
        {
            assert!(
                problem(key, value).starts_with(&format!("{value} is not a rate such as")),
                "{key} = {value}"
            );
        }
        assert_eq!(problem(key, "{ per = 60 }"), "a table without `limit` is not a rate");
        assert_eq!(problem(key, "{ limit = -1 }"), ".limit: -1 is negative");
        assert!(problem(key, "{ limit = 281474976710657 }").starts_with(".limit: 281474976710657 is above"));
        assert!(
            problem(key, "{ limit = 1, window = 60 }").starts_with(".window: 60 is given to an unknown key")
        );
    }
    for value in ["\"\"", "\"1.50\"", "\"1/fortnight\""] {
        assert!(problem("cost_rate", value).contains("is not a rate of US dollars"), "{value}");
    }
    assert_eq!(problem("cost_rate", "{ burst = 1 }"), "a table without `usd` is not a rate");
    assert_eq!(problem("cost_rate", "{ usd = nan }"), ".usd: NaN is not an amount of US dollars");
    assert!(problem("cost_rate", "\"-1/min\"").contains("is refused: usd: \"-1\" is negative"));
    assert!(problem("cost_rate", "\"281474.98/min\"").contains("is above the maximum $281474.976710656"));
    // The maximum itself is a limit, though at no window that 100 years can count.
    assert!(problem("cost_rate", "\"281474.976710656/day\"").contains("is too fast"));
}

#[test]
fn a_threshold_that_is_no_fraction_is_an_error() {
    for value in ["-0.1", "1.1", "20", "nan", "inf", "true", "\"20%\""] {
        let error = refusal(&format!("warnings.threshold = {value}"));
        assert_eq!(error.argument(), "warnings.threshold", "{error}");
    }
    for fraction in [f64::NAN, f64::INFINITY, -0.1, 1.000_001] {
        let error = Policy::default().with_warning_threshold(fraction).expect_err("no fraction");
        assert_eq!(error.argument(), "warnings.threshold", "{error}");
    }
}

#[test]
fn an_unknown_sensitivity_is_an_error() {
    for value in ["\"secret\"", "\"Public\"", "\"\"", "1", "true"] {
        assert_eq!(
            problem("sensitivity", value),
            format!("{value} is not public, internal, confidential or restricted")
        );
    }
}

#[test]
fn an_unknown_key_is_named_with_the_known_ones_nearest_first() {
    let cases = [
        ("defaults.cals = 5", "defaults.cals: 5", "calls, "),
        ("agents.\"a b\".max_session = 5", "agents.\"a b\".max_session: 5", "max_sessions, "),
        ("agents.a.time_limit = 5", "agents.a.time_limit: 5", ""),
        ("warnings = { treshold = 0.5 }", "warnings.treshold: 0.5", "threshold"),
        ("[agent.\"*\"]", "agent: a table", "agents, "),
        ("\"a\\nb\" = 1", "\"a\\nb\": 1", ""),
        ("'a\"b\\c' = 1", "\"a\\\"b\\\\c\": 1", ""),
        ("calls = 5", "calls: 5", ""),
        ("tools.a.wieght = 5", "tools.a.wieght: 5", "weight, "),
        ("intent.on_drfit = \"warn\"", "intent.on_drfit: \"warn\"", "on_drift, "),
        ("tokens.inputs = 1", "tokens.inputs: 1", "input, "),
        ("approval.exhausted = 1", "approval.exhausted: 1", "on_exhausted"),
        ("reservations.vanish = 1", "reservations.vanish: 1", "on_vanish"),
        ("events.grant = true", "events.grant: true", "grants, "),
    ];
    for (text, key, nearest) in cases {
        let error = refusal(text).to_string();
        let start = format!("{key} is given to an unknown key; known here, nearest first: {nearest}");
        assert!(error.starts_with(&start), "{error}");
    }
    let known = refusal("defaultz = 1");
    let all = "defaults, tenants, events, agents, intent, tools, approval, execution, tokens, warnings, reservations";
    assert!(known.problem().ends_with(&format!("nearest first: {all}")), "{known}");
}

#[test]
fn a_section_that_is_no_table_is_an_error() {
    let sections = [
        "defaults",
        "warnings",
        "agents",
        "tenants",
        "agents.a",
        "tenants.\"*\"",
        "intent",
        "intent.keywords",
        "tools",
        "tools.a",
        "tokens",
        "execution",
        "events",
        "approval",
        "reservations",
    ];
    for section in sections {
        for (value, shown) in [("5", "5"), ("[]", "an array"), ("\"x\"", "\"x\""), ("true", "true")] {
            assert_eq!(
                refusal(&format!("{section} = {value}")).to_string(),
                format!("{section}: {shown} is not a table")
            );
        }
    }
}

#[test]
fn a_pattern_that_makes_no_sense_is_an_error() {
    let long = "x".repeat(129);
    for pattern in ["", "a\nb", "\u{7f}", long.as_str()] {
        let party = PartyLimits::default;
        assert_eq!(Policy::default().with_agent(pattern, party()).expect_err("pattern").argument(), "agents");
        assert_eq!(
            Policy::default().with_tenant(pattern, party()).expect_err("pattern").argument(),
            "tenants"
        );
        let table: Table =
            [("agents".to_owned(), Table::from_iter([(pattern.to_owned(), Table::new().into())]).into())]
                .into_iter()
                .collect();
        let error = Policy::from_table(table).expect_err("pattern").to_string();
        assert!(
            error.starts_with("agents: \"") && error.contains("pattern") && !error.contains('\n'),
            "{error}"
        );
    }
    assert!(Policy::default().with_agent(&long[1..], PartyLimits::default()).is_ok());
}

#[test]
fn a_limit_above_its_bound_is_an_error_that_names_it() {
    let above = Some((1 << 48) + 1);
    let none = Limits::default;
    let cases = [
        ("calls", Limits { calls: above, ..none() }),
        ("steps", Limits { steps: above, ..none() }),
        ("discovered_steps", Limits { discovered_steps: above, ..none() }),
        ("tokens", Limits { tokens: above, ..none() }),
        ("cost_usd", Limits { cost: Some(NanoUsd::new((1 << 54) + 1)), ..none() }),
    ];
    for (key, limits) in cases {
        assert_eq!(limits.check().expect_err(key).argument(), key);
        let defaults = Defaults { limits: limits.clone(), ..Defaults::default() };
        let error = Policy::default().with_defaults(defaults).expect_err(key);
        assert_eq!(error.argument(), format!("defaults.{key}"));
        let party = PartyLimits { max_sessions: None, limits };
        let error = Policy::default().with_agent("research-*", party.clone()).expect_err(key);
        assert_eq!(error.argument(), format!("agents.\"research-*\".{key}"));
        let error = Policy::default().with_tenant("acme", party).expect_err(key);
        assert_eq!(error.argument(), format!("tenants.acme.{key}"));
    }
    let error = refusal("agents.\"*\".max_sessions = 281474976710657");
    assert_eq!(error.argument(), "agents.\"*\".max_sessions");
    for key in ["max_sessions", "calls", "cost_usd"] {
        assert_eq!(
            refusal(&format!("tenants.acme.{key} = -1")).to_string(),
            format!("tenants.acme.{key}: -1 is negative")
        );
    }
}

#[test]
fn what_is_not_toml_is_an_error_at_its_line_and_column() {
    let cases = [
        ("[defaults]\ncalls = = 5", "policy:2:9", "\"calls = = 5\""),
        ("[defaults]\n  ünlimited = 1", "policy:2:3", "\"ünlimited = 1\""),
        ("'ü' = = 1", "policy:1:7", "\"'ü' = = 1\""),
        ("calls = \"", "policy:1:", "\"calls = \\\""),
        ("[defaults]\ncalls = 1\ncalls = 2\n", "policy:3:1", "\"calls = 2\""),
        ("a\u{1}b = 1", "policy:1:2", "\"a\\u{1}b = 1\""),
    ];
    for (text, place, line) in cases {
        let error = refusal(text);
        assert!(error.argument().starts_with(place) && error.value().starts_with(line), "{error}");
        assert!(error.problem().starts_with("is not TOML: ") && !error.to_string().contains('\n'), "{error}");
    }
}

/// A file in the system's folder for temporary ones, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, content: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("allotment-{}-{name}", std::process::id()));
        fs::write(&path, content).expect("a writable folder for temporary files");
        Self(path)
    }

    fn error(&self) -> String {
        Policy::from_toml(&self.0).expect_err("an invalid file").to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn an_error_in_a_file_names_the_file() {
    let good = Scratch::new("good.toml", b"[defaults]\ncalls = 5\n");
    assert_eq!(Policy::from_toml(&good.0), Ok(policy("defaults.calls = 5")));

    let bad_key = Scratch::new("key.toml", b"[defaults]\ncalls = -5\n");
    assert_eq!(bad_key.error(), format!("{}: defaults.calls: -5 is negative", bad_key.0.display()));

    let bad_text = Scratch::new("text.toml", b"[defaults]\ncalls = = 5\n");
    assert!(
        bad_text.error().starts_with(&format!("{}:2:9: \"calls = = 5\" is not TOML: ", bad_text.0.display()))
    );

    let not_text = Scratch::new("bytes.toml", b"\xff\xfe\x00");
    assert!(
        not_text.error().starts_with(&format!("{}: the policy file cannot be read: ", not_text.0.display()))
    );

    let missing = std::env::temp_dir().join("allotment-no-such-policy.toml");
    for path in [missing, std::env::temp_dir()] {
        let error = Policy::from_toml(&path).expect_err("not a file").to_string();
        assert!(
            error.starts_with(&format!("{}: the policy file cannot be read: ", path.display())),
            "{error}"
        );
    }
}
