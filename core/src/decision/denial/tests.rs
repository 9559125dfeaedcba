use super::*;

#[test]
// B29
fn b29_what_the_model_reads_has_no_figures_and_no_names() {
    for reason in Reason::ALL {
        let denial = Denial::new(Evidence {
            session: Some(SessionId::random()),
            party: Some("acme-corp".into()),
            tool: Some("wire_money".into()),
            scope: Some(Scope::Tenant),
            resource: Some(Resource::Calls),
            limit: Some(4711),
            used: Some(4242),
            requested: Some(815),
            retry_after: Some(Nanos::new(77)),
            ..Evidence::of(reason)
        });
        let text = denial.to_string();
        assert!(!text.contains(|c: char| c.is_ascii_digit()), "{text}");
        assert!(!text.contains("acme") && !text.contains("wire") && !text.contains("tenant"), "{text}");
        let detail = denial.detail();
        for part in ["4711", "5057", "acme-corp", "wire_money", "tenant", reason.name()] {
            assert!(detail.contains(part), "{detail} lacks {part}");
        }
    }
}

#[test]
// B30, E3, E5
fn b30_e3_e5_each_reason_has_its_name_status_and_whether_to_retry() {
    let table: Vec<_> = Reason::ALL.iter().map(|r| (r.name(), r.http_status(), r.retryable())).collect();
    assert_eq!(
        table,
        [
            ("not_found", 404, false),
            ("closed", 410, false),
            ("paused", 409, false),
            ("expired", 408, false),
            ("idle_timeout", 408, false),
            ("agent_mismatch", 403, false),
            ("tool_not_authorized", 403, false),
            ("intent_drift", 403, false),
            ("sensitivity_exceeded", 403, false),
            ("network_denied", 403, false),
            ("same_step_loop", 403, false),
            ("depth_exceeded", 429, false),
            ("too_many_sessions", 429, true),
            ("store_full", 503, false),
            ("budget_exceeded", 429, false),
            ("rate_limited", 429, true),
            ("contended", 503, true),
            ("forked", 503, false),
        ]
    );
}

#[test]
// D22, E4
fn e4_d22_the_percentage_counts_what_was_asked_and_a_limit_of_zero_has_none() {
    let exceeded = |limit, used| {
        Denial::new(Evidence {
            scope: Some(Scope::Session),
            resource: Some(Resource::Calls),
            limit: Some(limit),
            used: Some(used),
            requested: Some(1),
            ..Evidence::of(Reason::BudgetExceeded)
        })
        .detail()
    };
    assert_eq!(exceeded(2, 2), "budget_exceeded: session calls exceeded: 3 / 2 (150%)");
    assert_eq!(exceeded(0, 0), "budget_exceeded: session calls exceeded: 1 / 0");
}

#[test]
// D9, V10
fn v10_d9_a_rate_that_can_never_cover_the_demand_is_not_retryable() {
    let never = Denial::new(Evidence::of(Reason::RateLimited));
    assert!(!never.retryable() && Reason::RateLimited.retryable());
    assert_eq!(never.message(), "Too much in too short a time. Ask for less at once.");
    let later =
        Denial::new(Evidence { retry_after: Some(Nanos::new(1)), ..Evidence::of(Reason::RateLimited) });
    assert!(later.retryable());
}

#[test]
fn names_in_a_detail_are_escaped_and_cut() {
    let tool = Some(format!("rm\n{}", "x".repeat(1000)).into());
    let detail = Denial::new(Evidence { tool, ..Evidence::of(Reason::ToolNotAuthorized) }).detail();
    assert!(!detail.contains('\n') && detail.chars().count() < 200, "{detail}");
}

#[test]
fn a_denial_that_is_kept_says_the_same_with_names_that_are_printable_and_short() {
    let long = "ä\n".repeat(1000);
    for (party, tool) in [("a", "b"), (&long, "b"), ("a", &long), (&long, &long)] {
        let evidence = Evidence {
            session: Some(SessionId::random()),
            party: Some(party.into()),
            tool: Some(tool.into()),
            ..Evidence::of(Reason::AgentMismatch)
        };
        let said = Denial::new(evidence);
        let kept = said.kept(20);
        assert_eq!(kept.party(), Some(&*printable(party, 20)));
        assert_eq!(kept.tool(), Some(&*printable(tool, 20)));
        assert_eq!((kept.reason(), kept.session()), (said.reason(), said.session()));
    }
    let nobody = Denial::new(Evidence::of(Reason::NotFound));
    assert_eq!(nobody.kept(20), nobody);
}

#[test]
fn a_model_is_told_which_budget_is_used_up() {
    for resource in [Resource::Calls, Resource::Tokens, Resource::Cost] {
        let denial =
            Denial::new(Evidence { resource: Some(resource), ..Evidence::of(Reason::BudgetExceeded) });
        assert_eq!(denial.message(), format!("The budget for {resource} is used up."));
    }
    let other =
        Denial::new(Evidence { resource: Some(Resource::Calls), ..Evidence::of(Reason::RateLimited) });
    assert!(other.message().starts_with(Reason::RateLimited.sentence()));
}

#[test]
fn an_operator_reads_amounts_in_their_unit() {
    let exceeded = |resource| {
        let (scope, reason) = (Some(Scope::Session), Reason::IdleTimeout);
        let [limit, used] = [2_000_000_000, 3_000_000_000].map(Some);
        Denial::new(Evidence { scope, resource: Some(resource), limit, used, ..Evidence::of(reason) })
            .detail()
    };
    for resource in [Resource::Time, Resource::Idle] {
        let [limit, used] = [2, 3].map(Nanos::from_secs);
        assert_eq!(
            exceeded(resource),
            format!("idle_timeout: session {resource} exceeded: {used} / {limit} (150%)")
        );
    }
    assert!(exceeded(Resource::Cost).ends_with(": $3.00 / $2.00 (150%)"));
    assert!(exceeded(Resource::Tokens).ends_with(": 3000000000 / 2000000000 (150%)"));
}
