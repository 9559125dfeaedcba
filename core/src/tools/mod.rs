//! [`ToolSet`]: which tools a session may call, and each one's own cap (L2). Immutable; equal lists share one.

mod table;

use crate::error::Error;
use crate::intent::ToolClass;
use crate::units::MAX_COUNT;
use table::Table;

/// The longest tool name, in bytes.
pub const TOOL_NAME_MAX: usize = 128;
/// The most tools a session can list.
pub const TOOLS_MAX: usize = 10_000;
/// The name that authorises every tool. It has to be said: an empty list authorises nothing.
pub const ANY_TOOL: &str = "*";

/// The tools of a session, by exact, case-sensitive name. Lookup is O(1).
#[derive(Debug)]
pub(crate) struct ToolSet {
    /// Each name with the slot of its cap, or [`UNCAPPED`].
    tools: Table,
    /// What an unlisted tool is: nothing, or a tool without a cap.
    unlisted: Option<Tool>,
    /// The caps, by slot.
    caps: Box<[u64]>,
    /// The highest class that one of the names tells.
    top_class: ToolClass,
    /// Whether a name may be any text.
    open: bool,
}

/// In place of a slot: there is no cap. Of [`TOOLS_MAX`] caps none has this slot.
const UNCAPPED: u16 = u16::MAX;

/// An authorised tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tool {
    /// Where its own cap is kept, if it has one.
    pub(crate) slot: Option<u32>,
}

impl Tool {
    #[inline]
    fn in_slot(slot: u16) -> Self {
        Self { slot: (slot != UNCAPPED).then_some(slot.into()) }
    }
}

impl ToolSet {
    /// The set of `listed` tools, each with its cap; `open`: their names may be any text. A name listed twice must have the same cap both times.
    ///
    /// Errors, about `tools`: a name that is not 1 to 128 bytes of `[A-Za-z0-9_.:/-]`, more than 10,000 names, a cap
    /// above 2⁴⁸, two caps for one name.
    pub(crate) fn new<'a>(
        listed: impl IntoIterator<Item = (&'a str, Option<u64>)>,
        open: bool,
    ) -> Result<Self, Error> {
        let mut sorted: Vec<_> = listed.into_iter().collect();
        if sorted.len() > TOOLS_MAX {
            return Err(Error::new(
                "tools",
                sorted.len(),
                format!("names are more than the maximum {TOOLS_MAX}"),
            ));
        }
        // Sorted, so that equal lists get equal slots whatever their order.
        sorted.sort_unstable();
        sorted.dedup();
        let (mut unlisted, mut top_class) = (None, ToolClass::Read);
        let (mut caps, mut tools) = (Vec::new(), Vec::with_capacity(sorted.len()));
        for (name, cap) in sorted {
            if name == ANY_TOOL && cap.is_none() {
                unlisted = Some(Tool { slot: None });
                top_class = ToolClass::Admin;
                continue;
            }
            // Before the cap, whose error repeats the name uncut.
            check_name(name, open)?;
            if let Some(cap) = cap.filter(|&cap| cap > MAX_COUNT) {
                return Err(Error::new(format!("tools[{name:?}]"), cap, "is above the maximum 2^48"));
            }
            // Sorted by name, so that those of one name stand together.
            if tools.last().is_some_and(|&(last, _)| last == name) {
                return Err(Error::new(
                    "tools",
                    format_args!("{name:?}"),
                    "is listed with two different caps",
                ));
            }
            // There are no more than TOOLS_MAX.
            tools.push((name, cap.map_or(UNCAPPED, |_| u16::try_from(caps.len()).unwrap_or(UNCAPPED))));
            caps.extend(cap);
            top_class = top_class.max(ToolClass::of_name(name));
        }
        Ok(Self { tools: Table::of(tools.into_iter()), unlisted, caps: caps.into(), top_class, open })
    }

    /// The tool of exactly this name, if it is authorised.
    #[inline]
    pub(crate) fn get(&self, name: &str) -> Option<Tool> {
        match self.tools.get(name) {
            Some(slot) => Some(Tool::in_slot(slot)),
            None => self.unlisted.filter(|_| is_name_of(name, self.open)),
        }
    }

    /// The own cap of the tool of exactly this name, if it has one.
    pub(crate) fn cap_of(&self, name: &str) -> Option<u64> {
        self.caps.get(self.get(name)?.slot? as usize).copied()
    }

    /// The highest class that a tool may have by its name.
    pub(crate) fn top_class(&self) -> ToolClass {
        self.top_class
    }

    /// The listed names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.iter().map(|(name, _)| name)
    }

    /// The caps, by slot.
    pub(crate) fn caps(&self) -> &[u64] {
        &self.caps
    }

    /// Whether unlisted tools are authorised too.
    pub(crate) fn is_any(&self) -> bool {
        self.unlisted.is_some()
    }

    /// Whether this is the set of `listed`, which is without repetitions.
    pub(crate) fn is_of(&self, listed: &[(String, Option<u64>)], open: bool) -> bool {
        let star = listed.iter().any(|(name, _)| name == ANY_TOOL);
        let mut named = listed.iter().filter(|(name, _)| name != ANY_TOOL);
        star == self.is_any()
            && open == self.open
            && named.clone().count() == self.tools.len()
            && named.all(|(name, cap)| self.tools.get(name).is_some_and(|slot| self.cap(slot) == *cap))
    }

    fn cap(&self, slot: u16) -> Option<u64> {
        self.caps.get(usize::from(slot)).copied()
    }

    /// The listed names with their caps, sorted.
    pub(crate) fn listed(&self) -> Vec<(&str, Option<u64>)> {
        let mut listed: Vec<_> = self.tools.iter().map(|(name, slot)| (name, self.cap(slot))).collect();
        listed.sort_unstable();
        listed
    }
}

/// Whether `name` is a tool name: 1 to 128 bytes of `[A-Za-z0-9_.:/-]`.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'/' | b'-');
    (1..=TOOL_NAME_MAX).contains(&name.len()) && name.bytes().all(allowed)
}

/// Whether `name` is a tool name where a policy has opened them: 1 to 128 bytes without control characters.
pub(crate) fn is_open_name(name: &str) -> bool {
    (1..=TOOL_NAME_MAX).contains(&name.len()) && !name.chars().any(char::is_control)
}

/// Whether `name` is the name of one tool; `open`: it may be any text.
fn is_name_of(name: &str, open: bool) -> bool {
    if open { name != ANY_TOOL && is_open_name(name) } else { is_name(name) }
}

fn check_name(name: &str, open: bool) -> Result<(), Error> {
    if is_name_of(name, open) {
        return Ok(());
    }
    let of = if open { "without control characters" } else { "of [A-Za-z0-9_.:/-]" };
    let problem = format!("is not a tool name: 1 to {TOOL_NAME_MAX} bytes {of}");
    Err(Error::new("tools", format_args!("{name:?}"), problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(listed: &[(&str, Option<u64>)]) -> Result<ToolSet, Error> {
        ToolSet::new(listed.iter().copied(), false)
    }

    #[test]
    // B10
    fn b10_names_match_exactly_and_case_sensitively() {
        let tools = set(&[("search", None), ("a.b/c:d-e_1", None)]).expect("names");
        for name in ["Search", "SEARCH", "search ", " search", "sear", "searchx", "", "*", "seаrch"] {
            assert_eq!(tools.get(name), None, "{name:?}");
        }
        assert!(tools.get("search").is_some() && tools.get("a.b/c:d-e_1").is_some());
    }

    #[test]
    // B34, D13
    fn b34_d13_an_empty_list_authorises_nothing_and_only_a_star_authorises_all() {
        assert_eq!(set(&[]).expect("empty").get("search"), None);
        let any = set(&[("*", None), ("search", Some(2))]).expect("star");
        assert_eq!(any.get("anything"), Some(Tool { slot: None }));
        assert_eq!(any.get("search"), Some(Tool { slot: Some(0) }));
        for forged in ["", "a b", "tab\t", "naïve", "*"] {
            assert_eq!(any.get(forged), None, "{forged:?} is no tool name at all");
        }
    }

    #[test]
    // G20
    fn g20_a_name_that_makes_no_sense_is_an_error_that_shows_it() {
        let long = "x".repeat(129);
        for name in ["", " ", "a b", "a\n", "a\0", "ünï", "a,b", long.as_str()] {
            assert_eq!(set(&[("ok", None), (name, None)]).expect_err(name).argument(), "tools");
        }
        let many: Vec<String> = (0..=TOOLS_MAX).map(|i| format!("t{i}")).collect();
        assert_eq!(
            ToolSet::new(many.iter().map(|n| (n.as_str(), None)), false).expect_err("10,001").value(),
            "10001"
        );
        assert!(ToolSet::new(many[1..].iter().map(|n| (n.as_str(), None)), false).is_ok());
    }

    #[test]
    // G20
    fn g20_a_name_that_makes_no_sense_is_cut_in_the_error_also_where_its_cap_is_too_high() {
        let long = "x".repeat(10_000);
        let error = set(&[(&long, Some(u64::MAX))]).expect_err("neither makes sense");
        assert_eq!(error.argument(), "tools");
        assert!(error.to_string().len() < 300, "{error}");
    }

    #[test]
    fn where_names_are_open_any_text_is_one_but_control_characters_and_the_star() {
        let open = |names: &[&str]| ToolSet::new(names.iter().map(|&name| (name, None)), true);
        let tools = open(&["Suche nach Büchern", "*"]).expect("open names");
        assert!(tools.get("Suche nach Büchern").is_some() && tools.get("anything else").is_some());
        for forged in ["", "a\nb", "*"] {
            assert_eq!(tools.get(forged), None, "{forged:?}");
        }
        assert!(open(&["a\0"]).is_err() && open(&[""]).is_err());
    }

    #[test]
    fn caps_are_kept_by_slot_and_two_caps_for_one_name_are_an_error() {
        let tools = set(&[("z", Some(9)), ("a", None), ("b", Some(5)), ("b", Some(5))]).expect("caps");
        assert_eq!(tools.caps(), [5, 9]);
        assert_eq!(tools.listed(), [("a", None), ("b", Some(5)), ("z", Some(9))]);
        assert_eq!(set(&[("a", Some(1)), ("a", Some(2))]).expect_err("two caps").value(), "\"a\"");
        assert_eq!(set(&[("a", Some(1 << 48)), ("b", Some(0))]).expect("2^48 is fine").caps(), [1 << 48, 0]);
        assert_eq!(set(&[("a", Some((1 << 48) + 1))]).expect_err("too much").argument(), "tools[\"a\"]");
        assert_eq!(set(&[("*", Some(5))]).expect_err("a cap on everything is the budget").value(), "\"*\"");
    }

    #[test]
    fn equal_lists_are_equal_sets_whatever_their_order() {
        let listed = |tools: &[(&str, Option<u64>)]| {
            let set = set(tools).expect("names");
            set.listed()
                .into_iter()
                .map(|(name, cap)| (name.to_owned(), cap, set.get(name)))
                .collect::<Vec<_>>()
        };
        assert_eq!(listed(&[("a", Some(1)), ("b", Some(2))]), listed(&[("b", Some(2)), ("a", Some(1))]));
        assert_ne!(listed(&[("a", None)]), listed(&[("a", Some(1))]));
    }

    #[test]
    fn a_set_is_of_exactly_the_lists_that_make_it() {
        let lists: [&[(&str, Option<u64>)]; 9] = [
            &[],
            &[("*", None)],
            &[("a", None)],
            &[("a", Some(1))],
            &[("a", Some(2))],
            &[("b", None)],
            &[("a", Some(1)), ("b", None)],
            &[("*", None), ("a", Some(1))],
            // Text that comes before the star.
            &[("(a)", None), ("*", None)],
        ];
        let all = || lists.into_iter().enumerate().flat_map(|(i, list)| [(i, list, false), (i, list, true)]);
        for (i, list, open) in all() {
            let Ok(set) = ToolSet::new(list.iter().copied(), open) else { continue };
            for (j, other, other_open) in all() {
                let other: Vec<_> = other.iter().map(|&(name, cap)| (name.to_owned(), cap)).collect();
                assert_eq!(
                    set.is_of(&other, other_open),
                    (i, open) == (j, other_open),
                    "{list:?} and {other:?}"
                );
            }
        }
    }
}
