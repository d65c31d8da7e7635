//! Every operation of the OpenAPI document, as everybody who might call it. What is expected comes from the
//! document alone; an operation without a valid request here fails the test, and there are no exceptions.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use phony_journeys::{Answer, Client};
use phony_kernel::{Role, Scope};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::surface::{Access, Case, Document, Operation, World, only_calls_went_on};

/// What may be called without a credential; nothing else.
const PUBLIC: [&str; 13] = [
    "accept_invitation",
    "finish_sso",
    "forgot_password",
    "get_health",
    "get_readiness",
    "log_in",
    "log_out",
    "look_at_invitation",
    "refresh",
    "reset_password",
    "sign_up",
    "start_sso",
    "verify_email",
];

async fn case(world: &World, operation: &Operation) -> Case {
    let case = world.case(&operation.id).await;
    case.unwrap_or_else(|| panic!("there is no request for {}", operation.id))
}

/// Sends a valid request and measures the answer against the document.
async fn send(world: &World, document: &Document, operation: &Operation, client: &Client) -> Answer {
    let (client, own) = match world.stand_in(&operation.id, client).await {
        Some((stand_in, own)) => (stand_in, own),
        None => (client.clone(), None),
    };
    let case = match own {
        Some(case) => case,
        None => case(world, operation).await,
    };
    let answer = case.send(operation, &client).await;
    document.check(operation, &answer);
    answer
}

#[track_caller]
fn refused(operation: &Operation, who: &str, answer: Answer, status: u16, code: &str) {
    let got = (
        answer.status,
        answer["code"].as_str().unwrap_or_default().to_owned(),
    );
    assert_eq!(
        got,
        (status, code.to_owned()),
        "{} as {who}: {}",
        operation.id,
        answer.text
    );
    let answer = answer.expect_problem(status, code);
    if status == 401 {
        assert!(answer.headers.contains_key("www-authenticate"));
    }
}

#[track_caller]
fn served(operation: &Operation, who: &str, answer: &Answer) {
    assert_eq!(
        answer.status, operation.success,
        "{} as {who}: {}",
        operation.id, answer.text
    );
}

#[test]
fn the_committed_document_is_the_one_the_code_makes() {
    let committed: Value = serde_json::from_str(include_str!("../../../../openapi/openapi.json")).unwrap();
    assert!(
        committed == Document::generated().json,
        "openapi/openapi.json is old; make it again"
    );
}

#[test]
fn every_operation_says_who_may_call_it() {
    let document = Document::generated();
    let mut ids: Vec<&str> = document
        .operations
        .iter()
        .map(|operation| operation.id.as_str())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "two operations share an id");
    let public = document
        .operations
        .iter()
        .filter(|operation| operation.access == Access::Public);
    let mut public: Vec<&str> = public.map(|operation| operation.id.as_str()).collect();
    public.sort_unstable();
    assert_eq!(public, PUBLIC);
}

#[test]
fn a_field_that_is_not_documented_is_found() {
    let document = Document::generated();
    let schema = json!({ "$ref": "#/components/schemas/List_NumberView" });
    let mut number = json!({
        "id": phony_kernel::NumberId::new(), "e164": "+14155550134", "label": "", "country": "US", "status": "active",
        "failure": null, "engine": "relay", "personality": { "id": phony_kernel::PersonalityId::new(), "name": "Ada" },
        "capability": null, "busy_message": "", "overflow_e164": null, "caller_policy": "open",
        "unknown_caller_message": "", "not_premium_message": "", "hours": null, "after_hours": null, "fallback_e164": null,
        "webhooks": { "status": "unchecked", "drift": [], "checked_at": null },
        "recording": { "mode": "off", "consent": "announce", "notice": "" },
        "created_at": "2026-11-21T12:00:00Z", "updated_at": "2026-11-21T12:00:00Z",
    });
    let list = |number: &Value| json!({ "data": [number], "has_more": false, "next_cursor": null });
    assert_eq!(document.faults(&schema, &list(&number)), Vec::<String>::new());
    number["personality"]["secret"] = json!(1);
    assert_eq!(document.faults(&schema, &list(&number)).len(), 1);
    number["personality"] = json!(null);
    number["tenant_id"] = json!("ten_1");
    assert_eq!(document.faults(&schema, &list(&number)).len(), 1);
    number.as_object_mut().unwrap().remove("tenant_id");
    number["engine"] = json!("carrier pigeon");
    assert_eq!(document.faults(&schema, &list(&number)).len(), 1);
}

#[tokio::test]
async fn the_requests_themselves_are_as_documented() {
    let (world, document) = (World::new().await, Document::generated());
    for operation in &document.operations {
        let case = case(&world, operation).await;
        assert_eq!(case.body.is_some(), operation.takes_body(), "{}", operation.id);
        if let (Some(schema), Some(body)) = (&operation.body, &case.body) {
            let faults = document.faults(schema, body);
            assert!(faults.is_empty(), "{}: {faults:?}", operation.id);
        }
    }
}

#[tokio::test]
async fn nobody_is_served_only_what_is_public() {
    let (world, document) = (World::new().await, Document::generated());
    let nobody = world.product.anonymous();
    for operation in &document.operations {
        let answer = send(&world, &document, operation, &nobody).await;
        match operation.access {
            Access::Public => served(operation, "nobody", &answer),
            _ => refused(operation, "nobody", answer, 401, "unauthenticated"),
        }
    }
}

#[tokio::test]
async fn privilege_creep_each_role_may_do_what_the_matrix_gives_it() {
    let (world, document) = (World::new().await, Document::generated());
    for role in Role::ALL {
        let member = world.product.member(&world.acme, role).await;
        for operation in &document.operations {
            let answer = send(&world, &document, operation, &member).await;
            match &operation.access {
                Access::Permission { roles, .. } if !roles.iter().any(|held| held == role.as_str()) => {
                    refused(operation, role.as_str(), answer, 403, "forbidden");
                }
                _ => served(operation, role.as_str(), &answer),
            }
        }
    }
}

#[tokio::test]
async fn privilege_creep_a_key_may_do_what_its_scopes_give_it() {
    let (world, document) = (World::new().await, Document::generated());
    let all: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let mut by_scope: BTreeMap<Option<&str>, Vec<&Operation>> = BTreeMap::new();
    for operation in &document.operations {
        match &operation.access {
            Access::Permission { scope, .. } => by_scope.entry(scope.as_deref()).or_default().push(operation),
            // A key may ask who it is and what plans there are. It has no password, no sessions and no companies to
            // choose from.
            Access::SignedIn if !["get_me", "list_plans"].contains(&operation.id.as_str()) => {
                by_scope.entry(None).or_default().push(operation);
            }
            Access::SignedIn | Access::Public => {}
        }
    }
    for (scope, operations) in by_scope {
        let without: Vec<&str> = all.iter().copied().filter(|name| Some(*name) != scope).collect();
        let (without_id, without) = world.key(&without).await;
        for operation in &operations {
            let answer = send(&world, &document, operation, &without).await;
            refused(operation, "a key without the scope", answer, 403, "forbidden");
        }
        revoke(&world, &without_id).await;
        let Some(scope) = scope else { continue };
        let (with_id, with) = world.key(&[scope]).await;
        for operation in &operations {
            let answer = send(&world, &document, operation, &with).await;
            served(operation, scope, &answer);
        }
        revoke(&world, &with_id).await;
    }
    let (_, key) = world.key(&["calls:read"]).await;
    let me = key.get("/v1/me").await.expect(200);
    assert_eq!(
        (&me["user"], &me["scopes"]),
        (&Value::Null, &json!(["calls:read"]))
    );
}

async fn revoke(world: &World, key: &str) {
    let _ = world
        .acme
        .admin
        .delete(&format!("/v1/api_keys/{key}"))
        .await
        .expect(204);
}

#[tokio::test]
async fn cross_tenant_another_company_finds_nothing() {
    let (world, document) = (World::new().await, Document::generated());
    let globex = world.product.tenant("globex").await;
    world.product.upgrade(&globex).await;
    world.product.app.clock.advance(TimeDelta::seconds(6));
    for operation in document.operations.iter().filter(|operation| operation.has_id()) {
        let foreign = case(&world, operation).await;
        let before = world.product.rows().await;
        let (prefix, _) = foreign.id.split_once('_').unwrap_or(("", ""));
        let unknown = match prefix {
            "" => format!("CA{}", Uuid::now_v7().simple()),
            prefix => format!("{prefix}_{}", Uuid::now_v7().simple()),
        };
        let mut unknown = Case {
            id: unknown,
            ..foreign.clone()
        };
        // Another request, which a key for idempotency must not call the same.
        for (name, value) in &mut unknown.headers {
            if *name == "idempotency-key" {
                *value = Uuid::now_v7().to_string();
            }
        }
        let foreign = foreign.send(operation, &globex.admin).await;
        let unknown = unknown.send(operation, &globex.admin).await;
        document.check(operation, &foreign);
        refused(operation, "another company", foreign.clone(), 404, "not_found");
        assert_eq!(
            told(&foreign),
            told(&unknown),
            "{} tells a foreign id from an unknown one",
            operation.id
        );
        // An answer is kept under its key for idempotency, a refusal too.
        forget_keys_for_idempotency(&world, &globex.id).await;
        let after = world.product.rows().await;
        only_calls_went_on(&operation.id, &before, &after);
        assert_eq!(
            after.count("phony.audit_log"),
            before.count("phony.audit_log"),
            "{}",
            operation.id
        );
    }
}

async fn forget_keys_for_idempotency(world: &World, tenant: &str) {
    let id: phony_kernel::TenantId = tenant.parse().unwrap();
    sqlx::query("DELETE FROM phony.idempotency_keys WHERE tenant_id = $1")
        .bind(id.uuid())
        .execute(&mut world.product.admin_connection().await)
        .await
        .unwrap();
}

/// All that an answer tells: status, headers and body without what differs every time.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id", "ratelimit"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    headers.sort();
    let mut body = answer.json.clone();
    body["request_id"] = Value::Null;
    (answer.status, headers, body)
}

/// The token with another header, its claims as they were and its signature too.
fn with_header(token: &str, header: &Value) -> String {
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

#[tokio::test]
async fn a_credential_that_is_not_good_opens_nothing() {
    let (world, document) = (World::new().await, Document::generated());
    let good = world.acme.admin.token().unwrap().to_owned();
    let (revoked, key) = world.key(&["calls:read", "numbers:read"]).await;
    let revoked_key = key.token().unwrap().to_owned();
    revoke(&world, &revoked).await;
    let unsigned = with_header(&good, &json!({ "alg": "none", "typ": "at+jwt" }));
    let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
    let credentials = [
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        unsigned,
        with_header(&good, &json!({ "alg": "HS256", "typ": "at+jwt" })),
        format!("{}x", &good[..good.len() - 2]),
        "ph_live_0123456789ABCDEFGHIJKLMNOPQRSTUV2ayTCS".to_owned(),
        format!("{}0", &revoked_key[..revoked_key.len() - 1]),
        revoked_key,
        "x".repeat(5_000),
    ];
    for operation in &document.operations {
        let case = case(&world, operation).await;
        for credential in &credentials {
            if operation.access != Access::Public {
                let answer = case
                    .send(operation, &world.acme.admin.with_token(credential))
                    .await;
                document.check(operation, &answer);
                refused(operation, credential, answer, 401, "unauthenticated");
            }
        }
    }
}

#[tokio::test]
async fn time_and_suspension_take_what_was_given() {
    let (world, document) = (World::new().await, Document::generated());
    let clock = &world.product.app.clock;
    let mut cases = Vec::new();
    for operation in document
        .operations
        .iter()
        .filter(|operation| operation.access != Access::Public)
    {
        cases.push((operation, case(&world, operation).await));
    }
    let body = json!({
        "name": "For an hour", "scopes": ["numbers:read"], "expires_at": clock.now() + TimeDelta::hours(1),
    });
    let key = world.acme.admin.post("/v1/api_keys", &body).await.expect(201);
    let key = world.acme.admin.with_token(key["key"].as_str().unwrap());
    let before = world.product.rows().await;

    clock.advance(TimeDelta::minutes(6));
    for (operation, case) in &cases {
        if matches!(operation.access, Access::Permission { fresh: true, .. }) {
            let answer = case.send(operation, &world.acme.admin).await;
            document.check(operation, &answer);
            refused(operation, "an admin of long ago", answer, 403, "step_up_required");
        }
    }
    suspend(&world, "suspended").await;
    clock.advance(TimeDelta::seconds(6));
    for (operation, case) in &cases {
        for client in [&world.acme.admin, &key] {
            let answer = case.send(operation, client).await;
            document.check(operation, &answer);
            refused(operation, "a suspended company", answer, 403, "tenant_suspended");
        }
    }
    suspend(&world, "active").await;
    clock.advance(TimeDelta::minutes(6));
    for (operation, case) in &cases {
        let answer = case.send(operation, &world.acme.admin).await;
        document.check(operation, &answer);
        refused(operation, "an expired token", answer, 401, "unauthenticated");
    }
    let _ = key.get("/v1/numbers").await.expect(200);
    clock.advance(TimeDelta::hours(1));
    let _ = key
        .get("/v1/numbers")
        .await
        .expect_problem(401, "unauthenticated");
    only_calls_went_on("refusals", &before, &world.product.rows().await);
}

async fn suspend(world: &World, status: &str) {
    let id: phony_kernel::TenantId = world.acme.id.parse().unwrap();
    let mut connection = world.product.admin_connection().await;
    sqlx::query("UPDATE phony.tenants SET status = $2 WHERE id = $1")
        .bind(id.uuid())
        .bind(status)
        .execute(&mut connection)
        .await
        .unwrap();
}
