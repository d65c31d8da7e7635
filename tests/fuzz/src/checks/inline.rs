//! Commands in the model's text.

use phony_conversation::core::inline::{InlineCommand, Parser, Piece, is_digits, sanitize};

/// The result does not depend on the cut of the text, no mark of a command is ever spoken, and what a command brings is
/// in its bounds. Text that was made fit has no marks and stays as it is.
pub fn inline(data: &[u8]) {
    let Some(text) = super::text(data) else { return };
    let whole = read(&[text]);
    assert_eq!(whole, read(&super::cut_text(text)));
    let mut spoken = 0;
    for piece in &whole {
        match piece {
            Piece::Text(words) => {
                assert!(!words.contains("[[") && !words.contains("]]"), "{words:?}");
                spoken += words.len();
            }
            Piece::Command(command) => is_in_bounds(command),
        }
    }
    assert!(spoken <= text.len());
    if !text.contains(['[', ']']) {
        assert_eq!(spoken, text.len(), "plain words are all spoken");
    }
    for max_chars in [0, 7, 300] {
        let fit = sanitize(text, max_chars);
        assert!(fit.chars().count() <= max_chars);
        assert!(
            !fit.contains("[[") && !fit.contains("]]") && !fit.contains(char::is_control),
            "{fit:?}"
        );
        assert_eq!(sanitize(&fit, max_chars), fit);
        assert!(read(&[&fit]).iter().all(|piece| matches!(piece, Piece::Text(_))));
    }
}

fn read(chunks: &[&str]) -> Vec<Piece> {
    let (mut parser, mut pieces) = (Parser::new(), Vec::new());
    for chunk in chunks {
        parser.feed(chunk, &mut pieces);
    }
    parser.finish(&mut pieces);
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(more)) => before.push_str(&more),
            (_, piece) => joined.push(piece),
        }
    }
    joined
}

fn is_in_bounds(command: &InlineCommand) {
    let argument = command.argument();
    assert!(!argument.contains(char::is_control));
    match command {
        InlineCommand::Press(digits) => assert!(is_digits(digits) && digits.len() <= 32),
        InlineCommand::Transfer(to) => assert!((1..=64).contains(&to.chars().count())),
        InlineCommand::RequestUser(question) => assert!((1..=300).contains(&question.chars().count())),
        InlineCommand::Malformed(raw) => assert!(raw.chars().count() <= 80),
        InlineCommand::EndCall | InlineCommand::Record(_) => assert_eq!(argument, ""),
    }
}
