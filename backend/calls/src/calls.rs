//! All calls of this instance, and the way to those of others.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use phony_conversation::core::{Handoff, Now};
use phony_conversation::supervision::Card;
use phony_conversation::{ActionStatus, Command, Event, EventBody, Record};
use phony_kernel::call::{CallStatus, Ending};
use phony_kernel::{CallId, Clock, Error, InstanceId, Result, TenantId};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::bus::EventBus;
use crate::directory::Directory;
use crate::gather::Desk;
use crate::handle::{CallHandle, Order, ended, moving};
use crate::handoffs::Handoffs;
use crate::journal::Journal;
use crate::letters;
use crate::load::Load;
use crate::model_choice::Models;
use crate::recorder::Recorder;
use crate::remote::{Letter, Post};
use crate::transfers::TransferCarrier;

/// Time for a pause in the talk once the patience of a drain is over, and then to let go without one.
const LET_GO_WITHIN: Duration = Duration::from_secs(2);

/// What the calls of an instance need to know.
#[derive(Debug, Clone)]
pub struct CallsConfig {
    /// This running process.
    pub instance: InstanceId,
    /// Most calls at once; more are refused.
    pub max_calls: usize,
    /// How late a thread that carries calls may be before new calls are refused; none is not watched.
    pub max_lateness: Option<Duration>,
    /// The time of day.
    pub clock: Clock,
}

impl CallsConfig {
    /// The usual limits.
    #[must_use]
    pub fn new(instance: InstanceId) -> Self {
        Self {
            instance,
            max_calls: 1_000,
            max_lateness: Some(Duration::from_millis(10)),
            clock: Clock::system(),
        }
    }
}

/// How the run of a call on one socket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The call is over.
    Ended(Ending),
    /// It goes on with another socket, here or elsewhere.
    Moved,
    /// This instance goes away; the carrier brings the call to another one.
    Released,
    /// This instance takes no call now; the carrier may try another one.
    Refused,
}

/// The calls of this instance. Clones are the same.
#[derive(Clone)]
pub struct Calls(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: CallsConfig,
    pub(crate) models: Models,
    /// Of tenants that have keys of their own.
    pub(crate) own_models: Mutex<HashMap<TenantId, Models>>,
    /// Of calls of test keys.
    pub(crate) test_models: OnceLock<Models>,
    pub(crate) journal: Journal,
    pub(crate) handoffs: Arc<Handoffs>,
    pub(crate) recorder: Recorder,
    pub(crate) transfer_port: OnceLock<Arc<dyn TransferCarrier>>,
    pub(crate) gather: Desk,
    pub(crate) bus: Option<EventBus>,
    pub(crate) redis: Option<Redis>,
    pub(crate) live: Mutex<HashMap<CallId, (u64, CallHandle)>>,
    pub(crate) load: Load,
    pub(crate) next_run: AtomicU64,
    draining: AtomicBool,
    /// Not even calls that had a socket before are taken any more.
    closed: AtomicBool,
    /// Calls that were let go; another instance takes them.
    pub(crate) released: Mutex<HashSet<CallId>>,
    /// Fixed point of the clock that never goes back.
    pub(crate) epoch: Instant,
}

pub(crate) struct Redis {
    pub(crate) directory: Directory,
    pub(crate) post: Post,
}

impl Calls {
    /// The calls of `config.instance`, which talk by `models` and hand over to `records`. Without a bus they are
    /// neither seen live nor reached from other instances. Starts tasks on the current runtime, which must
    /// outlive the calls.
    #[must_use]
    pub fn new(
        config: CallsConfig,
        models: impl Into<Models>,
        records: mpsc::Sender<Record>,
        bus: Option<EventBus>,
    ) -> Self {
        let instance = config.instance;
        let redis = bus.as_ref().map(|bus| Redis {
            directory: Directory::start(instance, bus.redis()),
            post: Post::new(instance, bus.redis()),
        });
        let calls = Self(Arc::new(Inner {
            models: models.into(),
            own_models: Mutex::default(),
            test_models: OnceLock::new(),
            handoffs: Arc::new(Handoffs::new(bus.as_ref().map(EventBus::redis))),
            recorder: Recorder::default(),
            transfer_port: OnceLock::new(),
            gather: Desk::new(Handle::current()),
            journal: Journal::new(records, Handle::current()),
            redis,
            live: Mutex::default(),
            load: Load::default(),
            next_run: AtomicU64::new(1),
            draining: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            released: Mutex::default(),
            epoch: Instant::now(),
            config,
            bus,
        }));
        if let Some(bus) = calls.0.bus.clone() {
            tokio::spawn(letters::read(Arc::downgrade(&calls.0), bus, instance));
        }
        calls
    }

    /// How many calls run here.
    #[must_use]
    pub fn active(&self) -> usize {
        self.0.live.lock().len()
    }

    /// The calls that run here.
    #[must_use]
    pub fn running(&self) -> Vec<CallId> {
        self.0.live.lock().keys().copied().collect()
    }

    /// The calls that run here, by the tenants whose they are.
    #[must_use]
    pub fn running_by_tenant(&self) -> HashMap<TenantId, Vec<CallId>> {
        let mut running: HashMap<TenantId, Vec<CallId>> = HashMap::new();
        for (call, (_, handle)) in self.0.live.lock().iter() {
            running.entry(handle.tenant).or_default().push(*call);
        }
        running
    }

    /// Whether a call can run here. While draining only one that had a socket before.
    #[must_use]
    pub fn has_room(&self) -> bool {
        !self.0.closed.load(Ordering::Relaxed) && self.active() < self.0.config.max_calls
    }

    /// Whether new calls are refused.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    /// A call that runs here.
    #[must_use]
    pub fn find(&self, call: CallId) -> Option<CallHandle> {
        self.0.live.lock().get(&call).map(|(_, handle)| handle.clone())
    }

    /// Does one act on a live call, wherever it runs, and waits up to two seconds for its outcome.
    ///
    /// # Errors
    /// `call_ended` when no instance runs it, `call_busy`, `call_unreachable`, `unavailable`.
    pub async fn command(&self, tenant: TenantId, call: CallId, command: Command) -> Result<ActionStatus> {
        if let Some(handle) = self.find(call).filter(|handle| handle.tenant == tenant) {
            return handle.command(command).await;
        }
        let Some((redis, owner)) = self.elsewhere(tenant, call).await? else {
            return Err(self.why_not_here(call));
        };
        redis.post.command(owner, tenant, call, command).await
    }

    /// Live calls in outline, in the order asked for; none is one that nobody runs.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer.
    pub async fn cards(&self, tenant: TenantId, calls: &[CallId]) -> Result<Vec<Option<Card>>> {
        match &self.0.redis {
            Some(redis) => redis.directory.cards(tenant, calls).await,
            None => Ok(vec![None; calls.len()]),
        }
    }

    /// What to tell who wants something of a call that does not run here.
    pub(crate) fn why_not_here(&self, call: CallId) -> Error {
        if self.0.released.lock().contains(&call) {
            moving()
        } else {
            ended()
        }
    }

    /// Tells a conversation, wherever it runs, that its call has ended, as the carrier or the database knows. It
    /// then ends the same way and tells everybody. Says whether one runs.
    ///
    /// # Errors
    /// `call_unreachable`, `unavailable`.
    pub async fn end_outside(&self, tenant: TenantId, call: CallId, ending: Ending) -> Result<bool> {
        self.tell_owner(tenant, call, "", ending).await
    }

    /// The same; with the carrier's id of the call, an owner that runs it no more tells those who watch.
    async fn tell_owner(
        &self,
        tenant: TenantId,
        call: CallId,
        call_sid: &str,
        ending: Ending,
    ) -> Result<bool> {
        if let Some(handle) = self.find(call).filter(|handle| handle.tenant == tenant) {
            return Ok(handle.order(Order::Ended(ending)).is_ok());
        }
        let Some((redis, owner)) = self.elsewhere(tenant, call).await? else {
            return Ok(false);
        };
        let letter = Letter::Ended {
            tenant,
            call,
            call_sid: call_sid.to_owned(),
            ending,
        };
        redis.post.send(owner, &letter).await?;
        Ok(true)
    }

    /// Tells those who watch of what somebody else knows, as the carrier. A conversation that runs tells the
    /// states of its call itself; of an end it is told by this.
    pub async fn announce(&self, tenant: TenantId, call: CallId, call_sid: &str, body: EventBody) {
        let Some(bus) = &self.0.bus else { return };
        let told_by_call = match &body {
            EventBody::CallState {
                ending: Some(ending), ..
            } => self
                .tell_owner(tenant, call, call_sid, ending.clone())
                .await
                .unwrap_or(false),
            EventBody::CallState {
                status: CallStatus::InProgress,
                ..
            } => self.find(call).is_some() || matches!(self.elsewhere(tenant, call).await, Ok(Some(_))),
            _ => false,
        };
        if !told_by_call {
            let event = Event {
                seq: 0,
                at: self.0.config.clock.now(),
                offset_ms: 0,
                body,
            };
            bus.publish_external(tenant, call, call_sid, event);
        }
    }

    /// Takes no new calls and lets those that run go on, also on another socket. Those that are still there when
    /// `patience` is over are let go: the carrier brings them to another instance.
    pub async fn drain(&self, patience: Duration) {
        self.0.draining.store(true, Ordering::Relaxed);
        let mut wait = patience;
        // First at the next pause, then at once. What is there after that hangs in its socket, which the process
        // takes with it.
        for _ in 0..2 {
            if timeout(wait, self.emptied()).await.is_ok() {
                return;
            }
            self.0.closed.store(true, Ordering::Relaxed);
            self.order_all();
            wait = LET_GO_WITHIN;
        }
        let _ = timeout(wait, self.emptied()).await;
    }

    /// Waits until everything that calls have handed over is with the store's queue and in Redis; for as long as
    /// those do not take it.
    pub async fn flushed(&self) {
        self.0.journal.flushed().await;
        if let Some(bus) = &self.0.bus {
            bus.flushed().await;
        }
    }

    /// What the carrier is to do next with a call that was given back, if the engine's protocol could not say it.
    /// Answers once.
    pub async fn take_handoff(&self, tenant: TenantId, call: CallId) -> Option<Handoff> {
        self.0.handoffs.take(tenant, call).await
    }

    fn order_all(&self) {
        let handles: Vec<CallHandle> = self
            .0
            .live
            .lock()
            .values()
            .map(|(_, handle)| handle.clone())
            .collect();
        for handle in handles {
            let _ = handle.order(Order::Drain);
        }
    }

    async fn emptied(&self) {
        while self.active() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn now(&self) -> Now {
        now(&self.0.config.clock, self.0.epoch)
    }

    pub(crate) async fn elsewhere(
        &self,
        tenant: TenantId,
        call: CallId,
    ) -> Result<Option<(&Redis, InstanceId)>> {
        let Some(redis) = &self.0.redis else {
            return Ok(None);
        };
        let owner = redis.directory.find(tenant, call).await?;
        Ok(owner
            .filter(|owner| *owner != self.0.config.instance)
            .map(|owner| (redis, owner)))
    }
}

/// The time, for a core.
pub(crate) fn now(clock: &Clock, epoch: Instant) -> Now {
    let ms = u64::try_from(epoch.elapsed().as_millis()).unwrap_or(u64::MAX);
    Now { ms, at: clock.now() }
}
