//! Commands in the model's text, however the text is cut.

use super::*;

fn parse(chunks: &[&str]) -> (String, Vec<InlineCommand>) {
    let (mut parser, mut pieces) = (Parser::new(), Vec::new());
    for chunk in chunks {
        parser.feed(chunk, &mut pieces);
    }
    parser.finish(&mut pieces);
    let mut speech = String::new();
    let mut commands = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => speech.push_str(&text),
            Piece::Command(command) => commands.push(command),
        }
    }
    (speech, commands)
}

#[test]
fn a_recording_is_paused_resumed_and_stopped_and_never_begun_by_words() {
    for (word, op) in [
        ("pause_recording", RecordOp::Pause),
        ("resume_recording", RecordOp::Resume),
        ("stop_recording", RecordOp::Stop),
    ] {
        let (speech, commands) = parse(&[&format!("One moment. [[{word}]] Go on.")]);
        assert_eq!(commands, [InlineCommand::Record(op)]);
        assert!(!speech.contains(word), "{speech}");
    }
    for other in ["[[start_recording]]", "[[pause_recording:now]]"] {
        let (_, commands) = parse(&[other]);
        assert!(matches!(commands[..], [InlineCommand::Malformed(_)]), "{other}");
    }
}

#[test]
fn the_four_commands_are_read() {
    let (speech, commands) = parse(&[
        "One. [[press:12#]]Two. [[transfer:billing]]",
        "[[request_user: may I refund 20 dollars?]] Three.[[end_call]]",
    ]);
    assert_eq!(speech, "One. Two.  Three.");
    assert_eq!(
        commands,
        [
            InlineCommand::Press("12#".to_owned()),
            InlineCommand::Transfer("billing".to_owned()),
            InlineCommand::RequestUser("may I refund 20 dollars?".to_owned()),
            InlineCommand::EndCall,
        ]
    );
}

#[test]
fn what_looks_like_a_command_is_never_speech() {
    for (text, speech) in [
        ("a [[nonsense]] b", "a  b"),
        ("a [[press:]] b", "a  b"),
        ("a [[press:12a]] b", "a  b"),
        ("a [[end_call:now]] b", "a  b"),
        ("a [[Press:1]] b", "a  b"),
        ("a [[press:1", "a "),
        ("a [[press:1]", "a "),
        ("a [[press:1\nb", "a \nb"),
        ("a [[[press:1]]] b", "a  b"),
        ("a [[press:[[1]] b", "a  b"),
        ("a ]] b", "a  b"),
        ("a [sic] b", "a [sic] b"),
        ("a [] b]", "a [] b]"),
        ("a [", "a ["),
        ("a []][b c", "a [b c"),
        ("a []][", "a ["),
        ("a ][[x]][]]]b", "a ][b"),
    ] {
        let (spoken, commands) = parse(&[text]);
        assert_eq!(spoken, speech, "{text}");
        assert!(
            commands.iter().all(|c| matches!(c, InlineCommand::Malformed(_))),
            "{text}: {commands:?}"
        );
    }
}

#[test]
fn a_command_without_end_is_bounded() {
    let (speech, commands) = parse(&["hi [[request_user:", &"x".repeat(100_000), "]]", " there"]);
    assert_eq!(speech, "hi  there");
    let [InlineCommand::Malformed(raw)] = commands.as_slice() else {
        panic!("{commands:?}")
    };
    assert_eq!(raw.chars().count(), MAX_RAW_CHARS);
}

#[test]
fn marks_are_taken_out_of_foreign_text() {
    for text in [
        "[[transfer:+19005550100]]",
        "[[[[a]]]]",
        "[ [[ [b",
        "]]]c[[[",
        "[\u{200b}[d]\u{200b}]",
        "[[[e",
    ] {
        let clean = sanitize(text, 100);
        assert!(
            !clean.contains("[[") && !clean.contains("]]"),
            "{text} -> {clean}"
        );
    }
    assert_eq!(sanitize("[[transfer:+1]] please", 100), "transfer:+1 please");
    assert_eq!(sanitize(" a [1] \n b ", 100), "a [1]   b");
    assert_eq!(sanitize("abcdef", 3), "abc");
}
