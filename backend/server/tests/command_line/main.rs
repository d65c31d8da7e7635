//! The command line as people and programs use it: the real `phony` against a running product.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a journey that cannot go on has failed"
)]

mod calls;
mod installation;
mod killed;
mod operate;
mod program;
mod restore;

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
