//! Usage against a real database: the worked examples to the last digit, what cannot be priced, exports.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod examples;
mod exports;
mod quarantine;
mod speech;

use chrono::{DateTime, TimeDelta, Utc};
use phony_db::usage::{Payer, UsageInsert, Written};
use serde_json::json;
use uuid::Uuid;

use crate::calls::fixture::{Fixture, Tenant};

/// One use, half an hour ago.
pub(crate) fn used(sku: &str, quantity: i64) -> UsageInsert {
    let at = Utc::now() - TimeDelta::minutes(30);
    UsageInsert {
        dedupe_key: format!("test:{}", Uuid::now_v7()),
        sku: sku.to_owned(),
        quantity,
        event_time: at,
        billing_time: at,
        payer: Payer::Platform,
        call: None,
        number: None,
        personality: None,
        corrects: None,
        source: "tests",
        meta: json!({}),
    }
}

/// Stores uses; each must be rated. Returns their exact sum.
pub(crate) async fn book(fixture: &Fixture, tenant: &Tenant, all: &[UsageInsert]) -> String {
    let mut tx = fixture.db.tenant(tenant.id).await.unwrap();
    let written = phony_db::usage::insert_all(&mut tx, all).await.unwrap();
    tx.commit().await.unwrap();
    let sum: phony_kernel::money::Amount = written
        .into_iter()
        .map(|outcome| match outcome {
            Written::Rated { amount, .. } => amount,
            other => panic!("{other:?}"),
        })
        .sum();
    sum.to_string()
}

/// Everything the tenant used, by `GET /v1/usage`.
pub(crate) async fn total(fixture: &Fixture, tenant: &Tenant) -> String {
    let clock = phony_kernel::Clock::system();
    let billing = phony_app::billing::Billing::new(fixture.db.clone(), clock);
    let (from, to): (DateTime<Utc>, _) = (Utc::now() - TimeDelta::days(60), Utc::now() + TimeDelta::days(1));
    let query = phony_app::billing::UsageQuery {
        from: Some(from),
        to: Some(to),
        ..Default::default()
    };
    billing
        .usage(&tenant.principal(), query)
        .await
        .unwrap()
        .total
        .to_string()
}
