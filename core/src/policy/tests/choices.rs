//! Sections `[events]`, `[approval]` and `[reservations]`.

use super::*;

#[test]
// E6
fn e6_warnings_and_denials_are_recorded_and_grants_on_request() {
    let usual = EventRules { capacity: 4096, grants: false, warnings: true, denials: true };
    for text in ["", "[events]", "events.capacity = 4096"] {
        assert_eq!(policy(text).events(), usual);
    }
    for (text, rules) in [
        ("capacity = 1", EventRules { capacity: 1, ..usual }),
        ("capacity = 1048576", EventRules { capacity: 1 << 20, ..usual }),
        ("grants = true", EventRules { grants: true, ..usual }),
        ("warnings = false", EventRules { warnings: false, ..usual }),
        ("denials = false", EventRules { denials: false, ..usual }),
    ] {
        let read = policy(&format!("[events]\n{text}"));
        assert_eq!(read.events(), rules);
        assert_eq!(read.to_toml(), format!("[events]\n{text}\n"));
    }
    for (key, value, problem) in [
        ("capacity", "0", "0 is outside 1 to 1048576"),
        ("capacity", "1048577", "1048577 is outside 1 to 1048576"),
        ("capacity", "-1", "-1 is negative"),
        ("capacity", "\"unlimited\"", "\"unlimited\" is not a whole number"),
        ("grants", "1", "1 is not true or false"),
        ("warnings", "\"on\"", "\"on\" is not true or false"),
        ("denials", "[]", "an array is not true or false"),
    ] {
        let error = refusal(&format!("events.{key} = {value}")).to_string();
        assert_eq!(error, format!("events.{key}: {problem}"));
    }
    for capacity in [0, (1 << 20) + 1] {
        let error = Policy::default().with_events(EventRules { capacity, ..usual }).expect_err("capacity");
        assert_eq!(error.argument(), "events.capacity");
    }
}

#[test]
fn an_exhausted_budget_denies_unless_the_policy_pauses() {
    for text in ["", "[approval]", "approval.on_exhausted = \"deny\""] {
        assert_eq!(policy(text).on_exhausted(), OnExhausted::Deny);
    }
    let text = "[approval]\non_exhausted = \"pause\"\n";
    assert_eq!(policy(text).on_exhausted(), OnExhausted::Pause);
    assert_eq!(policy(text).to_toml(), text);
    for value in ["\"paused\"", "\"\"", "true"] {
        let error = refusal(&format!("approval.on_exhausted = {value}")).to_string();
        assert_eq!(error, format!("approval.on_exhausted: {value} is not deny or pause"));
    }
}

#[test]
fn a_vanished_reservation_is_charged_unless_the_policy_releases() {
    for text in ["", "[reservations]", "reservations.on_vanish = \"charge\""] {
        assert_eq!(policy(text).on_vanish(), OnVanish::Charge);
    }
    let text = "[reservations]\non_vanish = \"release\"\n";
    assert_eq!(policy(text).on_vanish(), OnVanish::Release);
    assert_eq!(policy(text).to_toml(), text);
    for value in ["\"forfeit\"", "\"Charge\"", "0"] {
        let error = refusal(&format!("reservations.on_vanish = {value}")).to_string();
        assert_eq!(error, format!("reservations.on_vanish: {value} is not charge or release"));
    }
}
