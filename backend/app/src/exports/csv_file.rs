//! Usage rows as CSV: the exact columns, RFC 4180 quoting, and text that no spreadsheet takes for a formula.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use phony_db::exports::usage_rows::UsageRow;
use phony_kernel::{Error, Result};

/// The columns of the usage export, in their order.
pub const COLUMNS: [&str; 24] = [
    "event_id",
    "call_id",
    "call_sid",
    "direction",
    "number",
    "personality",
    "sku",
    "quantity",
    "unit",
    "event_time",
    "billing_time",
    "ingested_at",
    "payer",
    "price_book",
    "price_effective_from",
    "unit_price",
    "per_units",
    "markup_bps",
    "cost_exact",
    "amount_exact",
    "currency",
    "rating_version",
    "invoice_number",
    "corrects",
];

/// The heading line.
pub(super) fn heading() -> Result<Vec<u8>> {
    lines(std::iter::once(COLUMNS.map(Cow::Borrowed)))
}

/// Lines of a page of rows.
pub(super) fn page(rows: &[UsageRow]) -> Result<Vec<u8>> {
    lines(rows.iter().map(cells))
}

fn lines<'a>(rows: impl Iterator<Item = [Cow<'a, str>; 24]>) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::with_capacity(64 * 1024));
    for row in rows {
        writer
            .write_record(row.iter().map(|cell| cell.as_bytes()))
            .map_err(Error::internal)?;
    }
    writer
        .into_inner()
        .map_err(|error| Error::internal(anyhow::anyhow!("csv: {}", error.error())))
}

fn cells(row: &UsageRow) -> [Cow<'_, str>; 24] {
    let some = |cell: &Option<String>| {
        cell.as_deref()
            .map_or(Cow::Borrowed(""), |cell| text(cell).into_owned().into())
    };
    [
        row.event.to_string().into(),
        row.call.map(|id| id.to_string()).unwrap_or_default().into(),
        some(&row.call_sid),
        some(&row.direction),
        some(&row.number),
        some(&row.personality),
        text(&row.sku),
        row.quantity.to_string().into(),
        text(&row.unit),
        time(row.event_time),
        time(row.billing_time),
        time(row.ingested_at),
        text(&row.payer),
        text(&row.price_book),
        time(row.price_effective_from),
        row.unit_price.as_str().into(),
        row.per_units.to_string().into(),
        row.markup_bps.to_string().into(),
        row.cost.to_string().into(),
        row.amount.to_string().into(),
        text(&row.currency),
        row.rating_version.to_string().into(),
        some(&row.invoice_number),
        row.corrects.map(|id| id.to_string()).unwrap_or_default().into(),
    ]
}

fn time(at: DateTime<Utc>) -> Cow<'static, str> {
    at.to_rfc3339_opts(SecondsFormat::Millis, true).into()
}

/// A text cell: one that a spreadsheet would run as a formula gets a leading `'`.
pub(crate) fn text(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0']) {
        format!("'{cell}").into()
    } else {
        cell.into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn csv_formula_and_numbers_with_a_plus_are_defused() {
        for cell in [
            "=1+1",
            "+14155550134",
            "-1",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "\nx",
            "\0x",
        ] {
            assert_eq!(text(cell), format!("'{cell}"));
        }
        for cell in ["Ana", "", "'=1", "1-2", " =1"] {
            assert_eq!(text(cell), cell);
        }
    }

    #[test]
    fn the_heading_has_the_documented_columns() {
        let heading = String::from_utf8(heading().unwrap()).unwrap();
        assert_eq!(
            heading,
            "event_id,call_id,call_sid,direction,number,personality,sku,quantity,unit,event_time,billing_time,\
             ingested_at,payer,price_book,price_effective_from,unit_price,per_units,markup_bps,cost_exact,\
             amount_exact,currency,rating_version,invoice_number,corrects\r\n"
        );
    }

    proptest! {
        /// Whatever a tenant calls things: every cell reads back, none begins like a formula.
        #[test]
        fn any_text_reads_back_from_the_file(
            texts in proptest::array::uniform24(
                prop_oneof![
                    any::<String>(),
                    "[=+@\\-\t\r\n\",; '\u{202e}\u{1f600}a-c]{0,12}",
                ])
        ) {
            let cells: [Cow<'_, str>; 24] = std::array::from_fn(|index| text(&texts[index]));
            let written = lines(std::iter::once(cells.clone())).unwrap();
            prop_assert!(written.ends_with(b"\r\n"));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(written.as_slice());
            let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(records.len(), 1);
            for (index, cell) in records[0].iter().enumerate() {
                prop_assert_eq!(cell, &cells[index]);
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0']));
                let original = &texts[index];
                prop_assert!(cell == original || cell.strip_prefix('\'') == Some(original));
            }
        }
    }
}
