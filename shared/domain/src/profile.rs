//! How an agent presents themselves to shoppers and colleagues: a name, a title, a photo; and what may be one.
//!
//! A photo is judged by its first bytes, never by what it is called: an SVG or a page that calls itself a PNG is none. What it weighs
//! and measures is bounded, because it is shown on every page of a shop. Nothing here decodes a picture.

use crate::fields::{FieldCode, FieldError, FieldErrors};
use crate::ids::{AgentId, IdError};
use crate::text::{MAX_NAME_CHARS, display_name};
use imagesize::ImageType;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// Bytes of a photo: what 192 × 192 points need, and some.
pub const MAX_PHOTO_BYTES: usize = 24 * 1024;
/// Points of a photo's shortest and longest side: less cannot be recognised, more is never shown.
pub const MIN_PHOTO_SIDE: usize = 16;
pub const MAX_PHOTO_SIDE: usize = 512;

/// A name and a title as they may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    /// May be empty.
    pub title: String,
}

impl Profile {
    /// One line each, without what is invisible or changes direction ([`display_name`]); every field that is wrong is named.
    pub fn parse(name: &str, title: &str) -> Result<Self, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let mut read = |path: &str, raw: &str| {
            if raw.trim().chars().nth(MAX_NAME_CHARS).is_some() {
                errors.add(path, FieldCode::TooLong, format!("at most {MAX_NAME_CHARS} characters"));
            }
            display_name(raw)
        };
        let (shown, title) = (read("name", name), read("title", title).unwrap_or_default());
        if shown.is_none() {
            errors.add("name", FieldCode::Required, "a name has at least one character that can be seen");
        }
        errors.finish(Self { name: shown.unwrap_or_default(), title })
    }
}

/// What a photo may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoKind {
    Jpeg,
    Png,
    WebP,
}

impl PhotoKind {
    const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::WebP];

    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }

    #[must_use]
    pub fn named(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }
}

/// A photo's name: 128 bits of the SHA-256 of whose it is and what it shows, in lower-case hexadecimal. So what stands under it never changes,
/// and two agents with the same picture have two photos: who takes theirs away takes no one else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhotoId(pub [u8; 16]);

impl PhotoId {
    fn of(agent: AgentId, bytes: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(agent.0.as_bytes()).chain_update(bytes).finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Self(id)
    }
}

impl fmt::Display for PhotoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for PhotoId {
    type Err = IdError;

    /// The one form in which it is written.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = IdError("a photo's id (32 lower-case hexadecimal digits)");
        if text.len() != 32 || !text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(error);
        }
        u128::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| error)
    }
}

/// An agent's photo, as it is kept and handed out.
#[derive(Clone, PartialEq, Eq)]
pub struct Photo {
    pub id: PhotoId,
    pub agent: AgentId,
    pub kind: PhotoKind,
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Photo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, agent, kind, bytes } = self;
        write!(f, "Photo({id} of {agent}: {}, {} bytes)", kind.media_type(), bytes.len())
    }
}

/// Why something cannot be a photo; the message names what can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    #[error("a photo has at most {} KB", MAX_PHOTO_BYTES / 1024)]
    TooLarge,
    /// By its first bytes, whatever it is called.
    #[error("a photo is a JPEG, PNG or WebP picture")]
    Kind,
    #[error("a photo has {MIN_PHOTO_SIDE} to {MAX_PHOTO_SIDE} points a side")]
    Measures,
}

impl Photo {
    pub fn judge(agent: AgentId, bytes: Vec<u8>) -> Result<Self, PhotoError> {
        if bytes.len() > MAX_PHOTO_BYTES {
            return Err(PhotoError::TooLarge);
        }
        let kind = match imagesize::image_type(&bytes) {
            Ok(ImageType::Jpeg) => PhotoKind::Jpeg,
            Ok(ImageType::Png) => PhotoKind::Png,
            Ok(ImageType::Webp) => PhotoKind::WebP,
            _ => return Err(PhotoError::Kind),
        };
        let size = imagesize::blob_size(&bytes).map_err(|_| PhotoError::Kind)?;
        let fits = |side: usize| (MIN_PHOTO_SIDE..=MAX_PHOTO_SIDE).contains(&side);
        if !fits(size.width) || !fits(size.height) {
            return Err(PhotoError::Measures);
        }
        Ok(Self { id: PhotoId::of(agent, &bytes), agent, kind, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agent(n: u128) -> AgentId {
        AgentId(uuid::Uuid::from_u128(n))
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        [header, width.to_be_bytes().to_vec(), height.to_be_bytes().to_vec(), vec![8, 2, 0, 0, 0]].concat()
    }

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let start = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08".to_vec();
        let components = b"\x03\x01\x22\0\x02\x11\x01\x03\x11\x01".to_vec();
        [start, height.to_be_bytes().to_vec(), width.to_be_bytes().to_vec(), components].concat()
    }

    fn webp(width: u16, height: u16) -> Vec<u8> {
        let start = b"RIFF\x40\0\0\0WEBPVP8 \x34\0\0\0\x30\x01\0\x9d\x01\x2a".to_vec();
        [start, width.to_le_bytes().to_vec(), height.to_le_bytes().to_vec(), vec![0; 32]].concat()
    }

    #[test]
    fn a_04_a_photo_is_judged_by_its_first_bytes_its_weight_and_its_measures() {
        use PhotoError::{Kind, Measures, TooLarge};
        let check = |what: &str, bytes: Vec<u8>, expect: Result<PhotoKind, PhotoError>| {
            assert_eq!(Photo::judge(agent(1), bytes).map(|photo| photo.kind), expect, "{what}");
        };
        let filled = |mut bytes: Vec<u8>, to: usize| {
            bytes.resize(to, 0);
            bytes
        };
        check("a PNG", png(128, 128), Ok(PhotoKind::Png));
        check("a JPEG", jpeg(128, 96), Ok(PhotoKind::Jpeg));
        check("a WebP", webp(192, 192), Ok(PhotoKind::WebP));
        check("the smallest", png(16, 16), Ok(PhotoKind::Png));
        check("the largest", png(512, 512), Ok(PhotoKind::Png));
        check("24 KB to the byte", filled(png(128, 128), MAX_PHOTO_BYTES), Ok(PhotoKind::Png));
        check("a byte more", filled(png(128, 128), MAX_PHOTO_BYTES + 1), Err(TooLarge));
        check("25 KB of anything", vec![b'<'; 25 * 1024], Err(TooLarge));
        check("a point too wide", png(513, 128), Err(Measures));
        check("a point too high", jpeg(128, 513), Err(Measures));
        check("a bomb", png(u32::MAX, u32::MAX), Err(Measures));
        check("too narrow", webp(15, 128), Err(Measures));
        check("no points at all", png(0, 0), Err(Measures));
        check("nothing", vec![], Err(Kind));
        check("a PNG's name and no more", b"\x89PNG\r\n\x1a\n".to_vec(), Err(Kind));
        check("a JPEG without a frame", b"\xff\xd8\xff\xd9".to_vec(), Err(Kind));
        check("an SVG", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(), Err(Kind));
        check("an SVG with a declaration", b"<?xml version='1.0'?><svg/>".to_vec(), Err(Kind));
        check("a page", b"<!doctype html><script>alert(1)</script>".to_vec(), Err(Kind));
        check("a page before a PNG", [b"<b>".to_vec(), png(128, 128)].concat(), Err(Kind));
        check("a GIF", b"GIF89a\x80\0\x80\0\0\0\0".to_vec(), Err(Kind));
        check("a bitmap", [b"BM".to_vec(), vec![0; 60]].concat(), Err(Kind));
        check("an AVIF", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf".to_vec(), Err(Kind));
        check("a PDF", b"%PDF-1.7\n".to_vec(), Err(Kind));
        check("another RIFF", b"RIFF\x24\0\0\0WAVEfmt ".to_vec(), Err(Kind));
    }

    #[test]
    fn a_photo_is_named_by_whose_it_is_and_what_it_shows() {
        let id = |n, bytes| Photo::judge(agent(n), bytes).expect("a photo").id;
        assert_eq!(id(1, png(128, 128)), id(1, png(128, 128)));
        assert_ne!(id(1, png(128, 128)), id(2, png(128, 128)));
        assert_ne!(id(1, png(128, 128)), id(1, png(128, 129)));
        let one = id(1, png(128, 128));
        assert_eq!(one.to_string().parse(), Ok(one));
        for text in [
            "",
            "0",
            &one.to_string()[1..],
            &one.to_string().to_uppercase(),
            "+0000000000000000000000000000000",
        ] {
            assert!(text.parse::<PhotoId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_07_a_name_is_one_line_that_can_be_seen_and_a_title_may_be_empty() {
        let check = |name: &str, title: &str, expect: Result<(&str, &str), &[(&str, FieldCode)]>| {
            let profile = Profile::parse(name, title);
            let read = profile.as_ref().map(|profile| (profile.name.as_str(), profile.title.as_str()));
            let codes = |errors: &Vec<FieldError>| -> Vec<(String, FieldCode)> {
                errors.iter().map(|error| (error.path.clone(), error.code)).collect()
            };
            let expect =
                expect.map_err(|all| all.iter().map(|(path, code)| ((*path).to_owned(), *code)).collect());
            assert_eq!(read.map_err(codes), expect, "{name:?}, {title:?}");
        };
        let long = "x".repeat(MAX_NAME_CHARS + 1);
        check("Ana García", "Lamps", Ok(("Ana García", "Lamps")));
        check("  Ana ", "", Ok(("Ana", "")));
        check("Ana\r\nBcc: eva@example.com", "a\tb", Ok(("Ana Bcc: eva@example.com", "a b")));
        check("\u{202E}anA", "\u{2066}\u{200B}", Ok(("anA", "")));
        check(&long[1..], &long[1..], Ok((&long[1..], &long[1..])));
        check(" \u{200B}", "Lamps", Err(&[("name", FieldCode::Required)]));
        check(&long, &long, Err(&[("name", FieldCode::TooLong), ("title", FieldCode::TooLong)]));
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_breaks_the_judge(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 0..4) {
            let start = match kind {
                0 => png(64, 64),
                1 => jpeg(64, 64),
                2 => webp(64, 64),
                _ => Vec::new(),
            };
            for cut in 0..=start.len() {
                let _ = Photo::judge(agent(1), [&start[..cut], &bytes[..]].concat());
            }
        }
    }
}
