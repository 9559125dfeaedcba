//! Python values in, the core's values out. Every error names the argument and the value.

mod call;
mod count;
mod execution;
mod money;
mod name;
mod number;
mod policy;
mod rate;
mod setting;
mod spec;
mod time;
mod tools;
mod usage;

pub(crate) use call::Said;
pub(crate) use count::{count, limit, signed};
pub(crate) use execution::{execution, truth};
pub(crate) use money::{dollars, money};
pub(crate) use name::{lookup, name, resource, sensitivity, text};
pub(crate) use number::number;
pub(crate) use policy::table;
pub(crate) use rate::{cost_rate, rate};
pub(crate) use setting::{Given, setting};
pub(crate) use spec::{SessionLimits, session_spec};
pub(crate) use time::{seconds_up, time};
pub(crate) use tools::{batch, tools};
pub(crate) use usage::{Amounts, least};
