//! Calls on the realtime engine: sound that is really spoken, carried to the model stand-in and back, heard and
//! understood at both ends. People speak as fast as people do, so journeys run side by side.

mod carrier;
mod check;
mod failures;
mod interruption;
mod sessions;
mod supervision;
mod talk;

use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

/// More would take each other's time away.
const AT_ONCE: usize = 4;

/// Runs journeys side by side, all to their end; fails as the first that failed, naming each. Whoever looks into some
/// of them names a part of their names in `JOURNEY`.
async fn side_by_side(mut journeys: Vec<(&'static str, LocalBoxFuture<'_, ()>)>) {
    if let Ok(wanted) = std::env::var("JOURNEY") {
        journeys.retain(|(name, _)| wanted.split(',').any(|part| name.contains(part)));
    }
    let run = journeys.into_iter().map(async |(name, journey)| {
        let outcome = AssertUnwindSafe(journey).catch_unwind().await;
        if outcome.is_err() {
            #[expect(
                clippy::print_stderr,
                reason = "of several journeys one test must say which failed"
            )]
            {
                eprintln!("^ journey {name}");
            }
        }
        outcome
    });
    let outcomes: Vec<_> = stream::iter(run).buffer_unordered(AT_ONCE).collect().await;
    if let Some(panic) = outcomes.into_iter().find_map(Result::err) {
        resume_unwind(panic);
    }
}

/// A step of a script: the caller waits until the agent has said something. One word is heard in one piece.
fn hears(words: &str) -> Value {
    json!({ "wait_for": words, "timeout_ms": 30_000 })
}

/// The script of a caller who asks, hears the answer up to its last word, and hangs up.
fn asks(question: &str, last_word: &str) -> Value {
    json!([hears("Maya."), { "say": question }, hears(last_word), { "wait_ms": 700 }, { "hangup": true }])
}

/// Journeys as one test.
macro_rules! journeys {
    ($all:ident: $($journey:ident),+ $(,)?) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $all() {
            super::side_by_side(vec![$((stringify!($journey), Box::pin($journey()))),+]).await;
        }
    };
}
use journeys;
