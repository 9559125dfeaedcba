//! Planted bugs that the searches in `limiter.rs` find.

use super::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "a bucket is found full first and evicted then",
        file: "core/src/meter/mod.rs",
        from: "self.update(self.load(), |word| if word.is_blank(minted) { Ok(shut(word)) } else { Err(word) })",
        to: "let seen = self.load();\n        self.update(seen, |word| if seen.is_blank(minted) { Ok(shut(word)) } else { Err(word) })",
        found_by: ("limiter", "an_eviction_gives_nobody_tokens"),
    },
    Mutant {
        name: "a limiter reads the clock before it looks the key up",
        file: "core/src/limiter/debit.rs",
        from: "        let meter = place.meter()?;\n        // Not before the look-up: see the header.\n        let at = now();\n",
        to: "        let at = now();\n        let meter = place.meter()?;\n",
        found_by: ("limiter", "an_eviction_gives_nobody_tokens"),
    },
];
