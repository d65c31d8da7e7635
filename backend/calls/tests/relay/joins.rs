//! Callers whom the carrier moves to somebody else: their socket closes before or after the carrier says that it has
//! done so.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use phony_calls::{NotPlaced, Outcome, TransferCarrier, TransferOf};
use phony_conversation::EventBody;
use phony_conversation::command::{StayAs, TransferKind};
use phony_conversation::core::TransferNews;
use phony_conversation::record::RecordBody;
use phony_kernel::{E164, ItemId};
use tokio::sync::{Notify, mpsc};

use crate::harness::*;

const LEG: &str = "CA0000000000000000000000000000000b";

/// A carrier that takes its time to bring two together.
struct Slow {
    placed: mpsc::UnboundedSender<ItemId>,
    joins: Arc<Notify>,
    joined: Arc<Notify>,
}

impl TransferCarrier for Slow {
    fn place(
        &self,
        of: TransferOf,
        _to: E164,
        _from: E164,
        _brief: String,
        _rings: Duration,
    ) -> BoxFuture<'static, Result<String, NotPlaced>> {
        self.placed.send(of.transfer).unwrap();
        std::future::ready(Ok(LEG.to_owned())).boxed()
    }

    fn join(&self, _of: TransferOf, _stay_as: Option<StayAs>) -> BoxFuture<'static, bool> {
        let (joins, joined) = (self.joins.clone(), self.joined.clone());
        async move {
            joins.notify_one();
            joined.notified().await;
            true
        }
        .boxed()
    }

    fn give_up(&self, _of: TransferOf, _leg: String, _answered: bool) -> BoxFuture<'static, ()> {
        std::future::ready(()).boxed()
    }
}

#[tokio::test]
async fn a_socket_that_closes_before_the_carrier_answers_disturbs_nobody() {
    on_worker(async {
        let model = ModelServer::start().await;
        model.says("I get somebody. [[transfer:billing]]");
        model.says("They want their money back.");
        let mut instance = Instance::alone(&model);
        let (placed, mut transfers) = mpsc::unbounded_channel();
        let (joins, joined) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        instance.calls.transfer_by(Arc::new(Slow {
            placed,
            joins: joins.clone(),
            joined: joined.clone(),
        }));
        let mut plan = plan();
        plan.personality.transfer_targets[0].kind = TransferKind::Warm;
        let mut carrier = Carrier::connect(&instance.calls, &plan);
        carrier.hears().await;
        carrier.prompt("I was charged twice.").await;
        let transfer = transfers.recv().await.unwrap();
        let leg = LEG.to_owned();
        let told = instance
            .calls
            .transfer_news(plan.tenant, plan.call, transfer, TransferNews::Accepted { leg })
            .await;
        assert!(told.unwrap());
        while carrier.hears().await != plan.policy.waiting.joining {}
        carrier.played().await;
        joins.notified().await;
        carrier.hang_up().await;
        // Nobody else on this thread waits while the carrier thinks.
        let began = std::time::Instant::now();
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(began.elapsed() < Duration::from_secs(30));
        assert!(carrier.is_running());
        joined.notify_one();
        assert_eq!(carrier.outcome().await, Outcome::Released);
        let mut statuses = Vec::new();
        while let Ok(record) = instance.records.try_recv() {
            if let RecordBody::Event(event) = record.body
                && let EventBody::TransferUpdated { status, .. } = event.body
            {
                statuses.push(status);
            }
        }
        assert_eq!(statuses, ["requested", "accepted", "joined"]);
    })
    .await;
}
