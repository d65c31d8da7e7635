//! The drill: a backup, an erasure after it, the database lost and restored, and what was erased gone again.

use std::path::{Path, PathBuf};

use phony_journeys::{Product, Tenant, eventually};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::process::Command;
use tokio::time::timeout;

use crate::installation::Installation;
use crate::program::{PATIENCE, Ran, run};

/// Whom the simulated carrier lets ring.
const CALLER: &str = "+14155550199";
/// What nobody else says.
const MARK: &str = "Restoremarkerowitz";
const DATABASE_SQL: &str = include_str!("../../../../infra/postgres/database.sql");

/// A program of PostgreSQL's: the server's own, for another version may not read it.
async fn program_of_postgres(product: &Product, name: &str) -> PathBuf {
    let folder = product
        .sql_text("SELECT setting FROM pg_config WHERE name = 'BINDIR'")
        .await;
    let beside = Path::new(&folder).join(name);
    if beside.is_file() { beside } else { name.into() }
}

async fn ends(program: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true);
    timeout(PATIENCE, run(command, "")).await.expect("it ends")
}

/// Somebody whom a company knows and has talked with; the call's path.
async fn talked_with(product: &Product, acme: &Tenant) -> String {
    let number = product.buy_number(acme).await;
    let contact = json!({ "e164": CALLER, "name": MARK });
    let _ = acme.admin.post("/v1/contacts", &contact).await.expect(201);
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    caller.hears("help").await;
    caller.say(&format!("I am {MARK}")).await;
    let call = format!("/v1/calls/{}", caller.call_sid);
    eventually("the words are stored", async || {
        let items = acme.admin.get(&format!("{call}/items")).await;
        items.text.contains(MARK).then_some(())
    })
    .await;
    caller.hang_up().await;
    eventually("the call is settled", async || {
        (acme.admin.get(&call).await["settled"] == true).then_some(())
    })
    .await;
    call
}

/// The database is lost, and there is an empty one with its name.
async fn lose(product: &Product) {
    let name = &product.database.name;
    let elsewhere = product.database.admin_url.replace(name, "postgres");
    let mut server = PgConnection::connect(&elsewhere).await.unwrap();
    for sql in [
        format!("DROP DATABASE {name} WITH (FORCE)"),
        format!("CREATE DATABASE {name}"),
    ] {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut server)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn what_was_erased_after_a_backup_is_erased_again_after_its_restore() {
    let mut product = Product::start().await;
    let operator = Installation::of(&product);
    let acme = product.tenant("acme").await;
    let call = talked_with(&product, &acme).await;
    let _ = operator.run(&["audit", "sign"]).await.expect(0);

    let folder = tempfile::TempDir::new().unwrap();
    let dump = folder.path().join("night.dump");
    let dump = dump.to_str().unwrap();
    let pg_dump = program_of_postgres(&product, "pg_dump").await;
    let url = product.database.admin_url.clone();
    // Whoever is bound by row security gets an error, not a part of it.
    let part = folder.path().join("part.dump");
    let refused = ends(
        &pg_dump,
        &[
            "--role=phony_owner",
            "--schema=phony",
            "--format=custom",
            "--file",
            part.to_str().unwrap(),
            &url,
        ],
    )
    .await;
    assert!(
        refused.code != 0 && refused.err.contains("row-level security"),
        "{}",
        refused.err
    );
    let _ = ends(
        &pg_dump,
        &["--role=phony_backup", "--format=custom", "--file", dump, &url],
    )
    .await
    .expect(0);

    let erase = json!({ "subject": "contact", "e164": CALLER });
    let erasure = acme.admin.post("/v1/privacy/erasures", &erase).await.expect(202);
    let erasure = format!("/v1/privacy/erasures/{}", erasure["id"].as_str().unwrap());
    eventually("it is erased", async || {
        (acme.admin.get(&erasure).await["status"] == "done").then_some(())
    })
    .await;
    assert_eq!(product.tables_with(MARK).await, Vec::<String>::new());
    let _ = operator.run(&["audit", "sign"]).await.expect(0);

    product.stop().await;
    lose(&product).await;
    let pg_restore = program_of_postgres(&product, "pg_restore").await;
    let _ = ends(
        &pg_restore,
        &["--exit-on-error", "--single-transaction", "--dbname", &url, dump],
    )
    .await
    .expect(0);
    sqlx::raw_sql(DATABASE_SQL)
        .execute(&mut product.admin_connection().await)
        .await
        .unwrap();
    let migrated = operator.with("DATABASE_MIGRATION_URL", &product.database.migrator_url);
    let _ = migrated.run(&["migrate"]).await.expect(0);
    assert!(!product.tables_with(MARK).await.is_empty(), "the backup has them");
    // The log is shorter than what was signed for; the check says so until the restore is told of.
    let cut = operator.run(&["audit", "verify"]).await.expect(1);
    assert!(
        cut.err.contains(&acme.id) && cut.err.contains("broken at entry"),
        "{}",
        cut.err
    );

    let replay = [
        "privacy",
        "replay",
        "--operator",
        "maria",
        "--reason",
        "restored from the backup of the night",
    ];
    let done = operator.run(&replay).await.expect(0).values();
    assert_eq!(
        done[0],
        json!({ "listed": 1, "contacts": 1, "companies": 0, "calls": 1, "audit_logs_cut_short": 1 })
    );
    for text in [MARK, CALLER] {
        assert_eq!(product.tables_with(text).await, Vec::<String>::new(), "{text}");
    }
    let intact = operator.run(&["audit", "verify"]).await.expect(0).out;
    assert!(intact.contains("intact, signed up to entry"), "{intact}");
    let again = operator.run(&replay).await.expect(0).values();
    assert_eq!(
        (&again[0]["contacts"], &again[0]["calls"]),
        (&json!(0), &json!(0))
    );

    // The company goes on with what is left.
    product.restart_with(&[]).await;
    let admin = phony_journeys::Client::new(&product.url, acme.admin.token());
    let found = admin.get(&call).await.expect(200);
    assert!(
        found["from"].as_str().unwrap().starts_with("erased:"),
        "{}",
        found.text
    );
    assert_eq!(
        admin.get(&format!("{call}/items")).await.expect(200)["data"],
        json!([])
    );
    assert_eq!(admin.get("/v1/contacts").await.expect(200)["data"], json!([]));
    let log = admin.get("/v1/audit_log?actor=operator:maria").await.expect(200);
    assert_eq!(log["data"][0]["action"], Value::from("privacy.replay"));
    assert_eq!(
        admin.get("/v1/audit_log/verify").await.expect(200)["intact"],
        true
    );
}
