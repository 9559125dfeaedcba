//! Section `[intent]`: rows G9, G13 and G15.

use super::*;
use crate::intent::{Keywords, Tier};

fn problem(key: &str, value: &str) -> String {
    let error = refusal(&format!("[intent]\n{key} = {value}"));
    assert_eq!(error.argument(), format!("intent.{key}"), "{error}");
    format!("{} {}", error.value(), error.problem())
}

#[test]
// G13
fn g13_a_drift_warns_and_an_unknown_intent_is_not_checked_unless_the_policy_says_so() {
    for text in
        ["", "[intent]", "intent.keywords = {}", "intent = { on_drift = \"warn\", on_unknown = \"allow\" }"]
    {
        let rules = policy(text).intent().clone();
        assert_eq!(rules, IntentRules::default());
        assert_eq!((rules.on_drift, rules.on_unknown), (OnDrift::Warn, OnUnknown::Allow));
        assert_eq!((rules.keywords, rules.pause_after), (Keywords::default(), None));
    }
    let strict = policy("intent = { on_drift = \"deny\", on_unknown = \"deny\" }");
    assert_eq!((strict.intent().on_drift, strict.intent().on_unknown), (OnDrift::Deny, OnUnknown::Deny));
    assert_eq!(problem("on_drift", "\"allow\""), "\"allow\" is not warn or deny");
    assert_eq!(problem("on_drift", "true"), "true is not warn or deny");
    assert_eq!(problem("on_unknown", "\"warn\""), "\"warn\" is not allow or deny");
    assert_eq!(problem("on_unknown", "\"Deny\""), "\"Deny\" is not allow or deny");
}

#[test]
// G15
fn g15_pausing_is_off_unless_a_count_is_given() {
    for (text, count) in [("1", 1), ("5", 5), ("1_048_576", 1 << 20)] {
        assert_eq!(policy(&format!("intent.pause_after = {text}")).intent().pause_after, Some(count));
    }
    assert_eq!(problem("pause_after", "0"), "0 is outside 1 to 1048576");
    assert_eq!(problem("pause_after", "1048577"), "1048577 is outside 1 to 1048576");
    assert_eq!(problem("pause_after", "-1"), "-1 is negative");
    assert_eq!(problem("pause_after", "\"unlimited\""), "\"unlimited\" is not a whole number");
    let rules = IntentRules { pause_after: Some(0), ..IntentRules::default() };
    assert_eq!(Policy::default().with_intent(rules).expect_err("0").argument(), "intent.pause_after");
}

#[test]
// G9
fn g9_each_list_of_keywords_that_is_given_replaces_its_default() {
    let tier = |text: &str, intent: &str| policy(text).intent().keywords.classify(intent);
    let reading = "intent.keywords.read = [\"LOOK\", \"find\", \"look\"]";
    assert_eq!(tier(reading, "Look!"), Tier::Read);
    assert_eq!(tier(reading, "search, list and get"), Tier::Unknown);
    assert_eq!(tier(reading, "find and edit"), Tier::Write);
    assert_eq!(tier(reading, "find and delete"), Tier::Admin);
    let no_admin = "intent.keywords.admin = []";
    assert_eq!(tier(no_admin, "manage what you write"), Tier::Write);
    let moved = "intent.keywords = { write = [\"write\"], admin = [\"admin\", \"update\"] }";
    assert_eq!(tier(moved, "update"), Tier::Admin);
    assert_eq!(tier(moved, "edit"), Tier::Unknown);
    let written = policy(reading).to_toml();
    assert_eq!(written, "[intent.keywords]\nread = [\"find\", \"look\"]\n");
    assert_eq!(policy(no_admin).to_toml(), "[intent.keywords]\nadmin = []\n");
}

#[test]
// G9
fn g9_keywords_that_make_no_sense_are_an_error_at_their_list() {
    for (value, shown) in [("\"read\"", "\"read\""), ("5", "5"), ("{}", "a table")] {
        assert_eq!(problem("keywords.read", value), format!("{shown} is not a list of words"));
    }
    for (value, shown) in [("[5]", "5"), ("[\"a\", [\"b\"]]", "an array")] {
        assert_eq!(problem("keywords.write", value), format!("{shown} is not a word"));
    }
    for word in ["", "two words", "read-only", "*"] {
        let refused = problem("keywords.admin", &format!("[\"a\", {word:?}]"));
        assert_eq!(refused, format!("{word:?} is not a word of letters and digits"));
    }
    assert_eq!(problem("keywords.admin", "[\"Write\"]"), "\"Write\" is also in the list \"write\"");
    assert_eq!(problem("keywords", "[]"), "an array is not a table");
    assert!(problem("keywords.unknown", "[]").contains("nearest first: admin, "));
}
