//! Secrets that a client holds and we do not: 256 random bits, kept as their SHA-256.

use domain::ports::Environment;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A freshly made secret, in its written form. `Debug` does not show it.
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// `prefix` and 64 hexadecimal digits.
    pub fn make(prefix: &str, env: &impl Environment) -> Self {
        let mut text = String::with_capacity(prefix.len() + 64);
        text.push_str(prefix);
        for _ in 0..2 {
            write!(text, "{:032x}", env.random()).expect("a String takes everything");
        }
        Self(text)
    }

    /// One that a client brought along.
    #[must_use]
    pub fn known(text: &str) -> Self {
        Self(text.to_owned())
    }

    #[must_use]
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn reveal(self) -> String {
        self.0
    }

    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }
}

/// What a secret is kept as. Looking a hash up compares nothing secret: no timing tells anything.
#[must_use]
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
