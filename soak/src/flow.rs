//! [`Flow`]: what one thread did to one account, published so that others can bound it at any moment.
//!
//! Four counters that only grow: debits begun and landed, returns begun and done. At every instant
//! `landed − returning ≤ spent ≤ begun − returned`, summed over the threads; and because they only grow, that holds too where
//! `landed` and `returned` are read before `spent`, and `begun` and `returning` after it. Where no thread is at work
//! both bounds are the same figure, so the check is exact then.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::amounts::{Amounts, beyond};

type Counters = [AtomicU64; 5];

#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Flow {
    begun: Counters,
    landed: Counters,
    returning: Counters,
    returned: Counters,
    /// Charged, or about to be, without having been admitted.
    unasked: Counters,
    /// Held by open reservations; right between two operations.
    reserved: Counters,
}

/// What an operation may do at the most.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Most {
    pub(crate) debit: Amounts,
    pub(crate) unasked: Amounts,
    /// What it gives back in any case.
    pub(crate) back: Amounts,
}

fn add(counters: &Counters, amounts: Amounts) {
    for (counter, amount) in counters.iter().zip(amounts).filter(|(_, amount)| *amount > 0) {
        counter.fetch_add(amount, Ordering::SeqCst);
    }
}

fn read(counters: &Counters) -> Amounts {
    counters.each_ref().map(|counter| counter.load(Ordering::SeqCst))
}

impl Flow {
    /// Does `work`, which debits at most what `most` says, and tells how much it did.
    pub(crate) fn change<T>(&self, most: Most, work: impl FnOnce() -> (Amounts, T)) -> T {
        add(&self.unasked, most.unasked);
        add(&self.begun, most.debit);
        add(&self.returning, most.back);
        let (debited, done) = work();
        let rest = beyond(most.debit, debited);
        add(&self.returning, rest);
        add(&self.landed, most.debit);
        add(&self.returned, rest);
        add(&self.returned, most.back);
        done
    }

    pub(crate) fn reserve(&self, amounts: Amounts) {
        add(&self.reserved, amounts);
    }

    pub(crate) fn unreserve(&self, amounts: Amounts) {
        for (counter, amount) in self.reserved.iter().zip(amounts) {
            counter.fetch_sub(amount, Ordering::SeqCst);
        }
    }

    pub(crate) fn reserved(&self) -> Amounts {
        read(&self.reserved)
    }

    /// Landed and returned: to be read first.
    pub(crate) fn first(&self) -> [Amounts; 2] {
        [read(&self.landed), read(&self.returned)]
    }

    /// Begun, returning and unasked: to be read last.
    pub(crate) fn last(&self) -> [Amounts; 3] {
        [read(&self.begun), read(&self.returning), read(&self.unasked)]
    }
}
