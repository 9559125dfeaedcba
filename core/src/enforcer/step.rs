//! The step of a watched session: the same one not too often in a row.

use super::Shared;
use super::request::Request;
use crate::decision::{Evidence, Reason};
use crate::session::Watch;
use crate::store::Entry;
use crate::streak::{Attempt, Refused};
use crate::sync::{ATTEMPTS, back_off};
use crate::units::{Resource, Scope};

/// A step that has begun, of a session where that is watched.
#[must_use = "until it ends, no other step of the session begins"]
pub(super) struct Step<'e>(Option<(&'e Watch, Attempt)>);

impl Step<'_> {
    /// It was taken, or else it leaves no trace.
    pub(super) fn end(self, taken: bool) {
        match self.0 {
            Some((watch, attempt)) if taken => watch.streak.commit(attempt),
            Some((watch, attempt)) => watch.streak.undo(attempt),
            None => {}
        }
    }
}

impl Shared {
    /// Begins the step that `request` is, if its session is watched for repetitions, and if it has the memory.
    pub(super) fn begin_step<'e>(
        &self,
        entry: &'e Entry,
        request: &Request<'_, '_>,
    ) -> Result<Step<'e>, Evidence> {
        let Some(watch) = entry.state.watched() else { return Ok(Step(None)) };
        let exceeded = |reason, resource, limit, used, requested| Evidence {
            tool: request.tools.first().map(|&tool| tool.into()),
            scope: Some(Scope::Session),
            resource: Some(resource),
            limit: Some(limit),
            used: Some(used),
            requested: Some(requested),
            ..Evidence::of(reason)
        };
        if let (used, Some(limit)) = watch.memory()
            && used > limit
        {
            return Err(exceeded(Reason::BudgetExceeded, Resource::Memory, limit, used, 0));
        }
        // A model call, or usage alone, is no step of a tool: it neither repeats nor breaks a row.
        let Some(limit) = watch.repetitions().filter(|_| !request.tools.is_empty()) else {
            return Ok(Step(None));
        };
        let same = match (request.tools, request.arguments) {
            (&[tool], Some(arguments)) => Some(self.fingerprints.of(tool, arguments)),
            _ => None,
        };
        for attempt in 0..ATTEMPTS {
            match watch.streak.begin(same, limit) {
                Ok(begun) => return Ok(Step(Some((watch, begun)))),
                Err(Refused::Loop { count }) => {
                    return Err(exceeded(Reason::SameStepLoop, Resource::Repetitions, limit, count, 1));
                }
                Err(Refused::InTheWay) => back_off(attempt),
            }
        }
        Err(Evidence { scope: Some(Scope::Session), ..Evidence::of(Reason::Contended) })
    }
}
