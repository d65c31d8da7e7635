//! Whether time tells an id of another company from one that nobody has. Runs by `cargo xtask check surface`, on a machine
//! that does nothing else.

use std::time::{Duration, Instant};

use phony_journeys::Client;
use uuid::Uuid;

use crate::surface::{Document, World};

/// Timings of each kind.
const ROUNDS: usize = 200;
/// How far the medians may be apart, of the larger.
const APART: f64 = 0.10;
/// Medians this near are the same, whatever the share: the clock and the scheduler.
const SAME: Duration = Duration::from_micros(60);
/// A machine is never quite quiet: what differs each time differs.
const TRIES: usize = 4;

async fn time(client: &Client, path: &str) -> Duration {
    let began = Instant::now();
    let answer = client.get(path).await;
    let took = began.elapsed();
    assert_eq!(answer.status, 404, "{path}");
    took
}

fn median(mut timings: Vec<Duration>) -> Duration {
    timings.sort_unstable();
    timings[timings.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask check surface"]
async fn an_unknown_id_takes_as_long_as_a_foreign_one() {
    let (world, document) = (World::new().await, Document::generated());
    let globex = world.product.tenant("globex").await;
    world.product.upgrade_to(&globex, "enterprise").await;
    world.product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let reads = document
        .operations
        .iter()
        .filter(|operation| operation.method == "GET" && operation.has_id());
    let mut apart = Vec::new();
    for operation in reads {
        let case = world.case(&operation.id).await.expect("a request");
        let foreign = case.path(operation);
        let (prefix, _) = case.id.split_once('_').unwrap_or(("", ""));
        let mut last = None;
        for _ in 0..TRIES {
            let (mut of_foreign, mut of_unknown) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let nobodys = match prefix {
                    "" => format!("CA{}", Uuid::now_v7().simple()),
                    prefix => format!("{prefix}_{}", Uuid::now_v7().simple()),
                };
                let unknown = foreign.replace(&case.id, &nobodys);
                of_foreign.push(time(&globex.admin, &foreign).await);
                of_unknown.push(time(&globex.admin, &unknown).await);
            }
            let (foreign, unknown) = (median(of_foreign), median(of_unknown));
            let (near, far) = (foreign.min(unknown), foreign.max(unknown));
            let same = far - near <= SAME || (far - near).as_secs_f64() <= APART * far.as_secs_f64();
            last = (!same).then(|| format!("{}: foreign {foreign:?}, unknown {unknown:?}", operation.id));
            if last.is_none() {
                break;
            }
        }
        apart.extend(last);
    }
    assert!(apart.is_empty(), "{apart:#?}");
}
