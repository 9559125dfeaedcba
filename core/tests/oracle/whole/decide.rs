//! A decision: the checks of the contract in their order.

use allotment::{EventKind, Reason, Resource, Scope, Status, Tier, ToolClass};

use super::charge::{Demand, ended};
use super::model::{CALLS, Model, SECOND};
use super::said::{Decided, Granted, No, Said};
use super::steps::Amounts;
use super::tools::{allows, row};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) tools: Vec<&'static str>,
    pub(crate) arguments: Option<&'static str>,
    pub(crate) used: Amounts,
    pub(crate) preview: bool,
}

impl Request {
    pub(crate) fn of(tools: &[&'static str]) -> Self {
        Self { tools: tools.to_vec(), ..Self::default() }
    }
}

type Drift = Option<(Tier, ToolClass)>;

impl Model {
    /// A call, or several that are admitted together.
    pub(crate) fn decide(&mut self, at: usize, request: &Request) -> Said {
        match self.decided(at, request) {
            Ok(granted) => Said::Granted(granted),
            Err(nos) => {
                let nos = if request.preview { self.as_told(nos) } else { self.deny(at, nos) };
                Said::Denied(nos)
            }
        }
    }

    fn decided(&mut self, at: usize, request: &Request) -> Decided<Granted> {
        let Request { tools, arguments, used, preview } = request;
        self.standing(at)?;
        if let Some(tool) = tools.iter().find(|tool| row(tool).is_none()) {
            return Err(vec![No::of(Reason::ToolNotAuthorized, Some(Scope::Session)).tool(tool)]);
        }
        let drift = self.fits(at, tools)?;
        self.remembers(at, tools)?;
        let step = self.repeats(at, tools, *arguments)?;
        let mut amounts = *used;
        let weight = |tool: &&str| if *tool == "heavy" { self.rules.weight } else { 1 };
        amounts[CALLS] = tools.iter().map(weight).sum();
        let sends = tools.iter().filter(|&&tool| tool == "send").count() as u64;
        let charges = self.charges(at, &Demand { amounts, sends, moves: false });
        self.refused(at, &charges)?;

        let before = preview.then(|| self.clone());
        self.take(at, &charges);
        let mut warnings = self.low_first(at);
        warnings.extend(self.low_beside(at, &charges));
        let session = &mut self.sessions[at];
        session.row = step.unwrap_or(session.row);
        let limit = session.limits[CALLS];
        let time_left = session.up_at.saturating_sub(self.now);
        if drift.is_some() {
            session.drifts += 1;
            self.tell(EventKind::Drift);
        }
        self.touch(at);
        self.tell_low(at, &warnings, &charges);
        warnings.sort_unstable();
        let granted = Granted { spent: self.spent(at, CALLS), limit, time_left, drift, warnings };
        if let Some(before) = before {
            *self = before;
        }
        Ok(granted)
    }

    /// Whether the session is there to decide for; whoever asks one that is over ends it.
    pub(crate) fn standing(&mut self, at: usize) -> Decided<()> {
        self.notice(at);
        let status = self.status(at);
        if status != Status::Active {
            return Err(vec![self.is_instead(at)]);
        }
        let session = &self.sessions[at];
        let (idle, limit) = (self.now - session.last_activity, session.watch.and_then(|watch| watch.idle));
        match limit.map(|limit| limit * SECOND) {
            Some(limit) if idle >= limit => {
                let no = No::of(Reason::IdleTimeout, Some(Scope::Session));
                Err(vec![no.of_resource(Resource::Idle, limit, idle, None)])
            }
            _ => Ok(()),
        }
    }

    /// What the session is instead of active.
    pub(crate) fn is_instead(&self, at: usize) -> No {
        let (session, scope) = (&self.sessions[at], Some(Scope::Session));
        match self.status(at) {
            Status::Paused => No::of(Reason::Paused, scope),
            Status::Expired => {
                let (limit, used) = (session.up_at - session.created, self.now - session.created);
                No::of(Reason::Expired, scope).of_resource(Resource::Time, limit, used, None)
            }
            status => No::of(ended(status), scope),
        }
    }

    /// Whether the tools fit everybody on the path; and the first drift that is only warned about.
    fn fits(&self, at: usize, tools: &[&'static str]) -> Decided<Drift> {
        let mut drift = None;
        for session in self.path(at).into_iter().map(|at| &self.sessions[at]) {
            for (tool, class, sensitivity, network) in tools.iter().filter_map(|tool| row(tool)) {
                let no = |reason| Err(vec![No::of(reason, Some(Scope::Session)).tool(tool)]);
                if session.tier == Tier::Unknown && self.rules.unknown_denies {
                    return no(Reason::IntentDrift);
                }
                if session.tier != Tier::Unknown && !allows(session.tier, class) {
                    if self.rules.drift_denies {
                        return no(Reason::IntentDrift);
                    }
                    drift = drift.or(Some((session.tier, class)));
                }
                if sensitivity > session.ceiling {
                    return no(Reason::SensitivityExceeded);
                }
                if session.air_gap && network != Some(false) {
                    return no(Reason::NetworkDenied);
                }
            }
        }
        Ok(drift)
    }

    /// Whether it has the memory.
    pub(crate) fn remembers(&self, at: usize, tools: &[&'static str]) -> Decided<()> {
        let session = &self.sessions[at];
        match session.watch.and_then(|watch| watch.memory) {
            Some(limit) if session.memory > limit => {
                let no = No::of(Reason::BudgetExceeded, Some(Scope::Session));
                let no = no.of_resource(Resource::Memory, limit, session.memory, Some(0));
                Err(vec![No { tool: tools.first().map(|&tool| tool.to_owned()), ..no }])
            }
            _ => Ok(()),
        }
    }

    /// The row of equal steps after this one, if that is watched.
    #[expect(clippy::type_complexity, reason = "a tool and its arguments, and how often")]
    fn repeats(
        &self,
        at: usize,
        tools: &[&'static str],
        arguments: Option<&'static str>,
    ) -> Decided<Option<(Option<(&'static str, &'static str)>, u64)>> {
        let session = &self.sessions[at];
        let limit = session.watch.and_then(|watch| watch.repetitions).filter(|_| !tools.is_empty());
        let Some(limit) = limit else { return Ok(None) };
        let (&[tool], Some(arguments)) = (tools, arguments) else { return Ok(Some((None, 0))) };
        let step = Some((tool, arguments));
        let count = if session.row.0 == step { session.row.1 } else { 0 };
        if count >= limit {
            let no = No::of(Reason::SameStepLoop, Some(Scope::Session)).tool(tool);
            return Err(vec![no.of_resource(Resource::Repetitions, limit, count, Some(1))]);
        }
        Ok(Some((step, count + 1)))
    }

    /// A denied request: counted, told, and followed by a pause if the rules want that.
    pub(crate) fn deny(&mut self, at: usize, nos: Vec<No>) -> Vec<No> {
        self.sessions[at].denied += 1;
        self.tell(EventKind::Denied);
        let exhausted = nos[0].reason == Reason::BudgetExceeded;
        let nos = self.as_told(nos);
        match nos[0].reason {
            Reason::Paused if exhausted && self.status(at) == Status::Active => {
                self.sessions[at].paused = true;
                self.tell(EventKind::Paused);
            }
            Reason::IntentDrift => self.sessions[at].drifts += 1,
            _ => {}
        }
        nos
    }

    /// What is used up is a pause, if the rules want that. A tool's own cap, and memory, are nothing that anybody could top up.
    fn as_told(&self, mut nos: Vec<No>) -> Vec<No> {
        let exhausted = |no: &&mut No| {
            let is_budget = no.reason == Reason::BudgetExceeded && no.resource != Some(Resource::Memory);
            is_budget && no.scope != Some(Scope::Tool)
        };
        if self.rules.pauses {
            nos.iter_mut().filter(exhausted).for_each(|no| no.reason = Reason::Paused);
        }
        nos
    }
}
