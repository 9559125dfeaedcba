//! enact-core: an enforcement kernel that checks before a step and records after it.

use std::sync::Arc;

use enact_core::kernel::TenantId;
use enact_core::{EnforcementMiddleware, ExecutionId, ResourceLimits};

use crate::case::Case;
use crate::tasks::{self, Caller};

/// One step after another of one execution.
#[derive(Clone)]
pub struct Steps {
    middleware: Arc<EnforcementMiddleware>,
    execution: ExecutionId,
    limits: ResourceLimits,
}

impl Steps {
    /// Of a new execution under `limits`.
    pub async fn new(limits: ResourceLimits) -> Self {
        let steps = Self { middleware: Arc::default(), execution: ExecutionId::new(), limits };
        steps.middleware.register_execution(steps.execution.clone(), tenant()).await;
        steps
    }

    /// Whether a step may begin.
    pub async fn check(&self) -> bool {
        self.middleware.check_all_limits(&self.execution, &self.limits).await.is_allowed()
    }

    /// Records that a step has ended.
    pub async fn record(&self) {
        self.middleware.record_step(&self.execution).await;
    }
}

impl Caller for Steps {
    async fn call(&self) -> bool {
        let allowed = self.check().await;
        if allowed {
            self.record().await;
        }
        allowed
    }
}

/// The tenant whose executions these are.
#[must_use]
pub fn tenant() -> TenantId {
    TenantId::from("tenant_acme")
}

/// Limits of which only the steps can be reached.
#[must_use]
pub fn limits(steps: u32) -> ResourceLimits {
    ResourceLimits {
        max_steps: steps,
        max_tokens: u32::MAX,
        max_wall_time_ms: 86_400_000,
        max_memory_mb: None,
        max_concurrent_executions: None,
    }
}

/// What is timed of enact-core.
#[must_use]
pub fn cases() -> Vec<Case> {
    let steps = tasks::on_this_thread().block_on(Steps::new(limits(u32::MAX)));
    vec![tasks::alone("enact/check_and_record", &steps)]
}
