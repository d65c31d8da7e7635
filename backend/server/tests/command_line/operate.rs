//! The operator's commands as real programs: what they say, how they end, and that nothing secret is in it.

use chrono::TimeDelta;
use phony_journeys::{Client, PASSWORD, Product};
use serde_json::json;

use crate::installation::Installation;
use crate::program::{phony, run};

const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

#[tokio::test]
async fn every_command_explains_itself_and_says_what_it_lacks() {
    for (command, words) in [
        (
            "admin",
            &[
                "create-tenant",
                "add-member",
                "list-tenants",
                "suspend",
                "resume",
                "change-plan",
                "set-rates",
                "show",
            ][..],
        ),
        ("privacy", &["replay"]),
        ("audit", &["verify", "sign"]),
        ("keys", &["rotate", "list"]),
    ] {
        let help = run(phony(&[command, "--help"]), "").await.expect(0);
        for word in words {
            assert!(help.out.contains(word), "{command}: {word}: {}", help.out);
            let help = run(phony(&[command, word, "--help"]), "").await.expect(0);
            assert!(help.out.contains("Usage: phony"), "{}", help.out);
        }
        // Without a verb, or with one that there is not.
        let _ = run(phony(&[command]), "").await.expect(2);
        let _ = run(phony(&[command, "dance"]), "").await.expect(2);
    }
    for arguments in [
        &["admin", "list-tenants"][..],
        &["audit", "verify"],
        &["keys", "list"],
        &["privacy", "replay", "--operator", "maria", "--reason", "why"],
    ] {
        let lacking = run(phony(arguments), "").await.expect(1);
        for name in ["DATABASE_URL", "DATABASE_WORKER_URL", "PHONY_MASTER_KEY"] {
            assert!(lacking.err.contains(name), "{name}: {}", lacking.err);
        }
        assert_eq!(lacking.out, "", "nothing that a program might read");
    }
}

#[tokio::test]
async fn an_operator_makes_companies_and_holds_them_to_account() {
    let product = Product::start().await;
    let operator = Installation::of(&product);
    let make = [
        "admin",
        "create-tenant",
        "--company",
        "Acme",
        "--email",
        "ana@acme.example",
        "--name",
        "Ana Ortiz",
        "--operator",
        "maria",
        "--password-stdin",
    ];
    let weak = operator.type_in(&make, "password\n").await.expect(1);
    assert!(
        weak.err.contains("password ") && weak.out.is_empty(),
        "{}",
        weak.err
    );
    let made = operator
        .type_in(&make, &format!("{PASSWORD}\n"))
        .await
        .expect(0)
        .values();
    let tenant = made[0]["tenant_id"].as_str().unwrap().to_owned();
    let member = [
        "admin",
        "add-member",
        "--tenant",
        &tenant,
        "--email",
        "vic@acme.example",
        "--name",
        "Vic",
        "--role",
        "viewer",
        "--operator",
        "maria",
        "--reason",
        "invoice 12",
        "--password-stdin",
    ];
    let added = operator.type_in(&member, PASSWORD).await.expect(0);
    assert!(added.values()[0]["user_id"].as_str().unwrap().starts_with("usr_"));
    let log_in = async |email: &str| {
        let body = json!({ "email": email, "password": PASSWORD });
        product.anonymous().post("/v1/auth/login", &body).await
    };
    let _ = log_in("ana@acme.example").await.expect(200);
    let viewer = log_in("vic@acme.example").await.expect(200);
    let viewer = product
        .anonymous()
        .with_token(viewer["access_token"].as_str().unwrap());
    let _ = viewer.get("/v1/calls").await.expect(200);
    let _ = viewer.get("/v1/audit_log").await.expect(403);
    let listed = operator.run(&["admin", "list-tenants"]).await.expect(0).values();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0]["tenant_id"], &listed[0]["status"]),
        (&json!(tenant), &json!("active"))
    );

    let act = async |verb: &str, more: &[&str]| {
        let mut arguments = vec![
            "admin",
            verb,
            "--tenant",
            &tenant,
            "--operator",
            "maria",
            "--reason",
            "invoice 12",
        ];
        arguments.extend_from_slice(more);
        operator.run(&arguments).await
    };
    assert_eq!(
        act("suspend", &[]).await.expect(0).values()[0]["status"],
        "suspended"
    );
    product.app.clock.advance(TimeDelta::seconds(6));
    log_in("ana@acme.example")
        .await
        .expect_problem(403, "tenant_suspended");
    assert_eq!(act("resume", &[]).await.expect(0).values()[0]["status"], "active");
    let changed = act("change-plan", &["--plan", "enterprise"]).await.expect(0);
    assert_eq!(changed.values()[0]["plan"], "enterprise");
    let _ = act("change-plan", &["--plan", "gold"]).await.expect(2);
    let _ = act("set-rates", &["--rates", "api.read=1000/1:2000"])
        .await
        .expect(0);
    let refused = act("set-rates", &["--rates", "often"]).await.expect(1);
    assert!(refused.err.contains("api.read=1000/1:2000"), "{}", refused.err);
    let blind = act("show", &[]).await.expect(1);
    assert!(blind.err.contains("DATABASE_READONLY_URL"), "{}", blind.err);
    // Nobody knows the password of the role here; it is taken on another way.
    let readonly = format!(
        "{}?options=-c%20role%3Dphony_readonly",
        product.database.admin_url
    );
    let looking = operator.with("DATABASE_READONLY_URL", &readonly);
    let show = [
        "admin",
        "show",
        "--tenant",
        &tenant,
        "--operator",
        "maria",
        "--reason",
        "invoice 12",
    ];
    assert_eq!(
        looking.run(&show).await.expect(0).values()[0]["tenant"]["plan"],
        "enterprise"
    );
    let nobody = [
        "admin",
        "suspend",
        "--tenant",
        "ten_0199c0de000070008000000000000000",
        "--operator",
        "maria",
        "--reason",
        "why",
    ];
    let unknown = operator.run(&nobody).await.expect(1).err;
    assert_eq!(unknown.trim_end(), "Error: there is no such company");
    let nameless = [
        "admin",
        "suspend",
        "--tenant",
        &tenant,
        "--operator",
        "",
        "--reason",
        "why",
    ];
    assert!(operator.run(&nameless).await.expect(1).err.contains("operator "));
    product.app.clock.advance(TimeDelta::seconds(6));
    let session = log_in("ana@acme.example").await.expect(200);
    let admin = product
        .anonymous()
        .with_token(session["access_token"].as_str().unwrap());
    let log = admin.get("/v1/audit_log?actor=operator:maria").await.expect(200);
    let acts: Vec<&str> = log["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["action"].as_str())
        .collect();
    assert_eq!(
        acts,
        [
            "tenant.look",
            "tenant.rates",
            "plan.change",
            "tenant.resume",
            "tenant.suspend",
            "member.add",
            "tenant.create"
        ]
    );

    logs_are_checked(&product, &operator, &tenant).await;
    let replayed = operator
        .run(&[
            "privacy",
            "replay",
            "--operator",
            "maria",
            "--reason",
            "restored from the backup of the night",
        ])
        .await
        .expect(0);
    assert_eq!(replayed.values()[0]["listed"], 0);
    keys_are_rotated(&operator, &admin).await;
}

/// An intact log is signed for and found intact; one that was changed ends with a failure that names the entry.
async fn logs_are_checked(product: &Product, operator: &Installation, tenant: &str) {
    let signed = operator.run(&["audit", "sign"]).await.expect(0);
    assert_eq!(signed.out, "1 audit logs are signed for anew\n");
    for arguments in [&["audit", "verify"][..], &["audit", "verify", "--tenant", tenant]] {
        let intact = operator.run(arguments).await.expect(0);
        assert!(
            intact.out.contains(tenant) && intact.out.contains("intact, signed up to entry"),
            "{}",
            intact.out
        );
    }
    product
        .sql("UPDATE phony.audit_log SET action = action || '!' WHERE seq = 1")
        .await;
    let broken = operator.run(&["audit", "verify"]).await.expect(1);
    assert!(
        broken
            .err
            .contains(&format!("{tenant}: broken at entry 1: changed")),
        "{}",
        broken.err
    );
    assert_eq!(broken.out, "");
    product
        .sql("UPDATE phony.audit_log SET action = left(action, -1) WHERE seq = 1")
        .await;
    let _ = operator.run(&["audit", "verify"]).await.expect(0);
}

/// Values go from one key to the next, and a program that lacks the key that wraps them fails.
async fn keys_are_rotated(operator: &Installation, admin: &Client) {
    let body = json!({ "api_key": "sk-canary-0815" });
    let path = "/v1/provider_credentials/openai";
    let _ = admin
        .send("PUT", path, &[], Some(body.to_string()))
        .await
        .expect(200);
    let both = operator.with("PHONY_MASTER_KEY", &format!("2026-11:{NEW},old:{OLD}"));
    let before = both.run(&["keys", "list"]).await.expect(0).out;
    assert!(
        before.contains("2026-11: 0 values, in use") && before.contains("still needed"),
        "{before}"
    );
    let done = both.run(&["keys", "rotate"]).await.expect(0).out;
    assert!(
        !done.starts_with("0 of ") && done.contains("values wrapped anew, 1 companies"),
        "{done}"
    );
    assert!(done.contains("old: 0 values, no longer needed"), "{done}");
    assert!(
        both.run(&["keys", "rotate"])
            .await
            .expect(0)
            .out
            .starts_with("0 of ")
    );
    let alone = operator.with("PHONY_MASTER_KEY", &format!("2026-11:{NEW}"));
    let after = alone.run(&["keys", "list"]).await.expect(0).out;
    assert!(!after.contains("2026-11: 0 values"), "{after}");
    // What the old key signed is still believed without it.
    let logs = alone.run(&["audit", "verify"]).await.expect(0).out;
    assert!(logs.contains("intact, signed up to entry"), "{logs}");
    let lost = operator.run(&["keys", "rotate"]).await.expect(1);
    assert!(
        lost.err.contains("do not open and stay as they were: ") && lost.err.contains("provider_credentials"),
        "{}",
        lost.err
    );
    for text in [&before, &done, &after, &lost.err] {
        for secret in ["canary", &OLD[..12], &NEW[..12]] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
