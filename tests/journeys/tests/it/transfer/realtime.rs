//! The same with a speech model, whose callers and colleagues are heard by their sound: every way to be taken, every
//! way not to be, and a caller who does not wait for it.

use std::sync::Arc;

use futures_util::future::join_all;
use phony_journeys::{Caller, Product, SpeechLine, eventually};
use serde_json::{Value, json};

/// What a colleague's telephone does, and what it comes to.
struct Case {
    number: &'static str,
    kind: &'static str,
    telephone: Value,
    comes_to: Outcome,
}

enum Outcome {
    /// Both meet.
    Meets,
    /// The caller is back, for this reason.
    Back(&'static str),
    /// The caller does not wait for it.
    CallerLeaves,
}

fn case(number: &'static str, kind: &'static str, telephone: Value, comes_to: Outcome) -> Case {
    Case {
        number,
        kind,
        telephone,
        comes_to,
    }
}

fn hears(words: &str) -> Value {
    json!({ "wait_for": words, "timeout_ms": 60_000 })
}

/// A person who does this.
fn person(script: &Value) -> Value {
    json!({ "answerer": "person", "ring_ms": 300, "script": script, "stay": true })
}

/// Who is there, and is asked.
fn asked() -> Vec<Case> {
    let asked = |then: &[Value]| {
        let mut script = vec![hears("say no")];
        script.extend_from_slice(then);
        person(&json!(script))
    };
    let press = |key: &str| json!({ "press": key });
    let say = |words: &str| json!({ "say": words });
    let hangs_up = || json!({ "hangup": true });
    use Outcome::{Back, CallerLeaves, Meets};
    vec![
        case("+14155550171", "warm", asked(&[press("1")]), Meets),
        case("+14155550172", "warm", asked(&[say("Yes, please.")]), Meets),
        case("+14155550173", "warm", asked(&[press("2")]), Back("rejected")),
        case(
            "+14155550174",
            "warm",
            asked(&[say("No, not now.")]),
            Back("rejected"),
        ),
        case(
            "+14155550178",
            "warm",
            asked(&[press("1"), hangs_up()]),
            Back("target_hung_up"),
        ),
        // Before the question is out.
        case(
            "+14155550182",
            "warm",
            person(&json!([hears("assistant"), hangs_up()])),
            Back("target_hung_up"),
        ),
        case("+14155550179", "warm", person(&json!([])), CallerLeaves),
    ]
}

/// Who is not there.
fn not_there() -> Vec<Case> {
    let answerer = |how: &str| json!({ "answerer": how, "ring_ms": 300, "gives_up_ms": 1_500 });
    use Outcome::Back;
    vec![
        case("+14155550175", "warm", answerer("busy"), Back("busy")),
        case("+14155550176", "warm", answerer("no_answer"), Back("no_answer")),
        case("+14155550177", "warm", answerer("fail"), Back("failed")),
        case("+14155550183", "warm", answerer("mailbox"), Back("mailbox")),
        case("+14155550180", "cold", answerer("busy"), Back("busy")),
        case("+14155550181", "cold", answerer("no_answer"), Back("no_answer")),
        case("+14155550184", "cold", answerer("fail"), Back("failed")),
    ]
}

/// Somebody who wants to talk to a person, and how far that is.
struct Wish<'a> {
    line: SpeechLine,
    caller: Caller,
    case: &'a Case,
}

impl Wish<'_> {
    /// The transfer, once it is so far; each step has its time.
    async fn becomes(&self, steps: &[&str]) -> Value {
        let mut reached = Value::Null;
        for at in 0..steps.len() {
            let enough = &steps[at..];
            let what = format!("{} is {}", self.case.number, enough[0]);
            reached = self
                .line
                .item(&self.caller, &what, |item| {
                    item["kind"] == "transfer" && enough.iter().any(|step| item["status"] == *step)
                })
                .await;
        }
        reached
    }

    async fn ended(&self) -> Value {
        eventually("the call has ended", async || {
            let call = self.line.call(&self.caller).await;
            (call["status"] == "ended").then_some(call)
        })
        .await
    }

    /// Everything that the colleague has heard.
    async fn colleague_heard(&self) -> String {
        let calls = self.line.sim("GET", "/sim/calls", &json!({})).await.json;
        let mut calls = calls["data"].as_array().cloned().unwrap_or_default().into_iter();
        let Some(call) = calls.find(|call| call["to"] == self.case.number) else {
            return String::new();
        };
        let path = format!("/sim/calls/{}", call["call_sid"].as_str().unwrap());
        let report = self.line.sim("GET", &path, &json!({})).await.json;
        let heard = report["heard"].as_array().cloned().unwrap_or_default();
        let heard = heard.iter().filter_map(|line| line["text"].as_str());
        heard.collect::<Vec<_>>().join(" ")
    }

    async fn meets(&self) {
        let joined = self.becomes(&["requested", "asked", "accepted", "joined"]).await;
        assert_eq!(joined["transfer_kind"], "warm");
        let heard = self.colleague_heard().await;
        assert!(heard.contains("this is Maya, the phone assistant"), "{heard}");
        self.caller.hang_up().await;
        let call = self.ended().await;
        assert_eq!(call["ended_reason"], "transfer_completed", "{call:#}");
        let heard = self.caller.heard().await;
        assert!(heard.contains("stay on the line"), "{heard}");
    }

    async fn comes_back(&self, reason: &str) {
        // A brief takes its time, word by word.
        let failed = self
            .becomes(&["requested", "ringing", "asked", "accepted", "failed"])
            .await;
        assert_eq!(
            (&failed["reason"], &failed["transfer_kind"]),
            (&json!(reason), &json!(self.case.kind)),
            "{}",
            self.case.number
        );
        let spoken = self.line.finished(&self.caller).await;
        let heard = spoken.heard_text();
        assert!(heard.contains("my colleague cannot take your call"), "{spoken}");
        assert_eq!(spoken.call["ended_reason"], "caller_hangup", "{spoken}");
    }

    async fn leaves(&self) {
        self.becomes(&["requested", "asked"]).await;
        self.caller.hang_up().await;
        let call = self.ended().await;
        assert_eq!(call["ended_reason"], "caller_hangup", "{call:#}");
        assert_eq!(self.becomes(&["failed"]).await["reason"], "caller_hangup");
    }
}

async fn goes_through(product: &Arc<Product>, case: &Case) {
    let line = SpeechLine::at(
        product,
        json!({ "transfer_targets": [{ "alias": "billing", "e164": case.number, "kind": case.kind }] }),
    )
    .await;
    let mut telephone = case.telephone.clone();
    telephone["number"] = json!(case.number);
    line.sim("POST", "/sim/targets", &telephone).await;
    let mut script = vec![
        hears("Maya."),
        json!({ "say": "I want to talk to a person, please." }),
    ];
    match case.comes_to {
        Outcome::Back(_) => script.extend([
            hears("sorry"),
            json!({ "silence_ms": 3_000 }),
            json!({ "hangup": true }),
        ]),
        Outcome::Meets | Outcome::CallerLeaves => script.push(json!({ "silence_ms": 90_000 })),
    }
    let caller = line.ring(json!(script)).await;
    let wish = Wish { line, caller, case };
    match case.comes_to {
        Outcome::Meets => wish.meets().await,
        Outcome::Back(reason) => wish.comes_back(reason).await,
        Outcome::CallerLeaves => wish.leaves().await,
    }
}

/// All at one time: each waits most of its time for somebody to finish a sentence.
async fn all_go_through(cases: &[Case]) {
    let product = Arc::new(Product::start_at_speed(1.0).await);
    join_all(cases.iter().map(|case| goes_through(&product, case))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_of_the_realtime_engine_meet_colleagues_who_are_asked_or_come_back() {
    all_go_through(&asked()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_of_the_realtime_engine_come_back_from_colleagues_who_are_not_there() {
    all_go_through(&not_there()).await;
}
