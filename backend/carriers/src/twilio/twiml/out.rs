//! Writes elements; text and values are escaped here and nowhere else.

use std::borrow::Cow;

use quick_xml::Writer;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::QName;

use super::BadTwiml;

/// A document that is being written.
pub(super) struct Out {
    writer: Writer<Vec<u8>>,
}

pub(super) type Attributes<'a> = [(&'static str, &'a str)];

impl Out {
    pub(super) fn begin() -> Result<Self, BadTwiml> {
        let mut out = Self {
            writer: Writer::new(Vec::with_capacity(1024)),
        };
        out.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        Ok(out)
    }

    pub(super) fn finish(self) -> Result<String, BadTwiml> {
        String::from_utf8(self.writer.into_inner()).map_err(|_| BadTwiml::NotWritten)
    }

    pub(super) fn open(&mut self, name: &'static str, attributes: &Attributes<'_>) -> Result<(), BadTwiml> {
        self.event(Event::Start(element(name, attributes)))
    }

    pub(super) fn empty(&mut self, name: &'static str, attributes: &Attributes<'_>) -> Result<(), BadTwiml> {
        self.event(Event::Empty(element(name, attributes)))
    }

    pub(super) fn close(&mut self, name: &'static str) -> Result<(), BadTwiml> {
        self.event(Event::End(BytesEnd::new(name)))
    }

    pub(super) fn with_text(
        &mut self,
        name: &'static str,
        attributes: &Attributes<'_>,
        text: &str,
    ) -> Result<(), BadTwiml> {
        self.open(name, attributes)?;
        self.event(Event::Text(BytesText::from_escaped(escape(text))))?;
        self.close(name)
    }

    fn event(&mut self, event: Event<'_>) -> Result<(), BadTwiml> {
        self.writer.write_event(event).map_err(|_| BadTwiml::NotWritten)
    }
}

fn element<'a>(name: &'static str, attributes: &Attributes<'_>) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (key, value) in attributes {
        start.push_attribute(Attribute {
            key: QName(key.as_bytes()),
            value: Cow::Owned(escape(value).into_bytes()),
        });
    }
    start
}

/// Makes text fit for element content and double-quoted values alike. Line ends and tabs are written as
/// references, which readers do not fold into blanks; characters that XML cannot hold at all are left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            other => out.push(other),
        }
    }
    out
}
