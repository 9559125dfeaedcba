//! Executions that run long: presets, thresholds, depth, repetition, memory.

use allotment::{
    Call, EventKind, Execution, NanoUsd, Nanos, Reason, Resource, Session, SessionSpec, Setting, Usage,
};

use serde_json::json;

use crate::common::{free, under};
use crate::reason;

const DOLLAR: u64 = 1_000_000_000;

fn dollars(dollars: u64) -> NanoUsd {
    NanoUsd::new(dollars * DOLLAR)
}

fn secs(secs: u64) -> Nanos {
    Nanos::from_secs(secs)
}

/// How many calls of `read` with the same arguments pass in a row, up to `most`.
fn repeated(session: &Session, most: usize) -> usize {
    (0..most).take_while(|_| session.authorize_call(Call::of("read").arguments("{}")).is_ok()).count()
}

#[test]
// E13
fn e13_each_preset_holds_a_session_to_its_numbers_and_to_nothing_else() {
    for (name, discovered, depth, cost, idle, repetitions) in [
        ("standard", Some(50), Some(5), Some(5), Some(1800), Some(3)),
        ("extended", Some(300), Some(10), Some(50), Some(14_400), Some(5)),
        ("unlimited", None, None, Some(100), Some(86_400), None),
        ("disabled", None, None, None, None, None),
    ] {
        let text = format!("defaults.max_time_limit = \"30d\"\n[execution]\npreset = \"{name}\"");
        let (enforcer, clock) = under(&text);
        let month = || free("a").time_limit(secs(30 * 86_400));
        let make = || enforcer.create(month()).unwrap();
        let session = make();
        let found = (0..1_000).take_while(|_| session.admit(Usage::NONE.discovered_steps(1)).is_ok());
        assert_eq!(found.count(), discovered.unwrap_or(1_000), "{name}");

        let levels: Vec<_> = (0..100).map_while(|_| session.descend().ok()).collect();
        assert_eq!(levels.len(), depth.unwrap_or(100), "{name}");
        drop(levels);

        assert_eq!(repeated(&make(), 1_000), repetitions.unwrap_or(1_000), "{name}");

        let spender = make();
        let spent = (0..200).take_while(|_| spender.admit(Usage::NONE.cost(dollars(1))).is_ok()).count();
        assert_eq!(spent, cost.unwrap_or(200), "{name}");

        let (idler, busy) = (make(), make());
        clock.advance(Nanos::new(secs(idle.unwrap_or(90_000)).get() - 1));
        assert_eq!(reason(&idler.preview("read")), None, "{name}");
        busy.authorize("read").unwrap();
        clock.advance(Nanos::new(1));
        assert_eq!(reason(&idler.authorize("read")), idle.map(|_| Reason::IdleTimeout), "{name}");
        assert_eq!(reason(&busy.authorize("read")), None, "{name}");
    }
}

#[test]
// E13
fn e13_what_the_specification_says_wins_over_the_policy() {
    let (enforcer, _) = under("[execution]\npreset = \"standard\"");
    let make = |execution| enforcer.create(free("a").execution(execution)).unwrap();
    assert_eq!(repeated(&make(Execution::EXTENDED), 9), 5);
    assert_eq!(repeated(&make(Execution::DISABLED), 9), 9);
    let own = Execution { repetitions: Some(1), ..Execution::STANDARD };
    assert_eq!(repeated(&make(own), 9), 1);
    let wide = free("a").execution(Execution::STANDARD).discovered_steps(Setting::Unlimited);
    let wide = enforcer.create(wide).unwrap();
    assert!(wide.admit(Usage::NONE.discovered_steps(51)).is_ok());
}

#[test]
// E14
fn e14_from_its_cost_threshold_on_nothing_is_admitted_not_even_what_is_free() {
    let (enforcer, _) = under("");
    let limits = Execution { cost: Some(dollars(5)), ..Execution::DISABLED };
    let session = enforcer.create(free("a").execution(limits).tokens(100)).unwrap();
    session.record(Usage::NONE.cost(NanoUsd::new(5 * DOLLAR - 1)));
    assert!(session.authorize("read").is_ok());
    // The step that reaches the threshold may pass it.
    assert!(session.authorize_with("read", Usage::NONE.cost(dollars(9))).is_ok());
    let before = session.snapshot();
    let denials = [
        session.authorize("read").unwrap_err(),
        session.authorize_batch([]).unwrap_err(),
        session.authorize_batch(["read", "write"]).unwrap_err(),
        session.preview("read").unwrap_err(),
        session.reserve(Usage::tokens(1)).unwrap_err(),
        session.reserve_at_least(Usage::tokens(9), Usage::tokens(1)).unwrap_err(),
        session.reserve_at_least(Usage::NONE.cost(dollars(2)), Usage::NONE).unwrap_err(),
        session.admit(Usage::NONE).unwrap_err(),
    ];
    for denial in denials {
        assert_eq!((denial.reason(), denial.resource()), (Reason::BudgetExceeded, Some(Resource::Cost)));
        assert_eq!((denial.limit(), denial.used()), (Some(5 * DOLLAR), Some(14 * DOLLAR - 1)));
        assert!(!denial.retryable());
    }
    let after = session.snapshot();
    assert_eq!((after.calls, after.tokens, after.cost), (before.calls, before.tokens, before.cost));
    let exactly = enforcer.create(free("a").execution(limits)).unwrap();
    exactly.record(Usage::NONE.cost(dollars(5)));
    assert_eq!(reason(&exactly.authorize("read")), Some(Reason::BudgetExceeded), "at the threshold itself");
}

#[test]
// E14, E15, D22
fn e14_e15_d22_depth_counts_the_level_about_to_begin_remembers_the_deepest_and_cannot_underflow() {
    let (enforcer, _) = under("");
    let limits = Execution { depth: Some(2), ..Execution::DISABLED };
    let session = enforcer.create(free("a").execution(limits)).unwrap();
    let depth = || (session.snapshot().depth.current, session.snapshot().depth.deepest);
    let (one, two) = (session.descend().unwrap(), session.descend().unwrap());
    let denial = session.descend().unwrap_err();
    assert_eq!((denial.reason(), denial.resource()), (Reason::DepthExceeded, Some(Resource::Depth)));
    assert_eq!((denial.limit(), denial.used(), denial.requested()), (Some(2), Some(2), Some(1)));
    assert_eq!((denial.http_status(), denial.retryable()), (429, false));
    assert_eq!((one.level(), two.level(), depth()), (1, 2, (2, 2)));
    drop(one);
    assert_eq!(depth(), (1, 2));
    drop(two);
    assert_eq!(depth(), (0, 2));
    let third = session.descend().unwrap();
    session.close().unwrap();
    drop(third);
    assert_eq!(depth(), (0, 2), "left also after the end");
    assert_eq!(session.descend().unwrap_err().reason(), Reason::Closed);
    let free = enforcer.create(free("a")).unwrap();
    let levels: Vec<_> = (0..1_000).map(|_| free.descend().unwrap()).collect();
    drop(levels);
    assert_eq!(free.snapshot().depth.deepest, 1_000);
}

#[test]
// E8, E7, E2, E4
fn e8_e7_e2_e4_steps_and_tokens_count_the_one_about_to_begin() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").steps(5).tokens(100)).unwrap();
    let step = Usage::NONE.steps(1);
    for _ in 0..5 {
        session.admit(step).unwrap();
    }
    let denial = session.admit(step).unwrap_err();
    assert_eq!((denial.limit(), denial.used(), denial.requested()), (Some(5), Some(5), Some(1)));
    assert!(denial.detail().contains("steps exceeded: 6 / 5 (120%)"), "{}", denial.detail());
    session.record(Usage::tokens(80));
    assert_eq!(reason(&session.admit(Usage::tokens(25))), Some(Reason::BudgetExceeded));
    let grant = session.admit(Usage::tokens(10)).unwrap();
    assert_eq!(grant.warnings().map(|w| (w.resource, w.percent())).last(), Some((Resource::Tokens, 10)));

    let ten = enforcer.create(free("a").discovered_steps(10)).unwrap();
    ten.record(Usage::NONE.discovered_steps(6));
    let found = || ten.admit(Usage::NONE.discovered_steps(1)).unwrap().warnings().count();
    assert_eq!((found(), found()), (0, 1), "seven recorded, and the eighth warns");
}

#[test]
// E13, D18
fn e13_d18_a_child_is_held_to_the_execution_it_was_given_and_to_its_parents() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").execution(Execution::EXTENDED)).unwrap();
    let spec = || SessionSpec::new("b").tools(["read"]);
    for (asked, argument) in [
        (Execution { depth: Some(11), ..Execution::EXTENDED }, "execution.depth"),
        (Execution { repetitions: None, ..Execution::EXTENDED }, "execution.repetitions"),
        (Execution { cost: Some(dollars(51)), ..Execution::EXTENDED }, "execution.cost_usd"),
        (Execution { idle_timeout: None, ..Execution::EXTENDED }, "execution.idle_timeout"),
        (Execution { discovered_steps: Some(301), ..Execution::EXTENDED }, "execution.discovered_steps"),
        (Execution::UNLIMITED, "execution.discovered_steps"),
    ] {
        let error = parent.delegate(spec().execution(asked)).unwrap_err().to_string();
        assert!(error.contains(argument), "{error}");
    }
    let found = |session: &Session| {
        (0..1_000).take_while(|_| session.admit(Usage::NONE.discovered_steps(1)).is_ok()).count()
    };
    let child = parent.delegate(spec().execution(Execution::STANDARD)).unwrap();
    assert_eq!((found(&child), repeated(&child, 9)), (50, 3));
    let heir = parent.delegate(spec()).unwrap();
    assert_eq!((found(&heir), repeated(&heir, 9)), (250, 5), "what is left of the parent's");
    child.record(Usage::NONE.cost(dollars(5)));
    assert_eq!(reason(&child.authorize("read")), Some(Reason::BudgetExceeded));
    assert_eq!(reason(&heir.authorize("read")), None);
    heir.record(Usage::NONE.cost(dollars(45)));
    assert_eq!(reason(&heir.authorize("read")), Some(Reason::BudgetExceeded), "the parent's threshold");
    assert_eq!(heir.authorize("read").unwrap_err().ancestor(), Some(parent.id()));
}

#[test]
// E19
fn e19_the_same_step_too_often_in_a_row_is_a_loop() {
    let (enforcer, _) = under("");
    let limits = Execution { repetitions: Some(3), ..Execution::DISABLED };
    let session = enforcer.create(free("a").tool("send", 0).execution(limits)).unwrap();
    let call = |tool, arguments| session.authorize_call(Call::of(tool).arguments(arguments));
    let again = || call("read", "{\"q\":1}");
    for _ in 0..3 {
        for _ in 0..5 {
            assert!(session.preview_call(Call::of("read").arguments("{\"q\":1}")).is_ok());
        }
        assert!(again().is_ok());
    }
    let before = session.snapshot();
    let denial = again().unwrap_err();
    assert_eq!((denial.reason(), denial.resource()), (Reason::SameStepLoop, Some(Resource::Repetitions)));
    assert_eq!((denial.limit(), denial.used(), denial.tool()), (Some(3), Some(3), Some("read")));
    assert_eq!(session.snapshot().calls, before.calls);
    // Nothing that is refused breaks the row, nor do a preview, a reservation or a step that is no tool's.
    assert_eq!(reason(&call("send", "{}")), Some(Reason::BudgetExceeded));
    assert_eq!(reason(&call("drop", "{}")), Some(Reason::ToolNotAuthorized));
    assert!(session.preview("write").is_ok() && session.admit(Usage::NONE.steps(1)).is_ok());
    session.reserve(Usage::tokens(1)).unwrap().release().unwrap();
    assert_eq!(reason(&again()), Some(Reason::SameStepLoop));
    // Other arguments, or another tool with the same ones, are another step.
    assert!(call("read", "{\"q\":2}").is_ok());
    assert!(again().is_ok() && call("write", "{\"q\":1}").is_ok() && again().is_ok());
}

#[test]
// E19
fn e19_more_memory_than_its_limit_denies_until_less_is_seen() {
    let (enforcer, _) = under("[execution]\nmemory = 1000");
    let session = enforcer.create(free("a")).unwrap();
    assert!(session.observe_memory(1_000) && session.authorize("read").is_ok());
    assert!(!session.observe_memory(1_001));
    let before = session.snapshot();
    let denials = [
        session.authorize("read").unwrap_err(),
        session.authorize_batch(["read", "write"]).unwrap_err(),
        session.reserve(Usage::tokens(1)).unwrap_err(),
        session.admit(Usage::NONE).unwrap_err(),
    ];
    for denial in denials {
        assert_eq!((denial.reason(), denial.resource()), (Reason::BudgetExceeded, Some(Resource::Memory)));
        assert_eq!((denial.limit(), denial.used()), (Some(1_000), Some(1_001)));
    }
    assert_eq!((session.snapshot().calls, before.memory.observed), (before.calls, 1_001));
    assert!(session.observe_memory(7) && session.authorize("read").is_ok());
}

#[test]
// E1
fn e1_a_snapshot_shows_everything_that_an_execution_is_watched_for() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").execution(Execution::STANDARD).steps(9)).unwrap();
    clock.advance(Nanos::new(1_500_000_000));
    let level = session.descend().unwrap();
    session.record(Usage::model(70, 30).steps(2).discovered_steps(1).cost(dollars(1)));
    session.observe_memory(4_096);
    clock.advance(Nanos::new(500_000_000));
    let seen = serde_json::to_value(session.snapshot()).unwrap();
    drop(level);
    for (path, value) in [
        ("/steps/spent", json!(2)),
        ("/steps/remaining", json!(7)),
        ("/tokens_by_kind/input", json!(70)),
        ("/tokens_by_kind/output", json!(30)),
        ("/tokens/spent", json!(100)),
        ("/discovered_steps/spent", json!(1)),
        ("/discovered_steps/limit", json!(50)),
        ("/depth/current", json!(1)),
        ("/depth/deepest", json!(1)),
        ("/depth/limit", json!(5)),
        ("/cost/spent", json!(DOLLAR)),
        ("/wall_time_ms", json!(2_000)),
        ("/memory/observed", json!(4_096)),
        ("/last_activity", json!(1.5)),
        ("/created_at", json!(0.0)),
    ] {
        assert_eq!(seen.pointer(path), Some(&value), "{path}");
    }
}

#[test]
// E10, D23
fn e10_d23_a_tenant_has_as_many_executions_at_once_as_it_may() {
    let (enforcer, _) = under("[tenants.t]\nmax_sessions = 2\n[agents.\"*\"]\nmax_sessions = 1000");
    let make = |tenant: &str| enforcer.create(free("a").tenant(tenant).execution(Execution::STANDARD));
    let (one, _two) = (make("t").unwrap(), make("t").unwrap());
    let error = make("t").unwrap_err();
    assert!(
        matches!(&error, allotment::CreateError::Denied(d) if d.reason() == Reason::TooManySessions && d.retryable()),
        "{error:?}"
    );
    assert!((0..50).all(|_| make("u").is_ok()), "no limit, no cap");
    one.close().unwrap();
    assert!(one.close().is_err() && make("t").is_ok() && make("t").is_err());
}

#[test]
// D19
fn d19_an_execution_that_nobody_knows_is_denied() {
    let (enforcer, _) = under("");
    let (other, _) = under("");
    let known = other.create(free("a")).unwrap();
    assert_eq!(reason(&enforcer.authorize(known.id(), "a", "read")), Some(Reason::NotFound));
    assert_eq!(enforcer.of_agent(known.id(), "a").unwrap_err().reason(), Reason::NotFound);
    assert_eq!(enforcer.events().map(|event| event.kind()).collect::<Vec<_>>(), [EventKind::Denied; 2]);
}

#[test]
// D21
fn d21_money_is_counted_to_the_nano_dollar() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").cost(dollars(100))).unwrap();
    let cent: NanoUsd = "0.0099".parse().unwrap();
    let paid = (0..20_000).take_while(|_| session.authorize_with("read", Usage::NONE.cost(cent)).is_ok());
    assert_eq!(paid.count(), 10_101);
    assert_eq!(session.snapshot().cost.spent, 10_101 * 9_900_000);
    for nonsense in ["-1", "NaN", "inf", "", "1e400", "$5"] {
        assert!(nonsense.parse::<NanoUsd>().is_err(), "{nonsense}");
    }
}
