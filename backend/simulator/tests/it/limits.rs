//! Turns of dialling, limits of requests, prices that come late, refusals, and answers that come too late.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{self, Sim, read, until};

const PHONE: &str = "+14155550150";

async fn number(sim: &Sim) -> String {
    let form = [("AreaCode", "415")];
    let (_, number) = sim.post(&sim.account("/IncomingPhoneNumbers.json"), &form).await;
    number["phone_number"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn calls_of_an_account_wait_for_their_turn_and_can_be_cancelled() {
    // A second of theirs is one of ours: nobody's turn comes while they are made.
    let sim = support::start_at(1.0, phony_simulator::Config::default()).await;
    let number = number(&sim).await;
    let form = [("From", &*number), ("To", PHONE), ("Twiml", "<Response/>")];
    let mut made = Vec::new();
    let began = std::time::Instant::now();
    for _ in 0..4 {
        let (status, call) = sim.post(&sim.account("/Calls.json"), &form).await;
        assert_eq!((status, call["status"].as_str()), (201, Some("queued")));
        made.push(call);
    }
    let waits: Vec<u64> = made
        .iter()
        .map(|call| call["queue_time"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(waits[0], 0);
    // One begins each second, counted from the first; what went by while they were
    // asked for is not waited again.
    let asked = u64::try_from(began.elapsed().as_millis()).unwrap();
    assert!(waits[3] + asked > 2_900, "{waits:?} after {asked} ms");
    assert!(waits[3] <= 3_100, "{waits:?}");
    let last = sim.account(&format!("/Calls/{}.json", made[3]["sid"].as_str().unwrap()));
    let (_, view) = sim.post(&last, &[("Status", "canceled")]).await;
    assert_eq!(view["status"], "canceled");
    let mut starts = Vec::new();
    for call in &made[..3] {
        let report = sim.finished(call["sid"].as_str().unwrap()).await;
        assert_eq!(report["status"], "completed");
        starts.push(report["started_at"].as_str().unwrap().to_owned());
    }
    assert!(starts.is_sorted());

    sim.sim("PUT", "/settings", json!({"calls_per_second": null}))
        .await;
    for _ in 0..3 {
        let (_, call) = sim.post(&sim.account("/Calls.json"), &form).await;
        assert_eq!(call["queue_time"], "0");
    }
}

#[tokio::test]
async fn too_many_requests_at_the_same_time_are_refused_and_not_done() {
    let sim = support::start().await;
    sim.sim("PUT", "/settings", json!({"rest_concurrency": 2})).await;
    let slow = json!({"target": "carrier", "kind": "slow", "ms": 6000, "times": 2});
    sim.sim("POST", "/faults", slow).await;
    let url = sim.account("/IncomingPhoneNumbers.json");
    let form = [("AreaCode", "415")];
    let third = async {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        sim.post(&url, &form).await
    };
    let (one, two, three) = tokio::join!(sim.post(&url, &form), sim.post(&url, &form), third);
    assert_eq!((one.0, two.0), (201, 201));
    assert_eq!((three.0, three.1["code"].as_u64()), (429, Some(20_429)));
    let (_, list) = sim.get(&url).await;
    assert_eq!(list["incoming_phone_numbers"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_price_is_known_a_while_after_the_end() {
    let sim = support::start().await;
    sim.sim("PUT", "/settings", json!({"price_after_ms": 20_000}))
        .await;
    let number = number(&sim).await;
    let twiml = "<Response><Say>Hello there.</Say></Response>";
    let call = sim.call_out(&number, PHONE, &[("Twiml", twiml)]).await;
    sim.finished(&call).await;
    let url = sim.account(&format!("/Calls/{call}.json"));
    let (_, view) = sim.get(&url).await;
    assert_eq!(
        (&view["price"], &view["status"]),
        (&Value::Null, &json!("completed"))
    );
    let price = until("a price", async || {
        sim.get(&url).await.1["price"].as_str().map(str::to_owned)
    })
    .await;
    assert_eq!(price, "-0.0140");
}

#[tokio::test]
async fn a_create_that_is_answered_too_late_was_done_all_the_same() {
    let sim = support::start().await;
    let number = number(&sim).await;
    let fault = json!({"target": "carrier", "kind": "slow_after", "ms": 60_000, "match": "POST"});
    sim.sim("POST", "/faults", fault).await;
    let url = sim.account("/Calls.json");
    let hasty = sim
        .http
        .post(&url)
        .basic_auth(sim.running.account_sid(), Some(sim.running.auth_token()))
        .form(&[("From", &*number), ("To", PHONE), ("Twiml", "<Response/>")])
        .timeout(Duration::from_millis(1_000))
        .send()
        .await;
    assert!(hasty.unwrap_err().is_timeout());
    let made = until("the call", async || {
        let (_, list) = sim.get(&format!("{url}?To=%2B14155550150")).await;
        let calls = list["calls"].as_array()?;
        (!calls.is_empty()).then_some(calls.len())
    })
    .await;
    assert_eq!(made, 1);
}

#[tokio::test]
async fn numbers_are_refused_as_the_carrier_would() {
    let sim = support::start().await;
    let number = number(&sim).await;
    sim.sim(
        "PUT",
        "/settings",
        json!({"refused": {"+375": 21215, "+1900": 21216}}),
    )
    .await;
    let twiml = ("Twiml", "<Response/>");
    let url = sim.account("/Calls.json");
    let cases: Vec<(Vec<(&str, &str)>, u64)> = vec![
        (vec![("From", &number), twiml], 21_201),
        (vec![("To", PHONE), twiml], 21_213),
        (vec![("From", &number), ("To", "12"), twiml], 21_211),
        (vec![("From", "+14155550000"), ("To", PHONE), twiml], 21_210),
        (vec![("From", &number), ("To", "+375291234567"), twiml], 21_215),
        (vec![("From", &number), ("To", "+19005550100"), twiml], 21_216),
        (vec![("From", &number), ("To", PHONE)], 21_205),
        (
            vec![("From", &number), ("To", PHONE), ("ApplicationSid", "AP1")],
            21_218,
        ),
        (
            vec![("From", &number), ("To", PHONE), twiml, ("SendDigits", "12x")],
            21_206,
        ),
        (
            vec![("From", &number), ("To", PHONE), twiml, ("Timeout", "900")],
            21_208,
        ),
        (
            vec![
                ("From", &number),
                ("To", PHONE),
                twiml,
                ("MachineDetection", "Maybe"),
            ],
            21_234,
        ),
        (
            vec![
                ("From", &number),
                ("To", PHONE),
                twiml,
                ("MachineDetection", "Enable"),
                ("MachineDetectionTimeout", "2"),
            ],
            21_262,
        ),
    ];
    for (form, code) in cases {
        let (status, error) = sim.post(&url, &form).await;
        assert_eq!((status, error["code"].as_u64()), (400, Some(code)), "{form:?}");
        assert!(error["more_info"].as_str().unwrap().ends_with(&code.to_string()));
    }
    assert_eq!(sim.get(&url).await.1["calls"].as_array().unwrap().len(), 0);

    let any =
        json!({"target": "carrier", "kind": "error", "code": "21610", "status": 400, "reason": "Opted out"});
    sim.sim("POST", "/faults", any).await;
    let (status, error) = sim.post(&url, &[("From", &*number), ("To", PHONE), twiml]).await;
    assert_eq!(
        (status, error["code"].as_u64(), error["message"].as_str()),
        (400, Some(21_610), Some("Opted out"))
    );
    let put = sim
        .http
        .put(&url)
        .basic_auth(sim.running.account_sid(), Some(sim.running.auth_token()))
        .send()
        .await;
    let (status, error) = read(put.unwrap()).await;
    assert_eq!((status, error["code"].as_u64()), (405, Some(20_004)));
}

#[tokio::test]
async fn a_call_ends_at_its_limit() {
    let sim = support::start().await;
    let number = number(&sim).await;
    let form = [
        ("Twiml", "<Response><Pause length=\"600\"/></Response>"),
        ("TimeLimit", "5"),
    ];
    let call = sim.call_out(&number, PHONE, &form).await;
    let report = sim.finished(&call).await;
    assert_eq!(report["ended_by"], "time limit");
    assert_eq!(report["status"], "completed");
}

#[tokio::test]
async fn a_subaccount_signs_with_its_own_token_and_waits_for_its_own_turn() {
    let sim = support::start().await;
    let (_, sub) = sim
        .post(&sim.url("/2010-04-01/Accounts.json"), &[("FriendlyName", "Acme")])
        .await;
    let (sid, token) = (sub["sid"].as_str().unwrap(), sub["auth_token"].as_str().unwrap());
    let agent = crate::agent::start(token).await;
    let path = |rest: &str| sim.url(&format!("/2010-04-01/Accounts/{sid}{rest}"));
    let (_, number) = sim
        .post(&path("/IncomingPhoneNumbers.json"), &[("AreaCode", "212")])
        .await;
    let from = number["phone_number"].as_str().unwrap();
    let voice = format!("{}/voice", agent.url());
    agent.lay("/voice", "<Response/>");
    let form = [("From", from), ("To", PHONE), ("Url", &voice)];
    // The main account does not own that number.
    assert_eq!(
        sim.post(&sim.account("/Calls.json"), &form).await.1["code"],
        21_210
    );
    let (status, call) = sim.post(&path("/Calls.json"), &form).await;
    assert_eq!((status, call["account_sid"].as_str()), (201, Some(sid)));
    sim.finished(call["sid"].as_str().unwrap()).await;
    let hit = &agent.hits("/voice")[0];
    assert!(hit.signature_is_true, "signed by the subaccount");
    assert_eq!(hit.params["AccountSid"], sid);
    // Nobody else sees it.
    assert_eq!(sim.get(&sim.account("/Calls.json")).await.1["calls"], json!([]));
    sim.post(&path(".json"), &[("Status", "suspended")]).await;
    let (status, error) = sim.post(&path("/Calls.json"), &form).await;
    assert_eq!((status, error["code"].as_u64()), (403, Some(20_005)));
}
