//! [`Guest`]: a session of one thread's own. The store has too few places for all of them; and of each it is known exactly what it
//! has spent, so that every grant and every terminal denial can be checked.

use allotment::{
    Denial, EventKind, Execution, Nanos, Reason, Reservation, Resource, Scope, Session, SessionSpec, Status,
    Usage,
};

use crate::terms::VICTIM;
use crate::worker::{Checked, Report, Worker};

/// How many a thread has at most; more than the store has places for.
const GUESTS: usize = 12;
/// The cap on the tool `send`.
const CAP: u64 = 5;
const SECOND: Nanos = Nanos::from_secs(1);

#[derive(Debug)]
pub(crate) struct Guest {
    session: Session,
    calls: u64,
    sends: u64,
    tokens: u64,
    hold: Option<(Reservation, u64)>,
}

impl Guest {
    /// A denial is true: nobody else spends what it has.
    fn judge(&self, denial: &Denial) -> Checked {
        let (used, limit, requested) = (denial.used(), denial.limit(), denial.requested());
        let own = match (denial.reason(), denial.scope(), denial.resource()) {
            (Reason::BudgetExceeded, Some(Scope::Session), Some(Resource::Calls)) => self.calls,
            (Reason::BudgetExceeded, Some(Scope::Session), Some(Resource::Tokens)) => self.tokens,
            (Reason::BudgetExceeded, Some(Scope::Tool), _) => self.sends,
            (Reason::BudgetExceeded, _, _) => {
                return Err(format!("a guest was refused: {}", denial.detail()));
            }
            _ => return Ok(()),
        };
        let is_true = used == Some(own) && limit.zip(requested).is_some_and(|(limit, n)| own + n > limit);
        if is_true { Ok(()) } else { Err(format!("{own} spent, but {}", denial.detail())) }
    }

    /// What can be read of it is what it has spent.
    fn check(&self) -> Checked {
        let seen = self.session.snapshot();
        let sends = seen.tools["send"].map(|tool| tool.spent);
        let figures = (seen.calls.spent, seen.tokens.spent, sends, seen.tokens.reserved);
        let reserved = self.hold.as_ref().map_or(0, |(_, tokens)| *tokens);
        let own = (self.calls, self.tokens, Some(self.sends), reserved);
        if figures == own { Ok(()) } else { Err(format!("a guest has {figures:?} and should have {own:?}")) }
    }

    /// Ends it and what it holds. Errors: its figures are not what was done.
    pub(crate) fn leave(mut self, report: &mut Report) -> Checked {
        self.settle(report, 0)?;
        self.check()?;
        let _ = report.tally.decided("close", self.session.close());
        if self.session.status().is_terminal() {
            Ok(())
        } else {
            Err("a session outlives its end".to_owned())
        }
    }

    fn settle(&mut self, report: &mut Report, more: u64) -> Checked {
        let Some((hold, reserved)) = self.hold.take() else { return Ok(()) };
        let settled = hold.settle(Usage::tokens(reserved / 2 + more)).map_err(|error| error.to_string())?;
        self.tokens = self.tokens - reserved + reserved / 2 + more;
        report.tally.done("settle");
        report.told[EventKind::Overrun as usize] += u64::from(settled.overrun);
        Ok(())
    }
}

impl Worker<'_> {
    pub(crate) fn guest(&mut self) -> Checked {
        if self.guests.is_empty() || self.guests.len() < GUESTS && self.random.one_in(4) {
            self.welcome();
            return Ok(());
        }
        let at = self.random.index(self.guests.len());
        if self.random.one_in(12) || self.guests[at].session.status() == Status::Closed {
            return self.guests.swap_remove(at).leave(&mut self.report);
        }
        if self.random.one_in(8) {
            return self.guests[at].check();
        }
        let (enforcer, random, tally) = (&self.yard.enforcer, &mut self.random, &mut self.report.tally);
        let guest = &mut self.guests[at];
        let session = &guest.session;
        let tools = ["read", "send", "read", "read_secret", "fetch", "delete", "nothing"];
        let (mut calls, mut sends, mut tokens, mut hold) = (0, 0, 0, None);
        let (operation, decided) = match random.below(9) {
            0 => ("by id", enforcer.authorize(session.id(), "stranger", "read").map(drop)),
            1 => ("by id", enforcer.authorize(self.yard.nobody, session.agent(), "read").map(drop)),
            2 => {
                (calls, sends) = (3, 2);
                ("batch", session.authorize_batch(["send", "read", "send"]).map(drop))
            }
            3 if guest.hold.is_none() => {
                tokens = 1 + random.below(150);
                let reserved = session.reserve(Usage::tokens(tokens));
                ("reserve", reserved.map(|reservation| hold = Some((reservation, tokens))))
            }
            4 => {
                let more = if random.one_in(4) { 300 } else { 0 };
                return guest.settle(&mut self.report, more);
            }
            _ => {
                let tool = tools[random.index(tools.len())];
                (calls, sends) = (1, u64::from(tool == "send"));
                let decided = session.authorize(tool);
                if let Ok(grant) = &decided
                    && grant.calls().spent != guest.calls + 1
                {
                    return Err(format!("{:?} after {} calls and one", grant.calls(), guest.calls));
                }
                ("authorize", decided.map(drop))
            }
        };
        match &decided {
            Ok(()) => {
                guest.calls += calls;
                guest.sends += sends;
                guest.tokens += tokens;
                guest.hold = hold.or(guest.hold.take());
            }
            Err(denial) => guest.judge(denial)?,
        }
        let _ = tally.decided(operation, decided);
        Ok(())
    }

    fn welcome(&mut self) {
        let random = &mut self.random;
        let agent = if random.one_in(8) { VICTIM.to_owned() } else { format!("guest-{}", random.below(40)) };
        let tools = ["read", "read_secret", "fetch", "delete"];
        let mut spec = SessionSpec::new(agent).tools(tools).tool("send", CAP);
        spec = spec.calls(1 + random.below(40)).tokens(400u64);
        if random.one_in(4) {
            spec = spec.tenant(format!("guests-{}", random.below(4)));
        }
        match random.below(6) {
            0 => spec = spec.intent("read the list"),
            1 => spec = spec.air_gap(true),
            2 => spec = spec.execution(Execution { idle_timeout: Some(SECOND), ..Execution::DISABLED }),
            3 => spec = spec.time_limit(SECOND),
            _ => {}
        }
        if let Some(session) = self.report.tally.created("create", self.yard.enforcer.create(spec)) {
            self.report.made += 1;
            self.guests.push(Guest { session, calls: 0, sends: 0, tokens: 0, hold: None });
        }
    }
}
