//! Planted bugs that the searches in `limits.rs` find.

use super::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "the debit forgets the threshold that the look has checked",
        file: "core/src/meter/mod.rs",
        from: "word.below(threshold)?.debited(",
        to: "word.debited(",
        found_by: ("limits", "past_the_threshold_nothing_is_admitted"),
    },
    Mutant {
        name: "a grant may be less than the least",
        file: "core/src/admission.rs",
        from: ".fold(charge.demanded(), u64::min).max(least(charge.resource))",
        to: ".fold(charge.demanded(), u64::min).max(0 * least(charge.resource))",
        found_by: ("limits", "partial_grants_never_pass_the_budget"),
    },
    Mutant {
        name: "what somebody else has taken of a partial grant is a refusal",
        file: "core/src/admission.rs",
        from: "if self.charges[index].demanded() > least(self.charges[index].resource) =>",
        to: "if self.charges[index].demanded() < least(self.charges[index].resource) =>",
        found_by: ("limits", "partial_grants_never_pass_either_of_two_budgets"),
    },
    Mutant {
        name: "a top-up writes over another",
        file: "core/src/cell.rs",
        from: "match self.0.compare_exchange_weak(seen, sum, Ordering::AcqRel, Ordering::Acquire) {",
        to: "match Ok::<u64, u64>(self.0.swap(sum, Ordering::AcqRel)) {",
        found_by: ("limits", "a_top_up_is_never_lost_and_never_lets_through_more"),
    },
    Mutant {
        name: "a top-up that meets another looks at the maximum no more",
        file: "core/src/cell.rs",
        from: "Err(other) => seen = other,",
        to: "Err(_) => return Some(self.0.fetch_add(amount, Ordering::AcqRel) + amount),",
        found_by: ("limits", "top_ups_never_pass_the_maximum_together"),
    },
    Mutant {
        name: "a deadline that was seen to pass can still move",
        file: "core/src/session/deadline.rs",
        from: "if self.0.replace(at, at | LAPSED) {",
        to: "if now.get() >= at {",
        found_by: ("limits", "a_top_up_of_time_and_an_expiry_agree"),
    },
    Mutant {
        name: "a top-up moves a deadline that has lapsed meanwhile",
        file: "core/src/session/deadline.rs",
        from: "            if self.0.replace(from.get(), to.get()) {\n",
        to: "            self.0.set(to.get());\n            if from <= to {\n",
        found_by: ("limits", "a_top_up_of_time_and_an_expiry_agree"),
    },
    Mutant {
        name: "a reservation is settled and released",
        file: "core/src/cell.rs",
        from: "self.0.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire).is_ok()",
        to: "self.0.load(Ordering::Acquire) == 0 && self.0.swap(1, Ordering::AcqRel) < 2",
        found_by: ("limits", "a_reservation_and_a_closing_session_agree"),
    },
    Mutant {
        name: "a settlement gives back what was used too",
        file: "core/src/reservation.rs",
        from: "meter.credit(part(reserved - actual), ",
        to: "meter.credit(part(reserved), ",
        found_by: ("limits", "a_reservation_and_a_closing_session_agree"),
    },
];
