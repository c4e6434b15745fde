//! Page views on the whole use case: what is shown, to whom, how often, and what becomes of it.

use domain::conversation::{Author, Body, Log};
use domain::people::{Actor, Availability, Member, Role, Site};
use domain::ports::{Accounts, Conversations, Document, Environment};
use domain::{AgentId, ClientId, SiteId, VisitorId};
use mostrador_delivery::proactive::{Asked, Reporter};
use mostrador_delivery::{Before, Engine, Failure, NewSession, Wish};
use protocol::proactive::{PageAnswer, PageReport, ProactiveAuthor};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Memory, Outbox, World};
use uuid::Uuid;

const ANA: AgentId = AgentId(Uuid::from_u128(1));
const MINUTE: Duration = Duration::from_secs(60);

type Shop = Engine<Memory, Outbox, World>;

struct Case {
    engine: Shop,
    site: Site,
}

fn admin(site: &SiteId) -> Actor {
    Actor::Agent { id: ANA, site: site.clone(), name: "Ana".into(), role: Role::Admin }
}

fn message(sender: &Value) -> Value {
    let texts = json!({"en": "Can I help? {shop}", "es": "¿Te ayudo?"});
    json!({"kind": "message", "sender": sender, "texts": texts, "display": "teaser"})
}

fn trigger(id: &str, conditions: Value, actions: Value) -> Value {
    json!({
        "id": id, "name": id, "enabled": true, "when": "both", "conditions": conditions, "actions": actions,
        "frequency": {"kind": "once_ever"},
    })
}

fn bot() -> Value {
    json!({"kind": "bot"})
}

impl Case {
    async fn of(triggers: &[Value]) -> Self {
        let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
        let case = Self::on(engine, "demo").await;
        case.publish(triggers).await;
        case
    }

    async fn on(engine: Shop, id: &str) -> Self {
        let site = Site { origins: vec!["https://shop.example".into()], ..testkit::shop::site(id) };
        engine.store.put_site(&site).await.unwrap();
        let member = Member {
            site: site.id.clone(),
            agent: ANA,
            name: "Ana".into(),
            title: "Sales".into(),
            photo: None,
            role: Role::Admin,
            version: 1,
            active: true,
            availability: Availability::Online,
            seen_at: Some(engine.env.now()),
        };
        engine.store.put_member(&member).await.unwrap();
        let case = Self { engine, site };
        case.presence(Availability::Online).await;
        case
    }

    async fn publish(&self, triggers: &[Value]) {
        let actor = admin(&self.site.id);
        let value = json!({"triggers": triggers});
        self.engine.publish_document(&actor, &self.site, &Document::Triggers, 0, value).await.unwrap();
    }

    async fn presence(&self, availability: Availability) {
        let now = self.engine.env.now();
        self.engine.store.sign_of_life(&self.site.id, ANA, Some(availability), now).await.unwrap();
        // Whoever decides has a picture of some seconds ago.
        self.engine.env.pass(Duration::from_secs(16));
    }

    fn nobody(&self) -> Reporter {
        Reporter {
            site: self.site.id.clone(),
            shopper: None,
            address: "203.0.113.7/32".into(),
            country: None,
            user_agent: None,
        }
    }

    async fn tells(&self, report: &PageReport) -> PageAnswer {
        self.engine.page_report(&self.nobody(), report).await.unwrap()
    }

    async fn results(&self) -> Vec<(String, [u64; 4])> {
        let answer = self.engine.trigger_results(&admin(&self.site.id), &self.site, 30).await.unwrap();
        let sum = |days: &[protocol::proactive::TriggerDay]| {
            days.iter().fold([0; 4], |[a, b, c, d], day| {
                [a + day.shown, b + day.opened, c + day.answered, d + day.converted]
            })
        };
        answer.triggers.iter().map(|of| (of.id.clone(), sum(&of.days))).collect()
    }

    async fn answers(&self, text: &str, shown: Option<String>, n: u128) -> (Actor, Result<u64, Failure>) {
        let about = NewSession { language: Some("es".into()), ..NewSession::default() };
        let (_, session) = self.engine.begin_session(&self.site, "203.0.113.7", about).await.unwrap();
        let actor = Actor::Shopper { id: session.shopper, site: self.site.id.clone() };
        let sent = self.says(&actor, text, shown, n).await;
        (actor, sent)
    }

    async fn says(&self, actor: &Actor, text: &str, shown: Option<String>, n: u128) -> Result<u64, Failure> {
        let before = Before { proactive: shown, ..Before::default() };
        let wish = Wish::Say { conversation: None, text: text.into(), before };
        let id = ClientId(Uuid::from_u128(n));
        Ok(self.engine.perform(actor, "203.0.113.7", id, wish, None).await?.ack.seq)
    }

    async fn thread(&self, actor: &Actor) -> Vec<(Author, String, bool)> {
        let Actor::Shopper { id, .. } = actor else { panic!("a shopper") };
        let open = self.engine.store.open_conversation(*id).await.unwrap().unwrap();
        let page = self.engine.store.entries(open, Log::Thread, 0, 100).await.unwrap();
        let line = |entry: domain::conversation::Entry| match entry.body {
            Body::Message { text } => (entry.author, text, entry.why.is_some()),
            other => (entry.author, format!("{other:?}"), entry.why.is_some()),
        };
        page.entries.into_iter().map(line).collect()
    }
}

fn report(page: u128, what: &str, more: Value) -> PageReport {
    let mut report = json!({
        "page_id": Uuid::from_u128(page), "what": what, "remember": true, "url": "https://shop.example/cart",
        "language": "es-ES", "device": "desktop", "window": "closed",
    });
    for (name, value) in more.as_object().unwrap() {
        report[name] = value.clone();
    }
    serde_json::from_value(report).unwrap()
}

#[tokio::test]
async fn t_2_a_message_is_shown_once_ever_and_its_visitor_is_known_again() {
    let case = Case::of(&[trigger("cart", json!([]), json!([message(&bot())]))]).await;
    let first = case.tells(&report(1, "view", json!({}))).await;
    let token = first.visitor.expect("a new visitor");
    let shown = first.show.expect("it fires at once");
    assert_eq!(shown.message.unwrap().text, "¿Te ayudo?");
    assert_eq!(shown.author, ProactiveAuthor::Bot { name: "Taller Luz".into() });
    case.engine.env.pass(MINUTE);
    let again = case.tells(&report(2, "view", json!({"visitor": token}))).await;
    assert_eq!((again.visitor, again.show), (None, None));
    assert_eq!(case.results().await, [("cart".to_owned(), [1, 0, 0, 0])]);
}

#[tokio::test]
async fn t_4_without_consent_nothing_is_stored_of_a_visitor_and_only_every_page_load_speaks() {
    let mut loads = trigger("loads", json!([]), json!([message(&bot())]));
    loads["frequency"] = json!({"kind": "every_page_load"});
    let case = Case::of(&[trigger("once", json!([]), json!([message(&bot())])), loads]).await;
    for page in 1..=3 {
        let answer = case.tells(&report(page, "view", json!({"remember": false}))).await;
        assert_eq!((answer.visitor, answer.show.unwrap().trigger.as_deref()), (None, Some("loads")));
        let twice = case.tells(&report(page, "met", json!({"remember": false}))).await;
        assert_eq!(twice.show, None, "once on a page");
    }
    // A token that came along all the same is not looked at.
    let remembered = case.tells(&report(9, "view", json!({}))).await.visitor.unwrap();
    let answer = case.tells(&report(10, "view", json!({"remember": false, "visitor": remembered}))).await;
    assert_eq!(answer.show.unwrap().trigger.as_deref(), Some("loads"));
}

#[tokio::test]
async fn a_forged_met_is_decided_by_the_servers_own_clock() {
    let conditions = json!([{"kind": "time_on_page", "seconds": 30}, {"kind": "scroll", "percent": 50}]);
    let case = Case::of(&[trigger("slow", conditions, json!([message(&bot())]))]).await;
    let first = case.tells(&report(1, "view", json!({}))).await;
    assert_eq!((first.show, first.armed[0].awaits.len()), (None, 2));
    let visitor = first.visitor.unwrap();
    let lies = json!({"visitor": visitor, "on_page_ms": 3_600_000, "scroll": 100});
    let forged = case.tells(&report(1, "met", lies.clone())).await;
    assert_eq!((forged.show, forged.armed[0].awaits.len()), (None, 1), "time is awaited still");
    // Nor on a page that was never opened.
    assert_eq!(case.tells(&report(77, "met", lies.clone())).await.show, None);
    case.engine.env.pass(Duration::from_secs(31));
    assert!(case.tells(&report(1, "met", lies)).await.show.is_some());
}

#[tokio::test]
async fn t_4_never_from_an_invisible_agent_nor_while_chatting_nor_after_it_was_sent_away() {
    let ana = json!({"kind": "agent", "agent": ANA.to_string()});
    let mut ask = trigger("ask", json!([]), json!([message(&ana)]));
    ask["frequency"] = json!({"kind": "every_page_load"});
    let case = Case::of(&[ask]).await;
    let first = case.tells(&report(1, "view", json!({}))).await;
    let (visitor, shown) = (first.visitor.unwrap(), first.show.unwrap());
    let ProactiveAuthor::Agent { name, title, .. } = &shown.author else { panic!("{shown:?}") };
    assert_eq!((name.as_str(), title.as_deref()), ("Ana", Some("Sales")));
    // Chatting.
    let (actor, _) = case.answers("Hola", None, 1).await;
    let Actor::Shopper { id, .. } = actor else { panic!() };
    case.engine.env.pass(MINUTE);
    case.presence(Availability::Online).await;
    let with_session = Reporter { shopper: Some(id), ..case.nobody() };
    let second = report(2, "view", json!({"visitor": visitor}));
    assert_eq!(case.engine.page_report(&with_session, &second).await.unwrap().show, None);
    // Invisible, with a colleague there.
    case.presence(Availability::Invisible).await;
    assert_eq!(case.tells(&report(3, "view", json!({"visitor": visitor}))).await.show.map(|s| s.author), {
        // The shop is closed then: a word that claims no presence may stand.
        Some(shown.author.clone())
    });
    // Sent away.
    let away = json!({"visitor": visitor, "shown": shown.shown});
    case.tells(&report(1, "dismissed", away)).await;
    case.engine.env.pass(MINUTE);
    case.presence(Availability::Online).await;
    assert_eq!(case.tells(&report(4, "view", json!({"visitor": visitor}))).await.show, None);
}

#[tokio::test]
async fn what_was_shown_becomes_the_first_entry_of_a_conversation_and_of_one_only() {
    let ana = json!({"kind": "agent", "agent": ANA.to_string()});
    let case = Case::of(&[trigger("ask", json!([]), json!([message(&ana)]))]).await;
    let other = Case::on(case.engine.clone(), "other").await;
    let first = case.tells(&report(1, "view", json!({}))).await;
    let shown = first.show.unwrap().shown;
    // Another site's token counts for nothing, and so does one that was made up.
    for (site, token) in [(&other, shown.clone()), (&case, "shn_0".to_owned())] {
        let (actor, sent) = site.answers("Hola", Some(token), 5).await;
        assert_eq!(sent.unwrap(), 1);
        assert_eq!(site.thread(&actor).await.len(), 1);
    }
    let (actor, sent) = case.answers("¡Sí!", Some(shown.clone()), 7).await;
    assert_eq!(sent.unwrap(), 2);
    let thread = case.thread(&actor).await;
    let ana = Author::Agent { id: ANA, name: "Ana".into() };
    assert_eq!(thread[0], (ana, "¿Te ayudo?".to_owned(), true));
    assert_eq!(thread[1], (Author::Shopper, "¡Sí!".to_owned(), false));
    // The retry answers the old numbers.
    assert_eq!(case.says(&actor, "¡Sí!", Some(shown.clone()), 7).await.unwrap(), 2);
    assert_eq!(case.thread(&actor).await.len(), 2);
    let Actor::Shopper { id, .. } = &actor else { panic!() };
    let open = case.engine.store.open_conversation(*id).await.unwrap().unwrap();
    let head = case.engine.store.head(open).await.unwrap().unwrap();
    let names = case.engine.trigger_names(&case.site).await.unwrap();
    assert_eq!(names.triggers.iter().map(|of| of.id.as_str()).collect::<Vec<_>>(), ["ask"]);
    // Nobody has joined by it, nobody has answered, nobody owns it, and no mail is owed.
    assert!(head.participants.is_empty() && head.owner.is_none() && head.unread);
    assert!(head.waiting_since.is_some());
    assert!(!head.deadlines.contains_key(&domain::automatic::Deadline::Unseen));
    assert_eq!(case.results().await, [("ask".to_owned(), [1, 0, 1, 0])]);
    // Answered is answered: the next who brings it begins like anybody.
    let (second, sent) = case.answers("Yo también", Some(shown), 8).await;
    assert_eq!((sent.unwrap(), case.thread(&second).await.len()), (1, 1));
    assert_eq!(case.results().await, [("ask".to_owned(), [1, 0, 1, 0])]);
    // What the shop says by itself to a first message is said as ever.
    let reacted = case.engine.react(open, 2).await.unwrap();
    assert!(matches!(
        reacted,
        mostrador_delivery::Reacted::Done { .. } | mostrador_delivery::Reacted::Quiet(_)
    ));
}

#[tokio::test]
async fn t_6_an_order_is_counted_once_for_what_was_opened_before_it() {
    let case = Case::of(&[trigger("ask", json!([]), json!([message(&bot())]))]).await;
    let first = case.tells(&report(1, "view", json!({}))).await;
    let (visitor, shown) = (first.visitor.unwrap(), first.show.unwrap().shown);
    let order = |number: &str| {
        let event = json!({"name": "order", "value": 49.9, "currency": "eur", "reference": number});
        report(1, "event", json!({"visitor": visitor, "event": event}))
    };
    case.tells(&order("R-0")).await;
    assert_eq!(case.results().await, [("ask".to_owned(), [1, 0, 0, 0])], "shown is not opened");
    let opened = report(1, "shown_opened", json!({"visitor": visitor, "shown": shown}));
    // Somebody else's showing is nobody's.
    case.tells(&report(1, "shown_opened", json!({"shown": shown}))).await;
    for _ in 0..2 {
        case.tells(&opened).await;
    }
    for number in ["R-1", "R-1", "R-2"] {
        case.tells(&order(number)).await;
    }
    let mut wrong = order("R-3");
    wrong.event.as_mut().unwrap().name = "clicked".into();
    case.tells(&wrong).await;
    assert_eq!(case.results().await, [("ask".to_owned(), [1, 1, 0, 2])]);
    let answer = case.engine.trigger_results(&admin(&case.site.id), &case.site, 1).await.unwrap();
    assert_eq!((answer.value[0].currency.as_str(), answer.value[0].hundredths), ("EUR", 9_980));
    case.engine.env.pass(8 * 24 * 60 * MINUTE);
    case.tells(&order("R-4")).await;
    assert_eq!(case.results().await[0].1[3], 2, "a week later it has come of something else");
}

#[tokio::test]
async fn t_5_a_trigger_is_tried_in_one_browser_also_while_it_is_off_and_counts_nowhere() {
    let mut off = trigger("off", json!([]), json!([message(&bot())]));
    off["enabled"] = json!(false);
    let case = Case::of(&[off]).await;
    let key = case.engine.try_trigger(&admin(&case.site.id), &case.site, "off").await.unwrap().key;
    let refused = case.engine.try_trigger(&admin(&case.site.id), &case.site, "none").await;
    assert_eq!(refused, Err(Failure::NotFound));
    let mut visitor = None;
    for page in 1..=3 {
        let testing = json!({"trigger": "off", "key": key});
        let answer = case.tells(&report(page, "view", json!({"testing": testing, "visitor": visitor}))).await;
        assert!(answer.show.is_some());
        visitor = visitor.or(answer.visitor);
    }
    for testing in [json!({"trigger": "off", "key": "tst_0"}), json!({"trigger": "other", "key": key})] {
        assert_eq!(case.tells(&report(8, "view", json!({"testing": testing}))).await.show, None);
    }
    case.engine.env.pass(61 * MINUTE);
    let late = json!({"testing": {"trigger": "off", "key": key}});
    assert_eq!(case.tells(&report(9, "view", late)).await.show, None);
    assert_eq!(case.results().await, []);
}

#[tokio::test]
async fn t_5_why_a_trigger_did_not_fire_is_told_of_the_last_report() {
    let conditions = json!([{"kind": "cart_items", "at_least": 2}]);
    let case = Case::of(&[trigger("ask", conditions, json!([message(&bot())]))]).await;
    let cart = json!({"lines": [{"number": "L", "name": "Lamp", "quantity": 1.0, "price": 9.5}]});
    let visitor = case.tells(&report(1, "view", json!({"cart": cart}))).await.visitor.unwrap();
    let id = VisitorId(Uuid::try_parse(&visitor[4..36]).unwrap());
    let told = case.engine.explain(&case.site, id).await.unwrap();
    let told = serde_json::to_value(told).unwrap();
    assert_eq!(told["triggers"][0]["verdict"], "silent");
    assert_eq!(told["triggers"][0]["conditions"][0]["finding"], json!({"kind": "fails", "why": "too_low"}));
    let foreign = Case::on(case.engine.clone(), "other").await;
    let absent = case.engine.explain(&case.site, VisitorId(Uuid::from_u128(9))).await;
    assert_eq!(foreign.engine.explain(&foreign.site, id).await.unwrap_err(), absent.unwrap_err());
}

/// T5 beside a conversation: agents find the explanation of whom they talk to.
#[tokio::test]
async fn t_5_a_shopper_is_known_as_the_visitor_that_their_browser_last_reported_as() {
    let case = Case::of(&[trigger("ask", json!([]), json!([message(&bot())]))]).await;
    let about = NewSession::default();
    let (_, session) = case.engine.begin_session(&case.site, "203.0.113.7", about).await.unwrap();
    let signed = Reporter { shopper: Some(session.shopper), ..case.nobody() };
    let known = async || case.engine.store.shopper(session.shopper).await.unwrap().unwrap().visitor;
    // Without consent there is nobody.
    let silent = report(1, "view", json!({"remember": false}));
    case.engine.page_report(&signed, &silent).await.unwrap();
    assert_eq!(known().await, None);
    let told = case.engine.page_report(&signed, &report(2, "view", json!({}))).await.unwrap();
    let first = told.visitor.unwrap();
    let id = |token: &str| Some(VisitorId(Uuid::try_parse(&token[4..36]).unwrap()));
    assert_eq!(known().await, id(&first));
    // Another browser; then the first again, whose page has been open all the while.
    let other = case.tells(&report(3, "view", json!({}))).await.visitor.unwrap();
    for (page, visitor) in [(3, &other), (2, &first)] {
        let beat = report(page, "beat", json!({"visitor": visitor}));
        case.engine.page_report(&signed, &beat).await.unwrap();
        assert_eq!(known().await, id(visitor));
    }
    // A token that was made up is nobody's, and changes nothing.
    let forged = format!("{}{}", &other[..36], "0".repeat(32));
    case.engine.page_report(&signed, &report(4, "beat", json!({"visitor": forged}))).await.unwrap();
    assert_eq!(known().await, id(&first));
}

#[tokio::test]
async fn a_9_a_flood_of_reports_is_refused_and_others_are_not() {
    let case = Case::of(&[]).await;
    let visitor = case.tells(&report(1, "view", json!({}))).await.visitor.unwrap();
    let mut refused = 0;
    for _ in 0..100 {
        let sent = report(1, "event", json!({"visitor": visitor, "event": {"name": "x"}}));
        match case.engine.page_report(&case.nobody(), &sent).await {
            Ok(_) => {}
            Err(Failure::RateLimited { .. }) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(refused >= 40, "{refused}");
    assert!(case.engine.page_report(&case.nobody(), &report(2, "view", json!({}))).await.is_ok());
}

#[tokio::test]
async fn a_19_only_pages_of_the_site_report_and_a_foreign_session_is_none() {
    let case = Case::of(&[]).await;
    let other = Case::on(case.engine.clone(), "other").await;
    let about = NewSession::default();
    let (secret, session) = other.engine.begin_session(&other.site, "203.0.113.7", about).await.unwrap();
    let token = Some(secret.reveal());
    for origin in ["https://evil.example", "null", "https://shop.example.evil.example"] {
        let asked = Asked { origin: Some(origin.into()), ..Asked::default() };
        assert_eq!(case.engine.reporter(&case.site.id, asked).await, Err(Failure::Forbidden));
    }
    let asked = Asked { origin: Some("https://shop.example".into()), token, ..Asked::default() };
    assert_eq!(case.engine.reporter(&case.site.id, asked.clone()).await.unwrap().shopper, None);
    assert_eq!(other.engine.reporter(&other.site.id, asked).await.unwrap().shopper, Some(session.shopper));
    let absent = case.engine.reporter(&"absent".parse().unwrap(), Asked::default()).await;
    assert_eq!(absent, Err(Failure::NotFound));
}
