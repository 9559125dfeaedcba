//! arbiter-session: a store of sessions behind one asynchronous lock.

use std::hint::black_box;

use allotment_benches::{PLENTY, TOOLS};
use arbiter_session::{CreateSessionRequest, DataSensitivity, SessionStore};
use uuid::Uuid;

use crate::case::Case;
use crate::tasks::{self, Caller};
use crate::{LAST_TOOL, thousand_tools};

/// Calls one tool of one session in its agent's name.
#[derive(Clone)]
pub struct UseSession {
    store: SessionStore,
    id: Uuid,
    agent: Uuid,
    tool: &'static str,
}

impl UseSession {
    /// Of a new session in `store` that `request` asks for.
    pub async fn new(store: &SessionStore, request: CreateSessionRequest, tool: &'static str) -> Self {
        let session = store.create(request).await;
        Self { store: store.clone(), id: session.session_id, agent: session.agent_id, tool }
    }
}

impl Caller for UseSession {
    async fn call(&self) -> bool {
        self.store.use_session(self.id, black_box(self.tool), Some(self.agent)).await.is_ok()
    }
}

/// A request for a session of `agent` with eight tools for a day, a budget of `calls` and so many calls a window of so many seconds.
#[must_use]
pub fn request(agent: Uuid, calls: u64, rate: (u64, u64)) -> CreateSessionRequest {
    CreateSessionRequest {
        agent_id: agent,
        delegation_chain_snapshot: Vec::new(),
        declared_intent: "read and analyze customer transaction history".to_owned(),
        authorized_tools: TOOLS.map(str::to_owned).into(),
        authorized_credentials: Vec::new(),
        time_limit: chrono::Duration::days(1),
        call_budget: calls,
        rate_limit_per_minute: Some(rate.0),
        rate_limit_window_secs: rate.1,
        data_sensitivity_ceiling: DataSensitivity::Internal,
    }
}

/// A request for a session that no case uses up.
fn plenty() -> CreateSessionRequest {
    request(Uuid::new_v4(), PLENTY, (PLENTY, 60))
}

/// What is timed of arbiter-session.
#[must_use]
pub fn cases() -> Vec<Case> {
    let runtime = tasks::on_this_thread();
    let made = |store: &SessionStore, request, tool| runtime.block_on(UseSession::new(store, request, tool));
    let alone = made(&SessionStore::new(), plenty(), "search");
    let shared = SessionStore::new();
    let apart = [(); 2].map(|()| made(&shared, plenty(), "search"));
    let many_tools = CreateSessionRequest { authorized_tools: thousand_tools().collect(), ..plenty() };
    let many_tools = made(&SessionStore::new(), many_tools, LAST_TOOL);
    vec![
        tasks::alone("arbiter/use_session", &alone),
        tasks::two("arbiter/two_apart", &apart),
        tasks::alone("arbiter/tools_1000", &many_tools),
    ]
}
