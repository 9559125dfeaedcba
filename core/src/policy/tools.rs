//! Sections `[tools.NAME]`: what the policy knows of each tool, and the one that knows them all.

use std::collections::HashMap;

use toml::{Table, Value};

use super::form::{count, one_of, put, sensitivity, truth, write_count};
use super::limits::{MAX_SMALL, in_range};
use super::reader::{Reader, dotted};
use crate::error::Error;
use crate::intent::ToolClass;
use crate::tools::{ANY_TOOL, TOOL_NAME_MAX, is_name, is_open_name};
use crate::units::Sensitivity;

/// What the policy says of one tool.
///
/// A call of it is checked by this against the intent, the sensitivity's ceiling and the air gap, and debits its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolRules {
    /// What it does; `None` is told by its name ([`ToolClass::of_name`]).
    pub class: Option<ToolClass>,
    /// The sensitivity of what it touches: it needs a session whose ceiling is at least that. Public by default, which
    /// every session may touch.
    pub sensitivity: Sensitivity,
    /// Whether it needs the network; `None`, the default, is that nobody said: behind an air gap (`Defaults::air_gap`)
    /// that is denied like a need.
    pub network: Option<bool>,
    /// How many calls one call of it counts for, 1 to 2²⁰. One by default.
    pub weight: u64,
}

impl Default for ToolRules {
    fn default() -> Self {
        Self { class: None, sensitivity: Sensitivity::Public, network: None, weight: 1 }
    }
}

impl ToolRules {
    /// The largest weight, 2²⁰ calls.
    pub const MAX_WEIGHT: u64 = MAX_SMALL;

    /// Checks that the weight is within bounds.
    ///
    /// Errors: it is not, by its name in the policy file.
    pub fn check(&self) -> Result<(), Error> {
        in_range("weight", self.weight, 1..=Self::MAX_WEIGHT)
    }
}

/// The tools that the policy knows, by exact, case-sensitive name. Lookup is O(1).
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Catalog {
    tools: HashMap<Box<str>, ToolRules, foldhash::fast::RandomState>,
}

impl Catalog {
    /// What is known of the tool of exactly this name.
    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<&ToolRules> {
        self.tools.get(name)
    }

    /// Whether nothing is known of any tool.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// Puts `rules` under `name`, in place of any that are there; `open` names may be any text. Errors are about
    /// `section`, and change nothing.
    pub(super) fn insert(
        &mut self,
        section: &str,
        name: &str,
        open: bool,
        rules: ToolRules,
    ) -> Result<(), Error> {
        check_name(section, name, open)?;
        rules.check().map_err(|error| error.within(&dotted(section, name)))?;
        self.tools.insert(name.into(), rules);
        Ok(())
    }

    /// Errors, about `tools`: a name in it would not be one if names were not open.
    pub(super) fn check_closed(&self) -> Result<(), Error> {
        self.sorted().into_iter().try_for_each(|(name, _)| check_name("tools", name, false))
    }

    /// Every tool with its rules, by name.
    pub(super) fn sorted(&self) -> Vec<(&str, &ToolRules)> {
        let mut sorted: Vec<_> = self.tools.iter().map(|(name, rules)| (&**name, rules)).collect();
        sorted.sort_unstable_by_key(|(name, _)| *name);
        sorted
    }
}

fn check_name(section: &str, name: &str, open: bool) -> Result<(), Error> {
    let problem = if name == ANY_TOOL {
        "is no name of one tool".to_owned()
    } else if open && !is_open_name(name) {
        format!("is not a tool name: 1 to {TOOL_NAME_MAX} bytes without control characters")
    } else if !open && !is_name(name) {
        let names = format!("1 to {TOOL_NAME_MAX} bytes of [A-Za-z0-9_.:/-]");
        format!("is not a tool name: {names} (any text with `any_tool_name` in `defaults`)")
    } else {
        return Ok(());
    };
    Err(Error::new(section, format_args!("{name:?}"), problem))
}

pub(super) fn read(section: &mut Reader, open: bool) -> Result<Catalog, Error> {
    let path = section.path().to_owned();
    let mut catalog = Catalog::default();
    for (name, item) in section.named() {
        catalog.insert(&path, name, open, item.table(read_tool)?)?;
    }
    Ok(catalog)
}

pub(super) fn write(catalog: &Catalog) -> Table {
    let tools = catalog.sorted().into_iter();
    tools.map(|(name, rules)| (name.to_owned(), Value::Table(write_tool(rules)))).collect()
}

fn read_tool(section: &mut Reader) -> Result<ToolRules, Error> {
    let usual = ToolRules::default();
    Ok(ToolRules {
        class: section.get("class", one_of(ToolClass::ALL, ToolClass::name))?,
        sensitivity: section.get("sensitivity", sensitivity)?.unwrap_or(usual.sensitivity),
        network: section.get("network", truth)?,
        weight: section.get("weight", count)?.unwrap_or(usual.weight),
    })
}

fn write_tool(rules: &ToolRules) -> Table {
    let usual = ToolRules::default();
    let mut section = Table::new();
    if let Some(class) = rules.class {
        section.insert("class".to_owned(), class.name().into());
    }
    put(&mut section, "sensitivity", rules.sensitivity, &usual.sensitivity, |level| level.name().into());
    if let Some(network) = rules.network {
        section.insert("network".to_owned(), network.into());
    }
    put(&mut section, "weight", rules.weight, &usual.weight, write_count);
    section
}
