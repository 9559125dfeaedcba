//! What a denial says, to whom.

use allotment::{CreateError, Denial, Enforcer, Nanos, Rate, Reason, Usage};

use crate::common::{free, under};

/// One denial of each reason that one caller can bring about, all at one tenant with telling names and figures.
fn one_of_each() -> Vec<Denial> {
    let policy = "[tenants.acme-4711]\nmax_sessions = 9\ncalls = 4242\n[agents.scout-815]\nmax_sessions = 8\ntokens = 77";
    let (enforcer, clock) = under(policy);
    let spec = || free("scout-815").tenant("acme-4711").tool("wire-99", 0);
    let create = |spec| enforcer.create(spec).unwrap();
    let [closed, paused, plain] = [(); 3].map(|()| create(spec()));
    let expired = create(spec().time_limit(Nanos::from_secs(1)));
    let spent = create(spec().calls(0));
    let fast = create(spec().rate(Rate::per_minute(1).unwrap()));
    closed.close().unwrap();
    paused.pause().unwrap();
    clock.advance(Nanos::from_secs(1));
    fast.authorize("read").unwrap();
    vec![
        enforcer.authorize("00000000-0000-4000-8000-000000000000".parse().unwrap(), "x", "y").unwrap_err(),
        closed.authorize("read").unwrap_err(),
        paused.authorize("read").unwrap_err(),
        expired.authorize("read").unwrap_err(),
        enforcer.authorize(plain.id(), "spy-13", "read").unwrap_err(),
        plain.authorize("drop-55").unwrap_err(),
        spent.authorize("read").unwrap_err(),
        plain.authorize("wire-99").unwrap_err(),
        plain.authorize_with("read", Usage::tokens(78)).unwrap_err(),
        plain.authorize_batch(vec!["read"; 5000]).unwrap_err(),
        fast.authorize("read").unwrap_err(),
        fast.authorize_batch(["read"; 2]).unwrap_err(),
        too_many(&enforcer, 8),
        store_full(),
    ]
}

fn too_many(enforcer: &Enforcer, cap: usize) -> Denial {
    (0..=cap).find_map(|_| denied(enforcer.create(free("scout-815").tenant("acme-4711")))).unwrap()
}

fn store_full() -> Denial {
    let enforcer = Enforcer::builder().max_sessions(1).build().unwrap();
    enforcer.create(free("scout-815")).unwrap();
    denied(enforcer.create(free("scout-815"))).unwrap()
}

fn denied(created: Result<allotment::Session, CreateError>) -> Option<Denial> {
    match created {
        Err(CreateError::Denied(denial)) => Some(denial),
        _ => None,
    }
}

#[test]
// B29
fn b29_what_the_model_reads_has_no_figures_and_no_names_and_the_operator_reads_all() {
    for denial in one_of_each() {
        for text in [denial.message(), denial.to_string()] {
            let names = ["acme", "scout", "wire", "drop", "spy", "tenant", "session ", "agent-"];
            assert!(!text.contains(|c: char| c.is_ascii_digit()), "{text}");
            assert!(!names.iter().any(|name| text.contains(name) && *name != "session "), "{text}");
            assert!(!text.is_empty() && text.len() < 120 && !text.contains('\n'), "{text}");
        }
        let detail = denial.detail();
        assert!(detail.starts_with(denial.reason().name()) && !detail.contains('\n'), "{detail}");
        for name in [denial.party(), denial.tool()].into_iter().flatten() {
            assert!(detail.contains(name), "{detail} lacks {name}");
        }
        if let Some(id) = denial.session() {
            assert!(detail.contains(&id.to_string()), "{detail} lacks {id}");
        }
        if let (Some(limit), Some(_)) = (denial.limit(), denial.requested()) {
            assert!(detail.contains(&limit.to_string()), "{detail} lacks {limit}");
        }
    }
}

#[test]
// B30
fn b30_each_reason_has_its_status() {
    let seen: Vec<_> =
        one_of_each().iter().map(|d| (d.reason().name(), d.http_status(), d.retryable())).collect();
    let expected = [
        ("not_found", 404, false),
        ("closed", 410, false),
        ("paused", 409, false),
        ("expired", 408, false),
        ("agent_mismatch", 403, false),
        ("tool_not_authorized", 403, false),
        ("budget_exceeded", 429, false),
        ("budget_exceeded", 429, false),
        ("budget_exceeded", 429, false),
        ("budget_exceeded", 429, false),
        ("rate_limited", 429, true),
        ("rate_limited", 429, false),
        ("too_many_sessions", 429, true),
        ("store_full", 503, false),
    ];
    assert_eq!(seen, expected);
}

#[test]
// V10
fn v10_a_denial_is_a_value_with_its_evidence() {
    for denial in one_of_each() {
        assert_eq!(denial.clone(), denial);
        assert!(denial.retry_after().is_none_or(|wait| wait > Nanos::ZERO));
        assert_eq!(
            denial.retry_after().is_some(),
            denial.reason() == Reason::RateLimited && denial.retryable()
        );
    }
}

#[test]
fn what_the_model_makes_up_stays_on_one_short_line() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a")).unwrap();
    let tool = format!("rm\n\u{1b}[31m\u{0}{}", "x".repeat(100_000));
    let detail = session.authorize(&tool).unwrap_err().detail();
    assert!(detail.len() < 1000 && !detail.contains(|c: char| c.is_control()), "{detail}");
    let detail = enforcer.authorize(session.id(), &tool, "read").unwrap_err().detail();
    assert!(detail.len() < 1000 && !detail.contains(|c: char| c.is_control()), "{detail}");
}
