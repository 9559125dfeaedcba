//! The queue bounded and in order, the texts short and printable.

use super::*;
use crate::decision::{Denial, Evidence, LimitWarning, Reason};
use crate::intent::{Tier, ToolClass};
use crate::units::{Nanos, Resource, Scope, SessionId};

fn queue(capacity: usize) -> Events {
    Events::new(capacity, Wanted::default(), 7)
}

fn told(kind: EventKind, about: About) -> Event {
    let events = Events::new(1, Wanted::new(true, true, true), 0);
    events.push_with(kind, Nanos::ZERO, || about);
    events.drain(1).next().expect("an event")
}

#[test]
fn a_full_queue_drops_the_newest_counts_it_and_builds_nothing() {
    let events = queue(3);
    for at in 0..3 {
        events.push_with(EventKind::Closed, Nanos::new(at), About::default);
    }
    for _ in 0..5 {
        events.push_with(EventKind::Closed, Nanos::ZERO, || unreachable!("built for a full queue"));
    }
    assert_eq!((events.waiting(), events.dropped()), (3, 5));
    let drained: Vec<_> = events.drain(9).map(|event| (event.at().get(), event.unix_nanos())).collect();
    assert_eq!(drained, [(0, 7), (1, 8), (2, 9)]);
    events.push_with(EventKind::Expired, Nanos::ZERO, About::default);
    assert_eq!((events.drain(9).count(), events.dropped()), (1, 5));
}

#[test]
fn what_is_not_wanted_is_neither_built_nor_counted() {
    let events = queue(3);
    let unwanted = |kind| events.push_with(kind, Nanos::ZERO, || unreachable!("not wanted"));
    unwanted(EventKind::Granted);
    events.want(Wanted::new(true, false, false));
    for kind in [EventKind::Denied, EventKind::Warning, EventKind::Drift] {
        unwanted(kind);
    }
    let always: Vec<_> = EventKind::ALL.into_iter().filter(|&kind| events.wants(kind)).collect();
    assert_eq!((always.len(), always.contains(&EventKind::Granted)), (8, true));
    assert_eq!((events.waiting(), events.dropped()), (0, 0));
}

#[test]
fn a_drain_ends_and_takes_no_more_than_it_was_asked_to() {
    let events = queue(8);
    let add = || events.push_with(EventKind::Closed, Nanos::ZERO, About::default);
    (0..4).for_each(|_| add());
    assert_eq!(events.drain(3).count(), 3);
    // One waited when it began; what each step adds is for the next.
    assert_eq!(events.drain(usize::MAX).inspect(|_| add()).take(100).count(), 1);
    assert_eq!((events.waiting(), queue(0).drain(1).count()), (1, 0));
}

#[test]
fn an_empty_queue_of_the_default_size_is_small() {
    assert!(core::mem::size_of::<Box<Event>>() == 8 && core::mem::size_of::<Event>() <= 192);
}

#[test]
fn what_the_model_wrote_is_one_short_line_that_forges_nothing() {
    let hostile = [
        "rm\nINFO all is well",
        "\u{1b}[31mred\r",
        "x\u{202e}txt.exe",
        "a\u{2028}b\u{85}c\u{200b}\u{feff}",
        "x\"] [agent \"root",
        "back\\slash",
        &"ü".repeat(10_000),
        &"\u{0}".repeat(10_000),
    ];
    for name in hostile {
        let denial = Denial::new(Evidence {
            tool: Some(name.into()),
            party: Some(name.into()),
            session: Some(SessionId::random()),
            ..Evidence::of(Reason::ToolNotAuthorized)
        });
        let drift = Matter::of_drift(Some(name), Tier::Read, ToolClass::Admin);
        for event in [
            told(EventKind::Denied, About::default().matter(Matter::of_denial(&denial))),
            told(EventKind::Drift, About::stranger(None, name, Some(name)).tool(Some(name)).matter(drift)),
        ] {
            let (text, tool) = (event.text(), event.tool().expect("a tool").to_owned());
            let plain = |c: char| c == ' ' || c == 'ü' || c == '…' || c.is_ascii_graphic();
            assert!(text.chars().all(plain) && tool.chars().all(plain), "{text}");
            assert!(text.len() < 8 * 1024 && tool.len() <= 1024, "{}", text.len());
            assert!(!text.contains("[agent \"root"), "{text}");
            assert!(!event.message().contains("rm"));
        }
    }
}

#[test]
fn each_kind_has_its_line_and_a_sentence_without_figures() {
    let warning = |resource| LimitWarning { scope: Scope::Session, resource, remaining: 20, limit: 100 };
    let about = || About::stranger(None, "a", None);
    let amounts =
        Matter::of_amounts(&[(Resource::Calls, 20), (Resource::Cost, 5_000_000_000), (Resource::Steps, 0)]);
    let drift = Matter::of_drift(Some("read it"), Tier::Read, ToolClass::Admin);
    let lines = [
        (EventKind::Closed, about(), "closed [agent \"a\"]"),
        (EventKind::ToppedUp, about().matter(amounts), "topped_up: 20 calls, $5.00 cost [agent \"a\"]"),
        (
            EventKind::Warning,
            about().matter(Matter::Warning(warning(Resource::Calls))),
            "warning: budget low: 20 of 100 calls remaining (20%) [agent \"a\"]",
        ),
        (
            EventKind::Drift,
            about().tool(Some("drop")).matter(drift),
            "drift: admin tool under read intent [intent \"read it\"] [tool \"drop\"] [agent \"a\"]",
        ),
    ];
    for (kind, about, line) in lines {
        assert_eq!(told(kind, about).text(), line);
    }
    for kind in EventKind::ALL {
        let message = told(kind, about()).message();
        assert!(message.ends_with('.') && !message.contains(|c: char| c.is_ascii_digit()), "{message}");
        assert_eq!(serde_json::to_value(told(kind, about())).expect("JSON")["kind"], kind.name());
    }
    let low = told(EventKind::Warning, about().matter(Matter::Warning(warning(Resource::Tokens))));
    assert_eq!(low.message(), "The budget for tokens runs low.");
}
