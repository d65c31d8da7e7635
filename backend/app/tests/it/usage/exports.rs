//! Exports: asked for once, made by a worker, and whoever adds the file up gets what we show.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use futures_util::TryStreamExt as _;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use phony_app::exports::{CreateExport, Export, Exports, give_up, run};
use phony_app::idempotency::RequestKey;
use phony_db::usage::UsageInsert;
use phony_kernel::money::{Amount, Price};
use phony_kernel::{Clock, ExportId, Plan};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{book, total, used};
use crate::calls::draining::{drain, talk};
use crate::calls::fixture::{Fixture, Tenant, sid, update};

struct Office {
    exports: Exports,
    store: Arc<dyn ObjectStore>,
    clock: Clock,
}

impl Office {
    fn new(fixture: &Fixture) -> Self {
        let (store, clock): (Arc<dyn ObjectStore>, _) = (Arc::new(InMemory::new()), Clock::system());
        Self {
            exports: Exports::new(fixture.db.clone(), store.clone(), clock.clone()),
            store,
            clock,
        }
    }

    async fn ask(&self, tenant: &Tenant, key: &str) -> (ExportId, bool) {
        let period = CreateExport {
            from: Utc::now() - TimeDelta::days(60),
            to: Utc::now() + TimeDelta::days(1),
        };
        let key = RequestKey::required(Some(key), "POST /v1/exports", &json!({})).unwrap();
        let answer = |export: Export| json!({ "id": export.id, "status": export.status });
        let outcome = self
            .exports
            .create(&tenant.principal(), period, Some(&key), answer)
            .await
            .unwrap();
        assert_eq!(outcome.status, 202);
        let body: serde_json::Value = serde_json::from_str(&outcome.body).unwrap();
        assert_eq!(body["status"], "queued");
        (body["id"].as_str().unwrap().parse().unwrap(), outcome.replayed)
    }

    async fn fetch(&self, tenant: &Tenant, id: ExportId) -> Vec<u8> {
        let file = self.exports.download(&tenant.principal(), id).await.unwrap();
        let pieces: Vec<bytes::Bytes> = file.bytes.try_collect().await.unwrap();
        let whole = pieces.concat();
        assert_eq!(whole.len() as u64, file.size_bytes);
        whole
    }
}

/// The sum of a file as a stranger with a calculator would make it.
fn add_up(file: &[u8]) -> Amount {
    let mut reader = csv::Reader::from_reader(file);
    let names = reader.headers().unwrap().clone();
    let column = |name: &str| names.iter().position(|found| found == name).unwrap();
    let (quantity, unit_price, per_units) = (column("quantity"), column("unit_price"), column("per_units"));
    let (markup, amount) = (column("markup_bps"), column("amount_exact"));
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let micros: Amount = record[unit_price].parse().unwrap();
            let price = Price {
                price_micros: i64::try_from(micros.units() / 10_i128.pow(10)).unwrap(),
                per_units: record[per_units].parse().unwrap(),
                markup_bps: record[markup].parse().unwrap(),
            };
            let sum = price.rate(record[quantity].parse().unwrap()).unwrap();
            assert_eq!(sum.to_string(), &record[amount]);
            sum
        })
        .sum()
}

#[tokio::test]
async fn the_file_adds_up_to_what_the_usage_page_shows() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant_with_markup(Plan::Basic, 1_250).await;
    let office = Office::new(&fixture);
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    drain(&fixture, talk(&plan)).await;
    let over = update(
        &tenant,
        &sid,
        0,
        phony_carriers::twilio::CarrierStatus::Completed,
        Some(125),
        None,
    );
    fixture.calls.status_callback(&over).await.unwrap();
    let many: Vec<UsageInsert> = (1..=37).map(|n| used("openai.gpt-6-luna.text_in", n)).collect();
    book(&fixture, &tenant, &many).await;
    let stranger = fixture.tenant(Plan::Basic).await;
    book(&fixture, &stranger, &[used("twilio.inbound_minute", 1_000)]).await;
    let odd = "UPDATE phony.personalities SET name = E'=cmd|\\'/c\\'!A1,\"\\r\\nx' WHERE tenant_id = $1 RETURNING 1";
    let _: i32 = fixture.look(odd, &tenant).await;

    let (id, replayed) = office.ask(&tenant, "one").await;
    assert!(!replayed);
    assert_eq!(
        office.ask(&tenant, "one").await,
        (id, true),
        "the same key is the same export"
    );
    let early = office
        .exports
        .download(&tenant.principal(), id)
        .await
        .unwrap_err();
    assert_eq!(early.code(), "export_not_ready");
    for _ in 0..2 {
        run(&fixture.worker, &office.store, tenant.id, id).await.unwrap();
    }
    let export = office.exports.get(&tenant.principal(), id).await.unwrap();
    assert_eq!((export.status.as_str(), export.row_count), ("ready", Some(41)));
    let file = office.fetch(&tenant, id).await;
    assert_eq!(export.size_bytes, Some(i64::try_from(file.len()).unwrap()));
    assert_eq!(export.sha256.unwrap(), hex::encode(Sha256::digest(&file)));
    assert_eq!(add_up(&file).to_string(), total(&fixture, &tenant).await);

    let text = String::from_utf8(file.clone()).unwrap();
    assert!(
        text.contains("\"'=cmd|'/c'!A1,\"\"\r\nx\""),
        "a name cannot become a formula"
    );
    assert!(text.contains(&format!("'{}", tenant.e164)));
    assert!(text.contains(&sid) && text.contains(&plan.call.to_string()));
    assert!(!text.contains(&stranger.id.to_string()));

    let (again, _) = office.ask(&tenant, "two").await;
    run(&fixture.worker, &office.store, tenant.id, again)
        .await
        .unwrap();
    assert_eq!(
        office.fetch(&tenant, again).await,
        file,
        "the same data give the same bytes"
    );
    let list = office
        .exports
        .list(&tenant.principal(), Some(1), None)
        .await
        .unwrap();
    assert_eq!((list.data[0].id, list.next_cursor.is_some()), (again, true));
}

#[tokio::test]
async fn pages_of_rows_join_without_a_gap() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let office = Office::new(&fixture);
    // All at one moment, so that only the id tells the rows of two pages apart.
    let at = Utc::now() - TimeDelta::hours(1);
    for _ in 0..6 {
        let batch: Vec<UsageInsert> = (0..2_000)
            .map(|_| UsageInsert {
                billing_time: at,
                ..used("twilio.inbound_minute", 1)
            })
            .collect();
        book(&fixture, &tenant, &batch).await;
    }
    let (id, _) = office.ask(&tenant, "key").await;
    run(&fixture.worker, &office.store, tenant.id, id).await.unwrap();
    let file = office.fetch(&tenant, id).await;
    assert_eq!(add_up(&file).to_string(), "102");
    assert_eq!(
        office
            .exports
            .get(&tenant.principal(), id)
            .await
            .unwrap()
            .row_count,
        Some(12_000)
    );
}

#[tokio::test]
async fn an_export_is_its_tenants_own_and_its_file_is_kept_for_a_day() {
    let fixture = Fixture::new().await;
    let (ours, theirs) = (
        fixture.tenant(Plan::Basic).await,
        fixture.tenant(Plan::Basic).await,
    );
    let office = Office::new(&fixture);
    let (id, _) = office.ask(&ours, "key").await;
    run(&fixture.worker, &office.store, ours.id, id).await.unwrap();
    assert_eq!(
        add_up(&office.fetch(&ours, id).await),
        Amount::ZERO,
        "a file without rows is a file"
    );
    assert_eq!(
        office
            .exports
            .get(&theirs.principal(), id)
            .await
            .unwrap_err()
            .code(),
        "not_found"
    );
    assert_eq!(
        office
            .exports
            .download(&theirs.principal(), id)
            .await
            .unwrap_err()
            .code(),
        "not_found"
    );
    assert!(
        office
            .exports
            .list(&theirs.principal(), None, None)
            .await
            .unwrap()
            .data
            .is_empty()
    );
    // Another instance may have written it to its own disk.
    let file = Path::from(format!("exports/{}/{id}.csv", ours.id));
    office.store.delete(&file).await.unwrap();
    let away = office.exports.download(&ours.principal(), id).await.unwrap_err();
    assert_eq!(away.kind(), phony_kernel::Kind::Unavailable);
    office.clock.advance(TimeDelta::hours(25));
    assert_eq!(
        office
            .exports
            .download(&ours.principal(), id)
            .await
            .unwrap_err()
            .code(),
        "export_expired"
    );

    let backwards = CreateExport {
        from: Utc::now(),
        to: Utc::now() - TimeDelta::days(1),
    };
    let refused = office
        .exports
        .create(&ours.principal(), backwards, None, |export| export.status)
        .await;
    assert_eq!(refused.unwrap_err().fields()[0].param, "to");

    let (lost, _) = office.ask(&ours, "lost").await;
    give_up(&fixture.worker, ours.id, lost).await.unwrap();
    assert_eq!(
        office.exports.get(&ours.principal(), lost).await.unwrap().status,
        "failed"
    );
    run(&fixture.worker, &office.store, ours.id, lost).await.unwrap();
    assert_eq!(
        office.exports.get(&ours.principal(), lost).await.unwrap().status,
        "failed"
    );
}
