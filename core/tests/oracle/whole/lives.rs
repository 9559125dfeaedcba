//! How sessions come, change and go.

use allotment::{EventKind, Reason, Resource, Scope, Sensitivity, Status};

use super::charge::Demand;
use super::model::{COST, Model, RATED, SECOND, STORE, Session};
use super::said::{Decided, No, Said};
use super::steps::{Amounts, Rules, Spec};
use super::tools::INTENTS;
use crate::bucket::Bucket;

/// How long a session lives unless it is said.
const TIME_LIMIT: u64 = 3600 * SECOND;

impl Model {
    /// Ends the session if it is over.
    pub(crate) fn notice(&mut self, at: usize) {
        if self.sessions[at].ended.is_none() && self.status(at) == Status::Expired {
            self.finish(at, Status::Expired);
        }
    }

    /// Ends it, and all that was delegated from it the same way; but what has expired already stays so.
    fn finish(&mut self, at: usize, how: Status) {
        let family: Vec<usize> =
            (0..self.sessions.len()).filter(|&other| self.path(other).contains(&at)).collect();
        for at in family.into_iter().filter(|&at| self.sessions[at].ended.is_none()).collect::<Vec<_>>() {
            let how = if self.status(at) == Status::Expired { Status::Expired } else { how };
            self.sessions[at].ended = Some(how);
            self.tell(if how == Status::Expired { EventKind::Expired } else { EventKind::Closed });
        }
    }

    fn count(&self, of: impl Fn(&Session) -> bool) -> u64 {
        self.sessions.iter().filter(|session| session.ended.is_none() && of(session)).count() as u64
    }

    fn notice_all(&mut self, of: impl Fn(&Session) -> bool) {
        for at in 0..self.sessions.len() {
            if of(&self.sessions[at]) {
                self.notice(at);
            }
        }
    }

    /// Whether there is a place for a session: at its agent, at the tenant, in the store.
    fn place(&mut self, agent: usize, tenant: bool) -> Decided<()> {
        let no = |reason, scope, party, max, used| {
            let no = No::of(reason, Some(scope)).of_resource(Resource::Sessions, max, used, Some(1));
            Err(vec![No { party, ..no }])
        };
        let most = self.terms(agent).map_or(10, |terms| terms.max_sessions);
        if self.count(|session| session.agent == agent) >= most {
            self.notice_all(|session| session.agent == agent);
            let count = self.count(|session| session.agent == agent);
            if count >= most {
                return no(Reason::TooManySessions, Scope::Agent, Some(agent), most, count);
            }
        }
        let most = self.rules.terms[1].max_sessions;
        if tenant && self.count(|session| session.tenant) >= most {
            self.notice_all(|_| true);
            let count = self.count(|session| session.tenant);
            if count >= most {
                return no(Reason::TooManySessions, Scope::Tenant, Some(super::model::TENANT), most, count);
            }
        }
        if self.held() >= STORE {
            self.sweep();
            if self.held() >= STORE {
                return no(Reason::StoreFull, Scope::Store, None, STORE, STORE);
            }
        }
        Ok(())
    }

    pub(crate) fn held(&self) -> u64 {
        self.sessions.iter().filter(|session| session.held).count() as u64
    }

    pub(crate) fn create(&mut self, spec: &Spec) -> Said {
        if spec.carve {
            return Said::Invalid;
        }
        if let Err(nos) = self.place(spec.agent, spec.tenant) {
            self.tell(EventKind::Denied);
            return Said::Denied(nos);
        }
        self.make(spec, None);
        Said::Nothing
    }

    pub(crate) fn delegate(&mut self, parent: usize, spec: &Spec) -> Said {
        if let Err(nos) = self.standing(parent) {
            return Said::Denied(nos);
        }
        if self.is_wider(parent, spec) || spec.carve && spec.limits == [None; 5] {
            return Said::Invalid;
        }
        if spec.carve {
            let amounts = spec.limits.map(Option::unwrap_or_default);
            let charges = self.charges(parent, &Demand { amounts, sends: 0, moves: true });
            if let Err(nos) = self.refused(parent, &charges) {
                return Said::Denied(nos);
            }
        }
        let tenant = self.sessions[parent].tenant;
        if let Err(nos) = self.place(spec.agent, tenant) {
            self.tell(EventKind::Denied);
            return Said::Denied(nos);
        }
        self.make(&Spec { tenant, ..spec.clone() }, Some(parent));
        self.touch(parent);
        Said::Nothing
    }

    /// Whether `spec` asks for more than the parent has.
    fn is_wider(&self, parent: usize, spec: &Spec) -> bool {
        let above = &self.sessions[parent];
        let more =
            |asked: Option<u64>, has: Option<u64>| asked.zip(has).is_some_and(|(asked, has)| asked > has);
        let left = above.up_at.saturating_sub(self.now);
        let caps = self.path(parent).into_iter().filter_map(|at| self.sessions[at].cap).min();
        let narrower = |asked: Option<u64>, has: Option<u64>| {
            has.is_none_or(|has| asked.is_some_and(|asked| asked <= has))
        };
        let watched = above.watch.unwrap_or_default();
        let wider_watch = spec.watch.is_some_and(|asked| {
            let limits = [
                (asked.depth, watched.depth),
                (asked.repetitions, watched.repetitions),
                (asked.memory, watched.memory),
                (asked.cost, watched.cost),
                (asked.idle, watched.idle),
            ];
            !limits.iter().all(|&(asked, has)| narrower(asked, has))
        });
        (0..5).any(|r| more(spec.limits[r], self.pool(parent, r)))
            || more(spec.cap, caps)
            || more(spec.seconds.map(|seconds| seconds * SECOND), Some(left))
            || spec.ceiling.is_some_and(|asked| asked > above.ceiling)
            || above.air_gap && spec.air_gap == Some(false)
            || wider_watch
    }

    /// The least that the session and those above it may spend of a resource.
    fn pool(&self, at: usize, r: usize) -> Option<u64> {
        self.path(at).into_iter().filter_map(|at| self.sessions[at].limits[r]).min()
    }

    fn make(&mut self, spec: &Spec, parent: Option<usize>) {
        let now = self.now;
        let above = parent.map(|parent| &self.sessions[parent]);
        let left = above.map_or(TIME_LIMIT, |above| above.up_at.saturating_sub(now));
        let up_at = now + spec.seconds.map_or(left, |seconds| seconds * SECOND);
        let watch = spec.watch.or(above.and_then(|above| above.watch));
        let watch = watch.filter(|watch| *watch != super::steps::Watch::default());
        // No session outlives the one that it was delegated from.
        let most = above.map_or(u64::MAX, |above| above.deadline() - up_at);
        let grace = if watch.is_some() { SECOND.min(most) } else { 0 };
        let mut buckets: [Option<Bucket>; 5] = Default::default();
        for (at, r) in RATED.into_iter().enumerate() {
            let parts = if r == COST { 1 } else { 1000 };
            buckets[r] = spec.rates[at].map(|rate| Bucket::new(rate, parts));
        }
        self.sessions.push(Session {
            agent: spec.agent,
            tenant: spec.tenant,
            parent,
            children: Vec::new(),
            paused: false,
            ended: None,
            held: true,
            created: now,
            up_at,
            grace,
            limits: spec.limits,
            carved: spec.limits.map(|limit| spec.carve && limit.is_some()),
            buckets,
            own: [0; 5],
            cap: spec.cap,
            sends: 0,
            tier: INTENTS[spec.intent].1,
            ceiling: spec.ceiling.or(above.map(|above| above.ceiling)).unwrap_or(Sensitivity::Internal),
            air_gap: spec.air_gap.or(above.map(|above| above.air_gap)).unwrap_or(false),
            watch,
            threshold: watch.and_then(|watch| watch.cost),
            last_activity: now,
            row: (None, 0),
            depth: 0,
            deepest: 0,
            memory: 0,
            denied: 0,
            drifts: 0,
            marks: std::collections::BTreeSet::new(),
        });
        if let Some(parent) = parent {
            let made = self.sessions.len() - 1;
            self.sessions[parent].children.push(made);
        }
    }

    pub(crate) fn top_up(&mut self, at: usize, by: Amounts, seconds: u64) -> Said {
        let (session, time) = (&self.sessions[at], seconds * SECOND);
        let raised = |r: usize| session.limits[r].filter(|_| by[r] > 0).map(|limit| limit + by[r]);
        for r in (0..5).filter(|&r| by[r] > 0) {
            let only_threshold = r == COST && session.limits[r].is_none() && session.threshold.is_some();
            let of_parent = session.parent.and_then(|parent| self.pool(parent, r));
            let wider = raised(r).zip(of_parent).is_some_and(|(raised, has)| raised > has);
            if session.carved[r] || raised(r).is_none() && !only_threshold || wider {
                return Said::Invalid;
            }
        }
        let latest = session.parent.map(|parent| self.sessions[parent].deadline());
        if time > 0 && latest.is_some_and(|latest| session.deadline() + time > latest) {
            return Said::Invalid;
        }
        self.notice(at);
        if self.status(at).is_terminal() {
            return Said::Denied(vec![self.is_instead(at)]);
        }
        let family: Vec<usize> =
            (0..self.sessions.len()).filter(|&other| self.path(other).contains(&at)).collect();
        let session = &mut self.sessions[at];
        session.up_at += time;
        if time > 0 {
            session.marks.remove(&(Scope::Session, Resource::Time));
        }
        session.threshold = session.threshold.map(|threshold| threshold + by[COST]);
        for r in (0..5).filter(|&r| by[r] > 0) {
            session.limits[r] = session.limits[r].map(|limit| limit + by[r]);
            session.marks.remove(&(Scope::Session, super::model::METERED[r]));
        }
        for below in family.into_iter().filter(|&below| below != at) {
            for r in (0..5).filter(|&r| by[r] > 0) {
                self.sessions[below].marks.remove(&(Scope::Ancestor, super::model::METERED[r]));
            }
        }
        self.tell(EventKind::ToppedUp);
        Said::Nothing
    }

    pub(crate) fn pause(&mut self, at: usize) -> Said {
        self.notice(at);
        if self.status(at) != Status::Active {
            return Said::Denied(vec![self.is_instead(at)]);
        }
        self.sessions[at].paused = true;
        self.tell(EventKind::Paused);
        Said::Nothing
    }

    pub(crate) fn resume(&mut self, at: usize) -> Said {
        self.notice(at);
        if self.status(at).is_terminal() {
            return Said::Denied(vec![self.is_instead(at)]);
        }
        if std::mem::take(&mut self.sessions[at].paused) {
            self.tell(EventKind::Resumed);
        }
        self.touch(at);
        Said::Nothing
    }

    pub(crate) fn close(&mut self, at: usize) -> Said {
        self.notice(at);
        if self.sessions[at].ended.is_some() {
            return Said::Denied(vec![self.is_instead(at)]);
        }
        self.finish(at, Status::Closed);
        let session = &self.sessions[at];
        Said::Closed {
            calls: self.spent(at, 0),
            time_used: self.now - session.created,
            time_limit: session.up_at - session.created,
            denied: session.denied,
            drifts: session.drifts,
        }
    }

    pub(crate) fn close_agent(&mut self, agent: usize) -> Said {
        let all: Vec<usize> = (0..self.sessions.len())
            .filter(|&at| self.sessions[at].agent == agent && self.sessions[at].ended.is_none())
            .collect();
        let nested = all.iter().any(|&at| self.path(at)[1..].iter().any(|above| all.contains(above)));
        let closed = all.into_iter().filter(|&at| matches!(self.close(at), Said::Closed { .. })).count();
        if nested { Said::Any } else { Said::Count(closed as u64) }
    }

    /// How many sessions of the agent there are.
    pub(crate) fn active(&mut self, agent: usize) -> u64 {
        self.notice_all(|session| session.agent == agent);
        self.count(|session| session.agent == agent)
    }

    /// How many it removes.
    pub(crate) fn sweep(&mut self) -> u64 {
        self.notice_all(|_| true);
        let ended = self.sessions.iter_mut().filter(|session| session.held && session.ended.is_some());
        ended.map(|session| session.held = false).count() as u64
    }

    pub(crate) fn swap(&mut self, rules: Rules) {
        let before = std::mem::replace(&mut self.rules, rules);
        for (at, party) in [0, super::model::TENANT].into_iter().enumerate() {
            for (place, r) in RATED.into_iter().enumerate() {
                // Where there is more now, it may run low anew.
                if self.rules.terms[at].budgets[place] > before.terms[at].budgets[place] {
                    let scope = if at == 0 { Scope::Agent } else { Scope::Tenant };
                    self.parties[party].marks.remove(&(scope, super::model::METERED[r]));
                }
            }
        }
    }
}
