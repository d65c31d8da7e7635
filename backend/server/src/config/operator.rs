//! What only the operator of the installation uses: the database for looking, and who may read figures.

use secrecy::SecretString;

use super::Reader;

/// A token shorter than this can be guessed.
const TOKEN_CHARS: usize = 16;

/// The database as `phony_readonly`.
pub(super) fn database_readonly_url(reader: &Reader<'_>) -> Option<SecretString> {
    reader
        .get("DATABASE_READONLY_URL")
        .map(|url| url.to_owned().into())
}

/// Who may read figures; without it, whoever asks from this machine itself.
pub(super) fn metrics_token(reader: &mut Reader<'_>) -> Option<SecretString> {
    let token = reader.get("METRICS_TOKEN")?.to_owned();
    if token.len() < TOKEN_CHARS || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        reader
            .faults
            .push("METRICS_TOKEN must have at least 16 visible characters".to_owned());
    }
    Some(token.into())
}
