//! Numbers as a company runs them: an account of its own at the carrier, import, drift, pools, hours, last resort.

mod accounts;
mod sent_on;

use futures_util::StreamExt as _;
use phony_carriers::twilio::signature;
use phony_journeys::{Answer, Client, Product, Tenant, eventually};
use phony_kernel::E164;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::carrier::{FORM, form};

const OWN_ACCOUNTS: &[(&str, &str)] = &[("TWILIO_SUBACCOUNTS", "on")];

/// The account below the main one that is named after a company.
async fn account_of(product: &Product, tenant: &Tenant) -> Value {
    let path = format!(".json?FriendlyName={}", tenant.id);
    let found = product.at_carrier("GET", &path, "").await;
    let accounts = found["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 1, "one account for {}: {found}", tenant.id);
    accounts[0].clone()
}

async fn number(tenant: &Tenant, number: &Value) -> Value {
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    tenant.admin.get(&path).await.expect(200).json
}

async fn patch(tenant: &Tenant, number: &Value, body: &Value) -> Value {
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    tenant.admin.patch(&path, body).await.expect(200).json
}

async fn sync(tenant: &Tenant, number: &Value) -> Answer {
    let path = format!("/v1/numbers/{}/sync", number["id"].as_str().unwrap());
    tenant.admin.post(&path, &json!({})).await
}

/// What the carrier has of a number.
async fn at_carrier(product: &Product, account: &str, e164: &str) -> Option<Value> {
    let digits = e164.trim_start_matches('+');
    let path = format!("/{account}/IncomingPhoneNumbers.json?PhoneNumber={digits}");
    let found = product.at_carrier("GET", &path, "").await;
    found["incoming_phone_numbers"].as_array()?.first().cloned()
}

/// A webhook of an account, signed with a token.
async fn webhook(product: &Product, token: &str, account: &str, sid: &str, to: &str, path: &str) -> Answer {
    webhook_at(&product.anonymous(), product, (token, account), sid, to, path).await
}

/// The same, to one of several instances; the carrier knows one address of them all.
async fn webhook_at(
    instance: &Client,
    product: &Product,
    (token, account): (&str, &str),
    sid: &str,
    to: &str,
    path: &str,
) -> Answer {
    let body = form(&[
        ("CallSid", sid),
        ("AccountSid", account),
        ("From", "+14155550177"),
        ("To", to),
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
        ("SequenceNumber", "1"),
    ]);
    let url = format!("{}{path}", product.url);
    let signature = signature::sign_form(&SecretString::from(token), &url, body.as_bytes());
    let headers = [("x-twilio-signature", signature.as_str()), ("content-type", FORM)];
    instance.send("POST", path, &headers, Some(body)).await
}

#[tokio::test]
async fn an_owned_number_is_taken_over_and_what_changes_at_the_carrier_is_put_right() {
    let product = Product::start_with(OWN_ACCOUNTS).await;
    let acme = product.tenant("acme").await;
    product.upgrade(&acme).await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let owned = product.owned_number().await;
    let unknown = json!({ "e164": "+14155559876" });
    let answer = acme.admin.post("/v1/numbers/import", &unknown).await;
    let _ = answer.expect_problem(422, "number_not_owned");
    let import = json!({ "e164": owned["friendly_name"], "label": "Old line" });
    let answer = acme.admin.post("/v1/numbers/import", &import).await;
    let _ = answer.expect_problem(422, "validation_failed");
    let import = json!({ "sid": owned["sid"], "label": "Old line" });
    let imported = acme
        .admin
        .post("/v1/numbers/import", &import)
        .await
        .expect(201)
        .json;
    assert_eq!(
        (&imported["e164"], &imported["status"]),
        (&owned["phone_number"], &json!("active"))
    );
    let again = acme.admin.post("/v1/numbers/import", &import).await;
    let _ = again.expect_problem(409, "number_unavailable");
    let account = account_of(&product, &acme).await;
    let sid = account["sid"].as_str().unwrap();
    let e164 = imported["e164"].as_str().unwrap();
    let moved = at_carrier(&product, sid, e164)
        .await
        .expect("in the company's account");
    assert_eq!(moved["voice_url"], format!("{}/twilio/voice", product.url));
    let caller = product.ring(e164, &json!([])).await;
    caller.hears("help").await;
    caller.hang_up().await;

    // Somebody changes it at the carrier.
    let path = format!(
        "/{sid}/IncomingPhoneNumbers/{}.json",
        moved["sid"].as_str().unwrap()
    );
    product
        .at_carrier(
            "POST",
            &path,
            "VoiceUrl=https%3A%2F%2Felsewhere.example%2F&SmsUrl=",
        )
        .await;
    let tenant = acme.id.parse().unwrap();
    product.app.numbers.check_webhooks(tenant).await.unwrap();
    let drifted = number(&acme, &imported).await;
    assert_eq!(drifted["webhooks"]["status"], "drifted");
    let fields: Vec<&str> = drifted["webhooks"]["drift"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|drift| drift["field"].as_str())
        .collect();
    assert_eq!(fields, ["voice_url", "sms_url"]);
    assert_eq!(
        drifted["webhooks"]["drift"][0]["found"],
        "https://elsewhere.example/"
    );
    let mut database = product.admin_connection().await;
    let told: i64 =
        sqlx::query_scalar("SELECT count(*) FROM phony.outbox WHERE topic = 'number.webhook_drifted'")
            .fetch_one(&mut database)
            .await
            .unwrap();
    assert_eq!(told, 1);
    // Looked at within the hour: nobody is asked again.
    assert_eq!(product.app.numbers.check_webhooks(tenant).await.unwrap(), 0);
    let repaired = sync(&acme, &imported).await.expect(200).json;
    assert_eq!(repaired["webhooks"]["status"], "in_sync");
    let right = at_carrier(&product, sid, e164).await.unwrap();
    assert_eq!(right["voice_url"], format!("{}/twilio/voice", product.url));

    // It is gone there: shown as such, and given back here without the carrier.
    product.at_carrier("DELETE", &path, "").await;
    let gone = sync(&acme, &imported).await.expect(200).json;
    assert_eq!(gone["webhooks"]["drift"][0]["field"], "phone_number");
    let path = format!("/v1/numbers/{}", imported["id"].as_str().unwrap());
    let _ = acme.admin.delete(&path).await.expect(204);
}

#[tokio::test]
async fn pools_take_turns_and_come_with_the_largest_plan() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    product.upgrade(&acme).await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let mut numbers = Vec::new();
    for area in ["415", "415", "212"] {
        let body = json!({ "country": "US", "area_code": area });
        numbers.push(acme.admin.post("/v1/numbers", &body).await.expect(201).json);
    }
    let ids: Vec<&Value> = numbers.iter().map(|number| &number["id"]).collect();
    let pool = json!({ "name": "Sales", "strategy": "round_robin", "number_ids": ids });
    let _ = acme
        .admin
        .post("/v1/number_pools", &pool)
        .await
        .expect_problem(403, "plan_limit");
    product.upgrade_to(&acme, "enterprise").await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let made = acme.admin.post("/v1/number_pools", &pool).await.expect(201).json;
    let _ = acme
        .admin
        .post("/v1/number_pools", &pool)
        .await
        .expect_problem(409, "already_exists");
    let id: phony_kernel::NumberPoolId = made["id"].as_str().unwrap().parse().unwrap();
    let tenant = acme.id.parse().unwrap();
    let to: E164 = "+12125550199".parse().unwrap();
    let pick = async || {
        let mut tx = product.app.db.tenant(tenant).await.unwrap();
        let picked = phony_app::numbers::pools::pick(&mut tx, id, &to).await.unwrap();
        tx.commit().await.unwrap();
        picked.e164.to_string()
    };
    // Thirty, as many at once as there are connections to spare; ten each.
    let picks = futures_util::stream::iter((0..30).map(|_| pick())).buffer_unordered(6);
    let taken: Vec<String> = picks.collect().await;
    for number in &numbers {
        let e164 = number["e164"].as_str().unwrap();
        assert_eq!(
            taken.iter().filter(|taken| *taken == e164).count(),
            10,
            "{taken:?}"
        );
    }
    let path = format!("/v1/number_pools/{}", made["id"].as_str().unwrap());
    let _ = acme
        .admin
        .patch(&path, &json!({ "strategy": "local_presence" }))
        .await
        .expect(200);
    for _ in 0..3 {
        assert!(pick().await.starts_with("+1212"));
    }
    let _ = acme
        .admin
        .patch(&path, &json!({ "strategy": "least_used" }))
        .await
        .expect(200);
    for _ in 0..4 {
        assert!(
            pick().await.starts_with("+1415"),
            "those in New York were taken more often"
        );
    }
    let shown = acme.admin.get(&path).await.expect(200);
    assert_eq!(shown["numbers"][2]["uses"], 13);
    let _ = acme.admin.delete(&path).await.expect(204);
}

#[tokio::test]
async fn outside_of_business_hours_callers_meet_what_was_set() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let bought = product.buy_number(&acme).await;
    let e164 = bought["e164"].as_str().unwrap();
    let all_day = json!([{ "from": "00:00", "to": "24:00" }]);
    let open = json!({
        "mon": all_day, "tue": all_day, "wed": all_day, "thu": all_day, "fri": all_day, "sat": all_day, "sun": all_day,
    });
    let closed = json!({ "time_zone": "Asia/Kolkata", "weekly": {} });
    let set = patch(&acme, &bought, &json!({ "hours": closed })).await;
    assert_eq!(set["hours"]["time_zone"], "Asia/Kolkata");
    let caller = product.ring(e164, &json!([])).await;
    caller.hears("We are closed at the moment").await;
    caller.is_over().await;
    let call = acme
        .admin
        .get(&format!("/v1/calls/{}", caller.call_sid))
        .await
        .expect(200);
    assert_eq!(
        (&call["status"], &call["fault"]),
        (&json!("ended"), &json!("none"))
    );
    assert_eq!(call["detail"], "outside of business hours");

    let target = json!({ "number": "+14155550142", "answerer": "person", "greeting": "Night porter.", "ring_ms": 500 });
    product.order("/sim/targets", &target).await;
    let forward = json!({ "action": "forward", "message": "One moment, the porter comes.", "forward_e164": "+1 415 555 0142" });
    patch(&acme, &bought, &json!({ "after_hours": forward })).await;
    let caller = product.ring(e164, &json!([])).await;
    caller.hears("the porter comes").await;
    caller.hears("Night porter").await;
    caller.hang_up().await;

    let night = json!({
        "name": "Night desk", "voice": "alloy", "system_prompt": "You answer at night.", "greeting": "Good night from the desk.",
    });
    let night = acme.admin.post("/v1/personalities", &night).await.expect(201);
    let other = json!({ "action": "personality", "personality_id": night["id"] });
    patch(&acme, &bought, &json!({ "after_hours": other })).await;
    let caller = product.ring(e164, &json!([])).await;
    caller.hears("Good night from the desk").await;
    caller.hang_up().await;

    let hours =
        json!({ "time_zone": "America/New_York", "weekly": open, "exceptions": [{ "date": "2020-01-01" }] });
    patch(&acme, &bought, &json!({ "hours": hours })).await;
    let caller = product.ring(e164, &json!([])).await;
    caller.hears("help").await;
    caller.hang_up().await;
    let cleared = patch(&acme, &bought, &json!({ "hours": null, "after_hours": null })).await;
    assert_eq!(
        (&cleared["hours"], &cleared["after_hours"]),
        (&Value::Null, &Value::Null)
    );
    let path = format!("/v1/numbers/{}", bought["id"].as_str().unwrap());
    let bad =
        json!({ "hours": { "time_zone": "Mars", "weekly": { "mon": [{ "from": "9", "to": "17:00" }] } } });
    let answer = acme
        .admin
        .patch(&path, &bad)
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(answer["errors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn when_nothing_answers_the_listener_of_last_resort_rings_somebody() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (port, url) = (port.to_string(), format!("http://127.0.0.1:{port}"));
    let settings = [
        ("FALLBACK_PORT", port.as_str()),
        ("FALLBACK_URL", url.as_str()),
        ("BIND", "127.0.0.1"),
    ];
    let mut product = Product::start_with(&settings).await;
    let acme = product.tenant("acme").await;
    let bought = product.buy_number(&acme).await;
    let e164 = bought["e164"].as_str().unwrap();
    let set = patch(&acme, &bought, &json!({ "fallback_e164": "(+1) 415-555-0143" })).await;
    assert_eq!(set["fallback_e164"], "+14155550143");
    let main = product.simulator.account_sid().to_owned();
    eventually("the carrier knows whom to ring", async || {
        let kept = at_carrier(&product, &main, e164).await?;
        (kept["voice_fallback_url"] == format!("{url}/twilio/fallback?dial=%2B14155550143")).then_some(())
    })
    .await;
    let target =
        json!({ "number": "+14155550143", "answerer": "person", "greeting": "Front door.", "ring_ms": 500 });
    product.order("/sim/targets", &target).await;
    // Alone, as it runs beside a server that does not come up.
    product.stop().await;
    let port: u16 = port.parse().unwrap();
    let alone = phony_server::last_resort::start("127.0.0.1".parse().unwrap(), port, None).unwrap();
    let caller = product.ring(e164, &json!([])).await;
    caller.hears("I am connecting you").await;
    caller.hears("Front door").await;
    caller.hang_up().await;
    alone.stop().await;
}
