//! Planted bugs that the searches in `lifecycle.rs` find.

use super::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "the gate is debited first",
        file: "core/src/admission.rs",
        from: "        for index in (0..self.charges.len()).rev().filter(|&index| index != self.gate) {",
        to: "        for index in 0..self.charges.len() {",
        found_by: ("lifecycle", "after_close_returns_the_outer_meter_shows_every_admission"),
    },
    Mutant {
        name: "the gate is not looked at in the compare-and-swap",
        file: "core/src/meter/word.rs",
        from: "        if !self.is_open() {\n            return Err(Lack::Shut(self.gate()));\n        }\n",
        to: "",
        found_by: ("lifecycle", "no_admission_lands_after_close"),
    },
    Mutant {
        name: "updates of a meter are relaxed",
        file: "core/src/meter/mod.rs",
        from: "next.bits(), Ordering::AcqRel, Ordering::Acquire",
        to: "next.bits(), Ordering::Relaxed, Ordering::Relaxed",
        found_by: ("lifecycle", "after_close_returns_the_outer_meter_shows_every_admission"),
    },
    Mutant {
        name: "a resume opens whatever it finds",
        file: "core/src/session/mod.rs",
        from: "self.calls().gate(Status::Active, |from| from == Status::Paused)",
        to: "self.calls().gate(Status::Active, |_| true)",
        found_by: ("lifecycle", "a_late_resume_never_opens_a_closed_session"),
    },
    Mutant {
        name: "a session ends more than once",
        file: "core/src/session/mod.rs",
        from: "self.calls().gate(to, |from| !from.is_terminal())",
        to: "self.calls().gate(to, |_| true)",
        found_by: ("lifecycle", "ending_happens_once_and_places_are_given_back_once"),
    },
];
