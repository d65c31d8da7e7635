//! A call's events as lines that a person reads.

mod attending;

use std::collections::HashSet;

use phony_client::live::{Event, Snapshot};
use phony_kernel::call::EndedReason;
use serde_json::Value;

use super::terminal::{Paint, clean};
use super::text::padded;

/// Who a line is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The other end of the line.
    Caller,
    /// The personality.
    Agent,
    /// A person of the company.
    Supervisor,
    /// Somebody the caller was handed to.
    Colleague,
    /// Nobody: something happened.
    Call,
}

/// One line of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) who: Who,
    pub(super) text: String,
}

/// What the ends of a call are called.
#[derive(Debug, Clone)]
pub(super) struct Voices {
    pub(super) caller: String,
    pub(super) agent: String,
}

impl Voices {
    /// Of a call that came in, or of which the direction is not known.
    pub(super) fn inbound() -> Self {
        Self {
            caller: "caller".to_owned(),
            agent: "agent".to_owned(),
        }
    }

    /// Of a call that we placed.
    pub(super) fn outbound() -> Self {
        Self {
            caller: "callee".to_owned(),
            ..Self::inbound()
        }
    }

    fn name(&self, who: Who) -> &str {
        match who {
            Who::Caller => &self.caller,
            Who::Agent => &self.agent,
            Who::Supervisor => "supervisor",
            Who::Colleague => "colleague",
            Who::Call => "",
        }
    }

    /// A line with its time and its speaker.
    pub(super) fn shown(&self, time: &str, line: &Line, paint: Paint) -> String {
        let name = padded(self.name(line.who), "supervisor".len());
        let text = match line.who {
            Who::Caller => format!("{}  {}", paint.green(&name), line.text),
            Who::Agent => format!("{}  {}", paint.cyan(&name), line.text),
            Who::Supervisor | Who::Colleague => format!("{}  {}", paint.yellow(&name), line.text),
            Who::Call => paint.dim(&format!("{name}  {}", line.text)),
        };
        format!("{}  {text}", paint.dim(time))
    }
}

fn line(who: Who, text: impl Into<String>) -> Option<Line> {
    Some(Line {
        who,
        text: clean(&text.into()),
    })
}

fn text<'a>(data: &'a Value, field: &str) -> &'a str {
    data[field].as_str().unwrap_or_default()
}

/// A word of the API as people write it.
pub(super) fn words(word: &str) -> String {
    clean(&word.replace('_', " "))
}

fn speaker(data: &Value) -> Who {
    match text(data, "speaker") {
        "agent" => Who::Agent,
        "supervisor" => Who::Supervisor,
        "colleague" => Who::Colleague,
        _ => Who::Caller,
    }
}

/// An event as a line; `None` for those that only feed a live view.
pub(super) fn of_event(event: &Event) -> Option<Line> {
    let data = &event.data;
    match event.name.as_str() {
        "call.state" => line(Who::Call, state(text(data, "status"), &data["ending"])),
        "speech.final" if text(data, "text").is_empty() => None,
        "speech.final" => line(speaker(data), text(data, "text")),
        "speech.interrupted" => line(Who::Call, format!("cut off after “{}”", text(data, "heard"))),
        "dtmf.received" => line(Who::Caller, format!("presses {}", text(data, "digit"))),
        "dtmf.sent" => line(Who::Agent, format!("presses {}", text(data, "digits"))),
        "command.executed" => {
            let (command, argument) = (words(text(data, "command")), text(data, "argument"));
            let refusal = match text(data, "refusal") {
                "" => String::new(),
                why => format!(" (refused: {why})"),
            };
            line(
                Who::Agent,
                format!("[{command} {argument}]{refusal}").replace(" ]", "]"),
            )
        }
        "clarification.requested" => line(
            Who::Agent,
            format!("asks a supervisor: {}", text(data, "question")),
        ),
        "clarification.answered" if data["decide"] == true => line(Who::Supervisor, "lets the agent decide"),
        "clarification.answered" => line(Who::Supervisor, format!("answers: {}", text(data, "answer"))),
        "clarification.expired" => line(Who::Call, "nobody answered the agent's question in time"),
        "transfer.updated" => line(
            Who::Call,
            format!(
                "transfer to {}: {}",
                text(data, "to"),
                words(text(data, "status"))
            ),
        ),
        "recording.updated" => line(Who::Call, format!("recording {}", words(text(data, "status")))),
        "supervisor.action" if text(data, "status") != "accepted" => {
            let act = data["action"]["type"].as_str().unwrap_or("act");
            line(
                Who::Supervisor,
                format!("{} {}", words(act), words(text(data, "status"))),
            )
        }
        "call.resumed" => line(
            Who::Call,
            format!("back on another connection ({})", words(text(data, "reason"))),
        ),
        "engine.switched" => line(Who::Call, "another engine speaks now"),
        "latency.turn" => line(Who::Call, format!("answered after {} ms", data["total_ms"])),
        "warning" => line(
            Who::Call,
            format!("warning {}: {}", text(data, "code"), text(data, "detail")),
        ),
        other => attending::of_event(other, data),
    }
}

fn state(status: &str, ending: &Value) -> String {
    match (status, ending["reason"].as_str()) {
        ("in_progress", _) => "answered".to_owned(),
        ("ended", Some(reason)) => {
            let detail = ending["detail"].as_str().map(|detail| format!(" ({detail})"));
            format!("ended: {}{}", words(reason), detail.unwrap_or_default())
        }
        (status, _) => words(status),
    }
}

/// Time of the day of an RFC 3339 moment, UTC.
pub(super) fn time_of(at: &str) -> String {
    clean(at.get(11..19).unwrap_or("--:--:--"))
}

/// What of a call's talk has been shown, so that a snapshot after a gap repeats nothing.
#[derive(Debug, Default)]
pub(super) struct Shown {
    items: HashSet<String>,
    status: String,
    /// Why it ended.
    reason: Option<String>,
}

impl Shown {
    /// Notes an event; gives whether it is new.
    pub(super) fn is_new(&mut self, event: &Event) -> bool {
        match event.name.as_str() {
            "call.state" => {
                self.note_end(&event.data["ending"]);
                self.is_new_status(text(&event.data, "status"))
            }
            "speech.final" => self.items.insert(text(&event.data, "item_id").to_owned()),
            _ => true,
        }
    }

    /// Notes where the call stands; gives whether that is new.
    pub(super) fn is_new_status(&mut self, status: &str) -> bool {
        let new = self.status != status && self.status != "ended";
        if new {
            status.clone_into(&mut self.status);
        }
        new
    }

    /// What a snapshot of a call holds that was not shown yet, with the times.
    pub(super) fn news(&mut self, snapshot: &Snapshot) -> Vec<(String, Line)> {
        let mut news = Vec::new();
        for item in snapshot.state["live"]["items"].as_array().into_iter().flatten() {
            let complete = text(item, "kind") == "speech" && item["complete"] == true;
            if complete && self.items.insert(text(item, "id").to_owned()) {
                news.extend(
                    line(speaker(item), text(item, "text")).map(|line| (time_of(text(item, "at")), line)),
                );
            }
        }
        let call = &snapshot.state["call"];
        let live = &snapshot.state["live"];
        let status = live["status"].as_str().or_else(|| call["status"].as_str());
        if let Some(status) = status.filter(|status| self.is_new_status(status)) {
            let since = if status == "ended" {
                "ended_at"
            } else {
                "created_at"
            };
            let at = time_of(text(call, since));
            news.extend(line(Who::Call, state(status, &live["ending"])).map(|line| (at, line)));
        }
        news
    }

    fn note_end(&mut self, ending: &Value) {
        if let Some(reason) = ending["reason"].as_str() {
            self.reason = Some(reason.to_owned());
        }
    }

    /// Why the call ended, if the word is known to this program.
    pub(super) fn reason(&self) -> Option<EndedReason> {
        self.reason.as_deref().and_then(EndedReason::from_stored)
    }

    /// How many things were said.
    pub(super) fn lines(&self) -> u32 {
        u32::try_from(self.items.len()).unwrap_or(u32::MAX)
    }

    /// Whether the call is over.
    pub(super) fn is_over(&self) -> bool {
        self.status == "ended"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(name: &str, data: &Value) -> Event {
        serde_json::from_value(json!({
            "topic": "call", "id": "call_1", "cursor": "1", "seq": 1, "at": "2026-01-01T10:20:30.000Z",
            "event": name, "data": data,
        }))
        .unwrap()
    }

    fn shown(name: &str, data: &Value) -> String {
        let Some(line) = of_event(&event(name, data)) else {
            return String::new();
        };
        let shown = Voices::outbound().shown("10:20:30", &line, Paint::off());
        shown.trim_end().to_owned()
    }

    #[test]
    fn events_read_like_a_transcript() {
        for (name, data, expected) in [
            (
                "call.state",
                json!({"status": "in_progress"}),
                "10:20:30              answered",
            ),
            (
                "call.state",
                json!({"status": "ended", "ending": {"reason": "dial_no_answer", "detail": null}}),
                "10:20:30              ended: dial no answer",
            ),
            (
                "speech.final",
                json!({"speaker": "caller", "text": "Hello?\u{1b}[2J"}),
                "10:20:30  callee      Hello?[2J",
            ),
            (
                "speech.final",
                json!({"speaker": "agent", "text": "Good morning."}),
                "10:20:30  agent       Good morning.",
            ),
            (
                "command.executed",
                json!({"command": "end_call", "argument": "", "done": true}),
                "10:20:30  agent       [end call]",
            ),
            (
                "latency.turn",
                json!({"total_ms": 812}),
                "10:20:30              answered after 812 ms",
            ),
            (
                "speech.final",
                json!({"speaker": "colleague", "text": "Billing here."}),
                "10:20:30  colleague   Billing here.",
            ),
            ("speech.final", json!({"speaker": "caller", "text": ""}), ""),
            ("cost.tick", json!({"amount": "0.1"}), ""),
            ("something.new", json!({}), ""),
        ] {
            assert_eq!(shown(name, &data), expected, "{name}");
        }
    }

    #[test]
    fn a_snapshot_after_a_gap_repeats_nothing() {
        let mut seen = Shown::default();
        let said = |id: &str| {
            event(
                "speech.final",
                &json!({"item_id": id, "speaker": "caller", "text": "a"}),
            )
        };
        assert!(seen.is_new(&said("itm_1")));
        assert!(!seen.is_new(&said("itm_1")));
        let item = |id: &str, complete: bool| {
            json!({"id": id, "kind": "speech", "speaker": "agent", "text": id, "complete": complete,
                "at": "2026-01-01T10:20:30.000Z"})
        };
        let snapshot: Snapshot = serde_json::from_value(json!({
            "topic": "call", "id": "call_1", "cursor": "2", "state": {
                "call": {"status": "in_progress"},
                "live": {"status": "in_progress", "items": [item("itm_1", true), item("itm_2", true), item("itm_3", false)]}},
        }))
        .unwrap();
        let news: Vec<String> = seen
            .news(&snapshot)
            .into_iter()
            .map(|(_, line)| line.text)
            .collect();
        assert_eq!(news, ["itm_2", "answered"]);
        assert!(seen.news(&snapshot).is_empty());
        let end = event(
            "call.state",
            &json!({"status": "ended", "ending": {"reason": "agent_hangup"}}),
        );
        assert!(seen.is_new(&end) && seen.is_over());
        assert_eq!(seen.reason(), Some(EndedReason::AgentHangup));
        assert!(!seen.is_new(&end));
    }
}
