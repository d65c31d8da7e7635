//! What mailboxes, menus and screeners do with a call.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::timeout;

use super::{Person, Step};
use crate::calls::Hears;
use crate::clock::Millis;
use crate::stream::Sound;

/// Length of a mailbox's tone.
const BEEP_MS: Millis = 400;
/// Longest wait for words or a key. Real time: agents do not think faster.
const PATIENCE: Duration = Duration::from_secs(15);
/// Quiet after which somebody has said what they had to say.
const SAID_MS: Millis = 700;
/// How often a menu asks again.
const MOST_TRIES: usize = 3;

impl Person {
    pub(super) async fn beep(&mut self) {
        let hears = self.until_somebody_listens().await;
        self.call.note_sent(self.now(), "beep", "");
        if hears == Hears::Sound {
            self.sound(Sound::Beep { ms: BEEP_MS }).await;
        } else {
            self.world.clock.sleep(BEEP_MS).await;
        }
        self.call.note_beeped(self.now());
        self.answered_to = self.call.read(|s| s.agent.utterances);
        self.has_spoken = true;
    }

    /// Waits until somebody has spoken since this person last did, and is quiet again.
    pub(super) async fn listen(&mut self) {
        let seen = self.answered_to;
        let begun = self.call.until(|s| s.agent.utterances > seen);
        if timeout(PATIENCE, begun).await.is_ok() {
            let most = self.world.clock.real(30_000).max(PATIENCE);
            // Somebody who never stops is talked over.
            let _ = timeout(most, self.quiet_for(SAID_MS)).await;
        }
    }

    pub(super) async fn menu(&mut self, prompt: &str, choices: &BTreeMap<String, Vec<Step>>) {
        let mut seen = 0;
        for _ in 0..MOST_TRIES {
            let pressed = timeout(PATIENCE, self.key(&mut seen)).await.ok();
            if let Some(steps) = pressed.as_ref().and_then(|key| choices.get(key)) {
                for step in steps.clone() {
                    Box::pin(self.act(step)).await;
                }
                return;
            }
            let words = if pressed.is_some() {
                format!("Sorry, that is not a choice. {prompt}")
            } else {
                prompt.to_owned()
            };
            self.say(&words, None).await;
        }
        Box::pin(self.act(Step::HangUp)).await;
    }

    /// The next key that was heard.
    async fn key(&self, seen: &mut usize) -> String {
        let keys = |s: &crate::calls::CallState| -> String {
            let lines = s.report.heard.iter().filter(|heard| heard.kind == "digits");
            lines
                .flat_map(|heard| heard.text.chars())
                .filter(|c| matches!(c, '0'..='9' | '*' | '#'))
                .collect()
        };
        self.call.until(|s| keys(s).len() > *seen).await;
        let key = self.call.read(keys).chars().nth(*seen).map(String::from);
        *seen += 1;
        key.unwrap_or_default()
    }
}
