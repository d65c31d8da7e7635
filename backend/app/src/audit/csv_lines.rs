//! Entries of the audit log as CSV.

use std::borrow::Cow;

use chrono::SecondsFormat;
use phony_db::audit::log::StoredEntry;
use phony_kernel::{Error, Result};

use crate::exports::defused;

/// The columns, in their order.
pub const COLUMNS: [&str; 8] = [
    "seq",
    "at",
    "actor",
    "action",
    "target",
    "detail",
    "prev_hash",
    "hash",
];

/// The heading line.
pub(super) fn heading() -> Result<Vec<u8>> {
    lines(std::iter::once(COLUMNS.map(Cow::Borrowed)))
}

/// Lines of a page of entries.
pub(super) fn page(rows: &[StoredEntry]) -> Result<Vec<u8>> {
    lines(rows.iter().map(|row| {
        [
            row.seq.to_string().into(),
            row.at.to_rfc3339_opts(SecondsFormat::Micros, true).into(),
            defused(&row.actor),
            defused(&row.action),
            defused(&row.target),
            row.detail.to_string().into(),
            hex::encode(&row.prev_hash).into(),
            hex::encode(&row.hash).into(),
        ]
    }))
}

fn lines<'a>(rows: impl Iterator<Item = [Cow<'a, str>; 8]>) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        writer
            .write_record(row.iter().map(|cell| cell.as_bytes()))
            .map_err(Error::internal)?;
    }
    writer
        .into_inner()
        .map_err(|error| Error::internal(anyhow::anyhow!("csv: {}", error.error())))
}
