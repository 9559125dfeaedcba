//! [`Table`]: the meters of all keys, bounded. Forgets a key only where its bucket is full.
//!
//! **Places.** A key takes its place before it is put in and gives it back after it has been taken out, so there are never more
//! than `max` keys, not even for a moment. Between the two the table looks full and is not: whoever wants a place then waits, and
//! in the end is told that it was contended, which is retryable.
//!
//! **Lines.** Each key has one line in the agenda, which nobody but its taker removes: an instant at which its bucket may be full
//! again, never later than it is if the key's maker has debited it. A debit does not touch it. Whoever takes a line that is due
//! either evicts its key or, where the key was used meanwhile, puts the line back at the instant it should stand at by now. So
//! a key is evicted by one thread at most, a decision about a known key costs nothing for it, and each look costs one line.

use std::sync::Arc;

use papaya::{HashMapRef, LocalGuard};

use super::debit::{Place, Refused, limit};
use crate::gauge::Gauge;
use crate::meter::{Meter, Plan, Take, Word};
use crate::store::Agenda;
use crate::sync::{ATTEMPTS, back_off};
use crate::units::Nanos;

/// How many due lines a new key looks at; two, so that there are never many more full buckets held than others.
const LOOKS: u64 = 2;
/// How many it looks at where there is no place otherwise.
const LOOKS_WHEN_FULL: u64 = 64;

type Hasher = foldhash::fast::RandomState;

/// The meters of all keys.
#[derive(Debug)]
pub(super) struct Table {
    meters: papaya::HashMap<Arc<str>, Meter, Hasher>,
    places: Gauge,
    /// Places of keys that nobody is just putting in or taking out: where all are, the table is full.
    settled: Gauge,
    max: u64,
    filling: Agenda<Arc<str>>,
    plan: Plan,
}

impl Table {
    pub(super) fn new(plan: Plan, max: u64) -> Self {
        let (places, settled) = (Gauge::default(), Gauge::default());
        Self { meters: papaya::HashMap::default(), places, settled, max, filling: Agenda::default(), plan }
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(super) fn max(&self) -> u64 {
        self.max
    }

    /// How many keys are held.
    pub(super) fn len(&self) -> u64 {
        self.places.count()
    }

    /// Where the meter of `key` stands, for a debit of `amount`.
    #[inline]
    pub(super) fn at<'a, N: Fn() -> Nanos>(&'a self, key: &'a str, amount: u64, now: &'a N) -> Spot<'a, N> {
        Spot { table: self, meters: self.meters.pin(), key, amount, now }
    }

    /// Whether a debit would be refused. Nothing is debited and nothing made; a full table may forget a key for it.
    pub(super) fn preview(&self, key: &str, amount: u64, now: impl Fn() -> Nanos) -> Result<(), Refused> {
        let held = self.meters.pin().get(key).map(Meter::load).filter(|word| word.is_open());
        let at = now();
        let word = held.unwrap_or(Word::NEW);
        let debited = word.debited(Take::both(amount), limit(&self.plan), self.plan.minted(at), false);
        debited.map_err(|lack| Refused::Lacks(lack, at))?;
        let room = held.is_some() || self.settled.count() < self.max || self.evict(LOOKS_WHEN_FULL, at) > 0;
        if room { Ok(()) } else { Err(Refused::NoRoom) }
    }

    /// Looks at no more than `looks` lines that are due at `now` and evicts the keys among them whose buckets are full; how many.
    pub(super) fn evict(&self, looks: u64, now: Nanos) -> u64 {
        let meters = self.meters.pin();
        let mut evicted = 0;
        for key in (0..looks).map_while(|_| self.filling.pop_due(now)) {
            // The line is this call's alone, so nobody else evicts the key.
            let Some(meter) = meters.get(&*key) else { continue };
            // Before it is shut: whoever finds no place must not take this one for a key's.
            self.settled.release();
            match meter.retire(self.plan.minted(now)) {
                Ok(_) => {
                    take_out(&meters, &key);
                    self.places.release();
                    evicted += 1;
                }
                Err(word) => self.settle(self.full_again(word.tat()), key),
            }
        }
        evicted
    }

    /// Gives `key`, which is in, its line.
    fn settle(&self, due: Nanos, key: Arc<str>) {
        let _ = self.settled.acquire(u64::MAX);
        self.filling.add(due, key);
    }

    /// When a bucket with this `tat` is full again; the end of time for never.
    fn full_again(&self, tat: u64) -> Nanos {
        self.plan.reaches(tat).unwrap_or(Nanos::MAX)
    }

    /// Takes a place, by evicting if need be. That there is none is said only where keys have all of them.
    fn take_place(&self, now: Nanos) -> Result<(), Refused> {
        self.evict(LOOKS, now);
        for attempt in 0..ATTEMPTS {
            if self.places.acquire(self.max).is_ok() {
                return Ok(());
            }
            // Fewer settled than places: somebody will put a key in or give its place back. (The map's own length lags behind.)
            if self.evict(LOOKS_WHEN_FULL, now) == 0 && self.settled.count() >= self.max {
                return Err(Refused::NoRoom);
            }
            back_off(attempt);
        }
        Err(Refused::Contended)
    }
}

type Pinned<'a> = HashMapRef<'a, Arc<str>, Meter, Hasher, LocalGuard<'a>>;

/// Takes the meter of `key` out if it is shut.
fn take_out(meters: &Pinned<'_>, key: &str) {
    let _ = meters.remove_if(key, |_, meter| !meter.load().is_open());
}

/// Where the meter of one key stands in the table.
pub(super) struct Spot<'a, N> {
    table: &'a Table,
    meters: Pinned<'a>,
    key: &'a str,
    amount: u64,
    now: &'a N,
}

impl<N: Fn() -> Nanos> Place for Spot<'_, N> {
    #[inline]
    fn meter(&self) -> Result<&Meter, Refused> {
        if let Some(meter) = self.meters.get(self.key) { Ok(meter) } else { self.make() }
    }

    #[cold]
    fn clear(&self) {
        take_out(&self.meters, self.key);
    }
}

impl<N: Fn() -> Nanos> Spot<'_, N> {
    /// A meter for a key that is not held, unless even a full bucket refuses.
    #[cold]
    fn make(&self) -> Result<&Meter, Refused> {
        let (table, now) = (self.table, (self.now)());
        let first =
            Word::NEW.debited(Take::both(self.amount), limit(&table.plan), table.plan.minted(now), false);
        let first = first.map_err(|lack| Refused::Lacks(lack, now))?;
        if let Err(refused) = table.take_place(now) {
            // Another thread may have made it meanwhile.
            return self.meters.get(self.key).ok_or(refused);
        }
        let key: Arc<str> = self.key.into();
        match self.meters.try_insert(Arc::clone(&key), Meter::default()) {
            Ok(meter) => {
                table.settle(table.full_again(first.tat()), key);
                Ok(meter)
            }
            Err(theirs) => {
                table.places.release();
                Ok(theirs.current)
            }
        }
    }
}
