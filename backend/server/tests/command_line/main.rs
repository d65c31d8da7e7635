//! The command line as people and programs use it: the real `phony` against a running product.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a journey that cannot go on has failed"
)]

mod program;

use phony_journeys::{Balancer, Product, eventually};
use program::{Cli, EVERYTHING, PATIENCE, with_key};
use serde_json::{Value, json};
use tokio::time::timeout;

#[tokio::test]
async fn what_is_not_right_is_said_before_anything_is_asked() {
    let nobody = Cli {
        url: "http://127.0.0.1:1".to_owned(),
        key: "ph_live_x".to_owned(),
    };
    let help = nobody.run(&["--help"]).await.expect(0).out;
    for words in ["Exit codes:", "PHONY_API_KEY", "phony talk", "completions"] {
        assert!(help.contains(words), "{words}: {help}");
    }
    for command in ["number", "call", "talk", "duet", "tail"] {
        let help = nobody.run(&[command, "--help"]).await.expect(0).out;
        assert!(
            help.contains("Examples:") && help.contains("Exit codes:"),
            "{help}"
        );
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = nobody.run(&["completions", shell]).await.expect(0).out;
        assert!(script.contains("duet"), "{shell}");
    }
    nobody.run(&["number", "buy"]).await.expect(2);
    nobody
        .run(&["call", "+14155550142", "--var", "name"])
        .await
        .expect(2);
    nobody.run(&["dance"]).await.expect(2);
    let missing = Cli {
        url: String::new(),
        key: String::new(),
    };
    let missing = missing.run(&["number", "list"]).await.expect(2);
    assert!(missing.err.contains("PHONY_URL") && missing.err.contains("PHONY_API_KEY"));
    let naked = nobody
        .run(&["number", "list", "--url", "http://phony.example.com"])
        .await;
    assert!(naked.expect(2).err.contains("unencrypted"));
    let unreachable = nobody.run(&["number", "list", "--json"]).await.expect(5);
    assert_eq!(unreachable.out, "");
    let problem: Value = serde_json::from_str(&unreachable.err).unwrap();
    assert_eq!(problem["code"], "not_reachable");
}

#[tokio::test]
async fn a_number_is_found_bought_once_and_listed() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let cli = with_key(&product, &acme, EVERYTHING).await;
    let found = cli
        .run(&["number", "search", "--area-code", "415"])
        .await
        .expect(0)
        .out;
    assert!(found.starts_with("NUMBER"), "{found}");
    let on_sale = cli
        .run(&["number", "search", "--area-code", "415", "--json"])
        .await
        .expect(0);
    let e164 = on_sale.values()[0]["e164"].as_str().unwrap().to_owned();
    assert!(found.contains(&e164));
    let buy = [
        "number",
        "buy",
        &e164,
        "--label",
        "Front desk",
        "--personality",
        "friendly helper",
        "--idempotency-key",
        "once",
        "--json",
    ];
    let first = cli.run(&buy).await.expect(0).values();
    assert_eq!(
        (&first[0]["e164"], &first[0]["status"]),
        (&json!(e164), &json!("active"))
    );
    assert_eq!(cli.run(&buy).await.expect(0).values(), first);
    let listed = cli.run(&["number", "list"]).await.expect(0).out;
    assert_eq!(listed.matches(&e164).count(), 1, "{listed}");
    assert!(
        listed.contains("Front desk") && listed.contains("Friendly Helper"),
        "{listed}"
    );
    // Every fault of an input stands beside its field, with the request to ask about.
    let refused = cli
        .run(&["number", "search", "--country", "Atlantis"])
        .await
        .expect(4);
    for words in ["country", "validation_failed", "request "] {
        assert!(refused.err.contains(words), "{words}: {}", refused.err);
    }
    let unknown = cli
        .run(&["number", "buy", &e164, "--personality", "nobody at all"])
        .await
        .expect(2);
    assert!(unknown.err.contains("Friendly Helper"), "{}", unknown.err);
    // A key that is not good, and a good one that may not do this.
    let stranger = Cli {
        url: product.url.clone(),
        key: "ph_live_nobody".to_owned(),
    };
    assert!(
        stranger
            .run(&["number", "list"])
            .await
            .expect(3)
            .err
            .contains("PHONY_API_KEY")
    );
    let reader = with_key(&product, &acme, &["numbers:read"]).await;
    reader.run(&["number", "list"]).await.expect(0);
    reader.run(&["number", "buy", "--country", "US"]).await.expect(3);
    // `phony … | head` has had enough.
    let mut child = cli.command(&["number", "search", "--json"]).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(
        timeout(PATIENCE, child.wait()).await.unwrap().unwrap().code(),
        Some(0)
    );
}

#[tokio::test]
async fn a_personality_is_talked_with_and_two_talk_with_each_other() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let cli = with_key(&product, &acme, EVERYTHING).await;
    let typed = "What are your opening hours?\n\n/bye\n";
    let talked = cli.type_in(&["talk", "Friendly Helper"], typed).await.expect(0);
    let said = talked
        .out
        .lines()
        .position(|line| line == "you  What are your opening hours?");
    let answer = talked.out.lines().nth(said.expect("what was typed") + 1).unwrap();
    assert!(answer.starts_with("Friendly Helper  "), "{}", talked.out);
    let summary = talked.out.lines().last().unwrap();
    assert!(summary.contains("call_") && summary.contains("p50"), "{summary}");
    // For a program: a value a line, and the end of the input is a goodbye.
    let talked = cli
        .type_in(&["talk", "--json"], "What are your opening hours?\n")
        .await
        .expect(0);
    let values = talked.values();
    assert!(values.iter().any(|line| line["speaker"] == "caller"));
    assert_eq!(values.last().unwrap()["ended_reason"], "caller_hangup");
    // A lost connection is taken up again, with the talk remembered.
    let between = Balancer::start().await;
    between.open(&product.url);
    let far = Cli {
        url: between.url.clone(),
        key: cli.key.clone(),
    };
    let mut talk = far.start(&["talk", "Friendly Helper", "--json"]);
    talk.line("\"speaker\":\"agent\"").await;
    between.close();
    between.open(&product.url);
    talk.types("What are your opening hours?").await;
    talk.line("\"speaker\":\"caller\"").await;
    talk.line("nine in the morning").await;
    talk.types("/bye").await;
    talk.line("caller_hangup").await;
    assert_eq!(talk.code().await, 0);
    let duet = [
        "duet",
        "sales",
        "friendly helper",
        "--topic",
        "a table for four",
        "--turns",
        "2",
        "--json",
    ];
    let duet = cli.run(&duet).await.expect(0);
    let speakers: Vec<String> = duet
        .values()
        .iter()
        .filter_map(|line| Some(line["speaker"].as_str()?.to_owned()))
        .collect();
    let turns = ["caller", "callee", "caller", "callee"];
    assert!(speakers.ends_with(&turns.map(str::to_owned)), "{}", duet.out);
    let ended: Vec<Value> = duet
        .values()
        .into_iter()
        .filter(|line| line["id"].is_string())
        .collect();
    assert_eq!(ended.len(), 2);
    assert!(
        ended
            .iter()
            .all(|call| call["status"] == "ended" && call["channel"] == "web")
    );
}

#[tokio::test]
async fn events_are_followed_over_a_lost_connection() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let number = product.buy_number(&acme).await;
    let between = Balancer::start().await;
    between.open(&product.url);
    let mut cli = with_key(&product, &acme, EVERYTHING).await;
    cli.url.clone_from(&between.url);
    let mut wall = cli.start(&["tail", "--json"]);
    let snapshot = wall.line("\"topic\":\"calls\"").await;
    let snapshot: Value = serde_json::from_str(&snapshot).unwrap();
    assert_eq!(snapshot["state"]["calls"], json!([]));
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    let answered = wall.line("\"status\":\"in_progress\"").await;
    let answered: Value = serde_json::from_str(&answered).unwrap();
    assert_eq!(answered["call_sid"], caller.call_sid.as_str());
    let id = answered["id"].as_str().unwrap().to_owned();
    caller.hears("help").await;
    // What is said while nobody is connected is told afterwards.
    between.close();
    caller.say("What are your opening hours?").await;
    eventually("the agent has answered", async || {
        let items = acme.admin.get(&format!("/v1/calls/{id}/items")).await.expect(200);
        (items["data"].as_array()?.len() >= 3).then_some(())
    })
    .await;
    between.open(&product.url);
    let said = wall.line("opening hours").await;
    assert!(said.contains("speech.final") && said.contains(&id), "{said}");
    let mut one = cli.start(&["tail", "--call", &id]);
    one.line("What are your opening hours?").await;
    caller.hang_up().await;
    one.line("ended: caller hangup").await;
    assert_eq!(one.code().await, 0);
    wall.line("\"status\":\"ended\"").await;
    wall.interrupt().await;
    assert_eq!(wall.code().await, 0);
    let nothing = cli
        .run(&["tail", "--call", "call_0199c0de000070008000000000000000"])
        .await;
    assert!(nothing.expect(4).err.contains("not_found"));
    let blind = with_key(&product, &acme, &["calls:read"]).await;
    blind.run(&["tail"]).await.expect(3);
}

#[tokio::test]
async fn a_call_is_placed_and_followed_to_its_outcome() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    // Pools come with it.
    product.upgrade_to(&acme, "enterprise").await;
    product.buy_number(&acme).await;
    // It must not matter at which hour this runs.
    product.allow_outbound(&acme).await;
    let phone = async |number: &str, behaviour: Value| {
        let mut telephone = behaviour;
        telephone["number"] = number.into();
        let set = product.control().post("/sim/targets", &telephone).await;
        assert!(set.status < 300, "{}", set.text);
    };
    let script = json!([{ "wait_ms": 3_000 }, { "say": "What are your opening hours?" }, { "wait_ms": 6_000 }, { "hangup": true }]);
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
