//! Planted bugs that the searches in `enforcer.rs` find.

use super::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "the level way knows no budget of agent and tenant",
        file: "core/src/enforcer/level.rs",
        from: "budget: terms.calm_calls",
        to: "budget: Limit::NO_BUDGET",
        found_by: (
            "enforcer",
            "the_last_call_that_an_agent_allows_is_admitted_once_and_leaves_nothing_behind",
        ),
    },
    Mutant {
        name: "the level of an older policy will do",
        file: "core/src/store/level.rs",
        from: "while level.generation != generation {",
        to: "while level.generation > generation {",
        found_by: ("enforcer", "what_was_kept_of_an_old_policy_decides_nothing"),
    },
    Mutant {
        name: "the level way takes nothing back where the gate refuses",
        file: "core/src/admission/rungs.rs",
        from: "    if !gate.debit(false) {\n        undo(outer, now);\n",
        to: "    if !gate.debit(false) {\n",
        found_by: (
            "enforcer",
            "the_last_call_that_an_agent_allows_is_admitted_once_and_leaves_nothing_behind",
        ),
    },
    Mutant {
        name: "the level way takes nothing back where an outer meter refuses",
        file: "core/src/admission/rungs.rs",
        from: "            undo(&outer[index + 1..], now);\n",
        to: "",
        found_by: (
            "enforcer",
            "the_last_call_that_an_agent_allows_is_admitted_once_and_leaves_nothing_behind",
        ),
    },
    Mutant {
        name: "the level way leaves its holds",
        file: "core/src/admission/rungs.rs",
        from: "        rung.meter.commit(rung.word);\n",
        to: "        let _ = rung;\n",
        found_by: (
            "enforcer",
            "the_last_call_that_an_agent_allows_is_admitted_once_and_leaves_nothing_behind",
        ),
    },
    Mutant {
        name: "a path is of whatever policies its parties happen to be under",
        file: "core/src/enforcer/path.rs",
        from: "if parties.iter().all(|(_, terms)| terms.generation == outlook.generation()) {",
        to: "if outlook.generation() > 0 {",
        found_by: ("enforcer", "no_decision_is_made_of_two_policies"),
    },
    Mutant {
        name: "an outlook is worked out from a mixture of policies",
        file: "core/src/store/entry.rs",
        from: "            if whole {\n",
        to: "            if whole || governing.generation > 0 {\n",
        found_by: ("enforcer", "no_decision_is_made_of_two_policies"),
    },
    Mutant {
        name: "an outlook is kept whatever policy is in force",
        file: "core/src/store/entry.rs",
        from: "if outlook.generation() == rules.generation() {",
        to: "if outlook.generation() > 0 {",
        found_by: ("enforcer", "after_a_swap_has_returned_no_decision_follows_the_old_policy"),
    },
    Mutant {
        name: "a swap does not tell its generation",
        file: "core/src/store/rules.rs",
        from: "        self.generation.raise(before.generation + 1);\n",
        to: "        let _ = before;\n",
        found_by: ("enforcer", "after_a_swap_has_returned_no_decision_follows_the_old_policy"),
    },
    Mutant {
        name: "two policies of one generation",
        file: "core/src/store/rules.rs",
        from: "(old.generation + 1, Arc::clone(&policy))",
        to: "(2, Arc::clone(&policy))",
        found_by: ("enforcer", "of_two_swaps_at_once_one_is_in_force_everywhere"),
    },
    Mutant {
        name: "an event that finds the queue full is not counted",
        file: "core/src/events/queue.rs",
        from: "            self.dropped.add_one();\n            return;\n",
        to: "            return;\n",
        found_by: ("enforcer", "every_event_comes_out_once_or_is_counted"),
    },
    Mutant {
        name: "the queue of events is as long as its ring",
        file: "core/src/events/queue.rs",
        from: "if self.ring.len() >= self.capacity {",
        to: "if self.ring.len() >= self.capacity + SLACK {",
        found_by: ("enforcer", "every_event_comes_out_once_or_is_counted"),
    },
    Mutant {
        name: "whoever drains puts the last event back behind the others",
        file: "core/src/events/queue.rs",
        from: "self.ring.pop().map(|event| *event)",
        to: "self.ring.pop().and_then(|event| self.ring.push(event).ok()).and_then(|()| self.ring.pop()).map(|event| *event)",
        found_by: ("enforcer", "every_event_comes_out_once_or_is_counted"),
    },
    Mutant {
        name: "a place of an agent is taken without looking at its cap",
        file: "core/src/store/party.rs",
        from: "match party.sessions.acquire(max) {",
        to: "match party.sessions.acquire(u64::MAX) {",
        found_by: ("enforcer", "creations_and_a_close_keep_to_the_agents_cap"),
    },
];
