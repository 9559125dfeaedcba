//! The file that shows every key: it is valid, nothing the reader knows is missing, and what it says has an effect.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const TEXT: &str = include_str!("../../../tests/data/every-key.toml");
/// A key that no table knows.
const PROBE: &str = "no-such-key";

/// The keys of `text` that the reader knows and that occur nowhere in it, with a table that may have them.
///
/// Each table is asked by a key that it does not know. Tables with the same known keys (two agents, two rates) are one
/// kind: a key has to occur in one of them. One whose keys are the user's names knows none.
fn missing(text: &str) -> Vec<String> {
    let whole: Table = text.parse().expect("TOML");
    let mut kinds: BTreeMap<Vec<String>, (String, BTreeSet<String>)> = BTreeMap::new();
    for path in tables(&whole, &[]) {
        let mut probed = whole.clone();
        let table = at(&mut probed, &path);
        let present: Vec<String> = table.keys().cloned().collect();
        table.insert(PROBE.to_owned(), 1.into());
        let error = Policy::from_table(probed).expect_err("an unknown key");
        if let Some((_, known)) = error.problem().split_once("nearest first: ") {
            let mut known: Vec<String> = known.split(", ").map(str::to_owned).collect();
            known.sort();
            kinds.entry(known).or_insert_with(|| (path.join("."), BTreeSet::new())).1.extend(present);
        }
    }
    let absent = kinds.iter().flat_map(|(known, (path, present))| {
        known.iter().filter(|key| !present.contains(*key)).map(move |key| format!("{path}.{key}"))
    });
    absent.collect()
}

/// The path of `table` and of all the tables in it.
fn tables(table: &Table, path: &[String]) -> Vec<Vec<String>> {
    let within = table.iter().filter_map(|(key, value)| Some((key, value.as_table()?)));
    let within = within.flat_map(|(key, table)| tables(table, &[path, std::slice::from_ref(key)].concat()));
    [path.to_vec()].into_iter().chain(within).collect()
}

fn at<'t>(whole: &'t mut Table, path: &[String]) -> &'t mut Table {
    path.iter().fold(whole, |table, key| table[key].as_table_mut().expect("a table"))
}

/// The path of every value that is no table.
fn leaves(whole: &Table) -> Vec<(Vec<String>, String)> {
    let mut whole = whole.clone();
    let paths = tables(&whole, &[]).into_iter();
    paths
        .flat_map(|path| {
            let table = at(&mut whole, &path);
            let plain = table.iter().filter(|(_, value)| !value.is_table());
            plain.map(|(key, _)| (path.clone(), key.clone())).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_key_that_the_reader_knows_is_in_the_file_that_shows_them_all() {
    assert_eq!(missing(TEXT), Vec::<String>::new());
    let file: Table = TEXT.parse().expect("TOML");
    for (rate, key) in [("rate", "limit"), ("cost_rate", "usd")] {
        assert!(file["defaults"][rate].get(key).is_some(), "{rate} as a table, which shows its keys");
    }
}

#[test]
fn a_key_taken_out_of_the_file_is_missed() {
    let whole: Table = TEXT.parse().expect("TOML");
    let without = |path: &[String], key: &str| {
        let mut file = whole.clone();
        at(&mut file, path).remove(key).expect("a key");
        missing(&file.to_string())
    };
    for (path, key) in leaves(&whole) {
        let elsewhere = matches!(path.first().map(String::as_str), Some("agents" | "tenants"));
        // Half a rate is none, and what is missing of an agent a tenant has.
        if elsewhere || ["limit", "usd", "per", "burst"].contains(&key.as_str()) {
            continue;
        }
        assert_eq!(without(&path, &key), [format!("{}.{key}", path.join("."))]);
    }
    for section in whole.keys() {
        assert!(without(&[], section).contains(&format!(".{section}")), "{section}");
    }
}

#[test]
fn every_value_in_the_file_changes_something() {
    let whole: Table = TEXT.parse().expect("TOML");
    let all = policy(TEXT);
    for (path, key) in leaves(&whole) {
        // Half a rate is none.
        if path.ends_with(&["rate".to_owned()]) || path.ends_with(&["cost_rate".to_owned()]) {
            continue;
        }
        let mut file = whole.clone();
        at(&mut file, &path).remove(&key);
        let shown = [&path[..], &[key]].concat().join(".");
        let same = Policy::from_table(file).is_ok_and(|without| without == all);
        // All of the preset's numbers are overridden, and an input token counts for one anyway.
        assert_eq!(same, ["execution.preset", "tokens.input"].contains(&&*shown), "{shown}");
    }
}

#[test]
fn the_file_that_shows_every_key_reads_back_as_it_was_written() {
    assert_eq!(policy(&policy(TEXT).to_toml()), policy(TEXT));
}
