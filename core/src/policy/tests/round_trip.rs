//! Any valid policy reads back as written, and no text breaks the reader.

use core::time::Duration;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use toml::Value;

use super::*;

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0..2_000u64, 0..=1u64 << 48, Just(1 << 48)]
}

fn rate() -> impl Strategy<Value = Rate> {
    let window = prop_oneof![
        (1..=86_400u64).prop_map(|seconds| seconds * 1_000_000_000),
        1_000_000_000..=86_400_000_000_000u64
    ];
    let burst = prop_oneof![Just(1.0), 0.1..8.0f64, Just(f64::from_bits(1)), Just(1.0 + f64::EPSILON)];
    (count(), window, burst).prop_map(|(limit, window, burst)| {
        // Two million units a second at most: more cannot be counted for 100 years.
        let limit =
            limit.min(u64::try_from(u128::from(window) * 2_000_000 / 1_000_000_000).unwrap_or(u64::MAX));
        let rate = Rate::new(limit, Duration::from_nanos(window)).expect("in bounds");
        rate.with_burst(burst).unwrap_or(rate)
    })
}

prop_compose! {
    fn limits()(
        (calls, steps) in (option::of(count()), option::of(count())),
        (discovered_steps, tokens) in (option::of(count()), option::of(count())),
        cost in option::of(prop_oneof![0..=1u64 << 54, (0..100_000u64).prop_map(|cents| cents * 10_000_000)]),
        (rate, tokens_rate, cost_rate) in (option::of(rate()), option::of(rate()), option::of(rate())),
    ) -> Limits {
        Limits { calls, steps, discovered_steps, tokens, cost: cost.map(NanoUsd::new), rate, tokens_rate, cost_rate }
    }
}

prop_compose! {
    fn defaults()(
        (time, most) in (1_000_000_000..=31_536_000_000_000_000u64, 1_000_000_000..=31_536_000_000_000_000u64),
        whole in any::<bool>(),
        limits in prop_oneof![Just(Defaults::default().limits), limits()],
        sensitivity in prop::sample::select(vec![Sensitivity::Public, Sensitivity::Internal, Sensitivity::Restricted]),
        air_gap in any::<bool>(),
    ) -> Defaults {
        let nanos = |nanos: u64| Nanos::new(if whole { nanos / 1_000_000_000 * 1_000_000_000 } else { nanos });
        let (time_limit, max_time_limit) = (nanos(time.min(most)), nanos(time.max(most)));
        Defaults { time_limit, max_time_limit, limits, sensitivity, any_tool_name: false, air_gap }
    }
}

fn parties() -> impl Strategy<Value = Vec<(String, PartyLimits)>> {
    let pattern = prop_oneof!["[a-c*]{1,4}", "\\PC{1,12}", "[\"'\\\\.\\[\\]#= *]{1,6}"];
    let limits = (option::of(count()), limits())
        .prop_map(|(max_sessions, limits)| PartyLimits { max_sessions, limits });
    prop::collection::vec((pattern, prop_oneof![Just(PartyLimits::default()), limits]), 0..4)
}

prop_compose! {
    fn policies()(
        defaults in defaults(),
        ppm in prop_oneof![Just(200_000u32), 0..=1_000_000u32],
        agents in parties(),
        tenants in parties(),
        intent in arbitrary::intent(),
        (any_tool_name, tools) in arbitrary::tools(),
        (tokens, execution, events) in (arbitrary::tokens(), arbitrary::execution(), arbitrary::events()),
        on_exhausted in select(&OnExhausted::ALL[..]),
        on_vanish in select(&OnVanish::ALL[..]),
    ) -> Policy {
        let policy = Policy::default().with_defaults(Defaults { any_tool_name, ..defaults })
            .and_then(|policy| policy.with_intent(intent)?.with_token_weights(tokens)?.with_execution(execution))
            .and_then(|policy| policy.with_events(events)?.with_on_exhausted(on_exhausted)?.with_on_vanish(on_vanish))
            .and_then(|policy| policy.with_warning_threshold(f64::from(ppm) / 1e6));
        let policy = tools.into_iter().try_fold(policy.expect("valid"), |policy, (name, rules)| policy.with_tool(&name, rules));
        let policy = agents.into_iter().try_fold(policy.expect("valid"), |policy, (pattern, limits)| policy.with_agent(&pattern, limits));
        tenants.into_iter().try_fold(policy.expect("valid"), |policy, (pattern, limits)| policy.with_tenant(&pattern, limits)).expect("valid")
    }
}

/// Values of every type, at the keys and in the shapes that the reader looks for.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::Integer),
        (-2..3i64).prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Float),
        any::<bool>().prop_map(Value::Boolean),
        "[-+0-9.eE$_]{0,30}(/| )?[0-9]{0,3} ?(s|min|h|d)?".prop_map(Value::String),
        ".{0,8}".prop_map(Value::String),
    ];
    let key = prop::sample::select(vec![
        "defaults",
        "warnings",
        "agents",
        "tenants",
        "calls",
        "cost_usd",
        "rate",
        "tokens_rate",
        "cost_rate",
        "time_limit",
        "max_time_limit",
        "sensitivity",
        "threshold",
        "max_sessions",
        "limit",
        "usd",
        "per",
        "burst",
        "*",
        "a\n",
        "keywords",
        "read",
        "write",
        "class",
        "weight",
        "network",
        "input",
        "preset",
        "grace",
        "idle_timeout",
        "repetitions",
        "capacity",
    ]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..4)
                .prop_map(|entries| Value::Table(entries.into_iter().collect())),
        ]
    })
}

fn keys() -> impl Strategy<Value = (&'static str, &'static str)> {
    select(vec![
        ("defaults", "calls"),
        ("defaults", "cost_usd"),
        ("defaults", "rate"),
        ("defaults", "cost_rate"),
        ("defaults", "time_limit"),
        ("defaults", "any_tool_name"),
        ("defaults", "air_gap"),
        ("warnings", "threshold"),
        ("agents", "*"),
        ("tenants", "calls"),
        ("intent", "keywords"),
        ("intent", "pause_after"),
        ("tools", "a"),
        ("tools", "*"),
        ("tokens", "input"),
        ("execution", "preset"),
        ("execution", "grace"),
        ("execution", "idle_timeout"),
        ("execution", "cost_usd"),
        ("events", "capacity"),
        ("approval", "on_exhausted"),
        ("reservations", "on_vanish"),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_policy_reads_back_exactly_as_it_was_written(policy in policies()) {
        let text = policy.to_toml();
        let again = Policy::from_toml_str(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&again, &policy, "{}", text);
        prop_assert_eq!(again.to_toml(), text);
    }

    #[test]
    fn no_text_makes_reading_panic(text in "(\\PC|\n){0,80}") {
        if let Err(error) = Policy::from_toml_str(&text) {
            prop_assert!(!error.to_string().contains('\n'), "{error:?}");
        }
    }

    #[test]
    fn no_table_makes_reading_panic(
        (section, key) in keys(),
        value in values(),
    ) {
        let inner = Table::from_iter([(key.to_owned(), value)]);
        let table = Table::from_iter([(section.to_owned(), Value::Table(inner))]);
        match Policy::from_table(table) {
            Ok(policy) => prop_assert_eq!(Policy::from_toml_str(&policy.to_toml()), Ok(policy)),
            Err(error) => prop_assert!(error.argument().starts_with(section) && !error.to_string().contains('\n'), "{error:?}"),
        }
    }
}
