//! What cannot be priced is set aside, once, and never priced at zero.

use chrono::{TimeDelta, Utc};
use phony_db::usage::{QuarantineReason as Why, UsageInsert, Written};
use phony_kernel::{CallId, Plan};
use phony_models::catalog::{Use, realtime_model};

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
        .filter(|model| model.is_served_on(today));
    let text: &[&str] = &["text_in", "text_in_cached", "text_out"];
    let speech: &[&str] = &[
        "text_in",
        "text_in_cached",
        "text_out",
        "audio_in",
        "audio_in_cached",
        "audio_out",
    ];
    let uses: Vec<_> = served
        .flat_map(|model| {
            let name = model.name;
            let of = |classes: &[&str]| -> Vec<String> {
                classes
                    .iter()
                    .map(|class| format!("openai.{name}.{class}"))
                    .collect()
            };
            match model.usage {
                Use::Chat => of(text),
                Use::Speech if realtime_model(name).is_some() => of(speech),
                Use::Transcription => vec![format!("stt.{name}.second")],
                _ => Vec::new(),
            }
        })
        .map(|sku| used(&sku, 1_000_000))
        .collect();
    assert!(uses.len() >= 3 * 10 + 6 * 7 + 3, "{}", uses.len());
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
