//! What an event says of a session.

use std::sync::Arc;

use super::Entry;
use crate::events::{About, EventKind};
use crate::units::Status;

impl Entry {
    /// The session, its agent and its tenant.
    pub(crate) fn about(&self) -> About {
        let tenant = self.tenant.as_ref().map(|tenant| Arc::clone(&tenant.name));
        About::session(self.id(), Arc::clone(&self.agent.name), tenant)
    }
}

/// How the end of a session that ended in `status` is told.
pub(super) fn kind_of_end(status: Status) -> EventKind {
    if status == Status::Expired { EventKind::Expired } else { EventKind::Closed }
}
