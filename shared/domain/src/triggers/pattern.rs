//! Which pages a condition means: an address that is exact, contains a text, has wildcards, or a regular expression.
//!
//! Addresses are compared as browsers report them (`location.href`), without the fragment and, except by a regular
//! expression, without regard to capitals. What a merchant writes beyond ASCII is compared in its percent-encoded form.

use crate::fields::FieldCode;
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};
use std::fmt;
use std::sync::OnceLock;

/// Bytes of a page's address that are looked at; the rest is cut off.
pub const MAX_URL: usize = 2_000;
/// Characters in a pattern.
pub const MAX_PATTERN: usize = 500;
/// Bytes of memory that a compiled expression may take, and that its cache may. The first bounds how long a search of a whole
/// address can last: some milliseconds.
pub const REGEX_SIZE: usize = 16 * 1024;
const REGEX_CACHE: usize = 256 * 1024;

/// A page's address, taken apart once for all triggers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageUrl {
    /// Without the fragment, at most [`MAX_URL`] bytes.
    full: String,
    lower: String,
    /// In `lower`: where the host begins and ends, and where the path ends.
    host: (usize, usize),
    path_end: usize,
}

impl PageUrl {
    /// `None` for what is no http(s) address.
    #[must_use]
    pub fn parse(href: &str) -> Option<Self> {
        let href = href.split('#').next().unwrap_or_default();
        let mut end = href.len().min(MAX_URL);
        while !href.is_char_boundary(end) {
            end -= 1;
        }
        let full = href[..end].to_owned();
        let lower = full.to_ascii_lowercase();
        let start = if lower.starts_with("https://") {
            8
        } else if lower.starts_with("http://") {
            7
        } else {
            return None;
        };
        let until =
            |from: usize, stops: &[char]| lower[from..].find(stops).map_or(lower.len(), |at| from + at);
        let host_end = until(start, &['/', '?']);
        let path_end = until(host_end, &['?']);
        (host_end > start).then_some(Self { full, host: (start, host_end), path_end, lower })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.full
    }

    /// Lower case, with its port if that is not the scheme's own.
    #[must_use]
    pub fn host(&self) -> &str {
        let host = &self.lower[self.host.0..self.host.1];
        let own = if self.host.0 == 8 { ":443" } else { ":80" };
        host.strip_suffix(own).unwrap_or(host)
    }

    fn path(&self) -> &str {
        &self.lower[self.host.1..self.path_end]
    }

    fn query(&self) -> &str {
        self.lower[self.path_end..].strip_prefix('?').unwrap_or_default()
    }

    /// A parameter's value as it was meant: percent-decoded, `+` a space; the first of its name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let query = self.full.get(self.path_end..)?.strip_prefix('?')?;
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| percent_decoded(value)).next()
    }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |n: usize| bytes.get(at + n).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[at], hex(1), hex(2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            (b'+', ..) => {
                decoded.push(b' ');
                at += 1;
            }
            (byte, ..) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// How a pattern is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PatternKind {
    /// `/cart` on any host, or `https://shop.example/cart`. A trailing slash does not count; the query counts when the
    /// pattern has one.
    Exact,
    Contains,
    /// `*` is any run of characters, none included. The query counts when the pattern has a `?`, or begins with `*`.
    Wildcard,
    /// On the whole address as the browser reports it; finds its match anywhere in it.
    Regex,
}

/// A pattern that can match, ready to.
#[derive(Clone)]
pub struct UrlPattern {
    kind: PatternKind,
    /// As the merchant wrote it.
    source: String,
    form: Form,
}

#[derive(Clone)]
enum Form {
    Exact {
        host: Option<String>,
        path: String,
        query: Option<String>,
    },
    Contains(String),
    Wildcard {
        on: On,
        parts: Vec<String>,
    },
    /// Boxed: most patterns are none.
    Regex(Box<Expression>),
}

/// An expression, compiled at once when it is checked and otherwise when it is first used; kept from then on.
#[derive(Clone)]
struct Expression {
    text: String,
    ready: OnceLock<Option<(Regex, Option<Vec<String>>)>>,
}

impl Expression {
    /// `None` if it does not compile, which one that was checked does.
    fn ready(&self) -> Option<&(Regex, Option<Vec<String>>)> {
        self.ready.get_or_init(|| compile(&self.text).ok()).as_ref()
    }
}

/// What of an address a wildcard is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    Path,
    PathAndQuery,
    UntilQuery,
    Whole,
}

impl PartialEq for UrlPattern {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, &self.source) == (other.kind, &other.source)
    }
}

impl Eq for UrlPattern {}

impl fmt::Debug for UrlPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({:?})", self.kind, self.source)
    }
}

/// Why a pattern was refused, and what is allowed.
pub type Problem = (FieldCode, String);

impl UrlPattern {
    /// `origins`: those whose pages carry the widget (`https://shop.example`). A pattern for another host matches nothing.
    pub fn parse(kind: PatternKind, text: &str, origins: &[String]) -> Result<Self, Problem> {
        let pattern = Self::checked(kind, text, origins)?;
        if let Form::Regex(expression) = &pattern.form {
            let compiled = compile(&expression.text)?;
            // A new cell: nobody else has set it.
            let _ = expression.ready.set(Some(compiled));
        }
        Ok(pattern)
    }

    /// As [`Self::parse`], of what that has let pass before: an expression is compiled when it is first used, so that
    /// whoever reads settings for something else does not pay for it.
    pub fn checked(kind: PatternKind, text: &str, origins: &[String]) -> Result<Self, Problem> {
        let text = text.trim();
        if text.is_empty() {
            return Err((FieldCode::Required, "a page's address".into()));
        }
        if text.chars().nth(MAX_PATTERN).is_some() {
            return Err((FieldCode::TooLong, format!("at most {MAX_PATTERN} characters")));
        }
        if kind != PatternKind::Regex {
            if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
                let message = "an address has no spaces: write %20".to_owned();
                return Err((FieldCode::MatchesNothing, message));
            }
            if text.contains('#') {
                let message = "what follows # is not compared: leave it out".to_owned();
                return Err((FieldCode::MatchesNothing, message));
            }
        }
        let lower = percent_encoded(text);
        let form = match kind {
            PatternKind::Exact => exact(&lower, origins)?,
            PatternKind::Contains => Form::Contains(lower),
            PatternKind::Wildcard => wildcard(&lower, origins)?,
            PatternKind::Regex => {
                Form::Regex(Box::new(Expression { text: text.to_owned(), ready: OnceLock::new() }))
            }
        };
        Ok(Self { kind, source: text.to_owned(), form })
    }

    #[must_use]
    pub const fn kind(&self) -> PatternKind {
        self.kind
    }

    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    #[must_use]
    pub fn matches(&self, url: &PageUrl) -> bool {
        match &self.form {
            Form::Exact { host, path, query } => {
                url.path().trim_end_matches('/') == path
                    && host.as_ref().is_none_or(|host| url.host() == host)
                    && query.as_ref().is_none_or(|query| url.query() == query)
            }
            Form::Contains(text) => url.lower.contains(text),
            Form::Wildcard { on, parts } => {
                let against = match on {
                    On::Path => url.path(),
                    On::PathAndQuery => &url.lower[url.host.1..],
                    On::UntilQuery => &url.lower[..url.path_end],
                    On::Whole => &url.lower,
                };
                runs(parts, against)
            }
            Form::Regex(expression) => {
                expression.ready().is_some_and(|(compiled, _)| compiled.is_match(url.full.as_bytes()))
            }
        }
    }

    /// Texts of which every matching address contains one, in lower case; `None` where nothing can be said.
    #[must_use]
    pub fn needles(&self) -> Option<Vec<String>> {
        let one = |text: &str| (!text.is_empty()).then(|| vec![text.to_owned()]);
        match &self.form {
            Form::Exact { host, path, .. } => one(path).or_else(|| one(host.as_deref()?)),
            Form::Contains(text) => one(text),
            Form::Wildcard { parts, .. } => one(parts.iter().max_by_key(|part| part.len())?),
            Form::Regex(expression) => expression.ready()?.1.clone(),
        }
    }
}

/// Lower case, and beyond ASCII as browsers write it in an address.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii() {
            encoded.push(char::from(byte.to_ascii_lowercase()));
        } else {
            encoded.push_str(&format!("%{byte:02x}"));
        }
    }
    encoded
}

const STARTS: &str = "starts with / or https://";

/// Host (without the scheme's own port), and from the path on.
fn with_host(lower: &str) -> Option<(&str, &str)> {
    let (rest, own) = match (lower.strip_prefix("https://"), lower.strip_prefix("http://")) {
        (Some(rest), _) => (rest, ":443"),
        (None, Some(rest)) => (rest, ":80"),
        (None, None) => return None,
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    Some((rest[..end].strip_suffix(own).unwrap_or(&rest[..end]), &rest[end..]))
}

fn of_the_shop(host: &str, origins: &[String]) -> Result<(), Problem> {
    let parts: Vec<String> = host.split('*').map(str::to_owned).collect();
    let known = |origin: &String| {
        with_host(&origin.to_ascii_lowercase()).is_some_and(|(known, _)| runs(&parts, known))
    };
    if origins.is_empty() || origins.iter().any(known) {
        return Ok(());
    }
    Err((FieldCode::MatchesNothing, "one of the site's own addresses".into()))
}

fn exact(lower: &str, origins: &[String]) -> Result<Form, Problem> {
    let (host, rest) = match with_host(lower) {
        Some((host, rest)) => {
            of_the_shop(host, origins)?;
            (Some(host.to_owned()), rest)
        }
        None if lower.starts_with('/') => (None, lower),
        None => return Err((FieldCode::MatchesNothing, format!("an address that {STARTS}"))),
    };
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    Ok(Form::Exact { host, path: path.trim_end_matches('/').to_owned(), query: query.map(str::to_owned) })
}

fn wildcard(lower: &str, origins: &[String]) -> Result<Form, Problem> {
    let query = lower.contains('?');
    let on = if lower.starts_with('*') {
        On::Whole
    } else if lower.starts_with('/') {
        if query { On::PathAndQuery } else { On::Path }
    } else if let Some((host, rest)) = with_host(lower) {
        // Where no slash ends the host a star may stand for the path as well (`https://*cart`): any host is possible.
        if !(rest.is_empty() && host.contains('*')) {
            of_the_shop(host, origins)?;
        }
        if query { On::Whole } else { On::UntilQuery }
    } else {
        return Err((FieldCode::MatchesNothing, format!("an address that {STARTS}, or with *")));
    };
    Ok(Form::Wildcard { on, parts: lower.split('*').map(str::to_owned).collect() })
}

/// Whether `text` is `parts` in this order with anything between them. Each is searched for once, from where the last
/// ended: linear.
fn runs(parts: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = parts else {
        return parts.first().is_some_and(|only| text == only);
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for part in middle {
        match rest.find(part.as_str()) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

fn compile(text: &str) -> Result<(Regex, Option<Vec<String>>), Problem> {
    if !text.is_ascii() {
        let message = "an address is ASCII: write ñ as %C3%B1".to_owned();
        return Err((FieldCode::MatchesNothing, message));
    }
    let parsed =
        regex_syntax::ParserBuilder::new().unicode(false).utf8(false).nest_limit(50).build().parse(text);
    let hir = parsed.map_err(|error| {
        // The error's own text repeats what was written; a position and its kind do not.
        let (at, what) = match &error {
            regex_syntax::Error::Parse(e) => (e.span().start.column, e.kind().to_string()),
            regex_syntax::Error::Translate(e) => (e.span().start.column, e.kind().to_string()),
            _ => (1, "not a regular expression".to_owned()),
        };
        (FieldCode::Format, format!("a regular expression; at character {at}: {what}"))
    })?;
    let shortest = hir.properties().minimum_len();
    if shortest.is_none_or(|shortest| shortest > MAX_URL) {
        return Err((FieldCode::MatchesNothing, "an expression that some address can match".into()));
    }
    let compiled = RegexBuilder::new(text)
        .unicode(false)
        .nest_limit(50)
        .size_limit(REGEX_SIZE)
        .dfa_size_limit(REGEX_CACHE)
        .build()
        .map_err(|_| (FieldCode::TooLong, "a smaller expression: fewer or smaller repetitions".into()))?;
    Ok((compiled, needed(&hir)))
}

/// Texts of which every match contains one.
fn needed(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text: String = literal.0.iter().map(|b| char::from(b.to_ascii_lowercase())).collect();
            text.is_ascii().then(|| vec![text])
        }
        HirKind::Capture(capture) => needed(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => needed(&repetition.sub),
        HirKind::Class(class) => one_letter(class).map(|letter| vec![letter.to_string()]),
        HirKind::Concat(parts) => needed_of_all(parts),
        HirKind::Alternation(choices) => {
            let mut all = Vec::new();
            for choice in choices {
                all.extend(needed(choice)?);
            }
            (all.len() <= 20).then_some(all)
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

/// The letter of a class that is one without regard to capitals: `[Cc]`, as `(?i)c` is read.
fn one_letter(class: &Class) -> Option<char> {
    let Class::Bytes(class) = class else { return None };
    let mut letters = class.iter().flat_map(|range| range.start()..=range.end()).take(3);
    let first = letters.next()?.to_ascii_lowercase();
    letters.all(|byte| byte.to_ascii_lowercase() == first).then(|| char::from(first)).filter(char::is_ascii)
}

/// Of parts that follow one another, what is hardest to contain by chance: the longest. Letters that touch are one text.
fn needed_of_all(parts: &[Hir]) -> Option<Vec<String>> {
    let mut best: Option<Vec<String>> = None;
    let mut run = String::new();
    let shortest = |texts: &Vec<String>| texts.iter().map(String::len).min().unwrap_or(0);
    let mut offer = |texts: Vec<String>| {
        if shortest(&texts) > best.as_ref().map_or(0, shortest) {
            best = Some(texts);
        }
    };
    for part in parts {
        let touching = match part.kind() {
            HirKind::Literal(_) | HirKind::Class(_) => needed(part).and_then(|mut texts| texts.pop()),
            _ => None,
        };
        if let Some(text) = touching {
            run.push_str(&text);
            continue;
        }
        offer(vec![std::mem::take(&mut run)]);
        if let Some(texts) = needed(part) {
            offer(texts);
        }
    }
    offer(vec![run]);
    best
}

#[cfg(test)]
mod tests;
