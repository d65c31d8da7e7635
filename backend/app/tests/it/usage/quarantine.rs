//! What cannot be priced is set aside, once, and never priced at zero.

use chrono::{TimeDelta, Utc};
use phony_db::usage::{QuarantineReason as Why, UsageInsert, Written};
use phony_kernel::{CallId, Plan};

use super::{total, used};
use crate::calls::fixture::Fixture;

#[tokio::test]
async fn what_cannot_be_priced_is_set_aside_once_with_its_reason() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let now = Utc::now();
    let long_ago = now - TimeDelta::days(36);
    let before = now - TimeDelta::days(91);
    let minute = || used("twilio.inbound_minute", 1);
    let cases = [
        (used("openai.gpt-9-nova.text_in", 10), Why::Unpriced),
        (
            UsageInsert {
                billing_time: before,
                ..minute()
            },
            Why::Unpriced,
        ),
        (
            UsageInsert {
                event_time: long_ago,
                billing_time: long_ago,
                ..minute()
            },
            Why::TooLate,
        ),
        (
            UsageInsert {
                call: Some(CallId::new()),
                ..minute()
            },
            Why::UnknownCall,
        ),
        (
            UsageInsert {
                quantity: 0,
                ..minute()
            },
            Why::Invalid,
        ),
        (
            UsageInsert {
                quantity: -1,
                ..minute()
            },
            Why::Invalid,
        ),
        (
            UsageInsert {
                event_time: now + TimeDelta::hours(1),
                ..minute()
            },
            Why::Invalid,
        ),
        (
            UsageInsert {
                quantity: i64::MAX,
                ..minute()
            },
            Why::Invalid,
        ),
    ];
    let mut tx = fixture.db.tenant(tenant.id).await.unwrap();
    for _ in 0..2 {
        for (usage, why) in &cases {
            let written = phony_db::usage::insert(&mut tx, usage).await.unwrap();
            assert_eq!(written, Written::Quarantined(*why), "{usage:?}");
        }
    }
    tx.commit().await.unwrap();
    let rows: i64 = fixture
        .look(
            "SELECT count(*) FROM phony.usage_quarantine WHERE tenant_id = $1",
            &tenant,
        )
        .await;
    assert_eq!(rows, 8);
    let rows: i64 = fixture
        .look(
            "SELECT count(*) FROM phony.usage_events WHERE tenant_id = $1",
            &tenant,
        )
        .await;
    assert_eq!(rows, 0);
    assert_eq!(total(&fixture, &tenant).await, "0");
}

#[tokio::test]
async fn every_model_that_a_personality_may_be_given_has_prices() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let today = chrono::Utc::now().date_naive();
    let served = phony_models::catalog::MODELS
        .iter()
        .filter(|model| model.usage == phony_models::catalog::Use::Chat && model.is_served_on(today));
    let uses: Vec<_> = served
        .flat_map(|model| ["text_in", "text_in_cached", "text_out"].map(|class| (model.name, class)))
        .map(|(model, class)| used(&format!("openai.{model}.{class}"), 1_000_000))
        .collect();
    assert!(uses.len() >= 3 * 10);
    let mut tx = fixture.db.tenant(tenant.id).await.unwrap();
    let written = phony_db::usage::insert_all(&mut tx, &uses).await.unwrap();
    for (used, written) in uses.iter().zip(written) {
        assert!(
            matches!(written, Written::Rated { .. }),
            "{}: {written:?}",
            used.sku
        );
    }
}
