//! What an intent allows and what a tool does (L2): a [`Tier`], a [`ToolClass`], and whether they fit.
//!
//! | file | idea |
//! | --- | --- |
//! | `keywords` | an intent's tier from its words |
//! | `name` | a tool's class from the words of its name |
//!
//! Both look at whole words only: "already" does not read. A word is compared in lower case and exactly, so that an
//! inflected one (`deletes`, `reading`) is another word.
//!
//! **Invariants** (`tests`): `g9_an_intents_tier_is_the_one_a_naive_search_finds`, `g10_a_tier_allows_its_own_class_and_the_lower_ones`,
//! `g12_a_names_words_are_the_ones_it_was_joined_from`, `g12_no_name_with_a_word_that_writes_is_a_reading_one`.

mod keywords;
mod name;
#[cfg(test)]
mod tests;

use core::fmt;

pub use keywords::Keywords;

/// How much an intent says it will do, from least to most; [`Tier::Unknown`] is an intent that says nothing about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Tier {
    /// No keyword occurs in it: its tools are not checked, unless the policy denies it instead.
    #[default]
    Unknown,
    /// It looks at things.
    Read,
    /// It also changes things.
    Write,
    /// It also manages, deploys and deletes.
    Admin,
}

impl Tier {
    /// All of them, lowest first.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Read, Self::Write, Self::Admin];

    /// The stable `snake_case` name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// Whether a tool of `class` fits this intent: Read allows Read; Write allows Read and Write; Admin allows all;
    /// Unknown is not checked, so it allows all too.
    ///
    /// ```
    /// use allotment::{Keywords, ToolClass};
    /// let tier = Keywords::default().classify("Read and analyze the customer's history");
    /// assert!(tier.allows(ToolClass::of_name("get_account_summary")));
    /// assert!(!tier.allows(ToolClass::of_name("deleteAccount")));
    /// ```
    #[must_use]
    pub const fn allows(self, class: ToolClass) -> bool {
        match self {
            Self::Read => matches!(class, ToolClass::Read),
            Self::Write => matches!(class, ToolClass::Read | ToolClass::Write),
            Self::Admin | Self::Unknown => true,
        }
    }
}

impl From<ToolClass> for Tier {
    /// The lowest tier that is checked and allows the class.
    fn from(class: ToolClass) -> Self {
        match class {
            ToolClass::Read => Self::Read,
            ToolClass::Write => Self::Write,
            ToolClass::Admin => Self::Admin,
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a tool does, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ToolClass {
    /// It looks at things.
    Read,
    /// It changes things.
    Write,
    /// It manages, grants, deploys or deletes.
    Admin,
}

impl ToolClass {
    /// All of them, lowest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// The stable `snake_case` name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// The class of a tool that the policy says nothing about, from the words of its name.
    ///
    /// Words end at what is no letter or digit (`get_user`, `get-user`, `crm.users/get:v2`), between letters and
    /// digits (`get2`), and where capitals begin (`getUser`, `getHTTPStatus`).
    ///
    /// 1. A word of {admin, manage, configure, grant, revoke, deploy, delete, remove, drop, purge}: Admin.
    /// 2. Otherwise a word of {read, get, list, search, view, describe, fetch, query, analyze, summarize, report,
    ///    calculate, compute, check, inspect, review}: Read; but Write where one of {write, create, update, modify,
    ///    edit} stands beside it (`get_or_create`), because a name that says both is not trusted to only look.
    /// 3. Any other name: Write.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        name::class(name)
    }
}

impl fmt::Display for ToolClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
