//! A history of thousands of steps that fails, made short: what follows the failure goes first, then ever smaller parts of the rest.
//! (proptest takes out one step at a time; with thousands of steps that takes hours.)

/// The shortest part of `steps` found that still fails, with what it fails with. `run` gives the step that fails, and how.
pub(super) fn shortest<S: Clone, E>(
    steps: &[S],
    run: impl Fn(&[S]) -> Result<(), (usize, E)>,
) -> Option<(Vec<S>, E)> {
    let (at, mut failure) = run(steps).err()?;
    let mut kept = steps[..steps.len().min(at + 1)].to_vec();
    loop {
        let before = kept.len();
        let mut part = before.div_ceil(2);
        while part > 0 {
            let mut start = 0;
            while start < kept.len() {
                let mut fewer = kept.clone();
                fewer.drain(start..(start + part).min(kept.len()));
                match run(&fewer) {
                    Ok(()) => start += part,
                    Err((at, other)) => {
                        fewer.truncate(at + 1);
                        (kept, failure) = (fewer, other);
                    }
                }
            }
            part /= 2;
        }
        if kept.len() == before {
            return Some((kept, failure));
        }
    }
}
