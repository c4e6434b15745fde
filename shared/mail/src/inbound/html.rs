//! A mail's HTML as text, with marks where programs say that history or a signature begins.
//!
//! Read as a stream of tags, in one pass: no tree is built and no tag is followed to its partner, so that what is nested a million deep or never
//! closed costs what its bytes cost. (html5ever's tokenizer compares each attribute with all before it: a tag of a quarter of a
//! million attributes would take minutes.) Entities are mail-parser's.

use mail_parser::decoders::html::add_html_token;

/// Lines of their own in what [`render`] makes; no mail holds these characters ([`super::charset`]).
pub(super) const HISTORY: &str = "\u{E001}";
pub(super) const SIGNATURE: &str = "\u{E002}";
pub(super) const SIGNATURE_END: &str = "\u{E003}";

/// Attributes of one tag that are looked at.
const MAX_ATTRIBUTES: usize = 40;
const MAX_QUOTES: usize = 5;

/// Text; quoted lines begin with `> `; the marks above stand on lines of their own.
pub(super) fn render(html: &str) -> String {
    let mut page = Page::default();
    let mut rest = html;
    let mut tags_end = true;
    while let Some(at) = rest.find('<').filter(|_| tags_end) {
        page.text(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
        } else if rest.starts_with("<!") || rest.starts_with("<?") {
            rest = rest.find('>').map_or("", |end| &rest[end + 1..]);
        } else if let Some((tag, after)) = Tag::read(rest) {
            rest = after;
            if let Some(raw) = tag.raw_text() {
                rest = behind(rest, raw);
            } else if tag.ends {
                page.end(&tag.name);
            } else {
                page.start(&tag);
            }
        } else if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
            // A tag that never ends: what follows is text, and nobody looks for an end again.
            tags_end = false;
        } else {
            page.text("<");
            rest = &rest[1..];
        }
    }
    page.text(rest);
    page.finish()
}

/// Behind `</name>`, or nowhere.
fn behind<'a>(text: &'a str, name: &str) -> &'a str {
    for (at, _) in text.match_indices("</") {
        let after = &text[at + 2..];
        if after.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return after.find('>').map_or("", |end| &after[end + 1..]);
        }
    }
    ""
}

struct Tag<'a> {
    name: String,
    ends: bool,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Tag<'a> {
    /// `None` for what is no tag, or one that never ends.
    fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let inner = text.strip_prefix('<')?;
        let (ends, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
        inner.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(())?;
        let name_end = inner.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/')?;
        let mut tag = Self {
            name: inner[..name_end].chars().take(40).collect::<String>().to_ascii_lowercase(),
            ends,
            attributes: Vec::new(),
        };
        let mut rest = &inner[name_end..];
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if let Some(after) = rest.strip_prefix('>') {
                return Some((tag, after));
            }
            let name_end = rest.find(|c: char| c.is_ascii_whitespace() || "=>/".contains(c))?;
            // An attribute may begin with an equals sign; it is not one of those that we know.
            let name = &rest[..name_end];
            rest = rest[name_end..].trim_start();
            let mut value = "";
            if let Some(after) = rest.strip_prefix('=') {
                let after = after.trim_start();
                let (found, next) = match after.chars().next()? {
                    quote @ ('"' | '\'') => after[1..].split_once(quote)?,
                    _ => after.split_at(after.find(|c: char| c.is_ascii_whitespace() || c == '>')?),
                };
                (value, rest) = (found, next);
            }
            if tag.attributes.len() < MAX_ATTRIBUTES {
                tag.attributes.push((name, value));
            }
        }
    }

    fn get(&self, name: &str) -> &'a str {
        self.attributes
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value)
    }

    /// In lower case and without white space, so that `border: none` and `BORDER:NONE` are one.
    fn style(&self) -> String {
        self.get("style")
            .chars()
            .take(2_000)
            .filter(|c| !c.is_whitespace())
            .flat_map(char::to_lowercase)
            .collect()
    }

    /// What holds no tags: skipped as a whole.
    fn raw_text(&self) -> Option<&'static str> {
        if self.ends {
            return None;
        }
        ["script", "style", "title", "textarea", "xmp", "noembed", "noframes"]
            .into_iter()
            .find(|name| *name == self.name)
    }
}

#[derive(Default)]
struct Page {
    out: String,
    line: String,
    /// A blank line goes before the next words.
    gap: bool,
    space: bool,
    pre: usize,
    quotes: usize,
    /// For each open blockquote whether it quotes; some only indent.
    blockquotes: Vec<bool>,
    /// What is not shown, until as many ends as beginnings of its name have come.
    hidden: Option<(String, usize)>,
    signature: Option<(String, usize)>,
    link: Option<(String, usize)>,
}

impl Page {
    fn text(&mut self, text: &str) {
        if self.hidden.is_some() || text.is_empty() {
            return;
        }
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            self.words(&rest[..at]);
            rest = &rest[at..];
            let token = rest.as_bytes().iter().take(32).position(|b| *b == b';').map(|end| &rest[..=end]);
            match token.filter(|token| {
                token[1..token.len() - 1].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
                    && token.len() > 2
            }) {
                Some(token) => {
                    let mut decoded = String::new();
                    add_html_token(&mut decoded, token.as_bytes(), false);
                    decoded.retain(|c| {
                        !('\u{E000}'..='\u{E00F}').contains(&c) && (!c.is_control() || c == '\n')
                    });
                    self.words(&decoded);
                    rest = &rest[token.len()..];
                }
                None => {
                    self.words("&");
                    rest = &rest[1..];
                }
            }
        }
        self.words(rest);
    }

    fn words(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' if self.pre > 0 => self.line_break(),
                ' ' | '\n' | '\t' | '\u{c}' if self.pre == 0 => self.space = true,
                c => {
                    if std::mem::take(&mut self.space) && !self.line.is_empty() && !self.line.ends_with(' ') {
                        self.line.push(' ');
                    }
                    self.line.push(if c == '\u{A0}' { ' ' } else { c });
                }
            }
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let name = tag.name.as_str();
        if let Some((hidden, depth)) = &mut self.hidden {
            *depth += usize::from(hidden == name);
            return;
        }
        let style = tag.style();
        let void = matches!(
            name,
            "br" | "hr" | "img" | "input" | "meta" | "link" | "col" | "area" | "base" | "wbr" | "source"
        );
        if !void
            && (style.contains("display:none")
                || matches!(name, "template" | "svg" | "math" | "object" | "select"))
        {
            self.hidden = Some((tag.name.clone(), 1));
            return;
        }
        if let Some((signature, depth)) = &mut self.signature {
            *depth += usize::from(signature == name);
        } else if self.quotes == 0 && !void {
            if begins_signature(tag) {
                self.mark(SIGNATURE);
                self.signature = Some((tag.name.clone(), 1));
            } else if begins_history(tag, &style) {
                self.mark(HISTORY);
            }
        }
        match name {
            "br" => self.line_break(),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dl" | "ul" | "ol" => {
                self.block();
                self.gap |= name.starts_with('h') || (name == "p" && has_margins(tag, &style));
            }
            "pre" => {
                self.block();
                self.pre += 1;
            }
            "li" => {
                self.block();
                self.line.push_str("- ");
            }
            "blockquote" => {
                self.block();
                let quotes = !is_indentation(tag, &style);
                self.blockquotes.push(quotes);
                self.quotes += usize::from(quotes);
            }
            "td" | "th" => self.space = true,
            "a" => self.link = Some((tag.get("href").trim().to_owned(), self.line.len())),
            "img" => {
                let alt = tag.get("alt");
                // Programs of some age send smileys so.
                if alt.chars().count() <= 4 && alt.chars().any(|c| !c.is_ascii() && !c.is_alphanumeric()) {
                    self.text(alt);
                }
            }
            name if is_block(name) => self.block(),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if let Some((hidden, depth)) = &mut self.hidden {
            *depth -= usize::from(hidden == name);
            if *depth == 0 {
                self.hidden = None;
            }
            return;
        }
        match name {
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.block(),
            "pre" => {
                self.block();
                self.pre = self.pre.saturating_sub(1);
            }
            "blockquote" => {
                self.block();
                if self.blockquotes.pop() == Some(true) {
                    self.quotes -= 1;
                }
            }
            "a" => self.link_ends(),
            name if is_block(name) => self.block(),
            _ => {}
        }
        if let Some((signature, depth)) = &mut self.signature {
            *depth -= usize::from(signature == name);
            if *depth == 0 {
                self.signature = None;
                self.mark(SIGNATURE_END);
            }
        }
    }

    /// Where a link leads, unless its words say so.
    fn link_ends(&mut self) {
        let Some((to, from)) = self.link.take() else { return };
        let shown = self.line.get(from..).unwrap_or_default().trim();
        let bare = |text: &str| {
            text.trim_start_matches("https://")
                .trim_start_matches("http://")
                .trim_start_matches("www.")
                .trim_end_matches('/')
                .to_owned()
        };
        let leads = to.starts_with("https://") || to.starts_with("http://");
        if leads
            && to.len() <= 500
            && !shown.is_empty()
            && !shown.contains(&bare(&to))
            && !bare(&to).starts_with(&bare(shown))
            && self.signature.is_none()
        {
            self.line.push_str(&format!(" ({to})"));
        }
    }

    fn line_break(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.push(line.trim_end());
        self.space = false;
        if let Some((_, from)) = &mut self.link {
            *from = 0;
        }
    }

    fn block(&mut self) {
        if self.line.trim().is_empty() {
            self.line.clear();
            self.space = false;
        } else {
            self.line_break();
        }
    }

    fn mark(&mut self, mark: &str) {
        self.block();
        self.out.push_str(mark);
        self.out.push('\n');
    }

    fn push(&mut self, line: &str) {
        let quotes = self.quotes.min(MAX_QUOTES);
        if std::mem::take(&mut self.gap)
            && !line.is_empty()
            && !self.out.is_empty()
            && !self.out.ends_with("\n\n")
        {
            self.out.push_str(&">".repeat(quotes));
            self.out.push('\n');
        }
        if quotes > 0 {
            self.out.push_str(&">".repeat(quotes));
            self.out.push(' ');
        }
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn finish(mut self) -> String {
        self.block();
        self.out
    }
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "div"
            | "table"
            | "tr"
            | "tbody"
            | "thead"
            | "ul"
            | "ol"
            | "li"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "main"
            | "center"
            | "dl"
            | "dt"
            | "dd"
            | "form"
            | "fieldset"
            | "address"
            | "figure"
            | "hr"
            | "body"
            | "html"
            | "head"
            | "aside"
            | "nav"
            | "p"
            | "pre"
            | "blockquote"
    )
}

/// Outlook writes each line as a paragraph without margins.
fn has_margins(tag: &Tag<'_>, style: &str) -> bool {
    let class = tag.get("class").to_ascii_lowercase();
    let none = class.contains("mso")
        || style.contains("margin:0")
        || (style.contains("margin-top:0") && style.contains("margin-bottom:0"));
    !none
}

/// Gmail's and Outlook's *indent*.
fn is_indentation(tag: &Tag<'_>, style: &str) -> bool {
    let quotes = tag.get("class").contains("quote")
        || tag.get("type").eq_ignore_ascii_case("cite")
        || !tag.get("cite").is_empty();
    !quotes && (style.contains("border:none") || style.contains("border:0")) && style.contains("40px")
}

fn begins_signature(tag: &Tag<'_>) -> bool {
    let class = tag.get("class").to_ascii_lowercase();
    let id = tag.get("id").to_ascii_lowercase();
    let classes = [
        "gmail_signature",
        "moz-signature",
        "protonmail_signature_block",
        "yahoo-signature",
        "ydpsignature",
        "zmail_signature",
    ];
    class.split_ascii_whitespace().any(|word| classes.contains(&word))
        || matches!(
            id.as_str(),
            "signature"
                | "applemailsignature"
                | "ms-outlook-mobile-signature"
                | "outlooksignature"
                | "yahoosignature"
                | "ymail_android_signature"
        )
        || tag.get("data-smartmail") == "gmail_signature"
}

fn begins_history(tag: &Tag<'_>, style: &str) -> bool {
    let class = tag.get("class").to_ascii_lowercase();
    let id = tag.get("id").to_ascii_lowercase();
    let classes = ["yahoo_quoted", "zmail_extra", "outlookmessageheader"];
    class.split_ascii_whitespace().any(|word| classes.contains(&word))
        || matches!(
            id.as_str(),
            "divrplyfwdmsg"
                | "appendonsend"
                | "mail-editor-reference-message-container"
                | "olk_src_body_section"
        )
        || id.starts_with("yahoo_quoted")
        || (tag.name == "div" && tag.get("name") == "quote")
        || [
            "border-top:solid#e1e1e1",
            "border-top:solid#b5c4df",
            "border-top:#e1e1e11.0ptsolid",
            "border-top:1ptsolid#e1e1e1",
        ]
        .iter()
        .any(|edge| style.contains(edge))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_lines() {
        let table = [
            ("<div>a</div><div><br></div><div>b</div>", "a||b"),
            ("a<br>b<br/>c", "a|b|c"),
            ("<p>a</p><p>b</p>", "a||b"),
            ("<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>", "a|b"),
            ("<p class=\"MsoNormal\">a<o:p></o:p></p><p class=\"MsoNormal\"><o:p>&nbsp;</o:p></p>b", "a|b"),
            ("a &amp; b &lt;c&gt; &eacute; &#233; &#x1F600; &nope; &", "a & b <c> é é 😀 &nope; &"),
            ("<ul><li>a</li><li>b<b>c</b></li></ul>d", "- a|- bc|d"),
            ("<pre>a\n  b</pre>c", "a|  b|c"),
            ("<style>p{}</style><script>x<y</script><title>t</title>a", "a"),
            ("<div style=\"display: none\">x<div>y</div>z</div>a", "a"),
            ("<a href=\"https://a.example/x\">here</a>!", "here (https://a.example/x)!"),
            (
                "<a href=\"https://a.example/\">a.example</a> <a href='mailto:a@b.c'>a@b.c</a>",
                "a.example a@b.c",
            ),
            ("<blockquote>q<br>r</blockquote>a", "> q|> r|a"),
            ("<blockquote style=\"margin: 0 0 0 40px; border: none; padding: 0px\">in</blockquote>", "in"),
            ("<div class=gmail_signature>s</div>a", "\u{E002}|s|\u{E003}|a"),
            ("a < b <3 c", "a < b <3 c"),
            ("a<div b", "a<div b"),
            ("a<!-- x --><![if y]>b", "ab"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b|c"),
            ("x\u{a0}y  z", "x y z"),
        ];
        for (html, expect) in table {
            assert_eq!(render(html).trim_end().replace('\n', "|"), expect, "{html}");
        }
    }

    #[test]
    fn a_33_what_never_ends_costs_what_its_bytes_cost() {
        for unit in [
            "<div>",
            "<a x=\"",
            "<!--",
            "<",
            "&",
            "<a b",
            "</",
            "<script>",
            "<blockquote>",
            "&amp",
            "<a =",
            "<a b=c ",
            "> ",
            "\u{202e}",
        ] {
            let text = render(&unit.repeat((1 << 20) / unit.len()));
            assert!(text.len() <= 8 << 20, "{unit}: {}", text.len());
        }
    }
}
