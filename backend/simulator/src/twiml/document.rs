//! Reads a TwiML document into elements. What the verbs mean lives in `verbs`.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The largest document the carrier reads.
const MAX_BYTES: usize = 64 * 1024;

/// Verbs of `<Response>` and the nouns inside them that this carrier knows.
const KNOWN: &[&str] = &[
    "Say", "Play", "Pause", "Gather", "Dial", "Redirect", "Hangup", "Reject", "Connect", "Start", "Stop",
    "Record",
];

/// One XML element with its text put together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        match self.attribute(name) {
            Some(value) => value.eq_ignore_ascii_case("true"),
            None => default,
        }
    }

    pub(crate) fn number(&self, name: &str, default: u64) -> u64 {
        self.attribute(name)
            .and_then(|value| value.trim().parse().ok())
            .unwrap_or(default)
    }

    /// The words of the element and of the SSML inside it.
    pub(crate) fn spoken(&self) -> String {
        self.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Why a document was refused, with the carrier's error code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadDocument {
    pub(crate) code: u32,
    pub(crate) message: String,
}

fn bad(code: u32, message: impl Into<String>) -> BadDocument {
    BadDocument {
        code,
        message: message.into(),
    }
}

/// Parses a document and returns the verbs of its `<Response>`.
pub(crate) fn parse(xml: &str) -> Result<Vec<Element>, BadDocument> {
    if xml.len() > MAX_BYTES {
        return Err(bad(11750, "TwiML response body too large"));
    }
    if xml.trim().is_empty() {
        return Err(bad(11770, "empty response body"));
    }
    let root = read(xml)?;
    if root.name != "Response" {
        return Err(bad(
            12100,
            format!("document root is {}, not Response", root.name),
        ));
    }
    if let Some(unknown) = root
        .children
        .iter()
        .find(|verb| !KNOWN.contains(&verb.name.as_str()))
    {
        return Err(bad(12200, format!("unknown verb {}", unknown.name)));
    }
    Ok(root.children)
}

fn read(xml: &str) -> Result<Element, BadDocument> {
    let mut reader = Reader::from_str(xml);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader
            .read_event()
            .map_err(|e| bad(12100, format!("document parse failure: {e}")))?;
        match event {
            Event::Start(start) => open.push(element(&start)?),
            Event::Empty(start) => close(element(&start)?, &mut open, &mut root)?,
            Event::End(_) => {
                if let Some(done) = open.pop() {
                    close(done, &mut open, &mut root)?;
                }
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|e| bad(12100, e.to_string()))?;
                append(&mut open, &text);
            }
            Event::CData(data) => {
                let text = data.decode().map_err(|e| bad(12100, e.to_string()))?;
                append(&mut open, &text);
            }
            Event::GeneralRef(entity) => append(&mut open, &resolve(&entity)?),
            Event::DocType(_) => return Err(bad(12100, "document type declarations are not allowed")),
            Event::Eof => break,
            _ => {}
        }
    }
    if !open.is_empty() {
        return Err(bad(12100, "document ends inside an element"));
    }
    root.ok_or_else(|| bad(12100, "document has no element"))
}

fn element(start: &BytesStart<'_>) -> Result<Element, BadDocument> {
    let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| bad(12100, format!("bad attribute: {e}")))?;
        let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        let value = attribute
            .unescape_value()
            .map_err(|e| bad(12100, format!("bad attribute: {e}")))?;
        attributes.push((key, value.into_owned()));
    }
    Ok(Element {
        name,
        attributes,
        ..Element::default()
    })
}

fn close(done: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), BadDocument> {
    match open.last_mut() {
        Some(parent) => {
            // SSML inside <Say> is heard as its words.
            if parent.name == "Say" {
                parent.text.push_str(&done.text);
            }
            parent.children.push(done);
            Ok(())
        }
        None if root.is_none() => {
            *root = Some(done);
            Ok(())
        }
        None => Err(bad(12100, "document has two roots")),
    }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn resolve(entity: &quick_xml::events::BytesRef<'_>) -> Result<String, BadDocument> {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return Ok(character.to_string());
    }
    let name = entity.decode().map_err(|e| bad(12100, e.to_string()))?;
    quick_xml::escape::resolve_xml_entity(&name)
        .map(str::to_owned)
        .ok_or_else(|| bad(12100, format!("unknown entity {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_nested_verbs_and_entities() {
        let verbs = parse(
            r#"<?xml version="1.0"?><Response><Connect action="https://a.example/x?b=1&amp;c=2">
            <ConversationRelay url="wss://a.example/ws"><Parameter name="token" value="a&quot;b"/></ConversationRelay>
            </Connect><Say>Tom &amp; <emphasis>Ann</emphasis> &#33;</Say></Response>"#,
        )
        .unwrap();
        assert_eq!(verbs[0].attribute("action"), Some("https://a.example/x?b=1&c=2"));
        assert_eq!(verbs[0].children[0].children[0].attribute("value"), Some("a\"b"));
        assert_eq!(verbs[1].spoken(), "Tom & Ann !");
    }

    #[test]
    fn refuses_what_the_carrier_refuses() {
        assert_eq!(parse("").unwrap_err().code, 11770);
        assert_eq!(parse("hello").unwrap_err().code, 12100);
        assert_eq!(parse("<Response><Say>").unwrap_err().code, 12100);
        assert_eq!(parse("<response/>").unwrap_err().code, 12100);
        assert_eq!(parse("<Response><Dance/></Response>").unwrap_err().code, 12200);
        assert_eq!(parse("<!DOCTYPE x><Response/>").unwrap_err().code, 12100);
        assert_eq!(
            parse(&format!("<Response><Say>{}</Say></Response>", "a".repeat(70_000)))
                .unwrap_err()
                .code,
            11750
        );
        assert_eq!(parse("<Response/>").unwrap(), vec![]);
    }
}
