//! What a watcher reads of an event without reading it all: watchers share two cores with what they measure.

/// What is of interest in an event's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Glance<'a> {
    /// Of the wall, and not of one call.
    pub(super) wall: bool,
    /// The call.
    pub(super) call: &'a str,
    /// Where the events after it begin.
    pub(super) cursor: &'a str,
    /// When it happened, in milliseconds since 1970.
    pub(super) at_ms: i64,
    /// Its name.
    pub(super) event: &'a str,
    /// The line that it is about, if any.
    pub(super) item: Option<&'a str>,
}

/// Looks at a frame; none is no event.
pub(super) fn glance(frame: &str) -> Option<Glance<'_>> {
    let rest = frame.strip_prefix(r#"{"op":"event","topic":""#)?;
    let (topic, rest) = rest.split_once('"')?;
    let (call, rest) = text(rest, r#""id":""#)?;
    let (cursor, rest) = text(rest, r#""cursor":""#)?;
    let (at, rest) = text(rest, r#""at":""#)?;
    let (event, rest) = text(rest, r#""event":""#)?;
    Some(Glance {
        wall: topic == "calls",
        call,
        cursor,
        at_ms: milliseconds(at)?,
        event,
        item: rest
            .strip_prefix(r#","data":{"item_id":""#)
            .and_then(|rest| Some(rest.split_once('"')?.0)),
    })
}

/// The text behind `name`, and what follows it.
fn text<'a>(frame: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    frame.split_once(name)?.1.split_once('"')
}

/// Milliseconds since 1970 of a time in UTC, as `2026-11-22T00:12:07.123Z`; a whole second has no fraction.
fn milliseconds(at: &str) -> Option<i64> {
    let part = |from: usize, to: usize| at.get(from..to)?.parse::<i64>().ok();
    let fraction: i64 = match at.get(19..20)? {
        "." => at
            .get(20..)?
            .strip_suffix('Z')
            .filter(|text| text.len() == 3)?
            .parse()
            .ok()?,
        _ => 0,
    };
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    // Days since 1970 in the Gregorian calendar, with years that begin in March.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
    let seconds = days * 86_400 + part(11, 13)? * 3_600 + part(14, 16)? * 60 + part(17, 19)?;
    Some(seconds * 1_000 + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_seen() {
        let frame = r#"{"op":"event","topic":"calls","id":"call_1","call_sid":"CA1","cursor":"17-0","seq":12,"at":"2026-11-22T00:12:07.123Z","offset_ms":5,"event":"speech.final","data":{"item_id":"item_1","speaker":"caller","text":"said \"at\":\"x"}}"#;
        let seen = glance(frame).unwrap();
        assert_eq!((seen.wall, seen.call, seen.cursor), (true, "call_1", "17-0"));
        assert_eq!((seen.event, seen.item), ("speech.final", Some("item_1")));
        assert_eq!(seen.at_ms, 1_795_306_327_123);
        let state = r#"{"op":"event","topic":"call","id":"call_1","call_sid":"CA1","cursor":"17-0","seq":12,"at":"2026-11-22T00:12:07Z","offset_ms":5,"event":"conversation.state","data":{"state":"listening"}}"#;
        let seen = glance(state).unwrap();
        assert_eq!(
            (seen.wall, seen.item, seen.at_ms),
            (false, None, 1_795_306_327_000)
        );
        assert_eq!(glance(r#"{"op":"snapshot","topic":"calls"}"#), None);
    }

    #[test]
    fn days_are_counted() {
        assert_eq!(milliseconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(milliseconds("2024-02-29T23:59:59.999Z"), Some(1_709_251_199_999));
        assert_eq!(milliseconds("today"), None);
    }
}
