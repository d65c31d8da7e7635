//! The whole product as the HTTP layer sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use phony_calls::bus::EventBus;
use phony_carriers::twilio::signature::Validator;
use phony_conversation::{CallPlan, EventBody};
use phony_db::Db;
use phony_kernel::call::{EndedReason, Ending};
use phony_kernel::{CallId, Clock, TenantId};
use url::Url;

/// How long readiness waits for Redis.
const REDIS_WITHIN: Duration = Duration::from_secs(1);

/// The whole product as the HTTP layer sees it: every area, and what they share. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The time.
    pub clock: Clock,
    /// What carriers and browsers call us by.
    pub public_url: Url,
    /// People, sessions, keys.
    pub identity: crate::identity::Identity,
    /// What is written to people.
    pub mails: crate::mail::Mails,
    /// Companies' own providers of identities.
    pub sso: crate::sso::Sso,
    /// Companies' own keys at providers of models.
    pub provider_credentials: crate::provider_credentials::ProviderCredentials,
    /// Whom tenants know.
    pub contacts: crate::contacts::Contacts,
    /// Phone numbers.
    pub numbers: crate::numbers::Numbers,
    /// Personalities.
    pub personalities: crate::personalities::Personalities,
    /// Calls.
    pub calls: crate::calls::CallsArea,
    /// Calls that we make.
    pub outbound: crate::calls::outbound::Outbound,
    /// Callers who are handed to somebody.
    pub transfers: crate::calls::transfers::Transfers,
    /// Whom agents may ring.
    pub policies: crate::outbound_policy::Policies,
    /// Watching and stepping in.
    pub supervision: crate::supervision::Supervision,
    /// Usage and prices.
    pub billing: crate::billing::Billing,
    /// Who did what.
    pub audit: crate::audit::AuditLog,
    /// Copies of data, erasure, and how long what is kept.
    pub privacy: crate::privacy::Privacy,
    /// Exports.
    pub exports: crate::exports::Exports,
    /// Recordings of calls.
    pub recordings: crate::recordings::Recordings,
    /// What runs conversations on this instance.
    pub engine: phony_calls::Calls,
    /// Live events.
    pub bus: EventBus,
    /// How the carrier proves itself.
    pub carrier: CarrierAccess,
    /// What tenants may have.
    pub plans: crate::plans::Plans,
    /// Origins of pages elsewhere that may call the API.
    pub cors_origins: Arc<[String]>,
    /// How often one may ask.
    pub rate_limits: crate::rate_limits::RateLimits,
    /// Which of its accounts holds what.
    pub carrier_accounts: crate::carrier_accounts::CarrierAccounts,
    /// Whose word on a client's address is taken.
    pub trusted_proxies: crate::proxies::TrustedProxies,
    /// The database, for readiness alone.
    pub db: Db,
    /// Redis, for readiness alone.
    pub redis: redis::aio::ConnectionManager,
    /// Whether this instance is being emptied.
    pub draining: Arc<AtomicBool>,
}

/// How the carrier proves that a request is its own.
#[derive(Clone)]
pub struct CarrierAccess {
    /// Account that owns the numbers.
    pub account_sid: String,
    /// Checks signatures with the account's token.
    pub validator: Arc<Validator>,
}

/// Whether this instance can serve.
#[derive(Debug, Clone, Copy)]
pub struct Readiness {
    /// Whether the database answers.
    pub database: bool,
    /// Whether Redis answers.
    pub redis: bool,
    /// Whether the instance is being emptied.
    pub draining: bool,
}

impl App {
    /// Calls that this instance carries now.
    #[must_use]
    pub fn active_calls(&self) -> usize {
        self.engine.active()
    }

    /// Asks the parts that we need whether they answer.
    pub async fn readiness(&self) -> Readiness {
        let mut redis = self.redis.clone();
        let ping = async move { redis::cmd("PING").query_async::<String>(&mut redis).await };
        let (database, redis) = tokio::join!(self.db.ping(), tokio::time::timeout(REDIS_WITHIN, ping));
        Readiness {
            database: database.is_ok(),
            redis: matches!(redis, Ok(Ok(_))),
            draining: self.is_draining(),
        }
    }

    /// Whether this instance is being emptied before a stop.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Address of a webhook of ours, as the carrier is told.
    #[must_use]
    pub fn webhook_url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }

    /// Address of a socket of ours, as the carrier is told: `wss`, or `ws` on a plain loopback address.
    #[must_use]
    pub fn socket_url(&self, path: &str) -> String {
        as_socket(&self.webhook_url(path))
    }

    /// Tells a conversation that still runs that its line is gone; one that lost its socket would wait for the
    /// caller otherwise. Nothing waits for it.
    pub fn line_is_gone(&self, tenant: TenantId, call: CallId) {
        let engine = self.engine.clone();
        tokio::spawn(async move {
            let ending = Ending::of(EndedReason::CallerHangup);
            if let Err(error) = engine.end_outside(tenant, call, ending).await {
                tracing::warn!(call.id = %call, error = ?error, "a conversation could not be told of its end");
            }
        });
    }

    /// A conversation of a call that may be recorded has its caller. Nothing waits for it.
    pub fn conversation_began(&self, plan: &CallPlan) {
        if plan.policy.recordable {
            let (recordings, tenant, call) = (self.recordings.clone(), plan.tenant, plan.call);
            tokio::spawn(async move { recordings.conversation_began(tenant, call).await });
        }
    }

    /// Tells those who watch what the carrier says of a call. Nothing waits for it.
    pub fn announce(&self, tenant: TenantId, call: CallId, call_sid: &str, events: Vec<EventBody>) {
        if events.is_empty() {
            return;
        }
        let (engine, call_sid) = (self.engine.clone(), call_sid.to_owned());
        tokio::spawn(async move {
            for body in events {
                engine.announce(tenant, call, &call_sid, body).await;
            }
        });
    }
}

/// The address of a socket where `url` is the one of a page: `wss` for `https`.
pub(crate) fn as_socket(url: &str) -> String {
    url.strip_prefix("http")
        .map_or_else(|| url.to_owned(), |rest| format!("ws{rest}"))
}
