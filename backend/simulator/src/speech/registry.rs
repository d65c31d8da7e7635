//! What has been said lately, by text and voice. Bounded: what was not used for longest is forgotten.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::Utterance;
use super::index::Index;

/// Sound that is remembered: about half an hour.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Utterances that are remembered.
const MOST_UTTERANCES: usize = 4_096;

type Cell = Arc<OnceCell<Arc<Utterance>>>;

#[derive(Debug)]
struct Slot {
    cell: Cell,
    /// Known to the index under this number.
    id: Option<u32>,
    bytes: usize,
    used: u64,
}

/// Everything that is remembered.
#[derive(Debug)]
pub(super) struct Registry {
    slots: HashMap<(String, String), Slot>,
    pub(super) index: Index,
    bytes: usize,
    uses: u64,
    next_id: u32,
    most_bytes: usize,
}

impl Default for Registry {
    fn default() -> Self {
        Self::with_room(MOST_BYTES)
    }
}

impl Registry {
    pub(super) fn with_room(most_bytes: usize) -> Self {
        Self {
            slots: HashMap::new(),
            index: Index::default(),
            bytes: 0,
            uses: 0,
            next_id: 0,
            most_bytes,
        }
    }

    /// The place where an utterance is or will be; two who want the same one wait for the same.
    pub(super) fn slot(&mut self, text: &str, voice: &str) -> Cell {
        self.uses += 1;
        let used = self.uses;
        let slot = self
            .slots
            .entry((voice.to_owned(), text.to_owned()))
            .or_insert_with(|| Slot {
                cell: Cell::default(),
                id: None,
                bytes: 0,
                used,
            });
        slot.used = used;
        Arc::clone(&slot.cell)
    }

    /// Makes an utterance known to listeners, and forgets old ones for it.
    pub(super) fn keep(&mut self, text: &str, voice: &str, utterance: &Arc<Utterance>) {
        let key = (voice.to_owned(), text.to_owned());
        let used = self.uses;
        let slot = self.slots.entry(key).or_insert_with(|| Slot {
            cell: Arc::new(OnceCell::new_with(Some(Arc::clone(utterance)))),
            id: None,
            bytes: 0,
            used,
        });
        if slot.id.is_some() {
            return;
        }
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1);
        slot.id = Some(id);
        slot.bytes = utterance.ulaw.len();
        self.bytes += slot.bytes;
        self.index.add(id, utterance);
        while self.bytes > self.most_bytes || self.slots.len() > MOST_UTTERANCES {
            if !self.forget_oldest(id) {
                return;
            }
        }
    }

    fn forget_oldest(&mut self, except: u32) -> bool {
        let oldest = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.id.is_some_and(|id| id != except))
            .min_by_key(|(_, slot)| slot.used)
            .map(|(key, _)| key.clone());
        let Some(slot) = oldest.and_then(|key| self.slots.remove(&key)) else {
            return false;
        };
        self.bytes -= slot.bytes;
        if let Some(id) = slot.id {
            self.index.remove(id);
        }
        true
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utterance(text: &str) -> Arc<Utterance> {
        let voice = super::super::voices::of("caller", text);
        let (sound, words) = super::super::tones::speak(text, &voice);
        Arc::new(Utterance {
            text: text.to_owned(),
            ulaw: sound.into(),
            words,
        })
    }

    #[test]
    fn the_least_used_is_forgotten() {
        let all: Vec<_> = ["one two three", "four five six", "seven eight nine"]
            .map(utterance)
            .into();
        let room = all.iter().map(|u| u.ulaw.len()).sum::<usize>() - 1;
        let mut registry = Registry::with_room(room);
        for utterance in &all[..2] {
            registry.slot(&utterance.text, "v");
            registry.keep(&utterance.text, "v", utterance);
        }
        // Used again, so the second is older now.
        registry.slot("one two three", "v");
        registry.slot(&all[2].text, "v");
        registry.keep(&all[2].text, "v", &all[2]);
        assert_eq!(registry.len(), 2);
        assert!(
            !registry
                .slots
                .contains_key(&("v".to_owned(), "four five six".to_owned()))
        );
        assert_eq!(registry.bytes, all[0].ulaw.len() + all[2].ulaw.len());
    }
}
