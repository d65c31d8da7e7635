//! Chat by plain requests: the same agent, typed, at any instance, and a call like every other.

use phony_journeys::{Answer, Client, Product, Tenant, eventually};
use phony_kernel::Role;
use serde_json::{Value, json};

/// What one turn was answered with.
struct Turn {
    conversation: Value,
    /// The text of each line, in their order.
    lines: Vec<String>,
    /// The last event, and what it tells.
    end: (String, Value),
}

/// Reads a turn; every event has one line of data.
fn turn(answer: &Answer) -> Turn {
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let (mut lines, mut known, mut conversation, mut end) =
        (Vec::<String>::new(), Vec::new(), Value::Null, None);
    for event in answer
        .text
        .split("\n\n")
        .filter(|event| event.starts_with("event: "))
    {
        assert!(end.is_none(), "nothing follows the end: {}", answer.text);
        let (name, data) = event.split_once("\ndata: ").unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        match name.trim_start_matches("event: ") {
            "conversation" => conversation = data["conversation_id"].clone(),
            "text" => {
                let text = data["text"].as_str().unwrap();
                match known.iter().position(|line| *line == data["item_id"]) {
                    Some(line) => lines[line].push_str(text),
                    None => {
                        known.push(data["item_id"].clone());
                        lines.push(text.to_owned());
                    }
                }
            }
            last => end = Some((last.to_owned(), data)),
        }
    }
    Turn {
        conversation,
        lines: lines.iter().map(|line| line.trim().to_owned()).collect(),
        end: end.unwrap_or_else(|| panic!("no end: {}", answer.text)),
    }
}

async fn says(client: &Client, body: Value) -> Turn {
    turn(&client.post("/v1/chat", &body).await.expect(200))
}

/// A company whose Maya knows about returns, repairs and goodbyes.
async fn company(product: &Product) -> (Tenant, Value) {
    let acme = product.tenant("acme").await;
    let body = json!({
        "name": "Maya", "greeting": "Hello, this is Maya.",
        "system_prompt": "You are Maya and answer for a bicycle shop.",
    });
    let made = acme.admin.post("/v1/personalities", &body).await.expect(201);
    let rules = json!([
        { "when_contains": "return", "reply": "You can return it within 30 days." },
        { "when_contains": "repair", "reply": "We repair everything with wheels." },
        { "when_contains": "goodbye", "reply": "Have a nice day. [[end_call]]" },
    ]);
    product.order("/sim/model/rules", &rules).await;
    let id = made["id"].clone();
    (acme, id)
}

#[tokio::test]
async fn the_same_agent_answers_what_is_typed() {
    let product = Product::start().await;
    let (acme, maya) = company(&product).await;
    let admin = &acme.admin;
    let first = says(
        admin,
        json!({ "personality_id": maya, "text": "May I return it?" }),
    )
    .await;
    assert_eq!(
        first.lines,
        ["Hello, this is Maya.", "You can return it within 30 days."]
    );
    assert_eq!(first.end.0, "done");
    assert_eq!(first.end.1["conversation_id"], first.conversation);
    let id = first.conversation.as_str().unwrap();
    // It goes on at another instance, and knows what was said.
    let (second, url) = product.second_instance().await;
    let far = Client::new(&url, admin.token());
    let next = says(
        &far,
        json!({ "conversation_id": id, "text": "Do you repair it too?" }),
    )
    .await;
    assert_eq!((&next.conversation, next.end.0.as_str()), (&json!(id), "done"));
    assert_eq!(next.lines, ["We repair everything with wheels."]);
    let requests = product.control().get("/sim/requests").await.expect(200).text;
    assert!(requests.contains("May I return it?") && requests.contains("Do you repair it too?"));
    // A call like every other.
    let call = admin.get(&format!("/v1/calls/{id}")).await.expect(200);
    assert_eq!(
        (&call["channel"], &call["typed"], &call["status"]),
        (&json!("web"), &json!(true), &json!("in_progress"))
    );
    eventually("the wall has its last words", async || {
        let live = admin.get("/v1/calls/live").await.expect(200);
        (live["data"][0]["last_words"]["text"] == "We repair everything with wheels.").then_some(())
    })
    .await;

    // Nobody else's: not of others of the company, not of another, not of who only looks on.
    let goes_on = json!({ "conversation_id": id, "text": "I am somebody else." });
    let ben = product.member(&acme, Role::Supervisor).await;
    let viewer = product.member(&acme, Role::Viewer).await;
    let globex = product.tenant("globex").await;
    for other in [&ben, &globex.admin] {
        other
            .post("/v1/chat", &goes_on)
            .await
            .expect_problem(404, "not_found");
    }
    let begins = json!({ "personality_id": maya, "text": "Hello?" });
    for body in [&goes_on, &begins] {
        viewer
            .post("/v1/chat", body)
            .await
            .expect_problem(403, "forbidden");
        product
            .anonymous()
            .post("/v1/chat", body)
            .await
            .expect_problem(401, "unauthenticated");
    }
    globex
        .admin
        .post("/v1/chat", &begins)
        .await
        .expect_problem(404, "not_found");
    let faults = admin
        .post("/v1/chat", &json!({ "text": " " }))
        .await
        .expect_problem(422, "validation_failed");
    let params: Vec<_> = faults["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| &fault["param"])
        .collect();
    assert_eq!(params, ["text", "personality_id"]);

    // People step in as in every call.
    let note =
        json!({ "action_id": "whisper", "type": "say", "text": "Offer a free lock.", "mode": "guidance" });
    assert_eq!(admin.act(id, &note).await["status"], "applied");
    let alias = json!({ "userText": "Thank you, goodbye.", "context": { "conversation_id": id } });
    let last = turn(&far.post("/phone/chatbot", &alias).await.expect(200));
    assert_eq!(last.lines, ["Have a nice day."]);
    assert_eq!(
        (last.end.0.as_str(), &last.end.1["reason"]),
        ("ended", &json!("agent_hangup"))
    );
    eventually("the call has ended", async || {
        let call = admin.get(&format!("/v1/calls/{id}")).await.expect(200);
        (call["status"] == "ended").then_some(())
    })
    .await;
    let over = admin
        .post("/v1/chat", &json!({ "conversation_id": id, "text": "Hello?" }))
        .await;
    over.expect_problem(409, "call_ended");
    let items = admin
        .get(&format!("/v1/calls/{id}/items?limit=100"))
        .await
        .expect(200);
    let said: Vec<_> = items["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["kind"] == "speech")
        .collect();
    assert_eq!(said.len(), 7, "{said:#?}");
    assert!(!items.text.contains("somebody else"));
    second.stop_now().await;
}
