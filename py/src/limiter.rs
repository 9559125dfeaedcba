//! `KeyedLimiter`.

use allotment::{Denial, LimitError, MAX_KEYS};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::about::About;
use crate::args::{Given, count, limit, name, rate};
use crate::clock::ManualClock;
use crate::decision::Decision;
use crate::errors::{bad_type, bad_value, denied, invalid, not_copied};
use crate::rate::Rate;

/// One rate for each of many keys: providers, API keys, agents without sessions.
///
/// Each key has a bucket of its own, full at first. At most `max_keys` are held; to make room it forgets keys
/// whose buckets are full, so forgetting never gives anyone anything. Where there are none a new key is
/// denied, and keys that are held are decided as ever. Use one from as many threads and tasks as you like:
/// no call blocks. A denial never repeats the key, which may be a secret.
///
/// Args:
///     rate: A `Rate` or text such as `"30/min"`; at most 2.9 million units a second.
///     max_keys: How many keys it holds at most; 1 to 2**24.
///     clock: A `testing.ManualClock`, for tests and replays; the machine's monotonic clock unless given.
///
/// Raises:
///     InvalidPolicy: an argument that makes no sense, by name; InvalidType where its type is wrong.
///
/// Example:
///     >>> limiter = KeyedLimiter("30/min")
///     >>> limiter.authorize("provider-a")
///     >>> limiter.decide("provider-a", 30).reason
///     'rate_limited'
#[pyclass(frozen, weakref, module = "allotment")]
pub(crate) struct KeyedLimiter {
    /// Boxed, because its table wants cache lines of its own, and Python aligns objects to 16 bytes.
    inner: Box<allotment::KeyedLimiter>,
}

const _: () = assert!(align_of::<KeyedLimiter>() <= 16, "Python does not align its objects more");

impl KeyedLimiter {
    /// What `ask` says of `key` and `n`; the outer error is about the arguments.
    #[inline]
    fn ask(
        &self,
        key: &Bound<'_, PyAny>,
        n: Given<'_, '_>,
        ask: impl FnOnce(&allotment::KeyedLimiter, &str, u64) -> Result<(), LimitError>,
    ) -> PyResult<Result<(), Denial>> {
        let n = n.or(1, |n| count("n", n))?;
        match ask(&self.inner, text(name("key", key)?)?, n) {
            Ok(()) => Ok(Ok(())),
            Err(LimitError::Denied(denial)) => Ok(Err(denial)),
            Err(LimitError::Invalid(error)) => Err(invalid(key.py(), &error)),
        }
    }
}

/// The text of `key`. Lone surrogates have none, and two keys must not become one.
#[inline]
fn text<'a>(key: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    key.to_str().map_err(|_| bad_value("key", key, "holds lone surrogates"))
}

fn decision(py: Python<'_>, outcome: Result<(), Denial>) -> Decision {
    match outcome {
        Ok(()) => Decision::allowed_elsewhere(),
        Err(denial) => Decision::denied(py, About::default(), denial, None),
    }
}

#[pymethods]
impl KeyedLimiter {
    #[new]
    #[pyo3(
        signature = (rate, *, max_keys=Given::Omitted, clock=None),
        text_signature = "(rate, *, max_keys=100000, clock=None)"
    )]
    fn new(
        py: Python<'_>,
        rate: &Bound<'_, PyAny>,
        max_keys: Given<'_, '_>,
        clock: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut builder = allotment::KeyedLimiter::builder(self::rate("rate", rate)?);
        if let Some(clock) = clock {
            let Ok(hand) = clock.cast::<ManualClock>() else {
                return Err(bad_type("clock", clock, "is not an allotment.testing.ManualClock"));
            };
            builder = builder.clock(hand.get().inner());
        }
        let max = max_keys.or(MAX_KEYS, |max| limit("max_keys", max))?;
        let inner = builder.max_keys(max).build().map_err(|error| invalid(py, &error))?;
        Ok(Self { inner: Box::new(inner) })
    }

    /// Takes `n` units from the bucket of `key`, all of them, or raises.
    ///
    /// Args:
    ///     key: Any str of 1 to 512 bytes in UTF-8.
    ///     n: How many units. More than the bucket holds is never admitted; 0 always is.
    ///
    /// Raises:
    ///     RateLimited: the bucket does not cover it; `retry_after` says when it will.
    ///     StoreFull: a new key, and all that are held have buckets that are not full.
    ///     InvalidPolicy: a key or an `n` that makes no sense; InvalidType for a wrong type.
    #[pyo3(signature = (key, n=Given::Omitted), text_signature = "($self, key, n=1)")]
    fn authorize(&self, py: Python<'_>, key: &Bound<'_, PyAny>, n: Given<'_, '_>) -> PyResult<()> {
        self.ask(key, n, allotment::KeyedLimiter::check_n)?
            .map_err(|denial| denied(py, decision(py, Err(denial))))
    }

    /// The same as a value: a denial is returned, not raised.
    ///
    /// Args:
    ///     key: Any str of 1 to 512 bytes in UTF-8.
    ///     n: How many units.
    ///
    /// Raises:
    ///     InvalidPolicy: a key or an `n` that makes no sense; InvalidType for a wrong type.
    #[pyo3(signature = (key, n=Given::Omitted), text_signature = "($self, key, n=1)")]
    fn decide(&self, py: Python<'_>, key: &Bound<'_, PyAny>, n: Given<'_, '_>) -> PyResult<Decision> {
        Ok(decision(py, self.ask(key, n, allotment::KeyedLimiter::check_n)?))
    }

    /// What `decide` would say, without taking anything.
    ///
    /// Args:
    ///     key: Any str of 1 to 512 bytes in UTF-8.
    ///     n: How many units.
    ///
    /// Raises:
    ///     InvalidPolicy: a key or an `n` that makes no sense; InvalidType for a wrong type.
    #[pyo3(signature = (key, n=Given::Omitted), text_signature = "($self, key, n=1)")]
    fn preview(&self, py: Python<'_>, key: &Bound<'_, PyAny>, n: Given<'_, '_>) -> PyResult<Decision> {
        Ok(decision(py, self.ask(key, n, allotment::KeyedLimiter::preview_n)?))
    }

    /// Forgets the keys whose buckets are full, to save memory; each new key forgets two anyway.
    ///
    /// Returns:
    ///     How many it forgot.
    fn sweep(&self) -> u64 {
        self.inner.sweep()
    }

    /// The rate that each key has.
    #[getter]
    fn rate(&self) -> Rate {
        self.inner.rate().into()
    }

    /// How many keys it holds at most.
    #[getter]
    fn max_keys(&self) -> u64 {
        self.inner.max_keys()
    }

    /// How many keys are held, those included whose buckets have filled since.
    fn __len__(&self) -> PyResult<usize> {
        Ok(usize::try_from(self.inner.len())?)
    }

    /// Always true: a limiter without keys is not nothing.
    #[expect(clippy::unused_self, reason = "a special method")]
    fn __bool__(&self) -> bool {
        true
    }

    #[expect(clippy::unused_self, reason = "a special method")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(not_copied("a KeyedLimiter", "its buckets live in this process"))
    }

    fn __repr__(&self) -> String {
        format!(
            "<KeyedLimiter rate={} keys={} max_keys={}>",
            self.inner.rate(),
            self.inner.len(),
            self.inner.max_keys()
        )
    }
}
