//! The REST API: who may do what, and what it answers.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::{self, read};

fn code(answer: &(u16, Value)) -> (u16, u64) {
    (answer.0, answer.1["code"].as_u64().unwrap_or_default())
}

#[tokio::test]
async fn credentials_are_checked() {
    let sim = support::start().await;
    let own = sim.account(".json");
    let none = sim.http.get(&own).send().await.unwrap();
    assert_eq!(none.headers()["www-authenticate"], "Basic realm=\"Twilio API\"");
    assert_eq!(code(&read(none).await), (401, 20003));
    let wrong = sim
        .http
        .get(&own)
        .basic_auth(sim.running.account_sid(), Some("nope"))
        .send()
        .await
        .unwrap();
    assert_eq!(code(&read(wrong).await), (401, 20003));
    assert_eq!(sim.get(&own).await.1["sid"], sim.running.account_sid());
    let other = sim.url(&format!("/2010-04-01/Accounts/AC{}.json", "0".repeat(32)));
    assert_eq!(code(&sim.get(&other).await), (401, 20003));
    assert_eq!(code(&sim.get(&sim.account("/Nothing.json")).await), (404, 20404));
}

#[tokio::test]
async fn a_parent_acts_for_its_subaccounts_and_not_the_other_way_round() {
    let sim = support::start().await;
    let accounts = sim.url("/2010-04-01/Accounts.json");
    let (status, sub) = sim.post(&accounts, &[("FriendlyName", "Acme")]).await;
    assert_eq!(status, 201);
    let (sid, token) = (sub["sid"].as_str().unwrap(), sub["auth_token"].as_str().unwrap());
    assert_eq!(sub["owner_account_sid"], sim.running.account_sid());
    let path = |rest: &str| sim.url(&format!("/2010-04-01/Accounts/{sid}{rest}"));
    let (status, number) = sim
        .post(&path("/IncomingPhoneNumbers.json"), &[("AreaCode", "212")])
        .await;
    assert_eq!((status, number["account_sid"].as_str()), (201, Some(sid)));
    let as_sub = |url: String| sim.http.get(url).basic_auth(sid, Some(token)).send();
    assert_eq!(as_sub(path(".json")).await.unwrap().status(), 200);
    assert_eq!(as_sub(sim.account(".json")).await.unwrap().status(), 401);
    let nested = sim
        .http
        .post(&accounts)
        .basic_auth(sid, Some(token))
        .send()
        .await
        .unwrap();
    assert_eq!(code(&read(nested).await), (403, 20006));

    assert_eq!(
        sim.get(&format!("{accounts}?FriendlyName=Acme")).await.1["accounts"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        code(&sim.post(&path(".json"), &[("Status", "asleep")]).await),
        (400, 21475)
    );
    assert_eq!(
        sim.post(&path(".json"), &[("Status", "suspended")]).await.1["status"],
        "suspended"
    );
    let (status, error) = sim
        .post(&path("/IncomingPhoneNumbers.json"), &[("AreaCode", "212")])
        .await;
    assert_eq!((status, error["code"].as_u64()), (403, Some(20005)));
    let ring = json!({"from": "+14155550199", "to": number["phone_number"]});
    assert_eq!(sim.sim("POST", "/calls", ring).await.0, 409);
    sim.post(&path(".json"), &[("Status", "closed")]).await;
    assert_eq!(
        code(&sim.post(&path(".json"), &[("Status", "active")]).await),
        (400, 21479)
    );
    assert_eq!(
        code(&sim.post(&sim.account(".json"), &[("Status", "closed")]).await),
        (400, 21477)
    );
    assert_eq!(as_sub(path(".json")).await.unwrap().status(), 401);
}

#[tokio::test]
async fn numbers_are_searched_bought_listed_changed_and_released() {
    let sim = support::start().await;
    let search = |rest: &str| sim.account(&format!("/AvailablePhoneNumbers/{rest}"));
    let (_, found) = sim.get(&search("US/Local.json?AreaCode=415&PageSize=3")).await;
    let found = found["available_phone_numbers"].as_array().unwrap().clone();
    assert_eq!(found.len(), 3);
    assert_eq!(found[0]["locality"], "San Francisco");
    assert!(found[0]["latitude"].is_string());
    for (place, prefix) in [
        ("US/TollFree.json", "+18"),
        ("GB/Local.json", "+44"),
        ("GB/Mobile.json", "+447"),
        ("IN/Local.json", "+91"),
        ("CA/Local.json?AreaCode=604", "+1604"),
        ("US/Local.json?Contains=5550142", "+1"),
    ] {
        let (_, list) = sim.get(&search(place)).await;
        assert!(
            list["available_phone_numbers"][0]["phone_number"]
                .as_str()
                .unwrap()
                .starts_with(prefix),
            "{place}"
        );
    }
    assert_eq!(
        sim.get(&search("US/Local.json?AreaCode=999")).await.1["available_phone_numbers"],
        json!([])
    );
    assert_eq!(code(&sim.get(&search("ZZ/Local.json")).await), (404, 20404));
    assert_eq!(code(&sim.get(&search("US/Mobile.json")).await), (404, 20404));

    let numbers = sim.account("/IncomingPhoneNumbers.json");
    let wanted = found[0]["phone_number"].as_str().unwrap();
    let form = [
        ("PhoneNumber", wanted),
        ("VoiceUrl", "https://a.example/voice"),
        ("FriendlyName", "Front desk"),
    ];
    let (status, number) = sim.post(&numbers, &form).await;
    assert_eq!(status, 201);
    assert_eq!(number["voice_url"], "https://a.example/voice");
    assert_eq!(code(&sim.post(&numbers, &form).await), (400, 21422));
    assert_eq!(
        code(&sim.post(&numbers, &[("PhoneNumber", "abc")]).await),
        (400, 21421)
    );
    assert_eq!(
        code(&sim.post(&numbers, &[("AreaCode", "999")]).await),
        (400, 21452)
    );
    assert_eq!(
        code(&sim.post(&numbers, &[("AreaCode", "12")]).await),
        (400, 21451)
    );
    assert_eq!(
        code(
            &sim.post(&numbers, &[("AreaCode", "415"), ("VoiceUrl", "nope")])
                .await
        ),
        (400, 21402)
    );
    let (_, left) = sim.get(&search("US/Local.json?AreaCode=415&PageSize=1000")).await;
    assert_eq!(left["available_phone_numbers"].as_array().unwrap().len(), 99);

    let one = sim.account(&format!(
        "/IncomingPhoneNumbers/{}.json",
        number["sid"].as_str().unwrap()
    ));
    let (_, changed) = sim
        .post(
            &one,
            &[("StatusCallback", "https://a.example/s"), ("VoiceUrl", "")],
        )
        .await;
    assert_eq!(
        (changed["status_callback"].as_str(), changed["voice_url"].as_str()),
        (Some("https://a.example/s"), Some(""))
    );
    let (_, list) = sim.get(&format!("{numbers}?FriendlyName=Front+desk")).await;
    assert_eq!(list["incoming_phone_numbers"].as_array().unwrap().len(), 1);
    assert_eq!(sim.delete(&one).await, 204);
    assert_eq!(code(&sim.get(&one).await), (404, 20404));
}

#[tokio::test]
async fn lists_are_followed_page_by_page() {
    let sim = support::start().await;
    for _ in 0..7 {
        sim.buy("http://127.0.0.1:9").await;
    }
    let mut next = sim.account("/IncomingPhoneNumbers.json?PageSize=3&PhoneNumber=%2B1415");
    let mut seen = HashSet::new();
    let mut pages = 0;
    loop {
        let (status, page) = sim.get(&next).await;
        assert_eq!(status, 200, "{page}");
        assert_eq!(page["page"], pages);
        pages += 1;
        for number in page["incoming_phone_numbers"].as_array().unwrap() {
            assert!(seen.insert(number["sid"].as_str().unwrap().to_owned()));
        }
        match page["next_page_uri"].as_str() {
            Some(uri) => next = sim.url(uri),
            None => break,
        }
    }
    assert_eq!((pages, seen.len()), (3, 7));
    let bad = sim.account("/IncomingPhoneNumbers.json?Page=1&PageToken=PAxyz");
    assert_eq!(code(&sim.get(&bad).await), (400, 21481));
}

#[tokio::test]
async fn calls_are_refused_with_the_right_codes() {
    let sim = support::start().await;
    let own = sim.buy("http://127.0.0.1:9").await;
    let calls = sim.account("/Calls.json");
    let url = ("Url", "https://a.example/x");
    for (form, expected) in [
        (vec![("From", &*own), url], 21201),
        (vec![("To", "+14155550160"), url], 21213),
        (vec![("To", "12"), ("From", &own), url], 21211),
        (vec![("To", "+14155550160"), ("From", "x"), url], 21212),
        (vec![("To", "+14155550160"), ("From", "+12125550100"), url], 21210),
        (vec![("To", "+14155550160"), ("From", &own)], 21205),
        (
            vec![("To", "+14155550160"), ("From", &own), ("Url", "ftp://a")],
            21205,
        ),
        (
            vec![("To", "+14155550160"), ("From", &own), url, ("Timeout", "9000")],
            21208,
        ),
    ] {
        assert_eq!(code(&sim.post(&calls, &form).await), (400, expected));
    }
    let missing = sim.account(&format!("/Calls/CA{}.json", "0".repeat(32)));
    assert_eq!(code(&sim.get(&missing).await), (404, 20404));
}

#[tokio::test]
async fn messages_are_accepted_and_listed() {
    let sim = support::start().await;
    let messages = sim.account("/Messages.json");
    let form = [
        ("To", "+14155550160"),
        ("From", "+14155550100"),
        ("Body", "Your table is ready."),
    ];
    let (status, message) = sim.post(&messages, &form).await;
    assert_eq!((status, message["status"].as_str()), (201, Some("queued")));
    assert_eq!(code(&sim.post(&messages, &form[1..]).await), (400, 21604));
    let one = sim.account(&format!("/Messages/{}.json", message["sid"].as_str().unwrap()));
    assert_eq!(sim.get(&one).await.1, message);
    assert_eq!(
        sim.get(&messages).await.1["messages"].as_array().unwrap().len(),
        1
    );
    assert_eq!(
        sim.get(&sim.account("/Recordings.json")).await.1["recordings"],
        json!([])
    );
    assert_eq!(sim.get(&sim.account("/Balance.json")).await.1["currency"], "USD");
}
