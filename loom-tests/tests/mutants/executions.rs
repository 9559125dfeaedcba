//! Planted bugs that the searches in `executions.rs` find.

use super::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "the row has room for one repetition more",
        file: "core/src/streak.rs",
        from: "Some(_) if count >= limit.min(COUNT) =>",
        to: "Some(_) if count > limit.min(COUNT) =>",
        found_by: ("executions", "no_step_is_taken_more_often_in_a_row_than_its_limit"),
    },
    Mutant {
        name: "a step that has begun leaves no mark: it breaks a row before it is refused",
        file: "core/src/streak.rs",
        from: "after | TENTATIVE,",
        to: "after,",
        found_by: ("executions", "a_refused_step_does_not_break_a_row"),
    },
    Mutant {
        name: "a step that has begun leaves no mark: its undo throws away what others took",
        file: "core/src/streak.rs",
        from: "after | TENTATIVE,",
        to: "after,",
        found_by: ("executions", "a_refused_step_takes_nobodys_place"),
    },
    Mutant {
        name: "undoing a step forgets the row",
        file: "core/src/streak.rs",
        from: "self.decide(before);",
        to: "self.decide(0 * before);",
        found_by: ("executions", "a_refused_step_does_not_break_a_row"),
    },
    Mutant {
        name: "steps are not ordered by their row",
        file: "core/src/streak.rs",
        from: "self.0.store(word, Ordering::Release)",
        to: "self.0.store(word, Ordering::Relaxed)",
        found_by: ("executions", "mixed_steps_keep_to_the_order_of_their_commits"),
    },
    Mutant {
        name: "discoveries nest one level too deep",
        file: "core/src/depth.rs",
        from: "if level > max {",
        to: "if current > max {",
        found_by: ("executions", "discoveries_never_nest_deeper_than_the_maximum"),
    },
    Mutant {
        name: "the deepest level is the last one",
        file: "core/src/depth.rs",
        from: "deepest.max(level)",
        to: "deepest.min(level).max(level)",
        found_by: ("executions", "discoveries_never_nest_deeper_than_the_maximum"),
    },
    Mutant {
        name: "a mark is looked at and set in two steps",
        file: "core/src/marks.rs",
        from: "!self.has(mark) && self.0.fetch_or(mark.0, Ordering::AcqRel) & mark.0 == 0",
        to: "!self.has(mark) && self.0.fetch_or(mark.0, Ordering::AcqRel) < u64::MAX",
        found_by: ("executions", "a_mark_is_newly_set_once"),
    },
    Mutant {
        name: "a mark is looked at and cleared in two steps",
        file: "core/src/marks.rs",
        from: "self.has(mark) && self.0.fetch_and(!mark.0, Ordering::AcqRel) & mark.0 != 0",
        to: "self.has(mark) && self.0.fetch_and(!mark.0, Ordering::AcqRel) < u64::MAX",
        found_by: ("executions", "a_mark_is_newly_set_once"),
    },
];
