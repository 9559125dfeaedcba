//! x
mod cell;
mod clock;
mod error;
mod gauge;
mod meter;
mod sync;
mod units;
pub use clock::*; pub use error::Error; pub use units::*;
