//! Holding: who answers, giving back, and who may see it.

use phony_app::numbers::NumberPatch;
use phony_app::personalities::{Personalities, PersonalityInput, Standards};
use phony_kernel::call::Engine;
use phony_kernel::{Kind, PersonalityId};

use super::*;

fn personalities(shop: &Shop) -> Personalities {
    Personalities::new(
        shop.world.db.clone(),
        shop.world.clock.clone(),
        Standards::default(),
    )
}

async fn preset(shop: &Shop, who: &Principal, key: &str) -> PersonalityId {
    let page = personalities(shop).list(who, Some(100), None).await.unwrap();
    page.data
        .iter()
        .find(|found| found.preset.as_deref() == Some(key))
        .unwrap()
        .body
        .id
}

fn answered_by(id: PersonalityId) -> NumberPatch {
    NumberPatch {
        personality_id: Some(id),
        ..NumberPatch::default()
    }
}

#[tokio::test]
async fn a_tenant_says_who_answers_and_how() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    let number = shop.bought(&admin, "+14155550100").await;
    let zen = preset(&shop, &admin, "zen").await;
    let patch = NumberPatch {
        label: Some("Support".to_owned()),
        personality_id: Some(zen),
        engine: Some(Engine::Relay),
        ..NumberPatch::default()
    };
    let changed = shop.numbers.update(&admin, number.id, patch).await.unwrap();
    assert_eq!(changed.speaker.as_ref().unwrap().id, zen, "with what it will say");
    assert_eq!(changed.personality.clone().unwrap().name, "Zen");
    assert_eq!(
        (changed.label.as_str(), changed.engine),
        ("Support", Engine::Relay)
    );
    let same = shop
        .numbers
        .update(&admin, number.id, NumberPatch::default())
        .await
        .unwrap();
    assert_eq!(
        (same.label, same.personality),
        (changed.label, changed.personality),
        "what is absent stays"
    );
    for engine in [Engine::Realtime, Engine::Gather, Engine::Relay] {
        let patch = NumberPatch {
            engine: Some(engine),
            ..NumberPatch::default()
        };
        let changed = shop.numbers.update(&admin, number.id, patch).await.unwrap();
        assert_eq!(changed.engine, engine);
    }
    let absent = NumberPatch {
        engine: Some(Engine::Pipeline),
        ..NumberPatch::default()
    };
    let refused = shop.numbers.update(&admin, number.id, absent).await.unwrap_err();
    assert_eq!(refused.fields()[0].code, "engine_unavailable");
    let audited =
        "SELECT count(*) FROM phony.audit_log WHERE action IN ('number.bought', 'number.configured')";
    assert_eq!(shop.world.count(audited).await, 6);
}

#[tokio::test]
async fn only_a_living_personality_of_the_tenant_may_answer() {
    let shop = Shop::open().await;
    let (acme, globex) = (shop.admin("acme").await, shop.admin("globex").await);
    let number = shop.bought(&acme, "+14155550100").await;
    let foreign = preset(&shop, &globex, "zen").await;
    let gone = preset(&shop, &acme, "witty").await;
    personalities(&shop).archive(&acme, gone).await.unwrap();
    for id in [foreign, gone, PersonalityId::new()] {
        let error = shop
            .numbers
            .update(&acme, number.id, answered_by(id))
            .await
            .unwrap_err();
        assert_eq!(error.fields()[0].code, "unknown_personality");
    }
    let order = BuyNumber {
        personality_id: Some(gone),
        ..exactly("+14155550101")
    };
    let error = shop.buy(&globex, "k", order).await.unwrap_err();
    assert_eq!(error.fields()[0].code, "unknown_personality");
    let used = number.personality.unwrap().id;
    let error = personalities(&shop).archive(&acme, used).await.unwrap_err();
    assert_eq!(error.code(), "personality_in_use");
}

#[tokio::test]
async fn a_released_number_can_be_had_by_others() {
    let shop = Shop::open().await;
    let (acme, globex) = (shop.admin("acme").await, shop.admin("globex").await);
    let number = shop.bought(&acme, "+14155550100").await;
    shop.numbers.release(&acme, number.id).await.unwrap();
    shop.numbers.release(&acme, number.id).await.unwrap();
    assert_eq!((shop.carrier.held().len(), shop.carrier.released()), (0, 1));
    assert!(
        shop.numbers
            .list(&acme, None, None)
            .await
            .unwrap()
            .data
            .is_empty()
    );
    assert_eq!(
        shop.numbers.get(&acme, number.id).await.unwrap().status.as_str(),
        "released"
    );
    let patch = NumberPatch {
        label: Some("x".to_owned()),
        ..NumberPatch::default()
    };
    assert_eq!(
        shop.numbers
            .update(&acme, number.id, patch)
            .await
            .unwrap_err()
            .code(),
        "number_not_held"
    );
    assert_eq!(
        shop.bought(&globex, "+14155550100").await.status.as_str(),
        "active"
    );
}

#[tokio::test]
async fn a_number_that_the_carrier_has_lost_can_be_released() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    let number = shop.bought(&admin, "+14155550100").await;
    shop.carrier.forget("+14155550100");
    shop.numbers.release(&admin, number.id).await.unwrap();
    assert_eq!(
        shop.numbers.get(&admin, number.id).await.unwrap().status.as_str(),
        "released"
    );
}

#[tokio::test]
async fn another_tenants_number_is_not_there() {
    let shop = Shop::open().await;
    let (acme, globex) = (shop.admin("acme").await, shop.admin("globex").await);
    let id = shop.bought(&acme, "+14155550100").await.id;
    assert_eq!(
        shop.numbers.get(&globex, id).await.unwrap_err().kind(),
        Kind::NotFound
    );
    assert_eq!(
        shop.numbers.release(&globex, id).await.unwrap_err().kind(),
        Kind::NotFound
    );
    let patch = NumberPatch::default();
    assert_eq!(
        shop.numbers.update(&globex, id, patch).await.unwrap_err().kind(),
        Kind::NotFound
    );
    assert!(
        shop.numbers
            .list(&globex, None, None)
            .await
            .unwrap()
            .data
            .is_empty()
    );
}

#[tokio::test]
async fn numbers_come_in_pages_newest_first() {
    let shop = Shop::open().await;
    let mut admin = shop.admin("acme").await;
    admin.plan = phony_kernel::Plan::Professional;
    for n in 0..3 {
        shop.bought(&admin, &format!("+1415555010{n}")).await;
    }
    let first = shop.numbers.list(&admin, Some(2), None).await.unwrap();
    assert_eq!(first.data[0].e164.as_str(), "+14155550102");
    let rest = shop
        .numbers
        .list(&admin, Some(2), first.next_cursor.as_deref())
        .await
        .unwrap();
    assert_eq!((rest.data.len(), rest.next_cursor), (1, None));
}

#[tokio::test]
async fn without_the_default_personality_somebody_must_be_named() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    let default = preset(&shop, &admin, "professional_assistant").await;
    personalities(&shop).archive(&admin, default).await.unwrap();
    let error = shop.buy(&admin, "k", exactly("+14155550100")).await.unwrap_err();
    assert_eq!(error.fields()[0].param, "personality_id");
    let own = PersonalityInput {
        name: "Front desk".to_owned(),
        voice: Some("alloy".to_owned()),
        system_prompt: "You answer the phone.".to_owned(),
        ..PersonalityInput::default()
    };
    let own = personalities(&shop).create(&admin, own).await.unwrap().body.id;
    let order = BuyNumber {
        personality_id: Some(own),
        ..exactly("+14155550100")
    };
    assert!(shop.buy(&admin, "k", order).await.is_ok());
}

#[tokio::test]
async fn a_number_is_not_released_during_a_call() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    let number = shop.bought(&admin, "+14155550100").await;
    let call = "INSERT INTO phony.calls (tenant_id, id, phone_number_id, call_sid, direction, status, started_at)
                SELECT tenant_id, gen_random_uuid(), id, 'CA1', 'inbound', 'in_progress', now() FROM phony.phone_numbers";
    shop.world.execute(call).await;
    let refused = shop.numbers.release(&admin, number.id).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.code()),
        (Kind::Conflict, "number_in_use")
    );
    assert_eq!(shop.carrier.released(), 0);
    shop.world
        .execute("UPDATE phony.calls SET status = 'ended', ended_at = now(), ended_reason = 'abandoned'")
        .await;
    shop.numbers.release(&admin, number.id).await.unwrap();
}

#[tokio::test]
async fn where_callers_go_who_cannot_be_taken() {
    let shop = Shop::open().await;
    let admin = shop.admin("acme").await;
    let number = shop.bought(&admin, "+14155550100").await.id;
    let patch = |words: Option<&str>, overflow: Option<&str>| NumberPatch {
        busy_message: words.map(str::to_owned),
        overflow_e164: overflow.map(str::to_owned),
        ..NumberPatch::default()
    };
    let set = shop
        .numbers
        .update(
            &admin,
            number,
            patch(Some(" Please hold. "), Some("+1 (415) 555-0188")),
        )
        .await
        .unwrap();
    assert_eq!(set.busy_message, "Please hold.");
    assert_eq!(set.overflow.as_ref().unwrap().as_str(), "+14155550188");
    let same = shop
        .numbers
        .update(&admin, number, patch(None, None))
        .await
        .unwrap();
    assert_eq!(
        (same.busy_message.as_str(), same.overflow.is_some()),
        ("Please hold.", true)
    );
    let cleared = shop
        .numbers
        .update(&admin, number, patch(Some(""), Some(" ")))
        .await
        .unwrap();
    assert_eq!((cleared.busy_message.as_str(), cleared.overflow), ("", None));
    for (words, overflow, fault) in [
        (Some("x".repeat(301)), None, "busy_message"),
        (Some("a\nb".to_owned()), None, "busy_message"),
        (None, Some("5".to_owned()), "overflow_e164"),
        (None, Some(set.e164.to_string()), "overflow_e164"),
    ] {
        let refused = shop
            .numbers
            .update(&admin, number, patch(words.as_deref(), overflow.as_deref()))
            .await
            .unwrap_err();
        assert_eq!(refused.fields()[0].param, fault, "{refused:?}");
    }
}
