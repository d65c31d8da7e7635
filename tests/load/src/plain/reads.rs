//! The plain read: one row by its key, as JSON.

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{HttpResponse, get, web};
use anyhow::Context as _;
use tokio_postgres::{Client, NoTls, Statement};

/// Connections that queries are spread over.
const CONNECTIONS: usize = 8;

pub(crate) struct Reads {
    connections: Vec<(Client, Statement)>,
    next: AtomicUsize,
}

impl Reads {
    /// Connects; `table` is named by whoever starts us, never by a request.
    pub(crate) async fn connect(url: &str, table: &str) -> anyhow::Result<Self> {
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            actix_web::rt::spawn(connection);
            let sql = format!(
                "SELECT id::text, e164, label, status, engine FROM {table} WHERE id = $1::text::uuid"
            );
            let statement = client.prepare(&sql).await.context("the table cannot be read")?;
            connections.push((client, statement));
        }
        Ok(Self {
            connections,
            next: AtomicUsize::new(0),
        })
    }
}

#[derive(serde::Serialize)]
struct Row<'a> {
    id: &'a str,
    e164: &'a str,
    label: &'a str,
    status: &'a str,
    engine: &'a str,
}

/// The row with this id.
#[get("/read/{id}")]
pub(crate) async fn read(id: web::Path<String>, reads: web::Data<Reads>) -> HttpResponse {
    let at = reads.next.fetch_add(1, Ordering::Relaxed) % reads.connections.len();
    let Some((client, statement)) = reads.connections.get(at) else {
        return HttpResponse::InternalServerError().finish();
    };
    match client.query_opt(statement, &[&id.as_str()]).await {
        Ok(Some(row)) => HttpResponse::Ok().json(Row {
            id: row.get(0),
            e164: row.get(1),
            label: row.get(2),
            status: row.get(3),
            engine: row.get(4),
        }),
        Ok(None) => HttpResponse::NotFound().finish(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
