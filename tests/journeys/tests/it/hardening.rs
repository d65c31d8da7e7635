//! What must not break the product or one company's sign-in: extreme values, names that are not ours.

use phony_journeys::Product;
use serde_json::json;

#[tokio::test]
async fn times_of_other_ages_are_refused_everywhere() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    for path in [
        "/v1/usage?from=%2B262142-12-31T23:59:59.9999Z",
        "/v1/usage?from=-100000-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "/v1/prices?at=-100000-01-01T00:00:00Z",
        "/v1/calls?created_at%5Bgte%5D=-100000-01-01T00:00:00Z",
        "/v1/calls?created_at%5Blt%5D=%2B10000-01-01T00:00:00Z",
    ] {
        let answer = acme.admin.get(path).await.expect(422);
        assert_eq!(answer.json["errors"][0]["code"], "wrong_type", "{path}");
    }
    let export = json!({
        "dataset": "usage",
        "format": "csv",
        "from": "-100000-01-01T00:00:00Z",
        "to": "-100000-01-02T00:00:00Z",
    });
    let headers = [("idempotency-key", "ages-1")];
    let refused = acme
        .admin
        .send("POST", "/v1/exports", &headers, Some(export.to_string()))
        .await
        .expect(422);
    assert_eq!(refused.json["errors"][0]["param"], "from");
}
