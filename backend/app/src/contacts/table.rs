//! A table of contacts, read line by line: each can be taken, or says why not.

use std::collections::HashSet;

use phony_db::contacts::{Attributes, Imported};
use phony_kernel::callers::ContactPlan;
use phony_kernel::{E164, Error, Result};

use super::import::ImportReport;
use super::{MAX_ATTRIBUTE, MAX_ATTRIBUTES, MAX_NAME, is_attribute_name};

/// Most lines of one table.
const MAX_LINES: usize = 20_000;
/// Lines that go to the database at once.
const BATCH: usize = 500;
/// Most columns.
const MAX_COLUMNS: usize = MAX_ATTRIBUTES + 4;

/// What a column holds.
#[derive(Debug, PartialEq, Eq)]
enum Column {
    Number,
    Name,
    Plan,
    Verified,
    Attribute(String),
}

impl Column {
    fn read(name: &str) -> Self {
        let plain: String = name
            .trim()
            .to_ascii_lowercase()
            .chars()
            .filter(|c| !matches!(c, ' ' | '_' | '-'))
            .collect();
        match plain.as_str() {
            "e164" | "phone" | "phonenumber" | "number" | "mobile" | "telephone" | "tel" => Self::Number,
            "name" | "fullname" => Self::Name,
            "plan" => Self::Plan,
            "verified" => Self::Verified,
            _ => Self::Attribute(name.trim().to_owned()),
        }
    }
}

/// The table, one line at a time.
pub(super) struct Lines<'a> {
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    columns: Vec<Column>,
    country: Option<&'a str>,
    seen: HashSet<String>,
    read: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn open(text: &'a str, country: Option<&'a str>) -> Result<Self> {
        let fault = |code: &'static str, detail: String| Err(Error::invalid_field("csv", code, detail));
        // Spreadsheets put a mark before the first name.
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .delimiter(delimiter(text))
            .from_reader(text.as_bytes());
        let columns: Vec<Column> = match reader.headers() {
            Ok(names) => names.iter().map(Column::read).collect(),
            Err(_) => return fault("not_a_table", "cannot be read as CSV".to_owned()),
        };
        if columns.len() > MAX_COLUMNS {
            return fault(
                "too_many_columns",
                format!("may have at most {MAX_COLUMNS} columns"),
            );
        }
        if columns.iter().filter(|column| **column == Column::Number).count() != 1 {
            return fault(
                "no_number_column",
                "must begin with a line of names, one of them phone_number".to_owned(),
            );
        }
        for (at, column) in columns.iter().enumerate() {
            if columns[..at].contains(column) {
                return fault("duplicate_column", "has a column twice".to_owned());
            }
            if matches!(column, Column::Attribute(name) if !name.is_empty() && !is_attribute_name(name)) {
                return fault(
                    "bad_column_name",
                    "has a column whose name is too long or holds control characters".to_owned(),
                );
            }
        }
        Ok(Self {
            text,
            reader,
            record: csv::StringRecord::new(),
            columns,
            country,
            seen: HashSet::new(),
            read: 0,
        })
    }

    /// The next lines that can be taken; none at the end.
    pub(super) fn next_batch(&mut self, report: &mut ImportReport) -> Result<Vec<(u64, Imported)>> {
        let mut batch = Vec::new();
        while batch.len() < BATCH {
            let more = self.reader.read_record(&mut self.record).map_err(|_| {
                Error::invalid_field(
                    "csv",
                    "not_a_table",
                    format!("cannot be read after line {}", self.read + 1),
                )
            })?;
            if !more {
                break;
            }
            self.read += 1;
            if self.read > MAX_LINES {
                return Err(Error::invalid_field(
                    "csv",
                    "too_many_lines",
                    format!("may have at most {MAX_LINES} lines; send the rest in another one"),
                ));
            }
            let line = self.line_number();
            match self.line() {
                Ok(Some(contact)) => batch.push((line, contact)),
                Ok(None) => {}
                Err(fault) => report.refuse(line, self.number(), fault.0, fault.1),
            }
        }
        Ok(batch)
    }

    /// Where the line that was read begins. One that ends in two signs leaves the second to the next.
    fn line_number(&self) -> u64 {
        let Some(position) = self.record.position() else {
            return 0;
        };
        let at = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let rest = self.text.as_bytes().get(at) == Some(&b'\n');
        position.line() + u64::from(rest)
    }

    fn number(&self) -> &str {
        let at = self.columns.iter().position(|column| *column == Column::Number);
        at.and_then(|at| self.record.get(at)).unwrap_or_default()
    }

    /// The contact of the line that was read; none is an empty line.
    fn line(&mut self) -> Result<Option<Imported>, Fault> {
        if self.record.iter().all(|field| field.trim().is_empty()) {
            return Ok(None);
        }
        if self.record.len() > self.columns.len() {
            return Err(Fault(
                "too_many_fields",
                "has more fields than there are columns".to_owned(),
            ));
        }
        let e164 = E164::parse(self.number(), self.country)
            .map_err(|cause| Fault(cause.code(), cause.to_string()))?;
        let mut contact = Imported {
            e164: e164.to_string(),
            name: None,
            plan: None,
            verified: None,
            attributes: Attributes::new(),
        };
        for (column, field) in self.columns.iter().zip(self.record.iter()) {
            let field = field.trim();
            // An empty field says nothing.
            if field.is_empty() {
                continue;
            }
            if field.contains('\0') {
                return Err(Fault(
                    "control_character",
                    "holds a character that cannot be kept".to_owned(),
                ));
            }
            match column {
                Column::Number => {}
                Column::Name => contact.name = Some(read_name(field)?),
                Column::Plan => contact.plan = Some(read_plan(field)?),
                Column::Verified => contact.verified = Some(read_flag(field)?),
                Column::Attribute(name) if name.is_empty() => {}
                Column::Attribute(name) => {
                    if field.chars().count() > MAX_ATTRIBUTE {
                        return Err(Fault(
                            "too_long",
                            format!("{name} must have at most {MAX_ATTRIBUTE} characters"),
                        ));
                    }
                    contact.attributes.insert(name.clone(), field.to_owned());
                }
            }
        }
        if !self.seen.insert(contact.e164.clone()) {
            return Err(Fault("duplicate", "is in this table before".to_owned()));
        }
        Ok(Some(contact))
    }
}

/// Why a line is not taken.
struct Fault(&'static str, String);

fn read_name(field: &str) -> Result<String, Fault> {
    if field.chars().count() > MAX_NAME {
        return Err(Fault(
            "too_long",
            format!("the name must have at most {MAX_NAME} characters"),
        ));
    }
    if field.contains(char::is_control) {
        return Err(Fault(
            "control_character",
            "the name must be one line of plain text".to_owned(),
        ));
    }
    Ok(field.to_owned())
}

fn read_plan(field: &str) -> Result<ContactPlan, Fault> {
    ContactPlan::from_stored(&field.to_ascii_lowercase())
        .ok_or_else(|| Fault("unknown_plan", "the plan must be standard or premium".to_owned()))
}

fn read_flag(field: &str) -> Result<bool, Fault> {
    match field.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" => Ok(true),
        "false" | "no" | "n" | "0" => Ok(false),
        _ => Err(Fault("not_yes_or_no", "verified must be yes or no".to_owned())),
    }
}

/// Spreadsheets of some countries part fields by semicolons, and copied cells by tabs.
fn delimiter(text: &str) -> u8 {
    let names = text.lines().next().unwrap_or_default();
    let count = |sign: char| names.matches(sign).count();
    if count(';') > count(',') && count(';') >= count('\t') {
        b';'
    } else if count('\t') > count(',') {
        b'\t'
    } else {
        b','
    }
}

#[cfg(test)]
mod tests {
    use super::super::import::MAX_TOLD;
    use super::*;

    fn read(text: &str, country: Option<&str>) -> (Vec<(u64, Imported)>, ImportReport) {
        let mut report = ImportReport::default();
        let mut lines = Lines::open(text, country).unwrap();
        let batch = lines.next_batch(&mut report).unwrap();
        (batch, report)
    }

    fn fault(text: &str) -> String {
        let error = Lines::open(text, None).err().unwrap();
        error.fields()[0].code.to_string()
    }

    #[test]
    fn a_table_is_read_as_spreadsheets_write_it() {
        for text in [
            "phone_number,name,plan,verified,city\n+14155550134,Ada,Premium,yes,Oslo\n",
            "\u{feff}Phone;Name;Plan;Verified;city\r\n\"+1 (415) 555-0134\";Ada;premium;1;Oslo\r\n",
            "E164\tfull name\tPLAN\tverified\tcity\n4155550134\tAda\tpremium\ttrue\tOslo",
        ] {
            let (batch, report) = read(text, Some("US"));
            let (line, contact) = &batch[0];
            assert_eq!((*line, contact.e164.as_str()), (2, "+14155550134"), "{text}");
            assert_eq!(contact.name.as_deref(), Some("Ada"));
            assert_eq!(
                (contact.plan, contact.verified),
                (Some(ContactPlan::Premium), Some(true))
            );
            assert_eq!(contact.attributes["city"], "Oslo");
            assert_eq!(report, ImportReport::default());
        }
    }

    #[test]
    fn each_line_that_is_not_taken_says_why() {
        let text = "number,name,plan,verified\n\
                    +14155550134,Ada,standard,no\n\
                    nobody,Bob,standard,no\n\
                    4155550135,Cyd,,\n\
                    +14155550136,Dee,gold,no\n\
                    +14155550137,Eli,premium,perhaps\n\
                    +1 415 555 0134,Ada again,,\n\
                    ,,,\n\
                    +14155550138,Fay,standard,no,more\n\
                    +14155550139,\"two\nlines\",,\n\
                    +14155550140,Gus\n";
        let (batch, report) = read(text, None);
        let taken: Vec<&str> = batch.iter().map(|(_, contact)| contact.e164.as_str()).collect();
        assert_eq!(taken, ["+14155550134", "+14155550140"]);
        let told: Vec<(u64, &str)> = report
            .refusals
            .iter()
            .map(|refused| (refused.line, refused.code))
            .collect();
        assert_eq!(
            told,
            [
                (3, "not_a_number"),
                (4, "no_country_code"),
                (5, "unknown_plan"),
                (6, "not_yes_or_no"),
                (7, "duplicate"),
                (9, "too_many_fields"),
                (10, "control_character"),
            ]
        );
        assert_eq!(report.refused, 7);
    }

    #[test]
    fn a_table_without_one_column_of_numbers_is_none() {
        assert_eq!(fault(""), "no_number_column");
        assert_eq!(fault("name,plan\nAda,standard"), "no_number_column");
        assert_eq!(fault("phone,mobile\n1,2"), "no_number_column");
        assert_eq!(fault("phone,name,name\n1,2,3"), "duplicate_column");
        assert_eq!(fault(&format!("phone,{}", "x".repeat(41))), "bad_column_name");
        let wide: Vec<String> = (0..60).map(|n| format!("c{n}")).collect();
        assert_eq!(fault(&format!("phone,{}", wide.join(","))), "too_many_columns");
    }

    #[test]
    fn a_table_has_a_longest_length() {
        let mut text = "phone\n".to_owned();
        for n in 0..=MAX_LINES {
            text.push_str(&format!("x{n}\n"));
        }
        let mut report = ImportReport::default();
        let mut lines = Lines::open(&text, None).unwrap();
        let error = lines.next_batch(&mut report).unwrap_err();
        assert_eq!(error.fields()[0].code, "too_many_lines");
        assert_eq!(report.refusals.len(), MAX_TOLD);
        assert_eq!(report.refused as usize, MAX_LINES);
    }
}
