//! Turns as the carrier sends them: with their token, or with another, and more than once.

use phony_journeys::Product;

use super::{GREETING, LEE, Line};
use crate::carrier::{Carrier, form, new_sid};

#[tokio::test]
async fn a_turn_needs_its_token_and_comes_once() {
    let product = Product::start().await;
    let line = Line::new(&product).await;
    let carrier = Carrier::of(&product);
    let sid = new_sid();
    let account = product.simulator.account_sid().to_owned();
    let said = |sid: &str, text: &str| {
        form(&[
            ("CallSid", sid),
            ("AccountSid", &account),
            ("CallStatus", "in-progress"),
            ("SpeechResult", text),
            ("UnstableSpeechResult", text),
        ])
    };
    let rings = carrier.voice(&sid, &line.e164);
    let first = carrier.post("/twilio/voice", &rings).await.expect(200).text;
    let (_, token) = first.split_once("token=").unwrap();
    let token = token.split(['<', '&']).next().unwrap().to_owned();
    let greeted = carrier
        .post(&format!("/twilio/gather?token={token}"), &said(&sid, ""))
        .await
        .expect(200)
        .text;
    for part in [
        GREETING,
        "<Gather ",
        "bargeIn=\"true\"",
        "turn=1",
        "partialResultCallback",
        "<Redirect",
    ] {
        assert!(greeted.contains(part), "{part} is not in {greeted}");
    }
    let other = new_sid();
    let foreign_token = {
        let mut foreign = token.clone().into_bytes();
        let last = foreign.len() - 2;
        foreign[last] = if foreign[last] == b'A' { b'B' } else { b'A' };
        String::from_utf8(foreign).unwrap()
    };
    for (token, sid) in [
        ("", &sid),
        ("abc", &sid),
        (foreign_token.as_str(), &sid),
        (token.as_str(), &other),
    ] {
        for path in ["/twilio/gather", "/twilio/gather/partial"] {
            let path = format!("{path}?token={token}&turn=1");
            let answer = carrier.post(&path, &said(sid, "My name is Lee.")).await;
            assert_eq!(answer.status, 403, "{path} {sid}: {}", answer.text);
        }
    }
    let path = format!("/twilio/gather?token={token}&turn=1");
    let body = said(&sid, "My name is Lee.");
    let (answer, twin) = tokio::join!(carrier.post(&path, &body), carrier.post(&path, &body));
    let late = carrier.post(&path, &body).await.text;
    assert!(answer.text.contains(LEE), "{}", answer.text);
    assert_eq!((&answer.text, &answer.text), (&twin.text, &late));
    let requests = product.control().get("/sim/requests").await.expect(200).json;
    assert_eq!(requests["data"].as_array().unwrap().len(), 1, "{requests:#}");
    let partial = format!("/twilio/gather/partial?token={token}&turn=2");
    let _ = carrier.post(&partial, &said(&sid, "Wh")).await.expect(204);
    let over = carrier.status(&sid, &line.e164, "completed", 0, Some(20));
    let _ = carrier.post("/twilio/status", &over).await.expect(204);
    let call = line.tenant.admin.ended_call(&sid).await;
    assert_eq!(call["ended_reason"], "caller_hangup");
    // What comes after the end is told to hang up.
    let path = format!("/twilio/gather?token={token}&turn=2");
    let late = carrier.post(&path, &said(&sid, "Hello?")).await.expect(200).text;
    assert!(late.contains("<Hangup/>") && !late.contains("Gather"), "{late}");
}
