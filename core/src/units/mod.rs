//! Words and quantities (L0): newtypes with their units. They know nothing of meters or sessions.

mod money;
mod names;
mod rate;
mod time;
mod usage;

pub use money::NanoUsd;
pub use names::{Resource, Scope, Sensitivity, SessionId, Status};
pub use rate::Rate;
pub use time::Nanos;
pub use usage::{Split, Usage};

/// The largest budget, cap or rate of anything that is counted (calls, steps, tokens), 2⁴⁸ units.
pub const MAX_COUNT: u64 = 1 << 48;
/// The largest amount of money that can be a budget, 2⁵⁴ nano-dollars: $18 million.
pub const MAX_COST: NanoUsd = NanoUsd::new(1 << 54);
