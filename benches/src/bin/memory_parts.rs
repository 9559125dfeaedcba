//! Where a session's bytes are: by the place in the code that asked for them, for ten thousand sessions.
//! `cargo run -p allotment-benches --bin memory_parts` (unoptimised on purpose: nothing is inlined, so every place has its name).

use std::collections::BTreeMap;
use std::fs;

use allotment_benches::population::{Kind, Population, TEN_PER_AGENT};
use allotment_benches::results;
use serde::Deserialize;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const SESSIONS: u32 = 10_000;

/// What dhat writes, as far as it is needed.
#[derive(Deserialize)]
struct Profile {
    pps: Vec<Place>,
    ftbl: Vec<String>,
}

/// A place that asked for memory: how many bytes and pieces of it there were at the end, and its frames.
#[derive(Deserialize)]
struct Place {
    eb: u64,
    ebk: u64,
    fs: Vec<usize>,
}

fn main() {
    for (what, kind) in [
        ("shared tools", TEN_PER_AGENT),
        ("shared tools, one agent", Kind { per_agent: u64::MAX, ..TEN_PER_AGENT }),
        ("own tools", Kind { own_tools: true, ..TEN_PER_AGENT }),
    ] {
        let path = results::path("memory_parts.dhat.json");
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let profiler = dhat::Profiler::builder().file_name(&path).trim_backtraces(None).build();
        let population = Population::of(kind, SESSIONS as usize);
        drop(profiler);
        drop(population);
        let text = fs::read(&path).expect("what was just written");
        let profile: Profile = serde_json::from_slice(&text).expect("a profile");
        print(what, &profile);
    }
}

fn print(what: &str, profile: &Profile) {
    let mut parts: BTreeMap<(String, u64), (u64, u64)> = BTreeMap::new();
    for place in profile.pps.iter().filter(|place| place.ebk > 0) {
        let part = parts.entry((name_of(place, &profile.ftbl), place.eb / place.ebk)).or_default();
        *part = (part.0 + place.eb, part.1 + place.ebk);
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|&(_, (bytes, _))| std::cmp::Reverse(bytes));
    let all: u64 = parts.iter().map(|(_, (bytes, _))| bytes).sum();
    let each = |amount: u64| amount as f64 / f64::from(SESSIONS);
    println!("\n{what}: {:.1} bytes a session", each(all));
    println!("{:>9} {:>8} {:>8}  asked for by", "bytes", "pieces", "size");
    for ((name, size), (bytes, pieces)) in parts.iter().filter(|(_, (bytes, _))| each(*bytes) >= 0.5) {
        println!("{:>9.1} {:>8.3} {size:>8}  {name}", each(*bytes), each(*pieces));
    }
}

/// The frames of the product and of what it stands on, the innermost first, without their types.
fn name_of(place: &Place, frames: &[String]) -> String {
    let mut names: Vec<String> = Vec::new();
    for &frame in &place.fs {
        let Some((_, frame)) = frames[frame].split_once(": ") else { continue };
        let function = frame.rsplit_once(" (").map_or(frame, |(function, _)| function);
        let ours = ["allotment::", "papaya::", "crossbeam", "seize::", "arc_swap::", "hashbrown::"];
        if let Some(at) = ours.iter().filter_map(|name| function.find(name)).min() {
            let name: String = function[at..].chars().take_while(|&c| c != '<' && c != '>').collect();
            let name = if function.starts_with('<') { function.to_owned() } else { name };
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
    }
    names.dedup();
    names.truncate(4);
    if names.is_empty() { "elsewhere".to_owned() } else { names.join(" < ") }
}
