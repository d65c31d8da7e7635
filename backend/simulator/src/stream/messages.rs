//! Messages on the media socket: ours as they are documented, the application's checked as strictly as the carrier does.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// A well-formed message of the application.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AppMessage {
    Media(Vec<u8>),
    Mark(String),
    Clear,
}

/// Reads one text frame; the error says what the carrier would object to. `strict` objects to members nobody knows.
pub(super) fn parse(text: &str, stream_sid: &str, strict: bool) -> Result<AppMessage, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| format!("not JSON: {e}"))?;
    let Value::Object(members) = value else {
        return Err("not an object".to_owned());
    };
    let event = string(&members, "event")?;
    if string(&members, "streamSid")? != stream_sid {
        return Err("streamSid is not of this stream".to_owned());
    }
    let only = |members: &Map<String, Value>, known: &[&str]| match members
        .keys()
        .find(|name| strict && !known.contains(&name.as_str()))
    {
        Some(unknown) => Err(format!("unknown member {unknown:?}")),
        None => Ok(()),
    };
    match event {
        "media" => {
            only(&members, &["event", "streamSid", "media"])?;
            let media = object(&members, "media")?;
            only(media, &["payload"])?;
            let sound = STANDARD
                .decode(string(media, "payload")?)
                .map_err(|e| format!("payload is not base64: {e}"))?;
            Ok(AppMessage::Media(sound))
        }
        "mark" => {
            only(&members, &["event", "streamSid", "mark"])?;
            let mark = object(&members, "mark")?;
            only(mark, &["name"])?;
            Ok(AppMessage::Mark(string(mark, "name")?.to_owned()))
        }
        "clear" => {
            only(&members, &["event", "streamSid"])?;
            Ok(AppMessage::Clear)
        }
        other => Err(format!("unknown event {other:?}")),
    }
}

fn string<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, String> {
    members
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("{name} is missing or not a string"))
}

fn object<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a Map<String, Value>, String> {
    members
        .get(name)
        .and_then(Value::as_object)
        .ok_or_else(|| format!("{name} is missing or not an object"))
}

pub(super) fn connected() -> String {
    json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}).to_string()
}

/// Who a stream belongs to.
pub(super) struct Ids<'a> {
    pub(super) stream: &'a str,
    pub(super) call: &'a str,
    pub(super) account: &'a str,
}

/// Numbers messages and writes them.
#[derive(Debug, Default)]
pub(super) struct Writer {
    sequence: u64,
    chunk: u64,
    /// Write members and types that no application knows yet.
    pub(super) future: bool,
}

impl Writer {
    pub(super) fn new(future: bool) -> Self {
        Self {
            future,
            ..Self::default()
        }
    }

    fn next(&mut self) -> String {
        self.sequence += 1;
        self.sequence.to_string()
    }

    pub(super) fn start(
        &mut self,
        ids: &Ids<'_>,
        tracks: &[&str],
        parameters: &BTreeMap<String, String>,
    ) -> String {
        let mut start = json!({
            "streamSid": ids.stream, "accountSid": ids.account, "callSid": ids.call, "tracks": tracks,
            "customParameters": parameters,
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        });
        if self.future {
            start["memberOfTheFuture"] = json!({"deep": [1, null]});
        }
        let sequence = self.next();
        json!({"event": "start", "sequenceNumber": sequence, "streamSid": ids.stream, "start": start})
            .to_string()
    }

    pub(super) fn media(&mut self, stream_sid: &str, timestamp_ms: u64, sound: &[u8]) -> String {
        self.media_of("inbound", stream_sid, timestamp_ms, sound)
    }

    pub(super) fn media_of(
        &mut self,
        track: &str,
        stream_sid: &str,
        timestamp_ms: u64,
        sound: &[u8],
    ) -> String {
        self.sequence += 1;
        self.chunk += 1;
        let (sequence, chunk) = (self.sequence, self.chunk);
        let payload = STANDARD.encode(sound);
        // Usually all numbers are texts; an application must not depend on it.
        let quote = if self.future { "" } else { "\"" };
        format!(
            r#"{{"event":"media","sequenceNumber":"{sequence}","streamSid":"{stream_sid}","media":{{"track":"{track}","chunk":{quote}{chunk}{quote},"timestamp":{quote}{timestamp_ms}{quote},"payload":"{payload}"}}}}"#
        )
    }

    pub(super) fn dtmf(&mut self, stream_sid: &str, digit: char) -> String {
        let sequence = self.next();
        let dtmf = json!({"track": "inbound_track", "digit": digit.to_string()});
        json!({"event": "dtmf", "sequenceNumber": sequence, "streamSid": stream_sid, "dtmf": dtmf})
            .to_string()
    }

    pub(super) fn mark(&mut self, stream_sid: &str, name: &str) -> String {
        let sequence = self.next();
        json!({"event": "mark", "sequenceNumber": sequence, "streamSid": stream_sid, "mark": {"name": name}})
            .to_string()
    }

    pub(super) fn stop(&mut self, ids: &Ids<'_>) -> String {
        let sequence = self.next();
        let stop = json!({"accountSid": ids.account, "callSid": ids.call});
        json!({"event": "stop", "sequenceNumber": sequence, "streamSid": ids.stream, "stop": stop})
            .to_string()
    }

    /// An event nobody knows yet.
    pub(super) fn unknown(&mut self, stream_sid: &str) -> String {
        let sequence = self.next();
        json!({"event": "eventOfTheFuture", "sequenceNumber": sequence, "streamSid": stream_sid, "value": [1, null]})
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_exactly_the_documented_messages() {
        let ok = |text: &str| parse(text, "MZ1", true);
        assert_eq!(
            ok(r#"{"event":"media","streamSid":"MZ1","media":{"payload":"/38A"}}"#),
            Ok(AppMessage::Media(vec![0xff, 0x7f, 0x00]))
        );
        assert_eq!(
            ok(r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"a"}}"#),
            Ok(AppMessage::Mark("a".to_owned()))
        );
        assert_eq!(
            ok(r#"{"event":"clear","streamSid":"MZ1"}"#),
            Ok(AppMessage::Clear)
        );
        for bad in [
            "nonsense",
            "[]",
            r#"{"event":"clear"}"#,
            r#"{"event":"clear","streamSid":"MZ2"}"#,
            r#"{"event":"clear","streamSid":"MZ1","extra":1}"#,
            r#"{"event":"dance","streamSid":"MZ1"}"#,
            r#"{"event":"media","streamSid":"MZ1","media":{"payload":"???"}}"#,
            r#"{"event":"media","streamSid":"MZ1","media":{"payload":"/38A","track":"outbound"}}"#,
            r#"{"event":"media","streamSid":"MZ1","sequenceNumber":"1","media":{"payload":"/38A"}}"#,
            r#"{"event":"mark","streamSid":"MZ1","mark":{"name":7}}"#,
        ] {
            assert!(ok(bad).is_err(), "{bad}");
        }
        let extra = r#"{"event":"clear","streamSid":"MZ1","extra":1}"#;
        assert_eq!(parse(extra, "MZ1", false), Ok(AppMessage::Clear));
    }

    #[test]
    fn writes_the_documented_shapes() {
        let ids = Ids {
            stream: "MZ1",
            call: "CA1",
            account: "AC1",
        };
        let mut writer = Writer::default();
        let value = |text: String| serde_json::from_str::<Value>(&text).unwrap();
        let parameters = [("bind".to_owned(), "k3".to_owned())].into();
        assert_eq!(
            value(writer.start(&ids, &["inbound"], &parameters)),
            json!({"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1","accountSid":"AC1",
                   "callSid":"CA1","tracks":["inbound"],"customParameters":{"bind":"k3"},
                   "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}})
        );
        assert_eq!(
            value(writer.media("MZ1", 66, &[0xff, 0x7f, 0x00])),
            json!({"event":"media","sequenceNumber":"2","streamSid":"MZ1",
                   "media":{"track":"inbound","chunk":"1","timestamp":"66","payload":"/38A"}})
        );
        assert_eq!(
            value(writer.dtmf("MZ1", '5')),
            json!({"event":"dtmf","sequenceNumber":"3","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"5"}})
        );
        assert_eq!(
            value(writer.mark("MZ1", "utt-7.end")),
            json!({"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"utt-7.end"}})
        );
        assert_eq!(
            value(writer.stop(&ids)),
            json!({"event":"stop","sequenceNumber":"5","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}})
        );
    }
}
