//! What a page says, made fit to be shown: one line, no control or direction-changing characters, cut.

use crate::triggers::pattern::PageUrl;

/// Characters that change how what stands around them is read, or that nobody sees.
const fn misleading(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// One line of at most `most` characters, with an ellipsis where it was cut.
#[must_use]
pub fn line(raw: &str, most: usize) -> String {
    // A text of megabytes is looked at no longer than one that is some times too long.
    let looked_at = raw.chars().take(most * 4).map(|c| if c.is_control() { ' ' } else { c });
    let clean: String = looked_at.filter(|c| !misleading(*c)).collect();
    let words = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().nth(most).is_none() {
        return words;
    }
    let cut: String = words.chars().take(most - 1).collect();
    format!("{}…", cut.trim_end())
}

/// The address of a page, without its fragment and without the name and password that may stand before a host. What is no address of the
/// web is text like any other.
#[must_use]
pub fn address(raw: &str, most: usize) -> String {
    let text = line(raw, most.max(4) * 2);
    let text = text.split('#').next().unwrap_or_default();
    line(&without_user(text), most)
}

fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host_ends = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(host_ends);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// From where somebody came: host and path of another site, without what stands behind a `?`, which is its own business. `None` for the
/// shop's own pages and for what is no address of the web.
#[must_use]
pub fn referrer(raw: &str, page: &str) -> Option<String> {
    let from = PageUrl::parse(raw.trim())?;
    if PageUrl::parse(page).is_some_and(|page| page.host().eq_ignore_ascii_case(from.host())) {
        return None;
    }
    let text = address(raw, super::MAX_REFERRER * 2);
    let (scheme, rest) = text.split_once("://")?;
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return None;
    }
    let rest = rest.split('?').next().unwrap_or_default();
    let short = line(rest.trim_end_matches('/'), super::MAX_REFERRER);
    (!short.is_empty()).then_some(short)
}
