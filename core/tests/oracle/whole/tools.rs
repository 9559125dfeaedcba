//! What tools are, what intents say, and whether they fit: a table instead of words.

use allotment::{Sensitivity, Tier, ToolClass};

/// A tool: its name, what it does, the sensitivity of what it touches, whether it needs the network.
type Row = (&'static str, ToolClass, Sensitivity, Option<bool>);

/// The tools that sessions list; `send` may have a cap, `heavy` a weight.
pub(crate) const TOOLS: [Row; 7] = [
    ("read", ToolClass::Read, Sensitivity::Public, None),
    ("send", ToolClass::Write, Sensitivity::Public, None),
    ("delete", ToolClass::Admin, Sensitivity::Public, None),
    ("secret", ToolClass::Read, Sensitivity::Confidential, None),
    ("fetch", ToolClass::Read, Sensitivity::Public, Some(true)),
    ("local", ToolClass::Read, Sensitivity::Public, Some(false)),
    ("heavy", ToolClass::Read, Sensitivity::Public, Some(false)),
];

pub(crate) const INTENTS: [(Option<&str>, Tier); 4] = [
    (None, Tier::Unknown),
    (Some("read the list"), Tier::Read),
    (Some("Update it, and read"), Tier::Write),
    (Some("deploy"), Tier::Admin),
];

pub(crate) fn row(tool: &str) -> Option<Row> {
    TOOLS.into_iter().find(|row| row.0 == tool)
}

/// Whether an intent of `tier` does what tools of `class` do: everything up to its own.
pub(crate) fn allows(tier: Tier, class: ToolClass) -> bool {
    let rank = |tier| Tier::ALL.iter().position(|&it| it == tier);
    rank(tier) >= rank(Tier::from(class))
}
