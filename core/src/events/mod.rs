//! [`Event`]s: what an operator wants to hear of, in a bounded queue that nobody waits for (L4, below `store`).
//!
//! | file | idea |
//! | --- | --- |
//! | `kind` | the closed list of what is told |
//! | `event` | one record: immutable, small, safe to print on one line |
//! | `queue` | the queue, what is let into it, and how many found it full |

mod event;
mod kind;
mod queue;
#[cfg(all(test, not(loom)))]
mod tests;

pub use event::Event;
pub(crate) use event::{About, Matter};
pub use kind::EventKind;
pub(crate) use queue::{Events, Wanted};
