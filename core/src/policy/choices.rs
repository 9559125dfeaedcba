//! Sections `[approval]` and `[reservations]`: one choice each.

use toml::Table;

use super::form::{one_of, put};
use super::reader::Reader;
use crate::error::Error;

/// What a call does that a budget does not cover: it is denied for good, or until someone approves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnExhausted {
    /// It is denied. The default.
    #[default]
    Deny,
    /// Its session is paused instead: someone who approves tops it up and resumes it, and it goes on where it stopped.
    Pause,
}

/// What becomes of a reservation whose holder vanishes without settling or releasing it: what it held is spent, or
/// free for the calls that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnVanish {
    /// It is charged what was last reported, or all of it: providers bill streams that were cancelled. The default.
    #[default]
    Charge,
    /// It is given back.
    Release,
}

impl OnExhausted {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Deny, Self::Pause];

    /// The name in a policy file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Pause => "pause",
        }
    }
}

impl OnVanish {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Charge, Self::Release];

    /// The name in a policy file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Release => "release",
        }
    }
}

pub(super) fn read_approval(section: &mut Reader) -> Result<OnExhausted, Error> {
    Ok(section.get("on_exhausted", one_of(OnExhausted::ALL, OnExhausted::name))?.unwrap_or_default())
}

pub(super) fn write_approval(choice: OnExhausted) -> Table {
    let mut section = Table::new();
    put(&mut section, "on_exhausted", choice, &OnExhausted::default(), |choice| choice.name().into());
    section
}

pub(super) fn read_reservations(section: &mut Reader) -> Result<OnVanish, Error> {
    Ok(section.get("on_vanish", one_of(OnVanish::ALL, OnVanish::name))?.unwrap_or_default())
}

pub(super) fn write_reservations(choice: OnVanish) -> Table {
    let mut section = Table::new();
    put(&mut section, "on_vanish", choice, &OnVanish::default(), |choice| choice.name().into());
    section
}
