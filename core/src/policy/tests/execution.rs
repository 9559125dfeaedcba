//! Section `[execution]`: row E13, and the numbers beside a preset.

use super::*;

fn execution(text: &str) -> Execution {
    *policy(&format!("[execution]\n{text}")).execution()
}

/// The five numbers: discovered steps, depth, US dollars, idle seconds, repetitions.
fn numbers(limits: Execution) -> [Option<u64>; 5] {
    let whole = |nanos: u64| {
        assert_eq!(nanos % 1_000_000_000, 0);
        nanos / 1_000_000_000
    };
    let (cost, idle) = (limits.cost.map(NanoUsd::get), limits.idle_timeout.map(Nanos::get));
    [limits.discovered_steps, limits.depth, cost.map(whole), idle.map(whole), limits.repetitions]
}

#[test]
// E13
fn e13_the_presets_are_these() {
    let presets = [
        ("standard", Execution::STANDARD, [Some(50), Some(5), Some(5), Some(1800), Some(3)]),
        ("extended", Execution::EXTENDED, [Some(300), Some(10), Some(50), Some(14_400), Some(5)]),
        ("unlimited", Execution::UNLIMITED, [None, None, Some(100), Some(86_400), None]),
        ("disabled", Execution::DISABLED, [None; 5]),
    ];
    for (name, preset, expected) in presets {
        assert_eq!(numbers(preset), expected, "{name}");
        assert_eq!((preset.grace, preset.memory), (Nanos::new(1_000_000_000), None), "{name}");
        assert_eq!(Execution::preset(name), Ok(preset));
        assert_eq!(execution(&format!("preset = {name:?}")), preset);
        let written = Policy::default().with_execution(preset).expect(name).to_toml();
        let said = format!("[execution]\npreset = \"{name}\"\n");
        assert_eq!(written, if name == "disabled" { "" } else { said.as_str() });
    }
}

#[test]
// E13
fn e13_no_section_is_disabled() {
    for text in ["", "[execution]", "execution.preset = \"disabled\""] {
        assert_eq!(*policy(text).execution(), Execution::DISABLED);
    }
    assert_eq!(Execution::default(), Execution::DISABLED);
}

#[test]
// E13
fn e13_a_number_beside_a_preset_wins() {
    let text = r#"
        preset = "standard"
        discovered_steps = 0
        depth = "unlimited"
        cost_usd = "0.50"
        idle_timeout = "250ms"
        repetitions = 1
        grace = 0
        memory = 1_073_741_824
    "#;
    let limits = Execution {
        discovered_steps: Some(0),
        depth: None,
        cost: Some(NanoUsd::new(500_000_000)),
        idle_timeout: Some(Nanos::new(250_000_000)),
        repetitions: Some(1),
        grace: Nanos::ZERO,
        memory: Some(1 << 30),
    };
    assert_eq!(execution(text), limits);
    let none = r#"
        preset = "extended"
        discovered_steps = "unlimited"
        depth = "unlimited"
        cost_usd = "unlimited"
        idle_timeout = "unlimited"
        repetitions = "unlimited"
        memory = "unlimited"
    "#;
    assert_eq!(execution(none), Execution::DISABLED);
    assert_eq!(execution("depth = 2"), Execution { depth: Some(2), ..Execution::DISABLED });
    for beside in [
        "grace = \"0.5s\"\nmemory = 7\npreset = \"extended\"\n",
        "depth = 8\npreset = \"standard\"\n",
        "depth = \"unlimited\"\npreset = \"standard\"\n",
        "depth = 8\ndiscovered_steps = 50\n",
        "cost_usd = \"100.00\"\n",
    ] {
        assert_eq!(policy(&format!("[execution]\n{beside}")).to_toml(), format!("[execution]\n{beside}"));
    }
}

#[test]
// E6
fn e6_a_grace_is_a_second_unless_set_and_may_be_none() {
    for (text, nanos) in [
        ("0", 0),
        ("0.0", 0),
        ("-0.0", 0),
        ("\"0s\"", 0),
        ("0.25", 250_000_000),
        ("\"1000ms\"", 1_000_000_000),
        ("\"1.000001 ms\"", 1_000_001),
        ("\"24h\"", 86_400_000_000_000),
    ] {
        assert_eq!(execution(&format!("grace = {text}")).grace, Nanos::new(nanos), "{text}");
    }
}

#[test]
fn limits_of_executions_that_make_no_sense_are_an_error_at_their_key() {
    let no_time = "is not a time above 0 (seconds, or a string such as \"30min\")";
    let no_grace = "is not a time (seconds, or a string such as \"1.5s\")";
    for (key, value, problem) in [
        (
            "preset",
            "\"Standard\"",
            "\"Standard\" is not standard, extended, unlimited or disabled".to_owned(),
        ),
        ("preset", "1", "1 is not standard, extended, unlimited or disabled".to_owned()),
        ("discovered_steps", "-1", "-1 is negative".to_owned()),
        (
            "discovered_steps",
            "281474976710657",
            "281474976710657 is above the maximum 281474976710656".to_owned(),
        ),
        ("depth", "1.5", "1.5 is not a whole number".to_owned()),
        ("depth", "281474976710657", "281474976710657 is above the maximum 281474976710656".to_owned()),
        ("depth", "\"none\"", "\"none\" is not a whole number (\"unlimited\" is no limit)".to_owned()),
        ("cost_usd", "nan", "NaN is not an amount of US dollars".to_owned()),
        ("cost_usd", "18014399", "$18014399.00 is above the maximum $18014398.509481984".to_owned()),
        ("idle_timeout", "0", format!("0 {no_time}")),
        ("idle_timeout", "\"1.0000001ms\"", format!("\"1.0000001ms\" {no_time} (\"unlimited\" is no limit)")),
        ("idle_timeout", "\"366d\"", "31622400s is not above 0 and at most 365 days".to_owned()),
        ("repetitions", "0", "0 is outside 1 to 65535".to_owned()),
        ("repetitions", "65536", "65536 is outside 1 to 65535".to_owned()),
        ("grace", "-1", format!("-1 {no_grace}")),
        ("grace", "inf", format!("inf {no_grace}")),
        ("grace", "\"unlimited\"", format!("\"unlimited\" {no_grace}")),
        ("grace", "86401", "86401s is above the maximum 24 h".to_owned()),
        ("grace", "1e300", "1e300 is more than 100 years".to_owned()),
        ("memory", "-1", "-1 is negative".to_owned()),
        ("memory", "281474976710657", "281474976710657 is above the maximum 281474976710656".to_owned()),
        ("memory", "\"1GiB\"", "\"1GiB\" is not a whole number (\"unlimited\" is no limit)".to_owned()),
    ] {
        let error = refusal(&format!("execution.{key} = {value}")).to_string();
        assert_eq!(error, format!("execution.{key}: {problem}"));
    }
    assert!(refusal("execution.cost = 5").to_string().contains("nearest first: cost_usd, "));
    assert_eq!(Execution::preset("").expect_err("no name").argument(), "preset");
}

#[test]
// D21
fn d21_limits_out_of_bounds_are_refused_however_they_are_given() {
    let none = Execution::DISABLED;
    let above = Some((1 << 48) + 1);
    for (key, limits) in [
        ("discovered_steps", Execution { discovered_steps: above, ..none }),
        ("depth", Execution { depth: above, ..none }),
        ("cost_usd", Execution { cost: Some(NanoUsd::new((1 << 54) + 1)), ..none }),
        ("idle_timeout", Execution { idle_timeout: Some(Nanos::ZERO), ..none }),
        ("idle_timeout", Execution { idle_timeout: Some(Nanos::MAX), ..none }),
        ("repetitions", Execution { repetitions: Some(0), ..none }),
        ("repetitions", Execution { repetitions: above, ..none }),
        ("grace", Execution { grace: Nanos::new(86_400_000_000_001), ..none }),
        ("memory", Execution { memory: above, ..none }),
    ] {
        let error = Policy::default().with_execution(limits).expect_err(key);
        assert_eq!(error.argument(), format!("execution.{key}"), "{error}");
    }
}

#[test]
// D21
fn d21_the_bounds_themselves_are_allowed() {
    let day = Nanos::from_secs(86_400);
    let bounds = Execution {
        discovered_steps: Some(1 << 48),
        depth: Some(1 << 48),
        cost: Some(NanoUsd::new(1 << 54)),
        idle_timeout: Some(Nanos::from_secs(365 * 86_400)),
        repetitions: Some(65_535),
        memory: Some(1 << 48),
        grace: day,
    };
    assert_eq!(bounds.check(), Ok(()));
    let least = Execution { idle_timeout: Some(Nanos::new(1)), repetitions: Some(1), ..Execution::DISABLED };
    assert_eq!(least.check(), Ok(()));
}
