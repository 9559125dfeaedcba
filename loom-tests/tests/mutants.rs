//! The power of the searches: planted bugs in a copy of the product, each of which the named search must find.
//!
//! Not under `--cfg loom` itself: it builds the copies that are. A mutant that no longer applies, that does not compile
//! or that survives fails the test.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on without its files")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// One planted bug.
struct Mutant {
    name: &'static str,
    file: &'static str,
    /// The product's text, which occurs once.
    from: &'static str,
    to: &'static str,
    /// The search that finds it: file and test.
    found_by: (&'static str, &'static str),
}

const MUTANTS: [Mutant; 45] = [
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
        name: "a child does not spend what its parent has",
        file: "core/src/session/charges.rs",
        from: "let take = demand.take(Resource::Calls, handed);\n",
        to: "let take = crate::meter::Take { units: 0, ..demand.take(Resource::Calls, handed) };\n",
        found_by: ("admission", "a_pool_is_shared_by_the_children_and_not_copied"),
    },
    Mutant {
        name: "a reservation is looked at before it is ended, in two steps",
        file: "core/src/cell.rs",
        from: "self.0.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire).is_ok()",
        to: "self.0.load(Ordering::Acquire) == 0 && self.0.swap(1, Ordering::AcqRel) < 2",
        found_by: ("leaves", "a_reservation_ends_once"),
    },
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
    Mutant {
        name: "a bucket is found full first and evicted then",
        file: "core/src/meter/mod.rs",
        from: "self.update(self.load(), |word| if word.is_blank(minted) { Ok(shut(word)) } else { Err(word) })",
        to: "let seen = self.load();\n        self.update(seen, |word| if seen.is_blank(minted) { Ok(shut(word)) } else { Err(word) })",
        found_by: ("limiter", "an_eviction_gives_nobody_tokens"),
    },
    Mutant {
        name: "a limiter reads the clock before it looks the key up",
        file: "core/src/limiter/debit.rs",
        from: "        let meter = place.meter()?;\n        // Not before the look-up: see the header.\n        let at = now();\n",
        to: "        let at = now();\n        let meter = place.meter()?;\n",
        found_by: ("limiter", "an_eviction_gives_nobody_tokens"),
    },
    Mutant {
        name: "what is left is read after the seal, and counted twice where it was settled in between",
        file: "core/src/carve.rs",
        from: "        if let Some(change) = sealed {\n",
        to: "        if let Some(change) = sealed.map(|change| Change { after: meter.load(), ..change }) {\n",
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

/// The parts of the workspace that a copy needs.
const PARTS: [&str; 3] = ["core", "loom-tests", "Cargo.lock"];

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else if fs::read(to).ok() != fs::read(from).ok() {
        // Untouched files keep their time, so that the next mutant builds only what has changed.
        fs::copy(from, to).unwrap();
    }
}

/// What happened to `mutant`: an error unless its search found it.
fn plant(mutant: &Mutant, root: &Path, work: &Path) -> Result<(), String> {
    for part in PARTS {
        copy(&root.join(part), &work.join(part));
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let only_ours = |line: &&str| !line.starts_with("members") && !line.starts_with("default-members");
    let manifest: Vec<&str> = manifest.lines().filter(only_ours).collect();
    let members = "[workspace]\nmembers = [\"core\", \"loom-tests\"]";
    fs::write(work.join("Cargo.toml"), manifest.join("\n").replacen("[workspace]", members, 1)).unwrap();

    let file = work.join(mutant.file);
    let source = fs::read_to_string(&file).unwrap();
    if source.matches(mutant.from).count() != 1 {
        return Err(format!("does not apply: its text is not there exactly once in {}", mutant.file));
    }
    fs::write(&file, source.replace(mutant.from, mutant.to)).unwrap();

    let (test_file, test) = mutant.found_by;
    let output = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .current_dir(work)
        .args(["test", "-p", "loom-tests", "--profile", "loom", "--test", test_file, "--", "--exact", test])
        .env("RUSTFLAGS", "--cfg loom -A warnings")
        .env("CARGO_TARGET_DIR", work.join("target"))
        .output()
        .unwrap();
    let (printed, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // loom aborts where a failed execution panics again while it is unwound.
    let aborted = errors.contains(&format!("thread '{test}'")) && errors.contains("panicked at");
    if printed.contains(&format!("test {test} ... FAILED")) || aborted {
        Ok(())
    } else if printed.contains(&format!("test {test} ... ok")) {
        Err(format!("survives {test}"))
    } else {
        Err(format!("did not run:\n{errors}"))
    }
}

#[test]
fn every_planted_bug_is_found_by_the_search_that_claims_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mutants");
    for part in PARTS {
        // Files of an earlier run that are no longer there would be built too.
        let _ = fs::remove_dir_all(work.join(part));
    }
    let mut survivors = Vec::new();
    for mutant in &MUTANTS {
        let result = plant(mutant, root, &work);
        println!("{}: {}", mutant.name, if result.is_ok() { "found" } else { "NOT FOUND" });
        survivors.extend(result.err().map(|problem| format!("{}: {problem}", mutant.name)));
    }
    assert!(survivors.is_empty(), "{} of {}:\n{}", survivors.len(), MUTANTS.len(), survivors.join("\n"));
}
