//! The form in the thread, conversations that are held for it, and the questions that one begins with.

use domain::automatic::{Deadline, Quiet, Rule};
use domain::connection::{Connection, Identity, Registration, Topic};
use domain::conversation::{Author, Body, Entry, FormMark, Head, Log};
use domain::inbox::List;
use domain::people::{Actor, Availability, Member, Role, Site};
use domain::ports::{Accounts, Connections, Conversations, Environment, FaqCount, FaqCounts, SettingsStore};
use domain::settings::{FieldId, Phrase, ReplyKind, Section};
use domain::{AgentId, ClientId, ConversationId, ShopperId};
use mostrador_delivery::{Before, Engine, Failure, Move, NewSession, Performed, Reacted, Wish};
use protocol::client::{Hello, Known, Seen, Typing};
use protocol::server::{Entries, FormProgress};
use protocol::{ErrorCode, MAX_PAGE_BYTES, ServerFrame};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Memory, Outbox, World};
use uuid::Uuid;

const ANA: AgentId = AgentId(Uuid::from_u128(1));

struct Case {
    engine: Engine<Memory, Outbox, World>,
    site: Site,
    shopper: ShopperId,
}

/// What a merchant may set of the form.
fn form(when: &str, hold_online: bool, hold_offline: bool) -> Value {
    json!({
        "when": when, "slow_after_s": 60, "hold_online": hold_online, "hold_offline": hold_offline, "phrases": {},
        "fields": [
            {"id": "email", "kind": "email", "required": true, "labels": {}, "choices": []},
            {"id": "size", "kind": "choice", "required": false, "labels": {"es": "¿Qué talla?"}, "choices": [
                {"id": "s", "labels": {"es": "Pequeña"}}, {"id": "l", "labels": {"es": "Grande"}},
            ]},
        ],
    })
}

impl Case {
    async fn new(form: Value) -> Self {
        let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
        let site = testkit::shop::site("demo");
        engine.store.put_site(&site).await.unwrap();
        let mut case = Self { engine, site, shopper: ShopperId(Uuid::nil()) };
        case.shopper = case.somebody().await;
        let general = json!({"name": "Taller Luz", "languages": ["es", "en"], "default_language": "es"});
        case.publish(Section::General, general).await;
        case.publish(Section::Form, form).await;
        let member = Member {
            site: case.site.id.clone(),
            agent: ANA,
            name: "Ana".into(),
            title: String::new(),
            photo: None,
            role: Role::Admin,
            version: 1,
            active: true,
            availability: Availability::Offline,
            seen_at: None,
        };
        assert!(case.engine.store.put_member(&member).await.unwrap());
        case
    }

    /// Another shopper, who reads Spanish.
    async fn somebody(&self) -> ShopperId {
        let about = NewSession { language: Some("es-ES".into()), ..NewSession::default() };
        self.engine.begin_session(&self.site, "203.0.113.7", about).await.unwrap().1.shopper
    }

    async fn publish(&self, section: Section, value: Value) {
        let stands = self.engine.store.published(&self.site.id).await.unwrap();
        let expected = stands.sections.iter().find(|one| one.what == section).map_or(0, |one| one.version);
        self.engine.publish(&Self::ana(), &self.site, section, expected, value).await.unwrap();
    }

    async fn ana_is(&self, availability: Availability) {
        let now = self.engine.env.now();
        self.engine.store.sign_of_life(&self.site.id, ANA, Some(availability), now).await.unwrap();
    }

    fn ana() -> Actor {
        Actor::Agent { id: ANA, site: "demo".parse().unwrap(), name: "Ana".into(), role: Role::Admin }
    }

    fn eva(&self) -> Actor {
        Actor::Shopper { id: self.shopper, site: self.site.id.clone() }
    }

    async fn act(&self, actor: &Actor, id: u128, wish: Wish) -> Result<Performed, Failure> {
        let id = ClientId(Uuid::from_u128(id));
        self.engine.perform(actor, "203.0.113.7", id, wish, None).await
    }

    async fn begin(&self, id: u128, faqs: &[&str]) -> Performed {
        let faqs = faqs.iter().map(ToString::to_string).collect();
        let wish = Wish::Say {
            conversation: None,
            text: format!("message {id}"),
            before: Before { faqs, ..Before::default() },
        };
        self.act(&self.eva(), id, wish).await.unwrap()
    }

    async fn say(&self, id: u128, to: &Head) -> Head {
        let wish =
            Wish::Say { conversation: Some(to.id), text: format!("message {id}"), before: Before::default() };
        self.act(&self.eva(), id, wish).await.unwrap().head
    }

    async fn answer(
        &self,
        id: u128,
        to: ConversationId,
        field: &str,
        value: Option<&str>,
    ) -> Result<Performed, Failure> {
        let (field, value) = (field.into(), value.map(Into::into));
        self.act(&self.eva(), id, Wish::Answer { conversation: to, field, value }).await
    }

    async fn head(&self, id: ConversationId) -> Head {
        self.engine.store.head(id).await.unwrap().unwrap()
    }

    async fn thread(&self, id: ConversationId) -> Vec<Entry> {
        self.engine.store.entries(id, Log::Thread, 0, 100).await.unwrap().entries
    }

    /// One word for each entry.
    async fn told(&self, id: ConversationId) -> Vec<String> {
        let word = |entry: Entry| match entry.body {
            Body::Message { .. } if entry.author == Author::Shopper => "message".into(),
            Body::Message { .. } => entry.why.map_or("answer".into(), |why| why.rule.name().into()),
            Body::Form { fields, held } => {
                let labels: Vec<String> = fields.into_iter().map(|field| field.label).collect();
                format!(
                    "{}: {}{}",
                    entry.why.unwrap().rule.name(),
                    labels.join(" "),
                    if held { " (held)" } else { "" }
                )
            }
            Body::Answer(taken) => {
                format!("{}={}", taken.field, taken.value.as_ref().map_or("-", |v| v.as_str()))
            }
            Body::Faq(faq) => format!("faq {}: {}", faq.id, faq.question),
            other => format!("{other:?}"),
        };
        self.thread(id).await.into_iter().map(word).collect()
    }

    async fn listed(&self, id: ConversationId) -> bool {
        let mut listed = false;
        for list in [List::Queue, List::Mine, List::All, List::Closed] {
            let page = self.engine.list(&self.site.id, ANA, list, None, 50).await.unwrap();
            listed |= page.heads.iter().any(|head| head.id == id);
        }
        listed
    }

    fn pass(&self, seconds: u64) {
        self.engine.env.pass(Duration::from_secs(seconds));
    }
}

const ASKED: &str = "¿A qué correo podemos responderte si te vas? ¿Qué talla?";

#[tokio::test]
async fn i_2_while_offline_the_form_is_asked_with_the_reply_in_one_commit_and_once() {
    let case = Case::new(form("never", false, false)).await;
    let begun = case.begin(100, &[]).await;
    let id = begun.head.id;
    assert!(!begun.head.held && case.listed(id).await);
    let done = Reacted::Done { said: Some(ReplyKind::Offline), asked: true, armed: 0 };
    assert_eq!(case.engine.react(id, 1).await, Ok(done));
    for seq in [1, 2, 3, 1] {
        assert!(matches!(case.engine.react(id, seq).await, Ok(Reacted::Quiet(_))), "{seq}");
    }
    let told = case.told(id).await;
    assert_eq!(told, ["message", "nobody_online", &format!("form_offline: {ASKED}")]);
    let head = case.head(id).await;
    assert_eq!((head.rev, head.form), (2, Some(FormMark { seq: 3, finished: false })));
    // What the shop asked covers nothing of what the shopper said.
    assert_eq!(head.preview.unwrap().text, "message 100");
    // The merchant's form is another by now; what was asked is what is filled.
    let mut shorter = form("never", false, false);
    shorter["fields"].as_array_mut().unwrap().remove(0);
    case.publish(Section::Form, shorter).await;
    case.answer(101, id, "email", Some("eva@example.com")).await.unwrap();
    let done = case.answer(102, id, "size", Some("l")).await.unwrap();
    assert_eq!(done.head.form, Some(FormMark { seq: 3, finished: true }));
    assert_eq!(case.told(id).await[3..], ["email=eva@example.com", "size=Grande"]);
    // Nothing follows from an answer where nothing was held.
    assert_eq!(case.engine.react(id, 5).await, Ok(Reacted::Quiet(Quiet::NotACause)));
}

#[tokio::test]
async fn i_2_when_agents_are_slow_the_form_is_asked_after_its_delay() {
    let case = Case::new(form("slow", false, false)).await;
    case.ana_is(Availability::Online).await;
    let id = case.begin(100, &[]).await.head.id;
    assert_eq!(case.engine.react(id, 1).await, Ok(Reacted::Done { said: None, asked: false, armed: 2 }));
    assert_eq!(case.engine.deadline_due(id, Deadline::SlowForm).await, Ok(Reacted::Quiet(Quiet::NotYet)));
    case.pass(60);
    let asked = Reacted::Done { said: None, asked: true, armed: 0 };
    assert_eq!(case.engine.deadline_due(id, Deadline::SlowForm).await, Ok(asked));
    assert_eq!(case.engine.deadline_due(id, Deadline::SlowForm).await, Ok(Reacted::Quiet(Quiet::Done)));
    assert_eq!(case.told(id).await, ["message", &format!("form_slow: {ASKED}")]);
    // Only the wait stands still.
    assert_eq!(case.head(id).await.deadlines.keys().collect::<Vec<_>>(), [&Deadline::WaitTime]);
}

#[tokio::test]
async fn i_3_what_is_held_is_nowhere_for_agents_until_the_last_answer_and_then_a_new_chat() {
    let case = Case::new(form("always", true, true)).await;
    case.ana_is(Availability::Online).await;
    let begun = case.begin(100, &[]).await;
    let (id, before) = (begun.head.id, begun.head.clone());
    assert_eq!((begun.ack.seq, begun.head.held), (1, true));
    // The form is there from the first moment on: nothing is held that cannot be filled.
    assert_eq!(case.told(id).await, ["message", &format!("form_always: {ASKED} (held)")]);
    assert!(!case.listed(id).await);

    // A dashboard that listens to everything that it can, and one that was told the id.
    let dashboard: domain::ConnectionId = "dashboard=".parse().unwrap();
    let registration = Registration {
        session: None,
        connection: dashboard.clone(),
        agent: Some(ANA),
        list: Some(List::All),
        expires_at: case.engine.env.now().plus(Duration::from_secs(3600)),
    };
    for topic in [Topic::Site(case.site.id.clone()), Topic::Conversation(id)] {
        case.engine.store.register(&topic, &registration).await.unwrap();
    }
    let head = case.say(101, &before).await;
    case.engine.fan_out(&head, &case.thread(id).await).await;
    let moved = Move { before: Some(before.clone()), after: head.clone() };
    case.engine.announce(vec![Move { before: None, after: before.clone() }, moved]).await.unwrap();
    case.engine.typing(&case.eva(), None, &Typing { conversation_id: id }).await.unwrap();
    assert_eq!(case.engine.push.take(&dashboard), [] as [String; 0]);

    // Whatever an agent does to it is done to nothing.
    let absent = ConversationId(Uuid::from_u128(404));
    for conversation in [id, absent] {
        let text = String::from("x");
        let wishes = [
            Wish::Say { conversation: Some(conversation), text: text.clone(), before: Before::default() },
            Wish::Note { conversation, text },
            Wish::Join { conversation },
            Wish::Leave { conversation },
            Wish::Close { conversation },
            Wish::Assign { conversation, to: Some(ANA), expected: None, group: None },
            Wish::Answer { conversation, field: "email".into(), value: None },
        ];
        for wish in wishes {
            let failure = case.act(&Case::ana(), 7, wish.clone()).await.unwrap_err();
            assert_eq!(failure, Failure::NotFound, "{wish:?}");
        }
        let seen = Seen { conversation_id: conversation, seen: 1, delivered: 1 };
        assert_eq!(case.engine.seen(&Case::ana(), None, &seen).await, Err(Failure::NotFound));
        let page = case.engine.page_until(&Case::ana(), conversation, None).await;
        assert_eq!(page.unwrap_err(), Failure::NotFound);
    }
    // There is a wait for nobody, and the reply is said all the same.
    assert_eq!(case.engine.react(id, 1).await, Ok(Reacted::Quiet(Quiet::NothingSet)));
    assert!(case.head(id).await.deadlines.is_empty());

    let half = case.answer(102, id, "email", Some(" eva@example.com ")).await.unwrap();
    assert!(half.head.held && !case.listed(id).await);
    case.pass(30);
    let done = case.answer(103, id, "size", None).await.unwrap();
    assert!(!done.head.held && done.head.unread && case.listed(id).await);
    assert_eq!(done.head.waiting_since, Some(case.engine.env.now()));
    case.engine.announce(vec![Move { before: Some(half.head), after: done.head.clone() }]).await.unwrap();
    let rows = case.engine.push.take(&dashboard);
    assert_eq!(rows.len(), 1);
    assert!(matches!(serde_json::from_str(&rows[0]).unwrap(), ServerFrame::Row(_)));
    // From now on somebody waits for a person.
    let released = done.ack.seq;
    for armed in [1, 0] {
        let reacted = case.engine.react(id, released).await.unwrap();
        let expect = Reacted::Done { said: None, asked: false, armed: 1 };
        assert_eq!(reacted, expect, "{armed}");
    }
    assert_eq!(case.head(id).await.deadlines[&Deadline::WaitTime].seq, released);
    // And an agent has the whole of it, from the first entry on.
    let page = case.engine.page_after(&Case::ana(), id, Default::default()).await.unwrap();
    assert_eq!(page.entries.len() as u64, done.head.numbers.t);
}

#[tokio::test]
async fn i_3_held_counts_separately_while_online_and_while_offline_and_only_for_what_is_to_be_asked() {
    let check = async |settings: Value, online: Availability, known: bool, held: bool| {
        let case = Case::new(settings.clone()).await;
        case.ana_is(online).await;
        if known {
            // Everything that this form asks was told in another conversation.
            let begun = case.begin(1, &[]).await.head;
            if begun.form.is_none() {
                case.engine.react(begun.id, 1).await.unwrap();
            }
            case.answer(2, begun.id, "email", Some("eva@example.com")).await.unwrap();
            case.act(&case.eva(), 3, Wish::Close { conversation: begun.id }).await.unwrap();
            let mut only = settings.clone();
            only["fields"].as_array_mut().unwrap().truncate(1);
            case.publish(Section::Form, only).await;
        }
        let begun = case.begin(100, &[]).await.head;
        assert_eq!((begun.held, begun.form.is_some()), (held, held), "{settings} {online:?} {known}");
    };
    use Availability::{Invisible, Online};
    check(form("always", true, false), Online, false, true).await;
    check(form("always", true, false), Invisible, false, false).await;
    check(form("always", false, true), Online, false, false).await;
    check(form("never", false, true), Invisible, false, true).await;
    check(form("never", true, true), Online, false, false).await;
    check(form("slow", true, true), Online, false, false).await;
    check(form("always", true, true), Online, true, false).await;
}

#[tokio::test]
async fn i_3_what_the_merchant_no_longer_holds_is_released_by_the_next_word() {
    for by_answer in [false, true] {
        let case = Case::new(form("always", true, true)).await;
        case.ana_is(Availability::Online).await;
        let head = case.begin(100, &[]).await.head;
        assert!(case.say(101, &head).await.held);
        case.publish(Section::Form, form("always", false, false)).await;
        let released = if by_answer {
            case.answer(102, head.id, "email", Some("eva@example.com")).await.unwrap().head
        } else {
            case.say(102, &head).await
        };
        assert!(!released.held && case.listed(head.id).await);
        let armed = Reacted::Done { said: None, asked: false, armed: 1 };
        assert_eq!(case.engine.react(head.id, released.numbers.t).await, Ok(armed));
        // Once: what comes later is a later message.
        let later = case.say(103, &head).await;
        let reacted = case.engine.react(head.id, later.numbers.t).await;
        assert_eq!(reacted, Ok(Reacted::Quiet(Quiet::NotACause)));
        // Its form can be filled still.
        let field = if by_answer { "size" } else { "email" };
        let value = if by_answer { Some("s") } else { Some("eva@example.com") };
        assert!(case.answer(104, head.id, field, value).await.is_ok());
    }
}

#[tokio::test]
async fn i_1_the_same_answer_is_stored_once_another_corrects_and_what_does_not_fit_is_refused_by_its_phrase()
{
    let case = Case::new(form("always", false, true)).await;
    let id = case.begin(100, &[]).await.head.id;
    let refused = async |field: &str, value: Option<&str>| {
        let id_of_frame = case.engine.env.random();
        let failure = case.answer(id_of_frame, id, field, value).await.unwrap_err();
        (failure.code(), failure.field(), failure.phrase())
    };
    let email = Some("email".to_owned());
    let invalid = |field: Option<String>, phrase: Phrase| {
        (ErrorCode::Invalid, field, Some(phrase.spec().key.to_owned()))
    };
    assert_eq!(refused("email", Some("eva")).await, invalid(email.clone(), Phrase::WrongEmail));
    assert_eq!(refused("email", None).await, invalid(email, Phrase::Required));
    assert_eq!(refused("size", Some("l")).await, (ErrorCode::NotFound, Some("size".into()), None));
    assert_eq!(refused("colour", None).await, (ErrorCode::NotFound, Some("colour".into()), None));
    // What is no question's name comes back to nobody.
    assert_eq!(refused("<script>", None).await, (ErrorCode::NotFound, None, None));
    assert_eq!(case.thread(id).await.len(), 2);

    let first = case.answer(1, id, "email", Some("eva@example.com")).await.unwrap();
    let again = case.answer(1, id, "email", Some("eva@example.com")).await.unwrap();
    assert_eq!((first.ack.clone(), again.entries.len()), (again.ack, 1));
    let reused = case.answer(1, id, "email", Some("eve@example.com")).await;
    assert_eq!(reused.unwrap_err(), Failure::IdReused);
    // From another tab, under another id: it is so already.
    assert!(case.answer(2, id, "email", Some("eva@example.com")).await.unwrap().entries.is_empty());
    let corrected = case.answer(3, id, "email", Some("eva@example.org")).await.unwrap();
    assert_eq!(corrected.ack.seq, 4);
    let profile = case.engine.store.shopper(case.shopper).await.unwrap().unwrap();
    assert_eq!(profile.email.as_deref(), Some("eva@example.org"));
    let wrong = refused("size", Some("xl")).await;
    assert_eq!(wrong, invalid(Some("size".into()), Phrase::WrongChoice));
    // After the end nothing is taken.
    case.act(&case.eva(), 4, Wish::Close { conversation: id }).await.unwrap();
    assert_eq!(case.answer(5, id, "size", Some("l")).await.unwrap_err(), Failure::Closed);
    // An earlier answer is answered as it was.
    assert_eq!(case.answer(1, id, "email", Some("eva@example.com")).await.unwrap().ack, first.ack);
    assert_eq!(case.head(id).await.form, Some(FormMark { seq: 2, finished: false }));
}

#[tokio::test]
async fn a_02_an_email_that_is_typed_merges_with_nobody_and_reveals_nothing() {
    let mut case = Case::new(form("always", false, true)).await;
    let victim = case.shopper;
    let theirs = case.begin(100, &[]).await.head.id;
    let told = case.answer(101, theirs, "email", Some("eva@example.com")).await.unwrap();
    let before = case.engine.store.shopper(victim).await.unwrap().unwrap();
    case.shopper = case.somebody().await;
    let own = case.begin(200, &[]).await.head.id;
    let same = case.answer(201, own, "email", Some("eva@example.com")).await.unwrap();
    assert_ne!(theirs, own);
    // Another's and an absent conversation's form are told apart by nobody.
    for conversation in [theirs, ConversationId(Uuid::from_u128(404))] {
        let failure = case.answer(202, conversation, "email", Some("eva@example.com")).await.unwrap_err();
        assert_eq!(failure, Failure::NotFound);
    }
    // As if it were the first such email: answered alike, and all else is as it was.
    assert_eq!((same.ack.seq, same.head.form), (told.ack.seq, told.head.form));
    assert_eq!(case.engine.store.shopper(victim).await.unwrap().unwrap(), before);
    assert_eq!(case.engine.store.conversations_of(victim, 9).await.unwrap().len(), 1);
    assert_eq!(case.engine.store.conversations_of(case.shopper, 9).await.unwrap().len(), 1);
}

fn faq(id: &str, answer: &str) -> Value {
    json!({"id": id, "question": format!("¿{id}?"), "answer": answer})
}

#[tokio::test]
async fn h_4_the_questions_that_were_opened_come_before_the_first_message_and_a_person_is_counted_once() {
    let case = Case::new(form("never", false, false)).await;
    let spanish = json!([faq("envios", "De **dos a tres** días."), faq("largo", &"x".repeat(4_000))]);
    case.publish(Section::Faqs, json!({"faqs": {"es": spanish, "en": [faq("only-english", "Yes.")]}})).await;
    let begun = case.begin(100, &["envios", "nada", "Not an id", "envios", "only-english"]).await;
    let id = begun.head.id;
    assert_eq!(case.told(id).await, ["faq envios: ¿envios?", "faq only-english: ¿only-english?", "message"]);
    assert_eq!((begun.ack.seq, begun.entries.len()), (3, 3));
    // The same beginning again is the same conversation.
    assert_eq!(case.begin(100, &["envios"]).await.ack, begun.ack);
    // Later they count for nothing.
    let wish = Wish::Say {
        conversation: None,
        text: "more".into(),
        before: Before { faqs: vec!["envios".into()], ..Before::default() },
    };
    assert_eq!(case.act(&case.eva(), 101, wish).await.unwrap().entries.len(), 1);
    // A question is no cause; the message behind it is a first one, however often it comes.
    assert_eq!(case.engine.react(id, 1).await, Ok(Reacted::Quiet(Quiet::NotACause)));
    for _ in 0..3 {
        case.engine.react(id, 3).await.unwrap();
    }
    let rules: Vec<Rule> = case.thread(id).await.iter().filter_map(|e| Some(e.why?.rule)).collect();
    assert_eq!(rules, [Rule::NobodyOnline, Rule::FormOffline]);
    let count = |faq: &str, opened, still_needed| FaqCount {
        faq: FieldId::parse(faq).unwrap(),
        opened,
        still_needed,
    };
    let counts = case.engine.store.faq_counts(&case.site.id).await.unwrap();
    assert_eq!(counts, [count("envios", 0, 1), count("only-english", 0, 1)]);
}

#[tokio::test]
async fn h_4_what_a_conversation_begins_with_is_bounded_and_every_frame_fits() {
    let case = Case::new(form("never", false, false)).await;
    let many: Vec<Value> = (0..25).map(|n| faq(&format!("q{n}"), &"ñ".repeat(310))).collect();
    let long: Vec<Value> = (0..8).map(|n| faq(&format!("long{n}"), &"ñ".repeat(4_000))).collect();
    let all = [many, long].concat();
    case.publish(Section::Faqs, json!({"faqs": {"es": all}})).await;
    let connection: domain::ConnectionId = "eva=".parse().unwrap();
    let begin = async |id: u128, names: Vec<String>, text: String| {
        let shopper = case.somebody().await;
        let registration = Registration {
            session: None,
            connection: connection.clone(),
            agent: None,
            list: None,
            expires_at: case.engine.env.now().plus(Duration::from_secs(60)),
        };
        case.engine.store.register(&Topic::Shopper(shopper), &registration).await.unwrap();
        let actor = Actor::Shopper { id: shopper, site: case.site.id.clone() };
        let done = case
            .act(
                &actor,
                id,
                Wish::Say { conversation: None, text, before: Before { faqs: names, ..Before::default() } },
            )
            .await
            .unwrap();
        case.engine.fan_out(&done.head, &done.entries).await;
        let frames = case.engine.push.take(&connection);
        assert!(frames.iter().all(|frame| frame.len() <= MAX_PAGE_BYTES));
        let mut seqs = Vec::new();
        for frame in &frames {
            let ServerFrame::Entries(Entries { entries, .. }) = serde_json::from_str(frame).unwrap() else {
                panic!("{frame}")
            };
            seqs.extend(entries.into_iter().map(|entry| entry.seq));
        }
        // Every entry, in its order.
        assert_eq!(seqs, (1..=done.entries.len() as u64).collect::<Vec<_>>());
        (done.entries.len() - 1, frames.len())
    };
    let names = |stem: &str, n: usize| (0..n).map(|n| format!("{stem}{n}")).collect::<Vec<_>>();
    // Twenty at most, and no more than there is room for.
    assert_eq!(begin(1, names("q", 25), "x".into()).await.0, 19);
    assert_eq!(begin(2, names("q", 3), "x".into()).await, (3, 1));
    let (questions, frames) = begin(3, names("long", 8), "ñ".repeat(10_000)).await;
    assert!(questions == 1 && frames == 1, "{questions} questions in {frames} frames");
    let (_, frames) = begin(4, names("q", 25), "ñ".repeat(10_000)).await;
    assert_eq!(frames, 2);
}

#[tokio::test]
async fn h_4_an_opened_question_is_counted_once_for_its_id_if_there_is_such_a_question() {
    let case = Case::new(form("never", false, false)).await;
    case.publish(Section::Faqs, json!({"faqs": {"en": [faq("shipping", "Three days.")]}})).await;
    let open = async |faq: &str, id: u128| {
        let (faq, id) = (FieldId::parse(faq).unwrap(), ClientId(Uuid::from_u128(id)));
        case.engine.faq_opened(&case.site, "203.0.113.9", &faq, id).await
    };
    for id in [1, 1, 2, 1] {
        open("shipping", id).await.unwrap();
    }
    assert_eq!(open("anything", 3).await, Err(Failure::NotFound));
    let counts = case.engine.faq_counts(&Case::ana(), &case.site.id).await.unwrap();
    assert_eq!((counts.len(), counts[0].opened, counts[0].still_needed), (1, 2, 0));
    let mut limited = 0;
    for id in 10..300 {
        limited += u32::from(matches!(open("shipping", id).await, Err(Failure::RateLimited { .. })));
    }
    assert!(limited > 0, "one address counts without end");
    let agent = Actor::Agent { id: ANA, site: case.site.id.clone(), name: "Ana".into(), role: Role::Agent };
    let elsewhere =
        Actor::Agent { id: ANA, site: "other".parse().unwrap(), name: "Ana".into(), role: Role::Admin };
    for actor in [agent, elsewhere, case.eva()] {
        assert_eq!(case.engine.faq_counts(&actor, &case.site.id).await, Err(Failure::Forbidden));
    }
}

#[tokio::test]
async fn a_shopper_reads_how_far_the_form_is_and_an_agent_who_was_told_the_id_reads_nothing() {
    let case = Case::new(form("always", false, true)).await;
    let id = case.begin(100, &[]).await.head.id;
    let hello = async |identity: Identity, name: &str| {
        let connection = Connection {
            id: name.parse().unwrap(),
            site: case.site.id.clone(),
            identity,
            session: None,
            address: String::new(),
            connected_at: case.engine.env.now(),
            viewing: None,
            greeted: false,
        };
        case.engine.store.connect(&connection).await.unwrap();
        let known = Known { conversation_id: id, epoch: "e1".into(), after: Default::default() };
        let hello = Hello { conversations: vec![known], list: None, newest: false };
        case.engine.hello(&connection, ClientId(Uuid::from_u128(5)), hello).await.unwrap();
        let frames = case.engine.push.take(&connection.id);
        frames.iter().map(|frame| serde_json::from_str::<ServerFrame>(frame).unwrap()).collect::<Vec<_>>()
    };
    let shoppers = hello(Identity::Shopper { id: case.shopper }, "eva=").await;
    let ServerFrame::Entries(page) = &shoppers[0] else { panic!("{shoppers:?}") };
    assert_eq!((page.head.held, page.head.form), (true, Some(FormProgress::Asked)));
    let identity = Identity::Agent { id: ANA, name: "Ana".into(), role: Role::Admin, version: 1 };
    let agents = hello(identity, "ana=").await;
    match agents.as_slice() {
        [ServerFrame::Ready(ready)] => assert_eq!(ready.absent, [id.to_string()]),
        other => panic!("{other:?}"),
    }
    case.answer(101, id, "email", Some("eva@example.com")).await.unwrap();
    let done = case.answer(102, id, "size", None).await.unwrap();
    let head = protocol::convert::head(&done.head, None, true);
    assert_eq!((head.held, head.form), (false, Some(FormProgress::Finished)));
}
