//! The talk as the model knows it: items in their order.

use serde_json::{Value, json};

use super::wire::error::Fault;

/// More than anybody says in an hour.
const ITEMS_MOST: usize = 10_000;

/// A word and the place in the sound where it ends.
pub(crate) type TimedWord = (String, u64);

/// What was said by one of the two, as sound.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spoken {
    pub(crate) ms: u64,
    pub(crate) words: Vec<TimedWord>,
}

/// One item.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) id: String,
    /// As events show it.
    pub(crate) view: Value,
    /// What the model understands of it.
    pub(crate) words: String,
    /// The sound of it, if it has any.
    pub(crate) spoken: Option<Spoken>,
    /// Whether the end was taken away: what is still being said does not come back.
    pub(crate) is_cut: bool,
}

impl Item {
    pub(crate) fn new(id: String, mut view: Value) -> Self {
        view["id"] = json!(id);
        view["object"] = json!("realtime.item");
        if view["status"].is_null() {
            view["status"] = json!("completed");
        }
        let parts = view["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        let words: Vec<&str> = parts
            .iter()
            .filter_map(|part| part["text"].as_str().or(part["transcript"].as_str()))
            .collect();
        let words = match view["output"].as_str() {
            Some(output) => output.to_owned(),
            None => words.join(" "),
        };
        Self {
            id,
            view,
            words,
            spoken: None,
            is_cut: false,
        }
    }

    /// The caller's voice; the words are known to the model, but not written down.
    pub(crate) fn heard(id: String, words: String, ms: u64) -> Self {
        let view = json!({"type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": null}]});
        let mut item = Self::new(id, view);
        item.words = words;
        item.spoken = Some(Spoken {
            ms,
            words: Vec::new(),
        });
        item
    }

    pub(crate) fn is(&self, kind: &str) -> bool {
        self.view["type"] == kind
    }

    pub(crate) fn role(&self) -> &str {
        self.view["role"].as_str().unwrap_or_default()
    }
}

/// All items of a session.
#[derive(Debug, Default)]
pub(crate) struct Talk {
    items: Vec<Item>,
    /// Whether sound of the assistant is in the talk, or ever was.
    pub(crate) has_spoken: bool,
}

impl Talk {
    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Item> {
        self.items.iter_mut().find(|item| item.id == id)
    }

    pub(crate) fn last_id(&self) -> Option<String> {
        self.items.last().map(|item| item.id.clone())
    }

    /// The item before this one.
    pub(crate) fn before(&self, id: &str) -> Option<&str> {
        let at = self.items.iter().position(|item| item.id == id)?;
        Some(self.items.get(at.checked_sub(1)?)?.id.as_str())
    }

    pub(crate) fn push(&mut self, item: Item) {
        self.items.push(item);
    }

    /// Puts an item after another one: `root` is the beginning, nothing the end.
    pub(crate) fn insert(&mut self, item: Item, after: Option<&str>) -> Result<(), Fault> {
        if self.get(&item.id).is_some() {
            let message = format!(
                "Error adding item: an item with ID '{}' already exists in the conversation.",
                item.id
            );
            return Err(Fault::invalid("item_create_duplicate_item_id", message).about("item.id"));
        }
        if self.items.len() >= ITEMS_MOST {
            let message = "Error adding item: the conversation is full.";
            return Err(Fault::invalid("conversation_full", message));
        }
        let at = match after {
            None => self.items.len(),
            Some("root") => 0,
            Some(after) => {
                let found = self.items.iter().position(|item| item.id == after);
                let missing = || missing("item_create_invalid_previous_item_id", "adding", after);
                found.ok_or_else(missing)? + 1
            }
        };
        self.items.insert(at, item);
        Ok(())
    }

    pub(crate) fn delete(&mut self, id: &str) -> Result<Item, Fault> {
        let at = self.items.iter().position(|item| item.id == id);
        let at = at.ok_or_else(|| missing("item_delete_invalid_item_id", "deleting", id))?;
        Ok(self.items.remove(at))
    }

    pub(crate) fn retrieve(&self, id: &str) -> Result<&Item, Fault> {
        self.get(id)
            .ok_or_else(|| missing("item_retrieve_invalid_item_id", "retrieving", id))
    }

    /// Forgets what comes after `end_ms` in the sound of an item. Returns what was heard of it.
    pub(crate) fn truncate(&mut self, id: &str, content_index: u64, end_ms: u64) -> Result<String, Fault> {
        let item = self
            .get_mut(id)
            .ok_or_else(|| missing("item_truncate_invalid_item_id", "truncating", id))?;
        if !item.is("message") || item.role() != "assistant" {
            let message = "Only model output audio messages can be truncated.";
            return Err(Fault::bad_value("item_id", message));
        }
        let Some(spoken) = item.spoken.as_mut().filter(|_| content_index == 0) else {
            let message =
                format!("Content part at index {content_index} is not audio and cannot be truncated.");
            return Err(Fault::bad_value("content_index", message));
        };
        if end_ms > spoken.ms {
            let message = format!(
                "Audio content of {}ms is already shorter than {end_ms}ms",
                spoken.ms
            );
            return Err(Fault::bad_value("audio_end_ms", message));
        }
        item.is_cut = true;
        spoken.ms = end_ms;
        spoken.words.retain(|(_, to_ms)| *to_ms <= end_ms);
        let heard: Vec<&str> = spoken.words.iter().map(|(word, _)| word.as_str()).collect();
        item.words = heard.join(" ");
        // What was said is taken away, so that nobody takes it for what was heard.
        item.view["content"] = json!([{"type": "output_audio", "transcript": ""}]);
        Ok(item.words.clone())
    }
}

fn missing(code: &str, doing: &str, id: &str) -> Fault {
    let message = format!("Error {doing} item: the item with id '{id}' does not exist.");
    Fault::invalid(code, message).about("item_id")
}

/// Whether a client may put this into the talk; the shape has been checked before.
pub(crate) fn check_new(item: &Value) -> Result<(), Fault> {
    let Some(parts) = item["content"].as_array() else {
        if item["type"] == "item_reference" {
            let message = "Invalid value: 'item_reference'. An item reference cannot be created.";
            return Err(Fault::bad_value("item.type", message));
        }
        return Ok(());
    };
    let allowed: &[&str] = match item["role"].as_str() {
        Some("user") => &["input_text", "input_audio", "input_image"],
        Some("assistant") => &["output_text"],
        _ => &["input_text"],
    };
    for (place, part) in parts.iter().enumerate() {
        let kind = part["type"].as_str().unwrap_or_default();
        if !allowed.contains(&kind) {
            return Err(Fault::wrong_value(
                &format!("item.content[{place}].type"),
                kind,
                allowed,
            ));
        }
    }
    Ok(())
}
