//! What is new in a mail: without the history that programs put under an answer, without the signature and without "sent from my phone".
//!
//! The rules, line by line; what they do not know they keep, because a line too many is read over and a line too few is lost:
//!
//! 1. Lines that begin with `>` are quoted; so is what HTML quotes (`blockquote`, which [`super::html`] renders so).
//! 2. An attribution ("On … X wrote:") goes with the quote behind it. Without one behind it, it begins the history if it names an address.
//! 3. "-----Original Message-----", a block of From/Sent/To/Subject, and what programs mark in HTML begin the history: all behind it goes.
//!    In a forwarded mail they begin what somebody wants to show: all behind it stays.
//! 4. A line `-- ` begins a signature, to the next quote or the end; so does what programs mark in HTML.
//! 5. "Sent from my iPhone" and its like go from the end of what a person wrote.

use crate::header::is_invisible_mark;

use super::html::{HISTORY, SIGNATURE, SIGNATURE_END};

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// All of it.
    pub text: String,
    pub new_text: String,
    /// Answers between quotes.
    pub interleaved: bool,
    pub forwarded: bool,
}

pub(super) fn of_one(marked: &str, forward: bool) -> Found {
    let lines: Vec<&str> = marked.split('\n').collect();
    let mut found = cut(&lines, forward);
    let all = lines.iter().filter(|line| !is_mark(line)).map(|line| line.trim_end());
    found.text = tidy(all);
    found
}

/// Of two renderings of the same: the plain one, unless the other knows where the signature begins, or did not break paragraphs into lines.
pub(super) fn of_both(plain: &str, html: &str, forward: bool) -> Found {
    let (of_plain, of_html) = (of_one(plain, forward), of_one(html, forward));
    let (plain_words, html_words) = (squashed(&of_plain.new_text), squashed(&of_html.new_text));
    let same =
        plain_words == html_words && of_html.new_text.lines().count() < of_plain.new_text.lines().count();
    // HTML knew where the signature or the history begins; some plain parts have no line breaks to tell by.
    let knows_more = !html_words.is_empty()
        && plain_words.len() > html_words.len()
        && plain_words.starts_with(&html_words)
        && !of_plain.interleaved;
    let take_html = same || knows_more || (plain_words.is_empty() && !html_words.is_empty());
    let new_text = if take_html { of_html.new_text } else { of_plain.new_text };
    Found { new_text, interleaved: of_plain.interleaved || of_html.interleaved, ..of_plain }
}

/// RFC 3676: lines that end with a space go on.
pub(super) fn unflowed(text: &str, delsp: bool) -> String {
    let mut out: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for line in text.split('\n') {
        let depth = line.bytes().take_while(|b| *b == b'>').count();
        let words = &line[depth..];
        let words = words.strip_prefix(' ').unwrap_or(words);
        let flows = words.ends_with(' ') && words != "-- ";
        let piece = if flows && delsp { &words[..words.len() - 1] } else { words };
        match out.last_mut().filter(|(before, _)| goes_on && *before == depth && words != "-- ") {
            Some((_, line)) => line.push_str(piece),
            None => out.push((depth, piece.to_owned())),
        }
        goes_on = flows;
    }
    let line = |(depth, words): (usize, String)| {
        if depth == 0 { words } else { format!("{} {words}", ">".repeat(depth)) }
    };
    out.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// By the first prefix of its subject.
pub(super) fn is_forward(subject: &str) -> bool {
    let prefix = subject.split(':').next().unwrap_or_default().trim().to_lowercase();
    subject.contains(':')
        && matches!(
            prefix.as_str(),
            "fw" | "fwd" | "rv" | "enc" | "i" | "wg" | "tr" | "reenv" | "inoltro" | "doorst" | "vs" | "pd"
        )
}

fn cut(lines: &[&str], forward: bool) -> Found {
    let mut found = Found::default();
    // What was written between quotes.
    let mut pieces: Vec<Vec<&str>> = vec![Vec::new()];
    let mut quotes_after: Vec<usize> = Vec::new();
    let mut in_signature = false;
    let mut in_marked_signature = false;
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let trimmed = line.trim();
        match trimmed {
            SIGNATURE => {
                in_marked_signature = true;
                at += 1;
                continue;
            }
            SIGNATURE_END => {
                in_marked_signature = false;
                at += 1;
                continue;
            }
            _ => {}
        }
        if is_quoted(line) {
            in_signature = false;
            while at < lines.len()
                && (is_quoted(lines[at])
                    || (lines[at].trim().is_empty()
                        && next_words(lines, at).is_some_and(|n| is_quoted(lines[n]))))
            {
                at += 1;
            }
            quotes_after.push(pieces.len() - 1);
            pieces.push(Vec::new());
            continue;
        }
        if let Some(begins) = boundary(lines, at) {
            let shows = match begins {
                Boundary::Forwarded => true,
                Boundary::History => forward,
            };
            if shows {
                found.forwarded = true;
                pieces.push(lines[at..].iter().copied().filter(|line| !is_mark(line)).collect());
            } else {
                quotes_after.push(pieces.len() - 1);
            }
            break;
        }
        if let Some(length) = attribution(lines, at) {
            match next_words(lines, at + length) {
                Some(next) if is_quoted(lines[next]) => {
                    in_signature = false;
                    at += length;
                    continue;
                }
                _ if lines[at..at + length].iter().any(|line| line.contains('@')) => {
                    quotes_after.push(pieces.len() - 1);
                    break;
                }
                _ => {}
            }
        }
        in_signature |=
            matches!(line.trim_end_matches(['\r', '\t']), "-- " | "--") || line.trim_end() == "--";
        if !in_signature && !in_marked_signature {
            pieces.last_mut().expect("never empty").push(line);
        }
        at += 1;
    }
    let forwarded = found.forwarded;
    let count = pieces.len();
    let pieces: Vec<String> = pieces
        .into_iter()
        .enumerate()
        .map(|(n, piece)| {
            if forwarded && n + 1 == count {
                tidy(piece.into_iter())
            } else {
                tidy(without_footers(piece).into_iter())
            }
        })
        .collect();
    let written: Vec<usize> = (0..count).filter(|n| !pieces[*n].is_empty()).collect();
    // A quote before it and one behind it, or words on both sides of one.
    found.interleaved =
        !forwarded && (written.len() > 1 || written.iter().any(|n| *n > 0 && quotes_after.contains(n)));
    found.new_text = written.into_iter().map(|n| pieces[n].as_str()).collect::<Vec<_>>().join("\n\n");
    found
}

fn is_quoted(line: &str) -> bool {
    line.trim_start_matches([' ', '\t']).starts_with('>')
}

fn is_mark(line: &str) -> bool {
    matches!(line.trim(), HISTORY | SIGNATURE | SIGNATURE_END)
}

fn next_words(lines: &[&str], from: usize) -> Option<usize> {
    // Nobody leaves so many lines blank; nobody's time is wasted by who does.
    (from..lines.len().min(from + 50)).find(|n| !lines[*n].trim().is_empty() && !is_mark(lines[*n]))
}

enum Boundary {
    History,
    Forwarded,
}

const ORIGINAL: [&str; 14] = [
    "original message",
    "mensaje original",
    "mensagem original",
    "messaggio originale",
    "ursprüngliche nachricht",
    "urspr. nachricht",
    "originalnachricht",
    "original-nachricht",
    "message d'origine",
    "message d’origine",
    "message original",
    "oorspronkelijk bericht",
    "originele bericht",
    "oryginalna wiadomość",
];
const FORWARDED: [&str; 9] = [
    "forwarded message",
    "mensaje reenviado",
    "mensagem encaminhada",
    "mensagem reencaminhada",
    "messaggio inoltrato",
    "weitergeleitete nachricht",
    "message transféré",
    "message réexpédié",
    "doorgestuurd bericht",
];
const FORWARD_BEGINS: [&str; 9] = [
    "begin forwarded message",
    "inicio del mensaje reenviado",
    "início da mensagem reencaminhada",
    "início da mensagem encaminhada",
    "inizio messaggio inoltrato",
    "anfang der weitergeleiteten nachricht",
    "début du message réexpédié",
    "début du message transféré",
    "início da mensagem reenviada",
];

fn boundary(lines: &[&str], at: usize) -> Option<Boundary> {
    let line = lines[at].trim();
    if line.is_empty() || line.len() > 400 {
        return None;
    }
    if line == HISTORY {
        return Some(Boundary::History);
    }
    let rule = line.chars().all(|c| c == '_' || c == '-') && line.len() >= 10;
    if rule {
        return next_words(lines, at + 1)
            .filter(|next| is_header_block(lines, *next))
            .map(|_| Boundary::History);
    }
    let dashes = line.starts_with("----") || line.starts_with("____") || line.starts_with("=====");
    if dashes {
        let words = line.trim_matches(['-', '_', '=', ' ']).to_lowercase();
        if ORIGINAL.contains(&words.as_str()) {
            return Some(Boundary::History);
        }
        if FORWARDED.iter().any(|known| words.starts_with(known)) {
            return Some(Boundary::Forwarded);
        }
        // Zoho: "---- On … wrote ----"
        if line.ends_with("---") && line.contains('@') && has_verb(&words) {
            return Some(Boundary::History);
        }
    }
    if line.ends_with(':') {
        let words = line.trim_end_matches([':', ' ', '\u{a0}']).to_lowercase();
        if FORWARD_BEGINS.contains(&words.as_str()) {
            return Some(Boundary::Forwarded);
        }
    }
    is_header_block(lines, at).then_some(Boundary::History)
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Label {
    From,
    Date,
    To,
    Subject,
    Other,
}

fn label(line: &str) -> Option<Label> {
    let line = line.trim().trim_start_matches('*');
    let (name, _) = line.split_once(':')?;
    if name.len() > 24 {
        return None;
    }
    let name = name.trim_matches([' ', '*', '\u{a0}']).to_lowercase();
    Some(match name.as_str() {
        "from" | "de" | "da" | "von" | "van" | "expéditeur" | "remitente" | "mittente" => Label::From,
        "sent" | "date" | "enviado" | "enviado el" | "enviado em" | "enviada" | "enviada em" | "fecha"
        | "data" | "inviato" | "inviata" | "gesendet" | "datum" | "envoyé" | "envoyé le" | "verzonden" => {
            Label::Date
        }
        "to" | "para" | "a" | "an" | "à" | "pour" | "destinatario" | "aan" => Label::To,
        "subject" | "asunto" | "assunto" | "oggetto" | "betreff" | "objet" | "onderwerp" => Label::Subject,
        "cc" | "cco" | "importance" | "importancia" | "priorità" | "reply-to" | "attachments" | "kopie" => {
            Label::Other
        }
        _ => return None,
    })
}

/// From, Sent, To, Subject in whatever order, on lines of their own.
fn is_header_block(lines: &[&str], at: usize) -> bool {
    if !matches!(label(lines[at]), Some(Label::From | Label::Date)) {
        return false;
    }
    let mut seen = Vec::new();
    let mut address = false;
    let mut since_label = 0;
    for line in lines[at..].iter().filter(|line| !line.trim().is_empty()).take(12) {
        match label(line) {
            Some(label) => {
                address |= matches!(label, Label::From | Label::To) && line.contains('@');
                if !seen.contains(&label) {
                    seen.push(label);
                }
                since_label = 0;
            }
            // A list of recipients goes on.
            None => since_label += 1,
        }
        if since_label > 2 {
            break;
        }
    }
    let labels = seen.iter().filter(|label| **label != Label::Other).count();
    seen.contains(&Label::From) && labels >= 3 && (seen.contains(&Label::Subject) || address)
}

const INTRODUCTIONS: [&str; 12] =
    ["On ", "El ", "Em ", "Il ", "Am ", "Le ", "Op ", "En ", "W dniu ", "Dnia ", "Den ", "A "];
const VERBS: [&str; 14] = [
    "wrote",
    "writes",
    "escribió",
    "escribio",
    "escreveu",
    "ha scritto",
    "scrisse",
    "schrieb",
    "geschrieben",
    "a écrit",
    "a ecrit",
    "schreef",
    "napisał",
    "skrev",
];

fn has_verb(words: &str) -> bool {
    let lower = words.to_lowercase().replace('\u{a0}', " ");
    VERBS.iter().any(|verb| {
        lower.match_indices(verb).any(|(at, _)| {
            let before = lower[..at].chars().next_back();
            let after = lower[at + verb.len()..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
    })
}

/// How many lines, if one begins here: "On … X wrote:", of which programs make up to four.
fn attribution(lines: &[&str], at: usize) -> Option<usize> {
    let first = lines[at].trim();
    if first.is_empty() || first.len() > 400 {
        return None;
    }
    let mut joined = String::new();
    for (n, line) in lines[at..].iter().take(4).enumerate() {
        let line = line.trim_matches(|c: char| c.is_whitespace() || is_invisible_mark(c));
        if line.is_empty() || is_quoted(line) || is_mark(line) || joined.len() > 400 {
            return None;
        }
        if n > 0 {
            joined.push(' ');
        }
        joined.push_str(line);
        if joined.ends_with(':') || joined.ends_with('：') {
            return is_attribution(lines, at, n + 1, &joined).then_some(n + 1);
        }
    }
    None
}

fn is_attribution(lines: &[&str], at: usize, length: usize, joined: &str) -> bool {
    if joined.len() > 400 {
        return false;
    }
    let alone = at == 0 || lines[at - 1].trim().is_empty();
    let quoted = next_words(lines, at + length).is_some_and(|next| is_quoted(lines[next]));
    if !joined.chars().any(|c| c.is_ascii_digit()) {
        // "Ana wrote:", right before what she wrote.
        return alone && quoted && length == 1 && joined.len() <= 120 && has_verb(joined);
    }
    let introduced = INTRODUCTIONS.iter().any(|word| joined.starts_with(word));
    if has_verb(joined) && (introduced || (length == 1 && joined.contains('@'))) {
        return true;
    }
    // Another language: a date and an address in one or two lines before a quote, on lines of their own.
    let dated = lines[at].chars().any(|c| c.is_ascii_digit());
    alone
        && quoted
        && dated
        && length <= 2
        && joined.contains('@')
        && !lines[at + 1..at + length]
            .iter()
            .any(|line| INTRODUCTIONS.iter().any(|word| line.starts_with(word)))
}

/// "Sent from my iPhone" in the languages that we know, and what mail programs and virus scanners add for themselves.
const FOOTERS: [&str; 41] = [
    "sent from",
    "sent with",
    "sent via",
    "get outlook for",
    "enviado desde",
    "enviado do",
    "enviado de",
    "enviado con",
    "enviado com",
    "enviado a partir",
    "enviado por",
    "enviado através",
    "enviado pelo",
    "obtener outlook",
    "obtén outlook",
    "obter outlook",
    "obter o outlook",
    "baixar o outlook",
    "descarga outlook",
    "inviato da",
    "inviato con",
    "inviato dal",
    "scarica outlook",
    "ottieni outlook",
    "von meinem",
    "gesendet von",
    "gesendet mit",
    "gesendet aus",
    "diese nachricht wurde von meinem",
    "outlook für",
    "holen sie sich outlook",
    "hol dir outlook",
    "envoyé de",
    "envoyé depuis",
    "envoyé à partir",
    "envoyé avec",
    "obtenez outlook",
    "télécharger outlook",
    "von outlook für",
    "virus-free",
    "libre de virus",
];
const DEVICES: [&str; 40] = [
    "iphone",
    "ipad",
    "galaxy",
    "samsung",
    "android",
    "huawei",
    "xiaomi",
    "redmi",
    "motorola",
    "pixel",
    "oneplus",
    "oppo",
    "yahoo",
    "outlook",
    "mail",
    "correo",
    "correio",
    "posta",
    "windows",
    "blackberry",
    "nokia",
    "teléfono",
    "móvil",
    "celular",
    "mobile",
    "phone",
    "mobil",
    "handy",
    "cellulare",
    "telefono",
    "dispositivo",
    "device",
    "tablet",
    "watch",
    "gmx",
    "web.de",
    "libero",
    "sfr",
    "avast",
    "avg",
];

fn is_footer(line: &str) -> bool {
    let line = line.trim().trim_matches(['*', '_']).to_lowercase();
    line.chars().count() <= 160
        && FOOTERS.iter().any(|start| line.starts_with(start))
        && DEVICES.iter().any(|device| line.contains(device))
}

/// A line between what is written and what a program adds.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 2 && line.chars().all(|c| matches!(c, '_' | '-' | '—' | '='))
}

fn without_footers(mut piece: Vec<&str>) -> Vec<&str> {
    let mut rules_go = false;
    while let Some(last) = piece.last() {
        let footer = is_footer(last);
        if !(last.trim().is_empty() || footer || (is_rule(last) && (rules_go || last.trim().len() >= 20))) {
            break;
        }
        rules_go |= footer;
        piece.pop();
    }
    piece
}

/// No white space at the ends of lines, never two blank lines, none at either end.
fn tidy<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    let mut blank = 0;
    for line in lines {
        let line = line.trim_end();
        if line.trim_start_matches(['\u{200B}', '\u{FEFF}', ' ', '\u{A0}', '\t']).is_empty() {
            blank += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if blank > 0 { "\n\n" } else { "\n" });
        }
        blank = 0;
        out.push_str(line);
    }
    out.trim().to_owned()
}

fn squashed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
