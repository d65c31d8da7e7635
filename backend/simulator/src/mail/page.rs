//! The mailbox as a page.

use std::fmt::Write as _;

use super::Mail;

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta http-equiv=\"refresh\" content=\"5\"><title>Mails</title>\
    <style>body{font:16px/1.5 sans-serif;max-width:48em;margin:2em auto;padding:0 1em}\
    article{border-top:1px solid #999;padding:1em 0}h2{font-size:1em;margin:0}\
    p{margin:.2em 0;color:#555}pre{white-space:pre-wrap;font:inherit}</style>\
    <h1>Mails</h1><p>Nothing here was delivered to anybody. Newest first.</p>";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Writes the page; what is in a mail is text and links, nothing of its markup.
pub(super) fn write(mails: &[Mail]) -> String {
    let mut page = HEAD.to_owned();
    if mails.is_empty() {
        page.push_str("<article>None so far.</article>");
    }
    // Writing to a string does not fail.
    for mail in mails {
        let mut text = escaped(&mail.text);
        for link in &mail.links {
            let link = escaped(link);
            text = text.replace(&link, &format!("<a href=\"{link}\">{link}</a>"));
        }
        let _ = write!(
            page,
            "<article><h2>{}</h2><p>to {} at {}</p><pre>{text}</pre></article>",
            escaped(&mail.subject),
            escaped(&mail.to.join(", ")),
            mail.received_at.format("%H:%M:%S"),
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_cannot_write_on_the_page() {
        let mail = Mail {
            id: String::new(),
            received_at: chrono::Utc::now(),
            from: String::new(),
            to: vec!["<b>@example.com".to_owned()],
            subject: "<script>alert(1)</script>".to_owned(),
            text: "https://phony.example/?a=1&b=\"2\" <img src=x>".to_owned(),
            html: String::new(),
            links: vec!["https://phony.example/?a=1&b=\"2\"".to_owned()],
        };
        let page = write(&[mail]);
        assert!(
            !page.contains("<script") && !page.contains("<img") && !page.contains("<b>"),
            "{page}"
        );
        assert!(
            page.contains("<a href=\"https://phony.example/?a=1&amp;b=&quot;2&quot;\">"),
            "{page}"
        );
    }
}
