//! How each field of a request is written: its form, its entries, its bounds.

/// A text of one line.
pub(super) const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
/// The same with something to see in it.
pub(super) const WORDS: &str =
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";
/// A text of several lines.
pub(super) const LINES: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";
/// The same with something to see in it.
pub(super) const PARAGRAPHS: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";
/// A text of several lines that is spoken as it stands: without inline commands.
pub(super) const SPOKEN: &str = r"^(?:(?!\[\[)[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f])*$";
/// What somebody types, with something to see in it.
pub(super) const TYPED: &str = r"^[^\u0000]*[^\s\u0000][^\u0000]*$";
/// A text as it is kept: a value of a map, a file.
pub(super) const KEPT: &str = r"^[^\u0000]*$";
pub(super) const EMAIL: &str =
    r#"^[^\s<>",@\u0000-\u001f\u007f-\u009f]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$"#;
pub(super) const COUNTRY: &str = "^[A-Z]{2}$";
pub(super) const COUNTRY_OF_ANY_CASE: &str = "^[A-Za-z]{2}$";
pub(super) const AREA_CODE: &str = "^[0-9]{3}$";
pub(super) const LANGUAGE: &str = "^[A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?$";
pub(super) const TIME_ZONE: &str = "^[A-Za-z0-9/_+-]{1,64}$";
pub(super) const TIME: &str = "^(?:[01][0-9]|2[0-3]):[0-5][0-9]$";
pub(super) const TIME_OR_MIDNIGHT: &str = "^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$";
pub(super) const DIGITS: &str = "^[0-9*#w]{1,32}$";
pub(super) const PATH: &str = r"^/(?:[^/\\\s\u0000-\u001f\u007f-\u009f][^\\\s\u0000-\u001f\u007f-\u009f]*)?$";
pub(super) const VISIBLE: &str = "^[!-~]+$";
/// The same, with something between its quotes if it is quoted.
pub(super) const KEY: &str = r#"^(?!""$)[!-~]+$"#;
pub(super) const DOMAIN: &str =
    r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$";
pub(super) const NETWORK: &str = "^[0-9A-Fa-f:.]{2,45}/[0-9]{1,3}$";
pub(super) const WEB_ADDRESS: &str = r"^https?://[^\s\u0000-\u001f\u007f-\u009f?#]+$";

/// Texts by their schema and field, with the form that they have.
pub(super) const TEXTS: &[(&str, &str, &str)] = &[
    ("AcceptInvitationRequest", "name", WORDS),
    ("ActionRequest", "action_id", WORDS),
    ("ActionRequest", "answer", PARAGRAPHS),
    ("ActionRequest", "approval_id", LINE),
    ("ActionRequest", "brief", PARAGRAPHS),
    ("ActionRequest", "clarification_id", LINE),
    ("ActionRequest", "digits", DIGITS),
    ("ActionRequest", "guidance", PARAGRAPHS),
    ("ActionRequest", "note", PARAGRAPHS),
    ("ActionRequest", "say", PARAGRAPHS),
    ("ActionRequest", "text", PARAGRAPHS),
    ("ActionRequest", "to", PARAGRAPHS),
    ("AfterHoursRequest", "message", LINE),
    ("BuyNumberRequest", "area_code", AREA_CODE),
    ("BuyNumberRequest", "country", COUNTRY_OF_ANY_CASE),
    ("BuyNumberRequest", "label", LINE),
    ("CallingHours", "from", TIME),
    ("CallingHours", "to", TIME_OR_MIDNIGHT),
    ("ChatRequest", "text", TYPED),
    ("ConsentRequest", "source", WORDS),
    ("ContactPatchRequest", "name", LINE),
    ("CreateContactRequest", "name", LINE),
    ("CreateKeyRequest", "name", WORDS),
    ("CreatePersonalityRequest", "description", LINES),
    ("CreatePersonalityRequest", "greeting", SPOKEN),
    ("CreatePersonalityRequest", "language", LANGUAGE),
    ("CreatePersonalityRequest", "name", WORDS),
    ("CreatePersonalityRequest", "response_style", LINES),
    ("CreatePersonalityRequest", "system_prompt", PARAGRAPHS),
    ("CreatePersonalityRequest", "voice", WORDS),
    ("CreatePoolRequest", "name", WORDS),
    ("DoNotCallRequest", "reason", LINE),
    ("Exception", "label", LINE),
    ("ExchangeView", "agent", PARAGRAPHS),
    ("ExchangeView", "caller", PARAGRAPHS),
    ("ForgotPasswordRequest", "email", EMAIL),
    ("ImportNumberRequest", "label", LINE),
    ("ImportNumberRequest", "sid", "^PN[0-9A-Za-z]{32}$"),
    ("Interval", "from", TIME),
    ("Interval", "to", TIME_OR_MIDNIGHT),
    ("InviteRequest", "email", EMAIL),
    ("LinkRequest", "return_to", PATH),
    ("MachinePolicy", "digits", DIGITS),
    ("MachinePolicy", "text", PARAGRAPHS),
    ("NationalListRequest", "country", COUNTRY),
    ("NationalListRequest", "numbers", KEPT),
    ("NumberPatchRequest", "busy_message", LINE),
    ("NumberPatchRequest", "label", LINE),
    ("NumberPatchRequest", "not_premium_message", LINE),
    ("NumberPatchRequest", "unknown_caller_message", LINE),
    ("PatchPersonalityRequest", "description", LINES),
    ("PatchPersonalityRequest", "greeting", SPOKEN),
    ("PatchPersonalityRequest", "language", LANGUAGE),
    ("PatchPersonalityRequest", "name", WORDS),
    ("PatchPersonalityRequest", "response_style", LINES),
    ("PatchPersonalityRequest", "system_prompt", PARAGRAPHS),
    ("PatchPersonalityRequest", "voice", WORDS),
    ("PersonalityRecordingRequest", "announcement", SPOKEN),
    ("PlaceCallRequest", "opening_message", PARAGRAPHS),
    ("PolicyPatch", "daily_spend", r"^[0-9]+(?:\.[0-9]*)?$"),
    ("PolicyPatch", "home_country", COUNTRY),
    ("PolicyPatch", "opt_out_key", "^[0-9*#]?$"),
    ("PoolPatchRequest", "name", WORDS),
    ("PutProviderCredentialRequest", "api_key", VISIBLE),
    ("PutProviderCredentialRequest", "base_url", WEB_ADDRESS),
    ("PutSsoRequest", "client_id", WORDS),
    ("PutSsoRequest", "client_secret", WORDS),
    ("PutSsoRequest", "issuer", WEB_ADDRESS),
    ("RecordingPatchRequest", "notice", LINE),
    ("SignUpRequest", "company", WORDS),
    ("SignUpRequest", "email", EMAIL),
    ("SignUpRequest", "name", WORDS),
    ("SignUpRequest", "time_zone", TIME_ZONE),
    ("TransferTargetView", "alias", "^[a-z0-9_-]{1,32}$"),
];

/// Entries of lists, with the form that they have.
pub(super) const ENTRIES: &[(&str, &str, &str)] = &[
    ("CreateKeyRequest", "allowed_cidrs", NETWORK),
    ("CreatePersonalityRequest", "traits", WORDS),
    ("PatchPersonalityRequest", "traits", WORDS),
    ("PolicyPatch", "area_codes", AREA_CODE),
    ("PolicyPatch", "countries", COUNTRY),
    ("PolicyPatch", "denied_prefixes", r"^\+[0-9]{1,15}$"),
    ("PutSsoRequest", "domains", DOMAIN),
];

/// Lists in which nothing is twice.
pub(super) const SETS: &[(&str, &str)] = &[
    ("CreateKeyRequest", "allowed_cidrs"),
    ("CreateKeyRequest", "scopes"),
    ("CreatePoolRequest", "number_ids"),
    ("PoolPatchRequest", "number_ids"),
];

/// Maps of texts: how many entries, the longest name, the longest text.
pub(super) const MAPS: &[(&str, &str, u32, u32, u32)] = &[
    ("ConsentRequest", "evidence", 20, 40, 1_000),
    ("ContactPatchRequest", "attributes", 50, 40, 500),
    ("CreateContactRequest", "attributes", 50, 40, 500),
    ("PlaceCallRequest", "metadata", 50, 64, 500),
    ("PlaceCallRequest", "variables", 50, 64, 1_000),
];

/// Further bounds of a field.
pub(super) const BOUNDS: &[(&str, &str, &str, u32)] = &[
    ("Exception", "intervals", "maxItems", 8),
    ("PolicyPatch", "concurrent_calls", "maximum", 100_000),
    ("PolicyPatch", "daily_calls", "maximum", 100_000),
    ("PolicyPatch", "daily_calls_per_number", "maximum", 100_000),
    ("PolicyPatch", "daily_spend", "maxLength", 12),
    ("PolicyPatch", "max_call_minutes", "maximum", 240),
    ("PolicyPatch", "max_call_minutes", "minimum", 1),
    ("WebCallRequest", "version", "maximum", 2_147_483_647),
    ("Week", "fri", "maxItems", 8),
    ("Week", "mon", "maxItems", 8),
    ("Week", "sat", "maxItems", 8),
    ("Week", "sun", "maxItems", 8),
    ("Week", "thu", "maxItems", 8),
    ("Week", "tue", "maxItems", 8),
    ("Week", "wed", "maxItems", 8),
];
