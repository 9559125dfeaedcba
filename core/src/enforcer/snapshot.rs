//! What can be read of a session, a closed session and an enforcer: plain values that serialise.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Shared;
use crate::account::METERED;
use crate::cell::Tally;
use crate::decision::{Balance, LimitWarning};
use crate::meter::Word;
use crate::session::Watch;
use crate::store::Entry;
use crate::units::{Nanos, Resource, Scope, Split};

/// A session at one moment. Each meter is read in one step; together they are as consistent as concurrent admissions
/// allow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Snapshot {
    /// The session's id.
    pub id: String,
    /// Its agent.
    pub agent: String,
    /// Its tenant.
    pub tenant: Option<String>,
    /// `active`, `paused`, `expired` or `closed`.
    pub status: &'static str,
    /// Whether it is active, not expired and has calls left.
    pub active: bool,
    /// What it is for.
    pub intent: Option<String>,
    /// What kind of work that is, by its words: `read`, `write`, `admin` or `unknown`.
    pub intent_tier: &'static str,
    /// The most sensitive data it may touch.
    pub sensitivity: &'static str,
    /// Its tools, sorted, each with its cap and the calls made if it has one; `*` stands for all others.
    pub tools: BTreeMap<String, Option<ToolSnapshot>>,
    /// When it was created, in seconds since 1970.
    pub created_at: f64,
    /// When it expires, in seconds since 1970.
    pub expires_at: f64,
    /// How long it may live, in seconds.
    pub time_limit: f64,
    /// How long it still lives, in seconds; 0 once it has ended.
    pub seconds_remaining: f64,
    /// The session it was delegated from.
    pub parent: Option<String>,
    /// The sessions it was delegated from, outermost first.
    pub delegation_chain: Vec<String>,
    /// What is running low, as sentences.
    pub warnings: Vec<String>,
    /// How many calls were denied.
    pub denied: u64,
    /// How many calls did not fit the intent, denied or not.
    pub drifts: u64,
    /// When it last did something, in seconds since 1970; `None` where nothing watches that.
    pub last_activity: Option<f64>,
    /// How long it has lived, in milliseconds.
    pub wall_time_ms: u64,
    /// How deep discoveries nest.
    pub depth: DepthSnapshot,
    /// The memory that was observed, in bytes.
    pub memory: MemorySnapshot,
    /// Tokens by kind, as they were reported and not weighed.
    pub tokens_by_kind: Split,
    /// Tool calls.
    pub calls: ResourceSnapshot,
    /// Steps.
    pub steps: ResourceSnapshot,
    /// Steps that were discovered on the way.
    pub discovered_steps: ResourceSnapshot,
    /// Model tokens.
    pub tokens: ResourceSnapshot,
    /// Money, in nano-dollars.
    pub cost: ResourceSnapshot,
}

/// How deep a session's discoveries nest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DepthSnapshot {
    /// Levels entered and not left.
    pub current: u64,
    /// The most there ever were.
    pub deepest: u64,
    /// The most there may be.
    pub limit: Option<u64>,
}

/// What memory a session was seen to use, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MemorySnapshot {
    /// The last observation; 0 before the first.
    pub observed: u64,
    /// The most there may be.
    pub limit: Option<u64>,
}

/// One resource of a session at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResourceSnapshot {
    /// Units spent, tentative debits of admissions under way included.
    pub spent: u64,
    /// Units of `spent` that are reserved and not settled yet.
    pub reserved: u64,
    /// The budget.
    pub limit: Option<u64>,
    /// What is left of it.
    pub remaining: Option<u64>,
    /// The rate, as text.
    pub rate: Option<String>,
}

/// A tool's own cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ToolSnapshot {
    /// Calls made.
    pub spent: u64,
    /// The cap.
    pub limit: u64,
}

#[expect(clippy::cast_precision_loss, reason = "timestamps for people")]
fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

impl Snapshot {
    pub(super) fn of(shared: &Shared, entry: &Entry) -> Self {
        let now = shared.clock.now();
        let (session, identity) = (&entry.state, &entry.state.identity);
        let status = session.status(now);
        let left =
            if status.is_terminal() { Nanos::ZERO } else { session.time_is_up_at().saturating_sub(now) };
        let watch = session.known_watch();
        let (current, deepest) = watch.map_or((0, 0), |watch| watch.depth.load());
        let (observed, memory) = watch.map_or((0, None), Watch::memory);
        let last_activity = session.watched().map(|watch| seconds(shared.clock.wall(watch.last_activity())));
        let words = METERED.map(|resource| (resource, session.peek(resource)));
        let [calls, steps, discovered_steps, tokens, cost] =
            words.map(|(resource, word)| resource_at(entry, resource, word));
        Self {
            id: entry.id().to_string(),
            agent: entry.agent.name.to_string(),
            tenant: entry.tenant.as_ref().map(|tenant| tenant.name.to_string()),
            status: status.name(),
            active: session.is_active(now),
            intent: identity.intent.as_deref().map(str::to_owned),
            intent_tier: identity.tier.name(),
            sensitivity: identity.sensitivity.name(),
            tools: tools_of(entry),
            created_at: seconds(shared.clock.wall(session.created_at())),
            expires_at: seconds(shared.clock.wall(session.time_is_up_at())),
            time_limit: session.time_limit().as_secs_f64(),
            seconds_remaining: left.as_secs_f64(),
            parent: entry.parent.as_ref().map(|parent| parent.id().to_string()),
            delegation_chain: {
                let mut chain: Vec<_> = entry.ancestors().map(|ancestor| ancestor.id().to_string()).collect();
                chain.reverse();
                chain
            },
            warnings: warnings(shared, entry, &words, left).map(|w| w.to_string()).collect(),
            denied: session.denied().get(),
            drifts: session.drifts.get(),
            last_activity,
            wall_time_ms: now.saturating_sub(session.created_at()).get() / 1_000_000,
            depth: DepthSnapshot { current, deepest, limit: watch.and_then(Watch::max_depth) },
            memory: MemorySnapshot { observed, limit: memory },
            tokens_by_kind: session.account().split_so_far(),
            calls,
            steps,
            discovered_steps,
            tokens,
            cost,
        }
    }
}

fn resource_at(entry: &Entry, resource: Resource, word: Word) -> ResourceSnapshot {
    let balance = entry.state.balance(resource, word);
    ResourceSnapshot {
        spent: balance.spent,
        reserved: entry.state.account().reserved(resource).map_or(0, Tally::get),
        limit: balance.limit,
        remaining: balance.remaining(),
        rate: entry.state.limit(resource).plan.map(|plan| plan.rate().to_string()),
    }
}

fn tools_of(entry: &Entry) -> BTreeMap<String, Option<ToolSnapshot>> {
    let tools = entry.state.tools();
    let capped = |name: &str, cap: Option<u64>| {
        let slot = tools.get(name).and_then(|tool| tool.slot)?;
        Some(ToolSnapshot { spent: entry.state.spent_on(slot), limit: cap? })
    };
    let listed = tools.listed().into_iter().map(|(name, cap)| (name.to_owned(), capped(name, cap)));
    listed.chain(tools.is_any().then(|| (crate::tools::ANY_TOOL.to_owned(), None))).collect()
}

fn warnings<'a>(
    shared: &Shared,
    entry: &'a Entry,
    words: &'a [(Resource, Word)],
    left: Nanos,
) -> impl Iterator<Item = LimitWarning> + use<'a> {
    let ppm = entry.outlook(&shared.rules).warn_ppm();
    let limit = entry.state.time_limit().get();
    let time = Balance { spent: limit.saturating_sub(left.get()), limit: Some(limit) };
    let time = time.warning(Scope::Session, Resource::Time, ppm);
    let own = move |&(resource, word): &(Resource, Word)| {
        entry.state.balance(resource, word).warning(Scope::Session, resource, ppm)
    };
    words.iter().filter_map(own).chain(time)
}

/// What a closed session did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Calls made, and the budget.
    pub calls: Balance,
    /// How long it lived.
    pub time_used: Nanos,
    /// How long it might have lived.
    pub time_limit: Nanos,
    /// How many calls were denied.
    pub denied: u64,
    /// How many calls did not fit the intent, denied or not.
    pub drifts: u64,
}

impl Summary {
    /// Calls made in percent of the budget; `None` without a budget or with one of 0.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
    pub fn utilisation(&self) -> Option<f64> {
        self.calls
            .limit
            .filter(|&limit| limit > 0)
            .map(|limit| self.calls.spent as f64 * 100.0 / limit as f64)
    }
}

/// Figures about an enforcer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Sessions held, ended ones that were not swept yet included.
    pub sessions: u64,
    /// The most it may hold.
    pub max_sessions: u64,
    /// Agents known.
    pub agents: u64,
    /// Tenants known.
    pub tenants: u64,
    /// Events that wait to be drained.
    pub events_waiting: u64,
    /// Events that found the queue full.
    pub events_dropped: u64,
}
