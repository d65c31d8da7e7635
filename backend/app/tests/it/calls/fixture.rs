//! A database with tenants that have a number and somebody who answers it.

use chrono::{DateTime, Utc};
use phony_app::calls::{CallsArea, Connect, InboundAnswer, InboundCall, StatusUpdate, StreamOpening};
use phony_app::number_keys::NumberKeys;
use phony_app::{Principal, Who};
use phony_carriers::twilio::CarrierStatus;
use phony_conversation::plan::{CallPlan, Personality};
use phony_db::Db;
use phony_kernel::{ApiKeyId, InstanceId, KeyMode, NumberId, PersonalityId, Plan, Scope, TenantId};
use phony_testkit::TestDb;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use sqlx::types::Json;
use uuid::Uuid;

/// What numbers are hashed by.
pub(crate) fn number_keys() -> NumberKeys {
    NumberKeys::new(&"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned().into()).unwrap()
}

/// A fresh database, as the product and as a superuser see it.
pub(crate) struct Fixture {
    pub(crate) db: Db,
    pub(crate) worker: Db,
    /// Sees everything; used to prepare and to look, never to prove isolation.
    pub(crate) admin: PgPool,
    pub(crate) calls: CallsArea,
    database: TestDb,
}

/// A tenant with one number and one personality.
#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    pub(crate) plan: Plan,
    pub(crate) number: NumberId,
    pub(crate) e164: String,
    pub(crate) personality: PersonalityId,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let database = TestDb::create().await;
        let db = Db::connect_lazy(&database.app_url, 16).unwrap();
        let worker = Db::connect_lazy(&database.worker_url, 4).unwrap();
        let admin = PgPoolOptions::new()
            .max_connections(4)
            .connect_lazy(&database.admin_url)
            .unwrap();
        let calls = CallsArea::new(db.clone(), InstanceId::new(), number_keys());
        Self {
            db,
            worker,
            admin,
            calls,
            database,
        }
    }

    /// Where the database takes the product's own role.
    pub(crate) fn app_url(&self) -> String {
        self.database.app_url.clone()
    }

    /// A tenant on the standard price list without markup, subscribed long ago.
    pub(crate) async fn tenant(&self, plan: Plan) -> Tenant {
        self.tenant_with_markup(plan, 0).await
    }

    pub(crate) async fn tenant_with_markup(&self, plan: Plan, markup_bps: i32) -> Tenant {
        let (id, number, personality) = (TenantId::new(), NumberId::new(), PersonalityId::new());
        let digits: u32 = rand::random_range(0..10_000_000);
        let e164 = format!("+1415{digits:07}");
        let run = |query: sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>| async {
            query.execute(&self.admin).await.unwrap();
        };
        run(
            sqlx::query("INSERT INTO phony.tenants (id, slug, name, plan) VALUES ($1, $2, 'Acme', $3)")
                .bind(id.uuid())
                .bind(format!("acme-{}", &id.uuid().simple().to_string()[20..]))
                .bind(plan.as_str()),
        )
        .await;
        run(sqlx::query(
            "INSERT INTO phony.subscriptions (tenant_id, id, plan, price_book, markup_bps, started_at)
             VALUES ($1, $2, $3, 'standard', $4, now() - interval '90 days')",
        )
        .bind(id.uuid())
        .bind(Uuid::now_v7())
        .bind(plan.as_str())
        .bind(markup_bps))
        .await;
        let body = Personality {
            id: personality,
            version: 1,
            name: "Ana".to_owned(),
            system_prompt: "You answer the phone of a bakery.".to_owned(),
            greeting: Some("Good morning, how can I help?".to_owned()),
            voice: "alloy".to_owned(),
            language: "en-US".to_owned(),
            response_style: "short".to_owned(),
            traits: vec![],
            examples: vec![],
            model: "gpt-6-luna".to_owned(),
            ..CallPlan::example().personality
        };
        run(sqlx::query(
            "INSERT INTO phony.personalities (tenant_id, id, name, voice, system_prompt) VALUES ($1, $2, 'Ana', 'alloy', '')",
        )
        .bind(id.uuid())
        .bind(personality.uuid()))
        .await;
        run(sqlx::query(
            "INSERT INTO phony.personality_versions (tenant_id, id, personality_id, version, body) VALUES ($1, $2, $3, 1, $4)",
        )
        .bind(id.uuid())
        .bind(Uuid::now_v7())
        .bind(personality.uuid())
        .bind(Json(body)))
        .await;
        run(sqlx::query(
            "INSERT INTO phony.phone_numbers (tenant_id, id, e164, personality_id) VALUES ($1, $2, $3, $4)",
        )
        .bind(id.uuid())
        .bind(number.uuid())
        .bind(e164.clone())
        .bind(personality.uuid()))
        .await;
        Tenant {
            id,
            plan,
            number,
            e164,
            personality,
        }
    }

    /// Lets a caller ring; the call must be let in.
    pub(crate) async fn ring(&self, tenant: &Tenant, sid: &str) -> Connect {
        match self.calls.answer_inbound(&inbound(tenant, sid)).await.unwrap() {
            InboundAnswer::Connect(connect) => *connect,
            other => panic!("the call was not let in: {other:?}"),
        }
    }

    /// Rings and opens the conversation's socket.
    pub(crate) async fn talk(&self, tenant: &Tenant, sid: &str) -> CallPlan {
        let connect = self.ring(tenant, sid).await;
        match self.calls.open_stream(&connect.token, sid).await.unwrap() {
            StreamOpening::Opened(opened) => opened.plan,
            StreamOpening::Refused(why) => panic!("the socket was refused: {why:?}"),
        }
    }

    /// One value that a superuser sees.
    pub(crate) async fn look<T>(&self, query: &'static str, tenant: &Tenant) -> T
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        sqlx::query_scalar(query)
            .bind(tenant.id.uuid())
            .fetch_one(&self.admin)
            .await
            .unwrap()
    }
}

impl Tenant {
    /// A program of this tenant that may read everything.
    pub(crate) fn principal(&self) -> Principal {
        Principal {
            tenant: self.id,
            plan: self.plan,
            must_enrol: false,
            tenant_verified: true,
            viewers_read_transcripts: false,
            rates: None,
            from: None,
            who: Who::Key {
                id: ApiKeyId::new(),
                name: "tests".to_owned(),
                scopes: Scope::ALL.to_vec(),
                mode: KeyMode::Live,
            },
        }
    }
}

pub(crate) fn sid() -> String {
    format!("CA{}", Uuid::new_v4().simple())
}

pub(crate) fn inbound(tenant: &Tenant, sid: &str) -> InboundCall {
    InboundCall {
        call_sid: sid.to_owned(),
        account_sid: "AC00000000000000000000000000000001".to_owned(),
        from: "+15550100002".to_owned(),
        to: tenant.e164.clone(),
    }
}

/// A callback of the carrier about an inbound call.
pub(crate) fn update(
    tenant: &Tenant,
    sid: &str,
    sequence_number: i64,
    status: CarrierStatus,
    duration_seconds: Option<i64>,
    timestamp: Option<DateTime<Utc>>,
) -> StatusUpdate {
    StatusUpdate {
        call_sid: sid.to_owned(),
        from: "+15550100002".to_owned(),
        to: tenant.e164.clone(),
        status,
        sequence_number: Some(sequence_number),
        duration_seconds,
        timestamp,
        sip_response_code: None,
    }
}
