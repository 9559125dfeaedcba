//! Forms of values: counts, fractions, names, words, time and money, each reader beside its writer.

use core::time::Duration;

use toml::{Table, Value};

use super::reader::Item;
use crate::error::Error;
use crate::units::{NanoUsd, Nanos, Sensitivity};

/// How the file says that there is no limit, where a default or a cap would hold otherwise.
const UNLIMITED: &str = "unlimited";

/// `"unlimited"`, or what `form` reads.
pub(super) fn limit<T>(
    form: impl FnOnce(&Item) -> Result<T, Error>,
) -> impl FnOnce(&Item) -> Result<Option<T>, Error> {
    |item| match item.value.as_str() {
        Some(UNLIMITED) => Ok(None),
        Some(_) => form(item).map(Some).map_err(|error| {
            let problem = format!("{} (\"{UNLIMITED}\" is no limit)", error.problem());
            Error::new(error.argument(), error.value(), problem)
        }),
        None => form(item).map(Some),
    }
}

/// The inverse of [`limit`].
pub(super) fn write_limit<T>(limit: Option<T>, write: impl FnOnce(T) -> Value) -> Value {
    limit.map_or_else(|| UNLIMITED.into(), write)
}

/// A whole number, zero or more.
pub(super) fn count(item: &Item) -> Result<u64, Error> {
    match item.value {
        Value::Integer(number) => u64::try_from(*number).map_err(|_| item.error("is negative")),
        _ => Err(item.error("is not a whole number")),
    }
}

/// The inverse of [`count`], for one that a policy holds: at most 2⁴⁸.
pub(super) fn write_count(count: u64) -> Value {
    Value::Integer(count.cast_signed())
}

/// A finite number, whole or not.
#[expect(clippy::cast_precision_loss, reason = "a factor, out of bounds long before precision ends")]
pub(super) fn number(item: &Item) -> Result<f64, Error> {
    match item.value {
        Value::Integer(number) => Ok(*number as f64),
        Value::Float(number) if number.is_finite() => Ok(*number),
        _ => Err(item.error("is not a finite number")),
    }
}

/// One of a few names.
pub(super) fn one_of<T: Copy, const N: usize>(
    all: [T; N],
    name: impl Fn(T) -> &'static str,
) -> impl FnOnce(&Item) -> Result<T, Error> {
    move |item| {
        let found = all.into_iter().find(|&one| item.value.as_str() == Some(name(one)));
        found.ok_or_else(|| {
            let names = all.map(name);
            let (last, others) = names.split_last().unwrap_or((&"", &[]));
            item.error(format!("is not {} or {last}", others.join(", ")))
        })
    }
}

/// A name of a sensitivity.
pub(super) fn sensitivity(item: &Item) -> Result<Sensitivity, Error> {
    use Sensitivity::{Confidential, Internal, Public, Restricted};
    one_of([Public, Internal, Confidential, Restricted], Sensitivity::name)(item)
}

/// `true` or `false`.
pub(super) fn truth(item: &Item) -> Result<bool, Error> {
    item.value.as_bool().ok_or_else(|| item.error("is not true or false"))
}

/// A list of strings. A bare string is an error.
pub(super) fn words<'t>(item: &Item<'t>) -> Result<Vec<&'t str>, Error> {
    let list = item.value.as_array().ok_or_else(|| item.error("is not a list of words"))?;
    let word = |value: &'t Value| {
        value.as_str().ok_or_else(|| Item { path: item.path.clone(), value }.error("is not a word"))
    };
    list.iter().map(word).collect()
}

/// A length of time above zero: seconds, whole or not, or a string such as `"90"`, `"1.5s"`, `"250ms"`, `"30min"`,
/// `"24h"`, `"7d"`.
pub(super) fn time(item: &Item) -> Result<Nanos, Error> {
    match nanos(item) {
        None | Some(0) => Err(item.error("is not a time above 0 (seconds, or a string such as \"30min\")")),
        Some(nanos) => at_most_a_century(item, nanos),
    }
}

/// A length of time as [`time`] reads it, or none at all: 0.
pub(super) fn time_or_none(item: &Item) -> Result<Nanos, Error> {
    let nanos =
        nanos(item).ok_or_else(|| item.error("is not a time (seconds, or a string such as \"1.5s\")"))?;
    at_most_a_century(item, nanos)
}

fn nanos(item: &Item) -> Option<u128> {
    match item.value {
        Value::Integer(seconds) => u128::try_from(*seconds).ok().map(|seconds| seconds * 1_000_000_000),
        Value::Float(seconds) if seconds.is_finite() && *seconds >= 0.0 => {
            Some(Duration::try_from_secs_f64(*seconds).map_or(u128::MAX, |length| length.as_nanos()))
        }
        Value::String(text) => nanos_of(text),
        _ => None,
    }
}

fn at_most_a_century(item: &Item, nanos: u128) -> Result<Nanos, Error> {
    match u64::try_from(nanos) {
        Ok(nanos) if nanos <= Nanos::MAX.get() => Ok(Nanos::new(nanos)),
        _ => Err(item.error("is more than 100 years")),
    }
}

/// The inverse of [`time`] and [`time_or_none`]: seconds where they are whole, else a string, which keeps every
/// nanosecond.
pub(super) fn write_time(time: Nanos) -> Value {
    let (seconds, nanos) = (time.get() / 1_000_000_000, time.get() % 1_000_000_000);
    let decimals = format!("{nanos:09}");
    let decimals = decimals.trim_end_matches('0');
    if decimals.is_empty() { write_count(seconds) } else { Value::String(format!("{seconds}.{decimals}s")) }
}

fn nanos_of(text: &str) -> Option<u128> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let (seconds, decimals) = number.split_once('.').unwrap_or((number, "0"));
    if decimals.is_empty() || decimals.len() > 9 {
        return None;
    }
    let decimals: u64 = format!("{decimals:0<9}").parse().ok()?;
    let count = u128::from(seconds.parse::<u64>().ok()?) * 1_000_000_000 + u128::from(decimals);
    let unit: u128 = match unit.trim_start() {
        "ms" => return count.is_multiple_of(1000).then_some(count / 1000),
        "" | "s" | "sec" | "second" | "seconds" => 1,
        "m" | "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3600,
        "d" | "day" | "days" => 86_400,
        _ => return None,
    };
    Some(count * unit)
}

/// US dollars: a string with a decimal, a whole number or a finite float (by its shortest decimal), rounded up to the
/// next nano-dollar.
pub(super) fn money(item: &Item) -> Result<NanoUsd, Error> {
    let text = match item.value {
        Value::String(text) => text.clone(),
        Value::Integer(dollars) => dollars.to_string(),
        Value::Float(dollars) if *dollars < 0.0 => return Err(item.error("is negative")),
        Value::Float(dollars) if dollars.is_finite() => format!("{dollars:e}"),
        _ => return Err(item.error("is not an amount of US dollars")),
    };
    text.parse().map_err(|error: Error| item.error(error.problem()))
}

/// The inverse of [`money`].
pub(super) fn write_money(cost: NanoUsd) -> Value {
    Value::String(cost.to_string().trim_start_matches('$').to_owned())
}

/// Writes `value` under `key` unless it is what the reader assumes anyway.
pub(super) fn put<T: PartialEq>(
    section: &mut Table,
    key: &str,
    value: T,
    usual: &T,
    write: impl FnOnce(T) -> Value,
) {
    if value != *usual {
        section.insert(key.to_owned(), write(value));
    }
}
