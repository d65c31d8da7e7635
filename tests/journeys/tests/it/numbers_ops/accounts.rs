//! The account that a company has of its own at the carrier, from its first number to its end.

use phony_journeys::{Client, Product, eventually};
use serde_json::json;

use super::{OWN_ACCOUNTS, account_of, at_carrier, patch, sync, webhook, webhook_at};
use crate::carrier::new_sid;

#[tokio::test]
async fn a_company_buys_talks_and_releases_in_an_account_of_its_own() {
    let product = Product::start_with(OWN_ACCOUNTS).await;
    let (acme, globex) = (product.tenant("acme").await, product.tenant("globex").await);
    product.upgrade(&acme).await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    // Both at once: one account all the same.
    let (one, two) = tokio::join!(product.buy_number(&acme), product.buy_number(&acme));
    let theirs = product.buy_number(&globex).await;
    let (ours, others) = (
        account_of(&product, &acme).await,
        account_of(&product, &globex).await,
    );
    let (sid, token) = (
        ours["sid"].as_str().unwrap(),
        ours["auth_token"].as_str().unwrap(),
    );
    for bought in [&one, &two] {
        let e164 = bought["e164"].as_str().unwrap();
        assert!(at_carrier(&product, sid, e164).await.is_some());
        assert!(
            at_carrier(&product, product.simulator.account_sid(), e164)
                .await
                .is_none()
        );
    }
    let mut database = product.admin_connection().await;
    let sealed: Vec<Vec<u8>> = sqlx::query_scalar("SELECT token_enc FROM phony.carrier_accounts")
        .fetch_all(&mut database)
        .await
        .unwrap();
    assert_eq!(sealed.len(), 2);
    assert!(
        sealed
            .iter()
            .all(|sealed| !sealed.windows(token.len()).any(|part| part == token.as_bytes()))
    );

    // Every engine's socket and webhooks are signed with the account's own token.
    for engine in ["relay", "realtime", "gather"] {
        patch(&acme, &one, &json!({ "engine": engine })).await;
        let caller = product.ring(one["e164"].as_str().unwrap(), &json!([])).await;
        caller.hears("help").await;
        caller.hang_up().await;
        let path = format!("/v1/calls/{}", caller.call_sid);
        eventually("the call is settled", async || {
            let call = acme.admin.get(&path).await.expect(200);
            (call["settled"] == true && call["status"] == "ended").then_some(())
        })
        .await;
    }

    // What one company's account signs proves nothing about another's number or call.
    let theirs_e164 = theirs["e164"].as_str().unwrap();
    let caller = product.ring(theirs_e164, &json!([])).await;
    caller.hears("help").await;
    let before = product.rows().await;
    let stolen = webhook(&product, token, sid, &new_sid(), theirs_e164, "/twilio/voice").await;
    assert!(
        stolen.expect(200).text.contains("<Reject"),
        "a number that the account does not hold"
    );
    let foreign_call = webhook(
        &product,
        token,
        sid,
        &caller.call_sid,
        theirs_e164,
        "/twilio/status",
    )
    .await;
    let _ = foreign_call.expect_problem(403, "foreign_account");
    let others_sid = others["sid"].as_str().unwrap();
    let pretended = webhook(
        &product,
        token,
        others_sid,
        &new_sid(),
        theirs_e164,
        "/twilio/voice",
    )
    .await;
    let _ = pretended.expect_problem(403, "bad_signature");
    assert_eq!(
        product.rows().await.count("phony.calls"),
        before.count("phony.calls")
    );
    caller.hang_up().await;

    // A suspended account is told as such, and an open one goes on.
    let account = format!("/{sid}.json");
    product.at_carrier("POST", &account, "Status=suspended").await;
    let refused = sync(&acme, &one)
        .await
        .expect_problem(409, "carrier_account_suspended");
    assert_eq!(refused["retryable"], false);
    product.at_carrier("POST", &account, "Status=active").await;
    eventually("the account is open again", async || {
        (sync(&acme, &one).await.status == 200).then_some(())
    })
    .await;

    let path = format!("/v1/numbers/{}", one["id"].as_str().unwrap());
    let _ = acme.admin.delete(&path).await.expect(204);
    assert!(
        at_carrier(&product, sid, one["e164"].as_str().unwrap())
            .await
            .is_none()
    );
}

#[tokio::test]
async fn an_account_is_known_while_the_database_is_away_and_ends_with_its_company() {
    let product = Product::start_with(OWN_ACCOUNTS).await;
    let acme = product.tenant("acme").await;
    let number = product.buy_number(&acme).await;
    let e164 = number["e164"].as_str().unwrap();
    let account = account_of(&product, &acme).await;
    let (sid, token) = (
        account["sid"].as_str().unwrap(),
        account["auth_token"].as_str().unwrap(),
    );
    // Seen once by somebody.
    let caller = product.ring(e164, &json!([])).await;
    caller.hears("help").await;
    // An instance that has just begun knows no tokens, and the database does not tell it any.
    let (other, url) = product.second_instance().await;
    let young = Client::new(&url, None);
    let away = product.away("carrier_accounts").await;
    let call = caller.call_sid.as_str();
    let known = webhook_at(&young, &product, (token, sid), call, e164, "/twilio/status").await;
    assert_eq!(known.status, 204, "{}", known.text);
    let forged = ("0123456789abcdef0123456789abcdef", sid);
    let forged = webhook_at(&young, &product, forged, call, e164, "/twilio/status").await;
    let _ = forged.expect_problem(403, "bad_signature");
    away.is_back().await;
    caller.hang_up().await;

    // The company closes: its account does, with its numbers, and its token proves nothing any more.
    let tenant = acme.id.parse().unwrap();
    for _ in 0..2 {
        product.app.carrier_accounts.close(tenant).await.unwrap();
    }
    let path = format!("/{sid}.json");
    assert_eq!(product.at_carrier("GET", &path, "").await["status"], "closed");
    let mut database = product.admin_connection().await;
    let left: Vec<(String, i64)> = sqlx::query_as(
        "SELECT n.status, (SELECT count(*) FROM phony.audit_log a WHERE a.action = 'carrier_account.close')
         FROM phony.phone_numbers n",
    )
    .fetch_all(&mut database)
    .await
    .unwrap();
    assert_eq!(left, [("released".to_owned(), 1)]);
    let refused = webhook(&product, token, sid, &new_sid(), e164, "/twilio/voice").await;
    let _ = refused.expect_problem(403, "bad_signature");
    // Another instance believes the token for a minute; there is no number left that it could be for.
    let voice = "/twilio/voice";
    let refused = webhook_at(&young, &product, (token, sid), &new_sid(), e164, voice).await;
    assert!(
        refused.status == 403 || refused.text.contains("<Reject"),
        "{}",
        refused.text
    );
    other.stop_now().await;
}
