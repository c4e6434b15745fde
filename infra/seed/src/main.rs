//! `seed --table NAME [--origin URL …] [--conversations N]`: the demo's two sites and four agents; with
//! `--conversations`, so many conversations in the site `demo`, for trying the inbox under load. Doing it twice changes
//! nothing. With `--silent` neither site says anything by itself: for tests that count what people say; with
//! `--show` the demo answers frequent questions and some of its agents have photos, as `cargo xtask run` shows it. `seed --table NAME --lengthen CONVERSATION --messages N` writes so many messages more into one conversation, its
//! shopper's and by the rules, for trying a long one.

mod portrait;

use anyhow::{Context, Result, anyhow, bail};
use aws::{Dynamo, Real, clients};
use domain::conversation::{Command, Log, begin, decide};
use domain::people::{Actor, Availability, Member, Person, Role, Shopper, Site};
use domain::ports::{
    Accounts, Commit, CommitError, Conversations, Environment, Profiles, Published, Receipt, Sender,
    SettingsStore,
};
use domain::profile::Photo;
use domain::settings::{Automatic, Faq, Faqs, FieldId, Language, SectionValue, Settings};
use domain::text::MessageText;
use domain::{AgentId, ClientId, ConversationId, ShopperId, SiteId, Timestamp};
use futures::stream::{self, StreamExt, TryStreamExt};
use portrait::Portrait;
use uuid::Uuid;

struct Options {
    table: String,
    origins: Vec<String>,
    conversations: u32,
    silent: bool,
    show: bool,
    lengthen: Option<ConversationId>,
    messages: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = options()?;
    let store = Dynamo::new(aws_sdk_dynamodb::Client::new(&clients::sdk().await), options.table);
    if let Some(conversation) = options.lengthen {
        return lengthen(&store, conversation, options.messages).await;
    }

    let ana = person(1, "ana@example.com", "Ana García", true);
    let luis = person(2, "luis@example.com", "Luis Ortega", false);
    let marta = person(3, "marta@example.com", "Marta Ruiz", false);
    let eva = person(4, "eva@example.com", "Eva Molina", false);
    let demo = site(
        "demo",
        "Taller Luz",
        "#0f766e",
        "Hola! We make every lamp by hand. What are you looking for?",
        &options.origins,
    )?;
    let two = site(
        "demo-two",
        "Casa Verde",
        "#7c3aed",
        "Welcome to Casa Verde. How can we help?",
        &options.origins,
    )?;
    for (site, person, title, role) in [
        (&demo, &ana, "Lamps and lighting", Role::Admin),
        (&demo, &luis, "Orders and delivery", Role::Agent),
        (&two, &marta, "Plants", Role::Admin),
        // In both teams: what an agency is.
        (&demo, &eva, "Weekends", Role::Agent),
        (&two, &eva, "Weekends", Role::Agent),
    ] {
        store.put_site(site).await?;
        store.put_person(person).await?;
        if store.member(&site.id, person.id).await?.is_none() {
            let member = Member {
                site: site.id.clone(),
                agent: person.id,
                name: person.name.clone(),
                title: title.to_owned(),
                photo: None,
                role,
                version: 1,
                active: true,
                availability: Availability::Online,
                seen_at: None,
            };
            store.put_member(&member).await?;
        }
    }
    if options.silent {
        for site in [&demo, &two] {
            silence(&store, site, &ana).await?;
        }
    }
    if options.show {
        show(&store, &demo, &ana).await?;
        photograph(&store, &demo, &[&ana, &luis]).await?;
    }
    // Side by side: thousands of them, one after another, would take minutes.
    stream::iter(0..options.conversations)
        .map(|n| patiently(&store, &demo.id, n))
        .buffer_unordered(16)
        .try_collect::<()>()
        .await
}

/// No automatic message is on, and the form asks nothing.
async fn silence(store: &Dynamo, site: &Site, by: &Person) -> Result<()> {
    let mut settings = Settings::default_for(site);
    let Automatic { during, outside, online, offline, .. } = &mut settings.automatic;
    for reply in [during, outside, online, offline] {
        reply.enabled = false;
    }
    settings.form.fields.clear();
    publish(store, site, by, [SectionValue::Automatic(settings.automatic), SectionValue::Form(settings.form)])
        .await
}

/// What a shop that has been set up shows first: its questions with their answers.
async fn show(store: &Dynamo, site: &Site, by: &Person) -> Result<()> {
    let faq = |id: &str, question: &str, answer: &str| Faq {
        id: FieldId::parse(id).expect("an id"),
        question: question.to_owned(),
        answer: answer.to_owned(),
    };
    let english = [
        faq(
            "delivery",
            "How long does delivery take?",
            "We make every lamp to order: *5 working days*, then a day or two by courier.",
        ),
        faq(
            "returns",
            "Can I return a lamp?",
            "Yes, within 30 days:\n- pack it as it came\n- write to us, and we send a label",
        ),
        faq("bulbs", "Which bulbs fit?", "All our lamps take E27, up to 60 W, *LED* too."),
    ];
    let spanish = [
        faq(
            "delivery",
            "¿Cuánto tarda el envío?",
            "Hacemos cada lámpara por encargo: *5 días laborables*, y uno o dos de mensajería.",
        ),
        faq(
            "returns",
            "¿Puedo devolver una lámpara?",
            "Sí, en 30 días:\n- embálala como llegó\n- escríbenos y te enviamos una etiqueta",
        ),
        faq("bulbs", "¿Qué bombillas sirven?", "Todas llevan E27, hasta 60 W, también *LED*."),
    ];
    let faqs = [("en", english), ("es", spanish)];
    let faqs = faqs.into_iter().map(|(tag, faqs)| (Language::parse(tag).expect("a tag"), faqs.to_vec()));
    publish(store, site, by, [SectionValue::Faqs(Faqs(faqs.collect()))]).await
}

/// Photos of those who have none, drawn here; the others show their initials.
async fn photograph(store: &Dynamo, site: &Site, people: &[&Person]) -> Result<()> {
    let portraits = [
        Portrait {
            wall: [240, 205, 160],
            skin: [225, 170, 135],
            hair: [92, 52, 36],
            clothes: [20, 118, 110],
            long_hair: true,
        },
        Portrait {
            wall: [170, 196, 222],
            skin: [196, 140, 104],
            hair: [48, 42, 42],
            clothes: [176, 92, 52],
            long_hair: false,
        },
    ];
    for (person, portrait) in people.iter().zip(portraits) {
        if store.member(&site.id, person.id).await?.is_some_and(|member| member.photo.is_none()) {
            let photo = Photo::judge(person.id, portrait.png())?;
            store.set_photo(&site.id, person.id, None, Some(&photo)).await?;
        }
    }
    Ok(())
}

/// As a section's first version. Where a merchant has published since, that stands.
async fn publish(
    store: &Dynamo,
    site: &Site,
    by: &Person,
    sections: impl IntoIterator<Item = SectionValue>,
) -> Result<()> {
    for value in sections {
        let published = Published {
            what: value.section(),
            version: 1,
            at: Real.now(),
            by: by.id,
            by_name: by.name.clone(),
            restored: None,
            body: protocol::settings::write(&value),
        };
        let _ = store.publish(&site.id, &published).await?;
    }
    Ok(())
}

fn options() -> Result<Options> {
    let mut options = Options {
        table: String::new(),
        origins: Vec::new(),
        conversations: 0,
        silent: false,
        show: false,
        lengthen: None,
        messages: 0,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--silent" => {
                options.silent = true;
                continue;
            }
            "--show" => {
                options.show = true;
                continue;
            }
            _ => {}
        }
        let value = words.next().with_context(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--table" => options.table = value,
            "--origin" => options.origins.push(value),
            "--conversations" => {
                options.conversations = value.parse().context("--conversations takes a number")?
            }
            "--lengthen" => {
                options.lengthen = Some(value.parse().context("--lengthen takes a conversation's id")?)
            }
            "--messages" => options.messages = value.parse().context("--messages takes a number")?,
            _ => bail!(
                "unknown option {word}; known are --table, --origin, --conversations, --silent, --show, --lengthen, --messages"
            ),
        }
    }
    if options.table.is_empty() {
        bail!("--table NAME is needed");
    }
    Ok(options)
}

fn person(n: u128, email: &str, name: &str, owner: bool) -> Person {
    // Fixed, so that a second seeding finds the first.
    let id = AgentId(Uuid::from_u128(0x0a9e_0000_0000_4000_8000_0000_0000_0000 + n));
    Person { id, email: email.to_owned(), name: name.to_owned(), owner }
}

fn site(id: &str, name: &str, color: &str, welcome: &str, origins: &[String]) -> Result<Site> {
    Ok(Site {
        id: id.parse()?,
        name: name.to_owned(),
        color: color.to_owned(),
        welcome: welcome.to_owned(),
        time_zone: "Europe/Madrid".to_owned(),
        origins: origins.to_vec(),
    })
}

const NAMES: [&str; 8] = [
    "Lucía Romero",
    "Tom Becker",
    "Giulia Conti",
    "João Pereira",
    "Emma Wright",
    "Noor Haddad",
    "Pierre Martin",
    "Marta Vidal",
];
const QUESTIONS: [&str; 8] = [
    "Is the brass lamp dimmable?",
    "Where is my order? It was due on Tuesday.",
    "¿Hacéis envíos a Canarias?",
    "Can I return a lamp that I have already mounted?",
    "Which bulb fits the reading lamp?",
    "Do you have the blue shade in a larger size?",
    "My lamp arrived with a scratch on the foot.",
    "Could you hold two of these until Friday?",
];

/// A busy machine lets a call time out now and then; each is written under fixed ids, so that trying again changes nothing.
async fn patiently(store: &Dynamo, site: &SiteId, n: u32) -> Result<()> {
    for _ in 0..20 {
        if conversation(store, site, n).await.is_ok() {
            return Ok(());
        }
    }
    conversation(store, site, n).await
}

async fn conversation(store: &Dynamo, site: &SiteId, n: u32) -> Result<()> {
    let now = Timestamp(Real.now().millis() - u64::from(n) * 47_000);
    let id = |kind: u128| {
        Uuid::from_u128(0x5eed_0000_0000_4000_8000_0000_0000_0000 + (kind << 32) + u128::from(n))
    };
    let shopper = ShopperId(id(1));
    let name = NAMES[n as usize % NAMES.len()].to_owned();
    let profile = Shopper {
        id: shopper,
        site: site.clone(),
        name: Some(name.clone()),
        email: None,
        language: Some("es-ES".to_owned()),
        time_zone: Some("Europe/Madrid".to_owned()),
        user_agent: None,
        country: Some("ES".to_owned()),
        page: None,
        answers: std::collections::BTreeMap::new(),
        visitor: None,
        first_seen: now,
        last_seen: now,
    };
    let session = domain::ports::Session { shopper, site: site.clone(), expires_at: now };
    store.open_session([n as u8; 32], &session, &profile).await?;
    let text = MessageText::parse(QUESTIONS[n as usize % QUESTIONS.len()])?;
    let client_id = ClientId(id(3));
    let change = begin(ConversationId(id(2)), (shopper, site.clone()), Some(name), text, client_id, now);
    let receipt = Receipt {
        conversation: change.head.id,
        log: Log::Thread,
        seq: change.seq,
        at: now,
        fingerprint: [0; 32],
    };
    let commit = Commit {
        head: change.head,
        expected_rev: None,
        entries: change.entries,
        profile: None,
        sender: Sender::Shopper(shopper),
        client_id,
        receipt,
    };
    match store.commit(&commit).await {
        Ok(()) | Err(CommitError::Repeated | CommitError::Moved) => Ok(()),
        Err(CommitError::Store(error)) => Err(error.into()),
    }
}

/// Alone with the conversation: nobody else may write to it meanwhile.
async fn lengthen(store: &Dynamo, conversation: ConversationId, messages: u32) -> Result<()> {
    let mut head = store.head(conversation).await?.context("there is no such conversation")?;
    let shopper = Actor::Shopper { id: head.shopper, site: head.site.clone() };
    for n in 0..messages {
        let client_id = ClientId(Uuid::from_u128(Real.random()));
        let text = MessageText::parse(&format!("message {n}"))?;
        let now = Real.now();
        let change = decide(&head, &shopper, Command::Say { text, releases: false }, client_id, now)
            .map_err(|refusal| anyhow!("refused: {refusal:?}"))?;
        let receipt =
            Receipt { conversation, log: Log::Thread, seq: change.seq, at: now, fingerprint: [0; 32] };
        let commit = Commit {
            head: change.head.clone(),
            expected_rev: Some(head.rev),
            entries: change.entries,
            profile: None,
            sender: Sender::Shopper(head.shopper),
            client_id,
            receipt,
        };
        store.commit(&commit).await.map_err(|error| anyhow!("not stored: {error:?}"))?;
        head = change.head;
    }
    Ok(())
}
