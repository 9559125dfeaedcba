//! The conservation law over random histories of thousands of steps: every answer is the model's, and after every step the law holds
//! on every account.

mod law;
mod ledger;
mod model;
mod pair;
mod shrink;
mod steps;

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::cases;
use pair::{Done, Pair};
use steps::{Step, Terms};

/// What does not agree.
type Checked = Result<(), String>;

fn same<T: PartialEq + core::fmt::Debug>(what: &str, seen: &T, modelled: &T) -> Checked {
    if seen == modelled { Ok(()) } else { Err(format!("{what}: {seen:?} for {modelled:?}")) }
}

/// Runs a history; which step fails, and how.
fn run(terms: &Terms, steps: &[Step]) -> Result<Done, (usize, String)> {
    let mut pair = Pair::new(terms);
    for (at, step) in steps.iter().enumerate() {
        let done = catch_unwind(AssertUnwindSafe(|| {
            pair.step(step).and_then(|()| pair.law(matches!(step, Step::Check)))
        }));
        done.unwrap_or_else(|_| Err("panicked".into())).map_err(|how| (at, how))?;
    }
    pair.law(true).map_err(|how| (steps.len(), how))?;
    Ok(pair.done)
}

#[test]
// D22, D24, D25
fn d22_d24_d25_every_account_has_spent_what_was_settled_recorded_reserved_and_admitted() {
    let config = cases(8);
    let count = config.cases;
    let mut runner = TestRunner::new(config);
    let history = (steps::terms(), prop::collection::vec(steps::step(), 3_000));
    for _ in 0..count {
        let (terms, steps) = history.new_tree(&mut runner).unwrap().current();
        let begun = std::time::Instant::now();
        match run(&terms, &steps) {
            Ok(done) => println!("{done:?} {:?}", begun.elapsed()),
            Err(_) => {
                let (steps, how) = shrink::shortest(&steps, |steps| run(&terms, steps).map(drop)).unwrap();
                let lines: Vec<String> = steps.iter().map(|step| format!("{step:?}")).collect();
                panic!("{how}\nunder {terms:?}\nafter\n{}", lines.join("\n"));
            }
        }
    }
}
