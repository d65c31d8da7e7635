//! Calls that are placed, followed, taken back, and a duet by telephone.

use phony_journeys::{Product, eventually};
use serde_json::{Value, json};

use super::program::{EVERYTHING, with_key};

#[tokio::test]
async fn a_call_is_placed_and_followed_to_its_outcome() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    product.buy_number(&acme).await;
    // It must not matter at which hour this runs.
    product.allow_outbound(&acme).await;
    let phone = async |number: &str, behaviour: Value| {
        let mut telephone = behaviour;
        telephone["number"] = number.into();
        let set = product.control().post("/sim/targets", &telephone).await;
        assert!(set.status < 300, "{}", set.text);
    };
    let script = json!([{ "wait_for": "this is Acme" }, { "say": "What are your opening hours?" }, { "wait_ms": 6_000 }, { "hangup": true }]);
    phone("+14155550142", json!({ "outcome": "answer", "script": script })).await;
    phone("+14155550143", json!({ "outcome": "busy" })).await;
    let cli = with_key(&product, &acme, EVERYTHING).await;
    let message = [
        "call",
        "(415) 555-0142",
        "--message",
        "Hello {{name}}, this is Acme.",
        "--var",
        "name=Ana",
        "--metadata",
        "order=7",
        "--follow",
    ];
    let talked = cli.run(&message).await.expect(0);
    for words in [
        "callee",
        "What are your opening hours?",
        "Hello Ana",
        "ended: caller hangup",
        "call_",
    ] {
        assert!(talked.out.contains(words), "{words}: {}", talked.out);
    }
    // A machine takes the call: it is told from a person, and what was said for it is left.
    phone(
        "+14155550144",
        json!({ "answerer": "mailbox", "greeting": "You have reached Ben, please leave a message." }),
    )
    .await;
    let mailbox = [
        "call",
        "+14155550144",
        "--machine-detection=mailbox=leave_message:Please call Acme back.",
        "--json",
        "--follow",
    ];
    let left = cli.run(&mailbox).await.expect(0).values();
    assert_eq!(left.last().unwrap()["ended_reason"], "voicemail_left", "{left:?}");
    let hang_up = [
        "call",
        "+14155550144",
        "--machine-detection=mailbox=hang-up",
        "--json",
        "--follow",
    ];
    let nobody = cli.run(&hang_up).await.expect(6).values();
    assert_eq!(
        nobody.last().unwrap()["ended_reason"],
        "voicemail_hangup",
        "{nobody:?}"
    );
    let odd = cli
        .run(&["call", "+14155550144", "--machine-detection=fax=dance"])
        .await;
    assert!(odd.expect(2).err.contains("mailbox"));
    // It rings for as long as was said, and no longer.
    phone("+14155550145", json!({ "answerer": "no_answer" })).await;
    let short = [
        "call",
        "+14155550145",
        "--answer-timeout",
        "5",
        "--json",
        "--follow",
    ];
    let short = cli.run(&short).await.expect(6).values();
    assert_eq!(short.last().unwrap()["ended_reason"], "dial_no_answer");
    cli.run(&["call", "+14155550145", "--answer-timeout", "4"])
        .await
        .expect(2);
    // Taken back while it rings, in both ways of saying so.
    let long = ["call", "+14155550145", "--answer-timeout", "600", "--json"];
    for word in [&["cancel"][..], &["--cancel"]] {
        let ringing = cli.run(&long).await.expect(0).values();
        let id = ringing[0]["id"].as_str().unwrap();
        let cancel = [&["call"], word, &[id]].concat();
        assert!(cli.run(&cancel).await.expect(0).out.contains(id));
        let path = format!("/v1/calls/{id}");
        eventually("the call is taken back", async || {
            let call = acme.admin.get(&path).await.expect(200);
            (call["ended_reason"] == "canceled").then_some(())
        })
        .await;
        // Once more changes nothing.
        assert!(cli.run(&cancel).await.expect(0).out.contains("ended"));
    }
    cli.run(&["call"]).await.expect(2);
    let over = cli
        .run(&[
            "call",
            "cancel",
            talked
                .out
                .split_whitespace()
                .find(|word| word.starts_with("call_"))
                .unwrap(),
        ])
        .await;
    assert!(over.expect(4).err.contains("call_ended"));
    let busy = cli
        .run(&["call", "+14155550143", "--json", "--follow"])
        .await
        .expect(6);
    assert_eq!(busy.values().last().unwrap()["ended_reason"], "dial_busy");
    // From a number of a pool, by its name, and from one of the numbers.
    let numbers = acme.admin.get("/v1/numbers").await.expect(200);
    let number = &numbers["data"][0];
    // Pools come with it; the plan is remembered for five seconds.
    product.upgrade_to(&acme, "enterprise").await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let pool = json!({ "name": "Outgoing", "strategy": "round_robin", "number_ids": [number["id"]] });
    let _ = acme.admin.post("/v1/number_pools", &pool).await.expect(201);
    let own = number["e164"].as_str().unwrap();
    for by in [["--pool", "outgoing"], ["--from", own]] {
        let placed = cli
            .run(&["call", "+14155550143", by[0], by[1], "--json"])
            .await
            .expect(0)
            .values();
        assert_eq!(placed[0]["from"], own);
    }
    let nowhere = cli
        .run(&["call", "+14155550143", "--pool", "nobody"])
        .await
        .expect(2);
    assert!(nowhere.err.contains("Outgoing"), "{}", nowhere.err);
    // Only placed, once for one key.
    let place = ["call", "+14155550143", "--idempotency-key", "k", "--json"];
    let placed = cli.run(&place).await.expect(0).values();
    let again = cli.run(&place).await.expect(0).values();
    assert_eq!(placed[0]["id"], again[0]["id"]);
    // Refused by the policy, and by what is missing.
    let abroad = cli.run(&["call", "+4930901820"]).await.expect(4);
    assert!(abroad.err.contains("blocked_destination"), "{}", abroad.err);
    let nameless = cli
        .run(&["call", "+14155550142", "--message", "Hello {{name}}"])
        .await
        .expect(4);
    assert!(nameless.err.contains("name"), "{}", nameless.err);
}

#[tokio::test]
async fn a_number_is_imported_and_two_personalities_ring_each_other() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    product.allow_outbound(&acme).await;
    let cli = with_key(&product, &acme, EVERYTHING).await;
    product.buy_number(&acme).await;
    let owned = product.owned_number().await;
    let e164 = owned["phone_number"].as_str().unwrap();
    let unknown = cli.run(&["number", "import", "+14155559999"]).await.expect(4);
    assert!(unknown.err.contains("request "), "{}", unknown.err);
    let import = [
        "number",
        "import",
        owned["sid"].as_str().unwrap(),
        "--label",
        "Sales",
        "--personality",
        "Sales Representative",
        "--json",
    ];
    let imported = cli.run(&import).await.expect(0).values();
    assert_eq!(
        (
            &imported[0]["e164"],
            &imported[0]["status"],
            &imported[0]["label"]
        ),
        (&json!(e164), &json!("active"), &json!("Sales"))
    );
    let listed = cli.run(&["number", "list"]).await.expect(0).out;
    assert!(
        listed.contains(e164) && listed.contains("Sales Representative"),
        "{listed}"
    );
    // Its calls come to us now: the one rings the other, both speak and understand.
    let duet = [
        "duet",
        "Professional Assistant",
        "Sales Representative",
        "--phone",
        "--topic",
        "the opening hours",
        "--turns",
        "2",
    ];
    let duet = cli.run(&duet).await.expect(0);
    for words in [
        "answered",
        "Professional Assistant  ",
        "Sales Representative  ",
        "the opening hours",
        "ended: ",
        "call_",
    ] {
        assert!(duet.out.contains(words), "{words}: {}", duet.out);
    }
    let calls = acme.admin.get("/v1/calls?limit=5").await.expect(200);
    let directions: Vec<&str> = calls["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| call["direction"].as_str().unwrap())
        .collect();
    assert_eq!(directions.len(), 2, "{}", calls.text);
    assert!(directions.contains(&"inbound") && directions.contains(&"outbound"));
}
