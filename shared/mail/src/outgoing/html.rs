//! The mail in HTML, for programs whose idea of HTML is of 2005: tables, styles on the elements, widths in attributes. Where a
//! program knows dark, the classes say how; where it inverts colours by itself, nothing here is an image.
//!
//! Whoever writes into a mail writes text: `maud` escapes it, and there is no other way in but the two constants below.

use super::{Page, Said, Section};
use crate::header::Link;
use crate::rich::{Block, Span, blocks, pictured};
use domain::settings::Rgb;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// `web/dashboard/src/styles/tokens.css` in the colours that mail programs know; a test compares.
pub(crate) const TOKENS: [(&str, &str, &str); 6] = [
    ("surface-1", "#f8f6f4", "#1d1b18"),
    ("surface-raised", "#ffffff", "#25221f"),
    ("surface-2", "#efece8", "#2a2723"),
    ("line", "#e2dfdb", "#34312d"),
    ("text", "#24211c", "#edebe7"),
    ("text-soft", "#615d57", "#afaca7"),
];
const BACK: &str = TOKENS[0].1;
const CARD: &str = TOKENS[1].1;
const CHIP: &str = TOKENS[2].1;
const LINE: &str = TOKENS[3].1;
const TEXT: &str = TOKENS[4].1;
const SOFT: &str = TOKENS[5].1;

const FONT: &str = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
/// Outlook on Windows knows no max-width: it gets a table of its own.
const GHOST_BEGIN: PreEscaped<&str> = PreEscaped(
    "<!--[if mso]><table role=\"presentation\" width=\"560\" align=\"center\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr><td><![endif]-->",
);
const GHOST_END: PreEscaped<&str> = PreEscaped("<!--[if mso]></td></tr></table><![endif]-->");
/// Languages that are read from the right.
pub(crate) const FROM_THE_RIGHT: [&str; 9] = ["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur"];

pub(super) fn render(page: &Page<'_>) -> String {
    let view = View::of(page);
    let language = page.outgoing.language.as_str();
    let markup = html! {
        (DOCTYPE)
        html lang=(language) dir=(view.dir) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no";
                title { (page.subject) }
                style { (PreEscaped(view.dark())) }
            }
            body.m-back style=(format!("margin:0;padding:0;background-color:{BACK};-webkit-text-size-adjust:100%;")) {
                div style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;" { (page.preview) }
                table.m-back role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor=(BACK) style=(format!("background-color:{BACK};")) {
                    tr { td align="center" style="padding:24px 12px 32px;" {
                        (GHOST_BEGIN)
                        table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" dir=(view.dir) style="max-width:560px;margin:0 auto;" {
                            (view.head(page))
                            tr { td.m-card bgcolor=(CARD) align=(view.start) style=(format!("background-color:{CARD};border:1px solid {LINE};border-radius:10px;padding:28px 28px 24px;")) {
                                (view.card(page))
                            } }
                            (view.foot(page))
                        }
                        (GHOST_END)
                    } }
                }
            }
        }
    };
    markup.into_string()
}

struct View {
    dir: &'static str,
    start: &'static str,
    accent: Rgb,
    on_accent: Rgb,
    link: Rgb,
    link_dark: Rgb,
}

impl View {
    fn of(page: &Page<'_>) -> Self {
        let palette = &page.outgoing.look.palette;
        let right = FROM_THE_RIGHT.contains(&page.outgoing.language.primary());
        Self {
            dir: if right { "rtl" } else { "ltr" },
            start: if right { "right" } else { "left" },
            accent: palette.accent,
            on_accent: palette.on_accent,
            // The footer's ground is the darker of the light ones, the card's the lighter of the dark ones.
            link: ground(BACK).map_or(palette.text_on_light, |back| palette.text_on_light.readable_on(back)),
            link_dark: ground(TOKENS[1].2)
                .map_or(palette.text_on_dark, |card| palette.text_on_dark.readable_on(card)),
        }
    }

    /// For programs that ask the device, and (`data-ogsc`, `data-ogsb`) for Outlook's own dark.
    fn dark(&self) -> String {
        let [back, card, _, line, text, soft] = TOKENS.map(|(_, _, dark)| dark);
        let link = self.link_dark;
        let rules = [
            (".m-back", format!("background-color:{back}!important")),
            (".m-card", format!("background-color:{card}!important;border-color:{line}!important")),
            (".m-chip", format!("background-color:{line}!important;color:{text}!important")),
            (".m-line", format!("border-color:{line}!important")),
            (".m-text", format!("color:{text}!important")),
            (".m-soft", format!("color:{soft}!important")),
            (".m-link", format!("color:{link}!important")),
            // A logo is drawn for a light ground: it gets one.
            (".m-logo", "background-color:#ffffff!important;padding:6px 10px!important".to_owned()),
        ];
        let mut css = String::from(":root{color-scheme:light dark;supported-color-schemes:light dark}");
        css.push_str("@media (max-width:480px){.m-card{padding:20px 18px!important}}");
        css.push_str("@media (prefers-color-scheme:dark){");
        for (class, rule) in &rules {
            css.push_str(&format!("{class}{{{rule}}}"));
        }
        css.push('}');
        for (class, rule) in &rules {
            css.push_str(&format!("[data-ogsc] {class},[data-ogsb] {class}{{{rule}}}"));
        }
        css
    }

    fn head(&self, page: &Page<'_>) -> Markup {
        let look = &page.outgoing.look;
        let name = html! {
            @match &look.logo {
                Some(logo) => img.m-logo src=(logo.as_str()) alt=(page.shop) height="32" border="0"
                    style=(format!("display:inline-block;height:32px;width:auto;max-width:220px;border:0;border-radius:6px;{FONT};font-size:16px;font-weight:600;color:{TEXT};"));,
                None => span.m-text style=(format!("{FONT};font-size:16px;line-height:1.3;font-weight:600;color:{TEXT};")) { (page.shop) },
            }
        };
        html! {
            tr { td align=(self.start) style="padding:0 4px 16px;" {
                @match &look.home {
                    Some(home) => a href=(home.as_str()) style="text-decoration:none;" { (name) },
                    None => (name),
                }
            } }
        }
    }

    fn card(&self, page: &Page<'_>) -> Markup {
        html! {
            h1.m-text style=(format!("margin:0 0 20px;{FONT};font-size:20px;line-height:1.3;font-weight:600;color:{TEXT};")) dir="auto" { (page.title) }
            @for (n, section) in page.sections.iter().enumerate() {
                @match section {
                    Section::Said(said) => (self.said(said, n > 0 && !matches!(page.sections[n - 1], Section::Person { .. }))),
                    Section::Note(text) => p.m-soft style=(format!("margin:0 0 16px;{FONT};font-size:14px;line-height:1.45;color:{SOFT};")) dir="auto" { (text) },
                    Section::Person { name, address, page, open } => (self.person(name, address.as_deref(), page.as_ref(), open.as_ref(), n > 0)),
                }
            }
            @if let Some((words, link)) = &page.button { (self.button(words, link)) }
            @if let Some(hint) = &page.hint {
                p.m-soft style=(format!("margin:0;{FONT};font-size:14px;line-height:1.45;color:{SOFT};")) dir="auto" { (hint) }
            }
            @if !page.earlier.is_empty() { (self.earlier(page)) }
        }
    }

    /// Initials in a circle, the name, the time; the words large below.
    fn said(&self, said: &Said, line_above: bool) -> Markup {
        let (ground, ink) = if said.ours {
            (self.accent.to_string(), self.on_accent.to_string())
        } else {
            (CHIP.to_owned(), TEXT.to_owned())
        };
        let initial: String = said
            .who
            .chars()
            .find(|c| c.is_alphanumeric())
            .map(|c| c.to_uppercase().collect())
            .unwrap_or_default();
        let above =
            if line_above { format!("border-top:1px solid {LINE};padding-top:16px;") } else { String::new() };
        html! {
            table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 16px;" {
                tr { td.m-line style=(above) {
                    table role="presentation" cellpadding="0" cellspacing="0" border="0" {
                        tr {
                            td.m-chip[!said.ours] width="32" height="32" align="center" valign="middle" bgcolor=(ground)
                                style=(format!("width:32px;height:32px;border-radius:16px;background-color:{ground};color:{ink};{FONT};font-size:14px;line-height:32px;font-weight:600;")) { (initial) }
                            td align=(self.start) valign="middle" style="padding:0 10px;" {
                                span.m-text style=(format!("{FONT};font-size:14px;line-height:1.3;font-weight:600;color:{TEXT};")) { bdi { (said.who) } }
                                " "
                                span.m-soft style=(format!("{FONT};font-size:13px;line-height:1.3;color:{SOFT};white-space:nowrap;")) { bdi dir="ltr" { (said.when) } }
                            }
                        }
                    }
                    @if !said.text.is_empty() {
                        div.m-text dir="auto" style=(format!("padding:10px 0 0;{FONT};font-size:17px;line-height:1.5;color:{TEXT};word-break:break-word;overflow-wrap:anywhere;")) { (self.rich(&if said.pictured { pictured(&said.text) } else { blocks(&said.text) })) }
                    }
                    @for file in &said.files {
                        div style=(format!("padding:8px 0 0;{FONT};font-size:15px;line-height:1.45;")) {
                            a.m-link href=(file.link.as_str()) style=(format!("color:{};", self.link)) { bdi { (file.name.as_str()) } }
                            span.m-soft style=(format!("font-size:13px;color:{SOFT};white-space:nowrap;")) { " · " bdi dir="ltr" { (size(file.bytes)) } }
                        }
                    }
                } }
            }
        }
    }

    fn person(
        &self,
        name: &str,
        address: Option<&str>,
        page: Option<&(String, Link)>,
        open: Option<&(String, Link)>,
        line_above: bool,
    ) -> Markup {
        let above =
            if line_above { format!("border-top:1px solid {LINE};padding-top:16px;") } else { String::new() };
        html! {
            table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 16px;" {
                tr { td.m-line align=(self.start) style=(format!("{above}{FONT};font-size:14px;line-height:1.45;")) {
                    span.m-text style=(format!("font-size:16px;font-weight:600;color:{TEXT};")) { bdi { (name) } }
                    @if let Some(address) = address { br; span.m-soft style=(format!("color:{SOFT};")) { (address) } }
                    @if let Some((on, link)) = page {
                        br;
                        span.m-soft style=(format!("color:{SOFT};word-break:break-all;")) {
                            (on) " "
                            a.m-link href=(link.as_str()) style=(format!("color:{};", self.link)) { (shown_address(link)) }
                        }
                    }
                    @if let Some((words, link)) = open {
                        br;
                        a.m-link href=(link.as_str()) style=(format!("color:{};font-weight:600;", self.link)) { (words) }
                    }
                } }
            }
        }
    }

    /// The whole cell is the button, and large enough for a thumb.
    fn button(&self, words: &str, link: &Link) -> Markup {
        let (ground, ink) = (self.accent, self.on_accent);
        html! {
            table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 16px;" {
                tr { td align="center" bgcolor=(ground) style=(format!("background-color:{ground};border-radius:8px;")) {
                    a href=(link.as_str()) target="_blank" style=(format!(
                        "display:inline-block;padding:13px 22px;border:1px solid {ground};border-radius:8px;background-color:{ground};color:{ink};{FONT};font-size:16px;line-height:20px;font-weight:600;text-decoration:none;mso-padding-alt:0;"
                    )) {
                        (PreEscaped("<!--[if mso]><i style=\"letter-spacing:22px;mso-font-width:-100%;mso-text-raise:26px\">&nbsp;</i><![endif]-->"))
                        span style=(format!("color:{ink};mso-text-raise:13px;")) { (words) }
                        (PreEscaped("<!--[if mso]><i style=\"letter-spacing:22px;mso-font-width:-100%\">&nbsp;</i><![endif]-->"))
                    }
                } }
            }
        }
    }

    fn earlier(&self, page: &Page<'_>) -> Markup {
        let edge = self.start;
        html! {
            table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0 0;" {
                tr { td.m-line.m-soft align=(self.start) style=(format!("border-top:1px solid {LINE};padding:16px 0 4px;{FONT};font-size:13px;line-height:1.3;color:{SOFT};")) { (page.earlier_title) } }
                @for said in &page.earlier {
                    tr { td align=(self.start) style="padding:8px 0 0;" {
                        table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" {
                            tr { td.m-line align=(self.start) style=(format!("border-{edge}:3px solid {LINE};padding:0 12px;")) {
                                div.m-soft style=(format!("{FONT};font-size:13px;line-height:1.3;color:{SOFT};")) { bdi { (said.who) } " · " bdi dir="ltr" { (said.when) } }
                                div.m-soft dir="auto" style=(format!("padding:2px 0 0;{FONT};font-size:14px;line-height:1.45;color:{SOFT};word-break:break-word;overflow-wrap:anywhere;")) { (self.rich(&blocks(&said.text))) }
                                @for file in &said.files {
                                    div style=(format!("{FONT};font-size:13px;line-height:1.45;")) { a.m-link href=(file.link.as_str()) style=(format!("color:{};", self.link)) { bdi { (file.name.as_str()) } } }
                                }
                            } }
                        }
                    } }
                }
            }
        }
    }

    fn foot(&self, page: &Page<'_>) -> Markup {
        html! {
            tr { td align=(self.start) style=(format!("padding:20px 4px 0;{FONT};font-size:13px;line-height:1.5;")) {
                @if !page.signature.is_empty() {
                    div.m-soft dir="auto" style=(format!("color:{SOFT};")) { (self.rich(&blocks(&page.signature))) }
                }
                @if !page.why.is_empty() {
                    div.m-soft dir="auto" style=(format!("padding:8px 0 0;color:{SOFT};font-size:12px;")) { (page.why) }
                }
                @if let Some((words, link)) = &page.leave {
                    div style="padding:4px 0 0;font-size:12px;" { a.m-soft href=(link.as_str()) style=(format!("color:{SOFT};text-decoration:underline;")) { (words) } }
                }
            } }
        }
    }

    fn rich(&self, read: &[Block]) -> Markup {
        html! {
            @for block in read {
                @match block {
                    Block::Lines(lines) => @for (n, line) in lines.iter().enumerate() { @if n > 0 { br; } (self.spans(line)) },
                    Block::List(items) => ul style="margin:4px 0;padding:0 20px;" { @for item in items { li { (self.spans(item)) } } },
                    Block::Picture { shows, to } => (self.picture(shows, to)),
                }
            }
        }
    }

    /// As wide as the words at most. Outlook on Windows takes the width from the attribute; who loads no pictures reads what it shows.
    fn picture(&self, shows: &str, to: &Link) -> Markup {
        html! {
            div style="padding:8px 0;" {
                a.m-link href=(to.as_str()) target="_blank" style=(format!("color:{};text-decoration:none;", self.link)) {
                    img src=(to.as_str()) alt=(shows) width="480" border="0"
                        style=(format!("display:block;width:auto;max-width:100%;height:auto;max-height:360px;border:0;border-radius:10px;{FONT};font-size:15px;line-height:1.45;"));
                }
            }
        }
    }

    fn spans(&self, spans: &[Span]) -> Markup {
        html! {
            @for span in spans {
                @match span {
                    Span::Text(text) => (text),
                    Span::Bold(text) => strong { (text) },
                    Span::Italic(text) => em { (text) },
                    Span::Link { text, to } => a.m-link href=(to.as_str()) style=(format!("color:{};", self.link)) { (text) },
                }
            }
        }
    }
}

fn ground(token: &str) -> Option<Rgb> {
    Rgb::parse(token)
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

/// An address without its scheme and what follows `?`: people look at where, not how.
fn shown_address(link: &Link) -> &str {
    let text = link.as_str();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    text.split(['?', '#']).next().unwrap_or(text).trim_end_matches('/')
}
