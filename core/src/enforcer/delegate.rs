//! Delegation: a session that spends what its parent has, and is nowhere wider than its parent.

use std::sync::Arc;

use super::decide::of_session;
use super::{Session, Shared};
use crate::decision::CreateError;
use crate::error::Error;
use crate::meter::Plan;
use crate::policy::Execution;
use crate::spec::{SessionSpec, Terms};
use crate::store::Entry;
use crate::tools::ANY_TOOL;
use crate::units::{NanoUsd, Nanos, Rate, Resource, Status};

/// How many sessions may stand between a session and the one that was not delegated, itself included.
pub const DELEGATION_DEPTH_MAX: usize = 8;

impl Session {
    /// Delegates a part of this session's work to a session of its own, whose every debit is also one of this session and of
    /// all that this one was delegated from.
    ///
    /// A limit that `spec` mentions is a cap within the parent's; one that it does not mention is the parent's itself, not
    /// the policy's default. Tenant, time and sensitivity are the parent's unless `spec` narrows them; tools have to be
    /// named. Ending this session ends the other.
    ///
    /// Errors: [`CreateError::Invalid`] for asking for more than the parent has (tools, caps, budgets, rates, time,
    /// sensitivity, another tenant) or for a depth of more than 8; [`CreateError::Denied`] where the parent is not active,
    /// or there is no place. Nothing is created then.
    pub fn delegate(&self, spec: SessionSpec) -> Result<Self, CreateError> {
        let (shared, parent) = self.parts();
        let entry = shared.delegate(parent, spec)?;
        Ok(Self::new(Arc::clone(shared), entry))
    }
}

impl Shared {
    fn delegate(&self, parent: &Arc<Entry>, mut spec: SessionSpec) -> Result<Arc<Entry>, CreateError> {
        self.check_status(parent, self.clock.now()).map_err(|evidence| of_session(parent, evidence))?;
        let depth = parent.ancestors().count() + 1;
        if depth > DELEGATION_DEPTH_MAX {
            let problem = format!("sessions deep is more than the maximum {DELEGATION_DEPTH_MAX}");
            return Err(Error::new("delegate", depth, problem).into());
        }
        let tenant = parent.tenant.as_ref().map(|tenant| tenant.name.to_string());
        if let Some(asked) = spec.tenant.as_ref().filter(|&asked| Some(asked) != tenant.as_ref()) {
            return Err(Error::new("tenant", format_args!("{asked:?}"), "is not the parent's tenant").into());
        }
        spec.tenant = tenant;
        spec.check_names()?;
        attenuated(&spec, parent, self.clock.now())?;
        let carved = self.carve_out(parent, &spec)?;
        let entry =
            self.create(spec, Some(parent), carved.resources).inspect_err(|_| carved.take_back(parent))?;
        parent.touch(entry.state.created_at());
        // The parent may have ended since, and not have seen this child of its: then the child ends here. One that was only paused
        // since has a child that was made before.
        if parent.state.status(self.clock.now()).is_terminal() {
            if let Ok(ended) = entry.state.end(Status::Closed) {
                self.store.give_back(&entry, ended, self.clock.now());
            }
            self.check_status(parent, self.clock.now()).map_err(|evidence| of_session(parent, evidence))?;
        }
        Ok(entry)
    }
}

/// What a session delegated from `above` at `now` is held to. Errors: anything in which `spec` is wider than that, or than what that
/// shares with those it was delegated from itself.
pub(super) fn attenuated(spec: &SessionSpec, above: &Entry, now: Nanos) -> Result<Terms, Error> {
    let parent = &above.state;
    let wider =
        |argument: &str, value: String| Err(Error::new(argument, value, "is more than the parent has"));
    for (name, cap) in &spec.tools {
        let any = name == ANY_TOOL;
        let listed = if any { None } else { parent.tools().get(name) };
        if listed.is_none() && !(any && parent.tools().is_any()) {
            return Err(Error::new("tools", format_args!("{name:?}"), "is not authorised for the parent"));
        }
        let caps = above.lineage().filter_map(|session| session.tools().cap_of(name));
        if let (Some(cap), Some(of_parent)) = (cap, caps.min())
            && *cap > of_parent
        {
            return wider(&format!("tools[{name:?}]"), cap.to_string());
        }
    }
    let limits = spec.limits(&crate::policy::Limits::default());
    let budgets = [
        ("calls", Resource::Calls, limits.calls),
        ("steps", Resource::Steps, limits.steps),
        ("discovered_steps", Resource::DiscoveredSteps, limits.discovered_steps),
        ("tokens", Resource::Tokens, limits.tokens),
        ("cost_usd", Resource::Cost, limits.cost.map(crate::units::NanoUsd::get)),
    ];
    for (argument, resource, asked) in budgets {
        let budget = above.budget(resource);
        if let Some(asked) = asked.filter(|&asked| asked > budget) {
            return wider(argument, asked.to_string());
        }
    }
    let rates = [
        ("rate", Resource::Calls, limits.rate),
        ("tokens_rate", Resource::Tokens, limits.tokens_rate),
        ("cost_rate", Resource::Cost, limits.cost_rate),
    ];
    for (argument, resource, asked) in rates {
        let rates = || above.lineage().filter_map(|session| session.limit(resource).plan).map(Plan::rate);
        if let Some(asked) = asked
            && rates().any(|of_parent| is_wider(asked, of_parent))
        {
            return wider(argument, asked.to_string());
        }
    }
    let left = parent.time_is_up_at().saturating_sub(now);
    let time = spec.time().unwrap_or(left);
    if time > left {
        return wider("time_limit", time.to_string());
    }
    if time < crate::spec::TIME_LIMIT_MIN && spec.time().is_some() {
        return Err(Error::new("time_limit", time, "is less than 1 s"));
    }
    let (ceiling, air_gap) = (parent.identity.sensitivity, parent.identity.air_gap);
    if let Some(asked) = spec.ceiling().filter(|&asked| asked > ceiling) {
        return wider("sensitivity", asked.to_string());
    }
    if air_gap && spec.air_gap == Some(false) {
        return wider("air_gap", false.to_string());
    }
    let watched = parent.watched().map_or(Execution::DISABLED, |watch| *watch.rules());
    let execution = spec.execution.unwrap_or(watched);
    execution.check().map_err(|error| error.within("execution"))?;
    if let Some((argument, asked)) = wider_execution(&execution, &watched) {
        return wider(argument, asked);
    }
    let mut limits = limits;
    if spec.execution.is_some() {
        limits.discovered_steps = limits.discovered_steps.or(execution.discovered_steps);
    }
    Ok(Terms {
        time_limit: time,
        sensitivity: spec.ceiling().unwrap_or(ceiling),
        air_gap: spec.air_gap.unwrap_or(air_gap),
        execution,
        limits,
    })
}

/// Whether `asked` lets through more than `of_parent`, at once or in the long run.
fn is_wider(asked: Rate, of_parent: Rate) -> bool {
    let speed = |rate: Rate, other: Rate| u128::from(rate.limit()).saturating_mul(other.window().as_nanos());
    asked.bucket() > of_parent.bucket() || speed(asked, of_parent) > speed(of_parent, asked)
}

/// The first limit of `asked` that lets through more than `of_parent`, with its value.
fn wider_execution(asked: &Execution, of_parent: &Execution) -> Option<(&'static str, String)> {
    let nanos = |time: Option<Nanos>| time.map(Nanos::get);
    let cost = |cost: Option<NanoUsd>| cost.map(NanoUsd::get);
    let limits = [
        ("execution.discovered_steps", asked.discovered_steps, of_parent.discovered_steps),
        ("execution.depth", asked.depth, of_parent.depth),
        ("execution.cost_usd", cost(asked.cost), cost(of_parent.cost)),
        ("execution.idle_timeout", nanos(asked.idle_timeout), nanos(of_parent.idle_timeout)),
        ("execution.repetitions", asked.repetitions, of_parent.repetitions),
        ("execution.memory", asked.memory, of_parent.memory),
    ];
    let wider = |&&(_, asked, of_parent): &&(&str, Option<u64>, Option<u64>)| {
        of_parent.is_some_and(|of_parent| asked.is_none_or(|asked| asked > of_parent))
    };
    let shown = |asked: Option<u64>| asked.map_or_else(|| "unlimited".to_owned(), |asked| asked.to_string());
    limits.iter().find(wider).map(|&(argument, asked, _)| (argument, shown(asked)))
}
