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
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing::{Dispatch, dispatcher};

    use crate::config::LogConfig;
    use crate::telemetry::logs;

    #[derive(Clone, Default)]
    struct Pages(Arc<Mutex<Vec<u8>>>);

    impl Write for Pages {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is written of some lines.
    fn written(json: bool, lines: impl FnOnce()) -> String {
        let pages = Pages::default();
        let writer = pages.clone();
        let config = LogConfig {
            filter: "debug".to_owned(),
            json,
        };
        let dispatch: Dispatch = logs(&config, move || writer.clone(), false).unwrap();
        dispatcher::with_default(&dispatch, lines);
        let bytes = pages.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn lines() {
        let span = tracing::info_span!(
            "call",
            call.id = 7,
            caller = "+14155550199",
            outcome = tracing::field::Empty
        );
        let _inside = span.enter();
        span.record("outcome", "good");
        let error = std::io::Error::other("canary");
        tracing::warn!(
            tenant.id = "ten_1", attempt = 2, again = true, phone = "+14155550199", words = ?["canary"], secret = 4_155_550_199_u64,
            cause = &error as &dyn std::error::Error, "a line \"of\" ours\r\n{{\"forged\": true}}"
        );
    }

    #[test]
    fn a_field_that_is_not_on_the_list_is_hidden_from_programs() {
        let text = written(true, lines);
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["message"], "a line \"of\" ours\r\n{\"forged\": true}");
        assert_eq!(
            (
                &line["tenant.id"],
                &line["attempt"],
                &line["again"],
                &line["level"]
            ),
            (&json!("ten_1"), &json!(2), &json!(true), &json!("WARN"))
        );
        assert_eq!(
            line["span"],
            json!({ "name": "call", "call.id": 7, "caller": "[hidden]", "outcome": "good" })
        );
        for field in ["phone", "words", "secret", "cause"] {
            assert_eq!(line[field], "[hidden]", "{field}");
        }
        assert!(line["target"].as_str().unwrap().contains("telemetry"));
        let at = line["timestamp"].as_str().unwrap();
        assert!(chrono::DateTime::parse_from_rfc3339(at).is_ok(), "{at}");
    }

    #[test]
    fn a_field_that_is_not_on_the_list_is_hidden_from_people() {
        let text = written(false, lines);
        for shown in [
            "a line \"of\" ours",
            "tenant.id=\"ten_1\"",
            "attempt=2",
            "call.id=7",
            "phone=[hidden]",
        ] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
        for hidden in ["4155550199", "canary"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
    }
}
