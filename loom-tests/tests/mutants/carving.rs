//! Planted bugs that the searches in `carving.rs` find.

use super::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "what is left is read after the seal, and counted twice where it was settled in between",
        file: "core/src/carve.rs",
        from: "match patiently(|| meter.seal().ok()) {",
        to: "match patiently(|| meter.seal().ok()).map(|c| Change { after: meter.load(), ..c }) {",
        found_by: ("carving", "what_is_carved_out_returns_once"),
    },
    Mutant {
        name: "the seal does not wait for holds",
        file: "core/src/meter/word.rs",
        from: "            0 => Ok(Self(self.0 | u128::from(HOLDS) << HOLDS_AT)),",
        to: "            0..HOLDS_MAX => Ok(Self(self.0 | u128::from(HOLDS) << HOLDS_AT)),",
        found_by: ("carving", "what_is_carved_out_returns_once"),
    },
    Mutant {
        name: "what was handed over counts as unspent before it has returned",
        file: "core/src/carve.rs",
        from: "word.spent().max(budget)",
        to: "word.spent()",
        found_by: ("carving", "what_returns_is_the_parents_to_spend_and_no_more"),
    },
    Mutant {
        name: "an overrun is passed on with what was within the budget",
        file: "core/src/carve.rs",
        from: "(share(change.before, budget), share(change.after, budget))",
        to: "(change.before.spent(), share(change.after, budget))",
        found_by: ("carving", "an_overrun_of_a_carved_child_reaches_the_parent_once"),
    },
    Mutant {
        name: "what was undone beyond a budget is forgotten",
        file: "core/src/admission.rs",
        from: "if change.before.spent() > charge.limit.budget {",
        to: "if change.before.spent() > Limit::NO_BUDGET {",
        found_by: ("carving", "an_overrun_of_a_carved_child_reaches_the_parent_once"),
    },
    Mutant {
        name: "what was undone beyond a budget is forgotten if it is admitted after all",
        file: "core/src/carve.rs",
        from: "    let decided = admit(chain);\n",
        to: "    let decided = admit(chain);\n    if decided.is_ok() {\n        return decided;\n    }\n",
        found_by: (
            "carving",
            "what_was_undone_beyond_a_budget_reaches_the_parent_also_if_it_is_admitted_after_all",
        ),
    },
];
