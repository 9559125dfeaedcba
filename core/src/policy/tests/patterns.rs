//! Which pattern wins, against a search so simple that it is unlikely to be wrong.

use core::cmp::Ordering;

use proptest::prelude::*;

use super::*;

/// Whether the glob `pattern` matches `name`: a `*` matches nothing, or one character and what it matches after it.
fn matches(pattern: &[char], name: &[char]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), None) => matches(rest, name),
        (Some(('*', rest)), Some((_, after))) => matches(rest, name) || matches(pattern, after),
        (Some((p, rest)), Some((n, after))) if p == n => matches(rest, after),
        _ => false,
    }
}

/// Less is more specific.
fn precedence(a: &str, b: &str) -> Ordering {
    let literals = |pattern: &str| pattern.chars().filter(|c| *c != '*').count();
    (a.contains('*').cmp(&b.contains('*')))
        .then(literals(b).cmp(&literals(a)))
        .then((a == "*").cmp(&(b == "*")))
        .then(a.cmp(b))
}

fn naive<'p>(patterns: &'p [String], name: &str) -> Option<&'p str> {
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    let matching = patterns.iter().filter(|pattern| matches(&chars(pattern), &chars(name)));
    matching.map(String::as_str).min_by(|a, b| precedence(a, b))
}

/// A policy in which each pattern has its own cap for agents, and for tenants its own budget.
fn policy_of(patterns: &[String]) -> Policy {
    let policy = patterns.iter().zip(100..).try_fold(Policy::default(), |policy, (pattern, mark)| {
        let cap = PartyLimits { max_sessions: Some(mark), limits: Limits::default() };
        let budget =
            PartyLimits { max_sessions: None, limits: Limits { calls: Some(mark), ..Limits::default() } };
        policy.with_agent(pattern, cap)?.with_tenant(pattern, budget)
    });
    policy.expect("valid patterns")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_winning_pattern_is_the_one_a_naive_search_finds(
        patterns in prop::collection::btree_set("[ab*é]{1,6}", 0..8),
        name in "[abé*]{0,8}",
    ) {
        let patterns: Vec<String> = patterns.into_iter().collect();
        let policy = policy_of(&patterns);
        let mark = naive(&patterns, &name)
            .and_then(|winner| (100u64..).zip(&patterns).find(|(_, pattern)| *pattern == winner))
            .map(|(mark, _)| mark);
        prop_assert_eq!(policy.agent_limits(&name).max_sessions, mark.or(Some(10)));
        prop_assert_eq!(policy.tenant_limits(&name).limits.calls, mark);
    }
}

#[test]
fn the_exact_name_wins_then_the_longest_glob_then_the_star() {
    let patterns =
        ["*", "**", "research-*", "*-eu", "r*-eu", "research-7", "*a*", "a*b", "a?"].map(str::to_owned);
    let policy = policy_of(&patterns);
    let winner = |name: &str| {
        let mark = policy.agent_limits(name).max_sessions.expect("a cap");
        patterns[usize::try_from(mark - 100).expect("small")].as_str()
    };
    for (name, pattern) in [
        ("research-7", "research-7"),
        ("research-70", "research-*"),
        ("research-eu", "research-*"),
        ("red-eu", "r*-eu"),
        ("blue-eu", "*-eu"),
        ("aab", "a*b"),
        ("ab", "a*b"),
        ("a?", "a?"),
        ("ax", "*a*"),
        ("zzz", "**"),
        ("", "**"),
    ] {
        assert_eq!(winner(name), pattern, "{name}");
    }
}

#[test]
fn the_winning_pattern_wins_whole_except_for_the_cap_of_an_agents_sessions() {
    let text = r#"
        "*" = { max_sessions = 50, calls = 100, tokens = 1000 }
        "a*" = { calls = 5 }
        alice = {}
    "#;
    let policy = policy(&format!("[agents]\n{text}\n[tenants]\n{text}"));
    let party = |max_sessions, calls, tokens| PartyLimits {
        max_sessions,
        limits: Limits { calls, tokens, ..Limits::default() },
    };
    assert_eq!(policy.agent_limits("bob"), party(Some(50), Some(100), Some(1000)));
    assert_eq!(policy.agent_limits("anna"), party(Some(10), Some(5), None));
    assert_eq!(policy.agent_limits("alice"), party(Some(10), None, None));
    assert_eq!(policy.tenant_limits("anna"), party(None, Some(5), None));
    assert_eq!(policy.tenant_limits("alice"), party(None, None, None));
}
