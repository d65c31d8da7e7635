//! What a log line may hold: a list of fields, and nothing that names or quotes anybody. Others are hidden at run
//! time; here is seen to it that none of ours is.

use std::collections::BTreeSet;
use std::path::Path;

use phony_server::telemetry::ALLOWED_FIELDS;

const MACROS: [&str; 9] = [
    "trace!(",
    "debug!(",
    "info!(",
    "warn!(",
    "error!(",
    "info_span!(",
    "debug_span!(",
    "warn_span!(",
    "error_span!(",
];

/// The arguments of a macro up to its message.
fn arguments(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut depth, mut quoted, mut escaped) =
        (Vec::new(), String::new(), 0, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part).trim().to_owned());
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part.trim().to_owned());
    parts
}

/// The fields of every log line in a source.
fn fields(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in source.match_indices("tracing::") {
        let rest = &source[at + "tracing::".len()..];
        let Some(name) = MACROS.iter().find(|name| rest.starts_with(*name)) else {
            continue;
        };
        for argument in arguments(&rest[name.len()..]) {
            if argument.starts_with('"') || argument.is_empty() {
                break;
            }
            if argument.starts_with("target:") || argument.starts_with("parent:") {
                continue;
            }
            let field = argument
                .split('=')
                .next()
                .unwrap_or_default()
                .trim()
                .trim_start_matches(['%', '?']);
            found.push(field.to_owned());
        }
    }
    found
}

#[test]
fn log_lines_hold_only_fields_of_the_list() {
    let backend = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../backend");
    let mut folders = vec![backend];
    let (mut lines, mut strange) = (0, BTreeSet::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("simulator") && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("tests.rs")
            {
                let source = std::fs::read_to_string(&path).unwrap();
                for field in fields(&source) {
                    lines += 1;
                    if !ALLOWED_FIELDS.contains(&field.as_str()) {
                        strange.insert(format!("{field} in {}", path.display()));
                    }
                }
            }
        }
    }
    assert!(lines > 200, "{lines} fields");
    assert!(strange.is_empty(), "not on the list: {strange:#?}");
}

#[test]
fn fields_are_found_however_they_are_written() {
    let source = r#"tracing::warn!(tenant.id = %tenant, error = ?error, elapsed_ms, phone = format!("{a}, {b}"), ?report, "{x}, y = {z}");"#;
    assert_eq!(
        fields(source),
        ["tenant.id", "error", "elapsed_ms", "phone", "report"]
    );
}
