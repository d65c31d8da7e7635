//! Documents we write for the carrier from texts that others bring in.

use phony_carriers::twilio::twiml::{
    ConversationRelay, Gather, MAX_DOCUMENT_BYTES, Prompt, Response, Stream,
};
use phony_carriers::twilio::voices;
use quick_xml::Reader;
use quick_xml::events::Event;

/// Whatever a text holds: the document is refused, or well-formed with exactly the elements that were asked for.
pub fn twiml(data: &[u8]) {
    let Some(text) = super::text(data) else { return };
    let pieces: [&[u8]; 3] = super::fields(data);
    let [words, url, name] = pieces.map(|piece| super::text(piece).unwrap_or_default());

    is_whole(
        &Response::new().say(words).say_as(text, name, url).hangup(),
        &["Say", "Say", "Hangup"],
    );
    let mut gather = Gather::new(url, name);
    gather.hints = vec![words.to_owned()];
    gather.partial_action = Some(url.to_owned());
    gather.speech_model = Some(text.to_owned());
    gather.finish_on_key = name.chars().next();
    gather.prompt = vec![
        Prompt::Say {
            text: words.to_owned(),
            voice: Some(name.to_owned()),
            language: Some(url.to_owned()),
        },
        Prompt::Play { url: url.to_owned() },
    ];
    is_whole(
        &Response::new().gather(gather).redirect(url),
        &["Gather", "Say", "Play", "Redirect"],
    );
    let socket = format!("wss://h.example/{url}");
    let stream = Stream::new(&*socket).parameter(name, words).status_callback(url);
    is_whole(
        &Response::new().connect_stream("/twilio/continue", stream),
        &["Connect", "Stream", "Parameter", "Redirect"],
    );
    let mut relay = ConversationRelay::new(socket, voices::relay_voice(name, url), voices::locale(url));
    relay.hints = Some(text.to_owned());
    is_whole(
        &Response::new().connect_relay("/twilio/continue", relay.parameter(name, words)),
        &["Connect", "ConversationRelay", "Parameter", "Redirect"],
    );
}

fn is_whole(document: &Response, expected: &[&str]) {
    let Ok(xml) = document.to_xml() else { return };
    assert!(xml.len() <= MAX_DOCUMENT_BYTES);
    let mut reader = Reader::from_str(&xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                for attribute in element.attributes() {
                    assert!(attribute.is_ok_and(|attribute| attribute.unescape_value().is_ok()));
                }
                found.push(String::from_utf8_lossy(element.name().as_ref()).into_owned());
            }
            Ok(Event::Eof) => break,
            Ok(Event::Comment(_) | Event::CData(_) | Event::PI(_) | Event::DocType(_)) => {
                unreachable!("{xml}")
            }
            Ok(_) => {}
            Err(error) => unreachable!("{error}: {xml}"),
        }
    }
    assert_eq!(found[0], "Response");
    assert_eq!(found[1..], *expected, "{xml}");
}
