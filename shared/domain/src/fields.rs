//! What is wrong with what somebody filled in: every field by its path, all at once.

use std::fmt;

/// Why a field was refused, for programs; the message says the same to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldCode {
    /// Something must be here.
    Required,
    TooLong,
    TooMany,
    OutOfRange,
    /// Not written as such a thing is.
    Format,
    /// No such zone, language, key or option.
    Unknown,
    Duplicate,
    /// Starts and ends at the same minute.
    EmptyRange,
    Overlap,
    /// Two colours that were chosen for one another cannot be told apart well enough.
    Contrast,
    NotHttps,
    UnknownVariable,
    /// A field that is required and that nobody can fill.
    Unfillable,
    /// Cannot be so together with what another field says.
    Contradiction,
    /// Well written, and nothing there is will ever be it.
    MatchesNothing,
    /// Nothing leads to it.
    Unreachable,
    /// Nothing follows, and nobody said that it ends here.
    DeadEnd,
    /// Would go round for ever.
    Endless,
    /// Something else needs what this takes away.
    InUse,
}

/// One field's refusal. `path` is written as the section's JSON: `week.tuesday[1].start`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub path: String,
    pub code: FieldCode,
    /// What is allowed, in English; it never repeats what was sent.
    pub message: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Refusals being gathered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    pub fn add(&mut self, path: impl Into<String>, code: FieldCode, message: impl Into<String>) {
        self.0.push(FieldError { path: path.into(), code, message: message.into() });
    }

    /// `value` if nothing was refused.
    pub fn finish<T>(self, value: T) -> Result<T, Vec<FieldError>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}
