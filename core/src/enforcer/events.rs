//! Telling: one line for whoever has something to tell, and draining what was told.

use super::{Enforcer, Shared};
use crate::account::METERED;
use crate::decision::{Denial, LimitWarning};
use crate::events::{About, Event, EventKind, Matter};
use crate::intent::ToolClass;
use crate::session::Demand;
use crate::store::Entry;
use crate::units::{Nanos, Resource, Usage};

impl Enforcer {
    /// Takes out the events that wait now, oldest first. It ends, whatever is added meanwhile, and no decision waits for it.
    /// Of several who drain each gets a part.
    ///
    /// ```
    /// use allotment::{Enforcer, EventKind, Policy, SessionSpec};
    /// let enforcer = Enforcer::new(Policy::default())?;
    /// let session = enforcer.create(SessionSpec::new("agent-7").tools(["search"]))?;
    /// assert!(session.authorize("wire_money").is_err());
    /// let kinds: Vec<_> = enforcer.events().map(|event| event.kind()).collect();
    /// assert_eq!(kinds, [EventKind::Denied]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events(&self) -> impl Iterator<Item = Event> {
        // Whoever was adding one when the process was forked will never finish in the copy.
        self.shared.events.drain(if self.shared.is_forked() { 0 } else { usize::MAX })
    }

    /// The same for at most `max` events.
    #[must_use = "they are gone from the queue"]
    pub fn drain_events(&self, max: usize) -> Vec<Event> {
        self.events().take(max).collect()
    }
}

impl Shared {
    /// A call of `tools`, or what it reserves, was denied to a session.
    pub(super) fn tell_denied(&self, entry: &Entry, tools: &[&str], denial: &Denial, now: Nanos) {
        self.events.push_with(EventKind::Denied, now, || {
            // Of a batch the denial says which tool, if it is one.
            let tool = if let ([tool], None) = (tools, denial.tool()) { Some(*tool) } else { None };
            entry.about().tool(tool).matter(Matter::of_denial(denial))
        });
    }

    /// A session that there is not (yet) was denied something that `agent` asked for.
    pub(super) fn tell_stranger_denied(&self, agent: &str, tenant: Option<&str>, denial: &Denial) {
        self.events.push_with(EventKind::Denied, self.clock.now(), || {
            About::stranger(denial.session(), agent, tenant).matter(Matter::of_denial(denial))
        });
    }
}

impl Shared {
    /// A call of `tool` (of a batch `None`) was admitted.
    pub(super) fn tell_granted(&self, entry: &Entry, tool: Option<&str>, now: Nanos) {
        self.events.push_with(EventKind::Granted, now, || entry.about().tool(tool));
    }

    /// Something began to run low with a call of `tool`. Once at the crossing, which the caller knows.
    pub(super) fn tell_warning(&self, entry: &Entry, tool: Option<&str>, warning: LimitWarning, now: Nanos) {
        let about = || entry.about().tool(tool).matter(Matter::Warning(warning));
        self.events.push_with(EventKind::Warning, now, about);
    }

    /// `tool`, which is of `class`, does not fit the session's intent.
    pub(super) fn tell_drift(&self, entry: &Entry, tool: &str, class: ToolClass, now: Nanos) {
        self.events.push_with(EventKind::Drift, now, || {
            let identity = &entry.state.identity;
            let drift = Matter::of_drift(identity.intent.as_deref(), identity.tier, class);
            entry.about().tool(Some(tool)).matter(drift)
        });
    }

    /// `amounts`, in each resource's unit, were charged (overrun, forfeited) or added (topped up).
    pub(super) fn tell_amounts(
        &self,
        kind: EventKind,
        entry: &Entry,
        amounts: &[(Resource, u64)],
        now: Nanos,
    ) {
        self.events.push_with(kind, now, || entry.about().matter(Matter::of_amounts(amounts)));
    }

    /// `usage`, its tokens weighed, was charged.
    pub(super) fn tell_usage(&self, kind: EventKind, entry: &Entry, usage: Usage) {
        let demand = Demand::of_usage(usage);
        self.tell_amounts(
            kind,
            entry,
            &METERED.map(|resource| (resource, demand.of(resource))),
            self.clock.now(),
        );
    }

    /// What needs no more words: paused, resumed.
    pub(super) fn tell(&self, kind: EventKind, entry: &Entry, now: Nanos) {
        self.events.push_with(kind, now, || entry.about());
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::decision::{Balance, CreateError};
    use crate::events::Wanted;
    use crate::spec::SessionSpec;
    use crate::units::Scope;
    use crate::{ManualClock, Policy};

    #[test]
    fn each_part_has_its_line_to_tell() -> Result<(), CreateError> {
        let enforcer = Enforcer::builder().policy(Policy::default()).clock(ManualClock::new()).build()?;
        let spec = SessionSpec::new("a").tenant("t").tools(["drop"]).intent("read\nit");
        let session = enforcer.create(spec)?;
        let ((shared, entry), now) = (session.parts(), Nanos::ZERO);
        shared.tell_granted(entry, Some("drop"), now);
        shared.events.want(Wanted::new(true, true, true));
        shared.tell_granted(entry, Some("drop"), now);
        let low = Balance { spent: 9, limit: Some(10) }.warning(Scope::Session, Resource::Calls, 200_000);
        if let Some(low) = low {
            shared.tell_warning(entry, Some("drop"), low, now);
        }
        shared.tell_drift(entry, "drop", ToolClass::Admin, now);
        shared.tell_amounts(EventKind::Overrun, entry, &[(Resource::Tokens, 5), (Resource::Cost, 0)], now);
        shared.tell(EventKind::Paused, entry, now);
        let told: Vec<_> = enforcer.events().map(|event| event.text()).collect();
        let id = session.id();
        let lines = [
            format!("granted [tool \"drop\"] [session {id}]"),
            format!("warning: budget low: 1 of 10 calls remaining (10%) [tool \"drop\"] [session {id}]"),
            format!(
                "drift: admin tool under read intent [intent \"read\\nit\"] [tool \"drop\"] [session {id}]"
            ),
            format!("overrun: 5 tokens [session {id}]"),
            format!("paused [session {id}]"),
        ];
        assert_eq!(told, lines.map(|line| line + " [agent \"a\"] [tenant \"t\"]"));
        Ok(())
    }
}
