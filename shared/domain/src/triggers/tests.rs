mod drafts;
mod properties;
mod store;

use super::draft::{
    Draft, DraftAction, DraftCondition, DraftFrequency, DraftPattern, DraftRange, DraftSender, DraftText,
};
use super::facts::{Attributes, Raw, RawLine, attributes, cart};
use super::pattern::{PageUrl, PatternKind};
use super::shown::{Mark, Shown};
use super::*;
use crate::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_795_172_400_000);
const ANA: &str = "agt_018f3b1e-7c1a-7000-8000-000000000001";
const PAGE: PageId = PageId(Uuid::from_u128(1));
const VISIT: VisitId = VisitId(Uuid::from_u128(2));

fn id(text: &str) -> FieldId {
    FieldId::parse(text).unwrap()
}

fn message() -> DraftAction {
    DraftAction::Message {
        sender: DraftSender::Bot,
        texts: vec![("en".into(), "Hello from {shop}!".into())],
        display: Display::Teaser,
    }
}

fn draft(conditions: Vec<DraftCondition>, frequency: DraftFrequency) -> Draft {
    Draft {
        id: "t".into(),
        name: "Test".into(),
        enabled: true,
        when: When::Both,
        conditions,
        actions: vec![message()],
        frequency,
    }
}

fn known() -> Known {
    Known { default_language: Some(Language::english()), ..Known::default() }
}

fn trigger(draft: &Draft) -> Trigger {
    check(std::slice::from_ref(draft), &known()).unwrap_or_else(|e| panic!("{e:?}")).0.remove(0)
}

fn on(href: &str) -> PageView {
    let url = PageUrl::parse(href).unwrap();
    let campaign = Campaign::of(&url);
    PageView { id: PAGE, url, viewed_at: Some(NOW), referrer: Referrer::default(), campaign }
}

fn visitor() -> Visitor {
    Visitor {
        page: on("https://shop.example/"),
        browser: Browser { language: None, device: Device::Desktop, window: Window::Closed },
        claims: Claims::default(),
        country: None,
        memory: Memory::Visit(Visit {
            id: VISIT,
            began_at: NOW,
            pages: 1,
            returning: false,
            chatted_before: false,
        }),
        online: Online { shop: true, office: Office::Open, agents: BTreeSet::new(), groups: BTreeSet::new() },
        chat: Chat { identity: Identity::Anonymous, may_chat: true, open: false },
        cart: None,
        attributes: Attributes::default(),
        events: BTreeSet::new(),
        shown: Shown::default(),
        testing: None,
    }
}

fn seconds(text: &str) -> Duration {
    Duration::from_secs_f64(text.parse().unwrap())
}

/// `50..`, `..20EUR`, `2..4`.
fn range(text: &str) -> (DraftRange, Option<String>) {
    let (range, currency) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let (least, most) = range.split_once("..").unwrap();
    let bound = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
    let currency = (!currency.is_empty()).then(|| currency.to_owned());
    (DraftRange { at_least: bound(least), at_most: bound(most) }, currency)
}

fn texts(text: &str) -> Vec<DraftText> {
    let (how, texts) = text.split_once(':').unwrap();
    let how = match how {
        "is" => How::Is,
        "contains" => How::Contains,
        "begins" => How::Begins,
        other => panic!("how {other}"),
    };
    texts.split(',').map(|text| DraftText { how, text: text.into() }).collect()
}

fn device(word: &str) -> Option<Device> {
    Some(match word {
        "desktop" => Device::Desktop,
        "phone" => Device::Phone,
        "tablet" => Device::Tablet,
        _ => return None,
    })
}

fn identity(word: &str) -> Identity {
    match word {
        "anonymous" => Identity::Anonymous,
        "identified" => Identity::Identified,
        "verified" => Identity::Verified,
        other => panic!("who {other}"),
    }
}

fn words(list: &str) -> Vec<String> {
    list.split(',').map(str::to_owned).collect()
}

fn condition(word: &str) -> DraftCondition {
    use DraftCondition as C;
    if word == "leaving" {
        return C::Leaving;
    }
    if let Some(rest) = word.strip_prefix("attr.") {
        let at = rest.find(['=', '!', '#', '?']).unwrap();
        let (key, test) = (rest[..at].to_owned(), &rest[at..]);
        return match &test[..1] {
            "#" => C::AttributeNumber { key, range: range(&test[1..]).0 },
            "?" => C::AttributePresent { key, is: &test[1..] == "yes" },
            "!" => C::AttributeText { key, is: false, texts: texts(&test[2..]) },
            _ => C::AttributeText { key, is: true, texts: texts(&test[1..]) },
        };
    }
    let (key, value) = word.split_once('=').unwrap();
    let (key, is) = key.strip_suffix('!').map_or((key, true), |key| (key, false));
    let number = || value.parse().unwrap();
    match key {
        "page" => {
            let (kind, list) = value.split_once(':').unwrap();
            let kind = match kind {
                "exact" => PatternKind::Exact,
                "contains" => PatternKind::Contains,
                "wildcard" => PatternKind::Wildcard,
                "regex" => PatternKind::Regex,
                other => panic!("kind {other}"),
            };
            let patterns = list.split(',').map(|text| DraftPattern { kind, text: text.into() }).collect();
            C::Page { is, patterns }
        }
        "time" => C::TimeOnPage { seconds: number() },
        "site" => C::TimeOnSite { seconds: number() },
        "pages" => C::PagesSeen { range: range(value).0 },
        "scroll" => C::Scroll { percent: number() },
        "idle" => C::Idle { seconds: number() },
        "ref" => C::Referrer { is, texts: texts(value) },
        "country" => C::Country { is, any_of: words(value) },
        "lang" => C::Language { is, any_of: words(value) },
        "device" => C::Device { is, any_of: value.split(',').map(|word| device(word).unwrap()).collect() },
        "returning" => C::Returning { is: value == "yes" },
        "chatted" => C::ChattedBefore { is: value == "yes" },
        "cart" => {
            let (range, currency) = range(value);
            C::CartValue { range, currency }
        }
        "items" => C::CartItems { range: range(value).0 },
        "contains" => C::CartContains { is, texts: texts(value) },
        "window" => C::Window { is: if value == "open" { Window::Open } else { Window::Closed } },
        "office" => C::Office { is: if value == "open" { Office::Open } else { Office::Closed } },
        "event" => C::Event { name: value.into() },
        "who" => C::Identity { any_of: value.split(',').map(identity).collect() },
        utm => {
            let part = CampaignPart::ALL.into_iter().find(|part| part.parameter() == utm);
            C::Campaign { part: part.unwrap_or_else(|| panic!("condition {utm}")), is, texts: texts(value) }
        }
    }
}

fn frequency(word: &str) -> DraftFrequency {
    match word {
        "ever" => DraftFrequency::OnceEver,
        "visit" => DraftFrequency::OncePerVisit,
        "days7" => DraftFrequency::EveryDays(7),
        "load" => DraftFrequency::EveryPageLoad,
        other => panic!("frequency {other}"),
    }
}

/// Puts one word of the column `visitor` to the visitor or the trigger.
fn set(word: &str, draft: &mut Draft, visitor: &mut Visitor, lines: &mut Vec<(String, f64)>) {
    let (key, value) = word.split_once('=').unwrap_or((word, ""));
    let visit = |visitor: &mut Visitor, change: &dyn Fn(&mut Visit)| {
        if let Memory::Visit(visit) = &mut visitor.memory {
            change(visit);
        }
    };
    match key {
        "url" => {
            let viewed_at = visitor.page.viewed_at;
            visitor.page = PageView { viewed_at, ..on(&format!("https://shop.example{value}")) };
        }
        "t" => {
            let t: f64 = value.parse().unwrap();
            let away = Duration::from_secs_f64(t.abs());
            visitor.page.viewed_at = Some(if t < 0.0 { NOW.plus(away) } else { NOW.minus(away) });
        }
        "unkept" => visitor.page.viewed_at = None,
        "on" => visitor.claims.on_page = seconds(value),
        "visit" => visit(visitor, &|visit| visit.began_at = NOW.minus(seconds(value))),
        "pages" => visit(visitor, &|visit| visit.pages = value.parse().unwrap()),
        "returning" => visit(visitor, &|visit| visit.returning = true),
        "chatted" => visit(visitor, &|visit| visit.chatted_before = true),
        "noconsent" => visitor.memory = Memory::Nothing,
        "scroll" => visitor.claims.scroll = value.parse().unwrap(),
        "idle" => visitor.claims.idle = seconds(value),
        "leaving" => visitor.claims.leaving = true,
        "ref" => visitor.page.referrer = Referrer::new(value),
        "country" => visitor.country = Country::parse(value),
        "lang" => visitor.browser.language = Language::parse(value),
        "open" => visitor.browser.window = Window::Open,
        "cart" => {
            let (amount, currency) =
                value.split_at(value.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(value.len()));
            let currency = (!currency.is_empty()).then_some(currency);
            visitor.cart = Some(cart([], Some(amount.parse().unwrap()), currency).value);
        }
        "line" => {
            let (name, pieces) = value.split_once('*').unwrap();
            lines.push((name.replace('_', " "), pieces.parse().unwrap()));
            let skus: Vec<_> = lines.iter().map(|(name, _)| format!("SKU-{name}")).collect();
            let raw = lines.iter().zip(&skus).map(|((name, pieces), sku)| RawLine {
                number: sku,
                name,
                quantity: *pieces,
                price: 10.0,
            });
            visitor.cart = Some(cart(raw, None, None).value);
        }
        "who" => visitor.chat.identity = identity(value),
        "office" => visitor.online.office = if value == "open" { Office::Open } else { Office::Closed },
        "shop" => visitor.online.shop = false,
        "here" => {
            visitor.online.agents.insert(ANA.parse().unwrap());
            visitor.online.groups.insert(id("sales"));
        }
        "event" => {
            visitor.events.insert(id(value));
        }
        "barred" => visitor.chat.may_chat = false,
        "chatting" => visitor.chat.open = true,
        "dismissed" => {
            visitor.shown.dismissed.insert(id("t"));
        }
        "shown" => {
            let (mark, at) = match value.split_once(':') {
                None if value == "page" => (Mark::Page(id("t"), PAGE), NOW),
                None => (Mark::Visit(id("t"), VISIT), NOW),
                Some((_, days)) => (Mark::Ever(id("t")), NOW.minus(seconds(days) * 86_400)),
            };
            visitor.shown.note(mark, at);
        }
        "taken" if value == "page" => {
            visitor.shown.note(Mark::PageTaken(PAGE), NOW);
        }
        "taken" => {
            visitor.shown.note(Mark::Taken, NOW.minus(seconds(value)));
        }
        "testing" => visitor.testing = Some(id("t")),
        "off" => draft.enabled = false,
        "quiet" => draft.actions = vec![DraftAction::AssignGroup { group: "sales".into() }],
        "when" => {
            draft.when = match value {
                "online" => When::Online,
                "offline" => When::Offline,
                _ => When::Both,
            };
        }
        "from" => {
            let of = if value == "agent" {
                DraftSender::Agent(ANA.into())
            } else {
                DraftSender::Group("sales".into())
            };
            if let DraftAction::Message { sender, .. } = &mut draft.actions[0] {
                *sender = of;
            }
        }
        word => {
            if let Some(device) = device(word) {
                visitor.browser.device = device;
            } else if let Some(rest) = word.strip_prefix("attr.") {
                let given = if value.is_empty() {
                    let (key, n) = rest.split_once('#').unwrap();
                    attributes([(key, Raw::Number(n.parse().unwrap()))])
                } else {
                    attributes([(rest, Raw::Text(value))])
                };
                visitor.attributes = given.value;
            } else {
                panic!("visitor {word}");
            }
        }
    }
}

/// `TooLow` is `too_low`.
fn snake(name: impl std::fmt::Debug) -> String {
    let mut text = String::new();
    for c in format!("{name:?}").chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    text
}

fn told(evaluated: &Evaluated<'_>) -> String {
    let mut told = snake(evaluated.verdict);
    match evaluated.verdict {
        Verdict::Fires => {}
        Verdict::Armed => {
            for awaited in evaluated.awaited() {
                told.push_str(&match awaited {
                    Await::After(span) => format!(" after@{}", span.as_secs_f64()),
                    Await::Scroll(depth) => format!(" scroll@{depth}"),
                    Await::Leaving => " leaving".into(),
                    Await::Idle(span) => format!(" idle@{}", span.as_secs_f64()),
                });
            }
        }
        Verdict::Silent => {
            for (subject, finding) in &evaluated.findings {
                let subject = match subject {
                    Subject::Rule(rule) => snake(rule),
                    Subject::Condition(_, kind) => snake(kind),
                };
                if let Finding::Fails(why) = finding {
                    told.push_str(&format!(" {subject}:{}", snake(why)));
                }
            }
        }
    }
    told
}

#[test]
fn t_1_every_situation_is_decided_as_the_table_says() {
    let table = include_str!("situations.txt");
    let mut rows = 0;
    let mut wrong = Vec::new();
    let mut kinds = BTreeSet::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let columns: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [conditions, often, state, expected] = columns[..] else { panic!("{line}") };
        let listed = |column: &'static str| column.split_whitespace().filter(|word| *word != "-");
        let mut draft = draft(listed(conditions).map(condition).collect(), frequency(often));
        let (mut visitor, mut lines) = (visitor(), Vec::new());
        for word in listed(state) {
            set(word, &mut draft, &mut visitor, &mut lines);
        }
        // Each condition by itself: a row may hold together what publishing refuses, and is decided all the same.
        let each = draft
            .conditions
            .clone()
            .into_iter()
            .map(|condition| Draft { conditions: vec![condition], ..draft.clone() });
        let each: Vec<Trigger> = each.map(|draft| self::trigger(&draft)).collect();
        draft.conditions.clear();
        let mut trigger = self::trigger(&draft);
        trigger.conditions = each.into_iter().flat_map(|trigger| trigger.conditions).collect();
        kinds.extend(trigger.conditions.iter().map(Condition::kind));
        rows += 1;
        let found = told(&evaluate_one(&trigger, 0, &visitor, NOW));
        if found != expected {
            wrong.push(format!("{line}\n    found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows >= 200, "{rows} rows");
    assert_eq!(kinds.len(), 22, "every kind of condition is in the table");
}

#[test]
fn t_4_of_several_that_fire_the_first_shows_and_all_quiet_ones_act() {
    let mut drafts = vec![
        draft(vec![condition("page=exact:/elsewhere")], DraftFrequency::EveryPageLoad),
        draft(vec![], DraftFrequency::EveryPageLoad),
        draft(vec![], DraftFrequency::EveryPageLoad),
        draft(vec![], DraftFrequency::OncePerVisit),
    ];
    drafts[1].actions = vec![DraftAction::AssignGroup { group: "sales".into() }];
    for (n, draft) in drafts.iter_mut().enumerate() {
        draft.id = format!("t{n}");
    }
    let triggers = check(&drafts, &known()).unwrap();
    let evaluated = evaluate(&triggers, &visitor(), NOW);
    let choice = choose(&evaluated);
    assert_eq!(choice.visible.map(|t| t.id.as_str()), Some("t2"));
    assert_eq!(choice.silent.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(), ["t1"]);
    let claims: BTreeMap<_, _> =
        choice.claims(&visitor(), NOW).map(|(trigger, claims)| (trigger.id.as_str(), claims.len())).collect();
    assert_eq!(claims, BTreeMap::from([("t1", 3), ("t2", 5)]));
}

#[test]
fn a_forged_claim_changes_nothing_that_the_server_sees_itself() {
    let everything =
        "time=30 site=60 page=exact:/cart returning=yes chatted=yes cart=50.. event=added office=open";
    let forged = Claims { on_page: Duration::MAX, scroll: u8::MAX, idle: Duration::MAX, leaving: true };
    for word in everything.split(' ') {
        let trigger = trigger(&draft(vec![condition(word)], DraftFrequency::EveryPageLoad));
        let mut honest = visitor();
        honest.online.office = Office::Closed;
        let liar = Visitor { claims: forged, ..honest.clone() };
        let by = |visitor: &Visitor| evaluate_one(&trigger, 0, visitor, NOW).findings;
        assert_eq!(by(&honest), by(&liar), "{word}");
        assert_ne!(evaluate_one(&trigger, 0, &liar, NOW).verdict, Verdict::Fires, "{word}");
    }
}
