//! One mail of each kind, with what shops really send: several answers, formatting, files, long words, names from elsewhere.

use domain::Timestamp;
use domain::office_hours::Zone;
use domain::settings::{General, Language, LocalText, Rgb};
use mostrador_mail::{
    Author, Envelope, HeaderText, Line, Link, Look, LoopMark, Mail, MailAddress, MailFile, MailText, Mailbox,
    MessageId, Outgoing, ReplyToken, Texts, Unsubscribe, Waiting, Why,
};
use std::collections::BTreeMap;

/// Friday 20 November 2026, 13:05 UTC.
pub const NOW: Timestamp = Timestamp(1_795_179_900_000);
pub const LANGUAGES: [&str; 5] = ["en", "es", "pt-BR", "it", "he"];

pub fn link(text: &str) -> Link {
    Link::parse(text).expect("a link")
}

pub fn name(text: &str) -> HeaderText {
    HeaderText::clean(text)
}

pub fn line(author: Author, minutes_ago: u64, text: &str) -> Line {
    Line { author, at: Timestamp(NOW.0 - minutes_ago * 60_000), text: text.into(), files: Vec::new() }
}

fn agent(who: &str) -> Author {
    Author::Agent(name(who))
}

fn shopper() -> Author {
    Author::Shopper(Some(name("Zoë García")))
}

/// What people of that language would write; Hebrew stands for all that is read from the right.
fn words(language: &str) -> [&'static str; 5] {
    match language {
        "es" => [
            "¡Hola, Zoë! Sí, lo tenemos en *azul marino* y en _verde_:\n- talla 38\n- talla 40\nhttps://tienda.example/abrigo-lana",
            "Te he apartado el de la 38 hasta el lunes.",
            "Te mando la foto que pedías.",
            "¿Tenéis el abrigo de lana en azul?",
            "Y si es así, ¿en qué tallas? Lo necesito para el viernes, si puede ser.",
        ],
        "pt-BR" => [
            "Olá, Zoë! Sim, temos em *azul-marinho* e em _verde_:\n- tamanho 38\n- tamanho 40\nhttps://loja.example/casaco-de-la",
            "Separei o 38 para você até segunda.",
            "Aqui vai a foto que você pediu.",
            "Vocês têm o casaco de lã em azul?",
            "E em quais tamanhos? Preciso dele para sexta, se der.",
        ],
        "it" => [
            "Ciao Zoë! Sì, lo abbiamo in *blu navy* e in _verde_:\n- taglia 38\n- taglia 40\nhttps://negozio.example/cappotto-lana",
            "Ti ho messo da parte la 38 fino a lunedì.",
            "Ecco la foto che chiedevi.",
            "Avete il cappotto di lana in blu?",
            "E in che taglie? Mi serve per venerdì, se possibile.",
        ],
        "he" => [
            "היי זואי! כן, יש לנו ב*כחול כהה* וב_ירוק_:\n- מידה 38\n- מידה 40\nhttps://shop.example/wool-coat",
            "שמרתי לך את מידה 38 עד יום שני.",
            "הנה התמונה שביקשת.",
            "יש לכם את מעיל הצמר בכחול?",
            "ואם כן, באילו מידות? אני צריכה אותו עד יום שישי.",
        ],
        _ => [
            "Hello Zoë! Yes, we have it in *navy* and in _green_:\n- size 38\n- size 40\nhttps://shop.example/wool-coat",
            "I have put the 38 aside for you until Monday.",
            "Here is the photo that you asked for.",
            "Do you have the wool coat in blue?",
            "And if so, in which sizes? I need it by Friday, if that can be.",
        ],
    }
}

/// Hebrew, as a merchant who writes it would have said it; the rest stays ours.
fn written() -> BTreeMap<MailText, LocalText> {
    let hebrew = Language::parse("he").expect("a language");
    [
        (MailText::AnswersSubject, "השיחה שלך עם {shop} ({reference})"),
        (MailText::AnswersTitle, "תשובה מ{agents}, {shop}"),
        (MailText::Button, "להמשך השיחה"),
        (MailText::ReplyHint, "או פשוט להשיב למייל הזה."),
        (MailText::Earlier, "מוקדם יותר בשיחה"),
        (MailText::You, "את/ה"),
        (MailText::WhyAnswers, "קיבלת את המייל הזה כי כתבת ל{shop}."),
        (MailText::Unsubscribe, "לא לקבל עוד מיילים"),
        (MailText::FilesUntil, "הקישורים פתוחים עד {date}."),
    ]
    .into_iter()
    .map(|(text, said)| (text, LocalText::from([(hebrew.clone(), said.to_owned())])))
    .collect()
}

pub fn outgoing(language: &str, colour: &str, logo: bool, mail: Mail) -> Outgoing {
    let languages: Vec<_> = LANGUAGES.iter().map(|tag| Language::parse(tag).expect("a language")).collect();
    let general =
        General { name: "La Tienda de Ana".into(), default_language: languages[0].clone(), languages };
    let id = |n: u32| MessageId::parse(&format!("{n}.conv@mail.example")).expect("an id");
    Outgoing {
        envelope: Envelope {
            from: Mailbox { name: name("La Tienda de Ana"), address: address("hola@tienda.example") },
            to: Mailbox { name: name("Zoë García"), address: address("zoe@example.com") },
            reply_to: ReplyToken::from_random([42; 16]).address("reply.tienda.example"),
            message_id: id(3),
            in_reply_to: Some(id(2)),
            references: vec![id(1), id(2)],
            date: NOW,
            unsubscribe: Some(Unsubscribe {
                page: link("https://chat.tienda.example/mail/off?t=abc"),
                address: Some(address("off+abc@reply.tienda.example")),
            }),
            loop_mark: LoopMark::parse("demo").expect("a mark"),
        },
        look: Look {
            palette: Rgb::parse(colour).expect("a colour").palette(None),
            logo: logo.then(|| link("https://tienda.example/logo.png")),
            home: Some(link("https://tienda.example/")),
        },
        texts: Texts { general, written: written() },
        language: Language::parse(language).expect("a language"),
        zone: Zone::named("Europe/Madrid").expect("a zone"),
        reference: name("K7Q2"),
        mail,
    }
}

fn address(text: &str) -> MailAddress {
    MailAddress::parse(text).expect("an address")
}

/// Each kind by its name.
pub fn mails(language: &str) -> Vec<(&'static str, Mail)> {
    let [first, second, third, asked, more] = words(language);
    let resume = link("https://tienda.example/abrigo-lana#mostrador=resume.0123456789");
    let open = link("https://chat.tienda.example/dashboard/c/conv_0123456789");
    let mut with_file = line(agent("Luis"), 3, third);
    with_file.files = vec![
        MailFile {
            name: name("abrigo-azul-frente.jpg"),
            link: link("https://files.tienda.example/a?sig=1"),
            bytes: 245_312,
        },
        MailFile {
            name: name("Medidas y cuidados.pdf"),
            link: link("https://files.tienda.example/b?sig=2"),
            bytes: 1_310_720,
        },
    ];
    let thread = vec![line(shopper(), 40, asked), line(shopper(), 39, more)];
    let waiting = |shopper: Option<&str>, lines: Vec<Line>| Waiting {
        shopper: shopper.map(name),
        address: shopper.map(|_| address("zoe@example.com")),
        page: Some(link("https://tienda.example/ropa/abrigos/abrigo-de-lana-azul-marino?utm_source=news")),
        lines,
        open: open.clone(),
    };
    let change = Some(link("https://chat.tienda.example/dashboard/tienda/settings/notifications"));
    vec![
        (
            "answers",
            Mail::Answers {
                answers: vec![
                    line(agent("Ana"), 12, first),
                    line(agent("Ana"), 11, second),
                    with_file.clone(),
                ],
                earlier: thread.clone(),
                resume: resume.clone(),
                files_until: Some(Timestamp(NOW.0 + 7 * 86_400_000)),
            },
        ),
        (
            "new",
            Mail::Conversation {
                why: Why::New,
                waiting: waiting(Some("Zoë García"), thread.clone()),
                change: change.clone(),
            },
        ),
        (
            "missed",
            Mail::Conversation {
                why: Why::Missed,
                waiting: waiting(None, thread.clone()),
                change: change.clone(),
            },
        ),
        (
            "digest",
            Mail::Digest {
                waiting: vec![
                    waiting(Some("Zoë García"), thread.clone()),
                    waiting(None, vec![line(Author::Shopper(None), 90, asked)]),
                    waiting(Some("Jean-Baptiste Grenouille"), vec![line(Author::Shopper(None), 200, more)]),
                ],
                inbox: link("https://chat.tienda.example/dashboard/"),
                change,
            },
        ),
        (
            "transcript",
            Mail::Transcript {
                lines: [
                    thread,
                    vec![line(agent("Ana"), 12, first), line(agent("Ana"), 11, second), with_file],
                ]
                .concat(),
                resume: Some(resume.clone()),
                files_until: Some(Timestamp(NOW.0 + 7 * 86_400_000)),
                to_agent: false,
            },
        ),
        ("test", Mail::Test { answer_by: name("Ana"), resume }),
    ]
}
