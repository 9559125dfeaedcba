//! The form of weights: decimals from 0 to 1000 with at most three places, held as thousandths.

use toml::Value;

use super::reader::Item;
use crate::error::Error;

/// What is wrong with a weight that is too large.
pub(super) const ABOVE: &str = "is above the maximum 1000";

/// A decimal as a whole number, a float (by its shortest decimal) or a string, in thousandths and exactly. It is not
/// checked here whether it is at most 1000, but one that is far above it is an error already.
pub(super) fn thousandths(item: &Item) -> Result<u32, Error> {
    match item.value {
        Value::Integer(number) if *number < 0 => Err(item.error("is negative")),
        Value::Integer(number) => parse(item, &number.to_string()),
        Value::Float(number) if *number < 0.0 => Err(item.error("is negative")),
        // The absolute value only drops the sign of zero.
        Value::Float(number) => parse(item, &number.abs().to_string()),
        Value::String(text) => parse(item, text.trim()),
        _ => Err(item.error("is not a decimal number")),
    }
}

/// The inverse of [`thousandths`]. The shortest decimal of a thousandth part has three places again.
pub(super) fn write_thousandths(weight: u32) -> Value {
    Value::Float(f64::from(weight) / 1e3)
}

fn parse(item: &Item, text: &str) -> Result<u32, Error> {
    let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(places) {
        return Err(item.error("is not a decimal number"));
    }
    let places = places.trim_end_matches('0');
    if places.len() > 3 {
        return Err(item.error("has more than 3 decimals"));
    }
    format!("{whole}{places:0<3}").parse().map_err(|_| item.error(ABOVE))
}
