//! Who and what answers, and what is then done.

use phony_journeys::eventually;
use serde_json::json;

use super::Desk;

#[tokio::test]
async fn a_person_is_told_who_calls_and_the_bill_follows() {
    let desk = Desk::new().await;
    for (engine, to) in [
        ("relay", "+14155550171"),
        ("gather", "+14155550172"),
        ("realtime", "+14155550173"),
    ] {
        desk.telephone(json!({ "number": to, "answerer": "person", "ring_ms": 200, "stay": true }))
            .await;
        let id = desk
            .ring(&json!({
                "to": to, "engine": engine, "opening_message": "Your order {{order}} is ready, {{name}}.",
                "variables": { "order": "A-7", "name": "Ben" }, "metadata": { "crm": "42" },
            }))
            .await;
        let call = desk.reaches(&id, "in_progress").await;
        assert_eq!((&call["engine"], &call["to"]), (&json!(engine), &json!(to)));
        assert_eq!(
            (&call["from"], &call["metadata"]["crm"]),
            (&json!(desk.from), &json!("42"))
        );
        assert_eq!(call["policy_version"], 1);
        let opening = "an AI assistant calling on behalf of acme. Your order A-7 is ready, Ben.";
        eventually("the opening is heard", async || {
            desk.heard(&call).await.contains(opening).then_some(())
        })
        .await;
        let refused = desk
            .acme
            .admin
            .send("POST", &format!("/v1/calls/{id}/cancel"), &[], None)
            .await;
        let _ = refused.expect_problem(409, "call_answered");
        let hangup = format!("/sim/calls/{}/hangup", call["call_sid"].as_str().unwrap());
        let _ = desk.product.control().post(&hangup, &json!({})).await;
        let over = desk.over(&id).await;
        assert_eq!(over["ended_reason"], "caller_hangup");
    }
    let skus = desk.skus().await;
    assert!(skus.contains(&"twilio.outbound_minute".to_owned()), "{skus:?}");
    assert!(!skus.contains(&"twilio.inbound_minute".to_owned()), "{skus:?}");
}

#[tokio::test]
async fn who_does_not_answer_ends_the_call_with_the_reason_and_costs_nothing() {
    let desk = Desk::new().await;
    let before = desk.skus().await;
    for (answerer, to, reason) in [
        ("busy", "+14155550161", "dial_busy"),
        ("no_answer", "+14155550162", "dial_no_answer"),
        ("reject", "+14155550163", "dial_rejected"),
        ("fail", "+14155550164", "dial_invalid"),
    ] {
        desk.telephone(json!({ "number": to, "answerer": answerer, "ring_ms": 200 }))
            .await;
        let id = desk.ring(&json!({ "to": to, "answer_timeout_seconds": 5 })).await;
        let over = desk.over(&id).await;
        assert_eq!(over["ended_reason"], reason, "{over:#}");
        assert_eq!(over["cost"], json!(null));
    }
    assert_eq!(desk.skus().await, before, "nothing was billed");
}

#[tokio::test]
async fn mailboxes_menus_and_screeners_get_what_was_ordered() {
    let desk = Desk::new().await;
    let message = "Please call Acme back about your order.";
    let policies = json!({
        "mailbox": { "action": "leave_message", "text": "Please call {{company}} back about your order." },
        "menu": { "action": "press", "digits": "2" },
        "screening": { "action": "hang_up" },
    });
    let order = |to: &str, machine: &serde_json::Value, engine: &str| json!({ "to": to, "engine": engine, "machine_detection": machine, "variables": { "company": "Acme" } });
    for (to, engine) in [("+14155550181", "relay"), ("+14155550182", "gather")] {
        desk.telephone(json!({ "number": to, "answerer": "mailbox", "ring_ms": 200, "stay": true }))
            .await;
        let id = desk.ring(&order(to, &policies, engine)).await;
        let over = desk.over(&id).await;
        assert_eq!(over["ended_reason"], "voicemail_left", "{engine}: {over:#}");
        assert_eq!(over["machine"]["kind"], "mailbox");
        let heard = desk.heard(&over).await;
        assert!(heard.contains(message), "{engine}: {heard}");
    }

    let to = "+14155550183";
    desk.telephone(json!({ "number": to, "answerer": "mailbox", "ring_ms": 200, "stay": true }))
        .await;
    let id = desk.ring(&json!({ "to": to, "machine_detection": {} })).await;
    assert_eq!(desk.over(&id).await["ended_reason"], "voicemail_hangup");

    let to = "+14155550184";
    // In words that the simulated model does not act on itself.
    desk.telephone(json!({ "number": to, "answerer": "menu", "ring_ms": 200, "stay": true,
        "greeting": "Para español, oprima dos.", "choices": { "2": [{ "say": "You have reached support." }] } }))
        .await;
    let id = desk.ring(&order(to, &policies, "relay")).await;
    let call = desk.reaches(&id, "in_progress").await;
    let path = format!("/sim/calls/{}", call["call_sid"].as_str().unwrap());
    eventually("the menu has its key", async || {
        let report = desk.product.control().get(&path).await.expect(200).text;
        report.contains("You have reached support").then_some(())
    })
    .await;
    eventually("the machine is known for what it is", async || {
        (desk.call(&id).await["machine"]["kind"] == "menu").then_some(())
    })
    .await;
    let _ = desk
        .product
        .control()
        .post(&format!("{path}/hangup"), &json!({}))
        .await;
    let _ = desk.over(&id).await;

    // A menu in words on which the model acts itself: one of the two serves it.
    let to = "+14155550186";
    desk.telephone(json!({ "number": to, "answerer": "menu", "ring_ms": 200, "stay": true,
        "greeting": "Welcome. For support, press one.", "choices": { "1": [{ "say": "You have reached support." }] } }))
        .await;
    let mut by_order = order(to, &policies, "relay");
    by_order["machine_detection"]["menu"]["digits"] = json!("1");
    let id = desk.ring(&by_order).await;
    let call = desk.reaches(&id, "in_progress").await;
    let path = format!("/sim/calls/{}", call["call_sid"].as_str().unwrap());
    // The words of the menu reach both; whoever is second is told that the other has pressed.
    let items = eventually("one has pressed and the other was refused", async || {
        let items = desk
            .acme
            .admin
            .get(&format!("/v1/calls/{id}/items"))
            .await
            .expect(200);
        let both = items.text.contains("dtmf_sent") && items.text.contains("pressed_already");
        both.then_some(items)
    })
    .await;
    let items = items["data"].as_array().unwrap();
    let sent = items.iter().filter(|item| item["kind"] == "dtmf_sent").count();
    assert_eq!(sent, 1, "{items:#?}");
    eventually("the menu has the key, and goes on", async || {
        let report = desk.product.control().get(&path).await.expect(200).text;
        report.contains("You have reached support").then_some(())
    })
    .await;
    let _ = desk
        .product
        .control()
        .post(&format!("{path}/hangup"), &json!({}))
        .await;
    let _ = desk.over(&id).await;

    let to = "+14155550185";
    desk.telephone(json!({ "number": to, "answerer": "screener", "ring_ms": 200, "stay": true }))
        .await;
    let id = desk.ring(&order(to, &policies, "relay")).await;
    let over = desk.over(&id).await;
    assert_eq!(
        (&over["ended_reason"], &over["machine"]["kind"]),
        (&json!("screened"), &json!("screening"))
    );
    let skus = desk.skus().await;
    assert!(skus.contains(&"twilio.amd".to_owned()), "{skus:?}");
}

#[tokio::test]
async fn who_asks_for_no_more_calls_gets_none_and_the_carriers_price_is_shown() {
    let desk = Desk::new().await;
    let to = "+14155550191";
    desk.telephone(
        json!({ "number": to, "answerer": "person", "ring_ms": 200, "script": [
        { "wait_ms": 500 }, { "say": "Please take me off your list and stop calling me" },
        { "wait_ms": 3_000 }, { "hangup": true }] }),
    )
    .await;
    let id = desk.ring(&json!({ "to": to })).await;
    let call = desk.over(&id).await;
    let listed = eventually("the wish is on the list", async || {
        let listed = desk.acme.admin.get("/v1/do_not_call").await.expect(200);
        listed["data"][0].is_object().then_some(listed)
    })
    .await;
    assert_eq!(listed["data"][0]["masked"], "+1415•••••91", "{}", listed.text);
    let _ = desk
        .place(&json!({ "to": to }))
        .await
        .expect_problem(403, "blocked_do_not_call");
    let entry = listed["data"][0]["id"].as_str().unwrap();
    let _ = desk
        .acme
        .admin
        .delete(&format!("/v1/do_not_call/{entry}"))
        .await
        .expect(204);

    assert_eq!(call["carrier_price"], json!(null), "not known yet");
    let mut admin = desk.product.admin_connection().await;
    let price = eventually("the price is shown", async || {
        // The wait of the first look is not this test's.
        let call = desk.call(&id).await;
        (call["carrier_price"]["currency"] == "USD").then_some(call["carrier_price"].clone())
    });
    let hurry = async {
        for _ in 0..200 {
            sqlx::query("UPDATE phony.outbox SET next_attempt_at = now() WHERE topic = 'call.price' AND done_at IS NULL")
                .execute(&mut admin)
                .await
                .unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
        }
    };
    let price = tokio::select! { price = price => price, () = hurry => json!(null) };
    assert!(
        price["amount"].as_str().unwrap().parse::<f64>().unwrap() > 0.0,
        "{price}"
    );

    let _ = desk
        .acme
        .admin
        .delete(&format!("/v1/calls/{id}"))
        .await
        .expect(204);
    eventually("nothing that was said is left", async || {
        let items = desk
            .acme
            .admin
            .get(&format!("/v1/calls/{id}/items"))
            .await
            .expect(200);
        items["data"].as_array().unwrap().is_empty().then_some(())
    })
    .await;
    assert!(desk.call(&id).await["cost"].is_object(), "what it cost stays");
}
