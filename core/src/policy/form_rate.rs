//! Forms of rates: `"30/min"` or `{ limit = 30, per = 60, burst = 1.0 }`, and the same in US dollars.

use toml::{Table, Value};

use super::form::{count, money, number, time, write_count, write_money, write_time};
use super::reader::{Item, Reader};
use crate::error::Error;
use crate::units::{NanoUsd, Nanos, Rate};

/// The window of a rate that names none.
const MINUTE: Nanos = Nanos::from_secs(60);

/// A rate of whole units.
pub(super) fn rate(item: &Item) -> Result<Rate, Error> {
    read(item, "limit", count, str::parse)
}

/// The inverse of [`rate`].
pub(super) fn write_rate(rate: Rate) -> Value {
    let text = rate.to_string();
    if text.parse() == Ok(rate) { text.into() } else { table("limit", write_count(rate.limit()), rate) }
}

/// A rate of money: its limit is in nano-dollars.
pub(super) fn cost_rate(item: &Item) -> Result<Rate, Error> {
    read(item, "usd", dollars, dollars_per)
}

/// The inverse of [`cost_rate`].
pub(super) fn write_cost_rate(rate: Rate) -> Value {
    let usd = write_money(NanoUsd::new(rate.limit()));
    let window = Rate::new(1, rate.window()).map(|one| one.to_string()).unwrap_or_default();
    let text = format!("{}{}", usd.as_str().unwrap_or_default(), window.trim_start_matches('1'));
    if dollars_per(&text) == Ok(rate) { text.into() } else { table("usd", usd, rate) }
}

/// The string form by `parse`; the table form with its units under `key`, read by `units`.
fn read(
    item: &Item,
    key: &'static str,
    units: impl FnOnce(&Item) -> Result<u64, Error>,
    parse: impl FnOnce(&str) -> Result<Rate, Error>,
) -> Result<Rate, Error> {
    match item.value {
        Value::String(text) => parse(text).map_err(|error| match error.argument() {
            "rate" => item.error(error.problem()),
            _ => item.error(format!("is refused: {error}")),
        }),
        Value::Table(_) => item.table(|fields| fields_of(fields, key, units)),
        _ => Err(item
            .error(format!("is not a rate such as \"30/min\" or {{ {key} = 30, per = 60, burst = 1.0 }}"))),
    }
}

fn fields_of(
    fields: &mut Reader,
    key: &'static str,
    units: impl FnOnce(&Item) -> Result<u64, Error>,
) -> Result<Rate, Error> {
    let path = fields.path().to_owned();
    let blame = |error: Error| {
        Error::new(error.argument().replacen("rate", &path, 1), error.value(), error.problem())
    };
    let limit = fields.get(key, units)?;
    let per = fields.get("per", time)?.unwrap_or(MINUTE);
    let burst = fields.get("burst", number)?.unwrap_or(1.0);
    let limit =
        limit.ok_or_else(|| Error::new(&path, format!("a table without `{key}`"), "is not a rate"))?;
    Rate::new(limit, per).and_then(|rate| rate.with_burst(burst)).map_err(blame)
}

/// Nano-dollars for the limit of a rate.
fn dollars(item: &Item) -> Result<u64, Error> {
    let most = NanoUsd::new(Rate::MAX_LIMIT);
    let usd = money(item)?;
    if usd > most { Err(item.error(format!("is above the maximum {most}"))) } else { Ok(usd.get()) }
}

/// `"1.50/min"` in US dollars.
fn dollars_per(text: &str) -> Result<Rate, Error> {
    let problem = "is not a rate of US dollars such as \"1.50/min\"";
    let (usd, window) = text.split_once('/').ok_or_else(|| Error::new("rate", text, problem))?;
    let usd = Value::from(usd.trim());
    let usd = dollars(&Item { path: "usd".to_owned(), value: &usd })?;
    let per = format!("1/{window}").parse::<Rate>().map_err(|error| match error.argument() {
        "rate" => Error::new("rate", text, problem),
        _ => error,
    })?;
    Rate::new(usd, per.window())
}

fn table(key: &str, units: Value, rate: Rate) -> Value {
    let fields =
        [(key, units), ("per", write_time(rate.window().into())), ("burst", Value::Float(rate.burst()))];
    Value::Table(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Table>())
}
