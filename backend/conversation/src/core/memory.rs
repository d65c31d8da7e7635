//! What the model remembers of the talk: what was said and heard, and notes. Bounded.

use std::collections::VecDeque;

use phony_kernel::ItemId;

use super::types::{Message, Role};

/// Most lines kept.
const MAX_LINES: usize = 80;
/// Most characters kept.
const MAX_CHARS: usize = 24_000;

#[derive(Debug, Clone)]
struct Entry {
    role: Role,
    item: Option<ItemId>,
    text: String,
}

/// The talk as the model sees it.
#[derive(Debug, Default)]
pub(super) struct Memory {
    entries: VecDeque<Entry>,
    chars: usize,
    forgot: bool,
    /// Whether the model keeps the talk itself, so that what it did not hear must be told to it.
    tells: bool,
    /// What it is to be told.
    fresh: Vec<Message>,
}

impl Memory {
    /// An empty memory; one that `tells` collects what a model that keeps the talk itself did not hear.
    pub(super) fn new(tells: bool) -> Self {
        Self {
            tells,
            ..Self::default()
        }
    }

    /// What the model is to be told since the last time.
    pub(super) fn take_fresh(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.fresh)
    }

    /// The caller said this.
    pub(super) fn caller(&mut self, text: &str) {
        self.tell(Role::User, text);
        self.push(Role::User, None, text);
    }

    /// The caller said something that the model has heard; the words come later.
    pub(super) fn caller_turn(&mut self, line: ItemId) {
        self.push(Role::User, Some(line), "");
    }

    /// The words of a turn.
    pub(super) fn caller_words(&mut self, line: ItemId, text: &str) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.item == Some(line)) {
            text.clone_into(&mut entry.text);
            self.chars += text.chars().count();
            self.trim();
        }
    }

    /// Something happened that the model must know; data, never an order of the caller.
    pub(super) fn note(&mut self, text: &str) {
        self.tell(Role::System, text);
        self.push(Role::System, None, text);
    }

    fn tell(&mut self, role: Role, text: &str) {
        if self.tells && self.fresh.len() < MAX_LINES {
            self.fresh.push(Message {
                role,
                content: text.to_owned(),
            });
        }
    }

    /// More words of the line `item` go to the caller.
    pub(super) fn agent(&mut self, item: ItemId, text: &str) {
        if let Some(entry) = self
            .entries
            .iter_mut()
            .rev()
            .find(|entry| entry.item == Some(item))
        {
            entry.text.push_str(text);
            self.chars += text.chars().count();
            self.trim();
        } else {
            self.push(Role::Assistant, Some(item), text);
        }
    }

    /// Only `heard` of the line `item` reached the caller.
    pub(super) fn cut(&mut self, item: ItemId, heard: &str) {
        let Some(at) = self.entries.iter().position(|entry| entry.item == Some(item)) else {
            return;
        };
        if heard.is_empty() {
            self.entries.remove(at);
        } else if let Some(entry) = self.entries.get_mut(at) {
            heard.clone_into(&mut entry.text);
        }
        self.chars = self.entries.iter().map(|entry| entry.text.chars().count()).sum();
    }

    /// Whether the caller's last words have no answer yet.
    pub(super) fn caller_waits(&self) -> bool {
        self.entries
            .iter()
            .rev()
            .find(|entry| entry.role != Role::System)
            .is_some_and(|e| e.role == Role::User)
    }

    /// The whole context of a request.
    pub(super) fn messages(&self, system: &str) -> Vec<Message> {
        let mut messages = vec![Message {
            role: Role::System,
            content: system.to_owned(),
        }];
        if self.forgot {
            let content =
                "Note: the beginning of this call is left out here because of its length.".to_owned();
            messages.push(Message {
                role: Role::System,
                content,
            });
        }
        for entry in &self.entries {
            let text = entry.text.trim();
            if text.is_empty() {
                continue;
            }
            match messages
                .last_mut()
                .filter(|last| last.role == entry.role && entry.role != Role::System)
            {
                Some(last) => {
                    last.content.push(' ');
                    last.content.push_str(text);
                }
                None => messages.push(Message {
                    role: entry.role,
                    content: text.to_owned(),
                }),
            }
        }
        messages
    }

    fn push(&mut self, role: Role, item: Option<ItemId>, text: &str) {
        self.chars += text.chars().count();
        self.entries.push_back(Entry {
            role,
            item,
            text: text.to_owned(),
        });
        self.trim();
    }

    fn trim(&mut self) {
        while (self.entries.len() > MAX_LINES || self.chars > MAX_CHARS) && self.entries.len() > 1 {
            if let Some(entry) = self.entries.pop_front() {
                self.chars = self.chars.saturating_sub(entry.text.chars().count());
                self.forgot = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_heard_words_remain() {
        let mut memory = Memory::default();
        memory.caller("Hello");
        let (first, second) = (ItemId::new(), ItemId::new());
        memory.agent(first, "We open ");
        memory.agent(first, "at nine and close at five.");
        memory.cut(first, "We open at nine");
        memory.agent(second, "Anything else?");
        memory.cut(second, "");
        let messages = memory.messages("be kind");
        assert_eq!(messages.len(), 3);
        assert_eq!(
            messages[2],
            Message {
                role: Role::Assistant,
                content: "We open at nine".to_owned()
            }
        );
    }

    #[test]
    fn it_is_bounded() {
        let mut memory = Memory::default();
        for _ in 0..500 {
            memory.caller(&"word ".repeat(400));
        }
        assert!(memory.entries.len() <= MAX_LINES);
        assert!(memory.chars <= MAX_CHARS);
        assert!(memory.messages("s")[1].content.contains("left out"));
    }
}
