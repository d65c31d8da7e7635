//! Starting the product and making tenants in it.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use phony_server::config::{Config, Variables};
use phony_server::start::{self, Running};
use phony_server::telemetry;
use phony_testkit::TestDb;
use serde_json::json;
use tempfile::TempDir;

use crate::api::Client;
use crate::balancer::Balancer;

/// A password that is good enough.
pub const PASSWORD: &str = "plum-kettle-orbit-93";

/// How often a journey may ask.
const QUICK: &str = "api.read=100000/1,api.write=100000/1,calls.create=10000/1,exports=10000/1,auth=10000/1,auth.renew=10000/1";

static NEXT: AtomicU32 = AtomicU32::new(1);

/// The product and everything around it.
pub struct Product {
    /// `http://127.0.0.1:port`.
    pub url: String,
    /// The server's own parts, for what no client can do.
    pub app: phony_app::App,
    /// The carrier and the models.
    pub simulator: Arc<phony_simulator::Running>,
    /// The database, for looking at what was written.
    pub database: TestDb,
    /// Address of the product's Redis.
    pub redis_url: String,
    running: Option<Running>,
    variables: Variables,
    _files: TempDir,
}

/// A company with its admin signed in.
pub struct Tenant {
    /// `ten_…`.
    pub id: String,
    /// Its admin.
    pub admin: Client,
    /// The admin's address.
    pub email: String,
}

impl Product {
    /// Starts it with a simulator that talks ten times faster than people do.
    pub async fn start() -> Self {
        Self::start_at_speed(10.0).await
    }

    /// Starts it with a simulator of that speed.
    ///
    /// # Panics
    /// When a part does not start.
    pub async fn start_at_speed(speed: f64) -> Self {
        Self::start_as(speed, None, &[]).await
    }

    /// Starts it with a simulator of that speed and further settings.
    ///
    /// # Panics
    /// When a part does not start.
    pub async fn start_at_speed_with(speed: f64, settings: &[(&str, &str)]) -> Self {
        Self::start_as(speed, None, settings).await
    }

    /// Starts it behind a balancer, whose address is the one that everybody calls. It is open to this instance.
    ///
    /// # Panics
    /// When a part does not start.
    pub async fn start_behind(balancer: &Balancer) -> Self {
        let product = Self::start_as(10.0, Some(&balancer.url), &[]).await;
        balancer.open(&product.url);
        product
    }

    /// Starts it with further settings.
    ///
    /// # Panics
    /// When a part does not start.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_as(10.0, None, settings).await
    }

    async fn start_as(speed: f64, public_url: Option<&str>, settings: &[(&str, &str)]) -> Self {
        let seed = NEXT.fetch_add(1, Ordering::Relaxed);
        let simulator = phony_simulator::start(phony_simulator::Config {
            speed,
            seed,
            ..phony_simulator::Config::default()
        })
        .await
        .expect("the simulator starts");
        let database = TestDb::create().await;
        let redis_url = phony_testkit::redis_url().await;
        let files = TempDir::new().expect("a folder");
        let mut variables: Variables = [
            ("DATABASE_URL", database.app_url.clone()),
            ("DATABASE_WORKER_URL", database.worker_url.clone()),
            ("DATABASE_CONNECTIONS", "8".to_owned()),
            ("REDIS_URL", redis_url.clone()),
            (
                "PHONY_MASTER_KEY",
                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned(),
            ),
            ("TWILIO_ACCOUNT_SID", simulator.account_sid().to_owned()),
            ("TWILIO_AUTH_TOKEN", simulator.auth_token().to_owned()),
            ("TWILIO_API_URL", simulator.url()),
            // Most journeys look at the carrier's main account.
            ("TWILIO_SUBACCOUNTS", "off".to_owned()),
            ("OPENAI_API_KEY", "sk-simulated".to_owned()),
            ("OPENAI_BASE_URL", format!("{}/v1", simulator.url())),
            (
                "OPENAI_REALTIME_URL",
                format!("{}/v1/realtime", simulator.url().replacen("http", "ws", 1)),
            ),
            ("SMTP_URL", simulator.smtp_url()),
            ("MAIL_FROM", "Phony <phony@phony.example>".to_owned()),
            ("RECORDINGS_URL", format!("file:{}", files.path().display())),
            // Providers and models of companies are on this machine.
            ("TENANT_URLS_LOOPBACK", "on".to_owned()),
            ("DNS_SERVER", simulator.dns_server().to_owned()),
            ("WORKERS", "2".to_owned()),
            // Journeys are quicker than people, and all of them come from one address.
            ("RATE_LIMITS", QUICK.to_owned()),
            // The machine of a test run is busy with other things.
            ("MAX_LATENESS_MS", "0".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        if let Some(url) = public_url {
            variables.insert("PUBLIC_URL".to_owned(), url.to_owned());
        }
        for (name, value) in settings {
            variables.insert((*name).to_owned(), (*value).to_owned());
        }
        let (running, url) = Self::boot(&mut variables).await;
        Self {
            url,
            app: running.app.clone(),
            simulator: Arc::new(simulator),
            database,
            redis_url,
            running: Some(running),
            variables,
            _files: files,
        }
    }

    async fn boot(variables: &mut Variables) -> (Running, String) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        // A further instance is known by the name of the first, as behind a balancer.
        variables
            .entry("PUBLIC_URL".to_owned())
            .or_insert_with(|| url.clone());
        let config = Config::read(variables).expect("a usable configuration");
        let metrics = telemetry::start_metrics().expect("metrics");
        (
            start::start(&config, listener, metrics)
                .await
                .expect("the server starts"),
            url,
        )
    }

    /// Starts a second instance over the same database, Redis and simulator; `url` is its own address.
    pub async fn second_instance(&self) -> (Running, String) {
        Self::boot(&mut self.variables.clone()).await
    }

    /// As the server was told to start, for the operator's commands.
    ///
    /// # Panics
    /// Never: it started with it.
    #[must_use]
    pub fn config(&self) -> Config {
        Config::read(&self.variables).expect("a usable configuration")
    }

    /// The settings that the server was started with, to start a process with.
    #[must_use]
    pub fn settings(&self) -> Variables {
        self.variables.clone()
    }

    /// Stops the server and starts it with other settings over the same database; it is elsewhere then.
    pub async fn restart_with(&mut self, settings: &[(&str, &str)]) {
        self.stop().await;
        for (name, value) in settings {
            self.variables.insert((*name).to_owned(), (*value).to_owned());
        }
        let (running, url) = Self::boot(&mut self.variables).await;
        self.app = running.app.clone();
        self.running = Some(running);
        self.url = url;
    }

    /// All that a table holds, as text.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn text_of(&self, table: &'static str) -> String {
        self.sql_text(&format!(
            "SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM phony.{table} t"
        ))
        .await
    }

    /// The one text that a query gives.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn sql_text(&self, sql: &str) -> String {
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut self.admin_connection().await)
            .await
            .expect("a text")
    }

    /// Changes what no request can.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn sql(&self, sql: &'static str) {
        sqlx::raw_sql(sql)
            .execute(&mut self.admin_connection().await)
            .await
            .expect("a change");
    }

    /// Stops the server in order.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop_now().await;
        }
    }

    /// Nobody.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        Client::new(&self.url, None)
    }

    /// A new company with its admin, signed up as a person would.
    ///
    /// # Panics
    /// When sign-up is refused.
    pub async fn tenant(&self, company: &str) -> Tenant {
        let email = format!("admin{}@{company}.example", NEXT.fetch_add(1, Ordering::Relaxed));
        let answer = self
            .anonymous()
            .post(
                "/v1/auth/signup",
                &json!({ "company": company, "name": "Ana Ortiz", "email": email, "password": PASSWORD }),
            )
            .await
            .expect(201);
        let id = answer["tenant"]["id"].as_str().expect("an id").to_owned();
        self.confirm(&email).await;
        let token = answer["access_token"].as_str().expect("a token");
        Tenant {
            id,
            admin: Client::new(&self.url, Some(token)),
            email,
        }
    }

    /// Notes that an address is its person's, without the mail; that has a journey of its own.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn confirm(&self, email: &str) {
        sqlx::query("UPDATE phony.users SET email_verified_at = now() WHERE email = $1")
            .bind(email)
            .execute(&mut self.admin_connection().await)
            .await
            .expect("a confirmed address");
    }

    /// A member of a company with a role, let in by the operator and signed in.
    ///
    /// # Panics
    /// When they are refused.
    pub async fn member(&self, tenant: &Tenant, role: phony_kernel::Role) -> Client {
        let email = format!("{role}{}@people.example", NEXT.fetch_add(1, Ordering::Relaxed));
        let member = phony_app::identity::NewMember {
            email: email.clone(),
            name: format!("Some {role}"),
            role,
            password: PASSWORD.to_owned().into(),
        };
        let id = tenant.id.parse().expect("a tenant id");
        self.app.identity.add_member(id, &member).await.expect("a member");
        let body = json!({ "email": email, "password": PASSWORD, "tenant_id": tenant.id });
        let answer = self.anonymous().post("/v1/auth/login", &body).await.expect(200);
        Client::new(&self.url, answer["access_token"].as_str())
    }

    /// Moves a company to the professional plan, as the operator does.
    pub async fn upgrade(&self, tenant: &Tenant) {
        self.upgrade_to(tenant, "professional").await;
    }

    /// Moves a company to a plan, as the operator does. It is noticed within five seconds.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn upgrade_to(&self, tenant: &Tenant, plan: &str) {
        let id: phony_kernel::TenantId = tenant.id.parse().expect("a tenant id");
        let mut connection = self.admin_connection().await;
        sqlx::query("UPDATE phony.tenants SET plan = $2 WHERE id = $1")
            .bind(id.uuid())
            .bind(plan)
            .execute(&mut connection)
            .await
            .expect("an upgrade");
    }

    /// Lets a company ring whom it wants at any hour, without their consent: tests run at all hours, and ring often.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn allow_outbound(&self, tenant: &Tenant) {
        let policy = json!({
            "calling_hours": { "from": "00:00", "to": "24:00" }, "daily_calls": 10_000, "daily_calls_per_number": 1_000,
            "daily_spend": "10000", "concurrent_calls": 100, "consent": { "ai_voice": "not_required" },
        });
        let body = json!({ "outbound_policy": policy });
        let _ = tenant.admin.patch("/v1/tenant", &body).await.expect(200);
    }

    /// A connection that sees everything, to look at what was written.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn admin_connection(&self) -> sqlx::PgConnection {
        use sqlx::Connection as _;
        sqlx::PgConnection::connect(&self.database.admin_url)
            .await
            .expect("a connection")
    }
}
