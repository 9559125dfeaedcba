//! Reservations, and what is charged without asking.

use allotment::EventKind;

use super::charge::Demand;
use super::model::{CALLS, Hold, Model};
use super::said::{Decided, Said};
use super::steps::{Amounts, End};

impl Model {
    pub(crate) fn reserve(&mut self, at: usize, wanted: Amounts, least: Amounts) -> Said {
        match self.reserved_now(at, wanted, least) {
            Ok(granted) => Said::Reserved(granted),
            Err(nos) => Said::Denied(self.deny(at, nos)),
        }
    }

    fn reserved_now(&mut self, at: usize, wanted: Amounts, least: Amounts) -> Decided<Amounts> {
        self.standing(at)?;
        self.remembers(at, &[])?;
        let mut charges = self.charges(at, &Demand::of(wanted));
        let mut granted = wanted;
        for r in 0..5 {
            granted[r] = self.available(&charges, r, wanted[r]).max(least[r]).min(wanted[r]);
        }
        for charge in &mut charges {
            charge.units = charge.units.min(granted[charge.r]);
            charge.paced = charge.paced.min(granted[charge.r]);
        }
        self.refused(at, &charges)?;
        let receipts = self.take(at, &charges);
        let warnings = self.low_beside(at, &charges);
        self.tell_low(at, &warnings, &charges);
        self.touch(at);
        self.holds.push(Hold { session: at, granted, receipts, at: self.now, progress: None, open: true });
        Ok(granted)
    }

    /// Ends a reservation.
    pub(crate) fn end(&mut self, hold: usize, end: End) -> Said {
        let Hold { session, granted, ref receipts, at, progress, open } = self.holds[hold];
        if !open {
            return Said::Invalid;
        }
        let receipts = receipts.clone();
        let unsaid = if self.rules.releases { [0; 5] } else { granted };
        let (actual, vanishes) = match end {
            End::Settle(actual) => (actual, false),
            End::Exactly => (granted, false),
            End::Release => ([0; 5], false),
            End::Forfeit | End::Drop => (progress.unwrap_or(unsaid), true),
        };
        let overrun = self.overruns(|model| {
            model.holds[hold].open = false;
            for receipt in receipts {
                model.correct(session, receipt, at, actual[receipt.r]);
            }
            // What was not reserved is charged all the same.
            let rest = std::array::from_fn(|r| if granted[r] > 0 { 0 } else { actual[r] });
            model.charge(session, rest);
        });
        if overrun {
            self.tell(EventKind::Overrun);
        }
        if vanishes {
            self.tell(EventKind::Forfeited);
        }
        match end {
            End::Release | End::Drop => Said::Nothing,
            _ => Said::Settled { charged: actual, overrun },
        }
    }

    /// Corrects what was taken of one account at `then` to `actual`.
    fn correct(&mut self, session: usize, receipt: super::model::Receipt, then: u64, actual: u64) {
        let (now, r) = (self.now, receipt.r);
        let reserved = receipt.units.max(receipt.paced);
        let spent = match (receipt.session, receipt.party) {
            (Some(at), _) if at == session => Some(&mut self.sessions[at].own[r]),
            (None, Some(party)) => Some(&mut self.parties[party].spent[r]),
            _ => None,
        };
        if let Some(spent) = spent.filter(|_| receipt.units > 0) {
            *spent = *spent + actual - reserved;
        }
        let bucket = receipt.session.and_then(|at| self.sessions[at].buckets[r].as_mut());
        if let Some(bucket) = bucket.filter(|_| receipt.paced > 0) {
            if actual > reserved {
                bucket.take(actual - reserved, now);
            } else {
                bucket.give_back(reserved - actual, reserved, then, now);
            }
        }
    }

    /// Charges without asking.
    fn charge(&mut self, at: usize, amounts: Amounts) {
        self.touch(at);
        let charges = self.charges(at, &Demand::of(amounts));
        let charges: Vec<_> = charges.into_iter().filter(|charge| charge.r != CALLS).collect();
        self.take(at, &charges);
    }

    pub(crate) fn record(&mut self, at: usize, amounts: Amounts) -> bool {
        let overrun = self.overruns(|model| model.charge(at, amounts));
        if overrun {
            self.tell(EventKind::Overrun);
        }
        overrun
    }
}
