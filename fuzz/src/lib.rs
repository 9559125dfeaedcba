//! What the fuzz targets share: the properties, each in a file of its own.
//!
//! | target | property | file |
//! | --- | --- | --- |
//! | `policy_toml` | what is accepted reads back as written | `fuzz_targets/policy_toml.rs` |
//! | `strings` | what parses shows and parses again; no cost is rounded down | [`decimal`] is the oracle |
//! | `tool_names` | only exact listed names are admitted | [`names`] |
//! | `operations` | nothing over a limit, nothing after a close | [`operations`] generates, [`play`] plays, [`law`] checks |
//!
//! In all of them every text that is shown passes [`shown`].

pub mod decimal;
pub mod law;
pub mod names;
pub mod operations;
pub mod play;
pub mod shown;
