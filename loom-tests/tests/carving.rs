//! Budgets that were carved out of a parent's: what is left returns once, and what was overrun arrives once.
#![cfg(loom)]

use allotment::Usage;
use allotment::model::{Outcome, Session, budgets};
use loom::sync::Arc;
use loom::thread;
use loom_tests::{Depth, explore};

/// A parent, and a child that has four of its tokens reserved.
struct Family {
    parent: Session,
    child: Session,
    reserved: allotment::model::Reserved,
}

impl Family {
    fn new(of_parent: u64, of_child: u64) -> Arc<Self> {
        let parent = Session::new(&budgets(None, Some(of_parent)), u64::MAX, None);
        let child = parent.carve_out(of_child);
        let reserved = child.reserve(&[&parent], 4, 4, &[]).unwrap();
        Arc::new(Self { parent, child, reserved })
    }

    fn admit(&self, tokens: u64) -> Outcome {
        self.child.admit_below(&[&self.parent], 1, tokens, &[])
    }

    fn record(&self, tokens: u64) {
        self.child.record(&[&self.parent], Usage::tokens(tokens));
    }

    fn settle(&self, actual: u64) {
        assert!(self.child.settle(&[&self.parent], &self.reserved, actual, &[]));
    }

    fn end(&self) {
        let _ended = self.child.close().unwrap();
        let _all = self.give_back();
    }

    fn give_back(&self) -> bool {
        self.child.give_back(&[&self.parent])
    }

    /// What the parent and the child have spent, the parent's first: the child's may have been lowered in between, never raised
    /// past it.
    fn spent(&self) -> (u64, u64) {
        (self.parent.tokens(), self.child.tokens())
    }
}

fn tokens(outcome: Outcome, tokens: u64) -> u64 {
    if outcome == Outcome::Admitted { tokens } else { 0 }
}

/// The child ends while a reservation of its is settled below the estimate and while it is asked for more.
#[test]
fn what_is_carved_out_returns_once() {
    explore("end ‖ settle ‖ child's admit", Depth::Preemptions(4), || {
        let family = Family::new(10, 6);
        let (one, two) = (family.clone(), family.clone());
        let others = [thread::spawn(move || one.end()), thread::spawn(move || two.settle(1))];
        let admitted = tokens(family.admit(2), 2);
        let (parent, child) = family.spent();
        assert!(parent >= child, "the parent paid {parent} for the {child} that its child spent");
        for other in others {
            other.join().unwrap();
        }
        // Once more, as the sweep does, in case the admission was under way when it ended.
        assert!(family.give_back(), "nobody holds it any more");
        assert_eq!(family.spent(), (1 + admitted, 1 + admitted));
    });
}

/// The same while the parent asks for more than it has unless something returns.
#[test]
fn what_returns_is_the_parents_to_spend_and_no_more() {
    explore("end ‖ settle ‖ parent's admit", Depth::Exhaustive, || {
        let family = Family::new(10, 6);
        let (one, two) = (family.clone(), family.clone());
        let others = [thread::spawn(move || one.end()), thread::spawn(move || two.settle(1))];
        let admitted = tokens(family.parent.admit(1, 6, &[]), 6);
        let (parent, child) = family.spent();
        assert!((child + admitted..=10).contains(&parent), "{parent} of 10, {child} and {admitted} spent");
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(family.spent(), (1 + admitted, 1));
        assert_eq!(tokens(family.parent.admit(1, 9 - admitted, &[]), 9), 9, "nothing was lost");
    });
}

/// The child spends more than it has while it ends and while an admission of its is taken back.
#[test]
fn an_overrun_of_a_carved_child_reaches_the_parent_once() {
    explore("record ‖ end ‖ child's admit", Depth::Preemptions(4), || {
        let family = Family::new(10, 6);
        let (one, two) = (family.clone(), family.clone());
        let others = [thread::spawn(move || one.end()), thread::spawn(move || two.record(5))];
        let admitted = tokens(family.admit(2), 2);
        for other in others {
            other.join().unwrap();
        }
        assert!(family.give_back(), "nobody holds it any more");
        assert_eq!(family.spent(), (9 + admitted, 9 + admitted));
    });
}

/// An admission is taken back beyond the budget, and admitted after all when it is tried again: what taking it back changed
/// reaches the parent all the same.
#[test]
fn what_was_undone_beyond_a_budget_reaches_the_parent_also_if_it_is_admitted_after_all() {
    explore("record, settle ‖ pause, resume ‖ child's admit", Depth::Preemptions(4), || {
        let family = Family::new(20, 6);
        let (one, two) = (family.clone(), family.clone());
        let others = [
            thread::spawn(move || {
                one.record(3);
                one.settle(0);
            }),
            thread::spawn(move || {
                assert!(two.child.pause());
                assert!(two.child.resume());
            }),
        ];
        let admitted = tokens(family.admit(2), 2);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(family.spent(), (6, 3 + admitted));
        family.end();
        assert_eq!(family.spent(), (3 + admitted, 3 + admitted));
    });
}
