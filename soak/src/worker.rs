//! [`Worker`]: one thread, with its own books about everything that it did.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use allotment::{Denial, Descent, EventKind, Reason, Session};

use crate::amounts::{Amounts, NOTHING, beyond, sum};
use crate::flow::Most;
use crate::guest::Guest;
use crate::hold::Hold;
use crate::random::Random;
use crate::tally::Tally;
use crate::terms::Charged;
use crate::tree::Tree;
use crate::yard::Yard;

/// What a thread tells when all meet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    pub(crate) tally: Tally,
    pub(crate) charged: Charged,
    pub(crate) unasked: Charged,
    /// By kind of event: what it drained, and what it did that is told.
    pub(crate) drained: [u64; EventKind::ALL.len()],
    pub(crate) told: [u64; EventKind::ALL.len()],
    /// Sessions that it made.
    pub(crate) made: u64,
    /// Descents that it has not left.
    pub(crate) levels: u64,
}

/// A session that one thread delegated from a node of the tree, and alone uses.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) session: Session,
    /// What was carved out for it.
    pub(crate) budgets: [Option<u64>; 5],
    pub(crate) spent: Cell<Amounts>,
    pub(crate) open: Cell<bool>,
}

impl Child {
    /// What is left of what was carved out for it.
    pub(crate) fn left(&self) -> Amounts {
        beyond(self.budgets.map(Option::unwrap_or_default), self.spent.get())
    }

    /// What of `spent` lies with the node above.
    fn share(&self, spent: Amounts) -> Amounts {
        std::array::from_fn(|r| {
            self.budgets[r].filter(|_| self.open.get()).map_or(spent[r], |budget| spent[r].max(budget))
        })
    }
}

/// To whose account something goes: a node's, or that of a child of it.
#[derive(Debug, Clone)]
pub(crate) struct Whose {
    pub(crate) node: usize,
    pub(crate) agents: [bool; 3],
    pub(crate) child: Option<Rc<Child>>,
}

pub(crate) struct Worker<'y> {
    pub(crate) yard: &'y Yard,
    pub(crate) tree: Arc<Tree>,
    pub(crate) thread: usize,
    pub(crate) random: Random,
    pub(crate) report: Report,
    pub(crate) holds: Vec<Hold>,
    pub(crate) children: Vec<Whose>,
    pub(crate) guests: Vec<Guest>,
    pub(crate) levels: Vec<Descent>,
}

/// What is wrong, in words.
pub(crate) type Checked = Result<(), String>;

impl<'y> Worker<'y> {
    pub(crate) fn new(yard: &'y Yard, thread: usize, seed: u64) -> Self {
        let random = Random::new(seed ^ ((thread as u64 + 1) << 32));
        let (tree, report) = (yard.tree(), Report::default());
        let (holds, children, guests, levels) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { yard, tree, thread, random, report, holds, children, guests, levels }
    }

    /// Works until all are to meet.
    pub(crate) fn work(&mut self) -> Checked {
        self.tree = self.yard.tree();
        for count in 1u64.. {
            if self.yard.is_stopped() {
                break;
            }
            self.step()?;
            if count.is_multiple_of(64) {
                self.tree.watch(true)?;
                self.yard.watch()?;
            }
        }
        self.report.levels = self.levels.len() as u64;
        Ok(())
    }

    /// The tree was closed, and with it what was delegated from it: what is left of that has returned.
    pub(crate) fn mourn(&mut self) {
        while let Some(whose) = self.children.pop() {
            if let Some(child) = &whose.child {
                let most = Most { back: child.left(), ..Most::default() };
                self.tree.flows[self.thread][whose.node].change(most, || (NOTHING, ()));
                child.open.set(false);
            }
        }
    }

    /// Ends everything that it has open.
    pub(crate) fn finish(&mut self) -> Checked {
        self.levels.clear();
        while !self.holds.is_empty() {
            self.end()?;
        }
        while let Some(guest) = self.guests.pop() {
            guest.leave(&mut self.report)?;
        }
        self.report.levels = 0;
        Ok(())
    }

    /// Does `work` on an account, which debits at most what `most` says; notes what it did.
    pub(crate) fn change<T>(&mut self, whose: &Whose, most: Most, work: impl FnOnce() -> (Amounts, T)) -> T {
        let flow = &self.tree.flows[self.thread][whose.node];
        let (debited, done) = match &whose.child {
            None => flow.change(most, || {
                let (debited, done) = work();
                (debited, (debited, done))
            }),
            Some(child) => {
                let before = child.spent.get();
                let share = |spent| child.share(spent);
                let above = Most {
                    debit: beyond(share(sum(before, most.debit)), share(before)),
                    back: beyond(share(before), share(beyond(before, most.back))),
                    ..most
                };
                flow.change(above, || {
                    let (debited, done) = work();
                    child.spent.set(beyond(sum(before, debited), most.back));
                    (beyond(share(sum(before, debited)), share(before)), (debited, done))
                })
            }
        };
        self.report.charged.add(debited, whose.agents);
        self.report.charged.take(most.back, whose.agents);
        self.report.unasked.add(most.unasked, whose.agents);
        done
    }

    /// The same for what is admitted whole or not at all.
    pub(crate) fn admit<T>(
        &mut self,
        operation: &str,
        whose: &Whose,
        amounts: Amounts,
        ask: impl FnOnce() -> Result<T, Denial>,
    ) -> Result<Option<T>, String> {
        let decided = self.change(whose, Most { debit: amounts, ..Most::default() }, || {
            let decided = ask();
            (if decided.is_ok() { amounts } else { [0; 5] }, decided)
        });
        decided.as_ref().map(drop).or_else(fair)?;
        Ok(self.report.tally.decided(operation, decided))
    }

    pub(crate) fn told(&mut self, kind: EventKind) {
        self.report.told[kind as usize] += 1;
    }
}

/// What a tree can be denied.
pub(crate) fn fair(denial: &Denial) -> Checked {
    let fair = [
        Reason::BudgetExceeded,
        Reason::Contended,
        Reason::Paused,
        Reason::SameStepLoop,
        Reason::DepthExceeded,
        Reason::StoreFull,
    ];
    if fair.contains(&denial.reason()) { Ok(()) } else { Err(format!("unfair: {}", denial.detail())) }
}
