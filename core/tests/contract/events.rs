//! What an operator hears of: each denial and each end once, previews never, and nothing that a model could forge.

use allotment::{Event, EventKind, NanoUsd, Nanos, Reason, Usage};

use crate::common::{free, under};

fn kinds(events: &[Event]) -> Vec<EventKind> {
    events.iter().map(Event::kind).collect()
}

#[test]
fn a_denial_is_told_once_with_what_was_asked_by_whom() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").tenant("t").tool("send", 1).calls(1)).unwrap();
    clock.advance(Nanos::from_secs(3));
    session.authorize("send").unwrap();
    assert_eq!(kinds(&enforcer.drain_events(9)), [EventKind::Warning; 2], "the cap and the calls run low");
    let denials = [
        session.authorize("drop").unwrap_err(),
        session.authorize("read").unwrap_err(),
        session.authorize_batch(["send", "read"]).unwrap_err(),
        session.authorize_with("write", Usage::tokens(5)).unwrap_err(),
        enforcer.authorize(session.id(), "a", "read").unwrap_err(),
        enforcer.authorize(session.id(), "b", "read").unwrap_err(),
    ];
    let events: Vec<_> = enforcer.events().collect();
    assert_eq!(events.iter().map(|event| event.denial().unwrap()).collect::<Vec<_>>(), denials.each_ref());
    let tools: Vec<_> = events.iter().map(Event::tool).collect();
    assert_eq!(tools, [Some("drop"), Some("read"), Some("send"), Some("write"), Some("read"), Some("read")]);
    for event in &events {
        assert_eq!((event.kind(), event.session()), (EventKind::Denied, Some(session.id())));
        assert_eq!((event.agent(), event.tenant()), (Some("a"), Some("t")));
        assert_eq!((event.at(), event.unix_nanos()), (Nanos::from_secs(3), 3_000_000_000));
        assert_eq!(event.message(), event.denial().unwrap().message());
        assert!(event.text().contains(&event.denial().unwrap().detail()), "{event}");
    }
    assert_eq!(events.len() as u64, session.snapshot().denied);
    assert_eq!(enforcer.events().count(), 0);
}

#[test]
fn a_reservation_and_a_creation_that_are_denied_are_told_too() {
    let (enforcer, _) = under("[agents.a]\nmax_sessions = 1");
    let session = enforcer.create(free("a").cost(NanoUsd::new(5))).unwrap();
    assert!(session.reserve(Usage::NONE.cost(NanoUsd::new(6))).is_err());
    assert!(enforcer.create(free("a").tenant("t")).is_err());
    let nobody = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    assert!(enforcer.authorize(nobody, "stranger\n", "read").is_err());
    assert!(enforcer.authorize_batch(nobody, "stranger", ["read"]).is_err());
    let events = enforcer.drain_events(9);
    let seen: Vec<_> = events.iter().map(|e| (e.reason().unwrap(), e.agent().unwrap(), e.tenant())).collect();
    let expected = [
        (Reason::BudgetExceeded, "a", None),
        (Reason::TooManySessions, "a", Some("t")),
        (Reason::NotFound, "stranger\\n", None),
        (Reason::NotFound, "stranger", None),
    ];
    assert_eq!(seen, expected);
    assert_eq!(events[2].session(), Some(nobody));
}

#[test]
fn previews_and_refused_ends_are_not_told() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").calls(0)).unwrap();
    let nobody = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    assert!(session.preview("drop").is_err() && session.preview("read").is_err());
    assert!(enforcer.preview(session.id(), "a", "read").is_err());
    assert_eq!(enforcer.preview(session.id(), "b", "read").unwrap_err().reason(), Reason::AgentMismatch);
    assert_eq!(enforcer.preview(nobody, "a", "read").unwrap_err().reason(), Reason::NotFound);
    assert!(enforcer.get(nobody).is_err());
    assert_eq!((session.snapshot().denied, enforcer.stats().events_waiting), (0, 0));
    session.close().unwrap();
    assert!(session.close().is_err() && session.pause().is_err() && session.resume().is_err());
    assert_eq!(kinds(&enforcer.drain_events(9)), [EventKind::Closed]);
}

#[test]
fn a_preview_by_id_says_what_the_call_would_say() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").tool("send", 0).time_limit(Nanos::from_secs(9))).unwrap();
    let same = |agent| {
        for tool in ["send", "drop"] {
            let preview = enforcer.preview(session.id(), agent, tool).unwrap_err();
            assert_eq!(preview, enforcer.authorize(session.id(), agent, tool).unwrap_err());
        }
    };
    assert_eq!(
        enforcer.preview(session.id(), "a", "read").unwrap(),
        enforcer.authorize(session.id(), "a", "read").unwrap()
    );
    ["a", "b"].into_iter().for_each(same);
    clock.advance(Nanos::from_secs(9));
    ["a", "b"].into_iter().for_each(same);
}

#[test]
fn an_end_is_told_once_whoever_sees_it_and_so_is_each_childs() {
    let (enforcer, clock) = under("");
    let minute = || free("a").time_limit(Nanos::from_secs(60));
    let [closed, killed, expired, swept] =
        ["a", "b", "a", "a"].map(|agent| enforcer.create(free(agent)).unwrap());
    let (parent, short) = (enforcer.create(free("p")).unwrap(), enforcer.create(minute()).unwrap());
    let child = parent.delegate(free("c")).unwrap();
    let grandchild = child.delegate(free("g")).unwrap();
    closed.close().unwrap();
    assert_eq!(enforcer.close_agent("b"), 1);
    parent.close().unwrap();
    let ends: Vec<_> = enforcer.events().map(|event| (event.kind(), event.session().unwrap())).collect();
    let by_hand = [&closed, &killed, &parent, &child, &grandchild];
    assert_eq!(ends, by_hand.map(|session| (EventKind::Closed, session.id())));

    clock.advance(Nanos::from_secs(60));
    assert!(short.authorize("read").is_err() && short.authorize("read").is_err());
    clock.advance(Nanos::from_secs(86_400));
    assert!(expired.close().is_err());
    enforcer.sweep();
    enforcer.sweep();
    let events = enforcer.drain_events(99);
    let told: Vec<_> = kinds(&events).into_iter().map(EventKind::name).collect();
    assert_eq!(told, ["expired", "denied", "denied", "expired", "expired"]);
    assert_eq!(
        [0, 3, 4].map(|place: usize| events[place].session().unwrap()),
        [&short, &expired, &swept].map(allotment::Session::id)
    );
    assert_eq!((events[0].at(), events[4].at()), (Nanos::from_secs(60), Nanos::from_secs(86_460)));
}

#[test]
fn a_full_queue_drops_the_newest_and_counts_and_decides_as_before() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a")).unwrap();
    assert_eq!((enforcer.stats().events_waiting, enforcer.stats().events_dropped), (0, 0));
    for number in 0..4096 + 100 {
        assert_eq!(
            session.authorize(&format!("drop-{number}")).unwrap_err().reason(),
            Reason::ToolNotAuthorized
        );
    }
    assert_eq!((enforcer.stats().events_waiting, enforcer.stats().events_dropped), (4096, 100));
    let first = enforcer.drain_events(10);
    assert_eq!(first.iter().filter_map(Event::tool).collect::<Vec<_>>()[8..], ["drop-8", "drop-9"]);
    assert_eq!(enforcer.drain_events(0).len(), 0);
    let last = enforcer.events().last().unwrap();
    assert_eq!((last.tool(), enforcer.stats().events_waiting), (Some("drop-4095"), 0));
}

#[test]
fn the_iterator_ends_though_each_step_adds_an_event() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a")).unwrap();
    assert!(session.authorize("drop").is_err() && session.authorize("drop").is_err());
    assert_eq!(enforcer.events().filter(|_| session.authorize("drop").is_err()).take(100).count(), 2);
    assert_eq!(enforcer.stats().events_waiting, 2);
}

#[test]
fn what_the_model_makes_up_is_one_short_line_and_forges_nothing() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tool("*", None).calls(1)).unwrap();
    session.authorize("read").unwrap();
    let tail = "x".repeat(10_000);
    let hostile = format!("rm\n\u{1b}[31m\r\u{2028}\u{202e}\u{0}\"] [agent \"root{tail}");
    // Named by the denial (not authorised), and named by the request (out of calls).
    let strict = enforcer.create(free("a")).unwrap();
    assert!(session.authorize(&hostile).is_err() && strict.authorize(&hostile).is_err());
    assert!(enforcer.authorize(strict.id(), &hostile, &hostile).is_err());
    for event in enforcer.events() {
        let json = serde_json::to_string(&event).unwrap();
        for text in [&event.text(), event.tool().unwrap(), &event.message(), &json] {
            assert!(
                text.len() < 6000 && text.chars().all(|c| (' '..='~').contains(&c) || c == '…'),
                "{text}"
            );
        }
        assert!(!event.text().contains("[agent \"root") && event.text().contains("[agent \"a\"]"), "{event}");
    }
}

#[test]
fn an_event_is_a_value_and_serialises() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").tenant("t")).unwrap();
    clock.advance(Nanos::new(1_500_000_000));
    session.authorize("drop").unwrap_err();
    let event = enforcer.events().next().unwrap();
    assert_eq!(event.clone(), event);
    let json = serde_json::to_value(&event).unwrap();
    let expected = serde_json::json!({
        "kind": "denied", "at": 1.5, "at_nanos": 1_500_000_000u64, "session": session.id().to_string(),
        "agent": "a", "tenant": "t", "tool": "drop", "reason": "tool_not_authorized",
        "message": "This tool is not authorised in this session.", "detail": event.to_string(),
    });
    assert_eq!(json, expected);
}
