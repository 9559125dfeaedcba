//! The sequential model: what every meter has spent, in plain numbers, and what each operation makes of them.
//!
//! **What is allowed.** A gate and a top-up are one instant. An admission and a reservation are one instant for the session's own gate
//! and for all that they take; the root's gate was open at an instant of the call before it, because it is seen where the
//! root's calls are debited. (So a call that is under way when the root is paused may still be admitted, even for funds that came back
//! after the pause.) The others touch several meters and are one instant a meter, in order:
//!
//! - a settlement and a record: the session's tokens first, then those above it, then agent and tenant;
//! - a close: the gate, then the seal of what was carved out, then what the parent gets back;
//! - a preview that says yes: each meter would have admitted it at an instant of its own.
//!
//! A refusal must be true at one instant during the call, of some meter of the scope that it names; which of several is named is
//! not checked. `contended` is always allowed and changes nothing. A partial grant may be any amount between `least` and `tokens`
//! that is there. A record says whether it overran a budget; it need not where that budget was topped up meanwhile. A record on a model
//! session charges the tree only, not agent and tenant.

use allotment::{Scope, Status};

use crate::operation::{Answer, Operation, Outcome, Who};

/// How many meters there are: calls and tokens of four sessions, of the agent and of the tenant, and a tool's cap.
pub const METERS: usize = 13;
/// The agent's calls; its tokens come next.
pub const AGENT: usize = 8;
/// The tenant's.
pub const TENANT: usize = 10;
/// The cap of the capped child's tool.
pub const CAP: usize = 12;

/// The budgets, tight enough that all of them refuse now and then.
pub const BUDGETS: [u64; METERS] = [9, 16, 5, 9, 6, 8, u64::MAX, 6, 8, 14, 10, 15, 3];

/// The meter of `who`'s calls.
#[must_use]
pub fn calls_of(who: Who) -> usize {
    who as usize * 2
}

/// The meter of `who`'s tokens.
#[must_use]
pub fn tokens_of(who: Who) -> usize {
    who as usize * 2 + 1
}

/// The state of everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ledger {
    /// Units, by meter.
    pub spent: [u64; METERS],
    /// By session.
    pub gates: [Status; 4],
    budgets: [u64; METERS],
    sealed: bool,
}

impl Default for Ledger {
    fn default() -> Self {
        let mut spent = [0; METERS];
        // The parent has spent what it carved out.
        spent[tokens_of(Who::Root)] = BUDGETS[tokens_of(Who::Carved)];
        Self { spent, gates: [Status::Active; 4], budgets: BUDGETS, sealed: false }
    }
}

/// How far an operation has come: the next of its instants, and what the ones before leave to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Progress {
    step: usize,
    carried: i64,
}

/// What an instant leads to.
#[derive(Debug)]
pub enum Next {
    /// There are more.
    More(Progress),
    /// It is over.
    Done,
}

/// The last instant of a record that says nothing of a budget that it overran.
const TOPPED_UP: usize = usize::MAX;

/// One meter's part: which, how much, whose.
type Charge = (usize, u64, Scope);

/// The charges of a demand, in naming order; a gate that is asked for nothing is among them.
fn charges(who: Who, calls: u64, tokens: u64) -> Vec<Charge> {
    let mut charges = vec![(calls_of(who), calls, Scope::Session), (tokens_of(who), tokens, Scope::Session)];
    if who == Who::Capped {
        charges.insert(0, (CAP, calls, Scope::Tool));
    }
    if who != Who::Root {
        charges.push((calls_of(Who::Root), calls, Scope::Ancestor));
    }
    if matches!(who, Who::Capped | Who::Pooled) {
        charges.push((tokens_of(Who::Root), tokens, Scope::Ancestor));
    }
    for (party, scope) in [(AGENT, Scope::Agent), (TENANT, Scope::Tenant)] {
        charges.extend([(party, calls, scope), (party + 1, tokens, scope)]);
    }
    charges
}

impl Ledger {
    /// One instant of `operation`, which was answered `answer`; `None` where that cannot be now.
    #[must_use]
    pub fn instant(&self, operation: Operation, answer: Answer, at: Progress) -> Option<(Self, Next)> {
        let mut after = self.clone();
        let next = match (operation, answer) {
            (_, Answer::Decided(Outcome::Contended)) => Next::Done,
            (Operation::Ask { who, calls, tokens }, Answer::Decided(Outcome::Admitted)) => {
                after.admit(who, calls, tokens, at)?
            }
            (Operation::Reserve { who, tokens, least }, Answer::Granted(granted)) => {
                (least..=tokens).contains(&granted).then_some(())?;
                after.admit(who, 0, granted, at)?
            }
            (Operation::Preview { who, calls, tokens }, Answer::Decided(Outcome::Admitted)) => {
                let mut charges = charges(who, calls, tokens);
                // The gate is looked at first.
                let gate = charges.iter().position(|charge| charge.0 == calls_of(who))?;
                charges[..=gate].rotate_right(1);
                (self.is_open(charges[at.step]) && self.covers(charges[at.step])).then_some(())?;
                more_or_done(at, 0, charges.len())
            }
            (
                Operation::Ask { who, calls, tokens } | Operation::Preview { who, calls, tokens },
                Answer::Decided(refusal),
            ) => self.refuses(who, calls, tokens, refusal).then_some(Next::Done)?,
            (Operation::Reserve { who, least, .. }, Answer::Decided(refusal)) => {
                self.refuses(who, 0, least, refusal).then_some(Next::Done)?
            }
            (Operation::Settle { who, granted, actual }, Answer::Did(true)) => {
                let by = actual.cast_signed() - granted.cast_signed();
                after.spread(&spreading(who, true), by, at).0
            }
            (Operation::Record { who, .. }, Answer::Did(false)) if at.step == TOPPED_UP => {
                self.is_topped_up(who).then_some(Next::Done)?
            }
            (Operation::Record { who, tokens }, Answer::Did(said)) => {
                let (next, overran) = after.spread(&spreading(who, false), tokens.cast_signed(), at);
                match next {
                    Next::More(progress) => Next::More(progress.noting(at, overran)),
                    Next::Done if said == (at.noted() || overran) => Next::Done,
                    // Unless that budget is topped up before the answer.
                    Next::Done => {
                        (!said).then_some(Next::More(Progress { step: TOPPED_UP, ..Progress::default() }))?
                    }
                }
            }
            (Operation::Pause(who), Answer::Did(did)) => {
                after.turn(who, Status::Active, Status::Paused, did)?
            }
            (Operation::Resume(who), Answer::Did(did)) => {
                after.turn(who, Status::Paused, Status::Active, did)?
            }
            (Operation::Close(who), Answer::Did(did)) => after.close(who, did, at)?,
            (Operation::TopUp { who, tokens }, Answer::Did(did)) => {
                ((who != Who::Carved) == did).then_some(())?;
                after.budgets[tokens_of(who)] += if did { tokens } else { 0 };
                Next::Done
            }
            _ => return None,
        };
        Some((after, next))
    }

    /// Whether no gate of this meter is shut: only a session's calls have one.
    fn is_open(&self, (meter, ..): Charge) -> bool {
        meter >= AGENT || meter % 2 == 1 || self.gates[meter / 2] == Status::Active
    }

    fn covers(&self, (meter, amount, _): Charge) -> bool {
        amount == 0 || self.spent[meter] + amount <= self.budgets[meter]
    }

    fn admit(&mut self, who: Who, calls: u64, tokens: u64, at: Progress) -> Option<Next> {
        if at.step == 0 {
            let open = self.gates[Who::Root as usize] == Status::Active;
            return open.then_some(Next::More(Progress { step: 1, carried: 0 }));
        }
        let charges = charges(who, calls, tokens);
        let open = self.gates[who as usize] == Status::Active;
        (open && charges.iter().all(|&charge| self.covers(charge))).then_some(())?;
        for (meter, amount, _) in charges {
            self.spent[meter] += amount;
        }
        Some(Next::Done)
    }

    fn refuses(&self, who: Who, calls: u64, tokens: u64, refusal: Outcome) -> bool {
        match refusal {
            Outcome::Exhausted(scope) => charges(who, calls, tokens)
                .into_iter()
                .any(|charge| charge.2 == scope && !self.covers(charge)),
            Outcome::Shut(status) => {
                self.gates[who as usize] == status || self.gates[Who::Root as usize] == status
            }
            _ => false,
        }
    }

    fn turn(&mut self, who: Who, from: Status, to: Status, did: bool) -> Option<Next> {
        let gate = &mut self.gates[who as usize];
        ((*gate == from) == did).then_some(())?;
        *gate = if did { to } else { *gate };
        Some(Next::Done)
    }

    fn close(&mut self, who: Who, did: bool, at: Progress) -> Option<Next> {
        let carved = tokens_of(Who::Carved);
        match at.step {
            0 => {
                let gate = &mut self.gates[who as usize];
                (gate.is_terminal() != did).then_some(())?;
                *gate = if did { Status::Closed } else { *gate };
                Some(if did && who == Who::Carved {
                    Next::More(Progress { step: 1, carried: 0 })
                } else {
                    Next::Done
                })
            }
            1 => {
                let before = self.share();
                self.sealed = true;
                let carried = self.share() - before;
                let spent = self.spent[carved];
                debug_assert!(carried <= 0 || spent > self.budgets[carved]);
                Some(Next::More(Progress { step: 2, carried }))
            }
            _ => {
                self.change(tokens_of(Who::Root), at.carried);
                Some(Next::Done)
            }
        }
    }

    /// Whether a budget that a record on `who` is charged to was topped up.
    fn is_topped_up(&self, who: Who) -> bool {
        spreading(who, false).into_iter().any(|meter| self.budgets[meter] > BUDGETS[meter])
    }

    /// What the root has spent on the carved-out child.
    fn share(&self) -> i64 {
        let meter = tokens_of(Who::Carved);
        let spent = self.spent[meter];
        if self.sealed { spent.cast_signed() } else { spent.max(self.budgets[meter]).cast_signed() }
    }

    fn change(&mut self, meter: usize, by: i64) {
        self.spent[meter] = self.spent[meter].saturating_add_signed(by);
    }

    /// The next meter of `meters` changed by `by`, or by what the carved-out child's change means for the root; whether that
    /// overran a budget.
    fn spread(&mut self, meters: &[usize], by: i64, at: Progress) -> (Next, bool) {
        if by == 0 {
            return (Next::Done, false);
        }
        let meter = meters[at.step];
        let passed_on = meter == tokens_of(Who::Root) && meters[0] == tokens_of(Who::Carved);
        let by = if passed_on { at.carried >> 1 } else { by };
        let share = self.share();
        self.change(meter, by);
        let carried = if meter == tokens_of(Who::Carved) { self.share() - share } else { 0 };
        let overran = by > 0 && self.spent[meter] > self.budgets[meter];
        (more_or_done(at, carried << 1, meters.len()), overran)
    }
}

impl Progress {
    /// The lowest bit of what is carried: whether a budget was overrun.
    fn noted(self) -> bool {
        self.carried & 1 == 1
    }

    fn noting(self, before: Self, overran: bool) -> Self {
        Self { carried: self.carried | i64::from(before.noted() || overran), ..self }
    }
}

fn more_or_done(at: Progress, carried: i64, steps: usize) -> Next {
    if at.step + 1 < steps { Next::More(Progress { step: at.step + 1, carried }) } else { Next::Done }
}

/// The meters of tokens that a settlement or a record touches, in order. The root comes right after the child it shares with, or that it
/// gave a budget to.
fn spreading(who: Who, parties: bool) -> Vec<usize> {
    let mut meters = vec![tokens_of(who)];
    if who != Who::Root {
        meters.push(tokens_of(Who::Root));
    }
    if parties {
        meters.extend([AGENT + 1, TENANT + 1]);
    }
    meters
}
