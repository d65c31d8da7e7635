//! The schema of a ledger item, which the conversation crate defines without knowing of OpenAPI.

use phony_conversation::Item;
use serde::Serialize;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// One line of a call's ledger.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct ItemView(pub Item);

impl From<Item> for ItemView {
    fn from(item: Item) -> Self {
        Self(item)
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))
}

fn integer() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer))
}

impl PartialSchema for ItemView {
    fn schema() -> RefOr<Schema> {
        let kinds = [
            "speech",
            "dtmf_received",
            "dtmf_sent",
            "command",
            "clarification",
            "intervention",
            "approval",
            "supervisor_note",
            "transfer",
            "note",
            "recording",
            "warning",
        ];
        ObjectBuilder::new()
            .description(Some(
                "One line of a call's ledger. `kind` says which further fields it has: `speech` has speaker, text, \
                 complete, heard, interrupted and language; `command` has command, argument, done and refusal; \
                 `clarification` has question, expires_at, on_timeout, answer, decide, answered_by and expired; `approval` \
                 (once decided) has text, commands, decision, edited, guidance, did and by; `supervisor_note` has actor \
                 and text; `intervention` has action_id, \
                 action, by and status; `transfer` has to, transfer_kind, status and reason; `note` has text and \
                 transfer; `recording` has recording_id, status, by and reason; `warning` has code and detail.",
            ))
            .property("id", text().pattern(Some("^itm_[0-9a-f]{32}$")))
            .required("id")
            .property("seq", integer())
            .required("seq")
            .property("at", text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))))
            .required("at")
            .property("offset_ms", integer())
            .required("offset_ms")
            .property("kind", text().enum_values(Some(kinds)))
            .required("kind")
            .property("speaker", text().enum_values(Some(["caller", "agent", "supervisor", "colleague"])))
            .property("text", text())
            .property("heard", text())
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into()
    }
}

impl ToSchema for ItemView {
    fn name() -> std::borrow::Cow<'static, str> {
        "Item".into()
    }
}
