//! A Redis that goes away in the middle of a call and comes back.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt as _;
use phony_calls::bus::{LiveItem, Topic};
use phony_conversation::EventBody;
use phony_conversation::command::ActionStatus;
use tokio::process::{Child, Command};

use crate::harness::*;

/// A Redis of one's own that can be killed and started again.
struct OwnRedis {
    socket: PathBuf,
    child: Option<Child>,
}

impl OwnRedis {
    async fn start() -> Self {
        let name = format!("phony-redis-{}.sock", phony_kernel::ItemId::new());
        let mut redis = Self {
            socket: std::env::temp_dir().join(name),
            child: None,
        };
        redis.again().await;
        redis
    }

    async fn again(&mut self) {
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&self.socket)
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("redis-server is installed");
        self.child = Some(child);
        let client = redis::Client::open(self.url()).unwrap();
        let deadline = tokio::time::Instant::now() + SOON;
        while client.get_multiplexed_async_connection().await.is_err() {
            assert!(tokio::time::Instant::now() < deadline, "redis does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().await.unwrap();
        }
    }

    fn url(&self) -> String {
        format!("redis+unix://{}", self.socket.display())
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.socket);
    }
}

#[tokio::test]
async fn a_call_outlives_redis_and_is_seen_again_when_it_is_back() {
    on_worker(async {
        let mut redis = OwnRedis::start().await;
        let model = ModelServer::start().await;
        let mut owner = Instance::with(&model, Some(bus(&redis.url()).await), 1_024);
        let other = Instance::with(&model, Some(bus(&redis.url()).await), 1_024);
        let plan = plan();
        let mut carrier = Carrier::connect(&owner.calls, &plan);
        carrier.hears().await;
        redis.kill().await;
        for _ in 0..3 {
            model.says("I hear you.");
            carrier.prompt("Hello?").await;
            assert_eq!(carrier.hears().await, "I hear you.");
        }
        let status = owner.calls.command(plan.tenant, plan.call, say("a", "Still here.")).await.unwrap();
        assert_eq!(status, ActionStatus::Applied);
        redis.again().await;
        // The directory and the streams are empty now, and fill again with what happens.
        let watcher = bus(&redis.url()).await;
        let mut live = watcher.follow(plan.tenant, Topic::Call(plan.call), "0-0".to_owned()).await.unwrap();
        let deadline = tokio::time::Instant::now() + SOON;
        let mut said_meanwhile = 0;
        loop {
            assert!(tokio::time::Instant::now() < deadline, "nothing is seen of the call");
            model.says("I am back.");
            carrier.prompt("And now?").await;
            carrier.hears().await;
            let seen = tokio::time::timeout(Duration::from_millis(500), async {
                while let Some(LiveItem::Event(delivered)) = live.next().await {
                    if matches!(&delivered.event.body, EventBody::SpeechFinal { text, .. } if text == "I hear you.") {
                        said_meanwhile += 1;
                    }
                    if matches!(&delivered.event.body, EventBody::SpeechFinal { text, .. } if text == "I am back.") {
                        return;
                    }
                }
            });
            if seen.await.is_ok() {
                break;
            }
        }
        loop {
            assert!(tokio::time::Instant::now() < deadline, "no act reaches the call");
            if let Ok(ActionStatus::Applied) =
                other.calls.command(plan.tenant, plan.call, say("b", "From afar.")).await
            {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(said_meanwhile, 3, "words of the time without redis are lost to those who watch");
        carrier.hang_up().await;
        carrier.outcome().await;
        let records = owner.until_end().await;
        assert_eq!(endings(&records).len(), 1);
        let said = event_bodies(&records)
            .into_iter()
            .filter(|body| matches!(body, EventBody::SpeechFinal { text, .. } if text == "I hear you."))
            .count();
        assert_eq!(said, 3);
    })
    .await;
}
