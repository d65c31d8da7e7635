//! Machine detection: listens to whoever answered and tells what they are, before the call goes on or beside it.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;

use super::webhook::{self, Fetch};
use super::{Call, Hears, Signal, Status};
use crate::clock::Millis;
use crate::control::answerers::Answerer;
use crate::control::targets::Target;
use crate::world::World;

/// How long a person is listened to who says nothing more, from the end of the first words.
const QUIET_MS: Millis = 1_200;
/// How long a greeting goes on before it is taken for a machine's.
const LONG_GREETING_MS: Millis = 2_400;
/// Quiet after which a machine without a tone is taken to listen.
const NO_TONE_MS: Millis = 2_000;

/// What an application asked for.
#[derive(Debug, Clone)]
pub(crate) struct Detection {
    /// Wait for the end of a machine's greeting.
    pub(crate) message_end: bool,
    pub(crate) timeout_ms: Millis,
    /// Beside the call: where the verdict goes. Otherwise the call waits.
    pub(crate) beside: bool,
    pub(crate) callback: Option<(String, String)>,
}

/// Listens until there is a verdict; the time it took is in milliseconds since the answer.
async fn listen(world: &World, call: &Call, target: &Target, wanted: &Detection) -> (String, Millis) {
    let began = world.clock.now();
    let over = call.until(|s| s.status.is_over());
    let verdict = tokio::select! {
        word = judge(world, call, target, wanted, began) => word,
        () = world.clock.sleep(wanted.timeout_ms) => "unknown".to_owned(),
        () = over => "unknown".to_owned(),
    };
    (verdict, world.clock.now().saturating_sub(began))
}

async fn judge(world: &World, call: &Call, target: &Target, wanted: &Detection, began: Millis) -> String {
    if let Some(told) = &target.answered_by {
        world
            .clock
            .sleep(target.verdict_ms.unwrap_or(LONG_GREETING_MS))
            .await;
        return told.clone();
    }
    let machine = !matches!(target.answerer, None | Some(Answerer::Person));
    if !machine {
        // A person says a word or two and waits; somebody who says nothing at all is one as well, after a while.
        let greeted = call.until(|s| s.answer.greeted_at.is_some());
        tokio::select! {
            () = greeted => world.clock.sleep(QUIET_MS).await,
            () = world.clock.sleep(target.verdict_ms.unwrap_or(LONG_GREETING_MS)) => {}
        }
        return "human".to_owned();
    }
    if !wanted.message_end {
        world
            .clock
            .sleep_until(began + target.verdict_ms.unwrap_or(LONG_GREETING_MS))
            .await;
        return "machine_start".to_owned();
    }
    call.until(|s| s.answer.greeted_at.is_some()).await;
    if target.answerer == Some(Answerer::Mailbox) && target.beep {
        call.until(|s| s.answer.beeped_at.is_some()).await;
        return "machine_end_beep".to_owned();
    }
    world.clock.sleep(NO_TONE_MS).await;
    "machine_end_silence".to_owned()
}

/// Listens while the call goes on, and tells the verdict to the callback.
pub(crate) fn beside(world: &Arc<World>, call: &Arc<Call>, target: &Target, wanted: &Detection) {
    let (world_of_it, call, target) = (Arc::clone(world), Arc::clone(call), target.clone());
    let wanted = wanted.clone();
    world.spawn(async move {
        let world = world_of_it;
        let (word, ms) = listen(&world, &call, &target, &wanted).await;
        call.change(|s| s.answer.answered_by = Some(word.clone()));
        let Some((url, method)) = wanted.callback else {
            return;
        };
        let params = [
            ("AccountSid", call.account_sid.clone()),
            ("CallSid", call.sid.clone()),
            ("AnsweredBy", word),
            ("MachineDetectionDuration", ms.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value));
        let fetch = Fetch {
            kind: "machine",
            url,
            method,
            params: params.into(),
        };
        webhook::notify(&world, &call, &fetch, None).await;
    });
}

/// Listens before anything else happens; the error is who ended the call meanwhile.
pub(crate) async fn before(
    world: &World,
    call: &Call,
    inbox: &mut UnboundedReceiver<Signal>,
    target: &Target,
    wanted: &Detection,
) -> Result<(), &'static str> {
    call.change(|s| s.hears = Hears::Words);
    let verdict = listen(world, call, target, wanted);
    tokio::pin!(verdict);
    let result = loop {
        tokio::select! {
            (word, _) = &mut verdict => {
                call.change(|s| {
                    s.answer.answered_by = Some(word);
                    s.answer.waited_for = true;
                });
                break Ok(());
            }
            signal = inbox.recv() => match signal {
                Some(Signal::CallerHungUp) => break Err("caller"),
                Some(Signal::Complete) => break Err("api"),
                None => break Err("carrier"),
                Some(_) => {}
            },
        }
    };
    call.change(|s| {
        if s.status == Status::InProgress {
            s.hears = Hears::Nothing;
        }
    });
    result
}
