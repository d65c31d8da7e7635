//! Calls on the realtime engine: sound that is really spoken, carried to the model stand-in and back, heard and
//! understood at both ends. People speak as fast as people do, so journeys run side by side.

mod check;
mod talk;

use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, join_all};

/// Runs journeys side by side, all to their end; fails as the first that failed, naming each.
async fn side_by_side(journeys: Vec<(&'static str, LocalBoxFuture<'_, ()>)>) {
    let run = journeys.into_iter().map(async |(name, journey)| {
        let outcome = AssertUnwindSafe(journey).catch_unwind().await;
        if outcome.is_err() {
            eprintln!("^ journey {name}");
        }
        outcome
    });
    let outcomes = join_all(run).await;
    if let Some(panic) = outcomes.into_iter().find_map(Result::err) {
        resume_unwind(panic);
    }
}

/// Journeys of this file as one test, and each on its own for whoever looks at one.
macro_rules! journeys {
    ($all:ident: $($journey:ident),+ $(,)?) => {
        #[tokio::test]
        async fn $all() {
            super::side_by_side(vec![$((stringify!($journey), Box::pin($journey()))),+]).await;
        }
        mod alone {
            $(
                #[tokio::test]
                #[ignore = "part of the test of its file"]
                async fn $journey() {
                    super::$journey().await;
                }
            )+
        }
    };
}
use journeys;
