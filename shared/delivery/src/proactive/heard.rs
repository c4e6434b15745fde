//! What a page reports, cut to its limits and in the rules' words.

use domain::settings::{FieldId, Language};
use domain::triggers::facts::{self, Attributes, Cart, Cut, Event, Heard as Named, Raw, RawLine, Within};
use domain::triggers::pattern::PageUrl;
use domain::triggers::{Browser, Campaign, Claims, Device, PageId, Window};
use protocol::proactive::{CutName, PageReport, ReportedCart};
use protocol::triggers::{DeviceName, OpenOrClosed};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Bytes of a report as it is kept for its explanation: what is beyond goes from the end of the cart.
const MAX_KEPT: usize = 3 * 1024;

pub(super) struct Heard {
    pub page: PageId,
    /// `None`: no address of the web; no condition on a page holds then, and nothing is decided.
    pub url: Option<PageUrl>,
    /// Whence the page was opened; empty from the shop's own pages.
    pub referrer: String,
    pub campaign: Campaign,
    pub browser: Browser,
    pub claims: Claims,
    pub cart: Option<Cart>,
    pub attributes: Attributes,
    pub events: BTreeSet<FieldId>,
    /// What happened just now, of `event` alone.
    pub event: Option<Event>,
    /// What was beyond its limits: the page is told.
    pub cut: BTreeSet<Cut>,
}

impl Heard {
    pub fn read(report: &PageReport) -> Self {
        let url = PageUrl::parse(&report.url);
        let referrer = report.referrer.as_deref().unwrap_or_default();
        let own = match (&url, PageUrl::parse(referrer)) {
            (Some(url), Some(from)) => url.host() == from.host(),
            _ => false,
        };
        let mut cut = BTreeSet::new();
        let mut events = BTreeSet::new();
        let most = facts::MAX_EVENTS * 4;
        for name in report.events.iter().take(most) {
            match FieldId::parse(name).map(|name| facts::hear(&mut events, &name)) {
                Some(Named::New | Named::Again) => {}
                Some(Named::TooMany) | None => {
                    cut.insert(Cut::Events);
                }
            }
        }
        if report.events.len() > most {
            cut.insert(Cut::Events);
        }
        let event = report.event.as_ref().and_then(|event| {
            let reference = event.reference.as_deref();
            match facts::event(&event.name, event.value, event.currency.as_deref(), reference) {
                Ok(event) => Some(within(event, &mut cut)),
                Err(_) => {
                    cut.insert(Cut::Events);
                    None
                }
            }
        });
        if let Some(event) = &event
            && facts::hear(&mut events, &event.name) == Named::TooMany
        {
            cut.insert(Cut::Events);
        }
        let attributes = facts::attributes(report.attributes.iter().filter_map(attribute));
        if report.attributes.values().any(|value| value.is_null() || value.is_array() || value.is_object()) {
            cut.insert(Cut::Attributes);
        }
        let language = report.language.as_deref().and_then(Language::parse);
        Self {
            page: PageId(report.page_id),
            referrer: if own { String::new() } else { referrer.chars().take(500).collect() },
            campaign: url.as_ref().map(Campaign::of).unwrap_or_default(),
            url,
            browser: Browser {
                language,
                device: match report.device {
                    DeviceName::Desktop => Device::Desktop,
                    DeviceName::Phone => Device::Phone,
                    DeviceName::Tablet => Device::Tablet,
                },
                window: match report.window {
                    OpenOrClosed::Open => Window::Open,
                    OpenOrClosed::Closed => Window::Closed,
                },
            },
            claims: Claims {
                on_page: Duration::from_millis(report.on_page_ms),
                scroll: report.scroll.min(100),
                idle: Duration::from_millis(report.idle_ms),
                leaving: report.leaving,
            },
            cart: report.cart.as_ref().map(|reported| within(cart(reported), &mut cut)),
            attributes: within(attributes, &mut cut),
            events,
            event,
            cut,
        }
    }
}

impl Heard {
    /// What was cut, in the wire's words.
    pub fn told_cut(&self) -> Vec<CutName> {
        self.cut.iter().copied().map(Into::into).collect()
    }
}

/// What is within its limits, with what was cut noted.
fn within<T>(cut_to: Within<T>, cut: &mut BTreeSet<Cut>) -> T {
    cut.extend(cut_to.cut);
    cut_to.value
}

fn cart(cart: &ReportedCart) -> Within<Cart> {
    let lines = cart.lines.iter().map(|line| RawLine {
        number: &line.number,
        name: &line.name,
        quantity: line.quantity,
        price: line.price,
    });
    facts::cart(lines, cart.total, cart.currency.as_deref())
}

/// Lists, objects and nothing are no values.
fn attribute<'a>((name, value): (&'a String, &'a Value)) -> Option<(&'a str, Raw<'a>)> {
    let raw = match value {
        Value::String(text) => Raw::Text(text),
        Value::Number(number) => Raw::Number(number.as_f64()?),
        Value::Bool(flag) => Raw::Flag(*flag),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some((name, raw))
}

/// The report as it is kept to be explained: within its limits, and without anything that opens a door.
pub(super) fn kept(report: &PageReport, heard: &Heard) -> String {
    let mut kept = PageReport {
        visitor: None,
        shown: None,
        testing: None,
        url: heard.url.as_ref().map_or_else(|| super::cut(&report.url), |url| url.as_str().to_owned()),
        title: None,
        referrer: Some(heard.referrer.clone()).filter(|text| !text.is_empty()),
        language: heard.browser.language.as_ref().map(|tag| tag.as_str().to_owned()),
        events: heard.events.iter().map(ToString::to_string).collect(),
        event: None,
        cart: None,
        attributes: heard.attributes.0.iter().map(|(key, value)| (key.to_string(), written(value))).collect(),
        ..report.clone()
    };
    if let Some(cart) = &heard.cart {
        let line = |line: &facts::Line| protocol::proactive::ReportedLine {
            number: line.number.clone(),
            name: line.name.clone(),
            quantity: line.pieces as f64,
            price: line.price as f64 / 100.0,
        };
        kept.cart = Some(ReportedCart {
            lines: cart.lines().iter().map(line).collect(),
            total: Some(cart.value as f64 / 100.0),
            currency: cart.currency.map(|currency| currency.as_str().to_owned()),
        });
    }
    loop {
        let text = json!(kept).to_string();
        let lines = kept.cart.as_mut().map(|cart| &mut cart.lines).filter(|lines| !lines.is_empty());
        match lines {
            Some(lines) if text.len() > MAX_KEPT => lines.truncate(lines.len() / 2),
            _ => return text,
        }
    }
}

fn written(value: &facts::Attribute) -> Value {
    match value {
        facts::Attribute::Text { text, .. } => json!(text),
        facts::Attribute::Number(thousandths) => json!(*thousandths as f64 / 1_000.0),
        facts::Attribute::Flag(flag) => json!(flag),
    }
}
