//! Nobody learns that something of a neighbour exists: not by the answer (see `operations`), and not by how long it
//! takes. And however large the neighbour is, one's own pages are the same bytes.

use std::time::{Duration, Instant};

use phony_journeys::Client;
use serde_json::json;
use uuid::Uuid;

use crate::surface::{Case, Document, Operation, World};

/// Pairs of timings of an operation.
const PAIRS: usize = 40;
/// How often an operation whose medians differ is measured anew: the machine has other things to do.
const AGAIN: usize = 6;
/// Less than this nobody can tell over a network.
const NOISE: Duration = Duration::from_micros(400);

async fn time(case: &Case, operation: &Operation, client: &Client) -> Duration {
    let began = Instant::now();
    let answer = case.send(operation, client).await;
    let took = began.elapsed();
    assert_eq!(answer.status, 404, "{}: {}", operation.id, answer.text);
    took
}

/// Median and lower quartile; of a machine that does other things too, the latter tells more.
fn typical(mut times: Vec<Duration>) -> [Duration; 2] {
    times.sort_unstable();
    [times[times.len() / 2], times[times.len() / 4]]
}

/// Whether nobody can tell the one from the other.
fn are_alike(one: Duration, other: Duration) -> bool {
    one.abs_diff(other) <= NOISE.max(one.max(other) / 10)
}

/// An id that nobody has, of the kind that an id is.
fn unknown(id: &str) -> String {
    match id.split_once('_') {
        Some((prefix, _)) => format!("{prefix}_{}", Uuid::now_v7().simple()),
        None => format!("CA{}", Uuid::now_v7().simple()),
    }
}

#[tokio::test]
async fn a_foreign_id_takes_as_long_as_an_unknown_one() {
    let (world, document) = (World::new().await, Document::generated());
    let globex = world.product.tenant("globex").await;
    world.product.upgrade_to(&globex, "enterprise").await;
    world.product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let mut measured = 0;
    for operation in document.operations.iter().filter(|operation| operation.has_id()) {
        if operation.method != "GET" {
            continue;
        }
        let foreign = world.case(&operation.id).await.expect("a request");
        let nobodys = Case {
            id: unknown(&foreign.id),
            ..foreign.clone()
        };
        let mut last = ([Duration::ZERO; 2], [Duration::ZERO; 2]);
        let mut alike = false;
        for _ in 0..AGAIN {
            let (mut of_foreign, mut of_unknown) = (Vec::new(), Vec::new());
            for _ in 0..PAIRS {
                of_foreign.push(time(&foreign, operation, &globex.admin).await);
                of_unknown.push(time(&nobodys, operation, &globex.admin).await);
            }
            last = (typical(of_foreign), typical(of_unknown));
            alike = last
                .0
                .into_iter()
                .zip(last.1)
                .any(|(foreign, unknown)| are_alike(foreign, unknown));
            if alike {
                break;
            }
        }
        assert!(
            alike,
            "{}: foreign {:?}, unknown {:?}",
            operation.id, last.0, last.1
        );
        measured += 1;
    }
    assert!(measured >= 8, "only {measured} operations were measured");
}

/// Fills a company with contacts and calls of these numbers, past the API. Those of two companies are alike.
async fn fill(world: &World, tenant: &phony_journeys::Tenant, rows: std::ops::RangeInclusive<i32>) {
    let id: phony_kernel::TenantId = tenant.id.parse().unwrap();
    let mut admin = world.product.admin_connection().await;
    for sql in [
        "INSERT INTO phony.contacts (tenant_id, id, e164, name, created_at, updated_at)
         SELECT $1, md5('contact' || n || $1::text)::uuid, '+1415' || (5000000 + n), 'NEIGHBOURSMARK', now(), now() FROM generate_series($2, $3) n",
        "INSERT INTO phony.calls (tenant_id, id, call_sid, direction, channel, status, started_at, ended_at, ended_reason,
                                  ended_by, fault, from_text, to_text)
         SELECT $1, md5('call' || n || $1::text)::uuid, 'WC' || md5(n::text || $1::text), 'inbound', 'web', 'ended', now(), now(), 'caller_hangup',
                'caller', 'none', 'NEIGHBOURSMARK', 'NEIGHBOURSMARK' FROM generate_series($2, $3) n",
    ] {
        sqlx::query(sql)
            .bind(id.uuid())
            .bind(rows.start())
            .bind(rows.end())
            .execute(&mut admin)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_neighbour_ten_times_larger_changes_no_byte() {
    let (world, document) = (World::new().await, Document::generated());
    let hang_up = format!("/sim/calls/{}/hangup", world.call);
    let _ = world.product.control().post(&hang_up, &json!({})).await;
    let call = format!("/v1/calls/{}", world.call);
    phony_journeys::eventually("our call is settled", async || {
        (world.acme.admin.get(&call).await["settled"] == true).then_some(())
    })
    .await;
    fill(&world, &world.acme, 1..=30).await;
    let globex = world.product.tenant("globex").await;
    fill(&world, &globex, 1..=30).await;
    let mut lists = Vec::new();
    for operation in &document.operations {
        let quiet = [
            "get_health",
            "get_readiness",
            "search_available_numbers",
            "get_usage",
        ];
        if operation.method == "GET" && !operation.has_id() && !quiet.contains(&operation.id.as_str()) {
            lists.push((operation, world.case(&operation.id).await.expect("a request")));
        }
    }
    let read = async || {
        let mut pages = Vec::new();
        for (operation, case) in &lists {
            let answer = case.send(operation, &world.acme.admin).await;
            assert_eq!(
                answer.status, operation.success,
                "{}: {}",
                operation.id, answer.text
            );
            let mut json = answer.json;
            if let Some(fields) = json.as_object_mut() {
                for moving in ["at", "as_of"] {
                    fields.remove(moving);
                }
            }
            pages.push((operation.id.clone(), json, answer.headers.get("etag").cloned()));
        }
        pages
    };
    let before = read().await;
    fill(&world, &globex, 31..=300).await;
    let after = read().await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    let text = format!("{after:?}");
    assert!(text.contains("NEIGHBOURSMARK"), "our own rows are shown");
}
