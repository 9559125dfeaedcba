//! [`Case`]: a [`Subject`] that can show that what it was timed at is admitting.

use std::iter::repeat_with;

use allotment_benches::{Share, Subject, share};

/// Asks so many times; how many were admitted.
type Sample = Box<dyn FnMut(u64) -> u64>;

/// How often a case is asked after it was timed.
const SAMPLE: u64 = 1_000;

/// What is timed, and the proof that it admits.
pub struct Case {
    /// What is timed.
    pub subject: Subject,
    /// To be asked for afterwards.
    pub proof: Proof,
}

/// Asks the very same object that was timed, to see what it says.
pub struct Proof {
    name: String,
    sample: Sample,
}

impl Proof {
    /// Panics unless all of a thousand more calls are admitted.
    pub fn must_hold(mut self) {
        assert_eq!((self.sample)(SAMPLE), SAMPLE, "{} admits no more", self.name);
    }
}

impl Case {
    /// A subject, and how its object is asked so many times.
    pub fn new(subject: Subject, sample: impl FnMut(u64) -> u64 + 'static) -> Self {
        let proof = Proof { name: subject.name.clone(), sample: Box::new(sample) };
        Self { subject, proof }
    }

    /// One thread. `caller` makes what asks once, of an object that all it makes share.
    pub fn alone<W: FnMut() -> bool + 'static>(name: &str, caller: impl Fn() -> W) -> Self {
        Self::new(Subject::new(name, caller()), counted(caller()))
    }

    /// Two threads at the same time, each with a caller of its own.
    pub fn two<W: FnMut() -> bool + Send + 'static>(name: &str, caller: impl Fn(usize) -> W) -> Self {
        let shares: Vec<Share> = [0, 1].map(|thread| share(caller(thread))).into();
        let mut samples = [0, 1].map(|thread| counted(caller(thread)));
        Self::new(Subject::shared(name, shares), move |times| {
            let half = times / 2;
            samples.iter_mut().map(|sample| sample(half)).sum()
        })
    }
}

fn counted(mut caller: impl FnMut() -> bool) -> impl FnMut(u64) -> u64 {
    move |times| {
        let times = usize::try_from(times).unwrap_or(usize::MAX);
        repeat_with(&mut caller).take(times).map(u64::from).sum()
    }
}
