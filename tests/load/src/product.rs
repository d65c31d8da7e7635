//! The product as it is run, with a company, its people and its numbers, all made through its doors.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::dial::{Line, sid};
use crate::http;
use crate::options::Run;
use crate::process::Program;

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "fedcba9876543210fedcba9876543210";
const PASSWORD: &str = "plum-kettle-orbit-93";
/// Variables that are passed on to the product.
const PASSED_ON: [&str; 4] = [
    "DATABASE_URL",
    "DATABASE_WORKER_URL",
    "REDIS_URL",
    "PHONY_MASTER_KEY",
];

/// A port that nobody has right now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))
        .context("no free port")?
        .local_addr()?
        .port())
}

pub(crate) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// A company in the database, which outlives the product's process.
#[derive(Debug, Clone)]
pub(crate) struct Company {
    email: String,
    pub(crate) realtime: Number,
    pub(crate) relay: Number,
    pub(crate) gather: Number,
}

#[derive(Debug, Clone)]
pub(crate) struct Number {
    pub(crate) id: String,
    pub(crate) e164: String,
}

/// The product, running.
#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
    /// From start to ready.
    pub(crate) started_in: Duration,
}

/// Where its models are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Models {
    pub(crate) realtime: SocketAddr,
    pub(crate) chat: SocketAddr,
    pub(crate) carrier: SocketAddr,
}

impl Product {
    /// Starts it on its core; `public` is the address that everybody calls it by, if another.
    pub(crate) fn start(
        options: &Run,
        models: Models,
        name: &str,
        public: Option<SocketAddr>,
    ) -> Result<Self> {
        let binary = options.phony.as_deref().context("--phony is missing")?;
        let address = loopback(free_port()?);
        let mut environment: Vec<(String, String)> = Vec::new();
        for name in PASSED_ON {
            let value = std::env::var(name).with_context(|| format!("{name} is missing"))?;
            environment.push((name.to_owned(), value));
        }
        let public = public.unwrap_or(address);
        for (name, value) in [
            ("PORT", address.port().to_string()),
            ("BIND", "127.0.0.1".to_owned()),
            ("PUBLIC_URL", format!("http://{public}")),
            ("WORKERS", "1".to_owned()),
            ("LOG", "warn".to_owned()),
            ("TWILIO_ACCOUNT_SID", ACCOUNT.to_owned()),
            ("TWILIO_AUTH_TOKEN", TOKEN.to_owned()),
            // The carrier here signs for one account.
            ("TWILIO_SUBACCOUNTS", "off".to_owned()),
            ("TWILIO_API_URL", format!("http://{}", models.carrier)),
            ("OPENAI_API_KEY", "sk-stand-in".to_owned()),
            ("OPENAI_BASE_URL", format!("http://{}/v1", models.chat)),
            (
                "OPENAI_REALTIME_URL",
                format!("ws://{}/v1/realtime", models.realtime),
            ),
            (
                "RECORDINGS_URL",
                format!("file:{}", text(&options.out.join("recordings"))),
            ),
            ("DRAIN_SECONDS", "0".to_owned()),
            // So that many people can sign in from here.
            ("TRUSTED_PROXIES", "127.0.0.1/32".to_owned()),
            // One company asks for all; how often it may is not what is measured.
            (
                "RATE_LIMITS",
                "api.read=1000000/1,api.write=1000000/1,calls.create=100000/1,auth=100000/1,auth.renew=100000/1".to_owned(),
            ),
        ] {
            environment.push((name.to_owned(), value));
        }
        let program = [text(binary), "serve".to_owned()];
        let mut program = Program::start(
            name,
            options.measured_core(),
            &program,
            &environment,
            &options.out,
        )?;
        let started_in = program.wait_ready(|| {
            http::request(address, "GET", "/readyz", &[], None).is_ok_and(|answer| answer.status == 200)
        })?;
        Ok(Self {
            program,
            address,
            started_in,
        })
    }

    /// The number as the carrier rings it.
    pub(crate) fn line(&self, number: &Number) -> Line {
        Line {
            address: self.address,
            webhook: "/twilio/voice",
            status: Some("/twilio/status"),
            account_sid: ACCOUNT.to_owned(),
            auth_token: TOKEN.to_owned(),
            number: number.e164.clone(),
        }
    }

    fn api(&self, token: Option<&str>, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let authorization = token.map(|token| format!("Bearer {token}")).unwrap_or_default();
        let key = sid("bench");
        let mut headers = vec![
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
        ];
        if token.is_some() {
            headers.push(("Authorization", &authorization));
        }
        if method == "POST" {
            headers.push(("Idempotency-Key", &key));
        }
        let text = body.map(Value::to_string);
        http::request(self.address, method, path, &headers, text.as_deref())?
            .json(&format!("{method} {path}"))
    }

    /// Signs the admin in; gives the token.
    pub(crate) fn sign_in(&self, company: &Company) -> Result<String> {
        let body = json!({"email": company.email, "password": PASSWORD});
        let session = self.api(None, "POST", "/v1/auth/login", Some(&body))?;
        word(&session["access_token"])
    }

    /// A key of the company's.
    pub(crate) fn api_key(&self, token: &str) -> Result<String> {
        let body = json!({"name": sid("bench"), "scopes": ["numbers:read"]});
        let key = self.api(Some(token), "POST", "/v1/api_keys", Some(&body))?;
        word(&key["key"]).or_else(|_| word(&key["secret"]))
    }

    /// A ticket for the live socket.
    pub(crate) fn ticket(&self, token: &str) -> Result<String> {
        let ticket = self.api(
            Some(token),
            "POST",
            "/v1/ws_tickets",
            Some(&json!({"purpose": "live"})),
        )?;
        word(&ticket["ticket"])
    }

    /// A company with a number for each engine, on the plan that has no limits.
    pub(crate) fn company(&self) -> Result<Company> {
        let email = format!("{}@bench.example", sid("admin").to_lowercase());
        let body =
            json!({"company": sid("Bench "), "name": "Ada Admin", "email": email, "password": PASSWORD});
        let session = self.api(None, "POST", "/v1/auth/signup", Some(&body))?;
        let token = word(&session["access_token"])?;
        upgrade(&word(&session["tenant"]["id"])?)?;
        let mut numbers = Vec::new();
        for engine in ["realtime", "relay", "gather"] {
            let personality = json!({"name": format!("Bench {engine}"), "voice": "alloy",
                // Dictated words are over after their time; the replies that are measured have no end.
                "greeting": if engine == "realtime" { "" } else { "Hello, this is the front desk. How can I help you today?" },
                "system_prompt": "You answer the phone of a small company. Be brief."});
            let personality = self.api(Some(&token), "POST", "/v1/personalities", Some(&personality))?;
            let found = self.api(
                Some(&token),
                "GET",
                "/v1/numbers/available?country=US&area_code=415",
                None,
            )?;
            let bought = self.api(
                Some(&token),
                "POST",
                "/v1/numbers",
                Some(&json!({"e164": found["data"][0]["e164"], "label": engine, "personality_id": personality["id"]})),
            )?;
            let number = Number {
                id: word(&bought["id"])?,
                e164: word(&bought["e164"])?,
            };
            let path = format!("/v1/numbers/{}", number.id);
            self.api(Some(&token), "PATCH", &path, Some(&json!({"engine": engine})))?;
            numbers.push(number);
        }
        let gather = numbers.pop().context("no number")?;
        let relay = numbers.pop().context("no number")?;
        let realtime = numbers.pop().context("no number")?;
        Ok(Company {
            email,
            realtime,
            relay,
            gather,
        })
    }
}

fn word(value: &Value) -> Result<String> {
    Ok(value
        .as_str()
        .context("a field is missing in an answer")?
        .to_owned())
}

/// Runs statements as the operator of the installation.
pub(crate) fn as_operator(sql: &str) -> Result<()> {
    with_operator(async |client| Ok(client.batch_execute(sql).await?))
}

/// The one whole number that a query gives.
pub(crate) fn one_number(sql: &str) -> Result<i32> {
    with_operator(async |client| Ok(client.query_one(sql, &[]).await?.try_get(0)?))
}

fn with_operator<T>(work: impl AsyncFnOnce(&tokio_postgres::Client) -> Result<T>) -> Result<T> {
    let url = std::env::var("PHONY_TEST_ADMIN_URL").context("PHONY_TEST_ADMIN_URL is missing")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
        let connection = tokio::spawn(connection);
        let done = work(&client).await;
        drop(client);
        // It ends with its client.
        let _ = connection.await;
        done
    })
}

/// Plans are changed by the operator.
fn upgrade(tenant: &str) -> Result<()> {
    let is_id = tenant.starts_with("ten_")
        && tenant
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    anyhow::ensure!(is_id, "a strange tenant id: {tenant}");
    // Every tenant of these servers is ours.
    as_operator(
        "UPDATE phony.tenants SET plan = 'enterprise';
         UPDATE phony.users SET email_verified_at = now() WHERE email_verified_at IS NULL",
    )
}

/// The simulator: carrier of the numbers.
pub(crate) fn simulator(options: &Run) -> Result<(Program, SocketAddr)> {
    let binary = options.simulator.as_deref().context("--simulator is missing")?;
    let port = free_port()?;
    let seed = std::process::id().to_string();
    let program: Vec<String> = [
        text(binary),
        "--port".to_owned(),
        port.to_string(),
        "--seed".to_owned(),
        seed,
    ]
    .into();
    let environment = [
        ("TWILIO_ACCOUNT_SID".to_owned(), ACCOUNT.to_owned()),
        ("TWILIO_AUTH_TOKEN".to_owned(), TOKEN.to_owned()),
        ("LOG".to_owned(), "warn".to_owned()),
    ];
    let mut program = Program::start(
        "simulator",
        options.other_core(),
        &program,
        &environment,
        &options.out,
    )?;
    program.wait_ready(|| std::net::TcpStream::connect(loopback(port)).is_ok())?;
    Ok((program, loopback(port)))
}

/// The plain bridge or the plain read.
pub(crate) fn plain(
    options: &Run,
    arguments: &[String],
    environment: &[(String, String)],
) -> Result<(Program, Line)> {
    let port = free_port()?;
    let mut program = vec![text(&options.plain), "--port".to_owned(), port.to_string()];
    program.extend_from_slice(arguments);
    let mut program = Program::start(
        "plain",
        options.measured_core(),
        &program,
        environment,
        &options.out,
    )?;
    program.wait_ready(|| std::net::TcpStream::connect(loopback(port)).is_ok())?;
    let line = Line {
        address: loopback(port),
        webhook: "/voice",
        status: None,
        account_sid: ACCOUNT.to_owned(),
        auth_token: TOKEN.to_owned(),
        number: "+14155550100".to_owned(),
    };
    Ok((program, line))
}
