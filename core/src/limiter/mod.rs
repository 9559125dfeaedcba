//! [`KeyedLimiter`]: one rate for each of many keys, without sessions.
//!
//! Bounded in size, and forgets a key only while its bucket is full, so that forgetting never gives anyone tokens: [`debit`] says
//! how. A decision about a known key is one look-up, one reading of the clock and one compare-and-swap.

mod debit;
mod error;
mod table;

#[cfg(any(loom, shuttle))]
pub(crate) use debit::Place;
pub(crate) use debit::{Refused, debit};
pub use error::LimitError;
use table::Table;

use crate::clock::Clock;
use crate::decision::{Denial, Evidence, Reason};
use crate::error::Error;
use crate::meter::{Grain, Lack, Plan};
use crate::sync::forks;
use crate::units::{MAX_COUNT, Rate, Resource, Scope};

/// How many keys a limiter holds unless it is told otherwise.
pub const MAX_KEYS: u64 = 100_000;
/// The most keys that it can be told to hold, 2²⁴.
pub const MAX_KEYS_MAX: u64 = 1 << 24;
/// The longest key, in bytes.
pub const KEY_MAX: usize = 512;

/// A rate for each of many keys: providers, API keys, agents without sessions.
///
/// Each key has a bucket of its own, full at first. At most so many keys are held; to make room it forgets keys whose buckets are
/// full, which are the ones that nothing has to be remembered of. Where there are none a new key is denied (`store_full`), and
/// keys that are held are decided as ever. Share it by reference; no call blocks.
///
/// A denial never repeats the key, which may be a secret.
///
/// ```
/// use allotment::{KeyedLimiter, Rate};
///
/// let limiter = KeyedLimiter::new(Rate::per_minute(2)?)?;
/// assert!(limiter.check("provider-a").is_ok() && limiter.check("provider-a").is_ok());
/// let error = limiter.check("provider-a").unwrap_err();
/// assert!(error.denial().is_some_and(|denial| denial.retry_after().is_some()));
/// assert!(limiter.check("provider-b").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct KeyedLimiter {
    table: Table,
    clock: Clock,
    /// How often the process had been forked off another when this was made.
    born: u64,
}

/// How a limiter is to be made.
#[derive(Debug)]
pub struct LimiterBuilder {
    rate: Rate,
    max_keys: u64,
    clock: Option<Clock>,
}

impl LimiterBuilder {
    /// How many keys it holds at most, 1 to 2²⁴; 100,000 unless said otherwise.
    #[must_use]
    pub fn max_keys(self, max_keys: u64) -> Self {
        Self { max_keys, ..self }
    }

    /// Where it reads the time; the machine's monotonic clock unless said otherwise.
    #[must_use]
    pub fn clock(self, clock: impl Into<Clock>) -> Self {
        Self { clock: Some(clock.into()), ..self }
    }

    /// Makes the limiter. Errors: a maximum of 0 or above 2²⁴, a rate above 2.9 million units a second.
    pub fn build(self) -> Result<KeyedLimiter, Error> {
        if self.max_keys == 0 || self.max_keys > MAX_KEYS_MAX {
            return Err(Error::new("max_keys", self.max_keys, "is outside 1 to 2^24"));
        }
        let plan = Plan::new(self.rate, Grain::Milli)?;
        let clock = self.clock.unwrap_or_default();
        Ok(KeyedLimiter { table: Table::new(plan, self.max_keys), clock, born: forks() })
    }
}

impl KeyedLimiter {
    /// A limiter on the machine's clock that holds up to 100,000 keys. Errors: a rate above 2.9 million units a second.
    pub fn new(rate: Rate) -> Result<Self, Error> {
        Self::builder(rate).build()
    }

    /// A limiter in the making.
    #[must_use]
    pub fn builder(rate: Rate) -> LimiterBuilder {
        LimiterBuilder { rate, max_keys: MAX_KEYS, clock: None }
    }

    /// Takes one unit from the bucket of `key`, any text of 1 to 512 bytes.
    ///
    /// Denials: `rate_limited`, with the exact wait; `store_full` for a key that is not held; `contended` where other threads were
    /// in the way for too long. Errors: a key that is empty or too long.
    #[inline]
    pub fn check(&self, key: &str) -> Result<(), LimitError> {
        self.check_n(key, 1)
    }

    /// Takes `n` units from the bucket of `key`, all of them or none. More than the bucket holds is never retryable; 0 is always
    /// admitted. Denials and errors as [`KeyedLimiter::check`].
    #[inline]
    pub fn check_n(&self, key: &str, n: u64) -> Result<(), LimitError> {
        self.decide(key, n, |amount| {
            let now = || self.clock.now();
            debit(&self.table.at(key, amount, &now), amount, self.table.plan(), &now)
        })
    }

    /// What [`KeyedLimiter::check`] would say, without taking anything.
    pub fn preview(&self, key: &str) -> Result<(), LimitError> {
        self.preview_n(key, 1)
    }

    /// What [`KeyedLimiter::check_n`] would say, without taking anything.
    pub fn preview_n(&self, key: &str, n: u64) -> Result<(), LimitError> {
        self.decide(key, n, |amount| self.table.preview(key, amount, || self.clock.now()))
    }

    /// Forgets the keys whose buckets are full; how many. Costs time in proportion to these and to the keys that were used again
    /// since they were last looked at, not to all that are held. There is no need to call it but to save memory: a new key
    /// forgets two old ones in passing.
    pub fn sweep(&self) -> u64 {
        // No more than there are now, so that it ends while others go on.
        self.table.evict(self.table.len(), self.clock.now())
    }

    /// How many keys are held, those included whose buckets have filled since.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.table.len()
    }

    /// Whether no key is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many keys it holds at most.
    #[must_use]
    pub fn max_keys(&self) -> u64 {
        self.table.max()
    }

    /// The rate that each key has.
    #[must_use]
    pub fn rate(&self) -> Rate {
        self.table.plan().rate()
    }

    #[inline]
    fn decide(
        &self,
        key: &str,
        n: u64,
        ask: impl FnOnce(u64) -> Result<(), Refused>,
    ) -> Result<(), LimitError> {
        if key.is_empty() || key.len() > KEY_MAX {
            return Err(bad_key(key).into());
        }
        if self.born != forks() {
            return Err(Denial::new(Evidence::of(Reason::Forked)).into());
        }
        if n == 0 {
            return Ok(());
        }
        // No bucket holds more than a meter can count; so it is the bucket that refuses.
        ask(n.min(MAX_COUNT + 1)).map_err(|refused| self.denial(n, refused).into())
    }

    #[cold]
    fn denial(&self, n: u64, refused: Refused) -> Denial {
        let of_key =
            Evidence { scope: Some(Scope::Key), requested: Some(n), ..Evidence::of(Reason::Contended) };
        Denial::new(match refused {
            Refused::Lacks(Lack::Rate { limit, available, at }, now) => Evidence {
                reason: Reason::RateLimited,
                resource: Some(Resource::Calls),
                limit: Some(limit),
                used: Some(self.rate().bucket().saturating_sub(available)),
                retry_after: at.map(|at| at.saturating_sub(now)),
                ..of_key
            },
            // A meter can count what 100 years bring, so there is no budget; and nothing holds.
            Refused::Lacks(_, _) | Refused::Contended => of_key,
            Refused::NoRoom => Evidence {
                reason: Reason::StoreFull,
                scope: Some(Scope::Store),
                limit: Some(self.max_keys()),
                used: Some(self.len()),
                requested: Some(1),
                ..of_key
            },
        })
    }
}

/// The error about a key that is empty or too long, which it does not repeat.
#[cold]
fn bad_key(key: &str) -> Error {
    Error::new("key", format_args!("{} bytes", key.len()), format!("is outside 1 to {KEY_MAX} bytes"))
}
