//! A naive enforcer of budgets for one thread, written from the contract: sessions, rules, a ledger, and sums over it.
//!
//! Left open where the contract is: which of two agents on a path names a denial.

use allotment::{Reason, Resource, Scope};

use super::ledger::{self, Amounts, Kind, Line, METERED};

/// Three agents, then a tenant.
pub(super) const PARTIES: usize = 4;
pub(super) const TENANT: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Active,
    Paused,
    Closed,
}

#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) agent: usize,
    pub(super) tenant: bool,
    pub(super) parent: Option<usize>,
    pub(super) limits: [Option<u64>; 5],
    pub(super) carved: [bool; 5],
    /// `send`'s own cap.
    pub(super) cap: Option<u64>,
    /// Whether it may call `heavy`.
    pub(super) heavy: bool,
    pub(super) standing: Standing,
    pub(super) denied: u64,
    /// Not swept yet.
    pub(super) held: bool,
}

impl Session {
    pub(super) fn has_ended(&self) -> bool {
        self.standing == Standing::Closed
    }
}

/// What a policy says.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    pub(super) budgets: [[Option<u64>; 5]; PARTIES],
    /// Of each agent.
    pub(super) max_sessions: u64,
    /// How many calls one of `heavy` counts for.
    pub(super) weight: u64,
    /// What an input token counts for.
    pub(super) thousandths: u64,
    pub(super) pauses: bool,
    pub(super) releases: bool,
}

/// What was used, or is estimated: units, of calls none, and input tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) units: Amounts,
    pub(super) input: u64,
}

/// What a denial must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct No {
    pub(super) reason: Reason,
    pub(super) scope: Option<Scope>,
    /// Which ancestor, agent or tenant.
    pub(super) whose: Option<usize>,
    /// Of what; limit, used, requested.
    pub(super) figures: Option<(Resource, u64, u64, u64)>,
}

impl No {
    pub(super) fn of(reason: Reason, scope: Option<Scope>) -> Self {
        Self { reason, scope, whose: None, figures: None }
    }
}

/// Any of these denials will do: one, unless agents refuse.
pub(super) type Nos = Vec<No>;

/// What a creation can come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotMade {
    Invalid,
    Denied(Nos),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) sessions: Vec<Session>,
    pub(super) lines: Vec<Line>,
    pub(super) rules: Rules,
}

impl Model {
    /// The session, then those it was delegated from, nearest first.
    pub(super) fn path(&self, at: usize) -> Vec<usize> {
        std::iter::successors(Some(at), |&at| self.sessions[at].parent).collect()
    }

    pub(super) fn tree(&self, root: usize) -> Vec<usize> {
        (0..self.sessions.len()).filter(|&at| self.path(at).contains(&root)).collect()
    }

    pub(super) fn spent(&self) -> Vec<Amounts> {
        ledger::spent(&self.sessions, &self.lines)
    }

    /// The agents of the path, each once, then the tenant.
    fn parties(&self, at: usize) -> Vec<usize> {
        let mut parties: Vec<usize> = self.path(at).iter().map(|&at| self.sessions[at].agent).collect();
        parties.sort_unstable();
        parties.dedup();
        parties.extend(self.sessions[at].tenant.then_some(TENANT));
        parties
    }

    fn counted(&self, at: usize) -> [[bool; 5]; PARTIES] {
        let mut counted = [[false; 5]; PARTIES];
        for party in self.parties(at) {
            counted[party] = self.rules.budgets[party].map(|budget| budget.is_some());
        }
        counted
    }

    pub(super) fn weighed(&self, used: Used) -> Amounts {
        let mut amounts = used.units;
        amounts[3] += (used.input * self.rules.thousandths).div_ceil(1000);
        amounts
    }

    /// Everything that `amounts` is taken from: whose it is, of what, its limit if any, what is spent, how much is taken.
    fn charges(
        &self,
        at: usize,
        amounts: Amounts,
        parties: bool,
    ) -> Vec<(Scope, usize, usize, Option<u64>, u64, u64)> {
        let (spent, of_parties) = (self.spent(), ledger::of_parties(&self.lines));
        let (mut charges, mut handed) = (Vec::new(), [false; 5]);
        for (level, &on) in self.path(at).iter().enumerate() {
            let scope = if level == 0 { Scope::Session } else { Scope::Ancestor };
            for r in 0..5 {
                let amount = if handed[r] { 0 } else { amounts[r] };
                charges.push((scope, on, r, self.sessions[on].limits[r], spent[on][r], amount));
                handed[r] |= self.sessions[on].carved[r];
            }
        }
        for party in self.parties(at).into_iter().filter(|_| parties) {
            let scope = if party == TENANT { Scope::Tenant } else { Scope::Agent };
            for r in 0..5 {
                let limit = self.rules.budgets[party][r];
                charges.push((scope, party, r, limit, of_parties[party][r], amounts[r]));
            }
        }
        charges
    }

    /// Why `amounts` and `sends` cannot be taken, in naming order.
    pub(super) fn refusals(&self, at: usize, amounts: Amounts, sends: u64, parties: bool) -> Vec<No> {
        let sent = ledger::sends(&self.sessions, &self.lines);
        let mut refusals = Vec::new();
        for (scope, whose, r, limit, spent, amount) in self.charges(at, amounts, parties) {
            let of_session = matches!(scope, Scope::Session | Scope::Ancestor);
            let named = Some(whose).filter(|_| scope != Scope::Session);
            let calls = METERED[r] == Resource::Calls;
            if of_session && calls {
                let session = &self.sessions[whose];
                if let Some(cap) = session.cap.filter(|cap| sends > 0 && sent[whose] + sends > *cap) {
                    let figures = Some((Resource::Calls, cap, sent[whose], sends));
                    let reason = Reason::BudgetExceeded;
                    refusals.push(No { reason, scope: Some(Scope::Tool), whose: named, figures });
                }
                if session.standing != Standing::Active {
                    refusals.push(No { whose: named, ..No::of(reason_of(session.standing), Some(scope)) });
                }
            }
            if let Some(limit) = limit.filter(|limit| amount > 0 && spent + amount > *limit) {
                let figures = Some((METERED[r], limit, spent, amount));
                refusals.push(No {
                    reason: Reason::BudgetExceeded,
                    scope: Some(scope),
                    whose: named,
                    figures,
                });
            }
        }
        refusals
    }

    /// The denial that `refusals` come to: the first, or where that is an agent's the first of any agent.
    pub(super) fn named(refusals: Vec<No>) -> Result<(), Nos> {
        let Some(first) = refusals.first() else { return Ok(()) };
        if first.scope != Some(Scope::Agent) {
            return Err(vec![first.clone()]);
        }
        let mut nos: Nos = Vec::new();
        for no in refusals.into_iter().filter(|no| no.scope == Some(Scope::Agent)) {
            if !nos.iter().any(|named| named.whose == no.whose) {
                nos.push(no);
            }
        }
        Err(nos)
    }

    pub(super) fn standing(&self, at: usize) -> Result<(), Nos> {
        match self.sessions[at].standing {
            Standing::Active => Ok(()),
            standing => Err(vec![No::of(reason_of(standing), Some(Scope::Session))]),
        }
    }

    /// A denied request: counted, and followed by a pause if the rules want that.
    fn deny(&mut self, at: usize, nos: Nos) -> Nos {
        self.sessions[at].denied += 1;
        let exhausted = nos[0].reason == Reason::BudgetExceeded;
        let nos = self.told(nos);
        if exhausted && nos[0].reason == Reason::Paused {
            self.hold(at, true).ok();
        }
        nos
    }

    /// How it is told: what is used up is a pause, if the rules want that. A tool's own cap is nothing that anybody could top up.
    fn told(&self, mut nos: Nos) -> Nos {
        if self.rules.pauses {
            let exhausted =
                |no: &&mut No| no.reason == Reason::BudgetExceeded && no.scope != Some(Scope::Tool);
            nos.iter_mut().filter(exhausted).for_each(|no| no.reason = Reason::Paused);
        }
        nos
    }

    fn write(&mut self, session: usize, kind: Kind, amounts: Amounts, sends: u64) {
        let asked = if kind == Kind::Recorded { Amounts::default() } else { amounts };
        self.lines.push(Line { session, kind, amounts, asked, sends, counted: self.counted(session) });
    }

    /// Calls of `tools` that use `used`.
    pub(super) fn call(&mut self, at: usize, tools: &[&str], used: Used, preview: bool) -> Result<(), Nos> {
        let mut amounts = self.weighed(used);
        amounts[0] = tools.iter().map(|&tool| if tool == "heavy" { self.rules.weight } else { 1 }).sum();
        let sends = tools.iter().filter(|&&tool| tool == "send").count() as u64;
        let may =
            |tool: &&str| ["read", "send"].contains(tool) || *tool == "heavy" && self.sessions[at].heavy;
        let known = if tools.iter().all(may) {
            Ok(())
        } else {
            Err(vec![No::of(Reason::ToolNotAuthorized, Some(Scope::Session))])
        };
        let decided =
            self.standing(at).and(known).and_then(|()| Self::named(self.refusals(at, amounts, sends, true)));
        match decided {
            Ok(()) if !preview => self.write(at, Kind::Admitted, amounts, sends),
            Err(nos) if !preview => return Err(self.deny(at, nos)),
            decided => return decided.map_err(|nos| self.told(nos)),
        }
        Ok(())
    }

    /// The line of the reservation, and how much was granted: between `least` and `wanted`.
    pub(super) fn reserve(&mut self, at: usize, wanted: Used, least: Used) -> Result<(usize, Amounts), Nos> {
        let (wanted, least) = (self.weighed(wanted), self.weighed(least));
        let mut granted = wanted;
        for (_, _, r, limit, spent, amount) in self.charges(at, wanted, true) {
            if let Some(limit) = limit.filter(|_| amount > 0) {
                granted[r] = granted[r].min(limit.saturating_sub(spent).max(least[r]));
            }
        }
        let decided = self.standing(at).and_then(|()| Self::named(self.refusals(at, granted, 0, true)));
        if let Err(nos) = decided {
            return Err(self.deny(at, nos));
        }
        self.write(at, Kind::Reserved, granted, 0);
        Ok((self.lines.len() - 1, granted))
    }

    /// Ends the reservation in `line` at `actual`.
    pub(super) fn settle(&mut self, line: usize, actual: Amounts) -> bool {
        let counted = self.counted(self.lines[line].session);
        self.overruns(|model| {
            let line = &mut model.lines[line];
            // What was not reserved is charged now, to whoever limits it now.
            for r in (0..5).filter(|&r| line.asked[r] == 0) {
                (0..PARTIES).for_each(|party| line.counted[party][r] = counted[party][r]);
            }
            (line.kind, line.amounts) = (Kind::Settled, actual);
        })
    }

    pub(super) fn record(&mut self, at: usize, used: Used) -> bool {
        let amounts = self.weighed(used);
        self.overruns(|model| model.write(at, Kind::Recorded, amounts, 0))
    }

    /// Whether `change` makes anybody spend more than their limit, who then spends more than before.
    fn overruns(&mut self, change: impl FnOnce(&mut Self)) -> bool {
        let all = |model: &Self| {
            let parties = ledger::of_parties(&model.lines);
            let limits = model.sessions.iter().map(|session| session.limits).chain(model.rules.budgets);
            let spent: Vec<_> = model.spent().into_iter().chain(parties).collect();
            (spent, limits.collect::<Vec<_>>())
        };
        let (before, _) = all(self);
        change(self);
        let (after, limits) = all(self);
        let over = |at: usize, r: usize| limits[at][r].is_some_and(|limit| after[at][r] > limit);
        (0..limits.len()).any(|at| (0..5).any(|r| after[at][r] > before[at][r] && over(at, r)))
    }
}

fn reason_of(standing: Standing) -> Reason {
    if standing == Standing::Paused { Reason::Paused } else { Reason::Closed }
}
