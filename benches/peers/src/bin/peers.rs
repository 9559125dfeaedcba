//! Times all peers in turn, or counts what they admit.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use allotment_benches::pairs::Run;
use allotment_peers::case::Proof;
use allotment_peers::{cases, floors, overshoot};
use clap::{Parser, Subcommand};

/// Times all peers in turn and writes what each round took.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    instead: Option<Instead>,
    /// How many rounds are timed.
    #[arg(long, default_value_t = 41)]
    rounds: usize,
    /// Where the JSON goes; target/bench/peers.json or overshoot.json of the repository unless said otherwise.
    #[arg(long, global = true)]
    out: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Instead {
    /// Counts what each system admits under the same limit instead.
    Overshoot,
}

fn main() -> io::Result<()> {
    let Arguments { instead, rounds, out } = Arguments::parse();
    let out = |name: &str| out.unwrap_or_else(|| Path::new(RESULTS).join(name));
    match instead {
        None => timed(rounds, &out("peers.json")),
        Some(Instead::Overshoot) => counted(&out("overshoot.json")),
    }
}

const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/bench");

fn timed(rounds: usize, out: &Path) -> io::Result<()> {
    let cases = cases().into_iter().map(|case| (case.subject, case.proof));
    let (mut subjects, proofs): (Vec<_>, Vec<_>) = cases.unzip();
    subjects.extend(floors());
    let run = Run::of(&mut subjects, rounds);
    proofs.into_iter().for_each(Proof::must_hold);
    run.print("allotment/handle");
    run.write(out)
}

fn counted(out: &Path) -> io::Result<()> {
    let rows = overshoot::rows();
    overshoot::print(&rows);
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(out, serde_json::to_vec_pretty(&rows)?)
}
