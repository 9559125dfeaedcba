//! The whole enforcer, as its users call it: policies swapped under decisions, the queue of events, creation. Its maps and lists are
//! the real ones, which loom does not look into: each of their operations is one step here, and what one thread puts in and another takes
//! out loom believes to be unsynchronised (so there is no delegation here, whose child the parent's close finds in a list).
#![cfg(loom)]

use std::sync::Arc;

use allotment::{Enforcer, Event, ManualClock, Policy, Reason, Scope, Session, SessionSpec};
use loom::thread;
use loom_tests::{Depth, explore};

fn policy(toml: &str) -> Policy {
    Policy::from_toml_str(toml).unwrap()
}

fn enforcer(policy: Policy) -> Arc<Enforcer> {
    Arc::new(Enforcer::builder().policy(policy).clock(ManualClock::new()).build().unwrap())
}

fn session(enforcer: &Enforcer) -> Session {
    enforcer.create(SessionSpec::new("a").tenant("t").tools(["x"]).calls(9)).unwrap()
}

/// Neither policy admits anything: of the first the agent has no calls, of the second the tenant. A decision that took the agent's
/// limit from the one and the tenant's from the other would. One session has been asked before, and one has not: it brings the agent
/// under the new policy while that is still being put in force.
#[test]
fn no_decision_is_made_of_two_policies() {
    explore("swap ‖ authorize ‖ another session's authorize", Depth::Preemptions(2), || {
        let [agent, tenant] = ["[agents.a]\ncalls = 0", "[tenants.t]\ncalls = 0"].map(policy);
        let enforcer = enforcer(agent);
        let (known, new) = (session(&enforcer), session(&enforcer));
        let is_refused = |session: &Session| {
            assert_eq!(session.authorize("x").unwrap_err().reason(), Reason::BudgetExceeded);
        };
        is_refused(&known);
        let swaps = enforcer.clone();
        let others =
            [thread::spawn(move || swaps.set_policy(tenant)), thread::spawn(move || is_refused(&new))];
        is_refused(&known);
        for other in others {
            other.join().unwrap();
        }
    });
}

/// The same for a policy that is in force, and again, and for one in between.
#[test]
fn no_decision_is_made_of_two_policies_that_change_places() {
    explore("swap, swap back ‖ authorize", Depth::Preemptions(3), || {
        let [agent, tenant] = ["[agents.a]\ncalls = 0", "[tenants.t]\ncalls = 0"].map(policy);
        let enforcer = enforcer(agent.clone());
        let session = session(&enforcer);
        let swaps = enforcer.clone();
        let other = thread::spawn(move || {
            swaps.set_policy(tenant);
            swaps.set_policy(agent);
        });
        assert_eq!(session.authorize("x").unwrap_err().reason(), Reason::BudgetExceeded);
        other.join().unwrap();
    });
}

/// What was in force when a decision began may decide it; what was not any more, not, whoever else is deciding.
#[test]
fn after_a_swap_has_returned_no_decision_follows_the_old_policy() {
    explore("swap, authorize ‖ authorize", Depth::Preemptions(3), || {
        let enforcer = enforcer(Policy::default());
        let session = Arc::new(session(&enforcer));
        let others = session.clone();
        let other = thread::spawn(move || others.authorize("x").is_ok());
        enforcer.set_policy(policy("[agents.a]\ncalls = 0"));
        assert_eq!(session.authorize("x").unwrap_err().reason(), Reason::BudgetExceeded);
        let admitted = u64::from(other.join().unwrap());
        assert_eq!(session.calls().spent, admitted);
        assert!(session.authorize("x").is_err());
    });
}

/// The way of calls that agent and tenant limit too, and which keeps what they allow: the agent's last call is admitted once, who is refused is
/// told the truth, and neither a debit nor a hold is left of what was refused: the tenant's last call, which is one more, is there for another
/// agent afterwards, and the next denials are final. Each session has been asked before, so that it goes that way.
#[test]
fn the_last_call_that_an_agent_allows_is_admitted_once_and_leaves_nothing_behind() {
    explore("authorize ‖ authorize ‖ close, agent + tenant", Depth::Preemptions(2), || {
        let limited = "[warnings]\nthreshold = 0\n[agents.a]\ncalls = 3\n[tenants.t]\ncalls = 4";
        let enforcer = enforcer(policy(limited));
        let (one, two) = (session(&enforcer), session(&enforcer));
        assert!(one.authorize("x").is_ok() && two.authorize("x").is_ok());
        let asked = |session: &Session| match session.authorize("x") {
            Ok(_) => 1,
            Err(denial) => {
                let reason = denial.reason();
                assert!(
                    matches!(reason, Reason::BudgetExceeded | Reason::Contended | Reason::Closed),
                    "{reason}"
                );
                0
            }
        };
        let other = thread::spawn(move || asked(&two));
        let closed = one.clone();
        let closing = thread::spawn(move || closed.close().is_ok());
        let first = asked(&one);
        assert!(closing.join().unwrap());
        let admitted = first + other.join().unwrap();
        assert!(admitted <= 1, "{admitted} of one");
        let (third, spec) = (session(&enforcer), SessionSpec::new("b").tenant("t").tools(["x"]));
        assert_eq!(
            u64::from(third.authorize("x").is_ok()),
            1 - admitted,
            "what nobody was granted is still there"
        );
        let fourth = enforcer.create(spec).unwrap();
        for (session, scope) in [(&third, Scope::Agent), (&fourth, Scope::Tenant)] {
            assert!(scope == Scope::Agent || session.authorize("x").is_ok(), "the tenant's last call");
            let denial = session.authorize("x").unwrap_err();
            assert_eq!((denial.reason(), denial.scope()), (Reason::BudgetExceeded, Some(scope)));
        }
    });
}

/// A policy that limits calls is followed by another one that does: what was kept of the first decides nothing afterwards.
#[test]
fn what_was_kept_of_an_old_policy_decides_nothing() {
    explore("swap, authorize ‖ authorize", Depth::Preemptions(2), || {
        let [plenty, spent] = ["9", "1"]
            .map(|calls| policy(&format!("[warnings]\nthreshold = 0\n[agents.a]\ncalls = {calls}")));
        let enforcer = enforcer(plenty);
        let session = Arc::new(session(&enforcer));
        assert!(session.authorize("x").is_ok());
        let others = session.clone();
        let other = thread::spawn(move || others.authorize("x").is_ok());
        enforcer.set_policy(spent);
        assert_eq!(session.authorize("x").unwrap_err().reason(), Reason::BudgetExceeded);
        let admitted = u64::from(other.join().unwrap());
        assert_eq!(session.calls().spent, 1 + admitted);
    });
}

/// Two swaps at once: one of the two is in force in the end, for everyone.
#[test]
fn of_two_swaps_at_once_one_is_in_force_everywhere() {
    explore("swap ‖ swap", Depth::Preemptions(5), || {
        let [agent, tenant] = ["[agents.a]\ncalls = 1", "[tenants.t]\ncalls = 1"].map(policy);
        let enforcer = enforcer(Policy::default());
        let session = session(&enforcer);
        let swaps = enforcer.clone();
        let other = thread::spawn(move || swaps.set_policy(tenant));
        enforcer.set_policy(agent);
        other.join().unwrap();
        assert!(session.authorize("x").is_ok());
        let refused = session.authorize("x").unwrap_err();
        let of_agent = enforcer.policy().agent_limits("a").limits.calls == Some(1);
        assert_eq!(refused.scope(), Some(if of_agent { Scope::Agent } else { Scope::Tenant }));
    });
}

/// Two sessions are denied while somebody drains: every event comes out once or is counted as dropped, and each writer's in order.
#[test]
fn every_event_comes_out_once_or_is_counted() {
    explore("denial × 2 ‖ denial × 2 ‖ drain", Depth::Exhaustive, || {
        let enforcer = enforcer(policy("[events]\ncapacity = 2"));
        let sessions = [session(&enforcer), session(&enforcer)];
        let ids = sessions.each_ref().map(Session::id);
        let writers = sessions.map(|session| {
            thread::spawn(move || {
                for tool in ["one", "two"] {
                    assert!(session.authorize(tool).is_err());
                }
            })
        });
        let mut drained = enforcer.drain_events(9);
        for writer in writers {
            writer.join().unwrap();
        }
        let rest = enforcer.drain_events(9);
        // Both writers may have found one place free.
        assert!(rest.len() <= 3, "{} events in a queue of two", rest.len());
        drained.extend(rest);
        let stats = enforcer.stats();
        assert_eq!(drained.len() as u64 + stats.events_dropped, 4);
        for id in ids {
            let of_writer = drained.iter().filter(|event| event.session() == Some(id));
            let tools: Vec<_> = of_writer.filter_map(Event::tool).collect();
            assert!(["one", "two"].starts_with(&tools) || tools == ["two"], "{tools:?}");
        }
    });
}

/// A creation at the agent's cap against the close of the one session there is, and another creation.
#[test]
fn creations_and_a_close_keep_to_the_agents_cap() {
    explore("create ‖ create ‖ close", Depth::Exhaustive, || {
        let enforcer = enforcer(policy("[agents.a]\nmax_sessions = 1"));
        let first = session(&enforcer);
        let creates = enforcer.clone();
        let create = |enforcer: &Enforcer| enforcer.create(SessionSpec::new("a").tools(["x"])).ok();
        let other = thread::spawn(move || create(&creates));
        let closing = thread::spawn(move || first.close().is_ok());
        let one = create(&enforcer);
        assert!(closing.join().unwrap());
        let two = other.join().unwrap();
        assert!(one.is_none() || two.is_none(), "two sessions of an agent that may have one");
        let alive = u64::from(one.is_some() || two.is_some());
        assert_eq!(enforcer.active_sessions("a"), alive);
        assert_eq!(create(&enforcer).is_some(), alive == 0, "the place is free again, or taken");
    });
}
