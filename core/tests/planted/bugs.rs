//! The list, area by area.

/// One planted bug: its name, its file, the product's text, which occurs once, and what stands there instead.
pub(crate) struct Bug(
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) &'static str,
);

pub(crate) const BUGS: &[Bug] = &[
    // What a decision checks.
    Bug(
        "a stranger is told so before the session is known to have ended",
        "enforcer/handle.rs",
        "ended.unwrap_or_else(mismatch)",
        "{ let _ = ended; mismatch() }",
    ),
    Bug(
        "a session is idle one nanosecond later",
        "enforcer/decide.rs",
        "if idle >= timeout =>",
        "if idle > timeout =>",
    ),
    Bug(
        "an intent that drifts is only warned about",
        "fit.rs",
        "(_, OnDrift::Deny) => return Err(Misfit::Drift(class)),",
        "(_, OnDrift::Deny) => drift = Some(class),",
    ),
    Bug(
        "a ceiling allows less than itself",
        "fit.rs",
        "if rules.sensitivity > identity.sensitivity {",
        "if rules.sensitivity >= identity.sensitivity {",
    ),
    Bug(
        "an air gap lets through what nobody said of",
        "fit.rs",
        "identity.air_gap && rules.network != Some(false)",
        "identity.air_gap && rules.network == Some(true)",
    ),
    Bug("one repetition more", "streak.rs", "count >= limit.min(COUNT)", "count > limit.min(COUNT)"),
    Bug(
        "a refused step stays in the row",
        "enforcer/step.rs",
        "watch.streak.undo(attempt)",
        "watch.streak.commit(attempt)",
    ),
    Bug("one level deeper", "depth.rs", "if level > max {", "if level > max + 1 {"),
    Bug(
        "memory is not looked at for model calls",
        "enforcer/reserve.rs",
        "        self.begin_step(entry, request)?.end(false);\n",
        "",
    ),
    // Meters.
    Bug(
        "a threshold lets one more through",
        "meter/word.rs",
        "if self.is_open() && spent >= threshold {",
        "if self.is_open() && spent > threshold {",
    ),
    Bug("a wait is one nanosecond too long", "meter/mint.rs", "wait + u128::from(!exact)", "wait + 1"),
    Bug(
        "a wait looks at the first lack only",
        "admission.rs",
        "(first, later(named, lack))",
        "(first, named)",
    ),
    Bug(
        "a wait goes past the session's end",
        "enforcer/explain.rs",
        ".filter(|&at| at < entry.state.deadline())",
        "",
    ),
    Bug(
        "a carve-out waits for the parent's rate (was so)",
        "meter/word.rs",
        "            Some(_) if take.paced == 0 => self.tat(),\n",
        "",
    ),
    Bug(
        "a weight is not applied",
        "enforcer/decide.rs",
        "weighed.add(tool, fit.weight)",
        "weighed.add(tool, 1)",
    ),
    Bug(
        "a batch counts once on a tool's cap",
        "session/demand.rs",
        "Some((_, calls)) => *calls += 1,",
        "Some(_) => {}",
    ),
    // Delegation.
    Bug("an overrun of a carve-out is not the parent's", "carve.rs", "word.spent().max(budget)", "budget"),
    Bug(
        "a child may outlive its parent by its grace",
        "enforcer/create.rs",
        "parent.map_or(grace, |parent| grace.min(parent.state.deadline().saturating_sub(is_up_at)))",
        "{ let _ = is_up_at; grace }",
    ),
    Bug(
        "a child may have a longer idle timeout",
        "enforcer/delegate.rs",
        "(\"execution.idle_timeout\", nanos(asked.idle_timeout), nanos(of_parent.idle_timeout)),",
        "(\"execution.idle_timeout\", nanos(asked.idle_timeout), None),",
    ),
    Bug(
        "a top-up goes past what the parent has",
        "enforcer/top_up.rs",
        "if raised > of_parent && raised != Limit::NO_BUDGET {",
        "if false {",
    ),
    Bug(
        "a child's work leaves its parent idle",
        "store/entry.rs",
        "self.lineage().filter_map(SessionState::watched)",
        "self.lineage().take(1).filter_map(SessionState::watched)",
    ),
    // Reservations and records.
    Bug(
        "what vanishes is charged whatever the policy says",
        "enforcer/reserve.rs",
        "OnVanish::Release => Usage::NONE,",
        "OnVanish::Release => self.granted,",
    ),
    Bug(
        "a settlement gives the rate nothing back",
        "reservation.rs",
        "paced: if take.paced == 0 { 0 } else { amount },",
        "paced: 0,",
    ),
    Bug(
        "a partial grant takes the least",
        "admission.rs",
        "let amount = available.fold(charge.demanded(), u64::min).max(least(charge.resource));",
        "let amount = least(charge.resource).min(available.fold(charge.demanded(), u64::min).max(least(charge.resource)));",
    ),
    Bug("a record is no activity", "enforcer/record.rs", "        path.touch(now);\n", ""),
    // Lives.
    Bug(
        "a creation at the cap leaves what has expired",
        "store/party.rs",
        "                    make_room(Some(&party));\n",
        "",
    ),
    Bug(
        "a child that has expired is closed with its parent (was so)",
        "store/mod.rs",
        "if !self.expire(&child, now)\n                && let Ok(ended)",
        "if let Ok(ended)",
    ),
    Bug(
        "a resumed session stays idle",
        "enforcer/lifecycle.rs",
        "            Err(status) => return Err(self.refuse(entry, status)),\n        }\n        entry.touch(now);",
        "            Err(status) => return Err(self.refuse(entry, status)),\n        }",
    ),
    Bug(
        "an exhausted budget pauses nobody",
        "enforcer/notes.rs",
        "Reason::Paused if exhausted && entry.state.pause().is_ok()",
        "Reason::Paused if exhausted && false",
    ),
    Bug(
        "a sweep counts one too few",
        "store/mod.rs",
        "                removed += 1;\n",
        "                removed = 1;\n",
    ),
    // What is told.
    Bug(
        "a fifth is not low yet",
        "decision/grant.rs",
        "u128::from(remaining) * 1_000_000 <= u128::from(limit) * u128::from(ppm)",
        "u128::from(remaining) * 1_000_000 < u128::from(limit) * u128::from(ppm)",
    ),
    Bug(
        "a top-up does not let it run low anew",
        "enforcer/top_up.rs",
        "            session.raise(resource, amount)?;\n            session.marks.clear(SessionState::mark_of(resource));",
        "            session.raise(resource, amount)?;",
    ),
    Bug(
        "a preview is an activity",
        "enforcer/decide.rs",
        "                if !request.preview {\n                    path.touch(now);",
        "                path.touch(now);\n                if !request.preview {",
    ),
    Bug(
        "a preview says nothing of approval",
        "enforcer/decide.rs",
        "Err(of_session(entry, self.as_denied(evidence)))",
        "Err(of_session(entry, evidence))",
    ),
    Bug(
        "a snapshot keeps what was reserved",
        "enforcer/reserve.rs",
        "        self.reserved(resource, |tally| tally.sub(receipt.take.units));\n",
        "",
    ),
];
