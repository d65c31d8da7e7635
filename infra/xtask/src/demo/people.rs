//! The demo's tenant, its people and its number, made through the doors that everybody uses.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::http::Client;
use crate::process::output_with;
use crate::secrets::{random_hex, write_private};

/// Who can sign in.
pub(crate) const PEOPLE: &[Person] = &[
    Person {
        role: "admin",
        name: "Ada Admin",
        email: "admin@demo.example",
        secret: "DEMO_ADMIN_PASSWORD",
    },
    Person {
        role: "supervisor",
        name: "Sam Supervisor",
        email: "supervisor@demo.example",
        secret: "DEMO_SUPERVISOR_PASSWORD",
    },
    Person {
        role: "viewer",
        name: "Vera Viewer",
        email: "viewer@demo.example",
        secret: "DEMO_VIEWER_PASSWORD",
    },
];

/// One of them.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) role: &'static str,
    pub(crate) name: &'static str,
    pub(crate) email: &'static str,
    /// Under which name the password is kept.
    pub(crate) secret: &'static str,
}

/// What the command line may do.
const SCOPES: &[&str] = &[
    "calls:read",
    "calls:write",
    "calls:monitor",
    "calls:control",
    "transcripts:read",
    "numbers:read",
    "numbers:write",
    "personalities:read",
    "chat:write",
];

/// Signs a person in; None when there is no such person or another password.
fn sign_in(server: &Client, email: &str, password: &str) -> Result<Option<Value>> {
    let answer = server.send(
        "POST",
        "/v1/auth/login",
        Some(&json!({"email": email, "password": password})),
    )?;
    match answer.status {
        200 => Ok(Some(answer.body)),
        401 | 403 | 422 => Ok(None),
        other => anyhow::bail!("signing {email} in answered {other}: {}", answer.body),
    }
}

/// Makes the tenant and its people as far as they are missing; gives a client signed in as the admin.
pub(crate) fn ensure<'a>(
    server: &Client,
    phony: &dyn Fn(&[&str]) -> Command,
    password: &dyn Fn(&str) -> Result<&'a str>,
) -> Result<Client> {
    let mut tenant = String::new();
    let mut admin = None;
    for person in PEOPLE {
        let password = password(person.secret)?;
        let who = ["--email", person.email, "--name", person.name, "--password-stdin"];
        let mut session = sign_in(server, person.email, password)?;
        if session.is_none() {
            let made = if person.role == "admin" {
                let arguments = [&["admin", "create-tenant", "--company", "Demo Company"], &who[..]].concat();
                output_with(&mut phony(&arguments), password)?
            } else {
                let arguments = [
                    &["admin", "add-member", "--tenant", &tenant, "--role", person.role],
                    &who[..],
                ]
                .concat();
                output_with(&mut phony(&arguments), password)?
            };
            if person.role == "admin" {
                let made: Value = serde_json::from_str(&made).context("create-tenant prints no JSON")?;
                made["tenant_id"]
                    .as_str()
                    .context("create-tenant gives no tenant_id")?
                    .clone_into(&mut tenant);
                session = sign_in(server, person.email, password)?;
            }
        }
        if person.role == "admin" {
            let session =
                session.context("the admin cannot sign in; cargo xtask demo --reset starts fresh")?;
            session["tenant"]["id"]
                .as_str()
                .context("no tenant in the session")?
                .clone_into(&mut tenant);
            let token = session["access_token"]
                .as_str()
                .context("no token in the session")?;
            admin = Some(server.clone().with("Authorization", &format!("Bearer {token}")));
        }
    }
    admin.context("there is no admin")
}

/// A plan on which programs may follow calls live, as the command line does; one that a person has chosen stays.
pub(crate) fn ensure_plan(admin: &Client) -> Result<()> {
    let me = admin.get("/v1/me")?;
    if me["tenant"]["plan"] == "basic" && list(&admin.get("/v1/numbers")?).next().is_none() {
        let changed = admin.send("PUT", "/v1/tenant/plan", Some(&json!({"plan": "professional"})))?;
        anyhow::ensure!(changed.status == 200, "the plan stays as it is: {}", changed.body);
    }
    Ok(())
}

/// A number with a personality, bought if there is none; gives it in E.164.
pub(crate) fn ensure_number(admin: &Client) -> Result<String> {
    let personality = personality(admin)?;
    let numbers = admin.get("/v1/numbers")?;
    let mine = list(&numbers).find(|number| number["status"] == "active");
    let number = match mine {
        Some(number) => number.clone(),
        None => {
            let found = admin.get("/v1/numbers/available?country=US&area_code=415")?;
            let e164 = list(&found)
                .next()
                .and_then(|one| one["e164"].as_str())
                .context("no number is for sale")?;
            let buyer = admin.clone().with("Idempotency-Key", &random_hex(16)?);
            buyer.post(
                "/v1/numbers",
                &json!({"e164": e164, "label": "Front desk", "personality_id": personality}),
            )?
        }
    };
    if number["personality"].is_null() {
        let id = number["id"].as_str().context("a number without an id")?;
        admin.patch(
            &format!("/v1/numbers/{id}"),
            &json!({"personality_id": personality}),
        )?;
    }
    Ok(number["e164"]
        .as_str()
        .context("a number without digits")?
        .to_owned())
}

/// A key for the command line, kept in `file`; made anew when it is not good any more.
pub(crate) fn ensure_key(server: &Client, admin: &Client, file: &Path) -> Result<()> {
    if let Ok(key) = fs::read_to_string(file) {
        let holder = server
            .clone()
            .with("Authorization", &format!("Bearer {}", key.trim()));
        if holder.send("GET", "/v1/me", None)?.status == 200 {
            return Ok(());
        }
    }
    let maker = admin.clone().with("Idempotency-Key", &random_hex(16)?);
    let made = maker.post("/v1/api_keys", &json!({"name": "Command line", "scopes": SCOPES}))?;
    let key = made["key"].as_str().context("a key without its text")?;
    write_private(file, key)
}

/// Nobody's telephone rings in a demo, so its agents may ring at any hour and whom they want; a policy that a person
/// has changed stays as it is.
pub(crate) fn ensure_hours(admin: &Client) -> Result<()> {
    let policy = &admin.get("/v1/tenant")?["outbound_policy"];
    let made_by_us = policy["version"].as_i64().is_some_and(|version| version <= 1);
    if made_by_us && policy["consent"]["ai_voice"] == "required" {
        let open = json!({"outbound_policy": {
            "calling_hours": {"from": "00:00", "to": "24:00"}, "consent": {"ai_voice": "not_required"},
        }});
        admin.patch("/v1/tenant", &open)?;
    }
    Ok(())
}

fn personality(admin: &Client) -> Result<Value> {
    let personalities = admin.get("/v1/personalities")?;
    let chosen = list(&personalities)
        .find(|one| one["name"] == "Friendly Helper")
        .or_else(|| list(&personalities).next())
        .context("the tenant has no personality")?;
    Ok(chosen["id"].clone())
}

fn list(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["data"].as_array().into_iter().flatten()
}
