//! Whatever is done in whatever order: nothing over a limit but by overruns that are told, nothing after an end.
#![no_main]

use allotment_fuzz::operations::History;
use allotment_fuzz::play;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|history: History| play::check(&history));
