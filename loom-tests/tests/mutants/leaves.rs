//! Planted bugs that the searches in `leaves.rs` find.

use super::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "an undo credits in full",
        file: "core/src/meter/mint.rs",
        from: ".saturating_sub(self.minted(now).saturating_sub(minted))",
        to: ".saturating_sub(0 * self.minted(now).saturating_sub(minted))",
        found_by: ("leaves", "an_undo_on_a_refilling_meter_mints_nothing"),
    },
    Mutant {
        name: "two undos at once credit in full",
        file: "core/src/meter/mint.rs",
        from: ".saturating_sub(self.minted(now).saturating_sub(minted))",
        to: ".saturating_sub(0 * self.minted(now).saturating_sub(minted))",
        found_by: ("leaves", "undos_on_a_refilling_meter_mint_nothing_together"),
    },
    Mutant {
        name: "an undo reads the clock before it looks at the word",
        file: "core/src/meter/mod.rs",
        from: "        let Ok(change) = self.update(self.load(), |word| {\n            let credit = plan.map_or(0, |plan|",
        to: "        let early = now();\n        let now = || early;\n        let Ok(change) = self.update(self.load(), |word| {\n            let credit = plan.map_or(0, |plan|",
        found_by: ("leaves", "an_undo_on_a_refilling_meter_mints_nothing"),
    },
    Mutant {
        name: "the cap has room for one more",
        file: "core/src/gauge.rs",
        from: "count if count >= max.min(COUNT) =>",
        to: "count if count > max.min(COUNT) =>",
        found_by: ("leaves", "creations_against_the_cap_never_pass_it"),
    },
    Mutant {
        name: "an account is retired though somebody came and went",
        file: "core/src/gauge.rs",
        from: "if word == empty.0 { Ok(RETIRED) }",
        to: "if word & COUNT == empty.0 & COUNT { Ok(RETIRED) }",
        found_by: ("leaves", "an_account_that_was_used_meanwhile_is_not_retired"),
    },
    Mutant {
        name: "whoever leaves takes the trace of having been there along",
        file: "core/src/gauge.rs",
        from: "Ok(word - 1)",
        to: "Ok(word - 1 - ONE_ENTRY)",
        found_by: ("leaves", "an_account_that_was_used_meanwhile_is_not_retired"),
    },
    Mutant {
        name: "a reservation is looked at before it is ended, in two steps",
        file: "core/src/cell.rs",
        from: "self.0.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire).is_ok()",
        to: "self.0.load(Ordering::Acquire) == 0 && self.0.swap(1, Ordering::AcqRel) < 2",
        found_by: ("leaves", "a_reservation_ends_once"),
    },
    Mutant {
        name: "whoever charges without a place takes a retired account for a living one",
        file: "core/src/gauge.rs",
        from: "if word & RETIRED == 0 { Ok(next(word)) } else { Err(()) }",
        to: "if word & RETIRED == 0 { Ok(next(word)) } else { Ok::<u64, ()>(word) }",
        found_by: ("leaves", "a_charge_without_a_place_is_not_forgotten"),
    },
];
