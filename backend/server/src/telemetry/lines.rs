//! Log lines whose fields are those of the list; see [`super::fields`].

use std::fmt;

use chrono::{SecondsFormat, Utc};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, span};
use tracing_subscriber::field::{RecordFields, VisitOutput as _};
use tracing_subscriber::fmt::format::{DefaultVisitor, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::fields::{HIDDEN, is_allowed};

/// Fields for people.
pub(super) struct KnownFields;

impl<'writer> FormatFields<'writer> for KnownFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut visitor = DefaultVisitor::new(writer, true);
        fields.record(&mut Hiding(&mut visitor));
        visitor.finish()
    }
}

/// Whether a field is what a library of the older kind says of its own line: where it stands in the source.
fn is_of_source(field: &Field) -> bool {
    field.name().starts_with("log.")
}

struct Hiding<'a>(&'a mut dyn Visit);

impl Hiding<'_> {
    fn shows(&mut self, field: &Field) -> bool {
        let shown = is_allowed(field.name()) || is_of_source(field);
        if !shown {
            self.0.record_debug(field, &format_args!("{HIDDEN}"));
        }
        shown
    }
}

impl Visit for Hiding<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if self.shows(field) {
            self.0.record_f64(field, value);
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if self.shows(field) {
            self.0.record_i64(field, value);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if self.shows(field) {
            self.0.record_u64(field, value);
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if self.shows(field) {
            self.0.record_bool(field, value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if self.shows(field) {
            self.0.record_str(field, value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        if self.shows(field) {
            self.0.record_error(field, value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if self.shows(field) {
            self.0.record_debug(field, value);
        }
    }
}

/// Lines and fields for programs: a JSON object each.
pub(super) struct JsonLines;

/// Takes fields into an object.
struct Collect<'a>(&'a mut Map<String, Value>);

impl Collect<'_> {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        let value = if is_allowed(field.name()) {
            value.into()
        } else {
            HIDDEN.into()
        };
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Collect<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "log.target" {
            self.0.insert("target".to_owned(), value.into());
        } else if !is_of_source(field) {
            self.put(field, value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if !is_of_source(field) {
            self.put(field, format!("{value:?}"));
        }
    }
}

/// The object that a span's fields were kept as.
fn read(fields: &str) -> Map<String, Value> {
    serde_json::from_str(fields).unwrap_or_default()
}

impl<'writer> FormatFields<'writer> for JsonLines {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut object = Map::new();
        fields.record(&mut Collect(&mut object));
        write!(writer, "{}", Value::Object(object))
    }

    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &span::Record<'_>,
    ) -> fmt::Result {
        let mut object = read(&current.fields);
        fields.record(&mut Collect(&mut object));
        current.fields = Value::Object(object).to_string();
        Ok(())
    }
}

impl<S> FormatEvent<S, Self> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, Self>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Map::new();
        line.insert("target".to_owned(), event.metadata().target().into());
        event.record(&mut Collect(&mut line));
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
        line.insert("timestamp".to_owned(), now.into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        if let Some(span) = ctx.lookup_current() {
            let kept = span.extensions();
            let mut fields = kept.get::<FormattedFields<Self>>().map(|kept| read(&kept.fields));
            let fields = fields.get_or_insert_default();
            fields.insert("name".to_owned(), span.name().into());
            line.insert("span".to_owned(), Value::Object(std::mem::take(fields)));
        }
        writeln!(writer, "{}", Value::Object(line))
    }
}

#[cfg(test)]
mod tests;
