//! The power of the histories: planted races in a copy of the product, and in how many schedules each is caught.
//!
//! Not under `--cfg shuttle` itself: it builds the copies that are. A mutant that no longer applies, that does not compile or that is
//! never caught fails the test.
#![cfg(not(shuttle))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on without its files")]

use planted_bugs::{Bug, Copy, each_is_found};

const MUTANTS: [Bug<()>; 10] = [
    Bug {
        name: "the debit forgets the budget that the look has checked (check-then-act)",
        file: "core/src/admission.rs",
        from: "meter.debit_below(threshold, after, take, limit, minted, hold)",
        to: "meter.debit_below(threshold, after, take, Limit { budget: Limit::NO_BUDGET, ..limit }, minted, hold)",
        found_by: (),
    },
    Bug {
        name: "a refusal before the gate takes nothing back",
        file: "core/src/admission.rs",
        from: "                self.undo_above(index, now);",
        to: "",
        found_by: (),
    },
    Bug {
        name: "a refusal at the gate takes nothing back",
        file: "core/src/admission.rs",
        from: "            self.undo_above(usize::MAX, now);",
        to: "",
        found_by: (),
    },
    Bug {
        name: "the gate is debited first",
        file: "core/src/admission.rs",
        from: "        for index in (0..self.charges.len()).rev().filter(|&index| index != self.gate) {
            if !self.charges[index].debit(true) {
                self.undo_above(index, now);
                return false;
            }
        }
        if !self.charges[self.gate].debit(false) {
            self.undo_above(usize::MAX, now);
            return false;
        }
",
        to: "        if !self.charges[self.gate].debit(false) {
            return false;
        }
        for index in (0..self.charges.len()).rev().filter(|&index| index != self.gate) {
            if !self.charges[index].debit(true) {
                self.undo_above(index, now);
                let gate = &self.charges[self.gate];
                gate.meter.credit(gate.take, 0, None, 0, now);
                return false;
            }
        }
",
        found_by: (),
    },
    Bug {
        name: "a look takes held funds for spent ones",
        file: "core/src/admission.rs",
        from: "Lack::Rate { .. } | Lack::Budget { .. } | Lack::Threshold { .. } => seen.holds() == 0,",
        to: "Lack::Rate { .. } | Lack::Budget { .. } | Lack::Threshold { .. } => true,",
        found_by: (),
    },
    Bug {
        name: "a refusal keeps to the budget that was read before a top-up",
        file: "core/src/admission.rs",
        from: "&& charge.is_topped_up() {",
        to: "&& false {",
        found_by: (),
    },
    Bug {
        name: "what is charged past a budget does not wait for holds",
        file: "core/src/meter/mod.rs",
        from: "if before.is_held() && change.overruns(limit) {",
        to: "if false {",
        found_by: (),
    },
    Bug {
        name: "an overrun is judged by the budget that was read before a top-up",
        file: "core/src/carve.rs",
        from: "above() | change.overruns(charge.limit_now())",
        to: "above() | change.overruns(charge.limit)",
        found_by: (),
    },
    Bug {
        name: "the seal does not wait for holds",
        file: "core/src/meter/word.rs",
        from: "            0 => Ok(Self(self.0 | u128::from(HOLDS) << HOLDS_AT)),",
        to: "            0..HOLDS_MAX => Ok(Self(self.0 | u128::from(HOLDS) << HOLDS_AT)),",
        found_by: (),
    },
    Bug {
        name: "the gate is not looked at in the compare-and-swap",
        file: "core/src/meter/word.rs",
        from: "        if !self.is_open() {\n            return Err(Lack::Shut(self.gate()));\n        }\n",
        to: "",
        found_by: (),
    },
];

/// In how many schedules the histories of `product` have no order, if in any.
fn search(product: &Copy) -> Result<String, String> {
    let mut cargo = product.cargo();
    cargo.args([
        "test",
        "-p",
        "shuttle-tests",
        "--profile",
        "loom",
        "--test",
        "histories",
        "--",
        "--nocapture",
    ]);
    cargo.env("RUSTFLAGS", "--cfg shuttle -A warnings").env("COUNT", "1").env("MIXES", "200");
    let output = cargo.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<&str> = printed.lines().filter(|line| line.contains(" unexplained, ")).collect();
    if figures.len() != 2 {
        return Err(format!("it did not run:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    let found = figures.iter().any(|line| !line.contains(" 0 unexplained, "));
    let figures = format!("\n  {}", figures.join("\n  "));
    if found { Ok(figures) } else { Err(figures) }
}

#[test]
fn every_planted_race_is_caught_in_some_schedule() {
    let product =
        Copy::of(&["core", "shuttle-tests", "planted-bugs"], env!("CARGO_TARGET_TMPDIR"), "shuttle-mutants");
    each_is_found(&product, &MUTANTS, |_| search(&product));
}
