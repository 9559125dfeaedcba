//! [`Denial`]: a verdict with its evidence.

use core::fmt;
use std::borrow::Cow;
use std::sync::Arc;

use super::Reason;
use crate::error::{excerpt, printable};
use crate::units::{NanoUsd, Nanos, Resource, Scope, SessionId};

/// A denied call: why, who refused, and the figures. Nothing was debited.
///
/// Display is [`Denial::message`], which is safe to show to a model; [`Denial::detail`] is for the operator. Clones share
/// the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial(Arc<Evidence>);

/// Everything a denial knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) reason: Reason,
    pub(crate) session: Option<SessionId>,
    /// The caller's agent, or the owner of the account that refused.
    pub(crate) party: Option<Box<str>>,
    pub(crate) tool: Option<Box<str>>,
    /// The session that this one was delegated from and that refused.
    pub(crate) ancestor: Option<SessionId>,
    pub(crate) scope: Option<Scope>,
    pub(crate) resource: Option<Resource>,
    pub(crate) limit: Option<u64>,
    pub(crate) used: Option<u64>,
    pub(crate) requested: Option<u64>,
    pub(crate) retry_after: Option<Nanos>,
    /// What else the operator should know.
    pub(crate) note: Option<Box<str>>,
}

impl Evidence {
    /// No more than the reason.
    pub(crate) const fn of(reason: Reason) -> Self {
        Self {
            reason,
            session: None,
            party: None,
            tool: None,
            ancestor: None,
            scope: None,
            resource: None,
            limit: None,
            used: None,
            requested: None,
            retry_after: None,
            note: None,
        }
    }
}

/// The longest name, in characters, that a detail repeats.
const NAME_SHOWN: usize = 128;

impl Denial {
    #[cold]
    pub(crate) fn new(evidence: Evidence) -> Self {
        Self(Arc::new(evidence))
    }

    /// The same to be kept after the call: its names printable and of at most `longest` characters.
    pub(crate) fn kept(&self, longest: usize) -> Self {
        let [party, tool] = [self.party(), self.tool()].map(|name| name.map(|name| printable(name, longest)));
        let as_it_is = |name: &Option<Cow<'_, str>>| !matches!(name, Some(Cow::Owned(_)));
        if as_it_is(&party) && as_it_is(&tool) {
            return self.clone();
        }
        let [party, tool] = [party, tool].map(|name| name.map(Into::into));
        Self::new(Evidence { party, tool, ..Evidence::clone(&self.0) })
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The session that was asked for, whether it exists or not.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        self.0.session
    }

    /// The agent or tenant concerned: the caller of a mismatch, the owner of the account that refused.
    #[must_use]
    pub fn party(&self) -> Option<&str> {
        self.0.party.as_deref()
    }

    /// The tool: the first of a batch that is not authorised, or whose cap refused.
    #[must_use]
    pub fn tool(&self) -> Option<&str> {
        self.0.tool.as_deref()
    }

    /// Which of the sessions that this one was delegated from refused, if it was one of them.
    #[must_use]
    pub fn ancestor(&self) -> Option<SessionId> {
        self.0.ancestor
    }

    /// Which account refused.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        self.0.scope
    }

    /// What was lacking.
    #[must_use]
    pub fn resource(&self) -> Option<Resource> {
        self.0.resource
    }

    /// The limit, in the resource's unit: calls, steps, tokens, nano-dollars, sessions; nanoseconds for time.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.0.limit
    }

    /// What was used of it, in the same unit. For a rate: how much of the bucket, rounded up.
    #[must_use]
    pub fn used(&self) -> Option<u64> {
        self.0.used
    }

    /// What was asked for, in the same unit.
    #[must_use]
    pub fn requested(&self) -> Option<u64> {
        self.0.requested
    }

    /// The exact wait after which the same demand is admitted if nobody else asks. `None` if it never can be.
    #[must_use]
    pub fn retry_after(&self) -> Option<Nanos> {
        self.0.retry_after
    }

    /// Whether asking again later can help: rates (unless the demand is larger than the whole bucket), contention and
    /// concurrency. Everything else is final.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.0.reason.retryable() && (self.0.reason != Reason::RateLimited || self.0.retry_after.is_some())
    }

    /// The HTTP status that says the same.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        self.0.reason.http_status()
    }

    /// A short text that is safe to show to a model or a caller: no limits, no figures, no names of others.
    #[must_use]
    pub fn message(&self) -> String {
        let advice = match (self.0.reason.retryable(), self.retryable()) {
            (_, true) => " Try again later.",
            (true, false) => " Ask for less at once.",
            (false, false) => "",
        };
        match self.0.resource {
            Some(resource) if self.0.reason == Reason::BudgetExceeded => {
                format!("The budget for {resource} is used up.")
            }
            _ => format!("{}{advice}", self.0.reason.sentence()),
        }
    }

    /// The full text for the operator, on one line: `budget_exceeded: session calls exceeded: 3 / 2 (150%) [session …]`.
    #[must_use]
    pub fn detail(&self) -> String {
        Detail(&self.0).to_string()
    }
}

/// Writes the operator's text.
struct Detail<'a>(&'a Evidence);

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Evidence {
            reason,
            session,
            party,
            tool,
            ancestor,
            scope,
            resource,
            limit,
            used,
            requested,
            retry_after,
            note,
        } = self.0;
        write!(f, "{reason}")?;
        if let Some(note) = note {
            write!(f, ": {note}")?;
        }
        if let (Some(scope), Some(resource), Some(limit), Some(used)) = (scope, resource, limit, used) {
            let asked = used.saturating_add(requested.unwrap_or(0));
            write!(
                f,
                ": {scope} {resource} exceeded: {} / {}",
                Shown(*resource, asked),
                Shown(*resource, *limit)
            )?;
            if let Some(percent) = (u128::from(asked) * 100).checked_div(u128::from(*limit)) {
                write!(f, " ({percent}%)")?;
            }
            if let Some(requested) = requested.filter(|&n| n > 1) {
                write!(f, ", {} requested at once", Shown(*resource, requested))?;
            }
        }
        if let Some(wait) = retry_after {
            write!(f, ", admitted again in {wait}")?;
        } else if *reason == Reason::RateLimited {
            write!(f, ", never admitted: more than the bucket holds")?;
        }
        for (what, name) in [("tool", tool), ("party", party)] {
            if let Some(name) = name {
                write!(f, " [{what} {:?}]", excerpt(name, NAME_SHOWN))?;
            }
        }
        if let Some(id) = ancestor {
            write!(f, " [ancestor {id}]")?;
        }
        session.map_or(Ok(()), |id| write!(f, " [session {id}]"))
    }
}

/// An amount of a resource, in the unit a person reads.
pub(crate) struct Shown(pub(crate) Resource, pub(crate) u64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Resource::Cost => NanoUsd::new(self.1).fmt(f),
            Resource::Time | Resource::Idle => Nanos::new(self.1).fmt(f),
            _ => self.1.fmt(f),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Denial {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    // B29
    fn b29_what_the_model_reads_has_no_figures_and_no_names() {
        for reason in Reason::ALL {
            let denial = Denial::new(Evidence {
                session: Some(SessionId::random()),
                party: Some("acme-corp".into()),
                tool: Some("wire_money".into()),
                scope: Some(Scope::Tenant),
                resource: Some(Resource::Calls),
                limit: Some(4711),
                used: Some(4242),
                requested: Some(815),
                retry_after: Some(Nanos::new(77)),
                ..Evidence::of(reason)
            });
            let text = denial.to_string();
            assert!(!text.contains(|c: char| c.is_ascii_digit()), "{text}");
            assert!(!text.contains("acme") && !text.contains("wire") && !text.contains("tenant"), "{text}");
            let detail = denial.detail();
            for part in ["4711", "5057", "acme-corp", "wire_money", "tenant", reason.name()] {
                assert!(detail.contains(part), "{detail} lacks {part}");
            }
        }
    }

    #[test]
    // B30, E3, E5
    fn b30_e3_e5_each_reason_has_its_name_status_and_whether_to_retry() {
        let table: Vec<_> = Reason::ALL.iter().map(|r| (r.name(), r.http_status(), r.retryable())).collect();
        assert_eq!(
            table,
            [
                ("not_found", 404, false),
                ("closed", 410, false),
                ("paused", 409, false),
                ("expired", 408, false),
                ("idle_timeout", 408, false),
                ("agent_mismatch", 403, false),
                ("tool_not_authorized", 403, false),
                ("intent_drift", 403, false),
                ("sensitivity_exceeded", 403, false),
                ("network_denied", 403, false),
                ("same_step_loop", 403, false),
                ("depth_exceeded", 429, false),
                ("too_many_sessions", 429, true),
                ("store_full", 503, false),
                ("budget_exceeded", 429, false),
                ("rate_limited", 429, true),
                ("contended", 503, true),
                ("forked", 503, false),
            ]
        );
    }

    #[test]
    // D22, E4
    fn e4_d22_the_percentage_counts_what_was_asked_and_a_limit_of_zero_has_none() {
        let exceeded = |limit, used| {
            Denial::new(Evidence {
                scope: Some(Scope::Session),
                resource: Some(Resource::Calls),
                limit: Some(limit),
                used: Some(used),
                requested: Some(1),
                ..Evidence::of(Reason::BudgetExceeded)
            })
            .detail()
        };
        assert_eq!(exceeded(2, 2), "budget_exceeded: session calls exceeded: 3 / 2 (150%)");
        assert_eq!(exceeded(0, 0), "budget_exceeded: session calls exceeded: 1 / 0");
    }

    #[test]
    // D9, V10
    fn v10_d9_a_rate_that_can_never_cover_the_demand_is_not_retryable() {
        let never = Denial::new(Evidence::of(Reason::RateLimited));
        assert!(!never.retryable() && Reason::RateLimited.retryable());
        assert_eq!(never.message(), "Too much in too short a time. Ask for less at once.");
        let later =
            Denial::new(Evidence { retry_after: Some(Nanos::new(1)), ..Evidence::of(Reason::RateLimited) });
        assert!(later.retryable());
    }

    #[test]
    fn names_in_a_detail_are_escaped_and_cut() {
        let tool = Some(format!("rm\n{}", "x".repeat(1000)).into());
        let detail = Denial::new(Evidence { tool, ..Evidence::of(Reason::ToolNotAuthorized) }).detail();
        assert!(!detail.contains('\n') && detail.chars().count() < 200, "{detail}");
    }

    #[test]
    fn a_denial_that_is_kept_says_the_same_with_names_that_are_printable_and_short() {
        let long = "ä\n".repeat(1000);
        for (party, tool) in [("a", "b"), (&long, "b"), ("a", &long), (&long, &long)] {
            let evidence = Evidence {
                session: Some(SessionId::random()),
                party: Some(party.into()),
                tool: Some(tool.into()),
                ..Evidence::of(Reason::AgentMismatch)
            };
            let said = Denial::new(evidence);
            let kept = said.kept(20);
            assert_eq!(kept.party(), Some(&*printable(party, 20)));
            assert_eq!(kept.tool(), Some(&*printable(tool, 20)));
            assert_eq!((kept.reason(), kept.session()), (said.reason(), said.session()));
        }
        let nobody = Denial::new(Evidence::of(Reason::NotFound));
        assert_eq!(nobody.kept(20), nobody);
    }

    #[test]
    fn a_model_is_told_which_budget_is_used_up() {
        for resource in [Resource::Calls, Resource::Tokens, Resource::Cost] {
            let denial =
                Denial::new(Evidence { resource: Some(resource), ..Evidence::of(Reason::BudgetExceeded) });
            assert_eq!(denial.message(), format!("The budget for {resource} is used up."));
        }
        let other =
            Denial::new(Evidence { resource: Some(Resource::Calls), ..Evidence::of(Reason::RateLimited) });
        assert!(other.message().starts_with(Reason::RateLimited.sentence()));
    }

    #[test]
    fn an_operator_reads_amounts_in_their_unit() {
        let exceeded = |resource| {
            let (scope, reason) = (Some(Scope::Session), Reason::IdleTimeout);
            let [limit, used] = [2_000_000_000, 3_000_000_000].map(Some);
            Denial::new(Evidence { scope, resource: Some(resource), limit, used, ..Evidence::of(reason) })
                .detail()
        };
        for resource in [Resource::Time, Resource::Idle] {
            let [limit, used] = [2, 3].map(Nanos::from_secs);
            assert_eq!(
                exceeded(resource),
                format!("idle_timeout: session {resource} exceeded: {used} / {limit} (150%)")
            );
        }
        assert!(exceeded(Resource::Cost).ends_with(": $3.00 / $2.00 (150%)"));
        assert!(exceeded(Resource::Tokens).ends_with(": 3000000000 / 2000000000 (150%)"));
    }
}
