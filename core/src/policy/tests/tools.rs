//! Sections `[tools.NAME]`: row G12, and which names they may have.

use super::*;

fn rules() -> ToolRules {
    ToolRules::default()
}

#[test]
fn a_tool_is_public_and_counts_for_one_and_nobody_knows_its_network_unless_the_policy_says_so() {
    let text = r#"
        [tools.plain]
        [tools.send_email]
        class = "admin"
        sensitivity = "confidential"
        network = true
        weight = 5
        [tools."crm.users/get:v2"]
        weight = 1_048_576
        [tools.light]
        network = false
        weight = 1
    "#;
    let policy = policy(text);
    let usual = ToolRules { class: None, sensitivity: Sensitivity::Public, network: None, weight: 1 };
    assert_eq!(rules(), usual);
    assert_eq!(policy.tool("plain"), Some(&usual));
    assert_eq!(policy.tool("light"), Some(&ToolRules { network: Some(false), ..usual }));
    let email = ToolRules {
        class: Some(ToolClass::Admin),
        sensitivity: Sensitivity::Confidential,
        network: Some(true),
        weight: 5,
    };
    assert_eq!(policy.tool("send_email"), Some(&email));
    assert_eq!(policy.tool("crm.users/get:v2"), Some(&ToolRules { weight: 1 << 20, ..usual }));
    for unknown in ["", "Plain", "plain ", "send", "crm", "*"] {
        assert_eq!(policy.tool(unknown), None, "{unknown:?}");
    }
    let names: Vec<_> = policy.tools().map(|(name, _)| name).collect();
    assert_eq!(names, ["crm.users/get:v2", "light", "plain", "send_email"]);
}

#[test]
fn a_policy_that_says_something_of_a_tool_knows_tools() {
    assert!(!Policy::default().knows_tools() && !policy("[tools]").knows_tools());
    assert!(policy("[tools.a]").knows_tools());
}

#[test]
fn a_need_of_the_network_is_written_only_where_it_was_said() {
    let text = "[tools.a]\n\n[tools.b]\nnetwork = false\n\n[tools.c]\nnetwork = true\n";
    let policy = policy(text);
    let needs = ["a", "b", "c"].map(|name| policy.tool(name).map(|rules| rules.network));
    assert_eq!(needs, [Some(None), Some(Some(false)), Some(Some(true))]);
    assert_eq!(policy.to_toml(), text);
}

#[test]
fn there_is_no_air_gap_unless_the_policy_says_so() {
    for text in ["", "[defaults]", "defaults.air_gap = false"] {
        assert!(!policy(text).defaults().air_gap);
    }
    let text = "[defaults]\nair_gap = true\n";
    assert!(policy(text).defaults().air_gap);
    assert_eq!(policy(text).to_toml(), text);
    for (value, shown) in [("1", "1"), ("\"yes\"", "\"yes\""), ("[true]", "an array")] {
        let error = refusal(&format!("defaults.air_gap = {value}")).to_string();
        assert_eq!(error, format!("defaults.air_gap: {shown} is not true or false"));
    }
}

#[test]
// G12
fn g12_the_catalog_overrides_what_the_name_says() {
    let policy =
        policy("tools = { get_rich = { class = \"write\" }, delete_old = { class = \"read\" }, list = {} }");
    for (name, class) in [
        ("get_rich", ToolClass::Write),
        ("delete_old", ToolClass::Read),
        ("list", ToolClass::Read),
        ("delete_new", ToolClass::Admin),
        ("send", ToolClass::Write),
    ] {
        assert_eq!(policy.tool_class(name), class, "{name}");
    }
}

#[test]
fn tools_are_written_in_one_order_whatever_order_they_came_in() {
    let names: Vec<String> = (0..200).map(|number| format!("t{}", number * 7919 % 1000)).collect();
    let put =
        |policy: Policy, name: &String| policy.with_tool(name, ToolRules { network: Some(true), ..rules() });
    let (forth, back) = (
        names.iter().try_fold(Policy::default(), put).expect("names"),
        names.iter().rev().try_fold(Policy::default(), put).expect("names"),
    );
    assert_eq!(forth, back);
    assert_eq!(forth.to_toml(), back.to_toml());
    assert!(forth.tools().map(|(name, _)| name).is_sorted());
}

#[test]
fn what_makes_no_sense_of_a_tool_is_an_error_at_its_key() {
    for (key, value, problem) in [
        ("class", "\"unknown\"", "\"unknown\" is not read, write or admin"),
        ("class", "1", "1 is not read, write or admin"),
        ("sensitivity", "\"secret\"", "\"secret\" is not public, internal, confidential or restricted"),
        ("network", "\"yes\"", "\"yes\" is not true or false"),
        ("network", "1", "1 is not true or false"),
        ("weight", "0", "0 is outside 1 to 1048576"),
        ("weight", "1048577", "1048577 is outside 1 to 1048576"),
        ("weight", "1.0", "1.0 is not a whole number"),
        ("weight", "-1", "-1 is negative"),
        ("weight", "\"unlimited\"", "\"unlimited\" is not a whole number"),
    ] {
        for (written, path) in [("send", "tools.send"), ("\"a.b\"", "tools.\"a.b\"")] {
            let error = refusal(&format!("tools.{written}.{key} = {value}"));
            assert_eq!(error.to_string(), format!("{path}.{key}: {problem}"));
        }
    }
    for weight in [0, (1 << 20) + 1, u64::MAX] {
        let error = Policy::default().with_tool("send", ToolRules { weight, ..rules() }).expect_err("weight");
        assert_eq!(error.argument(), "tools.send.weight");
    }
}

#[test]
// G20
fn g20_a_name_that_no_tool_can_have_is_an_error() {
    let long = "x".repeat(129);
    for name in ["", "a b", "naïve", "a,b", "a\n", "*", long.as_str()] {
        let error = Policy::default().with_tool(name, rules()).expect_err(name);
        assert_eq!(error.argument(), "tools", "{error}");
        let table = Table::from_iter([(name.to_owned(), Table::new().into())]);
        let error =
            Policy::from_table(Table::from_iter([("tools".to_owned(), table.into())])).expect_err(name);
        assert!(error.argument() == "tools" && !error.to_string().contains('\n'), "{error}");
    }
    assert!(Policy::default().with_tool(&long[1..], rules()).is_ok());
}

#[test]
fn any_text_is_a_name_only_where_the_policy_says_so() {
    let open = policy("defaults.any_tool_name = true\ntools.\"Grüße senden\".weight = 2");
    assert_eq!(open.tool("Grüße senden").map(|rules| rules.weight), Some(2));
    assert!(open.defaults().any_tool_name && !Policy::default().defaults().any_tool_name);
    for name in ["", "a\n", "\u{7f}", "*", "é".repeat(65).as_str()] {
        let error = open.clone().with_tool(name, rules()).expect_err(name);
        assert_eq!(error.argument(), "tools", "{error}");
    }
    assert!(open.clone().with_tool(&"é".repeat(64), rules()).is_ok());
    let closing = open.clone().with_defaults(Defaults::default()).expect_err("a tool needs it");
    assert_eq!((closing.argument(), closing.value()), ("tools", "\"Grüße senden\""), "{closing}");
    assert!(open.with_defaults(Defaults { any_tool_name: true, ..Defaults::default() }).is_ok());
    assert!(policy("tools.a = {}").with_defaults(Defaults::default()).is_ok());
    assert_eq!(
        refusal("defaults.any_tool_name = \"yes\"").to_string(),
        "defaults.any_tool_name: \"yes\" is not true or false"
    );
}
