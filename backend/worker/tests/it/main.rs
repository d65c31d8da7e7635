//! The worker against a real database.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use phony_db::Db;
use phony_kernel::{CallId, ExportId, TenantId};
use phony_testkit::TestDb;
use phony_worker::{MAX_ATTEMPTS, Worker};
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

struct Fixture {
    db: Db,
    admin: PgPool,
    store: Arc<dyn ObjectStore>,
    worker: Worker,
    tenant: TenantId,
    _database: TestDb,
}

impl Fixture {
    async fn new() -> Self {
        let database = TestDb::create().await;
        let db = Db::connect_lazy(&database.app_url, 4).unwrap();
        let admin = PgPoolOptions::new()
            .max_connections(2)
            .connect_lazy(&database.admin_url)
            .unwrap();
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let worker = Worker::without_app(Db::connect_lazy(&database.worker_url, 4).unwrap(), store.clone());
        let tenant = TenantId::new();
        sqlx::query("INSERT INTO phony.tenants (id, slug, name, plan) VALUES ($1, 'acme', 'Acme', 'basic')")
            .bind(tenant.uuid())
            .execute(&admin)
            .await
            .unwrap();
        Self {
            db,
            admin,
            store,
            worker,
            tenant,
            _database: database,
        }
    }

    async fn enqueue(&self, topic: &str, payload: serde_json::Value) -> Uuid {
        let mut tx = self.db.tenant(self.tenant).await.unwrap();
        let id = phony_db::outbox::insert(&mut tx, topic, &payload).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn export(&self) -> ExportId {
        let id = ExportId::new();
        sqlx::query(
            "INSERT INTO phony.exports (tenant_id, id, dataset, format, period_from, period_to, created_by)
             VALUES ($1, $2, 'usage', 'csv', now() - interval '1 day', now(), 'tests')",
        )
        .bind(self.tenant.uuid())
        .bind(id.uuid())
        .execute(&self.admin)
        .await
        .unwrap();
        self.enqueue("export.run", json!({ "export_id": id })).await;
        id
    }

    async fn export_status(&self, id: ExportId) -> String {
        sqlx::query_scalar("SELECT status FROM phony.exports WHERE id = $1")
            .bind(id.uuid())
            .fetch_one(&self.admin)
            .await
            .unwrap()
    }

    /// (done, attempts, waits for a person, why)
    async fn row(&self, id: Uuid) -> (bool, i32, bool, Option<String>) {
        sqlx::query_as(
            "SELECT done_at IS NOT NULL, attempts, next_attempt_at = 'infinity', failure FROM phony.outbox WHERE id = $1",
        )
        .bind(id)
        .fetch_one(&self.admin)
        .await
        .unwrap()
    }

    async fn make_due(&self) {
        sqlx::query("UPDATE phony.outbox SET next_attempt_at = now() WHERE next_attempt_at <> 'infinity'")
            .execute(&self.admin)
            .await
            .unwrap();
    }

    /// A call whose lease ran out a minute ago.
    async fn left_behind(&self) -> CallId {
        let (call, number) = (CallId::new(), Uuid::now_v7());
        sqlx::query("INSERT INTO phony.phone_numbers (tenant_id, id, e164) VALUES ($1, $2, '+14155550134')")
            .bind(self.tenant.uuid())
            .bind(number)
            .execute(&self.admin)
            .await
            .unwrap();
        sqlx::query(
            "INSERT INTO phony.calls (tenant_id, id, phone_number_id, call_sid, direction, status, started_at, lease_until)
             VALUES ($1, $2, $3, 'CA1', 'inbound', 'in_progress', now() - interval '2 minutes', now() - interval '1 minute')",
        )
        .bind(self.tenant.uuid())
        .bind(call.uuid())
        .bind(number)
        .execute(&self.admin)
        .await
        .unwrap();
        call
    }
}

#[tokio::test]
async fn an_export_is_made_once_by_two_workers() {
    let fixture = Fixture::new().await;
    let id = fixture.export().await;
    let (first, second) = tokio::join!(fixture.worker.drain_outbox(), fixture.worker.drain_outbox());
    assert_eq!(first.unwrap() + second.unwrap(), 1);
    assert_eq!(fixture.export_status(id).await, "ready");
    let file = Path::from(format!("exports/{}/{id}.csv", fixture.tenant));
    assert!(fixture.store.head(&file).await.unwrap().size > 0);
    assert_eq!(fixture.worker.drain_outbox().await.unwrap(), 0);
}

#[tokio::test]
async fn work_of_a_worker_that_died_comes_back() {
    let fixture = Fixture::new().await;
    let row = fixture
        .enqueue("call.ended", json!({ "call_id": CallId::new() }))
        .await;
    let mut tx = fixture.db.tenant(fixture.tenant).await.unwrap();
    assert!(
        phony_db::outbox::claim(&mut tx, row, 60.0)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        phony_db::outbox::claim(&mut tx, row, 60.0)
            .await
            .unwrap()
            .is_none(),
        "it is held"
    );
    tx.commit().await.unwrap();
    assert_eq!(fixture.worker.drain_outbox().await.unwrap(), 0);
    fixture.make_due().await;
    assert_eq!(fixture.worker.drain_outbox().await.unwrap(), 1);
    assert_eq!(fixture.row(row).await, (true, 2, false, None));
}

#[tokio::test]
async fn what_fails_ten_times_is_set_aside_and_said_so() {
    let fixture = Fixture::new().await;
    let strange = fixture.enqueue("nobody.knows", json!({})).await;
    let broken = fixture
        .enqueue("export.run", json!({ "export_id": "exp_nonsense" }))
        .await;
    let fine = fixture
        .enqueue("call.ended", json!({ "call_id": CallId::new() }))
        .await;
    for attempt in 1..=MAX_ATTEMPTS {
        fixture.worker.drain_outbox().await.unwrap();
        let (done, attempts, aside, failure) = fixture.row(strange).await;
        assert_eq!((done, attempts, aside), (false, attempt, attempt == MAX_ATTEMPTS));
        assert!(failure.is_some());
        fixture.make_due().await;
    }
    assert!(fixture.row(broken).await.2);
    assert_eq!(fixture.row(fine).await, (true, 1, false, None), "others go on");
    assert_eq!(fixture.worker.drain_outbox().await.unwrap(), 0);
}

#[tokio::test]
async fn an_export_that_cannot_be_written_fails_in_the_end() {
    let fixture = Fixture::new().await;
    let id = fixture.export().await;
    // The heading is written, then the rows cannot be read.
    sqlx::query("ALTER TABLE phony.usage_events RENAME TO usage_events_away")
        .execute(&fixture.admin)
        .await
        .unwrap();
    for _ in 1..MAX_ATTEMPTS {
        fixture.worker.drain_outbox().await.unwrap();
        assert_eq!(fixture.export_status(id).await, "running");
        fixture.make_due().await;
    }
    fixture.worker.drain_outbox().await.unwrap();
    assert_eq!(fixture.export_status(id).await, "failed");
}

#[tokio::test]
async fn a_call_that_was_left_behind_ends_once_as_orphaned() {
    let fixture = Fixture::new().await;
    let call = fixture.left_behind().await;
    let (first, second) = tokio::join!(fixture.worker.sweep_calls(), fixture.worker.sweep_calls());
    assert_eq!(first.unwrap() + second.unwrap(), 1);
    let (status, reason): (String, String) =
        sqlx::query_as("SELECT status, ended_reason FROM phony.calls WHERE id = $1")
            .bind(call.uuid())
            .fetch_one(&fixture.admin)
            .await
            .unwrap();
    assert_eq!((status.as_str(), reason.as_str()), ("ended", "orphaned"));
    let messages: i64 = sqlx::query_scalar("SELECT count(*) FROM phony.outbox WHERE topic = 'call.ended'")
        .fetch_one(&fixture.admin)
        .await
        .unwrap();
    assert_eq!(messages, 1);
}

#[tokio::test]
async fn a_running_worker_picks_up_work_and_stops_when_told() {
    let fixture = Fixture::new().await;
    let stop = CancellationToken::new();
    let worker = fixture.worker.clone().believing_leases_after(Duration::ZERO);
    let running = tokio::spawn(worker.run(stop.clone()));
    fixture.left_behind().await;
    let export = fixture.export().await;
    let settled = async {
        let open = "SELECT EXISTS (SELECT FROM phony.outbox WHERE done_at IS NULL)
                        OR EXISTS (SELECT FROM phony.calls WHERE ended_at IS NULL)";
        while sqlx::query_scalar::<_, bool>(open)
            .fetch_one(&fixture.admin)
            .await
            .unwrap()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), settled)
        .await
        .unwrap();
    assert_eq!(fixture.export_status(export).await, "ready");
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(60), running)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn leases_are_not_believed_right_after_the_start() {
    let fixture = Fixture::new().await;
    let call = fixture.left_behind().await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(fixture.worker.clone().run(stop.clone()));
    // Work that was asked for after the start is done, so the first round of every lane is over.
    let export = fixture.export().await;
    let ready = async {
        while fixture.export_status(export).await != "ready" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), ready)
        .await
        .unwrap();
    let open: bool = sqlx::query_scalar("SELECT ended_at IS NULL FROM phony.calls WHERE id = $1")
        .bind(call.uuid())
        .fetch_one(&fixture.admin)
        .await
        .unwrap();
    assert!(open);
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_call_that_cannot_be_ended_does_not_hold_up_the_others() {
    let fixture = Fixture::new().await;
    let call = fixture.left_behind().await;
    sqlx::raw_sql(
        "ALTER TABLE phony.calls DROP CONSTRAINT calls_direction_check;
         INSERT INTO phony.calls (tenant_id, id, phone_number_id, call_sid, direction, status, started_at, lease_until)
         SELECT tenant_id, gen_random_uuid(), phone_number_id, 'CA2', 'sideways', status, started_at,
                lease_until - interval '1 hour' FROM phony.calls",
    )
    .execute(&fixture.admin)
    .await
    .unwrap();
    fixture.worker.sweep_calls().await.unwrap_err();
    let ended: bool = sqlx::query_scalar("SELECT ended_at IS NOT NULL FROM phony.calls WHERE id = $1")
        .bind(call.uuid())
        .fetch_one(&fixture.admin)
        .await
        .unwrap();
    assert!(ended);
}

#[tokio::test]
async fn what_was_kept_long_enough_is_deleted_and_nothing_else() {
    let fixture = Fixture::new().await;
    let (old, fresh) = (fixture.export().await, fixture.export().await);
    fixture.worker.drain_outbox().await.unwrap();
    let call = fixture.left_behind().await;
    fixture.enqueue("call.ended", json!({ "call_id": call })).await;
    sqlx::query("UPDATE phony.exports SET expires_at = now() - interval '1 second' WHERE id = $1")
        .bind(old.uuid())
        .execute(&fixture.admin)
        .await
        .unwrap();
    sqlx::raw_sql(
        "INSERT INTO phony.users (id, email) VALUES ('00000000-0000-0000-0000-000000000001', 'a@x.test');
         INSERT INTO phony.memberships (tenant_id, user_id, role)
           SELECT id, '00000000-0000-0000-0000-000000000001', 'admin' FROM phony.tenants;
         INSERT INTO phony.sessions (tenant_id, id, user_id, refresh_hash, auth_at, amr, expires_at, absolute_expires_at)
           SELECT id, gen_random_uuid(), '00000000-0000-0000-0000-000000000001', sha256(d::text::bytea), now(), '{}',
                  now() + d * interval '1 day', now() + interval '90 days'
           FROM phony.tenants, unnest('{-2,1}'::int[]) d;
         UPDATE phony.outbox SET done_at = now() - interval '8 days' WHERE payload->>'export_id' IS NOT NULL
           AND id = (SELECT min(id::text)::uuid FROM phony.outbox);
         UPDATE phony.calls SET settled_at = now() - interval '31 days';
         INSERT INTO phony.carrier_callbacks (tenant_id, call_id, sequence_number, status, received_at)
           SELECT tenant_id, id, n, 'completed', now() - n * interval '20 days' FROM phony.calls, generate_series(1, 2) n",
    )
    .execute(&fixture.admin)
    .await
    .unwrap();
    fixture.worker.clear_out().await.unwrap();
    let left: Vec<i64> = sqlx::query_scalar(
        "SELECT count(*) FROM phony.outbox UNION ALL SELECT count(*) FROM phony.sessions
         UNION ALL SELECT count(*) FROM phony.carrier_callbacks
         UNION ALL SELECT count(*) FROM phony.exports WHERE storage_key IS NOT NULL",
    )
    .fetch_all(&fixture.admin)
    .await
    .unwrap();
    assert_eq!(left, [2, 1, 1, 1]);
    let file = |id: ExportId| Path::from(format!("exports/{}/{id}.csv", fixture.tenant));
    assert!(fixture.store.head(&file(old)).await.is_err());
    assert!(fixture.store.head(&file(fresh)).await.is_ok());
}
