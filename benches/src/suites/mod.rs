//! What is timed, by theme. Every run takes the [`floor`] with it.

pub mod decision;
pub mod floor;
