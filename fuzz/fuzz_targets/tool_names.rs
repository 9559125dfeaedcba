//! Only exact listed names are admitted, and what is said of the others is one short line.
#![no_main]

use allotment_fuzz::names::{self, Listing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|listing: Listing| names::check(&listing));
