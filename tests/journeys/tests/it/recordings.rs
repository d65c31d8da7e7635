//! Recordings from their start to their deletion, over the simulated carrier.

mod on_demand;
mod personality;

use phony_journeys::{Caller, Client, Product, Tenant, eventually};
use phony_kernel::Role;
use phony_simulator::speech::to_ulaw;
use serde_json::{Value, json};

/// A number of a company that records its calls in this way.
async fn number(product: &Product, tenant: &Tenant, engine: &str, recording: &Value) -> String {
    let number = product.buy_number(tenant).await;
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    let body = json!({ "engine": engine, "recording": recording });
    let number = tenant.admin.patch(&path, &body).await.expect(200);
    assert_eq!(number["recording"]["mode"], recording["mode"]);
    number["e164"].as_str().unwrap().to_owned()
}

async fn recordings(client: &Client, call: &str) -> Vec<Value> {
    let list = client
        .get(&format!("/v1/calls/{call}/recordings"))
        .await
        .expect(200);
    list["data"].as_array().cloned().unwrap_or_default()
}

/// Waits until the one recording of a call stands there.
async fn stands(client: &Client, call: &str, status: &str) -> Value {
    eventually(&format!("the recording is {status}"), async || {
        let all = recordings(client, call).await;
        assert!(all.len() < 2, "{all:?}");
        let failed = all.iter().find(|one| !one["failure"].is_null());
        assert!(failed.is_none(), "{failed:?}");
        all.into_iter().find(|recording| recording["status"] == status)
    })
    .await
}

async fn act(client: &Client, call: &str, action_id: &str, op: &str) -> Value {
    let body = json!({ "action_id": action_id, "type": "record", "op": op });
    client
        .post(&format!("/v1/calls/{call}/actions"), &body)
        .await
        .expect(200)
        .json
}

/// The same, with what became of it.
async fn done(client: &Client, call: &str, action_id: &str, op: &str) -> Value {
    let body = json!({ "action_id": action_id, "type": "record", "op": op });
    client.act(call, &body).await
}

/// What the ledger says of the recording, in its order.
async fn told(client: &Client, call: &str) -> Vec<String> {
    let items = client.get(&format!("/v1/calls/{call}/items")).await.expect(200);
    let lines = items["data"].as_array().cloned().unwrap_or_default();
    lines
        .iter()
        .filter(|item| item["kind"] == "recording")
        .filter_map(|item| item["status"].as_str().map(str::to_owned))
        .collect()
}

async fn talks(caller: &Caller) {
    caller.hears("help").await;
}

/// The caller says something and hears an answer.
async fn asks(caller: &Caller, client: &Client, words: &str) {
    caller.say(words).await;
    let path = format!("/v1/calls/{}/items", caller.call_sid);
    eventually("the caller was answered", async || {
        let items = client.get(&path).await.expect(200);
        let speech: Vec<Value> = items["data"]
            .as_array()?
            .iter()
            .filter(|item| item["kind"] == "speech")
            .cloned()
            .collect();
        let asked = speech.iter().position(|line| line["text"] == words)?;
        speech[asked..]
            .iter()
            .any(|line| line["speaker"] == "agent" && line["heard"].is_string())
            .then_some(())
    })
    .await;
}

/// A client that shows an answer as it came, headers and bytes.
fn plain_http() -> reqwest::Client {
    let client = reqwest::Client::builder().timeout(std::time::Duration::from_secs(60));
    client.build().unwrap()
}

/// One part of a file: status, bytes, and the headers that count.
async fn part(
    url: &str,
    client: &Client,
    range: Option<&str>,
    if_range: Option<&str>,
) -> (u16, Vec<u8>, String, String) {
    let mut request = plain_http()
        .get(url)
        .bearer_auth(client.token().unwrap())
        .header("accept-encoding", "gzip, br");
    for (name, value) in [("range", range), ("if-range", if_range)] {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    let answer = request.send().await.unwrap();
    let header = |name: &str| {
        let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (status, range, tag) = (answer.status().as_u16(), header("content-range"), header("etag"));
    (status, answer.bytes().await.unwrap().to_vec(), range, tag)
}

/// What is not to be in a recording.
const CARD: &str = "My card number is four one one one";

/// The file has what was said before and after a pause, and silence for as long as what was said in it.
async fn left_out(product: &Product, file: &[u8]) {
    let speech = product.simulator.speech();
    let words: Vec<String> = speech
        .words_in(&to_ulaw(file).unwrap())
        .into_iter()
        .map(|word| word.text)
        .collect();
    let words = words.join(" ");
    assert!(words.contains("opening hours"), "the caller, later: {words:?}");
    for secret in ["card", "four", "one"] {
        assert!(!words.contains(secret), "{words:?}");
    }
    // Both channels, four bytes a moment, eight moments a millisecond.
    let silences = file[44..].split(|byte| *byte != 0).map(<[u8]>::len);
    let longest_ms = silences.max().unwrap_or_default() as u64 / 32;
    let said_ms = speech.say(CARD, "caller").await.duration_ms();
    assert!(
        longest_ms >= said_ms,
        "{longest_ms} ms of silence for {said_ms} ms of card"
    );
}

/// Keys that were pressed in a pause are nowhere: not in what is kept and told, and not at the model.
async fn caller_pressed_in_vain(product: &Product, client: &Client, call: &str) {
    let items = client.get(&format!("/v1/calls/{call}/items")).await.expect(200);
    assert_eq!(items.text.matches('•').count(), 4, "{}", items.text);
    let asked = product.control().get("/sim/requests").await.text;
    assert!(
        asked.contains("••••") && !asked.contains("4111"),
        "the model was told"
    );
}

#[tokio::test]
async fn a_call_is_announced_recorded_paused_played_in_parts_and_deleted() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let e164 = number(
        &product,
        &acme,
        "relay",
        &json!({ "mode": "always", "consent": "announce" }),
    )
    .await;
    let caller = product.ring(&e164, &json!([])).await;
    caller.hears("This call is recorded.").await;
    talks(&caller).await;
    let call = caller.call_sid.as_str();
    let begun = stands(&acme.admin, call, "recording").await;
    assert_eq!(
        (&begun["started_by"], &begun["consent"]),
        (&json!("policy"), &json!("announce"))
    );

    // A card number is left out: silence in the file, and a line in the transcript.
    let supervisor = product.member(&acme, Role::Supervisor).await;
    for _ in 0..2 {
        assert_eq!(done(&supervisor, call, "p1", "pause").await["status"], "applied");
    }
    stands(&supervisor, call, "paused").await;
    caller.say(CARD).await;
    caller.press("4111").await;
    let items = format!("/v1/calls/{call}/items");
    let keys = eventually("the caller was heard, and pressed four keys", async || {
        let items = acme.admin.get(&items).await.expect(200);
        let keys: String = items["data"]
            .as_array()?
            .iter()
            .filter(|item| item["kind"] == "dtmf_received")
            .filter_map(|item| item["digits"].as_str())
            .collect();
        (items.text.contains(CARD) && keys.chars().count() == 4).then_some(keys)
    })
    .await;
    assert_eq!(keys, "••••", "nobody sees which");
    assert_eq!(done(&supervisor, call, "r1", "resume").await["status"], "applied");
    stands(&supervisor, call, "recording").await;
    eventually("the transcript tells", async || {
        (told(&acme.admin, call).await == ["recording", "paused", "recording"]).then_some(())
    })
    .await;
    asks(&caller, &supervisor, "What are your opening hours?").await;
    let viewer = product.member(&acme, Role::Viewer).await;
    viewer
        .get(&format!("/v1/calls/{call}/recordings"))
        .await
        .expect_problem(403, "forbidden");
    caller.hang_up().await;

    let ready = stands(&acme.admin, call, "ready").await;
    let id = ready["id"].as_str().unwrap();
    assert_eq!(ready["channels"], 2);
    assert!(ready["duration_seconds"].as_i64().unwrap() > 0);
    let path = format!("/v1/calls/{call}/recordings/{id}");
    let url = format!("{}{path}/audio", product.url);
    let (status, whole, _, tag) = part(&url, &supervisor, None, None).await;
    assert_eq!(
        (status, whole.len() as u64),
        (200, ready["size_bytes"].as_u64().unwrap())
    );
    assert_eq!(&whole[..4], b"RIFF");
    left_out(&product, &whole).await;
    caller_pressed_in_vain(&product, &acme.admin, call).await;
    let size = whole.len();
    let (status, bytes, range, _) = part(&url, &supervisor, Some("bytes=44-99"), None).await;
    assert_eq!((status, range), (206, format!("bytes 44-99/{size}")));
    assert_eq!(bytes, &whole[44..100]);
    let (status, bytes, _, _) = part(&url, &supervisor, Some("bytes=-10"), Some(&tag)).await;
    assert_eq!((status, bytes.as_slice()), (206, &whole[size - 10..]));
    let (status, bytes, _, _) = part(&url, &supervisor, Some("bytes=0-9"), Some("\"other\"")).await;
    assert_eq!(
        (status, bytes.len()),
        (200, size),
        "another file than the one that was begun"
    );
    let (status, _, range, _) = part(&url, &supervisor, Some(&format!("bytes={size}-")), None).await;
    assert_eq!((status, range), (416, format!("bytes */{size}")));
    let head = plain_http()
        .head(&url)
        .bearer_auth(supervisor.token().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(head.headers()["content-length"], size.to_string().as_str());
    assert_eq!(head.headers()["accept-ranges"], "bytes");
    let other = product.tenant("globex").await;
    other
        .admin
        .get(&format!("{path}/audio"))
        .await
        .expect_problem(404, "not_found");
    other.admin.delete(&path).await.expect_problem(404, "not_found");

    let known = acme.admin.get(&format!("/v1/calls/{call}")).await.expect(200);
    assert_eq!(known["recordings"][0]["status"], "ready");
    // The carrier keeps no copy, and its minutes are booked.
    eventually("the carrier's copy is gone", async || {
        let gone = "SELECT count(*) FROM phony.recordings WHERE carrier_deleted_at IS NOT NULL";
        let gone: i64 = sqlx::query_scalar(gone)
            .fetch_one(&mut product.admin_connection().await)
            .await
            .unwrap();
        (gone == 1).then_some(())
    })
    .await;
    let usage = acme.admin.get("/v1/usage").await.expect(200);
    assert!(usage.text.contains("twilio.recording_minute"), "{}", usage.text);

    let _ = acme.admin.delete(&path).await.expect(204);
    let _ = acme.admin.delete(&path).await.expect(204);
    acme.admin
        .get(&format!("{path}/audio"))
        .await
        .expect_problem(404, "recording_deleted");
    let tombstone = stands(&acme.admin, call, "deleted").await;
    assert_eq!(
        (&tombstone["erased_for"], &tombstone["size_bytes"]),
        (&json!("request"), &Value::Null)
    );
    eventually("the file is gone", async || {
        let left = "SELECT count(*) FROM phony.recordings WHERE storage_key IS NOT NULL";
        let left: i64 = sqlx::query_scalar(left)
            .fetch_one(&mut product.admin_connection().await)
            .await
            .unwrap();
        (left == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn every_engine_records_and_a_no_stops_the_recording_and_not_the_call() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    product.upgrade(&acme).await;
    let asked = json!({ "mode": "always", "consent": "ask" });
    for engine in ["relay", "realtime", "gather"] {
        let e164 = number(&product, &acme, engine, &asked).await;
        let agrees = product.ring(&e164, &json!([])).await;
        agrees.hears("say no or press 2").await;
        agrees.press("1").await;
        stands(&acme.admin, &agrees.call_sid, "recording").await;
        talks(&agrees).await;
        asks(&agrees, &acme.admin, "What are your opening hours?").await;
        agrees.hang_up().await;

        let refuses = product.ring(&e164, &json!([])).await;
        refuses.hears("say no or press 2").await;
        refuses.press("2").await;
        talks(&refuses).await;
        assert!(
            recordings(&acme.admin, &refuses.call_sid).await.is_empty(),
            "{engine}"
        );
        let late = act(&acme.admin, &refuses.call_sid, "s1", "start").await;
        assert_eq!(
            (&late["status"], &late["code"]),
            (&json!("failed"), &json!("recording_refused"))
        );
        let call = acme
            .admin
            .get(&format!("/v1/calls/{}", refuses.call_sid))
            .await
            .expect(200);
        assert_eq!(call["status"], "in_progress", "{engine}");
        refuses.hang_up().await;
        stands(&acme.admin, &agrees.call_sid, "ready").await;
    }
}

#[tokio::test]
async fn an_agent_that_asks_for_a_card_pauses_the_recording_by_itself() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let rules = json!([
        { "when_contains": "pay", "reply": "[[pause_recording]] Please tell me your card number." },
        { "when_contains": "four one one one", "reply": "[[resume_recording]] Thank you, that is paid." }
    ]);
    product.order("/sim/model/rules", &rules).await;
    let e164 = number(
        &product,
        &acme,
        "relay",
        &json!({ "mode": "always", "consent": "off" }),
    )
    .await;
    let caller = product.ring(&e164, &json!([])).await;
    talks(&caller).await;
    stands(&acme.admin, &caller.call_sid, "recording").await;
    caller.say("I want to pay my bill").await;
    stands(&acme.admin, &caller.call_sid, "paused").await;
    caller.hears("card number").await;
    caller.say("It is four one one one").await;
    stands(&acme.admin, &caller.call_sid, "recording").await;
    caller.hang_up().await;
    stands(&acme.admin, &caller.call_sid, "ready").await;
    let told = told(&acme.admin, &caller.call_sid).await;
    assert_eq!(told[..3], ["recording", "paused", "recording"]);
}
