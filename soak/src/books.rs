//! [`Books`]: what is compared when all threads rest: first with everything open, then after all of it was ended.

use std::collections::BTreeSet;

use allotment::{CreateError, EventKind, Reason, Session, SessionSpec, Setting, Status, Usage};

use crate::amounts::{CALLS, COST, TOKENS, to_usage};
use crate::terms::{AGENTS, Charged, TENANT_SESSIONS, VICTIM, VICTIM_SESSIONS};
use crate::tree::{EXECUTION, NODES, ROOT};
use crate::worker::{Checked, Report};
use crate::yard::Yard;

const KINDS: usize = EventKind::ALL.len();
/// What is told of as often as it was done, where no event found the queue full.
const TOLD: [EventKind; 4] =
    [EventKind::Overrun, EventKind::Forfeited, EventKind::ToppedUp, EventKind::Paused];

/// What had been seen when the last round ended.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// By kind of event: drained, done.
    drained: [u64; KINDS],
    told: [u64; KINDS],
    made: u64,
    dropped: u64,
    /// Sessions and drained events of the leader's own.
    probes: u64,
    mine: [u64; KINDS],
    /// Rounds in which every event was told, and those in which some were dropped.
    pub(crate) told_rounds: u64,
    pub(crate) dropped_rounds: u64,
}

fn expect(what: &str, seen: u64, expected: u64) -> Checked {
    if seen == expected { Ok(()) } else { Err(format!("{what}: {seen}, should be {expected}")) }
}

impl Books {
    /// With everything open: exact sums, exact counts; then the tree is closed.
    pub(crate) fn open(yard: &Yard, reports: &[Report]) -> Checked {
        let (tree, enforcer) = (yard.tree(), &yard.enforcer);
        tree.check(true)?;
        let levels: u64 = reports.iter().map(|report| report.levels).sum();
        expect("levels of discovery", tree.nodes[EXECUTION].snapshot().depth.current, levels)?;

        let sessions = enforcer.sessions();
        expect("sessions held", enforcer.stats().sessions, sessions.len() as u64)?;
        let agents: BTreeSet<&str> = sessions.iter().map(Session::agent).collect();
        for agent in agents {
            let is_there = |session: &&Session| {
                session.agent() == agent && matches!(session.status(), Status::Active | Status::Paused)
            };
            let there = sessions.iter().filter(is_there).count() as u64;
            expect(&format!("sessions of {agent}"), enforcer.active_sessions(agent), there)?;
        }
        tree.nodes[ROOT].close().map(drop).map_err(|denial| denial.detail())
    }

    /// Errors: the run has not seen both a queue that is full and one that never is.
    pub(crate) fn check(&self) -> Checked {
        if self.told_rounds.min(self.dropped_rounds) > 0 {
            return Ok(());
        }
        Err(format!(
            "{} rounds with every event told, {} with a full queue",
            self.told_rounds, self.dropped_rounds
        ))
    }

    /// After everything was ended.
    pub(crate) fn close(&mut self, yard: &Yard, reports: &[Report], threads: usize) -> Checked {
        let enforcer = &yard.enforcer;
        yard.tree().check(false)?;
        enforcer.sweep();
        expect("sessions left", enforcer.stats().sessions, 0)?;
        let sum = |of: &dyn Fn(&Report) -> Charged| {
            reports.iter().fold(Charged::default(), |sum, report| sum.plus(&of(report)))
        };
        let (charged, unasked) = (sum(&|report| report.charged), sum(&|report| report.unasked));
        self.parties(yard, &charged, &unasked)?;
        self.places(yard)?;
        enforcer.sweep();
        enforcer.sweep();
        let stats = enforcer.stats();
        if (stats.sessions, stats.tenants) > (0, 1) || stats.agents > AGENTS.len() as u64 {
            return Err(format!("sessions, agents or tenants are not forgotten: {stats:?}"));
        }
        self.events(yard, reports)?;
        yard.restart(charged, threads)
    }

    /// What agents and the tenant have been charged is what the threads' books say, and no more than their budgets.
    fn parties(&mut self, yard: &Yard, charged: &Charged, unasked: &Charged) -> Checked {
        let (before, left) = yard.left();
        let most = |before: u64, left: u64, unasked: u64| before + left + unasked;
        for (at, agent) in AGENTS.iter().enumerate() {
            let probe = self.probe(yard, SessionSpec::new(*agent))?;
            let told = refused(probe.reserve(Usage::tokens(1 << 40)))?;
            expect(&format!("tokens of {agent}"), told, charged.agents[at])?;
            if told > most(before.agents[at], left, unasked.agents[at]) {
                return Err(format!("{agent} has {told} tokens, more than any policy allowed"));
            }
            probe.close().map_err(|denial| denial.detail())?;
        }
        let probe = self.probe(yard, SessionSpec::new("stranger").tenant("t").tools(["huge"]))?;
        for r in [CALLS, TOKENS, COST] {
            let mut huge = [0; 5];
            huge[r] = 1 << 40;
            let told = if r == CALLS {
                refused(probe.preview("huge"))?
            } else {
                refused(probe.reserve(to_usage(huge)))?
            };
            expect(&format!("{} of the tenant", crate::tree::name(r)), told, charged.tenant[r])?;
            if told > most(before.tenant[r], left * 2, unasked.tenant[r]) {
                return Err(format!("the tenant has {told} {}, more than allowed", crate::tree::name(r)));
            }
        }
        probe.close().map(drop).map_err(|denial| denial.detail())
    }

    fn probe(&mut self, yard: &Yard, spec: SessionSpec) -> Result<Session, String> {
        self.probes += 1;
        yard.enforcer.create(spec.calls(Setting::Unlimited)).map_err(|error| error.to_string())
    }

    /// An agent and a tenant of whom nobody has a session left have all their places.
    fn places(&mut self, yard: &Yard) -> Checked {
        let of_tenant = |at: u64| SessionSpec::new(format!("probe-{at}")).tenant("guests-0");
        let of_victim = |_| SessionSpec::new(VICTIM);
        let groups: [(u64, &dyn Fn(u64) -> SessionSpec); 2] =
            [(TENANT_SESSIONS, &of_tenant), (VICTIM_SESSIONS, &of_victim)];
        for (max, spec) in groups {
            let made: Result<Vec<_>, _> = (0..max).map(|at| self.probe(yard, spec(at))).collect();
            let one_more = yard.enforcer.create(spec(max));
            let is_full =
                matches!(&one_more, Err(CreateError::Denied(no)) if no.reason() == Reason::TooManySessions);
            if !is_full {
                return Err(format!("more than {max} places: {one_more:?}"));
            }
            for session in made? {
                session.close().map_err(|denial| denial.detail())?;
            }
        }
        Ok(())
    }

    /// Where no event was dropped each was told, and every session that was made has ended once.
    fn events(&mut self, yard: &Yard, reports: &[Report]) -> Checked {
        for event in yard.enforcer.events() {
            self.mine[event.kind() as usize] += 1;
        }
        let sum = |of: &dyn Fn(&Report) -> u64| reports.iter().map(of).sum::<u64>();
        let drained: [u64; KINDS] = std::array::from_fn(|kind| self.mine[kind] + sum(&|it| it.drained[kind]));
        let told: [u64; KINDS] = std::array::from_fn(|kind| sum(&|it| it.told[kind]));
        let made = self.probes + sum(&|report| report.made);
        let dropped = yard.enforcer.stats().events_dropped;
        if dropped == self.dropped {
            for kind in TOLD.map(|kind| kind as usize) {
                let name = EventKind::ALL[kind].name();
                expect(
                    &format!("events {name}"),
                    drained[kind] - self.drained[kind],
                    told[kind] - self.told[kind],
                )?;
            }
            let ends = |of: &[u64; KINDS]| of[EventKind::Closed as usize] + of[EventKind::Expired as usize];
            let made = made - self.made + NODES as u64;
            expect("ends of sessions", ends(&drained) - ends(&self.drained), made)?;
            self.told_rounds += 1;
        } else {
            self.dropped_rounds += 1;
        }
        (self.drained, self.told, self.made, self.dropped) = (drained, told, made, dropped);
        Ok(())
    }
}

/// What the account has that refuses.
fn refused<T>(decided: Result<T, allotment::Denial>) -> Result<u64, String> {
    let denial = decided.err().ok_or("more than there is was admitted")?;
    denial.used().filter(|_| denial.reason() == Reason::BudgetExceeded).ok_or_else(|| denial.detail())
}
