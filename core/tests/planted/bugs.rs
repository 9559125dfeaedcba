//! The list, area by area.

use planted_bugs::Bug;

const fn bug(name: &'static str, file: &'static str, from: &'static str, to: &'static str) -> Bug<()> {
    Bug { name, file, from, to, found_by: () }
}

pub(crate) const BUGS: &[Bug<()>] = &[
    // What a decision checks.
    bug(
        "a stranger is told so before the session is known to have ended",
        "core/src/enforcer/handle.rs",
        "ended.unwrap_or_else(mismatch)",
        "{ let _ = ended; mismatch() }",
    ),
    bug(
        "a session is idle one nanosecond later",
        "core/src/enforcer/decide.rs",
        "if idle >= timeout =>",
        "if idle > timeout =>",
    ),
    bug(
        "an intent that drifts is only warned about",
        "core/src/fit.rs",
        "(_, OnDrift::Deny) => return Err(Misfit::Drift(class)),",
        "(_, OnDrift::Deny) => drift = Some(class),",
    ),
    bug(
        "a ceiling allows less than itself",
        "core/src/fit.rs",
        "if rules.sensitivity > identity.sensitivity {",
        "if rules.sensitivity >= identity.sensitivity {",
    ),
    bug(
        "an air gap lets through what nobody said of",
        "core/src/fit.rs",
        "identity.air_gap && rules.network != Some(false)",
        "identity.air_gap && rules.network == Some(true)",
    ),
    bug("one repetition more", "core/src/streak.rs", "count >= limit.min(COUNT)", "count > limit.min(COUNT)"),
    bug(
        "a refused step stays in the row",
        "core/src/enforcer/step.rs",
        "watch.streak.undo(attempt)",
        "watch.streak.commit(attempt)",
    ),
    bug("one level deeper", "core/src/depth.rs", "if level > max {", "if level > max + 1 {"),
    bug(
        "memory is not looked at for model calls",
        "core/src/enforcer/reserve.rs",
        "        self.begin_step(entry, request)?.end(false);\n",
        "",
    ),
    // Meters.
    bug(
        "a threshold lets one more through",
        "core/src/meter/word.rs",
        "if self.is_open() && spent >= threshold {",
        "if self.is_open() && spent > threshold {",
    ),
    bug(
        "a wait is one nanosecond too long",
        "core/src/meter/mint.rs",
        "        let at = wait + u128::from(self.origin.get());",
        "        let at = wait + 1 + u128::from(self.origin.get());",
    ),
    bug(
        "a wait looks at the first lack only",
        "core/src/admission.rs",
        "(first, later(named, lack))",
        "(first, named)",
    ),
    bug(
        "a wait goes past the session's end",
        "core/src/enforcer/explain.rs",
        ".filter(|&at| at < entry.state.deadline())",
        "",
    ),
    bug(
        "a carve-out waits for the parent's rate (was so)",
        "core/src/meter/word.rs",
        "match limit.plan.filter(|_| take.paced > 0) {",
        "match limit.plan {",
    ),
    bug(
        "a weight is not applied",
        "core/src/enforcer/decide.rs",
        "weighed.add(tool, fit.weight)",
        "weighed.add(tool, 1)",
    ),
    bug(
        "a batch counts once on a tool's cap",
        "core/src/session/demand.rs",
        "Some((_, calls)) => *calls += 1,",
        "Some(_) => {}",
    ),
    // Delegation.
    bug(
        "an overrun of a carve-out is not the parent's",
        "core/src/carve.rs",
        "word.spent().max(budget)",
        "budget",
    ),
    bug(
        "a child may outlive its parent by its grace",
        "core/src/enforcer/create.rs",
        "parent.map_or(grace, |parent| grace.min(parent.state.deadline().saturating_sub(is_up_at)))",
        "{ let _ = is_up_at; grace }",
    ),
    bug(
        "a child may have a longer idle timeout",
        "core/src/enforcer/delegate.rs",
        "(\"execution.idle_timeout\", nanos(asked.idle_timeout), nanos(of_parent.idle_timeout)),",
        "(\"execution.idle_timeout\", nanos(asked.idle_timeout), None),",
    ),
    bug(
        "a top-up goes past what the parent has",
        "core/src/enforcer/top_up.rs",
        "if raised > of_parent && raised != Limit::NO_BUDGET {",
        "if false {",
    ),
    bug(
        "a child's work leaves its parent idle",
        "core/src/store/entry.rs",
        "self.lineage().filter_map(SessionState::watched)",
        "self.lineage().take(1).filter_map(SessionState::watched)",
    ),
    // Reservations and records.
    bug(
        "what vanishes is charged whatever the policy says",
        "core/src/enforcer/reserve.rs",
        "OnVanish::Release => Usage::NONE,",
        "OnVanish::Release => self.granted,",
    ),
    bug(
        "a settlement gives the rate nothing back",
        "core/src/reservation.rs",
        "paced: if take.paced == 0 { 0 } else { amount },",
        "paced: 0,",
    ),
    bug(
        "a partial grant takes the least",
        "core/src/admission.rs",
        "let amount = available.fold(charge.demanded(), u64::min).max(least(charge.resource));",
        "let amount = least(charge.resource).min(available.fold(charge.demanded(), u64::min).max(least(charge.resource)));",
    ),
    bug("a record is no activity", "core/src/enforcer/record.rs", "        path.touch(now);\n", ""),
    // Lives.
    bug(
        "a creation at the cap leaves what has expired",
        "core/src/store/party.rs",
        "                    make_room(Some(&party));\n",
        "",
    ),
    bug(
        "a child that has expired is closed with its parent (was so)",
        "core/src/store/mod.rs",
        "if !self.expire(&child, now)\n                && let Ok(ended)",
        "if let Ok(ended)",
    ),
    bug(
        "a resumed session stays idle",
        "core/src/enforcer/lifecycle.rs",
        "            Err(status) => return Err(self.refuse(entry, status)),\n        }\n        entry.touch(now);",
        "            Err(status) => return Err(self.refuse(entry, status)),\n        }",
    ),
    bug(
        "an exhausted budget pauses nobody",
        "core/src/enforcer/notes.rs",
        "Reason::Paused if exhausted && entry.state.pause().is_ok()",
        "Reason::Paused if exhausted && false",
    ),
    bug(
        "a sweep counts one too few",
        "core/src/store/mod.rs",
        "                removed += 1;\n",
        "                removed = 1;\n",
    ),
    // What is told.
    bug(
        "a fifth is not low yet",
        "core/src/decision/grant.rs",
        "u128::from(remaining) * 1_000_000 <= u128::from(limit) * u128::from(ppm)",
        "u128::from(remaining) * 1_000_000 < u128::from(limit) * u128::from(ppm)",
    ),
    bug(
        "a top-up does not let it run low anew",
        "core/src/enforcer/top_up.rs",
        "            session.raise(resource, amount)?;\n            session.marks.clear(SessionState::mark_of(resource));",
        "            session.raise(resource, amount)?;",
    ),
    bug(
        "a preview is an activity",
        "core/src/enforcer/decide.rs",
        "                if !request.preview {\n                    path.touch(now);",
        "                path.touch(now);\n                if !request.preview {",
    ),
    bug(
        "a preview says nothing of approval",
        "core/src/enforcer/decide.rs",
        "Err(of_session(entry, self.as_denied(evidence)))",
        "Err(of_session(entry, evidence))",
    ),
    bug(
        "a snapshot keeps what was reserved",
        "core/src/enforcer/reserve.rs",
        "        self.reserved(resource, |tally| tally.sub(receipt.take.units));\n",
        "",
    ),
];
