//! What every mail of ours must be, whatever is put into it.

#[path = "../examples/look/samples.rs"]
mod samples;

use domain::Timestamp;
use domain::settings::{Language, Rgb};
use mail_parser::{HeaderValue, MessageParser};
use mostrador_mail::{Author, HeaderText, Line, LoopMark, MAIL_TEXTS, Mail, MailFile, compose};
use proptest::prelude::*;
use samples::{LANGUAGES, NOW, line, link, mails, name, outgoing};
use std::collections::BTreeSet;

fn headers(raw: &[u8]) -> Vec<(String, String)> {
    let text = std::str::from_utf8(raw).expect("what we send is ASCII");
    let (head, _) = text.split_once("\r\n\r\n").expect("headers end");
    let mut found: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        match line.strip_prefix([' ', '\t']) {
            Some(more) => found.last_mut().expect("a header before").1.push_str(&format!(" {more}")),
            None => {
                let (name, value) = line.split_once(':').expect("a header has a colon");
                found.push((name.to_owned(), value.trim().to_owned()));
            }
        }
    }
    found
}

fn header(raw: &[u8], wanted: &str) -> Option<String> {
    headers(raw).into_iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
}

const OURS: [&str; 16] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "In-Reply-To",
    "References",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "X-Mostrador-Loop",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

#[test]
fn every_mail_is_whole_in_every_language() {
    for language in LANGUAGES {
        for (kind, mail) in mails(language) {
            let outgoing = outgoing(language, "#0f766e", false, mail);
            let composed = compose(&outgoing);
            let what = format!("{kind} in {language}");
            assert_eq!(compose(&outgoing), composed, "{what}: the same twice");
            let parsed = MessageParser::new().parse(&composed.raw).expect("a mail");
            assert_eq!(parsed.subject(), Some(composed.subject.as_str()), "{what}");
            assert_eq!(
                parsed.body_text(0).map(|t| t.replace("\r\n", "\n")).as_deref(),
                Some(composed.text.as_str()),
                "{what}"
            );
            assert_eq!(
                parsed.body_html(0).map(|t| t.replace("\r\n", "\n")),
                Some(composed.html.clone()),
                "{what}"
            );
            assert_eq!(parsed.attachment_count(), 0, "{what}");
            assert_eq!(
                parsed.date().map(mail_parser::DateTime::to_timestamp),
                Some((NOW.0 / 1000) as i64),
                "{what}"
            );
            assert!(
                composed.raw.split(|b| *b == b'\n').all(|line| line.len() <= 998),
                "{what}: RFC 5322's longest line"
            );
            for forbidden in
                ["<script", "javascript:", "{shop}", "{agents}", "{reference}", "{count}", "{date}"]
            {
                assert!(
                    !composed.html.contains(forbidden) && !composed.text.contains(forbidden),
                    "{what}: {forbidden}"
                );
            }
            assert!(composed.html.len() < 60_000, "{what}: {} bytes", composed.html.len());
            let direction = if language == "he" { "rtl" } else { "ltr" };
            assert!(
                composed.html.contains(&format!("<html lang=\"{language}\" dir=\"{direction}\">")),
                "{what}"
            );
        }
    }
}

#[test]
fn an_answer_carries_what_mail_programs_ask_for() {
    let answers = mails("es").remove(0).1;
    let composed = compose(&outgoing("es", "#0f766e", true, answers));
    let raw = &composed.raw;
    let check = |name: &str, expect: Option<&str>| assert_eq!(header(raw, name).as_deref(), expect, "{name}");
    check("Message-ID", Some("<3.conv@mail.example>"));
    check("In-Reply-To", Some("<2.conv@mail.example>"));
    check("References", Some("<1.conv@mail.example> <2.conv@mail.example>"));
    check("List-Unsubscribe-Post", Some("List-Unsubscribe=One-Click"));
    check(
        "List-Unsubscribe",
        Some("<https://chat.tienda.example/mail/off?t=abc>, <mailto:off+abc@reply.tienda.example>"),
    );
    check("X-Mostrador-Loop", Some("demo"));
    check("Auto-Submitted", None);
    assert!(header(raw, "Reply-To").unwrap().ends_with("<fivcukrkfivcukrkfivcukrkfi@reply.tienda.example>"));
    assert!(header(raw, "Content-Type").unwrap().starts_with("multipart/alternative"));
    assert_eq!(composed.subject, "Tu conversación con La Tienda de Ana (K7Q2)");
    for said in [
        "Te he apartado el de la 38",
        "20 nov 2026, 13:53",
        "Ana",
        "Luis",
        "abrigo-azul-frente.jpg",
        "¿Tenéis el abrigo",
    ] {
        assert!(composed.html.contains(said), "HTML without {said}");
        assert!(composed.text.contains(said), "text without {said}");
    }
    assert!(
        composed.html.contains("<strong>azul marino</strong>") && composed.html.contains("<em>verde</em>")
    );
    assert!(composed.html.contains("<li>talla 38</li>"));
    assert_eq!(composed.html.matches("abrigo-lana#mostrador=resume").count(), 1, "one button");
}

#[test]
fn what_no_person_wrote_says_so() {
    for (kind, mail) in mails("en") {
        let raw = compose(&outgoing("en", "#0f766e", false, mail)).raw;
        let expect = (kind != "answers").then_some("auto-generated");
        assert_eq!(header(&raw, "Auto-Submitted").as_deref(), expect, "{kind}");
        assert_eq!(header(&raw, "X-Auto-Response-Suppress").as_deref(), Some("OOF, AutoReply"), "{kind}");
    }
    let automatic = line(Author::Automatic(name("La Tienda")), 1, "We are back on Monday.");
    let mail = Mail::Answers {
        answers: vec![automatic],
        earlier: vec![],
        resume: link("https://a.example"),
        files_until: None,
    };
    assert_eq!(
        header(&compose(&outgoing("en", "#0f766e", false, mail)).raw, "Auto-Submitted").as_deref(),
        Some("auto-generated")
    );
}

#[test]
fn without_a_reply_address_the_mail_says_that_answers_are_not_read() {
    let mut outgoing = outgoing("en", "#0f766e", false, mails("en").remove(0).1);
    outgoing.envelope.reply_to = None;
    outgoing.envelope.unsubscribe = None;
    outgoing.envelope.in_reply_to = None;
    outgoing.envelope.references = vec![];
    let composed = compose(&outgoing);
    assert!(composed.text.contains("are not read") && !composed.text.contains("just reply"));
    for absent in ["Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post", "In-Reply-To", "References"] {
        assert_eq!(header(&composed.raw, absent), None);
    }
}

#[test]
fn a_long_conversation_keeps_to_its_limits_and_says_what_is_left_out() {
    let long = "palabra ".repeat(1_200);
    let lines: Vec<Line> =
        (0..40).map(|n| line(Author::Agent(name("Ana")), 100 - n, &format!("nº {n} {long}"))).collect();
    let resume = link("https://a.example");
    let mail = Mail::Answers {
        answers: lines.clone(),
        earlier: lines.clone(),
        resume: resume.clone(),
        files_until: None,
    };
    let composed = compose(&outgoing("es", "#0f766e", false, mail));
    assert!(composed.html.len() < 100_000, "{}", composed.html.len());
    assert!(composed.text.contains("nº 0 ") && composed.text.contains("36 más en la conversación"));
    let composed = compose(&outgoing(
        "es",
        "#0f766e",
        false,
        Mail::Transcript { lines, resume: Some(resume), files_until: None, to_agent: false },
    ));
    assert!(
        composed.text.contains("nº 39 ")
            && !composed.text.contains("nº 0 ")
            && composed.text.contains("36 más")
    );
}

#[test]
fn references_are_the_first_and_the_newest() {
    let mut outgoing = outgoing("en", "#0f766e", false, mails("en").remove(0).1);
    let id = |n: usize| mostrador_mail::MessageId::parse(&format!("{n}@m.example")).unwrap();
    outgoing.envelope.references = (0..50).map(id).collect();
    let written = header(&compose(&outgoing).raw, "References").unwrap();
    assert!(
        written.starts_with("<0@m.example> <41@m.example>") && written.ends_with("<49@m.example>"),
        "{written}"
    );
    outgoing.envelope.references = vec![id(0)];
    assert_eq!(header(&compose(&outgoing).raw, "References").as_deref(), Some("<0@m.example>"));
}

/// `--name: oklch(l c h)` as sRGB.
fn token(css: &str, name: &str) -> String {
    let (_, rest) = css.split_once(&format!("--{name}: oklch(")).unwrap_or_else(|| panic!("no token {name}"));
    let numbers: Vec<f64> = rest.split(')').next().unwrap().split(' ').map(|n| n.parse().unwrap()).collect();
    let (l, c, h) = (numbers[0], numbers[1], numbers.get(2).copied().unwrap_or(0.0).to_radians());
    let (a, b) = (c * h.cos(), c * h.sin());
    let cube = |x: f64| x * x * x;
    let (l, m, s) = (
        cube(l + 0.396_337_777_4 * a + 0.215_803_757_3 * b),
        cube(l - 0.105_561_345_8 * a - 0.063_854_172_8 * b),
        cube(l - 0.089_484_177_5 * a - 1.291_485_548_0 * b),
    );
    let part = |x: f64| {
        let x = if x <= 0.003_130_8 { 12.92 * x } else { 1.055 * x.powf(1.0 / 2.4) - 0.055 };
        (255.0 * x.clamp(0.0, 1.0) + 0.5).floor() as u8
    };
    let [r, g, b] = [
        part(4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s),
        part(-1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s),
        part(-0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s),
    ];
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[test]
fn the_colours_are_the_tokens_of_the_dashboard_and_can_be_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/dashboard/src/styles/tokens.css");
    let css = std::fs::read_to_string(path).expect("the tokens");
    let (light, dark) = css.split_once("prefers-color-scheme: dark").expect("two themes");
    let html = compose(&outgoing("en", "#0f766e", false, mails("en").swap_remove(4).1)).html;
    let (before_dark, in_dark) =
        html.split_once("</style>").map(|(style, body)| (body, style)).expect("a style");
    // In the dark the chip is of the line's colour: the raised card is about as light as the surface that it would have.
    for name in ["surface-1", "surface-raised", "line", "text", "text-soft"] {
        assert!(in_dark.contains(&token(dark, name)), "{name}: {}", token(dark, name));
    }
    for name in ["surface-1", "surface-raised", "surface-2", "line", "text", "text-soft"] {
        assert!(before_dark.contains(&token(light, name)), "{name}: {}", token(light, name));
    }
    for (text, ground) in [
        ("text", "surface-raised"),
        ("text-soft", "surface-raised"),
        ("text-soft", "surface-1"),
        ("text", "surface-2"),
    ] {
        for css in [light, dark] {
            let [text, ground] = [text, ground].map(|name| Rgb::parse(&token(css, name)).expect("a colour"));
            assert!(text.contrast(ground) >= 4.5, "{text} on {ground}");
        }
    }
}

#[test]
fn ux_28_links_can_be_read_on_every_ground_of_a_mail() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/dashboard/src/styles/tokens.css");
    let css = std::fs::read_to_string(path).expect("the tokens");
    let (light, dark) = css.split_once("prefers-color-scheme: dark").expect("two themes");
    let colour = |text: &str| Rgb::parse(&text[..7]).expect("a colour");
    for chosen in ["#0f766e", "#ffee00", "#ffffff", "#000000", "#f26b1d", "#777777", "#8bc34a", "#3b82f6"] {
        let html = compose(&outgoing("en", chosen, false, mails("en").remove(0).1)).html;
        let (_, in_dark) = html.split_once(".m-link{color:").expect("the dark link");
        let (_, in_light) = html.split_once("<a class=\"m-link\"").expect("a link");
        let (_, in_light) = in_light.split_once("color:").expect("its colour");
        for ground in ["surface-raised", "surface-1"] {
            let [light, dark] = [light, dark].map(|css| Rgb::parse(&token(css, ground)).expect("a colour"));
            assert!(colour(in_light).contrast(light) >= 4.5, "{chosen} on light {ground}");
            assert!(colour(in_dark).contrast(dark) >= 4.5, "{chosen} on dark {ground}");
        }
    }
}

#[test]
fn every_text_of_the_merchants_is_used() {
    for spec in MAIL_TEXTS {
        let said: BTreeSet<bool> = mails("en")
            .into_iter()
            .flat_map(|(_, mail)| {
                let mut outgoing = outgoing("en", "#0f766e", false, mail);
                outgoing.texts.written.insert(spec.text, [(Language::english(), "Zzyzx".to_owned())].into());
                let with = compose(&outgoing);
                outgoing.envelope.reply_to = None;
                let without = compose(&outgoing);
                [with, without].map(|c| {
                    c.text.contains("Zzyzx") && c.html.contains("Zzyzx") || c.subject.contains("Zzyzx")
                })
            })
            .collect();
        // Said only where something is left out; a test above sees it.
        assert!(said.contains(&true) || spec.key == "more", "{} is nowhere", spec.key);
    }
}

fn wild() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\\r\\n\\t :a-zA-Z<>@,;\"\\\\=?\\u{0}-\\u{1f}\\u{80}-\\u{9f}\\u{2028}\\u{202e}]{0,80}",
        "\\PC{0,40}",
        Just("x\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script>".to_owned()),
        Just("=?utf-8?q?=0D=0ABcc:_v@example.com?=".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_32_no_text_of_anybodys_becomes_a_header_or_markup(who in wild(), said in wild(), shop in wild(), reference in wild(), file in wild()) {
        let author = Author::Agent(HeaderText::clean(&who));
        let files = vec![MailFile { name: HeaderText::clean(&file), link: link("https://a.example/f"), bytes: 5 }];
        let lines = vec![Line { author, at: Timestamp(NOW.0), text: said.clone(), files }];
        let mail = Mail::Answers { answers: lines.clone(), earlier: lines, resume: link("https://a.example/r"), files_until: None };
        let mut outgoing = outgoing("en", "#0f766e", false, mail);
        outgoing.texts.general.name = shop.clone();
        outgoing.reference = HeaderText::clean(&reference);
        outgoing.envelope.from.name = HeaderText::clean(&shop);
        outgoing.envelope.to.name = HeaderText::clean(&who);
        let composed = compose(&outgoing);
        let found = headers(&composed.raw);
        for (name, _) in &found {
            prop_assert!(OURS.contains(&name.as_str()), "{name}");
        }
        let names: BTreeSet<_> = found.iter().map(|(name, _)| name.clone()).collect();
        prop_assert_eq!(names.len(), found.len(), "each header once");
        let parsed = MessageParser::new().parse(&composed.raw).unwrap();
        let to: Vec<_> = parsed.to().unwrap().iter().filter_map(|a| a.address()).collect();
        prop_assert_eq!(to, vec!["zoe@example.com"]);
        prop_assert_eq!(parsed.parts.len(), 3, "text, HTML and what holds them");
        prop_assert!(!composed.html.contains("<script"));
        prop_assert!(matches!(parsed.header(LoopMark::HEADER), Some(HeaderValue::Text(mark)) if mark == "demo"));
    }
}

#[test]
fn h7_only_what_the_shop_says_by_itself_has_pictures_in_mails() {
    let text = "Look:\n\n![A <lamp>](https://pictures.example/l.png)\n\n*Nice?*".to_owned();
    let said = |author| Line { author, at: NOW, text: text.clone(), files: Vec::new() };
    let shop = said(Author::Automatic(HeaderText::default()));
    let agent = said(Author::Agent(name("Ana")));
    let shopper = said(Author::Shopper(None));
    let of = |answers: Vec<Line>, earlier: Vec<Line>| {
        let mail =
            Mail::Answers { answers, earlier, resume: link("https://shop.example/#x"), files_until: None };
        compose(&outgoing("en", "#0f766e", false, mail))
    };
    let by_itself = of(vec![shop.clone()], vec![]);
    assert_eq!(by_itself.html.matches("<img ").count(), 1);
    assert!(by_itself.html.contains("src=\"https://pictures.example/l.png\" alt=\"A &lt;lamp&gt;\""));
    assert!(
        by_itself.text.contains("Look:\nA <lamp>: https://pictures.example/l.png\n*Nice?*"),
        "{}",
        by_itself.text
    );
    assert!(!by_itself.html.contains("](https"), "neither is it in the line beside the subject");
    let typed = of(vec![agent.clone()], vec![shopper, agent]);
    assert!(!typed.html.contains("<img "), "who types pictures shows letters");
    let reminder = of(vec![said(Author::Agent(name("Ana")))], vec![shop]);
    assert!(!reminder.html.contains("<img "), "reminders are in words");
    assert!(reminder.html.contains("A &lt;lamp&gt;"));
}
