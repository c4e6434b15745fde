//! What a page reports of its visitor (W1): attributes, cart, events. Whatever comes is cut to these limits, with a mark
//! that says what was cut; nothing is refused but an event without a name. A page can invent all of it (A18): it decides
//! which trigger fires for this visitor, and is shown to agents as unverified.

use super::Currency;
use crate::fields::{FieldCode, FieldError};
use crate::settings::FieldId;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of all attributes together, keys and values.
pub const MAX_ATTRIBUTES_BYTES: usize = 2_048;
pub const MAX_ATTRIBUTES: usize = 30;
/// Characters in an attribute's value, a product's name or number, an event's reference.
pub const MAX_VALUE: usize = 200;
/// Lines of a cart that are kept. All that are looked at count for its value and its pieces.
pub const MAX_LINES: usize = 50;
/// Lines that are looked at.
pub const MAX_LINES_READ: usize = 10_000;
/// Different events of one page view.
pub const MAX_EVENTS: usize = 50;
/// In units of the currency; more is a mistake.
const MAX_MONEY: f64 = 1e10;
/// Pieces of one line.
const MAX_QUANTITY: f64 = 1e6;

/// What was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cut {
    /// Attributes beyond their number or their bytes, or without a usable key or value.
    Attributes,
    /// The ends of texts.
    Texts,
    /// Lines beyond [`MAX_LINES`].
    Lines,
    /// Lines beyond [`MAX_LINES_READ`]: value and pieces are those of the others.
    Unread,
    /// Prices, quantities or a currency that are none.
    Numbers,
    /// Events beyond [`MAX_EVENTS`], or without a usable name.
    Events,
}

/// Something that was cut to its limits, and what was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within<T> {
    pub value: T,
    pub cut: BTreeSet<Cut>,
}

/// A value as a page gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Raw<'a> {
    Text(&'a str),
    Number(f64),
    Flag(bool),
}

/// By key, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes(pub BTreeMap<FieldId, Attribute>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    Text {
        text: String,
        lower: String,
    },
    /// In thousandths.
    Number(i64),
    Flag(bool),
}

impl Attribute {
    /// In lower case, as conditions compare it. A number is written as it is: `1.5`.
    #[must_use]
    pub fn lower(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Text { lower, .. } => lower.as_str().into(),
            Self::Number(n) => thousandths(*n).into(),
            Self::Flag(true) => "true".into(),
            Self::Flag(false) => "false".into(),
        }
    }

    /// In thousandths; also of a text that is a number.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(n) => Some(*n),
            Self::Text { lower, .. } => scaled(lower.trim().parse().ok()?, 1_000.0, MAX_MONEY),
            Self::Flag(_) => None,
        }
    }
}

fn thousandths(n: i64) -> String {
    let text =
        format!("{}{}.{:03}", if n < 0 { "-" } else { "" }, n.unsigned_abs() / 1000, n.unsigned_abs() % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `n` times `scale`, rounded; `None` beyond `most` either way, or when it is no number.
fn scaled(n: f64, scale: f64, most: f64) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "finite, and far within an i64 by the bound before it"
    )]
    (n.is_finite() && n.abs() <= most).then(|| (n * scale).round() as i64)
}

/// One line of text, cut to [`MAX_VALUE`].
fn value(raw: &str, cut: &mut BTreeSet<Cut>) -> String {
    // Four bytes a character at most, and as much again of what is taken out: a text of megabytes costs no more.
    let mut end = raw.len().min(MAX_VALUE * 8);
    while !raw.is_char_boundary(end) {
        end -= 1;
    }
    let line =
        raw[..end].split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = line.collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(MAX_VALUE).collect();
    if short.len() < line.len() || end < raw.len() {
        cut.insert(Cut::Texts);
    }
    short
}

fn key(raw: &str) -> Option<FieldId> {
    FieldId::parse(&raw.trim().replace(' ', "_").to_ascii_lowercase())
}

/// In the order given: what comes first is kept. Of a key that comes twice the last value counts.
pub fn attributes<'a>(raw: impl IntoIterator<Item = (&'a str, Raw<'a>)>) -> Within<Attributes> {
    let mut cut = BTreeSet::new();
    let mut kept = BTreeMap::new();
    let mut sizes: BTreeMap<FieldId, usize> = BTreeMap::new();
    // Whoever sends a million of them is looked at no longer than whoever sends some too many.
    let mut raw = raw.into_iter();
    for (name, given) in raw.by_ref().take(MAX_ATTRIBUTES * 10) {
        let attribute = match given {
            Raw::Flag(flag) => Some(Attribute::Flag(flag)),
            Raw::Number(n) => scaled(n, 1_000.0, MAX_MONEY).map(Attribute::Number),
            Raw::Text(text) => {
                let text = value(text, &mut cut);
                let lower = text.to_lowercase();
                Some(Attribute::Text { text, lower })
            }
        };
        let (Some(key), Some(attribute)) = (key(name), attribute) else {
            cut.insert(Cut::Attributes);
            continue;
        };
        let size = key.as_str().len()
            + match &attribute {
                Attribute::Text { text, .. } => text.len(),
                Attribute::Number(_) => 8,
                Attribute::Flag(_) => 1,
            };
        let others: usize = sizes.iter().filter(|(other, _)| **other != key).map(|(_, size)| size).sum();
        let many = !kept.contains_key(&key) && kept.len() >= MAX_ATTRIBUTES;
        if many || others + size > MAX_ATTRIBUTES_BYTES {
            cut.insert(Cut::Attributes);
            continue;
        }
        sizes.insert(key.clone(), size);
        kept.insert(key, attribute);
    }
    if raw.next().is_some() {
        cut.insert(Cut::Attributes);
    }
    Within { value: Attributes(kept), cut }
}

/// What is in the visitor's cart. Values in hundredths of the currency's unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cart {
    pub value: i64,
    pub currency: Option<Currency>,
    /// All lines together.
    pub pieces: i64,
    /// The first [`MAX_LINES`].
    lines: Vec<Line>,
    /// Their numbers and names in lower case, a line break round each: searched at once.
    searched: String,
}

impl Cart {
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub(super) fn searched(&self) -> &str {
        &self.searched
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The shop's number of it (SKU); may be empty.
    pub number: String,
    pub name: String,
    pub pieces: i64,
    /// Of one piece.
    pub price: i64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawLine<'a> {
    pub number: &'a str,
    pub name: &'a str,
    /// Pieces.
    pub quantity: f64,
    /// Of one piece, in units of the currency.
    pub price: f64,
}

/// `total`: the cart's value as the shop reckons it, with its discounts; without it the sum of the lines counts.
pub fn cart<'a>(
    lines: impl IntoIterator<Item = RawLine<'a>>,
    total: Option<f64>,
    currency: Option<&str>,
) -> Within<Cart> {
    let mut cut = BTreeSet::new();
    let mut cart = Cart::default();
    let mut sum: i64 = 0;
    let mut lines = lines.into_iter();
    for (n, raw) in lines.by_ref().take(MAX_LINES_READ).enumerate() {
        let pieces = scaled(raw.quantity, 1.0, MAX_QUANTITY).filter(|pieces| *pieces >= 0);
        let price = scaled(raw.price, 100.0, MAX_MONEY).filter(|price| *price >= 0);
        if pieces.is_none() || price.is_none() {
            cut.insert(Cut::Numbers);
        }
        let (pieces, price) = (pieces.unwrap_or(0), price.unwrap_or(0));
        cart.pieces = cart.pieces.saturating_add(pieces);
        sum = sum.saturating_add(price.saturating_mul(pieces));
        if n >= MAX_LINES {
            cut.insert(Cut::Lines);
            continue;
        }
        let (number, name) = (value(raw.number, &mut cut), value(raw.name, &mut cut));
        for text in [&number, &name] {
            cart.searched.push('\n');
            cart.searched.push_str(&text.to_lowercase());
        }
        cart.lines.push(Line { number, name, pieces, price });
    }
    cart.searched.push('\n');
    if lines.next().is_some() {
        cut.insert(Cut::Unread);
    }
    let stated = total.map(|total| scaled(total, 100.0, MAX_MONEY).filter(|total| *total >= 0));
    if stated == Some(None) {
        cut.insert(Cut::Numbers);
    }
    cart.value = stated.flatten().unwrap_or(sum);
    cart.currency = currency.and_then(Currency::parse);
    if currency.is_some() && cart.currency.is_none() {
        cut.insert(Cut::Numbers);
    }
    Within { value: cart, cut }
}

/// Something that the page says has happened: `added_to_cart`, `ordered`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub name: FieldId,
    /// In hundredths.
    pub value: Option<i64>,
    pub currency: Option<Currency>,
    /// The shop's own number of it, so that an order is counted once however often its page is loaded.
    pub reference: Option<String>,
}

/// The one refusal here: an event without a name that can be compared is nothing.
pub fn event(
    name: &str,
    amount: Option<f64>,
    currency: Option<&str>,
    reference: Option<&str>,
) -> Result<Within<Event>, FieldError> {
    let mut cut = BTreeSet::new();
    let name = key(name).ok_or_else(|| FieldError {
        path: "name".into(),
        code: FieldCode::Format,
        message: "1 to 40 of a-z, 0-9, - and _".into(),
    })?;
    let worth = amount.map(|amount| scaled(amount, 100.0, MAX_MONEY).filter(|amount| *amount >= 0));
    let coin = currency.map(Currency::parse);
    if worth == Some(None) || coin == Some(None) {
        cut.insert(Cut::Numbers);
    }
    let reference = reference.map(|text| value(text, &mut cut)).filter(|text| !text.is_empty());
    Ok(Within { value: Event { name, value: worth.flatten(), currency: coin.flatten(), reference }, cut })
}

/// What hearing of an event did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// For the first time on this page: triggers are to be looked at.
    New,
    Again,
    /// The page has reported [`MAX_EVENTS`] different ones: this one is left out.
    TooMany,
}

/// Keeps an event of this page view.
pub fn hear(events: &mut BTreeSet<FieldId>, name: &FieldId) -> Heard {
    if events.contains(name) {
        Heard::Again
    } else if events.len() >= MAX_EVENTS {
        Heard::TooMany
    } else {
        events.insert(name.clone());
        Heard::New
    }
}

#[cfg(test)]
mod tests;
