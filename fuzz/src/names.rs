//! A list of tools and what is asked of it: only exact listed names are admitted, and each only as often as its cap says.

use std::collections::BTreeMap;

use allotment::{Enforcer, ManualClock, Policy, Reason, SessionSpec, Setting};
use arbitrary::Arbitrary;

use crate::shown;

/// A name: some text, or that repeated, so that a short input can ask for a long name or one about as long as a name may be.
#[derive(Debug, Arbitrary)]
pub struct Name<'a> {
    text: &'a str,
    times: u8,
}

impl Name<'_> {
    fn text(&self) -> String {
        let times = usize::from(self.times);
        match times {
            0..160 => self.text.to_owned(),
            160..208 => {
                let mut text = self.text.repeat(144);
                text.truncate(text.floor_char_boundary(120 + times % 16));
                text
            }
            _ => self.text.repeat(times * 40),
        }
    }
}

/// Which name is asked for.
#[derive(Debug, Arbitrary)]
enum Asked<'a> {
    /// One that was listed.
    Listed(u8),
    /// One that was listed, and something more.
    Longer(u8, &'a str),
    /// One that was listed, in other letters.
    Louder(u8),
    /// Any text.
    Any(Name<'a>),
}

/// A session and the names that it is asked for.
#[derive(Debug, Arbitrary)]
pub struct Listing<'a> {
    listed: Vec<(Name<'a>, Option<u64>)>,
    any: bool,
    open: bool,
    agent: Option<Name<'a>>,
    tenant: Option<Name<'a>>,
    intent: Option<Name<'a>>,
    asked: Vec<Asked<'a>>,
    stranger: Name<'a>,
}

/// Whether `name` names a tool, from the contract.
fn is_name(name: &str, open: bool) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.:/-".contains(c);
    let fine = |c: char| if open { !c.is_control() } else { plain(c) };
    !name.is_empty() && name.len() <= 128 && name != "*" && name.chars().all(fine)
}

fn policy(open: bool) -> Policy {
    let text = format!("defaults.any_tool_name = {open}\nevents.grants = true\nevents.capacity = 256");
    Policy::from_toml_str(&text).expect("a policy")
}

/// Creates the session and asks for every name.
pub fn check(listing: &Listing) {
    let enforcer = Enforcer::builder().policy(policy(listing.open)).clock(ManualClock::new()).build();
    let enforcer = enforcer.expect("an enforcer");
    let mut listed: Vec<_> = listing.listed.iter().map(|(name, cap)| (name.text(), *cap)).collect();
    listed.extend(listing.any.then(|| ("*".to_owned(), None)));
    let agent = listing.agent.as_ref().map_or_else(|| "agent".to_owned(), Name::text);
    let mut spec = SessionSpec::new(&agent).calls(Setting::Unlimited);
    for (name, cap) in &listed {
        spec = spec.tool(name, *cap);
    }
    if let Some(tenant) = &listing.tenant {
        spec = spec.tenant(tenant.text());
    }
    if let Some(intent) = &listing.intent {
        spec = spec.intent(intent.text());
    }
    match enforcer.create(spec) {
        Err(error) => shown::not_made(&error),
        Ok(session) => {
            let star = listed.iter().any(|(name, _)| name == "*");
            let mut left = BTreeMap::new();
            for (name, cap) in listed.iter().filter(|(name, _)| name != "*") {
                assert!(is_name(name, listing.open), "{name:?} was listed");
                let before = left.insert(name, *cap);
                assert!(before.is_none_or(|before| before == *cap), "two caps for {name:?}");
            }
            for name in listing.asked.iter().map(|asked| asked.text(&listed)) {
                let allowed = match left.get_mut(&name) {
                    Some(Some(0)) => Err(Reason::BudgetExceeded),
                    Some(Some(cap)) => {
                        *cap -= 1;
                        Ok(())
                    }
                    Some(None) => Ok(()),
                    None if star && is_name(&name, listing.open) => Ok(()),
                    None => Err(Reason::ToolNotAuthorized),
                };
                let decided = session.authorize(&name).map(drop).map_err(|denial| {
                    shown::denial(&denial);
                    denial.reason()
                });
                assert_eq!(decided, allowed, "{name:?}");
                let stranger = listing.stranger.text();
                if stranger != agent {
                    let denial = enforcer.authorize(session.id(), &stranger, &name).expect_err("a stranger");
                    shown::denial(&denial);
                }
            }
        }
    }
    enforcer.events().for_each(|event| shown::event(&event));
}

impl Asked<'_> {
    fn text(&self, listed: &[(String, Option<u64>)]) -> String {
        let listed = |at: u8| {
            let at = usize::from(at).checked_rem(listed.len());
            at.map_or_else(String::new, |at| listed[at].0.clone())
        };
        match self {
            Self::Listed(at) => listed(*at),
            Self::Longer(at, more) => listed(*at) + more,
            Self::Louder(at) => listed(*at).to_ascii_uppercase(),
            Self::Any(name) => name.text(),
        }
    }
}
