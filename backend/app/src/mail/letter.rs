//! What a letter looks like: as plain text, and as plain HTML for programs that show it.

use std::fmt::Write as _;

/// A mail ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The subject line.
    pub subject: String,
    /// For programs that show text.
    pub text: String,
    /// For programs that show HTML; says the same.
    pub html: String,
}

/// The parts of a letter, as its words have them.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    pub(super) subject: String,
    /// Whom it greets; nobody when empty.
    pub(super) name: &'a str,
    pub(super) paragraphs: Vec<String>,
    /// What is to be done, and where.
    pub(super) action: Option<(&'static str, &'a str)>,
    /// Said after the action.
    pub(super) closing: &'static str,
}

/// One line: a subject cannot hold more.
fn line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

impl Draft<'_> {
    pub(super) fn finish(self) -> Letter {
        Letter {
            subject: line(&self.subject),
            text: self.text(),
            html: self.html(),
        }
    }

    fn text(&self) -> String {
        let mut text = match self.name {
            "" => "Hello,\n\n".to_owned(),
            name => format!("Hello {},\n\n", line(name)),
        };
        // Writing to a string does not fail.
        for paragraph in &self.paragraphs {
            let _ = write!(text, "{}\n\n", line(paragraph));
        }
        if let Some((label, link)) = self.action {
            let _ = write!(text, "{label}:\n{link}\n\n");
        }
        if !self.closing.is_empty() {
            let _ = write!(text, "{}\n\n", self.closing);
        }
        text.push_str("Phony\n");
        text
    }

    fn html(&self) -> String {
        let mut html = String::from(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <body style=\"font:16px/1.5 sans-serif;max-width:36em;margin:2em auto;padding:0 1em\">",
        );
        let _ = match self.name {
            "" => write!(html, "<p>Hello,</p>"),
            name => write!(html, "<p>Hello {},</p>", escaped(&line(name))),
        };
        for paragraph in &self.paragraphs {
            let _ = write!(html, "<p>{}</p>", escaped(&line(paragraph)));
        }
        if let Some((label, link)) = self.action {
            let link = escaped(link);
            let _ = write!(html, "<p><a href=\"{link}\">{label}</a></p><p>{link}</p>");
        }
        if !self.closing.is_empty() {
            let _ = write!(html, "<p>{}</p>", escaped(self.closing));
        }
        html.push_str("<p>Phony</p></body></html>");
        html
    }
}
