//! The bill: usage as asked for, usage as exported, and that the two are the same to the last digit.

use chrono::TimeDelta;
use phony_journeys::{Answer, Client, Product, Tenant, eventually};
use phony_kernel::Role;
use phony_kernel::money::Amount;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The columns, as promised to the customer.
const HEADING: &str = "event_id,call_id,call_sid,direction,number,personality,sku,quantity,unit,event_time,billing_time,\
    ingested_at,payer,price_book,price_effective_from,unit_price,per_units,markup_bps,cost_exact,amount_exact,currency,\
    rating_version,invoice_number,corrects";

/// A name that a spreadsheet would run.
const NASTY: &str = "=cmd()|' /C calc'!A0";

/// A company that has bought a number, named things badly, and been rung once.
async fn billed() -> (Product, Tenant) {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    product.upgrade(&acme).await;
    product.app.clock.advance(TimeDelta::seconds(6));
    let number = product.buy_number(&acme).await;
    let body = json!({ "name": NASTY, "voice": "alloy", "system_prompt": "Be brief.", "greeting": "How can I help you?" });
    let personality = acme.admin.post("/v1/personalities", &body).await.expect(201);
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    let change = json!({ "label": NASTY, "personality_id": personality["id"] });
    let _ = acme.admin.patch(&path, &change).await.expect(200);
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    caller.hears("help").await;
    caller.say("What are your opening hours?").await;
    eventually("the agent has answered", async || {
        let items = acme
            .admin
            .get(&format!("/v1/calls/{}/items", caller.call_sid))
            .await;
        let heard = items["data"]
            .as_array()?
            .iter()
            .filter(|item| item["heard"].is_string())
            .count();
        (heard >= 2).then_some(())
    })
    .await;
    caller.hang_up().await;
    eventually("the call is settled", async || {
        let call = acme
            .admin
            .get(&format!("/v1/calls/{}", caller.call_sid))
            .await
            .expect(200);
        (call["status"] == "ended" && call["settled"] == true && call["cost"].is_object()).then_some(())
    })
    .await;
    (product, acme)
}

/// Begin and end of a period around everything that has happened.
fn period(product: &Product) -> (String, String) {
    let now = product.app.clock.now();
    (
        (now - TimeDelta::days(1)).to_rfc3339(),
        (now + TimeDelta::days(1)).to_rfc3339(),
    )
}

fn escaped(time: &str) -> String {
    time.replace('+', "%2B")
}

async fn usage(client: &Client, product: &Product, group_by: &str) -> Answer {
    let (from, to) = period(product);
    let path = format!(
        "/v1/usage?from={}&to={}&group_by={group_by}",
        escaped(&from),
        escaped(&to)
    );
    client.get(&path).await.expect(200)
}

fn amount(value: &Value) -> Amount {
    value
        .as_str()
        .expect("money is text")
        .parse()
        .expect("an exact amount")
}

fn sum<'a>(amounts: impl Iterator<Item = &'a Value>) -> Amount {
    amounts
        .map(amount)
        .fold(Amount::ZERO, |sum, next| sum.checked_add(next).expect("a sum"))
}

#[tokio::test]
async fn usage_adds_up_by_sku_and_by_day() {
    let (product, acme) = billed().await;
    let by_sku = usage(&acme.admin, &product, "sku").await;
    let by_day = usage(&acme.admin, &product, "day").await;
    let rows = by_sku["data"].as_array().unwrap();
    assert_eq!(
        sum(rows.iter().map(|row| &row["amount"])),
        amount(&by_sku["total"]["amount"])
    );
    assert_eq!(by_sku["total"]["currency"], "USD");
    let days = by_day["data"].as_array().unwrap();
    assert!(days.iter().all(|row| row["day"].is_string()) && rows.iter().all(|row| row["day"].is_null()));
    assert_eq!(
        sum(days.iter().map(|row| &row["amount"])),
        amount(&by_sku["total"]["amount"])
    );
    for row in rows {
        let of_sku = || days.iter().filter(|day| day["sku"] == row["sku"]);
        let quantity: i64 = of_sku().map(|day| day["quantity"].as_i64().unwrap()).sum();
        assert_eq!(row["quantity"], quantity, "{row}");
        assert_eq!(
            sum(of_sku().map(|day| &day["amount"])),
            amount(&row["amount"]),
            "{row}"
        );
    }
    // Each amount is its quantity at the price of the list.
    let prices = acme.admin.get("/v1/prices").await.expect(200);
    for row in rows {
        let price = prices["data"]
            .as_array()
            .unwrap()
            .iter()
            .find(|price| price["sku"] == row["sku"]);
        let price = price.unwrap_or_else(|| panic!("{} has no price", row["sku"]));
        let exact = amount(&price["unit_price"]).units() * i128::from(row["quantity"].as_i64().unwrap())
            / i128::from(price["per_units"].as_i64().unwrap());
        assert_eq!(
            Amount::from_units(exact),
            amount(&row["amount"]),
            "{row} at {price}"
        );
        assert_eq!(price["unit"], row["unit"]);
    }
    let month = rows
        .iter()
        .find(|row| row["sku"] == "twilio.number_month")
        .expect("the number's month");
    assert_eq!(
        (&month["quantity"], amount(&month["amount"])),
        (&json!(1), "1".parse().unwrap())
    );
    // Nobody else's.
    let globex = product.tenant("globex").await;
    let none = usage(&globex.admin, &product, "sku").await;
    assert_eq!(
        (&none["data"], amount(&none["total"]["amount"])),
        (&json!([]), Amount::ZERO)
    );
    // A price of the past is asked for by its time.
    let before = acme
        .admin
        .get("/v1/prices?at=2000-01-01T00:00:00Z")
        .await
        .expect(200);
    assert_eq!(before["data"], json!([]));
}

async fn export(product: &Product, tenant: &Tenant, key: &str) -> Value {
    let (from, to) = period(product);
    let body = json!({ "dataset": "usage", "format": "csv", "from": from, "to": to });
    let headers = [("idempotency-key", key)];
    tenant
        .admin
        .send("POST", "/v1/exports", &headers, Some(body.to_string()))
        .await
        .expect(202)
        .json
}

async fn ready(tenant: &Tenant, id: &str) -> Value {
    eventually("the export is ready", async || {
        let export = tenant
            .admin
            .get(&format!("/v1/exports/{id}"))
            .await
            .expect(200)
            .json;
        assert_ne!(export["status"], "failed", "{export}");
        (export["status"] == "ready").then_some(export)
    })
    .await
}

#[tokio::test]
async fn the_export_is_the_usage_to_the_last_digit() {
    let (product, acme) = billed().await;
    let asked = export(&product, &acme, "export-1").await;
    let id = asked["id"].as_str().unwrap();
    let made = ready(&acme, id).await;
    let file = acme
        .admin
        .get(&format!("/v1/exports/{id}/download"))
        .await
        .expect(200);
    let kind = file.headers["content-type"].to_str().unwrap();
    assert!(
        kind.starts_with("text/csv") && kind.contains("charset=utf-8"),
        "{kind}"
    );
    let disposition = file.headers["content-disposition"].to_str().unwrap();
    assert!(
        disposition.starts_with("attachment; filename=\"") && disposition.contains(".csv"),
        "{disposition}"
    );
    assert_eq!(made["sha256"], hex::encode(Sha256::digest(&file.text)));
    assert_eq!(made["size_bytes"], file.text.len());

    assert_eq!(file.text.split("\r\n").next(), Some(HEADING));
    assert!(file.text.ends_with("\r\n"));
    assert_eq!(
        file.text.matches('\n').count(),
        file.text.matches("\r\n").count(),
        "every line ends in CRLF"
    );
    let mut reader = csv::Reader::from_reader(file.text.as_bytes());
    let columns = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(made["row_count"], rows.len());
    let cell = |row: &csv::StringRecord, name: &str| {
        row[columns.iter().position(|column| column == name).unwrap()].to_owned()
    };

    let mut connection = product.admin_connection().await;
    let mut stored: Vec<String> =
        sqlx::query_scalar("SELECT replace(id::text, '-', '') FROM phony.usage_events")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let mut exported: Vec<String> = rows.iter().map(|row| cell(row, "event_id")).collect();
    for id in &mut exported {
        *id = id.rsplit('_').next().unwrap().replace('-', "");
    }
    stored.sort();
    exported.sort();
    assert_eq!(exported, stored, "one row for each event");

    let total = usage(&acme.admin, &product, "sku").await["total"]["amount"].clone();
    let amounts: Vec<Value> = rows.iter().map(|row| json!(cell(row, "amount_exact"))).collect();
    assert_eq!(sum(amounts.iter()), amount(&total));
    for row in &rows {
        // Recomputed as anybody could with a pocket calculator.
        let quantity: i128 = cell(row, "quantity").parse().unwrap();
        let price: Amount = cell(row, "unit_price").parse().unwrap();
        let per: i128 = cell(row, "per_units").parse().unwrap();
        assert_eq!(cell(row, "markup_bps"), "0");
        let exact = Amount::from_units(price.units() * quantity / per);
        assert_eq!(cell(row, "cost_exact").parse::<Amount>().unwrap(), exact);
        assert_eq!(cell(row, "amount_exact").parse::<Amount>().unwrap(), exact);
        assert!(!cell(row, "amount_exact").contains(['e', 'E']), "no exponent");
        for time in [
            "event_time",
            "billing_time",
            "ingested_at",
            "price_effective_from",
        ] {
            let time = cell(row, time);
            assert!(
                time.len() == 24 && time.ends_with('Z') && time.as_bytes()[19] == b'.',
                "{time}"
            );
        }
        assert_eq!(cell(row, "currency"), "USD");
    }
    let of_calls: Vec<_> = rows
        .iter()
        .filter(|row| !cell(row, "call_id").is_empty())
        .collect();
    assert!(of_calls.len() >= 3, "minutes and tokens");
    for row in &of_calls {
        assert_eq!(
            cell(row, "personality"),
            format!("'{NASTY}"),
            "a formula is defused"
        );
        assert!(
            cell(row, "number").starts_with("'+1415"),
            "{}",
            cell(row, "number")
        );
        assert!(cell(row, "call_sid").starts_with("CA"));
    }
    let dangerous = |cell: &str| cell.starts_with(['=', '+', '@', '\t', '\r']);
    assert!(rows.iter().all(|row| row.iter().all(|cell| !dangerous(cell))));
}

#[tokio::test]
async fn the_same_period_makes_the_same_bytes() {
    let (product, acme) = billed().await;
    let (from, to) = period(&product);
    let body = json!({ "dataset": "usage", "format": "csv", "from": from, "to": to });
    let mut hashes = Vec::new();
    for _ in 0..2 {
        let asked = acme.admin.post("/v1/exports", &body).await.expect(202);
        hashes.push(ready(&acme, asked["id"].as_str().unwrap()).await["sha256"].clone());
    }
    assert!(hashes[0].is_string());
    assert_eq!(hashes[0], hashes[1]);
}

#[tokio::test]
async fn an_export_is_the_company_admins_alone() {
    let (product, acme) = billed().await;
    let (from, to) = period(&product);
    let body = json!({ "dataset": "usage", "format": "csv", "from": from, "to": to }).to_string();
    let headers = [("idempotency-key", "export-once")];
    let ask = async || {
        acme.admin
            .send("POST", "/v1/exports", &headers, Some(body.clone()))
            .await
            .expect(202)
    };
    let first = ask().await;
    let id = first["id"].as_str().unwrap().to_owned();
    ready(&acme, &id).await;
    let again = ask().await;
    assert_eq!(again.json, first.json);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let list = acme.admin.get("/v1/exports").await.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1);

    let download = format!("/v1/exports/{id}/download");
    for role in [Role::Supervisor, Role::Viewer] {
        let member = product.member(&acme, role).await;
        let _ = member.get(&download).await.expect_problem(403, "forbidden");
        let _ = member
            .get(&format!("/v1/exports/{id}"))
            .await
            .expect_problem(403, "forbidden");
        let _ = member
            .send("POST", "/v1/exports", &headers, Some(body.clone()))
            .await
            .expect_problem(403, "forbidden");
        assert_eq!(
            usage(&member, &product, "sku").await.status,
            200,
            "usage itself is everybody's to see"
        );
    }
    let globex = product.tenant("globex").await;
    for path in [download.clone(), format!("/v1/exports/{id}")] {
        let _ = globex.admin.get(&path).await.expect_problem(404, "not_found");
    }
    assert_eq!(
        globex.admin.get("/v1/exports").await.expect(200)["data"],
        json!([])
    );
    let _ = product
        .anonymous()
        .get(&download)
        .await
        .expect_problem(401, "unauthenticated");

    // The key that reads bills can fetch it for as long as it lasts, and no longer.
    let key = json!({ "name": "Bookkeeping", "scopes": ["billing:read"] });
    let key = acme.admin.post("/v1/api_keys", &key).await.expect(201);
    let key = acme.admin.with_token(key["key"].as_str().unwrap());
    let _ = key.get(&download).await.expect(200);
    product.app.clock.advance(TimeDelta::hours(25));
    let gone = key.get(&download).await;
    assert!([404, 409].contains(&gone.status), "{}", gone.text);
    assert_eq!(gone.headers["content-type"], "application/problem+json");
}
