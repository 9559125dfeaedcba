//! Whether memory stays flat: what the process has resident after each round.

/// How much the last third's median may lie above the middle third's: a thirty-second of it and two mebibytes, for what allocators
/// and reclamation put off.
const MARGIN_SHARE: u64 = 32;
const MARGIN_KIB: u64 = 2048;
/// Fewer rounds than this say nothing.
const ROUNDS_MIN: usize = 9;

#[derive(Debug, Default)]
pub(crate) struct Memory {
    samples_kib: Vec<u64>,
}

impl Memory {
    /// Adds what is resident now, where the system tells (Linux).
    pub(crate) fn sample(&mut self) {
        let pages = std::fs::read_to_string("/proc/self/statm")
            .ok()
            .and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok());
        // 4 KiB pages; where they are larger every sample is too small by the same factor.
        self.samples_kib.extend(pages.map(|pages| pages * 4));
    }

    /// The medians of the three thirds, in KiB.
    fn medians_kib(&self) -> Option<[u64; 3]> {
        let third = self.samples_kib.len() / 3;
        (self.samples_kib.len() >= ROUNDS_MIN).then(|| {
            [0, 1, 2].map(|part| {
                let mut samples = self.samples_kib[part * third..(part + 1) * third].to_vec();
                samples.sort_unstable();
                samples[third / 2]
            })
        })
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        match self.medians_kib() {
            Some([_, middle, last]) if last > middle + middle / MARGIN_SHARE + MARGIN_KIB => {
                Err(format!("memory grows: {middle} KiB in the middle third, {last} KiB in the last"))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn line(&self) -> String {
        match (self.medians_kib(), &*self.samples_kib) {
            (Some([first, middle, last]), [begin, .., end]) => format!(
                "resident: {begin} KiB after the first round, {end} after the last; medians of thirds {first}, {middle}, {last}"
            ),
            (_, samples) => format!("resident: {samples:?} KiB: too few rounds to tell whether it grows"),
        }
    }
}
