//! Denials. Nobody drains the events, so all but the first find the queue full; in one case each is drained as it comes.

use std::hint::black_box;

use allotment::{Denial, Enforcer, Rate, Reason, Session, SessionSpec};

use crate::{PLENTY, Subject, TOOLS, policy, session};

/// Denials for each of five reasons, and one whose event is read.
#[must_use]
pub fn denied() -> Vec<Subject> {
    let slow = Rate::per_hour(1).expect("a rate");
    let used_up = |spec: SessionSpec| {
        let session = enforcer().create(spec.tools(TOOLS)).expect("a session");
        session.authorize("search").expect("the only call there is");
        session
    };
    let tool = session(&enforcer(), "agent-7", None);
    let budget = used_up(SessionSpec::new("agent-7").calls(1));
    let rate = used_up(SessionSpec::new("agent-7").calls(PLENTY).rate(slow));
    let (others, gone) = (enforcer(), enforcer());
    let id = session(&others, "agent-7", None).id();
    let ended: Session = session(&gone, "agent-7", None);
    let unknown = ended.id();
    ended.close().expect("a session that was active");
    assert_eq!(gone.sweep(), 1);
    vec![
        case("tool", Reason::ToolNotAuthorized, move || denial(tool.authorize(black_box("wire_money")))),
        case("budget", Reason::BudgetExceeded, move || denial(budget.authorize(black_box("search")))),
        case("rate", Reason::RateLimited, move || denial(rate.authorize(black_box("search")))),
        case("agent_mismatch", Reason::AgentMismatch, move || {
            denial(others.authorize(black_box(id), black_box("agent-8"), "search"))
        }),
        case("not_found", Reason::NotFound, move || {
            denial(gone.authorize(black_box(unknown), black_box("agent-7"), "search"))
        }),
        told_and_drained(),
    ]
}

fn enforcer() -> Enforcer {
    Enforcer::new(policy(false, false)).expect("an enforcer")
}

fn denial<T>(decided: Result<T, Denial>) -> Option<Denial> {
    decided.err()
}

/// Denials for `reason`, with the queue of events full from the start.
fn case(name: &str, reason: Reason, mut ask: impl FnMut() -> Option<Denial> + 'static) -> Subject {
    for _ in 0..5_000 {
        assert_eq!(ask().map(|denial| denial.reason()), Some(reason), "{name}");
    }
    Subject::sure(format!("denied/{name}"), move || ask().is_some_and(|denial| denial.reason() == reason))
}

fn told_and_drained() -> Subject {
    let enforcer = enforcer();
    let session = session(&enforcer, "agent-7", None);
    enforcer.events().for_each(drop);
    Subject::sure("denied/tool_told_and_drained", move || {
        session.authorize(black_box("wire_money")).is_err() && enforcer.events().next().is_some()
    })
}
