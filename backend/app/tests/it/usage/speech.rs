//! What a call of speech to speech costs: each class of tokens, and the transcription beside them.

use chrono::Utc;
use phony_carriers::twilio::CarrierStatus;
use phony_conversation::Usage;
use phony_conversation::record::{Record, RecordBody};
use phony_kernel::Plan;

use crate::calls::draining::drain;
use crate::calls::fixture::{Fixture, sid, update};

#[tokio::test]
async fn every_class_of_a_reply_and_its_transcription_is_a_line_of_the_usage() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    sqlx::query("UPDATE phony.phone_numbers SET engine = 'realtime' WHERE tenant_id = $1")
        .bind(tenant.id.uuid())
        .execute(&fixture.admin)
        .await
        .unwrap();
    let sid = sid();
    let plan = fixture.talk(&tenant, &sid).await;
    // A reply of 1,200 tokens as the provider's documentation counts them, and 97 seconds of the caller's words.
    let lines = [
        ("openai.gpt-realtime-2.1.audio_in", 80, "0.00256"),
        ("openai.gpt-realtime-2.1.audio_in_cached", 320, "0.000128"),
        ("openai.gpt-realtime-2.1.audio_out", 160, "0.01024"),
        ("openai.gpt-realtime-2.1.text_in", 152, "0.000608"),
        ("openai.gpt-realtime-2.1.text_in_cached", 448, "0.0001792"),
        ("openai.gpt-realtime-2.1.text_out", 40, "0.00096"),
        ("stt.gpt-transcribe.second", 97, "0.007275"),
        ("twilio.inbound_minute", 2, "0.017"),
    ];
    let records = lines[..7].iter().map(|(sku, quantity, _)| Record {
        tenant: plan.tenant,
        call: plan.call,
        body: RecordBody::Usage(Usage {
            dedupe_key: format!("openai:{}:resp_1:{sku}", plan.call),
            sku: (*sku).to_owned(),
            quantity: *quantity,
            at: Utc::now(),
            estimated: false,
        }),
    });
    let records: Vec<Record> = records.collect();
    drain(&fixture, records.clone()).await;
    drain(&fixture, records).await;
    let over = update(&tenant, &sid, 0, CarrierStatus::Completed, Some(100), None);
    fixture.calls.status_callback(&over).await.unwrap();

    let billing = phony_app::billing::Billing::new(fixture.db.clone(), phony_kernel::Clock::system());
    let query = phony_app::billing::UsageQuery {
        to: Some(Utc::now() + chrono::TimeDelta::days(1)),
        ..Default::default()
    };
    let report = billing.usage(&tenant.principal(), query).await.unwrap();
    let shown: Vec<(&str, &str, i64, String)> = report
        .rows
        .iter()
        .map(|row| {
            (
                row.sku.as_str(),
                row.unit.as_str(),
                row.quantity,
                row.amount.to_string(),
            )
        })
        .collect();
    let unit = |sku: &str| {
        let last = sku.rsplit('.').next().unwrap();
        ["second", "minute"]
            .into_iter()
            .find(|unit| last.ends_with(unit))
            .unwrap_or("token")
    };
    let wanted: Vec<(&str, &str, i64, String)> = lines
        .iter()
        .map(|(sku, quantity, amount)| (*sku, unit(sku), *quantity, (*amount).to_owned()))
        .collect();
    assert_eq!(
        shown, wanted,
        "no relay minute, and a repeat of a record costs nothing"
    );
    assert_eq!(report.total.to_string(), "0.0389502");
    let call = fixture
        .calls
        .get(&tenant.principal(), &plan.call.into())
        .await
        .unwrap();
    assert_eq!(call.cost.unwrap().amount, "0.0389502");
}
