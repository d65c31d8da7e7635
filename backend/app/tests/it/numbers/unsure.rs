//! Purchases whose outcome is unknown: looked up, never made twice.

use std::time::Duration;

use phony_kernel::Kind;

use super::carrier::Mood;
use super::*;

#[tokio::test]
async fn a_purchase_whose_answer_is_lost_is_found_at_the_carrier() {
    for mood in [Mood::SellsInSilence, Mood::SellsAndFails] {
        let shop = Shop::open().await;
        let admin = shop.admin("acme").await;
        shop.carrier.set(mood);
        let outcome = shop.buy(&admin, "k", exactly("+14155550100")).await.unwrap();
        assert_eq!(body(&outcome)["status"], "active", "{mood:?}");
        assert_eq!(shop.carrier.purchases().len(), 1, "{mood:?}");
        assert_eq!(
            shop.world.count("SELECT count(*) FROM phony.usage_events").await,
            1
        );
    }
}

#[tokio::test]
async fn a_purchase_that_cannot_be_found_waits_and_then_fails() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    shop.carrier.set(Mood::Hangs);
    let outcome = shop.buy(&admin, "k", exactly("+14155550100")).await.unwrap();
    assert_eq!(body(&outcome)["status"], "pending");
    let waiting = "SELECT count(*) FROM phony.outbox WHERE topic = 'number.purchase' AND done_at IS NULL
                   AND next_attempt_at > now() + interval '60 seconds'";
    assert_eq!(shop.world.count(waiting).await, 1, "the worker looks later");
    let id = id_of(&outcome);
    let error = shop.numbers.release(&admin, id).await.unwrap_err();
    assert_eq!(error.code(), "number_pending");

    shop.numbers.reconcile_pending(admin.tenant, id).await.unwrap();
    let number = shop.numbers.get(&admin, id).await.unwrap();
    assert_eq!(number.status.as_str(), "failed");
    assert_eq!(
        shop.world.count("SELECT count(*) FROM phony.usage_events").await,
        0
    );
    assert_eq!(shop.carrier.purchases().len(), 1);

    shop.carrier.set(Mood::Fair);
    assert_eq!(
        shop.bought(&admin, "+14155550100").await.status.as_str(),
        "active"
    );
}

#[tokio::test]
async fn a_purchase_that_is_done_late_is_found_by_the_worker_and_charged_once() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    shop.carrier.set(Mood::Hangs);
    let outcome = shop.buy(&admin, "k", exactly("+14155550100")).await.unwrap();
    shop.carrier.sell_late("+14155550100");
    for _ in 0..3 {
        shop.numbers
            .reconcile_pending(admin.tenant, id_of(&outcome))
            .await
            .unwrap();
    }
    let number = shop.numbers.get(&admin, id_of(&outcome)).await.unwrap();
    assert_eq!(number.status.as_str(), "active");
    assert_eq!(
        shop.world.count("SELECT count(*) FROM phony.usage_events").await,
        1
    );
    assert_eq!(shop.carrier.purchases().len(), 1);
}

#[tokio::test]
async fn a_request_left_behind_is_taken_up_by_its_repeat() {
    for sold in [true, false] {
        let shop = Shop::open().await;
        let admin = shop.admin("acme").await;
        shop.carrier
            .set(if sold { Mood::SellsInSilence } else { Mood::Hangs });
        // The process dies while the carrier works.
        let request = shop.buy(&admin, "k", exactly("+14155550100"));
        tokio::select! {
            _ = request => panic!("the carrier does not answer"),
            () = shop.carrier.wait_for_purchases(1) => {}
        }
        shop.carrier.set(Mood::Fair);
        let early = shop.buy(&admin, "k", exactly("+14155550100")).await.unwrap_err();
        assert_eq!(early.code(), "idempotency_in_progress");

        shop.world.wait(61);
        let repeat = shop.buy(&admin, "k", exactly("+14155550100")).await;
        if sold {
            let outcome = repeat.unwrap();
            assert_eq!(body(&outcome)["status"], "active");
        } else {
            let error = repeat.unwrap_err();
            assert_eq!(error.kind(), Kind::Upstream);
            let again = shop.buy(&admin, "k", exactly("+14155550100")).await.unwrap();
            assert_eq!(
                (body(&again)["status"].as_str(), again.replayed),
                (Some("active"), false)
            );
        }
        assert_eq!(shop.carrier.held().len(), 1);
        assert_eq!(shop.carrier.purchases().len(), if sold { 1 } else { 2 });
    }
}

#[tokio::test]
async fn a_number_that_comes_after_it_was_given_up_goes_back() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    shop.carrier.set(Mood::SellsInSilence);
    let (answer, ()) = tokio::join!(shop.buy(&admin, "k", exactly("+14155550100")), async {
        shop.carrier.wait_for_purchases(1).await;
        // Given up by another instance while this one waits.
        shop.world
            .execute(
                "UPDATE phony.phone_numbers SET status = 'failed', released_at = now(), failure = 'gone'",
            )
            .await;
    });
    assert_eq!(answer.unwrap_err().kind(), Kind::Upstream);
    assert_eq!((shop.carrier.held().len(), shop.carrier.released()), (0, 1));
    assert_eq!(
        shop.world.count("SELECT count(*) FROM phony.usage_events").await,
        0
    );
}

#[tokio::test]
async fn a_dropped_request_does_not_hold_the_database() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    shop.carrier.set(Mood::Hangs);
    let request = shop.buy(&admin, "k", exactly("+14155550100"));
    let _ = tokio::time::timeout(Duration::from_millis(150), request).await;
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                AND state LIKE 'idle in transaction%'";
    assert_eq!(shop.world.count(open).await, 0);
}
