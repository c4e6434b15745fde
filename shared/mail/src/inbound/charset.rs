//! From bytes to text, when what a mail says of its charset is right, wrong or missing.

use super::{Flag, Flags};
use mail_parser::decoders::charsets::map::charset_decoder;

/// At most `limit` bytes of text, cut at a character.
pub(super) fn text(bytes: &[u8], declared: Option<&str>, limit: usize, flags: &mut Flags) -> String {
    // No charset takes more than four bytes for a character that takes one in UTF-8.
    let bytes = &bytes[..bytes.len().min(limit.saturating_mul(4))];
    let mut text = decode(bytes, declared.unwrap_or_default(), flags);
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit));
        flags.raise(Flag::TextCut);
    }
    // Ours, for marks within rendered HTML; a mail has no business with them. NULs and their like show as nothing.
    text.retain(|c| {
        !('\u{E000}'..='\u{E00F}').contains(&c) && (!c.is_control() || matches!(c, '\n' | '\r' | '\t'))
    });
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

fn decode(bytes: &[u8], declared: &str, flags: &mut Flags) -> String {
    let declared = declared.trim().to_ascii_lowercase();
    let is_utf_8 =
        matches!(declared.as_str(), "" | "utf-8" | "utf8" | "us-ascii" | "ascii" | "unicode-1-1-utf-8");
    let stateful = declared.starts_with("iso-2022")
        || declared.starts_with("utf-7")
        || declared.starts_with("utf-16")
        || declared.starts_with("hz");
    if !stateful && let Ok(text) = std::str::from_utf8(bytes) {
        // Bytes beyond ASCII are UTF-8 by chance about never: whoever says Latin and writes UTF-8 is mistaken.
        flags.raise_if(
            Flag::WrongCharset,
            !is_utf_8 && !text.is_ascii() && charset_decoder(declared.as_bytes()).is_some(),
        );
        return text.strip_prefix('\u{FEFF}').unwrap_or(text).to_owned();
    }
    if !is_utf_8 && let Some(decoder) = charset_decoder(declared.as_bytes()) {
        return decoder(bytes);
    }
    // A name that nobody knows, or UTF-8 that is none: mostly Windows' Latin.
    flags.raise(Flag::WrongCharset);
    if let Ok(text) = std::str::from_utf8(&bytes[..valid_up_to_last_character(bytes)]) {
        return text.to_owned();
    }
    charset_decoder(b"windows-1252")
        .map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), |decoder| decoder(bytes))
}

/// Without a last character that was cut in two.
fn valid_up_to_last_character(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}
