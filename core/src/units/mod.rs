//! Words and quantities (L0): newtypes with their units. They know nothing of meters or sessions.

mod money;
mod names;
mod rate;
mod time;

pub use money::NanoUsd;
pub use names::{Resource, Scope, Sensitivity, SessionId, Status, Usage};
pub use rate::Rate;
pub use time::Nanos;
