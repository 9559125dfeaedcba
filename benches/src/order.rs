//! [`Order`]: a fixed order that looks random, so that neither the caches nor the branch predictor know what comes next.

/// Items in an order that was drawn once, from a fixed seed, and goes round.
#[derive(Debug)]
pub struct Order<T> {
    items: Vec<T>,
    at: usize,
}

impl<T> Order<T> {
    /// `items`, shuffled.
    #[must_use]
    pub fn of(mut items: Vec<T>) -> Self {
        // SplitMix64, for a Fisher-Yates shuffle that is the same in every run.
        let mut state = 0x005E_ED0F_A110_7E57_u64;
        let mut random = move || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ mixed >> 31
        };
        for last in (1..items.len()).rev() {
            let chosen = usize::try_from(random() % (last as u64 + 1)).unwrap_or(0);
            items.swap(last, chosen);
        }
        Self { items, at: 0 }
    }

    /// The next item.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "it lends its items")]
    pub fn next(&mut self) -> &T {
        let item = self.at;
        self.at = if item + 1 == self.items.len() { 0 } else { item + 1 };
        &self.items[item]
    }
}
