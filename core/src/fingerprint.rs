//! [`Fingerprint`]: one step, a tool and its arguments, as a number that fits beside a count in a word (L0).
//!
//! Equal steps have equal fingerprints, always, so no loop goes unseen. Different steps may share one (47 bits: once in 2⁴⁷ pairs):
//! then a step counts as a repetition that is none, and may be refused; it is never admitted for that.
//!
//! **Why keyed.** The arguments are the model's, and so whoever writes the pages that the model reads could choose them. With a
//! hash that everybody can compute they could make the different steps of an agent collide and stop its honest work. So
//! the hash is `SipHash` under a random key of the enforcer's own (the standard library's [`RandomState`], made against
//! exactly that); foldhash, which tool names are looked up with, does not claim as much. A fingerprint never leaves the
//! process: under another key the same step has another one.

use std::hash::{BuildHasher, RandomState};

/// A step as a number of 47 bits, never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// How many bits it has.
    pub(crate) const BITS: u32 = 47;

    /// `hash` cut to size.
    pub(crate) fn new(hash: u64) -> Self {
        Self((hash >> (u64::BITS - Self::BITS)).max(1))
    }

    /// The number.
    pub(crate) fn get(self) -> u64 {
        self.0
    }
}

/// The random key of an enforcer's fingerprints.
#[derive(Debug, Default)]
pub(crate) struct FingerprintKey(RandomState);

impl FingerprintKey {
    /// The fingerprint of `tool` called with `arguments`, a canonical text: equal arguments are equal bytes.
    pub(crate) fn of(&self, tool: &str, arguments: &str) -> Fingerprint {
        // A `str` is hashed with an end mark, so that ("ab", "c") and ("a", "bc") differ.
        Fingerprint::new(self.0.hash_one((tool, arguments)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    // E19
    fn e19_equal_steps_are_equal_and_others_differ() {
        let key = FingerprintKey::default();
        let step = key.of("search", r#"{"q":"x"}"#);
        assert_eq!(step, key.of("search", &String::from(r#"{"q":"x"}"#)));
        for (tool, arguments) in
            [("search", r#"{"q":"y"}"#), ("read", r#"{"q":"x"}"#), (r#"search{"q":"x"}"#, "")]
        {
            assert_ne!(step, key.of(tool, arguments), "{tool} {arguments}");
        }
        assert_ne!(key.of("ab", "c"), key.of("a", "bc"));
    }

    #[test]
    fn a_fingerprint_cannot_be_computed_without_the_key() {
        let fingerprints = [(); 2].map(|()| FingerprintKey::default().of("search", "{}"));
        assert_ne!(fingerprints[0], fingerprints[1]);
    }

    #[test]
    fn a_fingerprint_fits_its_field_and_is_never_zero() {
        assert_eq!(Fingerprint::new(0).get(), 1);
        assert_eq!(Fingerprint::new(u64::MAX).get(), (1 << Fingerprint::BITS) - 1);
        let key = FingerprintKey::default();
        for n in 0..1_000 {
            let number = key.of("search", &n.to_string()).get();
            assert!(number != 0 && number < 1 << Fingerprint::BITS, "{number}");
        }
    }
}
