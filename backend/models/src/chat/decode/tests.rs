//! Streams of chat models: recorded ones, cut ones, and broken ones.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A recorded reply: a comment, an empty first delta, words with letters of several bytes, thoughts, a tool
/// call that is not spoken, the reason, the figures, the last word.
const RECORDED: &str = concat!(
    ": connected\r\n\r\n",
    "data: {\"id\":\"chatcmpl-P1\",\"object\":\"chat.completion.chunk\",\"created\":1795226400,\"model\":\"gpt-6-luna\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"x9\"}\r\n\r\n",
    "data: {\"id\":\"chatcmpl-P1\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"They want Tuesday.\",\"reasoning\":\"hm\",\"content\":null}}]}\r\n\r\n",
    "data: {\"id\":\"chatcmpl-P1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"<thi\"}}]}\r\n\r\n",
    "data: {\"id\":\"chatcmpl-P1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"nk>secret</think>Sí, \"}}]}\n\n",
    "data:{\"id\":\"chatcmpl-P1\",\"choices\":[{\"delta\":{\"content\":\"注文 🙂 at ten.\"}}]}\n\n",
    "event: message\ndata: {\"id\":\"chatcmpl-P1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"function\":{\"name\":\"book_slot\",\"arguments\":{\"day\":1}}}]}}]}\n\n",
    "data: {\"id\":\"chatcmpl-P1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n",
    "data: {\"id\":\"chatcmpl-P1\",\"choices\":[],\"usage\":{\"prompt_tokens\":310,\"completion_tokens\":18,\"total_tokens\":328,\"prompt_tokens_details\":{\"cached_tokens\":256}}}\n\n",
    "data: [DONE]\n\n",
    "data: {\"id\":\"late\"}\n\n",
);

type Decoded = (Vec<ChatEvent>, Option<ChatErrorKind>);

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, clean: bool) -> Decoded {
    let (mut decoder, mut events) = (Decoder::new(), Vec::new());
    for piece in pieces {
        if let Err(error) = decoder.push(piece, &mut events) {
            return (events, Some(error.kind));
        }
    }
    let error = decoder.finish(clean, &mut events).err();
    (events, error.map(|error| error.kind))
}

fn whole(text: &str) -> Decoded {
    decode([text.as_bytes()], true)
}

fn started(id: Option<&str>, model: Option<&str>) -> ChatEvent {
    ChatEvent::Started(Started {
        response_id: id.map(str::to_owned),
        model: model.map(str::to_owned),
        ..Started::default()
    })
}

fn token(text: &str) -> ChatEvent {
    ChatEvent::Token(text.to_owned())
}

fn finished(reason: FinishReason, usage: Option<TokenUsage>) -> ChatEvent {
    ChatEvent::Finished(Finished { reason, usage })
}

fn chunk(content: &str) -> String {
    format!(
        "data: {}\n\n",
        json!({"id": "c1", "choices": [{"index": 0, "delta": {"content": content}}]})
    )
}

const STOP: &str = "data: {\"id\":\"c1\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

#[test]
fn a_recorded_reply_is_read() {
    let usage = TokenUsage {
        input: 310,
        cached_input: 256,
        output: 18,
    };
    assert_eq!(
        whole(RECORDED),
        (
            vec![
                started(Some("chatcmpl-P1"), Some("gpt-6-luna")),
                token("Sí, "),
                token("注文 🙂 at ten."),
                finished(FinishReason::Stop, Some(usage)),
            ],
            None
        )
    );
}

#[test]
fn a_missing_last_word_or_missing_figures_are_no_error() {
    let text = format!("{}{STOP}", chunk("Hi"));
    let complete = vec![
        started(Some("c1"), None),
        token("Hi"),
        finished(FinishReason::Stop, None),
    ];
    assert_eq!(whole(&text), (complete.clone(), None));
    assert_eq!(
        decode([text.as_bytes()], false),
        (complete.clone(), None),
        "cut after the reason"
    );
    assert_eq!(
        whole(text.trim_end()),
        (complete, None),
        "without the last line end"
    );
    let done = format!("{}data: [DONE]", chunk("Hi"));
    let unsaid = finished(FinishReason::Other(String::new()), None);
    assert_eq!(
        whole(&done),
        (vec![started(Some("c1"), None), token("Hi"), unsaid], None)
    );
}

#[test]
fn a_reply_that_breaks_off_is_an_error_and_its_words_stand() {
    let words = vec![started(Some("c1"), None), token("Hi")];
    let broken = (words, Some(ChatErrorKind::Disconnected));
    assert_eq!(whole(&chunk("Hi")), broken);
    assert_eq!(
        whole(&format!("{}data: {{\"id\":\"c1\",\"cho", chunk("Hi"))),
        broken
    );
    assert_eq!(whole(""), (vec![], Some(ChatErrorKind::Disconnected)));
}

#[test]
fn an_error_in_the_stream_ends_it() {
    let text = format!(
        "{}data: {{\"error\":{{\"message\":\"m\",\"code\":\"rate_limit_exceeded\"}}}}\n\n",
        chunk("Hi")
    );
    assert_eq!(
        whole(&text),
        (
            vec![started(Some("c1"), None), token("Hi")],
            Some(ChatErrorKind::RateLimited)
        )
    );
    let harmless = format!("data: {{\"id\":\"c1\",\"error\":null,\"choices\":[]}}\n\n{STOP}");
    assert_eq!(whole(&harmless).1, None);
    assert_eq!(whole("data: {nonsense\n\n").1, Some(ChatErrorKind::Protocol));
}

#[test]
fn other_servers_ways_are_taken() {
    // A filter chunk without id or choices first; the id comes later.
    let azure = format!(
        "data: {{\"id\":\"\",\"choices\":[],\"prompt_filter_results\":[]}}\n\n{}{STOP}",
        chunk("Hi")
    );
    assert_eq!(whole(&azure).0[0], started(Some("c1"), None));
    // Figures with every chunk: the last ones count.
    let running = format!(
        "data: {{\"id\":\"c1\",\"choices\":[],\"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":1}}}}\n\n{STOP}\
data: {{\"id\":\"c1\",\"choices\":[],\"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":4}}}}\n\n"
    );
    let usage = TokenUsage {
        input: 9,
        cached_input: 0,
        output: 4,
    };
    assert_eq!(whole(&running).0[1], finished(FinishReason::Stop, Some(usage)));
    // A second choice is not spoken, a refusal is.
    let other = format!(
        "data: {{\"choices\":[{{\"index\":1,\"delta\":{{\"content\":\"no\"}}}},{{\"index\":0,\"delta\":{{\"refusal\":\"I cannot.\"}}}}]}}\n\n{STOP}"
    );
    assert_eq!(whole(&other).0[1], token("I cannot."));
    // More cached tokens than there are is a fault of the server, not a negative price.
    assert_eq!(
        read_usage(&json!({"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 50}})).cached_input,
        5
    );
}

#[test]
fn what_only_looked_like_a_thought_is_spoken_at_the_end() {
    let text = format!("{}{STOP}data: [DONE]\n\n", chunk("a <thi"));
    assert_eq!(whole(&text).0[1..3], [token("a "), token("<thi")]);
}

#[test]
fn published_samples_are_read_without_error() {
    let samples = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/specs/samples/openai_chat.samples.json"
    ));
    let samples: Value = serde_json::from_str(&samples.unwrap()).unwrap();
    let mut read = 0;
    for sample in samples["valid"].as_array().unwrap() {
        if sample["direction"] != "CreateChatCompletionStreamResponse" {
            continue;
        }
        let (_, error) = whole(&format!("data: {}\n\ndata: [DONE]\n\n", sample["event"]));
        assert_eq!(error, None, "{sample}");
        read += 1;
    }
    assert!(read >= 4, "only {read} samples");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_cut_of_the_bytes_does_not_matter(cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40)) {
        let bytes = RECORDED.as_bytes();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        let pieces = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
        prop_assert_eq!(decode(pieces, true), whole(RECORDED));
    }

    #[test]
    fn a_reply_cut_anywhere_says_no_more_than_the_whole(length in any::<prop::sample::Index>()) {
        let bytes = &RECORDED.as_bytes()[..length.index(RECORDED.len())];
        let (events, error) = decode([bytes], true);
        let words = |events: &[ChatEvent]| -> String {
            events.iter().filter_map(|event| match event { ChatEvent::Token(text) => Some(text.as_str()), _ => None }).collect()
        };
        prop_assert!(words(&whole(RECORDED).0).starts_with(&words(&events)));
        prop_assert!(error.is_some() || matches!(events.last(), Some(ChatEvent::Finished(_))));
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode([b"data: ".as_slice(), &bytes, b"\n\n"], true);
    }
}
