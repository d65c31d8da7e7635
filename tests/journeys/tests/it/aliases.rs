//! Older addresses (api.md §3): each row of the table is served as what it stands for, and refuses strangers as that does.

mod dashboard;
mod scripts;

use phony_http::aliases::{ALIASES, Alias, Guard};
use phony_journeys::{Client, LiveSocket, Product, Tenant, eventually};
use phony_kernel::Role;
use serde_json::{Value, json};

use crate::carrier::{Carrier, form, new_sid, stream_token};

/// A company with a number for each engine that older addresses belong to, somebody who only looks on, and a stranger.
struct World {
    product: Product,
    acme: Tenant,
    viewer: Client,
    stranger: Client,
    carrier: Carrier,
    /// Answered over a relay.
    relay: String,
    /// Answered turn by turn.
    turns: String,
    /// A call that goes on.
    call: String,
}

impl World {
    async fn new() -> Self {
        let product = Product::start().await;
        let acme = product.tenant("acme").await;
        product.upgrade(&acme).await;
        product.app.clock.advance(chrono::TimeDelta::seconds(6));
        let stranger = product.tenant("globex").await.admin;
        let viewer = product.member(&acme, Role::Viewer).await;
        let relay = product.buy_number(&acme).await;
        let turns = product.buy_number(&acme).await;
        let path = format!("/v1/numbers/{}", turns["id"].as_str().unwrap());
        let _ = acme
            .admin
            .patch(&path, &json!({ "engine": "gather" }))
            .await
            .expect(200);
        let e164 = |number: &Value| number["e164"].as_str().unwrap().to_owned();
        let caller = product.ring(&e164(&relay), &json!([])).await;
        caller.hears("help").await;
        Self {
            carrier: Carrier::of(&product),
            relay: e164(&relay),
            turns: e164(&turns),
            call: caller.call_sid,
            product,
            acme,
            viewer,
            stranger,
        }
    }

    /// The answer to a call that rings, under an older address.
    async fn voice(&self, path: &str, sid: &str, to: &str) -> String {
        self.carrier
            .post(path, &self.carrier.voice(sid, to))
            .await
            .expect(200)
            .text
    }

    async fn webhook(&self, alias: Alias) {
        let Alias { path, stands_for, .. } = alias;
        let sid = new_sid();
        let (asked, body, to) = match stands_for {
            "/twilio/gather" => {
                let first = self.voice("/twilio/voice", &sid, &self.turns).await;
                let (_, token) = first.split_once("token=").unwrap();
                let token = token.split(['<', '&']).next().unwrap();
                let account = self.product.simulator.account_sid();
                let fields = [
                    ("CallSid", sid.as_str()),
                    ("AccountSid", account),
                    ("CallStatus", "in-progress"),
                ];
                (format!("{path}?token={token}"), form(&fields), &self.turns)
            }
            "/twilio/status" => {
                self.voice("/twilio/voice", &sid, &self.relay).await;
                let body = self.carrier.status(&sid, &self.relay, "completed", 1, Some(3));
                (path.to_owned(), body, &self.relay)
            }
            _ => (
                path.to_owned(),
                self.carrier.voice(&sid, &self.relay),
                &self.relay,
            ),
        };
        let nobody = self.product.anonymous();
        let form_type = ("content-type", crate::carrier::FORM);
        let unsigned = nobody
            .send("POST", &asked, &[form_type], Some(body.clone()))
            .await;
        unsigned.expect_problem(403, "bad_signature");
        // What counts is the address that was asked for, not the one that it stands for.
        let elsewhere = self.carrier.sign(&asked.replacen(path, stands_for, 1), &body);
        let headers = [("x-twilio-signature", elsewhere.as_str()), form_type];
        let forged = self.carrier.post_with(&asked, &headers, &body).await;
        forged.expect_problem(403, "bad_signature");
        let answer = self.carrier.post(&asked, &body).await;
        match stands_for {
            "/twilio/voice" => assert!(answer.expect(200).text.contains("<ConversationRelay"), "{path}"),
            "/twilio/gather" => assert!(answer.expect(200).text.contains("<Gather "), "{path}"),
            "/twilio/status" => {
                let _ = answer.expect(204);
                eventually("the call has ended", async || {
                    let call = self.acme.admin.get(&format!("/v1/calls/{sid}")).await;
                    (call["status"] == "ended").then_some(())
                })
                .await;
            }
            other => panic!("nobody has thought of {other}"),
        }
        let call = self.acme.admin.get(&format!("/v1/calls/{sid}")).await.expect(200);
        assert_eq!(call["to"], json!(to), "{path}");
    }

    async fn carrier_socket(&self, alias: Alias) {
        let sid = new_sid();
        let asked = alias.path.replace("{sid}", &sid);
        let base = self.carrier.socket_base();
        let sign = |path: &str| {
            phony_carriers::twilio::signature::sign_url(&self.carrier.token, &format!("{base}{path}"))
        };
        let refused = self.carrier.open_with(&asked, &[]).await;
        assert_eq!(refused.err(), Some(403), "{asked} unsigned");
        let elsewhere = sign(alias.stands_for);
        let headers = [("x-twilio-signature", elsewhere.as_str())];
        assert_eq!(
            self.carrier.open_with(&asked, &headers).await.err(),
            Some(403),
            "{asked} signed for another address"
        );
        let good = sign(&asked);
        let opened = self
            .carrier
            .open_with(&asked, &[("x-twilio-signature", good.as_str())])
            .await;
        let mut socket = opened.unwrap_or_else(|status| panic!("{asked} is refused with {status}"));
        match alias.stands_for {
            "/twilio/relay" => {
                let twiml = self.voice("/receive_call", &sid, &self.relay).await;
                socket.set_up(&sid, &stream_token(&twiml)).await;
                assert!(socket.turn().await.contains("help"));
            }
            "/twilio/stream" => {
                let account = self.product.simulator.account_sid();
                socket
                    .send(&json!({
                        "event": "start", "sequenceNumber": "1", "streamSid": "MZ1",
                        "start": {
                            "streamSid": "MZ1", "accountSid": account, "callSid": sid, "tracks": ["inbound"],
                            "customParameters": { "token": "made up" },
                            "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 },
                        },
                    }))
                    .await;
                assert_eq!(
                    socket.next().await.err(),
                    Some(1008),
                    "a token that is none of ours"
                );
            }
            other => panic!("nobody has thought of {other}"),
        }
        socket.close().await;
    }

    /// A request under an older address, and what it is refused with for those who may not: nobody, who only looks on, a
    /// stranger. What a stranger may do to their own is not refused.
    async fn refuses(&self, alias: Alias, body: Option<Value>, looks_on: Option<u16>, foreign: Option<u16>) {
        let path = alias.path.replace("{sid}", &self.call);
        let send = async |client: &Client| {
            let body = body.as_ref().map(Value::to_string);
            client.send(alias.method, &path, &[], body).await.status
        };
        assert_eq!(send(&self.product.anonymous()).await, 401, "{path}");
        assert_eq!(
            send(&self.product.anonymous().with_token("made-up")).await,
            401,
            "{path}"
        );
        if let Some(status) = looks_on {
            assert_eq!(send(&self.viewer).await, status, "{path} by who looks on");
        }
        if let Some(status) = foreign {
            assert_eq!(send(&self.stranger).await, status, "{path} by a stranger");
        }
    }

    async fn credential(&self, alias: Alias) {
        let admin = &self.acme.admin;
        let path = alias.path.replace("{sid}", &self.call);
        match alias.path {
            "/override/text"
            | "/override/dtmf"
            | "/override/end"
            | "/override/transfer"
            | "/api/transfer-call"
            | "/override/clarification" => {
                let body = json!({
                    "callSid": self.call, "text": "Hello.", "digit": "1", "number": "+14155550149", "response": "Yes.",
                    "clarification_id": "itm_00000000000000000000000000000000",
                });
                self.refuses(alias, Some(body), Some(403), Some(404)).await;
                let nameless = admin.post(&path, &json!({ "text": "Hello." })).await;
                nameless.expect_problem(422, "validation_failed");
            }
            "/events/ws" => {
                let url = &self.product.url;
                let of = |client: &Client, call: &str| {
                    format!("/events/ws?callSid={call}&token={}", client.token().unwrap())
                };
                for (asked, status) in [
                    (format!("/events/ws?callSid={}", self.call), 401),
                    (of(&admin.with_token("made-up"), &self.call), 401),
                    (of(&self.stranger, &self.call), 404),
                    (of(admin, &new_sid()), 404),
                    (of(admin, "").replace("callSid=&", ""), 422),
                ] {
                    let opened = LiveSocket::open_at(url, &asked, &[]).await;
                    assert_eq!(opened.err(), Some(status), "{asked}");
                }
            }
            "/phone/call" => {
                let body = json!({ "to_number": "+14155550176" });
                self.refuses(alias, Some(body), Some(403), None).await;
            }
            "/phone/chatbot" => {
                let body = json!({ "userText": "Hello.", "context": { "page": "/prices" } });
                self.refuses(alias, Some(body.clone()), Some(403), None).await;
                let answer = admin.post(&path, &body).await.expect(200);
                assert_eq!(answer.headers["content-type"], "text/event-stream");
                assert!(
                    answer.text.contains("event: text\n") && answer.text.contains("event: done\n"),
                    "{}",
                    answer.text
                );
            }
            "/phone/call/{sid}" | "/call/{sid}" => {
                self.refuses(alias, None, Some(200), Some(404)).await;
                // The costs of a call that goes on may grow from one look to the next.
                let older = admin.get(&path).await.expect(200);
                let call = admin.get(&format!("/v1/calls/{}", self.call)).await.expect(200);
                assert_eq!(
                    (&older["id"], &older["call_sid"], &older["from"]),
                    (&call["id"], &call["call_sid"], &call["from"])
                );
            }
            "/phone/call/{sid}/cancel" => self.refuses(alias, None, Some(403), Some(404)).await,
            "/phone/test-verification" => {
                let body = json!({ "phone_number": "+14155550161" });
                self.refuses(alias, Some(body.clone()), Some(403), None).await;
                let older = admin.post(&path, &body).await.expect(200);
                let now = admin.post(alias.stands_for, &body).await.expect(200);
                assert_eq!(older.json, now.json);
            }
            other => panic!("nobody has thought of {other}"),
        }
    }
}

#[tokio::test]
async fn every_older_address_is_served_and_refuses_strangers() {
    let world = Box::pin(World::new()).await;
    for alias in ALIASES {
        match (alias.guard, alias.method) {
            (Guard::Carrier, "POST") => world.webhook(alias).await,
            (Guard::Carrier, _) => world.carrier_socket(alias).await,
            (Guard::Credential, _) => world.credential(alias).await,
            (Guard::Nobody, _) => {
                let answer = world.product.anonymous().get(alias.path).await.expect(200);
                assert_eq!(answer["status"], "ok", "{}", alias.path);
            }
        }
    }
    // A wrong method is said to be one, and no refused act has changed anything: the call still goes on.
    let admin = &world.acme.admin;
    admin
        .get("/override/text")
        .await
        .expect_problem(405, "method_not_allowed");
    admin
        .get("/receive_call")
        .await
        .expect_problem(405, "method_not_allowed");
    let call = admin.get(&format!("/v1/calls/{}", world.call)).await.expect(200);
    assert_eq!(call["status"], "in_progress");
}
