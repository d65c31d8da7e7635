//! The gate functions: who may call them, and that they return nothing they need not.

use std::collections::BTreeMap;

use phony_testkit::TestDb;
use sqlx::{Connection as _, PgConnection};

/// Name, what it returns, and whom it serves.
const GATE: &[(&str, &str, &str)] = &[
    ("gate_call", "TABLE(tenant_id uuid, id uuid)", "phony_app"),
    (
        "gate_carrier_account",
        "TABLE(tenant_id uuid, token_enc bytea)",
        "phony_app",
    ),
    ("gate_create_user", "void", "phony_app"),
    ("gate_create_verified_user", "void", "phony_app"),
    ("gate_reset_password", "TABLE(user_id uuid)", "phony_app"),
    (
        "gate_verify_email",
        "TABLE(user_id uuid, owner_id uuid)",
        "phony_app",
    ),
    ("gate_password", "text", "phony_app"),
    ("gate_change_password", "boolean", "phony_app"),
    (
        "gate_dial_queues",
        "TABLE(tenant_id uuid, id uuid)",
        "phony_worker",
    ),
    (
        "gate_due_outbox",
        "TABLE(tenant_id uuid, id uuid)",
        "phony_worker",
    ),
    ("gate_forget_person", "boolean", "phony_worker"),
    ("gate_heartbeat", "SETOF uuid", "phony_app"),
    (
        "gate_key",
        "TABLE(tenant_id uuid, key_id uuid, scopes text[], tenant_status text)",
        "phony_app",
    ),
    (
        "gate_login",
        "TABLE(user_id uuid, password_hash text, disabled boolean, confirmed boolean)",
        "phony_app",
    ),
    (
        "gate_memberships",
        "TABLE(tenant_id uuid, tenant_name text, role text, tenant_status text)",
        "phony_app",
    ),
    (
        "gate_number",
        "TABLE(tenant_id uuid, phone_number_id uuid)",
        "phony_app",
    ),
    (
        "gate_orphan_calls",
        "TABLE(tenant_id uuid, id uuid)",
        "phony_worker",
    ),
    ("gate_ringing_tenants", "TABLE(tenant_id uuid)", "phony_worker"),
    ("gate_tenants", "TABLE(tenant_id uuid)", "phony_worker"),
    (
        "gate_identity",
        "TABLE(user_id uuid, disabled boolean)",
        "phony_app",
    ),
    (
        "gate_identities",
        "TABLE(id uuid, issuer text, subject text, linked_at timestamp with time zone)",
        "phony_app",
    ),
    ("gate_link_identity", "boolean", "phony_app"),
    ("gate_unlink_identity", "boolean", "phony_app"),
    ("gate_sso_domain", "TABLE(tenant_id uuid)", "phony_app"),
    (
        "gate_totp",
        "TABLE(secret_enc bytea, pending_enc bytea, last_step bigint, recovery_left integer)",
        "phony_app",
    ),
    ("gate_totp_accept", "boolean", "phony_app"),
    ("gate_totp_begin", "void", "phony_app"),
    ("gate_totp_confirm", "boolean", "phony_app"),
    ("gate_totp_disable", "void", "phony_app"),
    ("gate_totp_recover", "boolean", "phony_app"),
    ("gate_totp_recovery", "boolean", "phony_app"),
    ("gate_totp_rewrap", "boolean", "phony_worker"),
    (
        "gate_totp_sealed",
        "TABLE(user_id uuid, secret_enc bytea, pending_enc bytea)",
        "phony_worker",
    ),
    ("gate_totp_try", "integer", "phony_app"),
];

#[tokio::test]
async fn the_gate_is_as_narrow_as_its_list() {
    let servers = TestDb::create().await;
    let mut admin = PgConnection::connect(&servers.admin_url).await.unwrap();
    let found: Vec<(String, String, Vec<String>)> = sqlx::query_as(
        "SELECT p.proname::text, pg_get_function_result(p.oid),
           ARRAY(SELECT r FROM unnest(ARRAY['phony_app','phony_worker','phony_readonly','phony_backup']) r
                 WHERE has_function_privilege(r, p.oid, 'EXECUTE'))
         FROM pg_proc p WHERE p.pronamespace = 'phony'::regnamespace AND p.prosecdef ORDER BY 1",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    let found: BTreeMap<_, _> = found
        .into_iter()
        .map(|(name, result, callers)| (name, (result, callers)))
        .collect();
    let expected: BTreeMap<_, _> = GATE
        .iter()
        .copied()
        .map(|(name, result, caller)| (name.to_owned(), (result.to_owned(), vec![caller.to_owned()])))
        .collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn no_role_of_the_product_may_hang_for_ever() {
    let servers = TestDb::create().await;
    for url in [&servers.app_url, &servers.worker_url] {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let unlimited: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM pg_settings
             WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') AND setting = '0'",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert_eq!(unlimited, Vec::<String>::new());
    }
}

#[tokio::test]
async fn tables_of_credentials_and_keys_are_out_of_reach() {
    let servers = TestDb::create().await;
    for (url, table) in [
        (&servers.app_url, "phony.user_credentials"),
        (&servers.worker_url, "phony.user_credentials"),
        (&servers.app_url, "phony_migrations.applied"),
    ] {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let refused = sqlx::query(count).execute(&mut connection).await.unwrap_err();
        assert_eq!(
            refused.as_database_error().unwrap().code().as_deref(),
            Some("42501"),
            "{table}"
        );
    }
}
