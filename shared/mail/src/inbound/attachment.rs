//! What came with a mail, judged by its bytes.

use super::{Attachment, AttachmentKind, Flag, Flags, has_override, mime};
use crate::header::HeaderText;
use mime::Leaf;

/// As many of the first bytes as are looked at.
const LOOKED_AT: usize = 8 << 10;

/// Ends of names that run something, or open as a page.
const RUNS: [&str; 48] = [
    "apk", "app", "bat", "chm", "cmd", "com", "cpl", "deb", "dll", "dmg", "docm", "dotm", "exe", "hta",
    "htm", "html", "img", "iso", "jar", "js", "jse", "lnk", "mht", "mhtml", "mjs", "msi", "msp", "pif",
    "ppsm", "pptm", "ps1", "reg", "rpm", "scf", "scr", "sh", "shtml", "svg", "svgz", "url", "vbe", "vbs",
    "wsf", "wsh", "xhtml", "xll", "xlsm", "xml",
];

/// What is in the mail's bytes `raw`, decoded.
#[must_use]
pub fn attachment_bytes(raw: &[u8], attachment: &Attachment) -> Vec<u8> {
    let body = raw.get(attachment.body.clone()).unwrap_or_default();
    mime::decoded(body, attachment.encoding).into_owned()
}

pub(super) fn look(raw: &[u8], leaf: &Leaf, flags: &mut Flags) -> Attachment {
    let bytes = mime::decoded(&raw[leaf.body.clone()], leaf.encoding);
    let given = leaf.name.as_deref().unwrap_or_default();
    flags.raise_if(Flag::DirectionOverride, has_override(given));
    let start = &bytes[..bytes.len().min(LOOKED_AT)];
    let (sniffed, kind) = sniff(start, &leaf.kind);
    let winmail = leaf.kind == "application/ms-tnef" || start.starts_with(&[0x78, 0x9f, 0x3e, 0x22]);
    flags.raise_if(Flag::WinmailDat, winmail);
    let name = name(given, leaf, sniffed);
    let end = name.as_str().rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    let says_image = leaf.kind.starts_with("image/")
        || ["jpg", "jpeg", "png", "gif", "webp", "heic", "avif"].contains(&end.as_str());
    let runs = RUNS.contains(&end.as_str()) || is_page(start) || is_program(sniffed);
    let is_not_what_it_says =
        (says_image && kind != AttachmentKind::Image) || (end == "pdf" && kind != AttachmentKind::Pdf);
    Attachment {
        declared: leaf.kind.chars().take(100).collect(),
        kind,
        sniffed,
        bytes: bytes.len() as u64,
        inline: leaf.related,
        dangerous: runs || (is_not_what_it_says && !bytes.is_empty()),
        name,
        body: leaf.body.clone(),
        encoding: leaf.encoding,
    }
}

/// The last part of what may be a path; something to call it by where it has no name.
fn name(given: &str, leaf: &Leaf, sniffed: &str) -> HeaderText {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = HeaderText::clean(last.trim_start_matches('.'));
    if !name.is_empty() {
        return name;
    }
    let end = match leaf.kind.as_str() {
        "text/calendar" => "ics",
        "message/rfc822" | "message/global" => "eml",
        "text/plain" => "txt",
        _ => sniffed.rsplit(['/', '-', '.']).next().filter(|end| end.len() <= 4).unwrap_or("bin"),
    };
    HeaderText::clean(&format!("file.{end}"))
}

fn sniff(start: &[u8], declared: &str) -> (&'static str, AttachmentKind) {
    if is_page(start) {
        return ("text/html", AttachmentKind::Other);
    }
    if let Some(found) = infer::get(start) {
        let kind = match found.matcher_type() {
            infer::MatcherType::Image => AttachmentKind::Image,
            infer::MatcherType::Audio => AttachmentKind::Audio,
            infer::MatcherType::Video => AttachmentKind::Video,
            infer::MatcherType::Doc | infer::MatcherType::Book => AttachmentKind::Document,
            _ if found.mime_type() == "application/pdf" => AttachmentKind::Pdf,
            infer::MatcherType::Archive => AttachmentKind::Archive,
            _ => AttachmentKind::Other,
        };
        return (found.mime_type(), kind);
    }
    if is_text(start) {
        return match declared {
            "text/calendar" | "application/ics" => ("text/calendar", AttachmentKind::Calendar),
            "text/vcard" | "text/x-vcard" | "text/directory" => ("text/vcard", AttachmentKind::Contact),
            "message/rfc822" | "message/global" => ("message/rfc822", AttachmentKind::Mail),
            _ if start.starts_with(b"BEGIN:VCALENDAR") => ("text/calendar", AttachmentKind::Calendar),
            _ if start.starts_with(b"BEGIN:VCARD") => ("text/vcard", AttachmentKind::Contact),
            _ => ("text/plain", AttachmentKind::Text),
        };
    }
    if matches!(declared, "message/rfc822" | "message/global") {
        return ("message/rfc822", AttachmentKind::Mail);
    }
    ("application/octet-stream", AttachmentKind::Other)
}

/// A browser would make a page or a program of it, be it an image for others: markup anywhere in what is looked at, behind a GIF's head too.
fn is_page(start: &[u8]) -> bool {
    let lower = start.to_ascii_lowercase();
    let marks: [&[u8]; 9] = [
        b"<html",
        b"<!doctype html",
        b"<script",
        b"<svg",
        b"<iframe",
        b"<body",
        b"<?php",
        b"<object",
        b"<embed",
    ];
    if lower.starts_with(b"%pdf-") {
        return false;
    }
    marks.iter().any(|mark| lower.windows(mark.len()).any(|window| window == *mark))
}

fn is_program(sniffed: &str) -> bool {
    [
        "executable",
        "msdownload",
        "x-mach",
        "x-sh",
        "shellscript",
        "java",
        "wasm",
        "x-elf",
        "dex",
        "x-msi",
        "ms-shortcut",
    ]
    .iter()
    .any(|word| sniffed.contains(word))
}

fn is_text(start: &[u8]) -> bool {
    !start.contains(&0) && std::str::from_utf8(start).is_ok_or_cut()
}

trait IsOkOrCut {
    fn is_ok_or_cut(&self) -> bool;
}

impl IsOkOrCut for Result<&str, std::str::Utf8Error> {
    /// The last character may be cut in two.
    fn is_ok_or_cut(&self) -> bool {
        self.as_ref().map_or_else(|error| error.error_len().is_none(), |_| true)
    }
}
