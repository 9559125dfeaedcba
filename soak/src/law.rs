//! The law of sums, for each account: spent = admitted + settled + recorded + still reserved + what is carved out for children, and
//! never above the limit but by what nobody had asked for. Between bounds while threads are at work, exact when they rest.

use std::array::from_fn;

use crate::amounts::{Amounts, beyond, sum};
use crate::flow::Flow;
use crate::tree::{Figures, NODES, Tree, name};

/// What is known of the parts of an account that lie with its children.
#[derive(Debug, Clone, Copy, Default)]
struct Bounds {
    least: Amounts,
    most: Amounts,
    /// Debits, and returns, that are under way: their part at the parent may come in another order than they.
    debits: Amounts,
    returns: Amounts,
    unasked: Amounts,
}

impl Bounds {
    fn plus(self, share: Self) -> Self {
        Self {
            least: sum(self.least, share.least),
            most: sum(self.most, share.most),
            debits: sum(self.debits, share.debits),
            returns: sum(self.returns, share.returns),
            unasked: sum(self.unasked, share.unasked),
        }
    }

    /// What of `node`, whose bounds these are, lies with its parent: of a carved-out budget, while it is out, at least that budget.
    fn share(self, node: usize, limits: [Option<u64>; 5], open: bool) -> Self {
        let out = |r: usize| limits[r].filter(|_| open && Tree::is_carved(node, r));
        let least = |r: usize| {
            out(r).map_or(self.least[r], |out| self.least[r].max(out).saturating_sub(self.debits[r]))
        };
        let most = |r: usize| out(r).map_or(self.most[r], |out| self.most[r].max(out) + self.returns[r]);
        Self { least: from_fn(least), most: from_fn(most), ..self }
    }
}

impl Tree {
    /// Looks at every account at any moment. `open`: no session of the tree has been closed.
    pub(crate) fn watch(&self, open: bool) -> Result<(), String> {
        let [landed, returned] = self.summed(Flow::first);
        let seen = self.seen();
        let [begun, returning, unasked] = self.summed(Flow::last);
        let mut bounds: [Bounds; NODES] = from_fn(|node| Bounds {
            least: beyond(landed[node], returning[node]),
            most: beyond(begun[node], returned[node]),
            debits: beyond(begun[node], landed[node]),
            returns: beyond(returning[node], returned[node]),
            unasked: unasked[node],
        });
        for node in (0..NODES).rev() {
            let limits = seen[node].map(|(_, _, limit)| limit);
            if let Some(parent) = Self::parent(node) {
                bounds[parent] = bounds[parent].plus(bounds[node].share(node, limits, open));
            }
            let Bounds { least, most, unasked, .. } = bounds[node];
            for (r, (spent, _, limit)) in seen[node].into_iter().enumerate() {
                let of = || format!("{} of node {node}", name(r));
                if spent < least[r] || spent > most[r] {
                    let figures = format!("{spent} spent, {} to {} done", least[r], most[r]);
                    return Err(format!("the law of sums is broken for {}: {figures}", of()));
                }
                if limit.is_some_and(|limit| spent > limit + unasked[r]) {
                    return Err(format!("{}: {spent} of {limit:?}, {} unasked", of(), unasked[r]));
                }
            }
        }
        Ok(())
    }

    /// Looks at every account while nobody is at work: exactly, and with what is reserved.
    pub(crate) fn check(&self, open: bool) -> Result<(), String> {
        let [landed, returned] = self.summed(Flow::first);
        let [begun, returning, _] = self.summed(Flow::last);
        if (landed, returned) != (begun, returning) {
            return Err("the soak's own ledger is not at rest".to_owned());
        }
        self.watch(open)?;
        let [mut reserved]: [Figures; 1] = self.summed(|flow| [flow.reserved()]);
        for (node, seen) in self.seen().iter().enumerate().rev() {
            for r in 0..5 {
                if let Some(parent) = Self::parent(node).filter(|_| !Self::is_carved(node, r)) {
                    reserved[parent][r] += reserved[node][r];
                }
                if seen[r].1 != reserved[node][r] {
                    let figures = format!("{} reserved, {} held", seen[r].1, reserved[node][r]);
                    return Err(format!("{} of node {node}: {figures}", name(r)));
                }
            }
        }
        Ok(())
    }
}
