//! The fields that a log line may have. What a field of another name holds is not written: who added it may not have
//! thought of what is in it, and neither have the authors of libraries.

/// Every field that is written. None of them holds a number, a person's address of mail, a name, words of a call or a secret.
/// Sorted.
pub const ALLOWED_FIELDS: &[&str] = &[
    "account",
    "action",
    "address",
    "again",
    "attempt",
    "call.id",
    "call.sid",
    "calls",
    "calls.count",
    "carrier.error",
    "carrier.sid",
    "code",
    "column",
    "delay_ms",
    "elapsed_ms",
    "ended.reason",
    "engine",
    "engine.from",
    "engine.to",
    "erasure.id",
    "error",
    "error.code",
    "event",
    "export.id",
    "files.count",
    "http.method",
    "http.route",
    "http.status",
    "instance",
    "key.id",
    "left",
    "limit",
    "lost.count",
    "machine.kind",
    "mail.id",
    "mail.template",
    "model.code",
    "model.error",
    "model.request_id",
    "model.status",
    "news",
    "number.id",
    "outbox.id",
    "outcome",
    "pending.count",
    "port",
    "provider",
    "public.url",
    "reason",
    "recording.id",
    "recording.op",
    "recording.sid",
    "refusal",
    "report",
    "request.id",
    "rows.count",
    "seq",
    "server",
    "session.id",
    "sessions",
    "size_bytes",
    "status",
    "stream.sid",
    "subject",
    "table",
    "tenant.id",
    "topic",
    "transfer.reason",
    "usage.sku",
    "user.id",
    "version",
    "waited_ms",
];

/// Stands where a field of another name had its value.
pub const HIDDEN: &str = "[hidden]";

/// Whether a field is written. The message is; it is text of the program's own.
pub(super) fn is_allowed(name: &str) -> bool {
    name == "message" || ALLOWED_FIELDS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(ALLOWED_FIELDS.is_sorted());
        assert!(ALLOWED_FIELDS.iter().all(|name| is_allowed(name)));
        assert!(is_allowed("message") && !is_allowed("phone") && !is_allowed(""));
    }
}
