//! No text makes reading a policy panic; what is accepted is written and read back equal, and written equal again.
#![no_main]

use allotment::Policy;
use allotment_fuzz::shown;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Policy::from_toml_str(text) {
        Ok(policy) => {
            let written = policy.to_toml();
            let again = Policy::from_toml_str(&written);
            assert_eq!(again.as_ref(), Ok(&policy), "written as\n{written}");
            assert_eq!(again.map(|again| again.to_toml()), Ok(written));
        }
        Err(error) => shown::text(&error.to_string()),
    }
});
