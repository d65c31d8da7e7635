//! The caller is there: for the first time, again after a lost line, or back from somebody else.

use phony_kernel::call::{CallStatus, Direction};

use super::{Core, Cx, Phase};
use crate::event::{EventBody, Speaker};
use crate::plan::GreetingPolicy;

impl Core {
    pub(super) fn on_connected(&mut self, cx: &mut Cx<'_>) {
        match std::mem::replace(&mut self.phase, Phase::Live) {
            Phase::New if self.spoke && self.transfers.is_back() => self.on_back(cx),
            Phase::New if self.spoke => self.on_resumed(cx, "moved".to_owned()),
            Phase::New => {
                self.emit(
                    cx,
                    EventBody::CallState {
                        status: CallStatus::InProgress,
                        ending: None,
                    },
                );
                self.tell_approval_mode(cx);
                self.greet(cx);
            }
            Phase::Lost { cause, .. } => self.on_resumed(cx, cause),
            // A carrier that replays its setup is no new caller.
            phase @ (Phase::Live | Phase::Over) => self.phase = phase,
        }
        self.tell_voice(cx);
    }

    fn greet(&mut self, cx: &mut Cx<'_>) {
        let greeting = self.plan.personality.greeting.clone();
        match self.plan.personality.greeting_policy {
            GreetingPolicy::CallerFirst => {}
            GreetingPolicy::AgentFirst => {
                if let Some(greeting) = greeting {
                    // Whoever is rung says hello into our first words, and must hear them all the same.
                    self.greeting = match self.plan.direction {
                        Direction::Inbound => self.say_line(cx, &greeting, Speaker::Agent, true),
                        Direction::Outbound => self.say_to_the_end(cx, &greeting),
                    };
                }
            }
            GreetingPolicy::Generated => {
                let sense = greeting.map_or_else(String::new, |greeting| {
                    format!(" What it should come to: \"{greeting}\".")
                });
                self.memory.note(&format!(
                    "Note: the caller has just been connected. Greet them in one short sentence.{sense}"
                ));
                self.want_reply = true;
            }
        }
    }

    fn on_resumed(&mut self, cx: &mut Cx<'_>, reason: String) {
        self.emit(cx, EventBody::CallResumed { reason });
        if self.takeover.is_some() {
            return;
        }
        self.memory.note(
            "Note: the line to the caller was interrupted for a moment and is back. Say sorry in a few words and go on.",
        );
        self.want_reply = true;
    }
}
