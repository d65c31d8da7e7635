//! The whole document against the whole product by schemathesis, as everybody who may call it. It takes minutes and a
//! program that is not ours, so it is run by `cargo xtask check surface`, which says where that program is.

use std::path::Path;
use std::process::{Command, Stdio};

use phony_journeys::{Product, Tenant};
use phony_kernel::{Role, Scope};
use serde_json::json;

/// What judges faults of requests that the document calls good.
const REFUSALS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemathesis/refusals.py");
/// Of faulty requests: a version that is not the newest, and money that has run out, are told before faults of the body.
///
/// Of good requests: 402 when the company's money has run out, 403 when the one who asks may not or a policy forbids it,
/// 404 for an id that is well written and nobody's, 409 when the state of the thing forbids it, 412 for a version that is
/// not the newest, 502 when a provider that the company has named does not answer, 429 when a rate, a cap or a plan is full, and 422 only for what [`REFUSALS`] calls a fault of the meaning. Nothing that says that a request
/// was badly written (400, 413, 415, 428) is among them, nor that the fault is ours.
const SETTINGS: &str = "[checks.negative_data_rejection]
expected-statuses = [400, 401, 402, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429]

[checks.positive_data_acceptance]
expected-statuses = [\"2xx\", 303, 401, 402, 403, 404, 409, 412, 422, 429, 502]

[checks.not_a_server_error]
# A provider that the company has named does not answer.
expected-statuses = [\"2xx\", \"3xx\", \"4xx\", 502]

[auth]
# Or nobody would sign up first, and be somebody.
auto-signup = false
";
/// Ends the sign-in that the run itself uses.
const ENDS_THE_RUN: &str = "^/v1/(auth/(log_?out|switch|step_up|refresh|password$)|members/leave|sessions/)";

/// Runs it with a credential and the id of whose it is, or as nobody. Gives what it found.
fn run(
    program: &str,
    url: &str,
    who: &str,
    credential: Option<(&str, &str)>,
    reports: &Path,
) -> Result<(), String> {
    let settings = reports.join("settings.toml");
    let text = format!("hooks = {REFUSALS:?}\n{SETTINGS}");
    std::fs::write(&settings, text).expect("a file");
    let mut command = Command::new(program);
    command
        .arg("--config-file")
        .arg(settings)
        .args(["run", &format!("{url}/v1/openapi.json"), "--url", url])
        .args(["--checks", "all"])
        .args(["--exclude-path-regex", ENDS_THE_RUN])
        .args([
            "--phases",
            "examples,coverage,fuzzing,stateful",
            "--max-examples",
            "12",
            "--seed",
            "20261121",
        ])
        .args([
            // Several break the reader of its own source that it uses.
            "--workers",
            "1",
            "--max-time",
            "110",
            "--continue-on-failure",
            "--suppress-health-check",
            "all",
        ])
        .args([
            "--request-timeout",
            "20",
            "--warnings",
            "off",
            "--report",
            "junit",
            "--report-junit-path",
        ])
        .arg(reports.join(format!("{who}.xml")))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    if let Some((credential, own)) = credential {
        command.args(["--header", &format!("Authorization: Bearer {credential}")]);
        command.env("SCHEMATHESIS_OWN", own);
    }
    let output = command.output().expect("schemathesis runs");
    let [out, err] = [&output.stdout, &output.stderr].map(|told| String::from_utf8_lossy(told));
    let told = format!("{out}{err}");
    std::fs::write(reports.join(format!("{who}.txt")), &told).expect("a report");
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("as {who}:\n{told}")),
    }
}

/// Keys of both modes, with every scope.
async fn keys(acme: &Tenant) -> Vec<(&'static str, String)> {
    let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let mut keys = Vec::new();
    for (who, mode) in [("key", "live"), ("test_key", "test")] {
        let body = json!({ "name": mode, "scopes": scopes, "mode": mode });
        let key = acme.admin.post("/v1/api_keys", &body).await.expect(201);
        keys.push((who, key["key"].as_str().unwrap().to_owned()));
    }
    keys
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask check surface"]
async fn the_whole_document_holds_for_everybody() {
    let program = std::env::var("SCHEMATHESIS").expect("SCHEMATHESIS names the program");
    let reports = std::env::var("SCHEMATHESIS_REPORTS").expect("SCHEMATHESIS_REPORTS names a folder");
    let only = std::env::var("SCHEMATHESIS_AS").ok();
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    product.upgrade_to(&acme, "enterprise").await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    product.allow_outbound(&acme).await;
    let number = product.buy_number(&acme).await;
    let _ = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    let keys = keys(&acme).await;
    let mut found = Vec::new();
    for name in ["nobody", "viewer", "supervisor", "admin", "key", "test_key"] {
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        // The one before has guessed at passwords until its address was asked to wait.
        product.app.clock.advance(chrono::TimeDelta::minutes(16));
        // Signed in just now: the run takes as long as an access token is good, and as a sign-in is fresh.
        let credential = match Role::from_stored(name) {
            Some(role) => product.member(&acme, role).await.token().map(str::to_owned),
            None => keys
                .iter()
                .find(|(who, _)| *who == name)
                .map(|(_, key)| key.clone()),
        };
        let signed_in = credential.as_deref().map(|token| acme.admin.with_token(token));
        // Nobody takes their own role away and goes on.
        let own = match &signed_in {
            Some(client) => client.get("/v1/me").await["user"]["id"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            None => String::new(),
        };
        let (program, url, reports) = (program.clone(), product.url.clone(), reports.clone());
        let told = tokio::task::spawn_blocking(move || {
            let credential = credential.as_deref().map(|token| (token, own.as_str()));
            run(&program, &url, name, credential, Path::new(&reports))
        });
        if let Err(told) = told.await.unwrap() {
            found.push(told);
        }
        // A run whose sign-in has ended on the way has tried nothing.
        if let Some(client) = signed_in {
            let me = client.get("/v1/calls").await;
            if me.status != 200 {
                found.push(format!("{name} is not signed in at the end: {}", me.text));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}
