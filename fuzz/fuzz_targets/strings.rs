//! What parses shows and parses again to the same; a cost is the exact decimal rounded up.
#![no_main]

use core::fmt::{Debug, Display};
use core::str::FromStr;

use allotment::{Error, NanoUsd, Policy, Rate, Sensitivity, SessionId};
use allotment_fuzz::decimal::Decimal;
use allotment_fuzz::shown;
use libfuzzer_sys::fuzz_target;

/// What `text` parses to, if it does; shown without `prefix` it parses to the same.
fn parsed<T: FromStr<Err = Error> + Display + Debug + PartialEq>(text: &str, prefix: char) -> Option<T> {
    let value = text.parse::<T>().map_err(|error| shown::text(&error.to_string())).ok()?;
    let again = value.to_string().trim_start_matches(prefix).parse::<T>();
    assert_eq!(again.as_ref(), Ok(&value), "{text:?} shows as {value}");
    Some(value)
}

/// A policy whose defaults say that `key` is `text`.
fn policy(key: &str, text: &str) -> Option<Policy> {
    let text = toml::Value::from(text);
    let policy = Policy::from_toml_str(&format!("[defaults]\n{key} = {text}"));
    policy.map_err(|error| shown::text(&error.to_string())).ok()
}

/// A decimal in nano-dollars; also `-0`, which is one.
fn exact(text: &str) -> Option<u64> {
    match text.strip_prefix('-') {
        Some(text) => Decimal::read(text)?.nanos_rounded_up().filter(|&nanos| nanos == 0),
        None => Decimal::read(text)?.nanos_rounded_up(),
    }
}

fn money(text: &str) {
    let cost = parsed::<NanoUsd>(text, '$').map(NanoUsd::get);
    // Exponents of ten digits and more are the parser's own affair.
    if cost.is_some() && Decimal::read(text.trim_start_matches('-')).is_some() || cost.is_none() {
        assert_eq!(cost, exact(text), "{text:?}");
    }
    if let Some(policy) = policy("cost_usd", text).and_then(|policy| policy.defaults().limits.cost) {
        assert_eq!(Some(policy.get()), exact(text).or(cost), "{text:?} in a policy");
    }
}

fn rate(text: &str) {
    let rate = parsed::<Rate>(text, '\0');
    if let Some(rate) = rate {
        let limit = text.split('/').next().and_then(|limit| limit.trim().parse().ok());
        assert_eq!(Some(rate.limit()), limit, "{text:?}");
        assert!(rate.window() >= Rate::MIN_WINDOW.into() && rate.window() <= Rate::MAX_WINDOW.into());
    }
    // A policy refuses rates that could not be counted for 100 years; it never reads another one.
    if let Some(policy) = policy("rate", text) {
        assert_eq!(policy.defaults().limits.rate, rate, "{text:?}");
    }
    if let Some(rate) = policy("cost_rate", text).and_then(|policy| policy.defaults().limits.cost_rate) {
        let usd = text.split('/').next().unwrap_or_default().trim();
        let cost = usd.parse::<NanoUsd>().ok().map(NanoUsd::get);
        assert_eq!(Some(rate.limit()), exact(usd).or(cost), "{text:?}");
    }
}

fuzz_target!(|text: &str| {
    money(text);
    rate(text);
    parsed::<SessionId>(text, '\0');
    parsed::<Sensitivity>(text, '\0');
    policy("time_limit", text);
});
