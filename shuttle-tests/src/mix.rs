//! Random operations: the same ones for the same seed.

use crate::operation::{Operation, Who};

/// How many operations a thread does.
pub const OPERATIONS: usize = 6;

/// The operations of four threads.
pub type Mix = [[Operation; OPERATIONS]; 4];

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn operation(&mut self) -> Operation {
        let who = Who::ALL[self.below(4).min(3) as usize];
        let (tokens, least) = (1 + self.below(4), 1 + self.below(2));
        match self.below(100) {
            0..22 => Operation::Ask { who, calls: 1, tokens: 0 },
            22..40 => Operation::Ask { who, calls: self.below(2), tokens },
            40..56 => Operation::Reserve { who, tokens: tokens.max(least), least },
            56..72 => Operation::Settle { who, granted: 0, actual: self.below(4) },
            72..80 => Operation::Record { who, tokens },
            80..84 => Operation::Pause(who),
            84..89 => Operation::Resume(who),
            89..92 => Operation::Close(who),
            92..96 => Operation::TopUp { who, tokens },
            _ => Operation::Preview { who, calls: 1, tokens },
        }
    }
}

/// The mix of `seed`.
#[must_use]
pub fn mix(seed: u64) -> Mix {
    let mut random = Random(seed);
    core::array::from_fn(|_| core::array::from_fn(|_| random.operation()))
}
