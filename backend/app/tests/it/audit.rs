//! The audit log: gapless however many write at once, and every way to tamper with it is seen.

use std::sync::Arc;

use chrono::Utc;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use phony_app::audit::{AuditCheck, AuditFault, AuditLog};
use phony_db::{Db, audit};
use phony_kernel::{Clock, TenantId};
use phony_testkit::TestDb;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::support::MASTER_KEY;

struct Office {
    db: Db,
    store: Arc<dyn ObjectStore>,
    log: AuditLog,
    servers: TestDb,
    tenant: TenantId,
}

impl Office {
    /// A company whose log has so many entries.
    async fn with(entries: usize) -> Self {
        let servers = TestDb::create().await;
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let db = Db::connect_lazy(&servers.worker_url, 8).unwrap();
        let log = AuditLog::new(db.clone(), store.clone(), Clock::system(), &MASTER_KEY.into()).unwrap();
        let office = Self {
            db,
            store,
            log,
            servers,
            tenant: TenantId::new(),
        };
        let mut admin = PgConnection::connect(&office.servers.admin_url).await.unwrap();
        sqlx::query("INSERT INTO phony.tenants (id, slug, name, plan) VALUES ($1, 'acme', 'Acme', 'basic')")
            .bind(office.tenant.uuid())
            .execute(&mut admin)
            .await
            .unwrap();
        for place in 0..entries {
            office.write(place).await;
        }
        office
    }

    async fn write(&self, place: usize) {
        let mut tx = self.db.tenant(self.tenant).await.unwrap();
        let entry = audit::Entry {
            actor: "usr_1",
            action: "number.released",
            target: &format!("num_{place}"),
            detail: &json!({ "place": place }),
        };
        audit::record(&mut tx, &entry, Utc::now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Somebody with all rights in the database, and none outside of it.
    async fn tamper(&self, sql: &str) {
        let mut admin = PgConnection::connect(&self.servers.admin_url).await.unwrap();
        let sql = format!("SET session_replication_role = replica; {sql}");
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut admin)
            .await
            .unwrap();
    }

    async fn check(&self) -> AuditCheck {
        self.log.verify_whole(self.tenant).await.unwrap()
    }

    async fn broken_at(&self, seq: i64, fault: AuditFault) {
        let check = self.check().await;
        let broken = check.broken.map(|broken| (broken.seq, broken.fault));
        assert_eq!((check.intact, broken), (false, Some((seq, fault))));
    }

    async fn intact(&self) -> AuditCheck {
        let check = self.check().await;
        assert_eq!((check.intact, check.broken), (true, None));
        check
    }
}

#[tokio::test]
async fn thirty_two_writers_leave_no_gap_and_no_fork() {
    let office = Arc::new(Office::with(0).await);
    let mut writers = tokio::task::JoinSet::new();
    for place in 0..32 {
        let office = Arc::clone(&office);
        writers.spawn(async move { office.write(place).await });
    }
    writers.join_all().await;
    let check = office.intact().await;
    assert_eq!(
        (check.entries, check.first_seq, check.last_seq),
        (32, Some(0), Some(31))
    );
    assert!(check.whole && check.signed.is_none());
}

#[tokio::test]
async fn tampered_audit_an_edited_entry_is_found() {
    let office = Office::with(5).await;
    office.tamper("CREATE TABLE kept AS TABLE phony.audit_log").await;
    for (column, value) in [
        ("actor", "'usr_2'"),
        ("action", "'number.bought'"),
        ("target", "'num_x'"),
        ("detail", "'{\"place\": 99}'"),
        ("at", "at + interval '1 microsecond'"),
        ("hash", "sha256('x')"),
    ] {
        office
            .tamper(&format!(
                "UPDATE phony.audit_log SET {column} = {value} WHERE seq = 2"
            ))
            .await;
        office.broken_at(2, AuditFault::Changed).await;
        office
            .tamper("DELETE FROM phony.audit_log; INSERT INTO phony.audit_log TABLE kept")
            .await;
        office.intact().await;
    }
}

#[tokio::test]
async fn tampered_audit_a_deleted_entry_is_found() {
    let office = Office::with(5).await;
    office.tamper("DELETE FROM phony.audit_log WHERE seq = 3").await;
    office.broken_at(3, AuditFault::Missing).await;
    let office = Office::with(5).await;
    office.tamper("DELETE FROM phony.audit_log WHERE seq < 2").await;
    office.broken_at(0, AuditFault::Missing).await;
    // Whoever moves the others up has to change what they say of themselves.
    let office = Office::with(5).await;
    office
        .tamper("DELETE FROM phony.audit_log WHERE seq = 3; UPDATE phony.audit_log SET seq = 3 WHERE seq = 4")
        .await;
    office.broken_at(3, AuditFault::Changed).await;
}

#[tokio::test]
async fn tampered_audit_reordered_entries_are_found() {
    let office = Office::with(5).await;
    office
        .tamper(
            "UPDATE phony.audit_log SET seq = 90 WHERE seq = 1; UPDATE phony.audit_log SET seq = 1 WHERE seq = 2;
             UPDATE phony.audit_log SET seq = 2 WHERE seq = 90",
        )
        .await;
    office.broken_at(1, AuditFault::Changed).await;
}

#[tokio::test]
async fn tampered_audit_a_truncated_log_shows_against_the_signed_head() {
    let office = Office::with(5).await;
    assert!(office.log.sign_head(office.tenant).await.unwrap());
    assert!(
        !office.log.sign_head(office.tenant).await.unwrap(),
        "it is signed for already"
    );
    assert_eq!(office.intact().await.signed.map(|(seq, _)| seq), Some(4));
    office.tamper("DELETE FROM phony.audit_log WHERE seq > 2").await;
    office.broken_at(3, AuditFault::Truncated).await;
    // A new entry in the old one's place does not hide it.
    office.write(7).await;
    office.write(8).await;
    office.broken_at(4, AuditFault::NotAsSigned).await;
    office.tamper("DELETE FROM phony.audit_log").await;
    office.broken_at(0, AuditFault::Truncated).await;
}

#[tokio::test]
async fn a_log_that_was_written_anew_as_a_whole_is_not_the_one_that_was_signed_for() {
    let office = Office::with(4).await;
    office.log.sign_head(office.tenant).await.unwrap();
    office.tamper("DELETE FROM phony.audit_log").await;
    for place in 10..16 {
        office.write(place).await;
    }
    office.broken_at(3, AuditFault::NotAsSigned).await;
}

#[tokio::test]
async fn a_forged_head_is_not_taken_for_one() {
    let office = Office::with(3).await;
    office.log.sign_head(office.tenant).await.unwrap();
    let folder = Path::from(format!("audit/{}", office.tenant));
    let signed = {
        use futures_util::TryStreamExt as _;
        let files: Vec<_> = office.store.list(Some(&folder)).try_collect().await.unwrap();
        files[0].location.clone()
    };
    let text = office.store.get(&signed).await.unwrap().bytes().await.unwrap();
    let forged = String::from_utf8(text.to_vec())
        .unwrap()
        .replace("\\\"seq\\\":2", "\\\"seq\\\":1");
    let name = signed.filename().unwrap().replace("00003-head", "00002-head");
    office
        .store
        .put(&folder.join(name.as_str()), forged.into())
        .await
        .unwrap();
    office.broken_at(1, AuditFault::ForgedHead).await;
}

#[tokio::test]
async fn what_is_old_is_cut_off_and_signed_for_and_what_is_young_stays() {
    let office = Office::with(3).await;
    office
        .tamper("UPDATE phony.audit_log SET at = at - interval '400 days'")
        .await;
    // The dates are part of the hashes; a chain that is old from the begin stands in for one that grew old.
    let office = {
        office.tamper("DELETE FROM phony.audit_log").await;
        let mut tx = office.db.tenant(office.tenant).await.unwrap();
        for (place, days) in [(0, 800), (1, 500), (2, 400), (3, 1), (4, 0)] {
            let entry = audit::Entry {
                actor: "usr_1",
                action: "number.released",
                target: &format!("num_{place}"),
                detail: &json!({}),
            };
            let at = Utc::now() - chrono::TimeDelta::days(days);
            audit::record(&mut tx, &entry, at).await.unwrap();
        }
        tx.commit().await.unwrap();
        office
    };
    office.log.sign_head(office.tenant).await.unwrap();
    assert_eq!(office.log.cut_off(office.tenant).await.unwrap(), 3);
    assert_eq!(office.log.cut_off(office.tenant).await.unwrap(), 0);
    let check = office.intact().await;
    assert_eq!(
        (check.first_seq, check.last_seq, check.whole),
        (Some(3), Some(4), true)
    );
    // Nobody cuts off what is young, not even the worker.
    let mut tx = office.db.tenant(office.tenant).await.unwrap();
    assert!(audit::log::cut_off(&mut tx, 4, 10).await.is_err());
    drop(tx);
    // And what was cut off without a signature is missing.
    office.tamper("DELETE FROM phony.audit_log WHERE seq = 3").await;
    office.broken_at(3, AuditFault::Missing).await;
}

#[tokio::test]
async fn a_statement_that_a_restore_made_void_stays_void_when_the_log_is_cut_off() {
    let office = Office::with(0).await;
    let write = async |places: std::ops::Range<i64>, days: i64| {
        let mut tx = office.db.tenant(office.tenant).await.unwrap();
        for place in places {
            let entry = audit::Entry {
                actor: "usr_1",
                action: "number.released",
                target: &format!("num_{place}_{days}"),
                detail: &json!({}),
            };
            let at = Utc::now() - chrono::TimeDelta::days(days);
            audit::record(&mut tx, &entry, at).await.unwrap();
        }
        tx.commit().await.unwrap();
    };
    write(0..8, 500).await;
    office.log.sign_head(office.tenant).await.unwrap();
    office.tamper("DELETE FROM phony.audit_log WHERE seq > 1").await;
    office.log.accept_restore(office.tenant).await.unwrap();
    write(2..5, 490).await;
    write(5..9, 1).await;
    assert_eq!(office.log.cut_off(office.tenant).await.unwrap(), 5);
    office.intact().await;
}

#[tokio::test]
async fn after_a_restore_from_a_backup_the_chain_goes_on_where_the_backup_ends() {
    let office = Office::with(5).await;
    office.log.sign_head(office.tenant).await.unwrap();
    office.tamper("DELETE FROM phony.audit_log WHERE seq > 1").await;
    office.broken_at(2, AuditFault::Truncated).await;
    assert!(office.log.accept_restore(office.tenant).await.unwrap());
    assert!(!office.log.accept_restore(office.tenant).await.unwrap());
    office.intact().await;
    for place in 20..24 {
        office.write(place).await;
    }
    office.log.sign_head(office.tenant).await.unwrap();
    office.intact().await;
    office.tamper("DELETE FROM phony.audit_log WHERE seq > 3").await;
    office.broken_at(4, AuditFault::Truncated).await;
}

/// The log as somebody sees it who has these master keys.
fn seen_with(office: &Office, keys: &str) -> AuditLog {
    AuditLog::new(
        office.db.clone(),
        Arc::clone(&office.store),
        Clock::system(),
        &keys.into(),
    )
    .unwrap()
}

#[tokio::test]
async fn what_a_replaced_key_signed_stays_good_when_it_is_gone_and_nobody_vouches_for_themselves() {
    const SECOND: &str = "b:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
    const THIRD: &str = "c:QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
    const STRANGER: &str = "d:YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8=";
    let office = Office::with(3).await;
    assert!(office.log.sign_head(office.tenant).await.unwrap());
    // Twice replaced; each time the new key vouches while the old one is listed.
    for keys in [format!("{SECOND},a:{MASTER_KEY}"), format!("{THIRD},{SECOND}")] {
        let log = seen_with(&office, &keys);
        assert!(log.vouch_for_former_keys().await.unwrap() > 0);
        assert_eq!(log.vouch_for_former_keys().await.unwrap(), 0, "once is enough");
        office.write(9).await;
        assert!(log.sign_head(office.tenant).await.unwrap());
    }
    let alone = seen_with(&office, THIRD);
    let check = alone.verify_whole(office.tenant).await.unwrap();
    assert_eq!((check.intact, check.heads), (true, 3), "{:?}", check.broken);
    // Whoever has the store and no key of ours makes a head, and a voucher for whom signed it.
    let stranger = seen_with(&office, &format!("{STRANGER},{THIRD}"));
    assert!(stranger.vouch_for_former_keys().await.unwrap() > 0);
    office.write(10).await;
    assert!(stranger.sign_head(office.tenant).await.unwrap());
    let check = alone.verify_whole(office.tenant).await.unwrap();
    let broken = check.broken.map(|broken| broken.fault);
    assert_eq!((check.intact, broken), (false, Some(AuditFault::ForgedHead)));
}

#[tokio::test]
async fn tampered_audit_a_company_that_vanished_with_its_log_is_missed() {
    let office = Office::with(2).await;
    assert!(office.log.sign_head(office.tenant).await.unwrap());
    office
        .tamper("DELETE FROM phony.audit_log; DELETE FROM phony.tenants")
        .await;
    assert_eq!(office.log.signed_tenants().await.unwrap(), [office.tenant]);
    office.broken_at(0, AuditFault::Truncated).await;
}
