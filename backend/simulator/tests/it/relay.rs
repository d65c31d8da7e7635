//! Conversations over the relay socket.

use serde_json::json;

use crate::agent::{self, Out};
use crate::support::{self, texts};

#[tokio::test]
async fn a_call_is_greeted_answered_and_ended_by_the_agent() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    agent.lay_relay(r#"dtmfDetection="true""#);
    agent.lay("/action", "<Response><Hangup/></Response>");
    let number = sim.buy(&agent.url()).await;
    let call = sim
        .ring(
            &number,
            json!([{"say": "Where is my order please"}, {"press": "12"}]),
        )
        .await;

    let setup = agent.next().await;
    assert_eq!(setup["type"], "setup");
    assert_eq!(setup["callSid"], call.as_str());
    assert_eq!(setup["customParameters"]["token"], "t-1");
    assert_eq!(setup["from"], "+14155550199");
    agent.send(&json!({"type": "text", "token": "Hello ", "last": false}));
    agent.send(&json!({"type": "text", "token": "there.", "last": true}));
    let prompt = agent.next_of("prompt").await;
    assert_eq!(
        prompt,
        json!({"type": "prompt", "voicePrompt": "Where is my order please", "lang": "en-US", "last": true})
    );
    assert_eq!(agent.next_of("dtmf").await["digit"], "1");
    assert_eq!(agent.next_of("dtmf").await["digit"], "2");
    agent.say("On its way.");
    sim.heard(&call, "On its way").await;
    agent.send(&json!({"type": "end", "handoffData": "{\"reason\":\"end\"}"}));
    assert_eq!(agent.next_of("closed").await["closed"], 1000);

    let report = sim.finished(&call).await;
    assert_eq!(texts(&report), ["Hello there.", "On its way."]);
    assert_eq!(report["status"], "completed");
    assert_eq!(report["ended_by"], "agent");
    assert_eq!(report["errors"], json!([]));
    assert_eq!(report["heard"][0]["interrupted"], false);

    let voice = &agent.hits("/voice")[0];
    assert!(voice.signature_is_true);
    assert_eq!(voice.params["CallStatus"], "ringing");
    assert_eq!(voice.params["Direction"], "inbound");
    assert!(voice.params.contains_key("ParameterOfTheFuture"));
    assert_eq!(voice.headers["user-agent"], "TwilioProxy/1.1");
    assert!(voice.headers.contains_key("i-twilio-idempotency-token"));
    let action = &agent.hits("/action")[0];
    assert!(action.signature_is_true);
    assert_eq!(action.params["SessionStatus"], "ended");
    assert_eq!(action.params["HandoffData"], "{\"reason\":\"end\"}");
    assert_eq!(action.params["CallStatus"], "in-progress");
    assert!(action.params["SessionId"].starts_with("VX"));
    let last = &agent.hits("/status")[0];
    assert!(last.signature_is_true);
    assert_eq!(last.params["CallStatus"], "completed");
    assert_eq!(last.params["SequenceNumber"], "0");
    assert_eq!(last.params["Duration"], "1");
    assert_eq!(last.params["CallbackSource"], "call-progress-events");
}

#[tokio::test]
async fn an_interruption_reports_what_was_really_heard() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    agent.lay_relay(r#"partialPrompts="true""#);
    let number = sim.buy(&agent.url()).await;
    let script =
        json!([{"interrupt_after_ms": 1500, "say": "wait, I mean the other one please"}, {"hangup": true}]);
    let call = sim.ring(&number, script).await;
    agent.next_of("setup").await;
    let long =
        "Your first order left the warehouse yesterday and your second order will leave tomorrow morning.";
    agent.say(long);

    let interrupt = agent.next().await;
    assert_eq!(interrupt["type"], "interrupt");
    let heard = interrupt["utteranceUntilInterrupt"].as_str().unwrap().to_owned();
    assert!(
        long.starts_with(&heard) && !heard.is_empty() && heard.len() < long.len(),
        "{heard}"
    );
    let ms = interrupt["durationUntilInterruptMs"].as_u64().unwrap();
    assert!(ms >= 1_400, "{ms}");
    let partial = agent.next().await;
    assert_eq!(partial["voicePrompt"], "wait, I mean");
    assert_eq!(partial["last"], false);
    let last = loop {
        let prompt = agent.next_of("prompt").await;
        if prompt["last"] == true {
            break prompt;
        }
    };
    assert_eq!(last["voicePrompt"], "wait, I mean the other one please");
    let report = sim.finished(&call).await;
    assert_eq!(report["heard"][0]["text"], heard.as_str());
    assert_eq!(report["heard"][0]["interrupted"], true);
    assert_eq!(report["ended_by"], "caller");
    let action = &agent.hits("/action")[0];
    assert_eq!(action.params["SessionStatus"], "completed");
    assert_eq!(action.params["CallStatus"], "completed");
}

#[tokio::test]
async fn what_may_not_be_interrupted_is_heard_to_its_end() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    agent.lay_relay("");
    let number = sim.buy(&agent.url()).await;
    let script = json!([{"interrupt_after_ms": 300, "say": "hey"}, {"wait_for": "recorded for training."}, {"hangup": true}]);
    let call = sim.ring(&number, script).await;
    agent.next_of("setup").await;
    let text = "This call may be recorded for training.";
    agent.send(&json!({"type": "text", "token": text, "last": true, "interruptible": false}));
    let report = sim.finished(&call).await;
    assert_eq!(texts(&report), [text]);
    assert_eq!(report["heard"][0]["interrupted"], false);
    // Speech over the agent is not reported unless asked for.
    assert_eq!(agent.next().await, json!({"closed": 1000}));
}

#[tokio::test]
async fn ten_bad_messages_end_the_session() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    agent.lay_relay("");
    agent.lay("/action", "<Response><Say>Sorry.</Say></Response>");
    let number = sim.buy(&agent.url()).await;
    let call = sim.ring(&number, json!([])).await;
    agent.next_of("setup").await;
    for _ in 0..9 {
        agent.send(&json!({"foo": 1}));
        assert_eq!(
            agent.next().await["description"],
            "Invalid message received: {\"foo\":1}"
        );
    }
    // A good one in between starts the count again.
    agent.say("Fine.");
    for _ in 0..9 {
        agent.send_raw("garbage");
        assert_eq!(agent.next().await["type"], "error");
    }
    agent.send_out(Out::Binary(vec![1, 2]));
    assert_eq!(agent.next().await["type"], "error");
    assert_eq!(agent.next().await["closed"], 1007);
    let report = sim.finished(&call).await;
    let action = &agent.hits("/action")[0];
    assert_eq!(action.params["SessionStatus"], "failed");
    assert_eq!(action.params["ErrorCode"], "64105");
    assert_eq!(texts(&report).last().unwrap(), "Sorry.");
}

#[tokio::test]
async fn a_lost_socket_comes_back_through_the_action() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    agent.lay_relay("");
    let number = sim.buy(&agent.url()).await;
    let call = sim.ring(&number, json!([])).await;
    let first = agent.next_of("setup").await;
    let again = format!(
        r#"<Response><Connect action="/action"><ConversationRelay url="{}/relay"/></Connect></Response>"#,
        agent.url().replace("http", "ws")
    );
    agent.lay("/action", &again);
    agent.send_out(Out::Close(1011));
    let second = agent.next_of("setup").await;
    assert_eq!(second["callSid"], first["callSid"]);
    assert_ne!(second["sessionId"], first["sessionId"]);
    assert_eq!(agent.hits("/action")[0].params["SessionStatus"], "failed");

    agent.lay("/action", &again);
    let (status, _) = sim.sim("POST", &format!("/calls/{call}/drop"), json!({})).await;
    assert_eq!(status, 202);
    agent.next_of("setup").await;
    assert_eq!(agent.hits("/action")[1].params["ErrorCode"], "39001");
    sim.sim("POST", &format!("/calls/{call}/hangup"), json!({})).await;
    assert_eq!(sim.finished(&call).await["ended_by"], "caller");
}

#[tokio::test]
async fn a_refused_upgrade_fails_the_session() {
    let sim = support::start().await;
    // The application checks signatures with another token.
    let agent = agent::start("another-token").await;
    agent.lay_relay("");
    agent.lay("/action", "<Response><Hangup/></Response>");
    let number = sim.buy(&agent.url()).await;
    let call = sim.ring(&number, json!([])).await;
    let report = sim.finished(&call).await;
    assert_eq!(report["errors"][0]["code"], 64102);
    assert_eq!(agent.hits("/action")[0].params["SessionStatus"], "failed");
    assert!(!agent.hits("/voice")[0].signature_is_true);
}

#[tokio::test]
async fn a_person_can_be_the_caller_step_by_step() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    agent.lay_relay(
        r#"dtmfDetection="true" welcomeGreeting="Welcome." events="speaker-events tokens-played""#,
    );
    let number = sim.buy(&agent.url()).await;
    let call = sim.ring(&number, json!([])).await;
    sim.heard(&call, "Welcome.").await;
    agent.next_of("setup").await;
    let played = loop {
        let info = agent.next_of("info").await;
        if info["name"] == "tokensPlayed" {
            break info;
        }
    };
    assert_eq!(played["value"], "Welcome.");
    let path = |what: &str| format!("/calls/{call}/{what}");
    sim.sim("POST", &path("say"), json!({"text": "Good morning"}))
        .await;
    assert_eq!(agent.next_of("prompt").await["voicePrompt"], "Good morning");
    sim.sim("POST", &path("press"), json!({"digits": "#"})).await;
    assert_eq!(agent.next_of("dtmf").await["digit"], "#");
    assert_eq!(
        sim.sim("POST", &path("press"), json!({"digits": "x"})).await.0,
        400
    );
    let (_, list) = sim.sim("GET", "/calls", json!({})).await;
    assert_eq!(list["data"][0]["status"], "in-progress");
    sim.sim("POST", &path("raw"), json!({"text": "{broken"})).await;
    assert_eq!(agent.next().await, "{broken");
    sim.sim("POST", &path("raw"), json!({"binary_base64": "AAEC"}))
        .await;
    assert_eq!(agent.next().await, json!({"binary": 3}));
    assert_eq!(sim.sim("POST", &path("hangup"), json!({})).await.0, 202);
    let report = sim.finished(&call).await;
    assert_eq!(report["ended_by"], "caller");
    assert_eq!(
        sim.sim("POST", &path("say"), json!({"text": "hello?"})).await.0,
        409
    );
}

#[tokio::test]
async fn play_and_digits_reach_the_ear_in_order() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    agent.lay_relay("");
    let number = sim.buy(&agent.url()).await;
    let call = sim.ring(&number, json!([])).await;
    agent.next_of("setup").await;
    agent.say("Listen.");
    agent.send(&json!({"type": "play", "source": "https://a.example/b.mp3"}));
    agent.send(&json!({"type": "sendDigits", "digits": "1w2"}));
    agent.send(&json!({"type": "language", "ttsLanguage": "hi-IN"}));
    sim.heard(&call, "1w2").await;
    sim.sim("POST", &format!("/calls/{call}/hangup"), json!({})).await;
    let report = sim.finished(&call).await;
    assert_eq!(texts(&report), ["Listen.", "https://a.example/b.mp3", "1w2"]);
    let kinds: Vec<_> = report["heard"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| h["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["speech", "play", "digits"]);
}

#[tokio::test]
async fn the_future_can_be_switched_on() {
    let sim = support::start().await;
    let agent = agent::start(sim.running.auth_token()).await;
    sim.sim("PUT", "/settings", json!({"future_messages": true}))
        .await;
    agent.lay_relay("");
    let number = sim.buy(&agent.url()).await;
    let script = json!([{"say": "Hi", "at_once": true}, {"hangup": true}]);
    let call = sim.ring(&number, script).await;
    assert_eq!(agent.next().await["callStatus"], "RINGING");
    assert_eq!(agent.next().await["type"], "messageOfTheFuture");
    assert!(agent.next().await["memberOfTheFuture"].is_object());
    sim.finished(&call).await;
}
