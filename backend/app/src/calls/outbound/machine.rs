//! What answers a call, and what is then done: a person, a mailbox, a menu, a call screener, or nobody can tell.
//!
//! The carrier tells people from machines; menus and screeners are known by what they say. What was decided is kept
//! and carried out by the worker, once.

use phony_carriers::twilio::params::AnsweredBy;
use phony_carriers::twilio::rest::{CallUpdate, Instructions, RestError};
use phony_carriers::twilio::twiml::Response;
use phony_carriers::twilio::voices;
use phony_conversation::core::pressing::STANDING_ORDER;
use phony_conversation::plan::Personality;
use phony_conversation::{Action, Actor, Command};
use phony_db::calls::closing;
use phony_db::calls::outbound as rows;
use phony_db::{TenantTx, outbox};
use phony_kernel::call::{EndedReason, Ending};
use phony_kernel::{CallId, Error, ItemId, Kind, Result, TenantId};
use serde_json::json;

use super::order::{MachineAction, MachinePolicies, MachinePolicy};
use super::{Outbound, read_order};

/// Outbox topic of what is to be done about what answered; its payload is `{"call_id": "call_…"}`.
pub const MACHINE_TOPIC: &str = "call.machine";

/// What a menu says.
const MENU: [&str; 14] = [
    "press 1",
    "press one",
    "press 2",
    "press two",
    "press 0",
    "press zero",
    "press the pound",
    "press the star",
    "press any key",
    "for english",
    "oprima",
    "marque el",
    "drücken sie",
    "appuyez sur",
];
/// What a call screener says.
const SCREENING: [&str; 10] = [
    "state your name",
    "say your name",
    "record your name",
    "tell me your name and",
    "name and reason for calling",
    "reason for your call",
    "why you are calling",
    "why you're calling",
    "screening service",
    "call screening",
];
/// What somebody says who does not want to be rung again.
const OPT_OUT: [&str; 9] = [
    "stop calling me",
    "stop calling this number",
    "don't call me again",
    "do not call me again",
    "don't ever call",
    "take me off your list",
    "remove me from your list",
    "remove my number",
    "no more calls from you",
];

/// What the far end is by its words: a menu or a screener.
pub(super) fn kind_by_words(text: &str) -> Option<&'static str> {
    let says = |marks: &[&str]| contains(text, marks);
    if says(&SCREENING) {
        Some("screening")
    } else if says(&MENU) {
        Some("menu")
    } else {
        None
    }
}

/// Whether somebody asks not to be rung again.
pub(super) fn opts_out(text: &str) -> bool {
    contains(text, &OPT_OUT)
}

fn contains(text: &str, marks: &[&str]) -> bool {
    let text = text.to_lowercase().replace('’', "'");
    marks.iter().any(|mark| text.contains(mark))
}

/// What the carrier's word means to us.
pub(super) fn kind_of(answered_by: AnsweredBy) -> &'static str {
    match answered_by {
        AnsweredBy::Human => "person",
        AnsweredBy::Fax => "fax",
        AnsweredBy::Unknown => "unsure",
        _ => "mailbox",
    }
}

impl MachinePolicies {
    /// What is done about a kind: what was ordered, else the usual.
    pub(super) fn policy(&self, kind: &str) -> MachinePolicy {
        let (given, usual) = match kind {
            "person" => (&self.person, MachineAction::CarryOn),
            "mailbox" => (&self.mailbox, MachineAction::HangUp),
            "menu" => (&self.menu, MachineAction::CarryOn),
            "screening" => (&self.screening, MachineAction::CarryOn),
            "fax" => (&None, MachineAction::HangUp),
            _ => (&self.unsure, MachineAction::CarryOn),
        };
        given.clone().unwrap_or(MachinePolicy {
            action: usual,
            ..MachinePolicy::default()
        })
    }
}

/// How a call ends by what is done about a kind.
pub(super) fn ending(kind: &str, action: MachineAction) -> Ending {
    let reason = match (action, kind) {
        (MachineAction::LeaveMessage, _) => EndedReason::VoicemailLeft,
        (_, "mailbox") => EndedReason::VoicemailHangup,
        (_, "menu") => EndedReason::IvrHangup,
        (_, "screening") => EndedReason::Screened,
        _ => EndedReason::AgentHangup,
    };
    Ending::of(reason).with_detail(format!("what answered: {kind}"))
}

/// Keeps what answered, and asks for what is to be done about it.
pub(super) async fn note(tx: &mut TenantTx, call: CallId, kind: &str) -> Result<()> {
    rows::note_machine(tx, call, kind).await?;
    outbox::insert(tx, MACHINE_TOPIC, &json!({ "call_id": call })).await?;
    Ok(())
}

/// A message in the agent's voice, and the end.
pub(super) fn message_document(speaker: &Personality, text: &str) -> Response {
    let language = voices::locale(&speaker.language);
    let voice = voices::relay_voice(&speaker.voice, &language);
    Response::new()
        .say_as(text, format!("{}.{}", voice.provider, voice.voice), language)
        .hangup()
}

impl Outbound {
    /// The carrier's verdict of who answered. Words of a menu or a screener, heard before, tell more than it does.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn verdict(&self, tenant: TenantId, call: CallId, answered_by: AnsweredBy) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let Some(out) = rows::lock(&mut tx, call).await? else {
            return Ok(());
        };
        if out.ended_at.is_some() || out.machine_acted_at.is_some() {
            return Ok(());
        }
        if matches!(out.machine_kind.as_deref(), Some("menu" | "screening")) {
            return Ok(());
        }
        note(&mut tx, call, kind_of(answered_by)).await?;
        tx.commit().await
    }

    /// Does what is to be done about what answered, once; for the worker.
    ///
    /// # Errors
    /// When the database or the carrier does not answer.
    pub async fn act_on_machine(&self, tenant: TenantId, call: CallId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let Some(out) = rows::lock(&mut tx, call).await? else {
            return Ok(());
        };
        let (Some(kind), Some(sid), None) = (&out.machine_kind, &out.call_sid, out.ended_at) else {
            return Ok(());
        };
        let Some(machine) = read_order(out.order.clone())?.machine else {
            return Ok(());
        };
        let policy = machine.policy(kind);
        if policy.action == MachineAction::CarryOn || !rows::claim_machine_act(&mut tx, call).await? {
            return Ok(());
        }
        tracing::info!(tenant.id = %tenant, call.id = %call, machine.kind = kind, action = ?policy.action, "what answered call {call}: {kind}");
        let ending = ending(kind, policy.action);
        match policy.action {
            MachineAction::CarryOn => Ok(()),
            MachineAction::Press => {
                tx.commit().await?;
                self.press(tenant, call, policy.digits.unwrap_or_default()).await
            }
            MachineAction::HangUp => {
                closing::end(&mut tx, call, &ending, out.now, None).await?;
                tx.commit().await?;
                self.tell_end(tenant, call, Some(sid), &ending).await;
                let done = self.accounts.of_call(tenant, call).await?.end_call(sid).await;
                carried_out(done)
            }
            MachineAction::LeaveMessage => {
                let speaker = rows::find_speaker(&mut tx, call).await?;
                tx.commit().await?;
                let speaker = speaker.ok_or_else(Error::not_found)?;
                let document = message_document(&speaker, &policy.text.unwrap_or_default());
                let xml = document.to_xml().map_err(Error::internal)?;
                let client = self.accounts.of_call(tenant, call).await?;
                // Told before, so that a line which is taken from the agent is not a callee who hangs up.
                self.tell_end(tenant, call, Some(sid), &ending).await;
                carried_out(client.redirect_call(sid, &Instructions::Twiml(xml)).await)?;
                let mut tx = self.db.tenant(tenant).await?;
                let now = self.clock.now();
                closing::end(&mut tx, call, &ending, now, None).await?;
                tx.commit().await?;
                self.tell_end(tenant, call, Some(sid), &ending).await;
                Ok(())
            }
        }
    }

    async fn press(&self, tenant: TenantId, call: CallId, digits: String) -> Result<()> {
        let command = Command {
            action_id: format!("machine-{}", ItemId::new()),
            actor: Actor {
                id: STANDING_ORDER.to_owned(),
                name: "Machine detection".to_owned(),
            },
            action: Action::Dtmf { digits },
        };
        self.engine.command(tenant, call, command).await.map(drop)
    }
}

fn carried_out(done: Result<CallUpdate, RestError>) -> Result<()> {
    match done {
        Ok(CallUpdate::Done(_) | CallUpdate::AlreadyOver) => Ok(()),
        Err(error) => Err(
            Error::new(Kind::Upstream, "carrier_refused", "the carrier has refused this")
                .caused_by(anyhow::anyhow!(error.to_string())),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn menus_and_screeners_are_known_by_their_words() {
        for (text, kind) in [
            (
                "Thank you for calling Acme. Press 1 for sales, press 2 for support.",
                Some("menu"),
            ),
            ("For English, press one.", Some("menu")),
            (
                "Please state your name and why you're calling.",
                Some("screening"),
            ),
            (
                "The person you are calling is using a screening service.",
                Some("screening"),
            ),
            ("Hello?", None),
            ("Who is calling, please?", None),
            ("Please leave a message after the tone.", None),
        ] {
            assert_eq!(kind_by_words(text), kind, "{text}");
        }
    }

    #[test]
    fn who_wants_no_calls_is_understood() {
        for text in [
            "Please stop calling me!",
            "Don’t call me again.",
            "Take me off your list, now",
        ] {
            assert!(opts_out(text), "{text}");
        }
        for text in ["Call me again tomorrow", "I will remove it from the list", ""] {
            assert!(!opts_out(text), "{text}");
        }
    }

    #[test]
    fn what_is_not_ordered_is_usual() {
        let policies = MachinePolicies::default();
        assert_eq!(policies.policy("mailbox").action, MachineAction::HangUp);
        assert_eq!(policies.policy("fax").action, MachineAction::HangUp);
        for kind in ["person", "menu", "screening", "unsure"] {
            assert_eq!(policies.policy(kind).action, MachineAction::CarryOn, "{kind}");
        }
        assert_eq!(
            ending("menu", MachineAction::HangUp).reason,
            EndedReason::IvrHangup
        );
        assert_eq!(
            ending("menu", MachineAction::LeaveMessage).reason,
            EndedReason::VoicemailLeft
        );
    }
}
