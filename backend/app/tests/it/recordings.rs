//! Recordings against a real database, a file store and a carrier at the network's edge.

mod acts;
mod files;
mod news;

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use phony_app::carrier_accounts::CarrierAccounts;
use phony_app::recordings::{RecordingNews, RecordingView, Recordings};
use phony_calls::bus::EventBus;
use phony_calls::{Calls, CallsConfig};
use phony_carriers::twilio::params::RecordingState;
use phony_carriers::twilio::rest::{RestConfig, TwilioClient};
use phony_kernel::{CallId, Clock, InstanceId, Plan};
use phony_models::chat::{ChatClient, ChatConfig};
use tokio::sync::mpsc;
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::calls::fixture::{Fixture, Tenant, sid};

const ACCOUNT: &str = "AC00000000000000000000000000000001";

/// A studio: everything that recordings need.
struct Studio {
    fixture: Fixture,
    carrier: MockServer,
    store: Arc<dyn ObjectStore>,
    recordings: Recordings,
    clock: Clock,
}

/// A call that talks.
struct Talk {
    tenant: Tenant,
    call: CallId,
    call_sid: String,
}

impl Studio {
    async fn open() -> Self {
        let fixture = Fixture::new().await;
        let carrier = MockServer::start().await;
        let clock = Clock::system();
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let client = TwilioClient::new(RestConfig {
            retries: 0,
            ..RestConfig::new(carrier.uri(), ACCOUNT, "token".into())
        })
        .unwrap();
        let redis = redis::Client::open(phony_testkit::redis_url().await).unwrap();
        let manager = redis.get_connection_manager().await.unwrap();
        let bus = EventBus::start(redis, manager);
        let chat = ChatClient::new(ChatConfig::new(carrier.uri(), None)).unwrap();
        // Nobody reads what conversations hand over: none runs.
        let (records, _) = mpsc::channel(1);
        let engine = Calls::new(
            CallsConfig::new(InstanceId::new()),
            chat,
            records,
            Some(bus.clone()),
        );
        let accounts = CarrierAccounts::main_only(client, "token".into());
        let recordings = Recordings::new(
            fixture.db.clone(),
            store.clone(),
            accounts,
            engine,
            bus,
            clock.clone(),
            "https://phony.test/",
        );
        Self {
            fixture,
            carrier,
            store,
            recordings,
            clock,
        }
    }

    /// The carrier answers to requests of this kind.
    async fn carrier_answers(&self, verb: &str, path: &str, answer: ResponseTemplate) {
        Mock::given(method(verb))
            .and(path_regex(path))
            .respond_with(answer)
            .mount(&self.carrier)
            .await;
    }

    /// The carrier records whatever it is asked to.
    async fn carrier_records(&self, recording_sid: &str) {
        let resource = serde_json::json!({ "sid": recording_sid, "status": "in-progress", "channels": 2 });
        let begun = ResponseTemplate::new(201).set_body_json(&resource);
        self.carrier_answers("POST", "/Calls/CA[0-9a-f]+/Recordings.json$", begun)
            .await;
        let changed = ResponseTemplate::new(200).set_body_json(&resource);
        self.carrier_answers("POST", "/Calls/CA[0-9a-f]+/Recordings/RE.*.json$", changed)
            .await;
        let gone = ResponseTemplate::new(204);
        self.carrier_answers("DELETE", "/Recordings/RE.*.json$", gone)
            .await;
    }

    /// What the carrier was asked, by method and end of the path.
    async fn asked(&self, verb: &str, end: &str) -> Vec<Request> {
        let all = self.carrier.received_requests().await.unwrap_or_default();
        all.into_iter()
            .filter(|request| request.method.as_str() == verb && request.url.path().ends_with(end))
            .collect()
    }

    /// A call over a number with this policy, whose conversation runs.
    async fn talk(&self, mode: &'static str, consent: &'static str) -> Talk {
        let tenant = self.fixture.tenant(Plan::Professional).await;
        sqlx::query(
            "UPDATE phony.phone_numbers SET recording = $2, recording_consent = $3 WHERE tenant_id = $1",
        )
        .bind(tenant.id.uuid())
        .bind(mode)
        .bind(consent)
        .execute(&self.fixture.admin)
        .await
        .unwrap();
        let call_sid = sid();
        let plan = self.fixture.talk(&tenant, &call_sid).await;
        assert_eq!(plan.policy.recordable, mode != "off");
        Talk {
            tenant,
            call: plan.call,
            call_sid,
        }
    }

    /// A call with a recording that the carrier has begun.
    async fn recorded(&self, recording_sid: &str) -> Talk {
        self.carrier_records(recording_sid).await;
        let talk = self.talk("always", "off").await;
        self.recordings
            .conversation_began(talk.tenant.id, talk.call)
            .await;
        assert_eq!(self.only(&talk).await.status, "recording");
        talk
    }

    async fn list(&self, talk: &Talk) -> Vec<RecordingView> {
        let call = talk.call.into();
        self.recordings
            .list(&talk.tenant.principal(), &call)
            .await
            .unwrap()
    }

    /// The one recording of a call.
    async fn only(&self, talk: &Talk) -> RecordingView {
        let mut all = self.list(talk).await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// How many rows of the outbox wait on a topic.
    async fn jobs(&self, talk: &Talk, topic: &'static str) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM phony.outbox WHERE tenant_id = $1 AND topic = $2")
            .bind(talk.tenant.id.uuid())
            .bind(topic)
            .fetch_one(&self.fixture.admin)
            .await
            .unwrap()
    }
}

impl Talk {
    /// News of the carrier about a recording of this call.
    fn news(&self, recording_sid: &str, state: RecordingState, seconds: Option<i64>) -> RecordingNews {
        RecordingNews {
            account_sid: ACCOUNT.to_owned(),
            call_sid: self.call_sid.clone(),
            recording_sid: recording_sid.to_owned(),
            state,
            duration_seconds: seconds,
            channels: Some(2),
            started_at: None,
            error_code: None,
        }
    }
}
