//! [`Model`]: a naive enforcer for one thread, with virtual time, written from the contract: plain numbers, plain loops. What it keeps
//! is what was done; what anybody has spent is a sum over that, worked out anew each time.

use std::collections::BTreeSet;

use allotment::{EventKind, Rate, Resource, Sensitivity, Status, Tier};

use super::said::Said;
use super::steps::{Amounts, Rules, Watch};
use crate::bucket::Bucket;

/// Three agents: the first with budgets and a rate, the second with a rate, the third with neither. Then a tenant as the first.
pub(crate) const AGENTS: usize = 3;
pub(crate) const TENANT: usize = 3;
/// How many sessions the store holds.
pub(crate) const STORE: u64 = 7;
pub(crate) const SECOND: u64 = 1_000_000_000;

/// The metered resources, in the order in which they name a denial.
pub(crate) const METERED: [Resource; 5] =
    [Resource::Calls, Resource::Steps, Resource::DiscoveredSteps, Resource::Tokens, Resource::Cost];
pub(crate) const CALLS: usize = 0;
pub(crate) const COST: usize = 4;
/// Those that can have a rate.
pub(crate) const RATED: [usize; 3] = [0, 3, 4];

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing")]
pub(crate) struct Session {
    pub(crate) agent: usize,
    pub(crate) tenant: bool,
    pub(crate) parent: Option<usize>,
    pub(crate) children: Vec<usize>,
    /// Paused or not, as long as it has not ended.
    pub(crate) paused: bool,
    /// How it ended, once somebody noticed.
    pub(crate) ended: Option<Status>,
    /// Not swept yet.
    pub(crate) held: bool,
    pub(crate) created: u64,
    pub(crate) up_at: u64,
    pub(crate) grace: u64,
    pub(crate) limits: [Option<u64>; 5],
    pub(crate) carved: [bool; 5],
    pub(crate) buckets: [Option<Bucket>; 5],
    /// What was charged to it itself, and not to a session delegated from it.
    pub(crate) own: Amounts,
    pub(crate) cap: Option<u64>,
    pub(crate) sends: u64,
    pub(crate) tier: Tier,
    pub(crate) ceiling: Sensitivity,
    pub(crate) air_gap: bool,
    pub(crate) watch: Option<Watch>,
    /// From which cost on nothing is admitted.
    pub(crate) threshold: Option<u64>,
    pub(crate) last_activity: u64,
    /// The last step's tool and arguments, and how often it was taken in a row.
    pub(crate) row: (Option<(&'static str, &'static str)>, u64),
    pub(crate) depth: u64,
    pub(crate) deepest: u64,
    pub(crate) memory: u64,
    pub(crate) denied: u64,
    pub(crate) drifts: u64,
    pub(crate) marks: BTreeSet<super::low::Mark>,
}

impl Session {
    pub(crate) fn deadline(&self) -> u64 {
        self.up_at + self.grace
    }
}

/// An agent or the tenant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Party {
    pub(crate) spent: Amounts,
    pub(crate) rate: Option<Bucket>,
    pub(crate) marks: BTreeSet<super::low::Mark>,
}

/// What a reservation took of one account: of a session, or of an agent or the tenant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receipt {
    pub(crate) session: Option<usize>,
    pub(crate) party: Option<usize>,
    pub(crate) r: usize,
    pub(crate) units: u64,
    pub(crate) paced: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Hold {
    pub(crate) session: usize,
    pub(crate) granted: Amounts,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) at: u64,
    pub(crate) progress: Option<Amounts>,
    pub(crate) open: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) now: u64,
    pub(crate) rules: Rules,
    pub(crate) rates: [Rate; 3],
    pub(crate) parties: [Party; 4],
    pub(crate) sessions: Vec<Session>,
    pub(crate) holds: Vec<Hold>,
    /// Of which session each level is, until it is left.
    pub(crate) levels: Vec<Option<usize>>,
    /// Whether an agent or the tenant may have been forgotten, and with it that it was told of: all that it had spent was given back.
    pub(crate) forgets: bool,
    /// Which session, reservation or level the last step was about.
    pub(crate) picked: Option<usize>,
    /// What the last step came to, and how often each kind of event was told in it.
    pub(crate) said: Said,
    pub(crate) told: [u64; EventKind::ALL.len()],
}

impl Model {
    pub(crate) fn new(rules: Rules, rates: [Rate; 3]) -> Self {
        let party = |rate| Party { rate: Some(Bucket::new(rate, 1000)), ..Party::default() };
        let parties = [party(rates[0]), party(rates[1]), Party::default(), party(rates[2])];
        Self {
            now: 0,
            rules,
            rates,
            parties,
            sessions: Vec::new(),
            holds: Vec::new(),
            levels: Vec::new(),
            forgets: false,
            picked: None,
            said: Said::Nothing,
            told: [0; EventKind::ALL.len()],
        }
    }

    pub(crate) fn tell(&mut self, kind: EventKind) {
        self.told[kind as usize] += 1;
    }

    /// Where a session stands: whoever looks after its deadline finds it expired, whether it has ended or not.
    pub(crate) fn status(&self, at: usize) -> Status {
        let session = &self.sessions[at];
        match session.ended {
            Some(how) => how,
            None if self.now >= session.deadline() => Status::Expired,
            None if session.paused => Status::Paused,
            None => Status::Active,
        }
    }

    /// How long until the time of some session is up, it expires, or it has been idle for too long.
    pub(crate) fn next_instant(&self) -> Option<u64> {
        let live = self.sessions.iter().filter(|session| session.ended.is_none());
        let instants = live.flat_map(|session| {
            let idle = session.watch.and_then(|watch| watch.idle);
            let idle = idle.map(|limit| session.last_activity + limit * SECOND);
            [Some(session.up_at), Some(session.deadline()), idle]
        });
        instants.flatten().filter_map(|at| at.checked_sub(self.now)).filter(|&gap| gap > 0).min()
    }

    /// The session, then those it was delegated from, nearest first.
    pub(crate) fn path(&self, at: usize) -> Vec<usize> {
        std::iter::successors(Some(at), |&at| self.sessions[at].parent).collect()
    }

    /// The agents of the path, each once, then the tenant.
    pub(crate) fn parties_of(&self, at: usize) -> Vec<usize> {
        let agents: BTreeSet<usize> = self.path(at).iter().map(|&at| self.sessions[at].agent).collect();
        agents.into_iter().chain(self.sessions[at].tenant.then_some(TENANT)).collect()
    }

    /// What a session has spent: its own, and what lies with it of those delegated from it. Of a budget that was carved out that is all
    /// of it, or what was spent if that is more, until the other ends; then what was spent.
    pub(crate) fn spent(&self, at: usize, r: usize) -> u64 {
        let share = |child: usize| {
            let (session, spent) = (&self.sessions[child], self.spent(child, r));
            match session.limits[r] {
                Some(budget) if session.carved[r] && session.ended.is_none() => spent.max(budget),
                _ => spent,
            }
        };
        self.sessions[at].own[r] + self.sessions[at].children.iter().map(|&child| share(child)).sum::<u64>()
    }

    /// How much of that is reserved. For what was carved out the parent holds no reservation: it is the child's.
    pub(crate) fn reserved(&self, at: usize, r: usize) -> u64 {
        let open = self.holds.iter().filter(|hold| hold.open).flat_map(|hold| &hold.receipts);
        open.filter(|receipt| receipt.session == Some(at) && receipt.r == r)
            .map(|receipt| receipt.units)
            .sum()
    }

    /// What a policy allows a party of a resource at most.
    pub(crate) fn budget(&self, party: usize, r: usize) -> Option<u64> {
        let terms = self.terms(party)?;
        RATED.iter().position(|&rated| rated == r).map(|at| terms.budgets[at])
    }

    pub(crate) fn terms(&self, party: usize) -> Option<&super::steps::Terms> {
        match party {
            0 => Some(&self.rules.terms[0]),
            TENANT => Some(&self.rules.terms[1]),
            _ => None,
        }
    }

    /// The rate of calls of a party that is in force.
    pub(crate) fn rate(&self, party: usize) -> Option<&Bucket> {
        self.parties[party].rate.as_ref().filter(|_| self.terms(party).is_none_or(|terms| !terms.lifted))
    }

    /// Something was done, by it and so by all that it was delegated from.
    pub(crate) fn touch(&mut self, at: usize) {
        for at in self.path(at) {
            self.sessions[at].last_activity = self.now;
        }
    }
}
