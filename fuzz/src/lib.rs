//! What the fuzz targets share: the properties, each in a file of its own.
//!
//! | target | property | file |
//! | --- | --- | --- |
//! | `policy_toml` | what is accepted reads back as written | `fuzz_targets/policy_toml.rs` |
//! | `strings` | what parses shows and parses again; no cost is rounded down | [`decimal`] is the oracle |
//! | `tool_names` | only exact listed names are admitted | [`names`] |
//! | `operations` | nothing over a limit, nothing after a close, nothing lost | [`operations`] generates, [`play`] plays, [`law`] and [`sums`] check |
//! | `trace_files` | totals that add up, or one line that says why not | `fuzz/trace_files.py`, with atheris |
//!
//! In all of them every text that is shown passes [`shown`].

pub mod decimal;
pub mod law;
pub mod names;
pub mod operations;
pub mod play;
pub mod shown;
pub mod sums;
