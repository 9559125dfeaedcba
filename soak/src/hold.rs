//! Reservations: each ends once, in one of five ways.

use allotment::{EventKind, Reservation, Usage};

use crate::amounts::{Amounts, NOTHING, beyond, of_usage, to_usage};
use crate::flow::Most;
use crate::worker::{Checked, Whose, Worker};

#[derive(Debug)]
pub(crate) struct Hold {
    whose: Whose,
    reservation: Reservation,
    granted: Amounts,
    progress: Option<Amounts>,
}

impl Hold {
    /// What of it the node holds: what was carved out for a child is the child's.
    fn of_node(&self) -> Amounts {
        let budgets = self.whose.child.as_ref().map_or([None; 5], |child| child.budgets);
        std::array::from_fn(|r| if budgets[r].is_some() { 0 } else { self.granted[r] })
    }
}

impl Worker<'_> {
    /// Reserves `usage`, or of each resource at least a part of it.
    pub(crate) fn reserve(&mut self, whose: Whose, usage: Amounts, partly: bool) -> Checked {
        let session = self.session(&whose);
        let (usage, least) = (to_usage(usage), if partly { Usage::NONE } else { to_usage(usage) });
        let decided = self.change(&whose, Most { debit: of_usage(0, usage), ..Most::default() }, || {
            let decided = session.reserve_at_least(usage, least);
            (decided.as_ref().map_or(NOTHING, |hold| of_usage(0, hold.granted())), decided)
        });
        decided.as_ref().map(drop).or_else(crate::worker::fair)?;
        let operation = if partly { "at least" } else { "reserve" };
        if let Some(reservation) = self.report.tally.decided(operation, decided) {
            let granted = of_usage(0, reservation.granted());
            if beyond(granted, of_usage(0, usage)) != NOTHING {
                return Err(format!("more was granted than asked for: {granted:?}"));
            }
            let hold = Hold { whose, reservation, granted, progress: None };
            self.tree.flows[self.thread][hold.whose.node].reserve(hold.of_node());
            self.holds.push(hold);
        }
        Ok(())
    }

    /// Ends one of its reservations, or says how far it is.
    pub(crate) fn end(&mut self) -> Checked {
        if self.holds.is_empty() {
            return Ok(());
        }
        let (at, said) = (self.random.index(self.holds.len()), self.amounts(12));
        match self.random.below(6) {
            0 => {
                self.holds[at].reservation.progress(to_usage(said));
                self.holds[at].progress = Some(said);
                self.report.tally.done("progress");
                Ok(())
            }
            1 => self.charge(at, "release", NOTHING),
            2 if self.holds[at].progress.is_none() => self.charge(at, "drop", self.holds[at].granted),
            2 => self.charge(at, "forfeit", self.holds[at].progress.unwrap_or_default()),
            3 => self.charge(at, "settle", self.holds[at].granted),
            _ => self.charge(at, "settle", said),
        }
    }

    fn charge(&mut self, at: usize, operation: &'static str, actual: Amounts) -> Checked {
        let hold = self.holds.swap_remove(at);
        let (node, of_node) = (hold.whose.node, hold.of_node());
        let Hold { whose, reservation, granted, .. } = hold;
        let debit = beyond(actual, granted);
        let most = Most { debit, unasked: debit, back: beyond(granted, actual) };
        let ended = self.change(&whose, most, || (debit, finish(reservation, operation, actual)));
        let (overrun, charged) = ended.map_err(|problem| format!("{operation}: {problem}"))?;
        self.tree.flows[self.thread][node].unreserve(of_node);
        self.report.tally.done(operation);
        if matches!(operation, "forfeit" | "drop") {
            self.told(EventKind::Forfeited);
        }
        if overrun {
            self.told(EventKind::Overrun);
        }
        if charged == actual { Ok(()) } else { Err(format!("{operation} of {actual:?} charged {charged:?}")) }
    }
}

/// Ends `reservation` at `actual`; whether that overran some budget, and what was charged. Once it has ended nothing ends it again.
fn finish(reservation: Reservation, operation: &str, actual: Amounts) -> Result<(bool, Amounts), String> {
    if operation == "drop" {
        drop(reservation);
        // What was granted can overrun nothing.
        return Ok((false, actual));
    }
    let settled = match operation {
        "release" => reservation.release().map(|()| None),
        "forfeit" => Ok(reservation.forfeit()),
        _ => reservation.settle(to_usage(actual)).map(Some),
    };
    let settled = settled.map_err(|error| error.to_string())?;
    if reservation.forfeit().is_some() || reservation.settle(Usage::NONE).is_ok() {
        return Err("it ended twice".to_owned());
    }
    Ok(settled.map_or((false, NOTHING), |settled| (settled.overrun, of_usage(0, settled.charged))))
}
