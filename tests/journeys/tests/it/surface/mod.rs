//! The documented surface: its operations as the OpenAPI document has them, and a valid request for each.

mod cases;
mod document;

pub(crate) use cases::{Case, World};
pub(crate) use document::{Access, Document, Operation};

use phony_journeys::Rows;

/// Nothing was stored but what calls that go on write themselves.
#[track_caller]
pub(crate) fn only_calls_went_on(after_what: &str, before: &Rows, after: &Rows) {
    let living = [
        "calls",
        "call_events",
        "call_keys",
        "carrier_callbacks",
        "usage_events",
        "rated_usage",
        "outbox",
        "exports",
    ];
    let changed = after.changed_since(before);
    let others: Vec<_> = changed
        .into_iter()
        .filter(|table| !living.contains(&table.trim_start_matches("phony.")))
        .collect();
    assert!(others.is_empty(), "{after_what}: {others:?}");
    for table in ["phony.calls", "phony.exports"] {
        assert_eq!(after.count(table), before.count(table), "{after_what}: {table}");
    }
}
