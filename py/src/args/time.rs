//! Time: seconds in, nanoseconds out, and back.

use allotment::Nanos;
use core::time::Duration;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyDeltaAccess, PyInt};

use crate::errors::{bad_type, bad_value};

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// A length of time: seconds as an int or a float (to the nearest nanosecond), or a `timedelta`. 0 or more, up to 100
/// years.
pub(crate) fn time(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Nanos> {
    let nanos = nanos(argument, value)?;
    match u64::try_from(nanos) {
        Ok(nanos) if nanos <= Nanos::MAX.get() => Ok(Nanos::new(nanos)),
        _ if nanos < 0 => Err(bad_value(argument, value, "is negative")),
        _ => Err(bad_value(argument, value, "is more than 100 years")),
    }
}

fn nanos(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<i128> {
    let wrong = || bad_type(argument, value, "is not a time (seconds as int or float, or a timedelta)");
    if value.is_instance_of::<PyBool>() {
        return Err(wrong());
    }
    if let Ok(delta) = value.cast::<PyDelta>() {
        let seconds = i128::from(delta.get_days()) * 86_400 + i128::from(delta.get_seconds());
        return Ok(seconds * NANOS_PER_SECOND + i128::from(delta.get_microseconds()) * 1000);
    }
    if let Ok(number) = value.cast::<PyInt>() {
        let sign = if number.lt(0)? { i128::MIN } else { i128::MAX };
        return Ok(number.extract::<i64>().map_or(sign, |seconds| i128::from(seconds) * NANOS_PER_SECOND));
    }
    let seconds = value.extract::<f64>().map_err(|error| {
        let py = value.py();
        if error.is_instance_of::<PyTypeError>(py) || error.is_instance_of::<PyOverflowError>(py) {
            wrong()
        } else {
            error
        }
    })?;
    if !seconds.is_finite() {
        return Err(bad_value(argument, value, "is not a finite number"));
    }
    if seconds < 0.0 {
        return Ok(i128::MIN);
    }
    let length = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    Ok(i128::try_from(length.as_nanos()).unwrap_or(i128::MAX))
}

/// `nanos` in seconds, never below the exact value: who waits that long has waited long enough.
#[expect(clippy::cast_precision_loss, reason = "made up for, where it rounds down")]
pub(crate) fn seconds_up(nanos: u64) -> f64 {
    let nearest = nanos as f64 / 1e9;
    if is_below(nearest, nanos) { nearest.next_up() } else { nearest }
}

/// Whether `seconds`, taken exactly, is less than `nanos`, which is `seconds` but for rounding.
fn is_below(seconds: f64, nanos: u64) -> bool {
    if nanos == 0 {
        return false;
    }
    let bits = seconds.to_bits();
    let significand = u128::from(bits & ((1 << 52) - 1) | (1 << 52));
    let exponent = i64::try_from(bits >> 52).unwrap_or_default() - 1075;
    // seconds = significand × 2^exponent, and exponent is from -83 (1 ns) to -18 (2^64 ns), so that nothing overflows.
    significand * 1_000_000_000 < u128::from(nanos) << (-exponent).clamp(0, 127)
}
