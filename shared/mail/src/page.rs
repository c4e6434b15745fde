//! Where a link of a mail leads that we answer ourselves: one card, in the look of the mail that it came from. It runs nothing and fetches
//! nothing, so that it is the same in every browser, and a policy may forbid all else.

use crate::header::Link;
use crate::outgoing::html::{FROM_THE_RIGHT, TOKENS};
use domain::settings::{Language, Palette, Rgb};
use maud::{DOCTYPE, PreEscaped, html};

/// What such a page says. All of it is text.
#[derive(Debug, Clone, Copy)]
pub struct LinkPage<'a> {
    pub language: &'a Language,
    /// The shop, if it is known whose mail it was: its name, and its first page.
    pub shop: Option<(&'a str, Option<&'a Link>)>,
    pub palette: Palette,
    pub title: &'a str,
    pub text: &'a str,
    /// Posts to where the page is, with nothing in it.
    pub button: Option<&'a str>,
}

impl LinkPage<'_> {
    #[must_use]
    pub fn html(&self) -> String {
        let language = self.language.as_str();
        let dir = if FROM_THE_RIGHT.contains(&self.language.primary()) { "rtl" } else { "ltr" };
        let markup = html! {
            (DOCTYPE)
            html lang=(language) dir=(dir) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="robots" content="noindex";
                    title { (self.title) }
                    style { (PreEscaped(style(&self.palette))) }
                }
                body {
                    main {
                        @if let Some((shop, home)) = self.shop {
                            p.shop dir="auto" { @match home { Some(home) => a href=(home.as_str()) { (shop) }, None => (shop) } }
                        }
                        div.card role="status" {
                            h1 dir="auto" { (self.title) }
                            p dir="auto" { (self.text) }
                            @if let Some(button) = self.button {
                                form method="post" { button type="submit" { (button) } }
                            }
                        }
                    }
                }
            }
        };
        markup.into_string()
    }
}

/// The tokens of mails; nothing in it comes from anybody but us and the merchant's colour.
fn style(palette: &Palette) -> String {
    let roles = |dark: bool| {
        let tokens =
            TOKENS.map(|(name, light, is_dark)| format!("--{name}:{};", if dark { is_dark } else { light }));
        tokens.concat()
    };
    let (accent, on_accent) = (palette.accent, palette.on_accent);
    let (focus, focus_dark): (Rgb, Rgb) = (palette.control_on_light, palette.control_on_dark);
    format!(
        ":root{{color-scheme:light dark;{light}--focus:{focus}}}\
         @media (prefers-color-scheme:dark){{:root{{{dark}--focus:{focus_dark}}}}}\
         *{{box-sizing:border-box}}\
         body{{margin:0;background:var(--surface-1);color:var(--text);font:15px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}}\
         main{{max-width:560px;margin:0 auto;padding:min(14vh,120px) 12px 32px;overflow-wrap:anywhere}}\
         .shop{{margin:0;padding:0 4px 16px;font-size:16px;line-height:1.3;font-weight:600}}\
         .shop a{{color:inherit;text-decoration:none}}\
         .card{{background:var(--surface-raised);border:1px solid var(--line);border-radius:10px;padding:28px 28px 24px}}\
         h1{{margin:0 0 12px;font-size:20px;line-height:1.3;font-weight:600}}\
         .card p{{margin:0;color:var(--text-soft)}}\
         form{{margin:24px 0 0}}\
         button{{min-height:44px;padding:10px 20px;border:0;border-radius:6px;background:{accent};color:{on_accent};font:inherit;font-weight:600;cursor:pointer}}\
         :focus-visible{{outline:2px solid var(--focus);outline-offset:2px;border-radius:6px}}\
         @media (max-width:480px){{.card{{padding:20px 18px}}button{{width:100%}}}}",
        light = roles(false),
        dark = roles(true),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_5_everything_on_it_is_text_and_it_fetches_and_runs_nothing() {
        for (tag, dir) in [("en", "ltr"), ("es", "ltr"), ("pt-BR", "ltr"), ("it", "ltr"), ("ar", "rtl")] {
            let home = Link::parse("https://shop.example/").unwrap();
            let evil = "<script>alert(1)</script> & \"co\"</style>";
            let page = LinkPage {
                language: &Language::parse(tag).unwrap(),
                shop: Some((evil, Some(&home))),
                palette: Rgb::DEFAULT.palette(None),
                title: evil,
                text: evil,
                button: Some(evil),
            };
            let html = page.html();
            assert!(html.contains(&format!("lang=\"{tag}\" dir=\"{dir}\"")), "{html}");
            assert_eq!(html.matches("&lt;script&gt;").count(), 5, "{html}");
            assert_eq!(html.matches("</style>").count(), 1, "{html}");
            for never in ["<script", "src=", "url(", "@import", "<link", "<img", "onclick"] {
                assert!(!html.contains(never), "{never}: {html}");
            }
            assert!(html.contains("<form method=\"post\">"), "{html}");
        }
    }
}
