//! One error type for the layers above the domain.
//!
//! It has a kind (what a program branches on), a stable code, a text that a stranger may read, and a
//! private cause that is logged where the error is handled and never sent.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

/// Result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of failure it is; the HTTP layer turns it into a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The input has faults that its sender can mend (422).
    Invalid,
    /// The input could not be read at all (400).
    Malformed,
    /// Nobody is signed in, or the credential is not good (401).
    Unauthenticated,
    /// Known, but may not (403).
    Forbidden,
    /// Not there, or another tenant's (404).
    NotFound,
    /// Clashes with what is there (409).
    Conflict,
    /// Changed since it was read (412).
    PreconditionFailed,
    /// Too large (413).
    TooLarge,
    /// Not in a form that we read (415).
    UnsupportedMedia,
    /// Asked too often or too many at once (429).
    RateLimited,
    /// Money has run out (402).
    PaymentRequired,
    /// Another party failed us (502).
    Upstream,
    /// We cannot serve it just now (503).
    Unavailable,
    /// A fault of ours (500).
    Internal,
}

/// One fault of one field of an input.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// Path of the field, `numbers[0].e164`.
    pub param: String,
    /// Stable code of the fault, `too_long`.
    pub code: Cow<'static, str>,
    /// What is wrong, in words for the sender.
    pub detail: String,
}

/// A failure with a public face and a private cause.
pub struct Error {
    kind: Kind,
    code: &'static str,
    public: Cow<'static, str>,
    fields: Vec<FieldError>,
    retry_after_seconds: Option<u32>,
    upstream: Option<String>,
    cause: Option<anyhow::Error>,
    at: &'static Location<'static>,
}

impl Error {
    /// An error of `kind` with its stable `code` and public text.
    #[track_caller]
    #[must_use]
    pub fn new(kind: Kind, code: &'static str, public: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            code,
            public: public.into(),
            fields: Vec::new(),
            retry_after_seconds: None,
            upstream: None,
            cause: None,
            at: Location::caller(),
        }
    }

    /// Not there, or another tenant's: the two are told apart nowhere.
    #[track_caller]
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound, "not_found", "there is no such object")
    }

    /// Known, but may not.
    #[track_caller]
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(
            Kind::Forbidden,
            "forbidden",
            "your role or key does not allow this",
        )
    }

    /// The credential is missing or not good.
    #[track_caller]
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(
            Kind::Unauthenticated,
            "unauthenticated",
            "sign in or send a valid API key",
        )
    }

    /// A fault of ours, with the cause for the log.
    #[track_caller]
    #[must_use]
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(Kind::Internal, "internal", "something went wrong on our side").caused_by(cause)
    }

    /// A part we need does not answer just now.
    #[track_caller]
    #[must_use]
    pub fn unavailable(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(Kind::Unavailable, "unavailable", "try again shortly")
            .retry_after(1)
            .caused_by(cause)
    }

    /// All faults of an input at once.
    #[track_caller]
    #[must_use]
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(
            Kind::Invalid,
            "validation_failed",
            "some fields are not acceptable",
        );
        error.fields = fields;
        error
    }

    /// One fault of one field.
    #[track_caller]
    #[must_use]
    pub fn invalid_field(
        param: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self::invalid(vec![FieldError {
            param: param.into(),
            code: code.into(),
            detail: detail.into(),
        }])
    }

    /// Adds the private cause.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Says when a repeat makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Names what another party answered, in words fit for the tenant.
    #[must_use]
    pub fn with_upstream(mut self, upstream: impl Into<String>) -> Self {
        self.upstream = Some(upstream.into());
        self
    }

    /// What sort of failure.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Text a stranger may read.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public
    }

    /// Faults of the input, if that is what failed.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// Seconds after which a repeat makes sense.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.retry_after_seconds
    }

    /// What another party answered.
    #[must_use]
    pub fn upstream(&self) -> Option<&str> {
        self.upstream.as_deref()
    }

    /// Private cause, for the log only.
    #[must_use]
    pub fn cause(&self) -> Option<&anyhow::Error> {
        self.cause.as_ref()
    }

    /// Where in our code it arose, for the log only.
    #[must_use]
    pub fn at(&self) -> &'static Location<'static> {
        self.at
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(self.kind, Kind::RateLimited | Kind::Upstream | Kind::Unavailable)
            || self.retry_after_seconds.is_some()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({:?}) at {}: {}",
            self.code, self.kind, self.at, self.public
        )?;
        for field in &self.fields {
            write!(f, "; {}: {}", field.param, field.detail)?;
        }
        if let Some(cause) = &self.cause {
            write!(f, "; caused by {cause:#}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.public)
    }
}

impl std::error::Error for Error {}

/// Collects the faults of an input so that all of them are told at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// No faults yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes one fault.
    pub fn add(
        &mut self,
        param: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) {
        self.0.push(FieldError {
            param: param.into(),
            code: code.into(),
            detail: detail.into(),
        });
    }

    /// Notes a fault unless `good`.
    pub fn require(&mut self, good: bool, param: &str, code: &'static str, detail: &str) {
        if !good {
            self.add(param, code, detail);
        }
    }

    /// Notes a fault unless `text` has `min` to `max` characters after trimming.
    pub fn length(&mut self, param: &str, text: &str, min: usize, max: usize) {
        let count = text.trim().chars().count();
        if count < min && count == 0 {
            self.add(param, "required", "must not be empty");
        } else if count < min {
            self.add(param, "too_short", format!("must have at least {min} characters"));
        } else if text.chars().count() > max {
            self.add(param, "too_long", format!("must have at most {max} characters"));
        }
    }

    /// Notes a fault unless `text` is one line of `min` to `max` characters.
    pub fn line(&mut self, param: &str, text: &str, min: usize, max: usize) {
        self.length(param, text, min, max);
        self.one_line(param, text);
    }

    /// Notes a fault unless `text` is one line.
    pub fn one_line(&mut self, param: &str, text: &str) {
        self.require(
            !text.contains(char::is_control),
            param,
            "control_character",
            "must be one line of plain text",
        );
    }

    /// Notes a fault unless `text`, which may have several lines, is plain and has `min` to `max` characters.
    pub fn text(&mut self, param: &str, text: &str, min: usize, max: usize) {
        self.length(param, text, min, max);
        self.plain_text(param, text);
    }

    /// Notes a fault unless `text` is plain; it may have several lines.
    pub fn plain_text(&mut self, param: &str, text: &str) {
        let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        self.require(
            !text.contains(odd),
            param,
            "control_character",
            "must be plain text",
        );
    }

    /// Fails with all faults, or goes on.
    #[track_caller]
    pub fn finish(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid(self.0))
        }
    }
}
