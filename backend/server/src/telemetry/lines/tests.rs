//! Whatever our code or a library's says in a field that is not on the list is hidden, in either form.

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
