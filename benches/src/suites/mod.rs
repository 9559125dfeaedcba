//! What is timed, by theme. Every run takes the [`floor`] with it.

pub mod batch;
pub mod chains;
pub mod decision;
pub mod denied;
pub mod expiry;
pub mod floor;
mod floor_by_id;
pub mod growth;
pub mod keyed;
pub mod lifecycle;
pub mod reserve;
pub mod threads;
