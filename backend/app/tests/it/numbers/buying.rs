//! Buying: once, within the plan, with everything set up.

use phony_app::numbers::SearchNumbers;
use phony_kernel::Kind;

use super::carrier::Mood;
use super::*;

#[tokio::test]
async fn a_bought_number_is_answered_by_us_and_charged_for_a_month() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    let search = SearchNumbers {
        country: "US".to_owned(),
        ..SearchNumbers::default()
    };
    let offer = shop.numbers.search(&admin, search).await.unwrap().remove(0);
    let price = offer.monthly_price.unwrap();
    assert_eq!(
        (price.amount.to_string().as_str(), price.currency.as_str()),
        ("1", "USD")
    );
    assert_eq!(offer.locality.as_deref(), Some("San Francisco"));

    let order = BuyNumber {
        label: Some(" Front desk ".to_owned()),
        ..exactly("+1 (415) 555-0100")
    };
    let outcome = shop.buy(&admin, "k", order).await.unwrap();
    assert_eq!((outcome.status, outcome.replayed), (201, false));
    assert_eq!(body(&outcome)["status"], "active");

    let number = shop.numbers.get(&admin, id_of(&outcome)).await.unwrap();
    assert_eq!(
        (number.label.as_str(), number.country.as_str()),
        ("Front desk", "US")
    );
    assert_eq!(number.personality.unwrap().name, "Professional Assistant");
    assert!(number.carrier_sid.unwrap().starts_with("PN"));
    let form = shop.carrier.purchases().remove(0);
    assert_eq!(form["VoiceUrl"], "https://phony.test/twilio/voice");
    assert_eq!(form["StatusCallback"], "https://phony.test/twilio/status");
    assert_eq!(form["SmsUrl"], "https://phony.test/twilio/sms");
    assert_eq!(form["FriendlyName"], number.id.to_string());
    let rated = "SELECT count(*) FROM phony.usage_events e JOIN phony.rated_usage r ON r.usage_event_id = e.id
                 WHERE e.sku = 'twilio.number_month' AND e.quantity = 1 AND r.amount = 1 AND e.dedupe_key LIKE 'number:num_%'";
    assert_eq!(shop.world.count(rated).await, 1);
    assert_eq!(
        shop.world
            .count("SELECT count(*) FROM phony.outbox WHERE done_at IS NULL AND topic <> 'mail.send'")
            .await,
        0
    );
}

#[tokio::test]
async fn the_same_request_many_times_at_once_buys_once() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    let many = (0..8).map(|_| shop.buy(&admin, "same", exactly("+14155550100")));
    let answers = futures_util::future::join_all(many).await;
    assert_eq!(shop.carrier.purchases().len(), 1);
    let fresh = answers
        .iter()
        .flatten()
        .filter(|outcome| !outcome.replayed)
        .count();
    assert_eq!(fresh, 1);
    for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(
            (error.code(), error.retry_after_seconds()),
            ("idempotency_in_progress", Some(1))
        );
    }
    let again = shop.buy(&admin, "same", exactly("+14155550100")).await.unwrap();
    assert!(again.replayed);
    assert_eq!(body(&again)["status"], "active");
    assert_eq!(shop.carrier.purchases().len(), 1);
}

#[tokio::test]
async fn a_repeat_is_answered_even_when_the_area_is_sold_out() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    let first = shop.buy(&admin, "k", in_area("415")).await.unwrap();
    shop.carrier.sell_out();
    let again = shop.buy(&admin, "k", in_area("415")).await.unwrap();
    assert_eq!((&again.body, again.replayed), (&first.body, true));
    shop.numbers.release(&admin, id_of(&first)).await.unwrap();
    let other = shop.buy(&admin, "k2", in_area("415")).await.unwrap_err();
    assert_eq!(
        (other.kind(), other.code()),
        (Kind::Conflict, "no_number_in_area")
    );
}

#[tokio::test]
async fn the_plan_holds_however_many_buy_at_once() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    let keys = ["a", "b", "c", "d", "e"];
    let orders = keys.iter().enumerate().map(|(n, key)| {
        let order = exactly(&format!("+1415555010{n}"));
        shop.buy(&admin, key, order)
    });
    let answers = futures_util::future::join_all(orders).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for error in answers.into_iter().filter_map(Result::err) {
        assert_eq!((error.kind(), error.code()), (Kind::Forbidden, "plan_limit"));
    }
    assert_eq!(
        shop.carrier.purchases().len(),
        1,
        "the carrier is not asked for what the plan forbids"
    );
    assert_eq!(
        shop.world.count("SELECT count(*) FROM phony.phone_numbers").await,
        1
    );
}

#[tokio::test]
async fn two_companies_cannot_have_the_same_number() {
    let shop = Shop::open().await;
    let (acme, globex) = (shop.admin("acme").await, shop.admin("globex").await);
    let both = futures_util::future::join(
        Box::pin(shop.buy(&acme, "k", exactly("+14155550100"))),
        Box::pin(shop.buy(&globex, "k", exactly("+14155550100"))),
    );
    let (one, other) = both.await;
    assert_ne!(one.is_ok(), other.is_ok());
    let error = one.err().or(other.err()).unwrap();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Conflict, "number_unavailable")
    );
    assert!(!error.public().contains("company"), "it is not said who has it");
    assert_eq!(shop.carrier.purchases().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_told_with_the_carriers_code_and_frees_the_place() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    shop.carrier.set(Mood::Refuses(21_422));
    let error = shop.buy(&admin, "k", exactly("+14155550100")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.upstream()),
        (Kind::Invalid, Some("twilio 21422"))
    );
    let failed = shop
        .numbers
        .list(&admin, None, None)
        .await
        .unwrap()
        .data
        .remove(0);
    assert_eq!(failed.status.as_str(), "failed");
    assert!(failed.failure.is_some());

    shop.carrier.set(Mood::Fair);
    let stored = shop.buy(&admin, "k", exactly("+14155550100")).await.unwrap();
    assert_eq!(
        (stored.status, stored.replayed),
        (422, true),
        "the key stays bound to what it did"
    );
    assert_eq!(
        shop.bought(&admin, "+14155550100").await.status.as_str(),
        "active"
    );

    shop.numbers.release(&admin, failed.id).await.unwrap();
    assert_eq!(shop.numbers.list(&admin, None, None).await.unwrap().data.len(), 1);
}

#[tokio::test]
async fn what_the_carrier_refuses_for_a_while_may_be_asked_again_with_the_same_key() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    shop.carrier.set(Mood::Refuses(20_003));
    let error = shop.buy(&admin, "k", exactly("+14155550100")).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Upstream, "carrier_refused"));
    shop.carrier.set(Mood::Fair);
    let outcome = shop.buy(&admin, "k", exactly("+14155550100")).await.unwrap();
    assert_eq!((outcome.status, outcome.replayed), (201, false));
}

#[tokio::test]
async fn in_an_area_the_next_number_is_taken_when_somebody_was_quicker() {
    let shop = Shop::open().await;
    let (acme, globex) = (shop.admin("acme").await, shop.admin("globex").await);
    shop.carrier.lose("+14155550100");
    let first = shop.buy(&acme, "k", in_area("415")).await.unwrap();
    assert_eq!(body(&first)["e164"], "+14155550101");
    let second = shop.buy(&globex, "k", in_area("415")).await.unwrap();
    assert_eq!(body(&second)["e164"], "+14155550102");
    assert_eq!(shop.carrier.held().len(), 2);
}

#[tokio::test]
async fn a_search_where_nothing_is_sold_names_the_country() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    let search = SearchNumbers {
        country: "AQ".to_owned(),
        ..SearchNumbers::default()
    };
    let error = shop.numbers.search(&admin, search).await.unwrap_err();
    assert_eq!(error.fields()[0].code, "not_sold_here");
}
