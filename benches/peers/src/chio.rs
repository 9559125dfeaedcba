//! chio-guards: a guard that limits how fast an agent, and each of its sessions, may call.

use std::sync::Arc;

use chio_core::capability::scope::ChioScope;
use chio_core::capability::token::{CapabilityToken, CapabilityTokenBody};
use chio_core::crypto::Keypair;
use chio_guards::{AgentVelocityConfig, AgentVelocityGuard};
use chio_kernel::{Guard, GuardContext, ToolCallRequest, Verdict};

use crate::case::Case;

/// Calls a tool of one session; clones call it of the same session.
#[derive(Clone)]
pub struct Evaluated {
    guard: Arc<AgentVelocityGuard>,
    request: Arc<ToolCallRequest>,
    scope: Arc<ChioScope>,
}

impl Evaluated {
    /// Of a session of its own, which to the guard is a capability, for `agent`.
    #[must_use]
    pub fn new(guard: &Arc<AgentVelocityGuard>, agent: &Keypair, session: &str) -> Self {
        let request = Arc::new(request(agent, session));
        Self { guard: Arc::clone(guard), request, scope: Arc::default() }
    }

    /// Whether the guard allows it.
    #[must_use]
    pub fn call(&self) -> bool {
        let context = GuardContext {
            request: &self.request,
            scope: &self.scope,
            agent_id: &self.request.agent_id,
            server_id: &self.request.server_id,
            session_filesystem_roots: None,
            matched_grant_index: None,
        };
        self.guard.evaluate(&context).is_ok_and(|decision| decision.verdict == Verdict::Allow)
    }
}

/// A guard that allows an agent and each session so many calls a window of so many seconds.
#[must_use]
pub fn guard(agent: Option<u32>, session: Option<u32>, window_secs: u64) -> Arc<AgentVelocityGuard> {
    Arc::new(AgentVelocityGuard::new(AgentVelocityConfig {
        max_requests_per_agent: agent,
        max_requests_per_session: session,
        window_secs,
        burst_factor: 1.0,
    }))
}

fn request(agent: &Keypair, session: &str) -> ToolCallRequest {
    let body = CapabilityTokenBody {
        id: session.to_owned(),
        issuer: agent.public_key(),
        subject: agent.public_key(),
        scope: ChioScope::default(),
        issued_at: 0,
        expires_at: u64::MAX,
        delegation_chain: Vec::new(),
        aggregate_invocation_budget: None,
    };
    ToolCallRequest {
        request_id: "request-1".to_owned(),
        capability: CapabilityToken::sign(body, agent).expect("a capability"),
        tool_name: "search".to_owned(),
        server_id: "server-1".to_owned(),
        agent_id: agent.public_key().to_hex(),
        arguments: serde_json::Value::Null,
        dpop_proof: None,
        execution_nonce: None,
        governed_intent: None,
        approval_token: None,
        approval_tokens: Vec::new(),
        threshold_approval_proposal: None,
        supplemental_authorization: None,
        model_metadata: None,
        federated_origin_kernel_id: None,
    }
}

/// What is timed of chio-guards.
#[must_use]
pub fn cases() -> Vec<Case> {
    let guard = guard(Some(u32::MAX), Some(u32::MAX), 1);
    let evaluated = Evaluated::new(&guard, &Keypair::generate(), "session-1");
    vec![Case::alone("chio/agent_session", || {
        let evaluated = evaluated.clone();
        move || evaluated.call()
    })]
}
