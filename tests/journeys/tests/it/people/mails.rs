//! Mails: sent again when the mail server is busy, set aside when it will never take them, stored sealed.

use phony_journeys::{Product, eventually};
use serde_json::json;

async fn invite(tenant: &phony_journeys::Tenant, email: &str) {
    let body = json!({ "email": email, "role": "viewer" });
    let _ = tenant.admin.post("/v1/invitations", &body).await.expect(201);
}

#[tokio::test]
async fn a_mail_is_tried_again_until_it_is_taken_and_not_when_it_never_will_be() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let _ = product.letter(&acme.email, "Confirm").await;
    let control = product.control();
    let refuse = async |code: u16, times: u32| {
        let body = json!({ "code": code, "times": times }).to_string();
        let _ = control
            .send("PUT", "/sim/mails/refuse", &[], Some(body))
            .await
            .expect(200);
    };
    refuse(451, 2).await;
    invite(&acme, "late@people.example").await;
    let _ = product.letter("late@people.example", "invites you").await;

    refuse(550, 1).await;
    invite(&acme, "never@people.example").await;
    let failure = eventually("the mail is set aside", async || {
        let row: Option<(String, i32)> = sqlx::query_as(
            "SELECT failure, attempts FROM phony.outbox WHERE topic = 'mail.send' AND next_attempt_at = 'infinity'",
        )
        .fetch_optional(&mut product.admin_connection().await)
        .await
        .unwrap();
        row
    })
    .await;
    assert_eq!(failure.1, 1, "once is enough: {}", failure.0);
    assert!(product.letters("never@people.example").await.is_empty());
    // What waits, and what was sent, can be read by nobody who reads the table.
    let readable: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM phony.outbox WHERE payload::text LIKE '%people.example%' OR payload::text LIKE '%token=%'",
    )
    .fetch_one(&mut product.admin_connection().await)
    .await
    .unwrap();
    assert_eq!(readable, 0);
    let page = control.get("/sim/mailbox").await.expect(200);
    assert!(page.text.contains("late@people.example"), "{}", page.text);
}
