//! Keys: put in another's place, bound to networks, and never more than a key.

use chrono::TimeDelta;
use phony_journeys::{Client, Product};
use serde_json::{Value, json};

async fn make(admin: &Client, body: &Value) -> Value {
    admin.post("/v1/api_keys", body).await.expect(201).json
}

fn secret(key: &Value) -> &str {
    key["key"].as_str().unwrap()
}

#[tokio::test]
async fn a_key_is_put_in_anothers_place_and_both_work_for_a_while() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let clock = &product.app.clock;
    let body = json!({ "name": "Booking", "scopes": ["calls:read"], "allowed_cidrs": ["127.0.0.0/8"] });
    let old = make(&acme.admin, &body).await;
    assert_eq!((&old["mode"], &old["rotated_at"]), (&json!("live"), &Value::Null));
    assert!(secret(&old).starts_with("ph_live_"));
    let rotate = format!("/v1/api_keys/{}/rotate", old["id"].as_str().unwrap());
    let new = acme
        .admin
        .post(&rotate, &json!({ "overlap_hours": 2 }))
        .await
        .expect(201);
    assert_eq!(
        (
            &new["scopes"],
            &new["name"],
            &new["allowed_cidrs"],
            &new["rotated_from"]
        ),
        (&old["scopes"], &old["name"], &old["allowed_cidrs"], &old["id"])
    );
    let (old_key, new_key) = (
        acme.admin.with_token(secret(&old)),
        acme.admin.with_token(secret(&new.json)),
    );
    for key in [&old_key, &new_key] {
        let _ = key.get("/v1/calls").await.expect(200);
        // A key makes no keys, whatever it holds.
        let _ = key
            .post("/v1/api_keys", &body)
            .await
            .expect_problem(403, "forbidden");
        let _ = key
            .post(&rotate, &json!({}))
            .await
            .expect_problem(403, "forbidden");
    }
    let listed = acme.admin.get("/v1/api_keys").await.expect(200);
    assert!(listed["data"][1]["rotated_at"].is_string());
    assert_eq!(listed["data"][1]["status"], "active");
    clock.advance(TimeDelta::hours(2) + TimeDelta::seconds(6));
    let _ = old_key
        .get("/v1/calls")
        .await
        .expect_problem(401, "unauthenticated");
    let _ = new_key.get("/v1/calls").await.expect(200);
}

#[tokio::test]
async fn a_key_bound_to_networks_opens_nothing_from_elsewhere() {
    let product = Product::start_with(&[("TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let acme = product.tenant("acme").await;
    let body = json!({ "name": "Office", "scopes": ["calls:read"], "allowed_cidrs": ["198.51.100.0/24", "2001:db8::/32"] });
    let key = make(&acme.admin, &body).await;
    let client = product.anonymous().with_token(secret(&key));
    let from = async |address: &str| {
        client
            .send("GET", "/v1/calls", &[("x-forwarded-for", address)], None)
            .await
    };
    for good in [
        "198.51.100.7",
        "::ffff:198.51.100.9",
        "2001:db8:1::5",
        "203.0.113.1, 198.51.100.7",
    ] {
        let _ = from(good).await.expect(200);
    }
    for bad in [
        "198.51.101.7",
        "203.0.113.1",
        "2001:db9::1",
        "198.51.100.7, 203.0.113.1",
    ] {
        let _ = from(bad).await.expect_problem(403, "address_not_allowed");
    }
    // Without the proxy's word it comes from here.
    let _ = client
        .get("/v1/calls")
        .await
        .expect_problem(403, "address_not_allowed");
    let faults = json!({
        "name": "x", "scopes": ["calls:read"], "allowed_cidrs": ["198.51.100.7/24", "office", "10.0.0.0/8", "10.0.0.0/8"],
    });
    let refused = acme
        .admin
        .post("/v1/api_keys", &faults)
        .await
        .expect_problem(422, "validation_failed");
    let params: Vec<_> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| &fault["param"])
        .collect();
    assert_eq!(
        params,
        ["allowed_cidrs[0]", "allowed_cidrs[1]", "allowed_cidrs[3]"]
    );
}
