//! Three supervisors act on one call at once, at two instances: what comes of it is one history, the same for all.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use phony_journeys::{Client, LiveSocket, Product, eventually};
use phony_kernel::Role;
use serde_json::{Value, json};

const ACTS: usize = 100;

/// The act of a number; every third supervisor in turn does it.
fn act(number: usize) -> Value {
    let mut act = match number % 10 {
        0 => json!({ "type": "claim", "take": number.is_multiple_of(20) }),
        1 => json!({ "type": "note", "text": format!("Note {number}.") }),
        2 => json!({ "type": "dtmf", "digits": (number % 10).to_string() }),
        3 => json!({ "type": "hold" }),
        4 => json!({ "type": "say", "text": format!("Sentence {number}."), "when": "after_turn" }),
        5 => json!({ "type": "unhold" }),
        6 => json!({ "type": "say", "text": format!("Guidance {number}."), "mode": "guidance" }),
        7 => json!({ "type": "release" }),
        8 => json!({ "type": "approval_mode", "mode": if number % 20 == 8 { "on_tools" } else { "off" } }),
        _ => {
            json!({ "type": "clarify", "clarification_id": "itm_00000000000000000000000000000000", "answer": "Yes." })
        }
    };
    act["action_id"] = json!(format!("race-{number}"));
    act
}

/// Sends an act until the call takes it in; a call takes in so many at a time.
async fn insist(client: &Client, path: &str, act: &Value) -> Value {
    eventually("the call takes the act in", async || {
        let answer = client.post(path, act).await;
        match (answer.status, &answer["retryable"]) {
            // The call's queue, or the connections, of which a machine with other work has too few for all at once.
            (503, Value::Bool(true)) => None,
            _ => Some(answer.expect(200).json),
        }
    })
    .await
}

/// What became of the acts, in the order in which it was told.
fn history(socket: &LiveSocket) -> Vec<(u64, String, Value)> {
    let told = socket.seen.iter().filter(|frame| frame["op"] == "event");
    told.filter_map(|frame| {
        let what = match frame["event"].as_str()? {
            "supervisor.action" => format!("{} {}", frame["data"]["action_id"], frame["data"]["status"]),
            "supervision.claimed" => "claimed".to_owned(),
            _ => return None,
        };
        Some((frame["seq"].as_u64()?, what, frame["data"].clone()))
    })
    .collect()
}

/// Reads on until every act has its end.
async fn all_done(socket: &mut LiveSocket) {
    let mut done = BTreeSet::new();
    let is_end = |frame: &Value| {
        let status = frame["data"]["status"].as_str().unwrap_or_default();
        frame["event"] == "supervisor.action" && status != "accepted"
    };
    while done.len() < ACTS {
        let frame = socket.wait_for("the end of an act", is_end).await;
        done.insert(frame["data"]["action_id"].to_string());
    }
}

#[tokio::test]
async fn a_hundred_acts_of_three_supervisors_leave_one_history() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let (second, second_url) = product.second_instance().await;
    let number = product.buy_number(&acme).await;
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    caller.hears("help").await;
    let path = format!("/v1/calls/{}/actions", caller.call_sid);
    let (mut people, mut sockets) = (Vec::new(), Vec::new());
    for number in 0..3 {
        let person = product.member(&acme, Role::Supervisor).await;
        let url = if number == 1 { &second_url } else { &product.url };
        let person = Client::new(url, person.token());
        let mut socket = LiveSocket::open(url, &person).await;
        socket
            .send(&json!({ "op": "subscribe", "topic": "call", "id": caller.call_sid }))
            .await;
        socket
            .wait_for("the console", |frame| frame["op"] == "snapshot")
            .await;
        people.push(person);
        sockets.push(socket);
    }
    // Each act is sent twice, by two ways: the same person at both instances.
    let ways = |number: usize| {
        let person = &people[number % 3];
        let elsewhere = if number % 3 == 1 {
            &product.url
        } else {
            &second_url
        };
        [person.clone(), Client::new(elsewhere, person.token())]
    };
    let answers = join_all((0..ACTS).flat_map(|number| {
        ways(number).map(|client| {
            let path = &path;
            async move { (number, insist(&client, path, &act(number)).await) }
        })
    }))
    .await;
    join_all(sockets.iter_mut().map(all_done)).await;

    let first = history(&sockets[0]);
    assert!(
        first.windows(2).all(|pair| pair[0].0 < pair[1].0),
        "in order, nothing twice"
    );
    for socket in &sockets[1..] {
        assert_eq!(history(socket), first, "all are told the same");
    }
    // Each act is taken in once and ends once, and what was answered is what became of it.
    let mut ends = BTreeMap::new();
    for (_, what, data) in &first {
        if data["action_id"].is_null() {
            continue;
        }
        let id = data["action_id"].as_str().unwrap().to_owned();
        match data["status"].as_str().unwrap() {
            "accepted" => assert!(!ends.contains_key(&id), "{what} after its end"),
            end => assert!(ends.insert(id, end.to_owned()).is_none(), "{what} twice"),
        }
    }
    assert_eq!(ends.len(), ACTS);
    let taken_in = first
        .iter()
        .filter(|(_, _, data)| data["status"] == "accepted")
        .count();
    assert_eq!(taken_in, ACTS);
    for (number, answer) in &answers {
        let end = &ends[&format!("race-{number}")];
        assert!(
            answer["status"] == "accepted" || answer["status"] == end.as_str(),
            "{answer}: {end}"
        );
    }
    // Whoever handled the call, nobody else's act was done meanwhile.
    let mut holder = Value::Null;
    let mut held = 0;
    for (_, what, data) in &first {
        if what == "claimed" {
            holder = data["actor"]["id"].clone();
            continue;
        }
        let kind = data["action"]["type"].as_str().unwrap();
        let asks_nobody = matches!(kind, "claim" | "note") || data["status"] != "applied";
        if !asks_nobody && !holder.is_null() && kind != "say" {
            assert_eq!(data["by"]["id"], holder, "{what}");
            held += 1;
        }
        assert!(data["code"] != "claimed_by_other" || !holder.is_null(), "{what}");
    }
    assert!(held > 0, "nothing was done while somebody handled the call");

    // Repeats change nothing, whoever asks where.
    let seq = first.last().unwrap().0;
    for number in (0..ACTS).step_by(7) {
        for client in ways(number) {
            let again = insist(&client, &path, &act(number)).await;
            assert_eq!(
                again["status"],
                ends[&format!("race-{number}")].as_str(),
                "{again}"
            );
        }
    }
    // A last act comes after all of them, and between is nothing.
    let last = json!({ "action_id": "last", "type": "note", "text": "That is all." });
    let _ = insist(&people[2], &path, &last).await;
    for socket in &mut sockets {
        socket
            .wait_for("the last act", |frame| frame["data"]["action_id"] == "last")
            .await;
        let since = history(socket)
            .into_iter()
            .filter(|(at, what, _)| *at > seq && what != "claimed");
        assert!(since.into_iter().all(|(_, what, _)| what.starts_with("\"last\"")));
    }
    // The ledger and a new reader have the same.
    caller.hang_up().await;
    caller.is_over().await;
    let ledger = eventually("the ledger has every act", async || {
        let mut found = BTreeMap::new();
        let mut cursor = String::new();
        loop {
            let page = format!("/v1/calls/{}/items?limit=100{cursor}", caller.call_sid);
            let page = acme.admin.get(&page).await.expect(200);
            for item in page["data"].as_array()? {
                if let (Some(id), Some(status)) = (item["action_id"].as_str(), item["status"].as_str()) {
                    assert!(
                        found.insert(id.to_owned(), status.to_owned()).is_none(),
                        "{id} is there twice"
                    );
                }
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        found.remove("last");
        (found.len() == ACTS).then_some(found)
    })
    .await;
    assert_eq!(ledger, ends);
    second.stop_now().await;
}
