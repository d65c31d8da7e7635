//! A fresh database with identity on it, and companies in it.

use chrono::TimeDelta;
use phony_app::identity::{Identity, IdentityConfig, LogIn, Session, SignUp};
use phony_app::mail::{Letter, Mails};
use phony_app::sealing::Sealer;
use phony_app::{Principal, Who};
use phony_db::Db;
use phony_kernel::{Clock, SessionId, TenantId, UserId};
use phony_testkit::TestDb;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

/// A password that nobody would guess first.
pub(crate) const PASSWORD: &str = "river tallow mint 7";
/// Thirty-two bytes for tests.
pub(crate) const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) identity: Identity,
    pub(crate) servers: TestDb,
}

impl World {
    pub(crate) async fn new() -> Self {
        let servers = TestDb::create().await;
        let db = Db::connect_lazy(&servers.app_url, 10).unwrap();
        let clock = Clock::system();
        let identity = identity(&db, &clock);
        Self {
            db,
            clock,
            identity,
            servers,
        }
    }

    /// Another instance of the server on the same database: nothing is remembered in common.
    pub(crate) fn other_instance(&self) -> Identity {
        identity(&self.db, &self.clock)
    }

    /// Signs up a company; its admin is `admin@<name>.test`.
    pub(crate) async fn company(&self, name: &str) -> Session {
        self.identity.sign_up(sign_up(name), "").await.unwrap()
    }

    /// The same, and its admin has shown that the address is theirs.
    pub(crate) async fn confirmed_company(&self, name: &str) -> Session {
        let session = self.company(name).await;
        let token = self.token(&session.user.email).await;
        self.identity.verify_email(&token).await.unwrap();
        session
    }

    pub(crate) async fn log_in(&self, email: &str) -> Session {
        let input = LogIn {
            email: email.to_owned(),
            password: PASSWORD.into(),
            totp: None,
            tenant_id: None,
        };
        self.identity.log_in(input, "").await.unwrap()
    }

    pub(crate) async fn principal(&self, session: &Session) -> Principal {
        self.identity.authenticate(&session.access_token).await.unwrap()
    }

    /// Every mail to an address that waits to be sent, oldest first.
    pub(crate) async fn letters(&self, to: &str) -> Vec<Letter> {
        let rows: Vec<(Uuid, Value)> = sqlx::query_as(
            "SELECT tenant_id, payload FROM phony.outbox WHERE topic = 'mail.send' ORDER BY id",
        )
        .fetch_all(&mut self.admin().await)
        .await
        .unwrap();
        let mails = Mails::new(Sealer::new(&MASTER_KEY.into()).unwrap());
        let opened = rows.into_iter().map(|(tenant, payload)| {
            let (_, mail) = mails.open(TenantId::from_uuid(tenant), &payload).unwrap();
            mail
        });
        opened
            .filter(|mail| mail.to.eq_ignore_ascii_case(to))
            .map(|mail| mail.letter())
            .collect()
    }

    /// The token in the newest mail to an address.
    pub(crate) async fn token(&self, to: &str) -> String {
        let letters = self.letters(to).await;
        let text = &letters.last().unwrap().text;
        let (_, rest) = text.split_once("#token=").unwrap();
        rest.split_whitespace().next().unwrap().to_owned()
    }

    /// Lets time pass for the product.
    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// Looks at what was written, past row security.
    pub(crate) async fn admin(&self) -> PgConnection {
        PgConnection::connect(&self.servers.admin_url).await.unwrap()
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&mut self.admin().await)
            .await
            .unwrap()
    }

    pub(crate) async fn execute(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&mut self.admin().await).await.unwrap();
    }
}

fn identity(db: &Db, clock: &Clock) -> Identity {
    let config = IdentityConfig {
        issuer: "https://phony.test".to_owned(),
        master_key: MASTER_KEY.into(),
        model: "gpt-6-luna".to_owned(),
    };
    Identity::new(db.clone(), clock.clone(), config).unwrap()
}

pub(crate) fn sign_up(company: &str) -> SignUp {
    SignUp {
        company: company.to_owned(),
        name: format!("Admin of {company}"),
        email: format!("admin@{company}.test"),
        password: PASSWORD.into(),
        time_zone: Some("Europe/Berlin".to_owned()),
    }
}

/// Tenant, person and session of a member.
pub(crate) fn ids(principal: &Principal) -> (TenantId, UserId, SessionId) {
    match principal.who {
        Who::Member { user, session, .. } => (principal.tenant, user, session),
        Who::Key { .. } => panic!("a key has no session"),
    }
}
