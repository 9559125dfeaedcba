//! Planted bugs that the searches in `admission.rs` find.

use super::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "the debit forgets the budget that the look has checked (check-then-act)",
        file: "core/src/admission.rs",
        from: "meter.debit_below(threshold, after, take, limit, minted, hold)",
        to: "meter.debit_below(threshold, after, take, Limit { budget: Limit::NO_BUDGET, ..limit }, minted, hold)",
        found_by: ("admission", "one_meter_never_admits_more_than_its_budget"),
    },
    Mutant {
        name: "the commit is skipped",
        file: "core/src/admission.rs",
        from: "                charge.meter.commit(charge.after);",
        to: "",
        found_by: ("admission", "two_meters_race_for_the_last_unit"),
    },
    Mutant {
        name: "a refusal at the gate takes nothing back",
        file: "core/src/admission.rs",
        from: "            self.undo_above(usize::MAX, now);",
        to: "",
        found_by: ("admission", "a_terminal_denial_is_truthful"),
    },
    Mutant {
        name: "a refusal before the gate takes nothing back",
        file: "core/src/admission.rs",
        from: "                self.undo_above(index, now);",
        to: "",
        found_by: ("admission", "all_or_nothing_over_three_meters"),
    },
    Mutant {
        name: "a look takes held funds for spent ones",
        file: "core/src/admission.rs",
        from: "Lack::Rate { .. } | Lack::Budget { .. } | Lack::Threshold { .. } => seen.holds() == 0,",
        to: "Lack::Rate { .. } | Lack::Budget { .. } | Lack::Threshold { .. } => true,",
        found_by: ("admission", "a_terminal_denial_is_truthful"),
    },
    Mutant {
        name: "debits leave no hold",
        file: "core/src/meter/word.rs",
        from: "if hold { word.held() } else { Ok(word) }",
        to: "if hold { Ok(Self(word.0)) } else { Ok(word) }",
        found_by: ("admission", "a_terminal_denial_is_truthful"),
    },
    Mutant {
        name: "a child does not spend what its parent has",
        file: "core/src/session/charges.rs",
        from: "let take = demand.take(Resource::Calls, handed);\n",
        to: "let take = crate::meter::Take { units: 0, ..demand.take(Resource::Calls, handed) };\n",
        found_by: ("admission", "a_pool_is_shared_by_the_children_and_not_copied"),
    },
];
