//! Rows G9, G10 and G12: tiers, classes and whether they fit.

use proptest::prelude::*;

use super::*;

fn tier(intent: &str) -> Tier {
    Keywords::default().classify(intent)
}

#[test]
// G9
fn g9_the_highest_word_wins_and_no_word_is_unknown() {
    use Tier::{Admin, Read, Unknown, Write};
    for (intent, expected) in [
        ("read and analyze customer transaction history", Read),
        ("READ", Read),
        ("Please GET the list.", Read),
        ("search,then\tupdate", Write),
        ("update what you read", Write),
        ("Delete what you created; read the rest", Admin),
        ("read_files", Read),
        ("read-only", Read),
        ("¿query?", Read),
        ("", Unknown),
        (" \n", Unknown),
        ("already spread thread reader reads reading", Unknown),
        ("read2 2read", Unknown),
        ("listen, forget, recreate, administer", Unknown),
        ("readдоступ", Unknown),
        ("rеad", Unknown),
        ("summarize the report", Unknown),
    ] {
        assert_eq!(tier(intent), expected, "{intent:?}");
    }
}

#[test]
// G9
fn g9_the_default_keywords_are_these() {
    let words = |class| Keywords::default().words(class).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(ToolClass::Read), ["analyze", "get", "list", "query", "read", "search"]);
    assert_eq!(words(ToolClass::Write), ["create", "edit", "modify", "update", "write"]);
    assert_eq!(words(ToolClass::Admin), ["admin", "configure", "delete", "deploy", "manage"]);
    for class in ToolClass::ALL {
        for word in words(class) {
            assert_eq!(tier(&word), class.into(), "{word}");
        }
    }
}

#[test]
// G9
fn g9_other_keywords_are_compared_in_lower_case_whatever_their_script() {
    let keywords = Keywords::new(["LESEN", "lesen", "читать"], ["ändern"], ["ΛΌΓΟΣ", "k8s"]).expect("words");
    assert_eq!(keywords.words(ToolClass::Read).collect::<Vec<_>>(), ["lesen", "читать"]);
    for (intent, expected) in [
        ("Lesen", Tier::Read),
        ("ЧИТАТЬ!", Tier::Read),
        ("ÄNDERN und lesen", Tier::Write),
        ("λόγος", Tier::Admin),
        ("the K8s cluster", Tier::Admin),
        ("read", Tier::Unknown),
    ] {
        assert_eq!(keywords.classify(intent), expected, "{intent:?}");
    }
    let none = Keywords::new([""; 0], [], []).expect("no words");
    assert_eq!(none.classify("read write admin"), Tier::Unknown);
}

#[test]
// G9
fn g9_keywords_that_make_no_sense_are_an_error_about_their_list() {
    for word in ["", " ", "look up", "read-only", "snake_case", "a.", "\n", "e\u{301}", "İ"] {
        let problem = "is not a word of letters and digits";
        for (list, error) in [
            ("read", Keywords::new([word], [], [])),
            ("write", Keywords::new([], ["ok", word], [])),
            ("admin", Keywords::new([], [], [word])),
        ] {
            let error = error.expect_err(word);
            assert_eq!((error.argument(), error.problem()), (list, problem), "{error}");
        }
    }
    let twice = Keywords::new(["get"], ["put"], ["Get"]).expect_err("in two lists");
    assert_eq!(twice.to_string(), "admin: \"Get\" is also in the list \"read\"");
}

#[test]
// G10
fn g10_a_tier_allows_its_own_class_and_the_lower_ones() {
    use ToolClass::{Admin, Read, Write};
    let allowed =
        |tier: Tier| ToolClass::ALL.into_iter().filter(|&class| tier.allows(class)).collect::<Vec<_>>();
    assert_eq!(allowed(Tier::Read), [Read]);
    assert_eq!(allowed(Tier::Write), [Read, Write]);
    assert_eq!(allowed(Tier::Admin), [Read, Write, Admin]);
    assert_eq!(allowed(Tier::Unknown), [Read, Write, Admin], "not checked");
    for class in ToolClass::ALL {
        let lowest = Tier::ALL.into_iter().skip(1).find(|tier| tier.allows(class));
        assert_eq!(lowest, Some(class.into()));
    }
}

#[test]
fn tiers_and_classes_have_their_names_and_their_order() {
    assert_eq!(Tier::ALL.map(Tier::name), ["unknown", "read", "write", "admin"]);
    assert_eq!(ToolClass::ALL.map(ToolClass::name), ["read", "write", "admin"]);
    assert!(Tier::ALL.is_sorted() && ToolClass::ALL.is_sorted());
    assert_eq!(format!("{:>8}|{:<6}|", Tier::Unknown, ToolClass::Admin), " unknown|admin |");
    assert_eq!(Tier::default(), Tier::Unknown);
}

#[test]
// G12
fn g12_a_tools_class_is_told_by_the_words_of_its_name() {
    use ToolClass::{Admin, Read, Write};
    for (name, class) in [
        ("get_account_summary", Read),
        ("query-transactions", Read),
        ("crm.users/list", Read),
        ("mcp:files:read", Read),
        ("getHTTPStatus", Read),
        ("HTTPGet", Read),
        ("FetchURLs2", Read),
        ("get2users", Read),
        ("v2Search", Read),
        ("LIST_USERS", Read),
        ("summarize", Read),
        ("checkDNSRecord", Read),
        ("reviewPR", Read),
        ("send_email", Write),
        ("wire_money", Write),
        ("getter", Write),
        ("getuser", Write),
        ("listen", Write),
        ("budget", Write),
        ("reads", Write),
        ("update", Write),
        ("get_or_create_user", Write),
        ("readWriteFile", Write),
        ("editReport", Write),
        ("", Write),
        ("___", Write),
        ("*", Write),
        ("调用", Write),
        ("delete_user", Admin),
        ("users.delete", Admin),
        ("deleteHTTPCache", Admin),
        ("HTTPDelete", Admin),
        ("delete2", Admin),
        ("2drop", Admin),
        ("DROP_TABLE", Admin),
        ("get_admin_list", Admin),
        ("createOrRemove", Admin),
        ("db:purge", Admin),
        ("revokeKey", Admin),
        ("readGrant", Admin),
        ("deleted", Write),
        ("administrator", Write),
        ("dropbox", Write),
    ] {
        assert_eq!(ToolClass::of_name(name), class, "{name:?}");
    }
}

#[test]
// G12
fn g12_every_word_of_the_lists_has_its_class() {
    let lists = [
        (ToolClass::Admin, "admin manage configure grant revoke deploy delete remove drop purge"),
        (
            ToolClass::Read,
            "read get list search view describe fetch query analyze summarize report calculate compute check inspect review",
        ),
        (ToolClass::Write, "write create update modify edit send run"),
    ];
    for (class, words) in lists {
        for word in words.split(' ') {
            for name in [
                word.to_owned(),
                word.to_uppercase(),
                format!("x_{word}"),
                format!("{word}2Y"),
                format!("a.{word}"),
            ] {
                assert_eq!(ToolClass::of_name(&name), class, "{name}");
            }
        }
    }
}

/// The same as `Keywords::default().classify`, so simple that it is unlikely to be wrong.
fn naive_tier(intent: &str) -> Tier {
    let mut words = vec![String::new()];
    for c in intent.chars() {
        if c.is_alphabetic() || c.is_numeric() {
            words.last_mut().expect("never empty").push(c);
        } else {
            words.push(String::new());
        }
    }
    let has = |listed: &str| {
        words.iter().any(|word| listed.split(' ').any(|known| known == word.to_lowercase().as_str()))
    };
    if has("admin manage configure deploy delete") {
        Tier::Admin
    } else if has("write create update modify edit") {
        Tier::Write
    } else if has("read analyze query search list get") {
        Tier::Read
    } else {
        Tier::Unknown
    }
}

fn any_case(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    (prop::sample::select(words), any::<u16>()).prop_map(|(word, upper)| {
        let cased =
            |(at, c): (usize, char)| if upper >> (at % 16) & 1 == 1 { c.to_ascii_uppercase() } else { c };
        word.chars().enumerate().map(cased).collect()
    })
}

const NEAR: &[&str] = &[
    "read", "get", "list", "query", "write", "edit", "create", "admin", "delete", "manage", "the", "reads",
    "thread", "é", "2", "deletes",
];

/// A word of letters and whether it is written as an acronym where capitals matter; or digits.
fn pieces() -> impl Strategy<Value = Vec<(String, bool)>> {
    let word = (prop_oneof!["[a-z]{2,5}", prop::sample::select(NEAR).prop_map(str::to_owned)], any::<bool>());
    prop::collection::vec((word, prop::option::weighted(0.2, "[0-9]{1,3}")), 1..5).prop_map(|words| {
        let plain = |word: &String| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
        let kept = words.into_iter().filter(|((word, _), _)| plain(word));
        kept.flat_map(|(word, digits)| [Some(word), digits.map(|digits| (digits, false))]).flatten().collect()
    })
}

/// The words in camel case. Of two neighbours only the first is an acronym: nobody could tell them apart.
fn camel(words: &[(String, bool)], first_is_small: bool) -> String {
    let mut acronym = false;
    let mut joined = String::new();
    for (at, (word, caps)) in words.iter().enumerate() {
        acronym = *caps && !acronym;
        match at {
            0 if first_is_small => joined.push_str(word),
            _ if acronym => joined.push_str(&word.to_uppercase()),
            _ => joined
                .extend(word.char_indices().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c })),
        }
        acronym &= !(at == 0 && first_is_small);
    }
    joined
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    // G9
    fn g9_an_intents_tier_is_the_one_a_naive_search_finds(
        words in prop::collection::vec((any_case(NEAR), "[ ,.;_/\n\u{301}-]{0,2}"), 0..6),
        noise in "\\PC{0,6}",
    ) {
        let joined: String = words.into_iter().flat_map(|(word, gap)| [word, gap]).collect();
        for intent in [joined.clone(), format!("{noise}{joined}"), format!("{joined}{noise}")] {
            prop_assert_eq!(tier(&intent), naive_tier(&intent), "{:?}", intent);
        }
    }

    #[test]
    // G12
    fn g12_a_names_words_are_the_ones_it_was_joined_from(words in pieces(), separator in "[-_.:/ ]{1,2}") {
        let expected: Vec<String> = words.iter().map(|(word, _)| word.clone()).collect();
        let shout = expected.iter().map(|word| word.to_uppercase()).collect::<Vec<_>>().join(&separator);
        for name in [expected.join(&separator), shout, camel(&words, true), camel(&words, false)] {
            let found: Vec<String> = name::words(&name).map(str::to_lowercase).collect();
            prop_assert_eq!(&found, &expected, "{}", name);
        }
    }

    #[test]
    // G12
    fn g12_no_name_with_a_word_that_writes_is_a_reading_one(
        beside in prop::collection::vec(prop_oneof![prop::sample::select(NEAR).prop_map(str::to_owned), "[a-zA-Z0-9]{0,6}"], 0..4),
        word in prop::sample::select(&["write", "create", "update", "modify", "edit", "delete", "Admin", "GRANT"][..]),
        at in any::<prop::sample::Index>(),
        separator in "[-_.:/ ]",
    ) {
        let mut words = beside;
        words.insert(at.index(words.len() + 1), word.to_owned());
        let name = words.join(&separator);
        prop_assert_ne!(ToolClass::of_name(&name), ToolClass::Read, "{}", name);
    }

    #[test]
    fn no_text_breaks_what_looks_at_words(text in "(\\PC|[\n\u{0}]){0,40}") {
        let words: String = name::words(&text).collect();
        let kept: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        prop_assert_eq!(words, kept);
        prop_assert!(name::words(&text).all(|word| !word.is_empty()));
        let (_, _) = (tier(&text), ToolClass::of_name(&text));
    }
}
