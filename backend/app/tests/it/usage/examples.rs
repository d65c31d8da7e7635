//! The worked examples of billing, through the database.

use chrono::{TimeDelta, Utc};
use phony_app::billing::{Billing, GroupBy, UsageQuery};
use phony_carriers::twilio::CarrierStatus;
use phony_db::usage::{Payer, UsageInsert, Written};
use phony_kernel::money::Amount;
use phony_kernel::{Clock, Plan};

use super::{book, total, used};
use crate::calls::fixture::{Fixture, sid, update};

const PREVIEW: &str = "openai.gpt-4o-realtime-preview";
const REALTIME_2: &str = "openai.gpt-realtime-2";

fn cents(exact: &str) -> i128 {
    exact.parse::<Amount>().unwrap().to_cents()
}

/// Example 4: an inbound call of 185 seconds with its tokens.
fn the_call() -> Vec<UsageInsert> {
    vec![
        used("twilio.inbound_minute", 4),
        used(&format!("{PREVIEW}.text_in"), 1_850),
        used(&format!("{PREVIEW}.text_out"), 420),
        used(&format!("{PREVIEW}.audio_in"), 1_110),
        used(&format!("{PREVIEW}.audio_out"), 2_200),
    ]
}

#[tokio::test]
async fn single_uses_cost_what_the_examples_say() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    for (sku, quantity, exact) in [
        ("twilio.inbound_minute", 2, "0.017"),
        ("openai.gpt-4o-realtime-preview.audio_in", 600, "0.06"),
        ("openai.gpt-4o-realtime-preview.audio_out", 1_200, "0.24"),
        ("twilio.relay_minute", 3, "0.21"),
        ("twilio.number_month", 1, "1"),
        ("openai.gpt-6-luna.text_in_cached", 1, "0.00000001"),
    ] {
        assert_eq!(
            book(&fixture, &tenant, &[used(sku, quantity)]).await,
            exact,
            "{sku}"
        );
    }
}

#[tokio::test]
async fn whole_calls_come_out_to_the_last_digit_with_and_without_markup() {
    let fixture = Fixture::new().await;
    let plain = fixture.tenant(Plan::Basic).await;
    let exact = book(&fixture, &plain, &the_call()).await;
    assert_eq!((exact.as_str(), cents(&exact)), ("0.60265", 60));
    assert_eq!(total(&fixture, &plain).await, exact);

    let marked = fixture.tenant_with_markup(Plan::Basic, 2_000).await;
    let exact = book(&fixture, &marked, &the_call()).await;
    assert_eq!((exact.as_str(), cents(&exact)), ("0.72318", 72));
    let costs: String = fixture
        .look(
            "SELECT trim_scale(sum(cost))::text FROM phony.rated_usage WHERE tenant_id = $1",
            &marked,
        )
        .await;
    assert_eq!(costs, "0.60265", "the cost is without markup");

    let cached = fixture.tenant(Plan::Basic).await;
    let six = [
        used("twilio.inbound_minute", 4),
        used(&format!("{REALTIME_2}.text_in"), 850),
        used(&format!("{REALTIME_2}.text_in_cached"), 1_000),
        used(&format!("{REALTIME_2}.text_out"), 420),
        used(&format!("{REALTIME_2}.audio_in"), 910),
        used(&format!("{REALTIME_2}.audio_in_cached"), 200),
        used(&format!("{REALTIME_2}.audio_out"), 2_200),
    ];
    let exact = book(&fixture, &cached, &six).await;
    assert_eq!((exact.as_str(), cents(&exact)), ("0.21788", 22));

    let seven = fixture.tenant(Plan::Basic).await;
    let legs = [
        used("twilio.inbound_minute", 3),
        used("twilio.outbound_minute", 2),
    ];
    assert_eq!(book(&fixture, &seven, &legs).await, "0.0515");

    let odd = fixture.tenant_with_markup(Plan::Basic, 1_250).await;
    let exact = book(&fixture, &odd, &[used("twilio.inbound_minute", 7)]).await;
    assert_eq!((exact.as_str(), cents(&exact)), ("0.0669375", 7));
}

#[tokio::test]
async fn a_thousand_calls_are_rounded_once() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let calls: Vec<UsageInsert> = (0..1_000).map(|_| used("twilio.inbound_minute", 1)).collect();
    let exact = book(&fixture, &tenant, &calls).await;
    assert_eq!((exact.as_str(), cents(&exact)), ("8.5", 850));
    assert_eq!(total(&fixture, &tenant).await, "8.5");
}

#[tokio::test]
async fn the_answer_of_a_call_decides_its_price_to_the_millisecond() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let change = chrono::DateTime::from_timestamp((Utc::now() - TimeDelta::days(2)).timestamp(), 0).unwrap();
    sqlx::query(
        "INSERT INTO phony_ref.prices (book, sku, effective_from, unit, per_units, unit_price, source)
         VALUES ('standard', 'twilio.inbound_minute', $1, 'minute', 1, 0.0100, 'tests')",
    )
    .bind(change)
    .execute(&fixture.admin)
    .await
    .unwrap();
    let answered = |at| UsageInsert {
        billing_time: at,
        ..used("twilio.inbound_minute", 3)
    };
    assert_eq!(
        book(
            &fixture,
            &tenant,
            &[answered(change - TimeDelta::milliseconds(1))]
        )
        .await,
        "0.0255"
    );
    assert_eq!(book(&fixture, &tenant, &[answered(change)]).await, "0.03");

    let billing = Billing::new(fixture.db.clone(), Clock::system());
    let price = async |at| {
        let prices = billing.prices(&tenant.principal(), Some(at)).await.unwrap();
        prices
            .into_iter()
            .find(|price| price.sku == "twilio.inbound_minute")
            .unwrap()
            .unit_price
    };
    assert_eq!(price(change - TimeDelta::milliseconds(1)).await, "0.0085");
    assert_eq!(price(change).await, "0.01");
}

#[tokio::test]
async fn a_correction_takes_back_and_the_tenants_own_account_costs_nothing() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Basic).await;
    let mut tx = fixture.db.tenant(tenant.id).await.unwrap();
    let first = used("twilio.inbound_minute", 3);
    let Written::Rated { event, .. } = phony_db::usage::insert(&mut tx, &first).await.unwrap() else {
        panic!("not rated");
    };
    let again = phony_db::usage::insert(&mut tx, &first).await.unwrap();
    assert_eq!(again, Written::Duplicate);
    tx.commit().await.unwrap();
    let back = UsageInsert {
        corrects: Some(event),
        ..used("twilio.inbound_minute", -3)
    };
    let right = used("twilio.inbound_minute", 2);
    let own = UsageInsert {
        payer: Payer::Tenant,
        ..used("twilio.inbound_minute", 100)
    };
    assert_eq!(book(&fixture, &tenant, &[back, right, own]).await, "-0.0085");
    assert_eq!(total(&fixture, &tenant).await, "0.017");
}

#[tokio::test]
async fn seconds_become_started_minutes() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant(Plan::Enterprise).await;
    for (seconds, minutes) in [
        (0, 1),
        (1, 1),
        (59, 1),
        (60, 1),
        (61, 2),
        (120, 2),
        (121, 3),
        (185, 4),
        (3_600, 60),
    ] {
        let sid = sid();
        fixture.ring(&tenant, &sid).await;
        let over = update(&tenant, &sid, 0, CarrierStatus::Completed, Some(seconds), None);
        fixture.calls.status_callback(&over).await.unwrap();
        let booked: (i64, i64) = sqlx::query_as(
            "SELECT quantity, (meta->>'seconds')::int8 FROM phony.usage_events WHERE dedupe_key = $1",
        )
        .bind(format!("twilio:{sid}:minutes"))
        .fetch_one(&fixture.admin)
        .await
        .unwrap();
        assert_eq!(booked, (minutes, seconds));
    }
}

#[tokio::test]
async fn usage_is_summed_by_sku_and_by_day_of_its_own_tenant() {
    let fixture = Fixture::new().await;
    let (ours, theirs) = (
        fixture.tenant(Plan::Basic).await,
        fixture.tenant(Plan::Basic).await,
    );
    let earlier = Utc::now() - TimeDelta::days(2);
    let old = UsageInsert {
        billing_time: earlier,
        event_time: earlier,
        ..used("twilio.inbound_minute", 5)
    };
    book(
        &fixture,
        &ours,
        &[
            old,
            used("twilio.inbound_minute", 2),
            used("twilio.relay_minute", 1),
        ],
    )
    .await;
    book(&fixture, &theirs, &the_call()).await;
    let billing = Billing::new(fixture.db.clone(), Clock::system());
    let from = Some(earlier - TimeDelta::days(1));
    let ask = async |group_by| {
        let query = UsageQuery {
            from,
            to: None,
            group_by,
        };
        billing.usage(&ours.principal(), query).await.unwrap()
    };
    let by_sku = ask(GroupBy::Sku).await;
    let sums: Vec<(String, i64, String)> = by_sku
        .rows
        .iter()
        .map(|row| (row.sku.clone(), row.quantity, row.amount.to_string()))
        .collect();
    assert_eq!(
        sums,
        [
            ("twilio.inbound_minute".to_owned(), 7, "0.0595".to_owned()),
            ("twilio.relay_minute".to_owned(), 1, "0.07".to_owned()),
        ]
    );
    assert_eq!(
        (by_sku.total.to_string().as_str(), by_sku.currency.as_str()),
        ("0.1295", "USD")
    );
    let by_day = ask(GroupBy::Day).await;
    assert_eq!((by_day.rows.len(), by_day.total), (3, by_sku.total));
    assert_eq!(by_day.rows[0].day, Some(earlier.date_naive()));
    let backwards = UsageQuery {
        from: Some(Utc::now()),
        to: from,
        ..UsageQuery::default()
    };
    let refused = billing.usage(&ours.principal(), backwards).await.unwrap_err();
    assert_eq!(refused.fields()[0].param, "to");
}

#[tokio::test]
async fn the_usage_of_a_call_is_its_own_and_the_dearest_comes_first() {
    let fixture = Fixture::new().await;
    let (ours, theirs) = (
        fixture.tenant(Plan::Basic).await,
        fixture.tenant(Plan::Basic).await,
    );
    let call = fixture.ring(&ours, &sid()).await.call;
    let of = |call, sku, quantity| UsageInsert {
        call,
        ..used(sku, quantity)
    };
    book(
        &fixture,
        &ours,
        &[
            of(Some(call), "twilio.inbound_minute", 2),
            of(Some(call), "twilio.relay_minute", 2),
            of(None, "twilio.inbound_minute", 5),
        ],
    )
    .await;
    let billing = Billing::new(fixture.db.clone(), Clock::system());
    let usage = billing.call_usage(&ours.principal(), &call.into()).await.unwrap();
    let rows: Vec<(&str, i64)> = usage
        .rows
        .iter()
        .map(|row| (row.sku.as_str(), row.quantity))
        .collect();
    assert_eq!(rows, [("twilio.relay_minute", 2), ("twilio.inbound_minute", 2)]);
    assert_eq!(
        (usage.total.to_string().as_str(), usage.settled),
        ("0.157", false)
    );
    let stranger = billing.call_usage(&theirs.principal(), &call.into()).await;
    assert_eq!(stranger.unwrap_err().code(), "not_found");
}
