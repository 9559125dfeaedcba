//! What an intent, a ceiling and an air gap allow, in the session and in all that it was delegated from.

use allotment::{CreateError, Event, EventKind, Reason, Sensitivity, SessionSpec, Status, Tier, ToolClass};

use crate::common::{free, policy, under};
use crate::reason;

fn wide(agent: &str, intent: &str) -> SessionSpec {
    free(agent).tools(["*"]).intent(intent)
}

#[test]
// G13, G10
fn g13_g10_drift_is_denied_with_intent_tier_tool_and_class_in_the_detail() {
    let (enforcer, _) = under("[intent]\non_drift = \"deny\"");
    let session = enforcer.create(wide("a", "read the ledger")).unwrap();
    assert!(session.authorize("get_balance").is_ok());
    let denial = session.authorize("delete_ledger").unwrap_err();
    assert_eq!((denial.reason(), denial.http_status()), (Reason::IntentDrift, 403));
    assert_eq!(denial.tool(), Some("delete_ledger"));
    for part in ["read the ledger", "the intent is read", "the tool admin", "delete_ledger"] {
        assert!(denial.detail().contains(part), "{}", denial.detail());
    }
    assert!(!denial.message().contains("ledger"));
    let batch = session.authorize_batch(["get_balance", "send_mail", "drop_all"]).unwrap_err();
    assert_eq!((batch.tool(), session.snapshot().calls.spent), (Some("send_mail"), 1));
    let seen = session.snapshot();
    assert_eq!((seen.denied, seen.drifts, seen.intent_tier), (2, 2, "read"));
    assert_eq!(session.preview("drop_all").unwrap_err().reason(), Reason::IntentDrift);
    assert_eq!(session.snapshot().drifts, 2, "a preview counts nothing");
    let unlisted = enforcer.create(free("a").intent("read it")).unwrap();
    assert_eq!(reason(&unlisted.authorize("drop")), Some(Reason::ToolNotAuthorized), "that comes first");
}

#[test]
// G13, G17
fn g13_g17_drift_that_only_warns_is_told_granted_and_in_the_summary() {
    let (enforcer, _) = under("");
    let session = enforcer.create(wide("a", "read the ledger")).unwrap();
    let grant = session.authorize("delete_ledger").unwrap();
    let drift = grant.drift().unwrap();
    assert_eq!((drift.tier, drift.class), (Tier::Read, ToolClass::Admin));
    assert_eq!(session.authorize("get_balance").unwrap().drift(), None);
    assert!(session.preview("drop_all").unwrap().drift().is_some());
    assert!(session.authorize_batch(["get_it", "send_it"]).unwrap().drift().is_some());
    let events: Vec<Event> = enforcer.events().collect();
    assert_eq!(events.iter().map(Event::kind).collect::<Vec<_>>(), [EventKind::Drift; 2]);
    let text = events[0].text();
    for part in ["admin tool under read intent", "read the ledger", "delete_ledger"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(session.authorize("bad name").is_err());
    let summary = session.close().unwrap();
    assert_eq!((summary.calls.spent, summary.denied, summary.drifts), (4, 1, 2));
    assert_eq!(summary.utilisation(), None);
    let five = enforcer.create(free("a").calls(5)).unwrap();
    five.authorize_batch(["read"; 3]).unwrap();
    assert_eq!(five.close().unwrap().utilisation().map(f64::round), Some(60.0));
}

#[test]
// G13, G10
fn g13_g10_the_policy_may_deny_an_intent_that_nobody_can_tell() {
    let (enforcer, _) = under("[intent]\non_unknown = \"deny\"");
    for spec in [free("a"), free("a").intent("do as you please")] {
        let session = enforcer.create(spec).unwrap();
        assert_eq!(reason(&session.authorize("read")), Some(Reason::IntentDrift));
        assert_eq!(reason(&session.authorize_batch(["read"; 2])), Some(Reason::IntentDrift));
        enforcer.set_policy(policy(""));
        assert_eq!(reason(&session.authorize("read")), None, "from the next decision on");
        enforcer.set_policy(policy("[intent]\non_unknown = \"deny\""));
        assert_eq!(reason(&session.authorize("read")), Some(Reason::IntentDrift));
    }
}

#[test]
// G12
fn g12_the_catalog_overrides_the_name_and_follows_a_swap() {
    let deny = "[intent]\non_drift = \"deny\"\n";
    let (enforcer, _) = under(deny);
    let session = enforcer.create(wide("a", "read it")).unwrap();
    assert_eq!(reason(&session.authorize("get_and_burn")), None);
    enforcer.set_policy(policy(&format!("{deny}[tools.get_and_burn]\nclass = \"admin\"")));
    assert_eq!(reason(&session.authorize("get_and_burn")), Some(Reason::IntentDrift));
    enforcer.set_policy(policy(&format!("{deny}[tools.drop_hint]\nclass = \"read\"")));
    assert_eq!(reason(&session.authorize("drop_hint")), None);
    assert_eq!(reason(&session.authorize("drop_table")), Some(Reason::IntentDrift));
}

#[test]
// G15
fn g15_an_agent_that_drifts_too_often_within_an_hour_is_paused_whole() {
    let (enforcer, clock) = under("[intent]\non_drift = \"deny\"\npause_after = 3");
    let sessions = [(); 2].map(|()| enforcer.create(wide("a", "read it")).unwrap());
    let other = enforcer.create(wide("b", "read it")).unwrap();
    let child = sessions[0].delegate(SessionSpec::new("b").tools(["get_it"])).unwrap();
    let minutes = |n: u64| clock.advance(allotment::Nanos::from_secs(60 * n));
    let drift = |at: usize| assert_eq!(reason(&sessions[at].authorize("drop")), Some(Reason::IntentDrift));
    drift(0);
    minutes(50);
    drift(1);
    minutes(20);
    drift(0);
    assert_eq!(sessions[0].status(), Status::Active, "70 minutes since the first");
    for _ in 0..9 {
        assert!(sessions[1].preview("drop").is_err() && other.authorize("get_it").is_ok());
    }
    minutes(30);
    drift(1);
    assert_eq!(
        [&sessions[0], &sessions[1], &other].map(|s| s.status().name()),
        ["paused", "paused", "active"]
    );
    assert_eq!(reason(&sessions[0].authorize("get_it")), Some(Reason::Paused));
    let held = child.authorize("get_it").unwrap_err();
    assert_eq!((held.reason(), held.ancestor()), (Reason::Paused, Some(sessions[0].id())));
    let paused = enforcer.events().filter(|event| event.kind() == EventKind::Paused).count();
    assert_eq!(paused, 2);
    sessions[0].resume().unwrap();
    assert_eq!(reason(&sessions[0].authorize("get_it")), None);
}

#[test]
// G15
fn g15_warnings_never_pause() {
    let (enforcer, _) = under("[intent]\npause_after = 1");
    let session = enforcer.create(wide("a", "read it")).unwrap();
    assert!((0..9).all(|_| session.authorize("drop").is_ok()));
    assert_eq!(session.snapshot().drifts, 9);
}

#[test]
// B32
fn b32_a_tool_needs_a_ceiling_as_high_as_it_is_sensitive() {
    let catalog = |level: &str| format!("[tools.query]\nsensitivity = \"{level}\"");
    let levels =
        [Sensitivity::Public, Sensitivity::Internal, Sensitivity::Confidential, Sensitivity::Restricted];
    for (needed, level) in ["public", "internal", "confidential", "restricted"].into_iter().enumerate() {
        let (enforcer, _) = under(&catalog(level));
        for (ceiling, &of_session) in levels.iter().enumerate() {
            let session = enforcer.create(free("a").tools(["query"]).sensitivity(of_session)).unwrap();
            let expected = (needed > ceiling).then_some(Reason::SensitivityExceeded);
            assert_eq!(reason(&session.authorize("query")), expected, "{level} under {ceiling}");
            assert_eq!(reason(&session.authorize("read")), None, "a tool that the catalog does not know");
        }
    }
    let (enforcer, _) = under(&catalog("confidential"));
    let session = enforcer.create(free("a").tools(["query"])).unwrap();
    let denial = session.authorize("query").unwrap_err();
    assert_eq!((denial.tool(), denial.http_status()), (Some("query"), 403));
    assert!(denial.detail().contains("confidential") && denial.detail().contains("internal"));
    assert_eq!(reason(&session.authorize_batch(["read", "query"])), Some(Reason::SensitivityExceeded));
    assert_eq!(session.snapshot().calls.spent, 0);
}

#[test]
// E19
fn e19_an_air_gap_denies_every_tool_that_is_not_known_to_do_without_the_network() {
    let catalog = "[tools.local]\nnetwork = false\n[tools.fetch]\nnetwork = true\n[tools.vague]\nweight = 1";
    let (enforcer, _) = under(catalog);
    let tools = ["local", "fetch", "vague", "read"];
    let session = enforcer.create(free("a").tools(tools).air_gap(true)).unwrap();
    assert_eq!(reason(&session.authorize("local")), None);
    for tool in &tools[1..] {
        let denial = session.authorize(tool).unwrap_err();
        assert_eq!((denial.reason(), denial.tool()), (Reason::NetworkDenied, Some(*tool)));
    }
    assert_eq!(reason(&session.authorize_batch(["local", "read"])), Some(Reason::NetworkDenied));
    let any = enforcer.create(free("a").tools(["*"]).air_gap(true)).unwrap();
    assert_eq!(reason(&any.authorize("anything")), Some(Reason::NetworkDenied));
    enforcer.set_policy(policy(""));
    assert_eq!(
        reason(&session.authorize("local")),
        Some(Reason::NetworkDenied),
        "an empty catalog knows none"
    );

    let (enforcer, _) = under(&format!("defaults.air_gap = true\n{catalog}"));
    let gapped = enforcer.create(free("a").tools(tools)).unwrap();
    assert_eq!(reason(&gapped.authorize("fetch")), Some(Reason::NetworkDenied));
    let open = enforcer.create(free("a").tools(tools).air_gap(false)).unwrap();
    assert_eq!(reason(&open.authorize("fetch")), None);
}

#[test]
// D18
fn d18_a_child_inherits_ceiling_and_air_gap_and_cannot_widen_them() {
    let catalog =
        "[tools.local]\nnetwork = false\nsensitivity = \"confidential\"\n[tools.fetch]\nnetwork = true";
    let (enforcer, _) = under(catalog);
    let parent = free("a").tools(["local", "fetch"]).air_gap(true).sensitivity(Sensitivity::Internal);
    let parent = enforcer.create(parent).unwrap();
    let child = || SessionSpec::new("b").tools(["local", "fetch"]);
    for (spec, argument) in
        [(child().air_gap(false), "air_gap"), (child().sensitivity(Sensitivity::Confidential), "sensitivity")]
    {
        let Err(CreateError::Invalid(error)) = parent.delegate(spec) else { panic!("{argument}") };
        assert_eq!(error.argument(), argument);
    }
    let heir = parent.delegate(child()).unwrap();
    assert_eq!(reason(&heir.authorize("fetch")), Some(Reason::NetworkDenied));
    assert_eq!(reason(&heir.authorize("local")), Some(Reason::SensitivityExceeded));
    let narrow = parent.delegate(child().air_gap(true).sensitivity(Sensitivity::Public)).unwrap();
    assert_eq!(narrow.snapshot().sensitivity, "public");
}

#[test]
// D18, G13
fn d18_g13_a_childs_tools_have_to_fit_the_intents_of_all_it_was_delegated_from() {
    let (enforcer, _) = under("[intent]\non_drift = \"deny\"");
    let parent = enforcer.create(wide("a", "read the ledger")).unwrap();
    let before = parent.snapshot();
    for intent in [None, Some("administer"), Some("manage and delete it all")] {
        let spec = SessionSpec::new("b").tools(["get_it", "delete_it"]);
        let child = intent.map_or(spec.clone(), |intent| spec.intent(intent));
        let child = parent.delegate(child).unwrap();
        let grandchild = child.delegate(SessionSpec::new("c").tools(["delete_it"]).intent("delete")).unwrap();
        for session in [&child, &grandchild] {
            let denial = session.authorize("delete_it").unwrap_err();
            assert_eq!(denial.reason(), Reason::IntentDrift, "{intent:?}");
            assert!(denial.detail().contains("read the ledger"), "{}", denial.detail());
            assert_eq!(denial.session(), Some(session.id()));
        }
        child.close().unwrap();
    }
    assert_eq!(parent.snapshot().calls, before.calls);
    let writer = enforcer.create(wide("a", "update it")).unwrap();
    let reader = writer.delegate(SessionSpec::new("b").tools(["get_it", "send_it"]).intent("read")).unwrap();
    assert_eq!(reason(&reader.authorize("send_it")), Some(Reason::IntentDrift), "its own intent");
    assert_eq!(reason(&reader.authorize("get_it")), None);
}

#[test]
// D18
fn d18_a_childs_tools_have_to_fit_what_its_ancestors_may_touch_under_a_policy_that_comes_later() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").sensitivity(Sensitivity::Public)).unwrap();
    let child = parent.delegate(SessionSpec::new("b").tools(["read"])).unwrap();
    assert_eq!(reason(&child.authorize("read")), None);
    enforcer.set_policy(policy("[tools.read]\nsensitivity = \"internal\""));
    assert_eq!(reason(&child.authorize("read")), Some(Reason::SensitivityExceeded));
}

#[test]
// G23
fn g23_deactivating_an_agent_closes_what_others_were_delegated_from_it() {
    let (enforcer, _) = under("");
    let tree = || {
        let parent = enforcer.create(free("a")).unwrap();
        let child = parent.delegate(SessionSpec::new("b").tools(["read"])).unwrap();
        let own = child.delegate(SessionSpec::new("a").tools(["read"])).unwrap();
        [parent, child, own]
    };
    let (one, two) = (tree(), tree());
    let bystander = enforcer.create(free("b")).unwrap();
    assert_eq!(enforcer.close_agent("a"), 4, "those that end with another one of the agent are counted too");
    for session in one.iter().chain(&two) {
        assert_eq!(session.status(), Status::Closed);
        assert_eq!(reason(&session.authorize("read")), Some(Reason::Closed));
        assert!(session.resume().is_err() && session.pause().is_err() && session.close().is_err());
    }
    assert_eq!(bystander.status(), Status::Active);
    assert_eq!((enforcer.active_sessions("a"), enforcer.active_sessions("b")), (0, 1));
    assert_eq!(enforcer.sweep(), 6);
}
