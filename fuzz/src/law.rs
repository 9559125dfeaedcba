//! What holds after every step: spent rises above a limit only where an overrun was told, what is reserved is part of what is
//! spent, and what was denied has spent nothing.

use allotment::{EventKind, Session};

use crate::play::{Outcome, World};
use crate::shown;

/// What a session has spent and reserved of each resource, and its limits.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    pub(crate) spent: [u64; 5],
    pub(crate) reserved: [u64; 5],
    pub(crate) limits: [Option<u64>; 5],
}

impl Figures {
    pub(crate) fn of(session: &Session) -> Self {
        let seen = session.snapshot();
        for warning in &seen.warnings {
            shown::text(warning);
        }
        for tool in seen.tools.values().flatten() {
            assert!(tool.spent <= tool.limit, "{tool:?}");
        }
        let all = [&seen.calls, &seen.steps, &seen.discovered_steps, &seen.tokens, &seen.cost];
        Self {
            spent: all.map(|it| it.spent),
            reserved: all.map(|it| it.reserved),
            limits: all.map(|it| it.limit),
        }
    }
}

impl World {
    /// Looks at everybody after a step.
    pub(crate) fn check_step(&mut self, outcome: &Outcome) {
        let told = self.told();
        if !outcome.silent {
            assert_eq!(told.first().copied(), outcome.overran, "what was returned and what was told");
        }
        let excused: Vec<usize> = told.iter().flat_map(|&at| self.path(at)).collect();
        for at in 0..self.sessions.len() {
            let now = Figures::of(&self.sessions[at].session);
            let before = &self.sessions[at].seen;
            for resource in 0..5 {
                let (was, is) = (before.spent[resource], now.spent[resource]);
                let over = now.limits[resource].is_some_and(|limit| is > limit);
                assert!(now.reserved[resource] <= is, "{at}: more reserved than spent {now:?}");
                assert!(is <= was || !outcome.denied, "{at}: denied and spent {before:?} {now:?}");
                assert!(is <= was || !over || excused.contains(&at), "{at}: over {before:?} {now:?}");
            }
            self.sessions[at].seen = now;
        }
        self.check_sums(outcome.at, &outcome.changed);
    }

    /// The sessions of which an event says that they overran.
    fn told(&self) -> Vec<usize> {
        let mut told = Vec::new();
        for event in self.enforcer.events() {
            shown::event(&event);
            if event.kind() == EventKind::Overrun {
                told.extend(
                    self.sessions.iter().position(|known| Some(known.session.id()) == event.session()),
                );
            }
        }
        told
    }
}
