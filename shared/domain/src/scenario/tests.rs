mod properties;

use super::draft::{Draft, DraftButton, DraftNext, DraftStep, DraftTo, Known};
use super::*;
use crate::fields::FieldCode;

const ANA: &str = "agt_018f3b1e-7c1a-7000-8000-000000000001";

fn id(text: &str) -> FieldId {
    FieldId::parse(text).unwrap()
}

fn language(tag: &str) -> Language {
    Language::parse(tag).unwrap()
}

pub(crate) fn known() -> Known {
    Known {
        default_language: Some(Language::english()),
        fields: Some(BTreeSet::from([FieldId::name(), FieldId::email()])),
        agents: Some(BTreeSet::from([ANA.parse().unwrap()])),
        groups: Some(BTreeSet::from([id("sales")])),
    }
}

/// A step of one line: `id | text | what comes next`. Next: `order>status say_no>end` (buttons), `go x`, `ask email then x`,
/// `hand`, `hand sales`, `hand or x`, `end`, `end restart`, nothing.
fn drawn(line: &str) -> DraftStep {
    let columns: Vec<&str> = line.split('|').map(str::trim).collect();
    let [id, text, next] = columns[..] else { panic!("{line}") };
    let words: Vec<&str> = next.split_whitespace().collect();
    let next = match words[..] {
        [] => None,
        ["go", to] => Some(DraftNext::Go { to: to.into() }),
        ["ask", field, "then", then] => Some(DraftNext::Ask { field: field.into(), then: then.into() }),
        ["end"] => Some(DraftNext::End { restart: false }),
        ["end", "restart"] => Some(DraftNext::End { restart: true }),
        ["hand"] => Some(DraftNext::HandOver { to: DraftTo::Anyone, offline: None }),
        ["hand", "or", branch] => {
            Some(DraftNext::HandOver { to: DraftTo::Anyone, offline: Some(branch.into()) })
        }
        ["hand", agent] if agent.starts_with("agt_") => {
            Some(DraftNext::HandOver { to: DraftTo::Agent(agent.into()), offline: None })
        }
        ["hand", group] => Some(DraftNext::HandOver { to: DraftTo::Group(group.into()), offline: None }),
        ["hand", group, "or", branch] => {
            Some(DraftNext::HandOver { to: DraftTo::Group(group.into()), offline: Some(branch.into()) })
        }
        _ => Some(DraftNext::Buttons(
            words
                .iter()
                .map(|word| {
                    let (id, goes) = word.split_once('>').unwrap();
                    let labels = vec![("en".to_owned(), id.to_uppercase())];
                    DraftButton { id: id.into(), labels, goes: goes.into() }
                })
                .collect(),
        )),
    };
    let texts = if text.is_empty() { vec![] } else { vec![("en".to_owned(), text.to_owned())] };
    DraftStep { id: id.into(), texts, next, place: (0, 0) }
}

pub(crate) fn draft(lines: &str) -> Draft {
    let steps: Vec<DraftStep> =
        lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(drawn).collect();
    Draft {
        id: "help".into(),
        version: 1,
        name: "Help".into(),
        start: Start::ByTrigger,
        first: steps.first().map_or_else(String::new, |step| step.id.clone()),
        offline: None,
        steps,
    }
}

/// Twelve steps: a menu, an order's status, a return, sales, and what happens while nobody is there.
const SHOP: &str = "
    hello    | Hello from {shop}! What is it about?  | order>order back>returns buy>choose
    order    | Look in your confirmation mail.       | found>thanks lost>mail menu>hello
    mail     |                                       | ask email then person
    person   | A person looks into it.               | hand or leave
    returns  | Within 30 days, with the slip.        | print>slip menu>hello
    slip     | The slip is in your account.          | go thanks
    choose   | A present, or for yourself?           | gift>sales me>sales
    sales    |                                       | hand sales or leave
    leave    | We are closed. May we write to you?   | ask name then address
    address  |                                       | ask email then written
    written  | We will write to you.                 | end
    thanks   | Glad to help.                         | end restart
";

pub(crate) fn shop() -> Scenario {
    check(&draft(SHOP), &known()).unwrap_or_else(|errors| panic!("{errors:?}"))
}

struct Place {
    online: bool,
    language: Language,
    known: BTreeSet<FieldId>,
}

impl Place {
    fn new(online: bool) -> Self {
        Self { online, language: Language::english(), known: BTreeSet::new() }
    }

    fn setting<'a>(&'a self, default_language: &'a Language) -> Setting<'a> {
        Setting {
            online: self.online,
            language: &self.language,
            default_language,
            shop: "Luz",
            known: &self.known,
        }
    }
}

fn told(effects: &[Effect]) -> String {
    let each = effects.iter().map(|effect| match effect {
        Effect::Post(text) => format!("\"{text}\""),
        Effect::Say { step, buttons, .. } => {
            let ids: Vec<_> = buttons.iter().map(|button| button.id.as_str()).collect();
            if ids.is_empty() { step.to_string() } else { format!("{step}[{}]", ids.join(" ")) }
        }
        Effect::Ask { field, .. } => format!("ask:{field}"),
        Effect::HandOver(To::Anyone) => "hand".into(),
        Effect::HandOver(To::Group(group)) => format!("hand:{group}"),
        Effect::HandOver(To::Agent(_)) => "hand:agent".into(),
        Effect::Finish { restart } => if *restart { "end:restart" } else { "end" }.into(),
    });
    each.collect::<Vec<_>>().join(" ")
}

/// An event as a word: a button's id, `answered`, `wrote`, `agent`, `restart`; of this turn.
fn event(word: &str, turn: u64) -> Event {
    match word {
        "answered" => Event::Answered { turn },
        "wrote" => Event::Wrote,
        "agent" => Event::AgentWrote,
        "restart" => Event::Restart { turn },
        button => Event::Chose { turn, button: id(button) },
    }
}

#[test]
fn t_7_a_scenario_goes_where_its_buttons_lead() {
    let english = Language::english();
    let check_one = |online: bool, walk: &[(&str, &str)]| {
        let (scenario, place) = (shop(), Place::new(online));
        let setting = place.setting(&english);
        let mut stepped = begin(&scenario, &setting);
        assert_eq!(told(&stepped.effects), "hello[order back buy]");
        for (word, expect) in walk {
            let event = event(word, stepped.state.turn);
            stepped = step(&scenario, &stepped.state, &event, &setting);
            assert_eq!(told(&stepped.effects), *expect, "{word} of {walk:?}");
        }
    };
    check_one(
        true,
        &[("order", "\"ORDER\" order[found lost menu]"), ("found", "\"FOUND\" thanks end:restart")],
    );
    check_one(
        true,
        &[
            ("order", "\"ORDER\" order[found lost menu]"),
            ("lost", "\"LOST\" ask:email"),
            ("answered", "person hand"),
        ],
    );
    check_one(
        true,
        &[("back", "\"BACK\" returns[print menu]"), ("print", "\"PRINT\" slip thanks end:restart")],
    );
    // An empty message hands over with the choice posted.
    check_one(true, &[("buy", "\"BUY\" choose[gift me]"), ("gift", "\"GIFT\" hand:sales"), ("me", "")]);
    // While the shop is offline its other branch qualifies.
    check_one(
        false,
        &[
            ("buy", "\"BUY\" choose[gift me]"),
            ("me", "\"ME\" leave ask:name"),
            ("answered", "ask:email"),
            ("answered", "written end"),
            ("restart", ""),
        ],
    );
    check_one(
        true,
        &[
            ("back", "\"BACK\" returns[print menu]"),
            ("menu", "\"MENU\" hello[order back buy]"),
            ("back", "\"BACK\" returns[print menu]"),
            ("print", "\"PRINT\" slip thanks end:restart"),
            ("restart", "hello[order back buy]"),
            ("order", "\"ORDER\" order[found lost menu]"),
        ],
    );
    // Who writes instead of choosing gets a person; a button of another step and an unasked answer do nothing.
    check_one(
        true,
        &[("gift", ""), ("answered", ""), ("restart", ""), ("wrote", "hand"), ("order", ""), ("wrote", "")],
    );
    // So does who writes instead of answering the form, and after the end.
    check_one(
        true,
        &[
            ("order", "\"ORDER\" order[found lost menu]"),
            ("lost", "\"LOST\" ask:email"),
            ("wrote", "hand"),
            ("answered", ""),
        ],
    );
    check_one(
        true,
        &[
            ("order", "\"ORDER\" order[found lost menu]"),
            ("found", "\"FOUND\" thanks end:restart"),
            ("wrote", "hand"),
            ("restart", ""),
        ],
    );
    // Once an agent has written the bot is silent for good.
    check_one(true, &[("agent", ""), ("order", ""), ("wrote", ""), ("restart", ""), ("answered", "")]);
    check_one(
        true,
        &[
            ("order", "\"ORDER\" order[found lost menu]"),
            ("found", "\"FOUND\" thanks end:restart"),
            ("agent", ""),
            ("restart", ""),
        ],
    );
}

#[test]
fn what_is_known_is_not_asked_again() {
    let (scenario, english) = (shop(), Language::english());
    let place = Place { known: BTreeSet::from([FieldId::name(), FieldId::email()]), ..Place::new(false) };
    let setting = place.setting(&english);
    let begun = begin(&scenario, &setting);
    let chosen = step(&scenario, &begun.state, &event("buy", 1), &setting);
    let done = step(&scenario, &chosen.state, &event("gift", 2), &setting);
    assert_eq!(told(&done.effects), "\"GIFT\" leave written end");
}

#[test]
fn a_scenario_may_begin_elsewhere_while_the_shop_is_offline() {
    let draft = Draft { offline: Some("leave".into()), ..draft(SHOP) };
    let scenario = check(&draft, &known()).unwrap();
    let english = Language::english();
    let by = |online| told(&begin(&scenario, &Place::new(online).setting(&english)).effects);
    assert_eq!((by(true).as_str(), by(false).as_str()), ("hello[order back buy]", "leave ask:name"));
}

#[test]
fn a_running_chat_goes_on_with_its_version() {
    let old = shop();
    let new = check(&Draft { version: 2, ..draft("hello | New! | end") }, &known()).unwrap();
    let (english, place) = (Language::english(), Place::new(true));
    let setting = place.setting(&english);
    let begun = begin(&old, &setting);
    assert_eq!(begun.state.version, 1);
    let went_on = step(&old, &begun.state, &event("order", 1), &setting);
    assert_eq!(told(&went_on.effects), "\"ORDER\" order[found lost menu]");
    // A version that nobody has any more is no dead end.
    let lost = step(&new, &begun.state, &event("order", 1), &setting);
    assert_eq!((told(&lost.effects).as_str(), lost.state.at), ("hand", At::HandedOver));
    // Beginning again is beginning with what is published now.
    let ended = step(&old, &went_on.state, &event("found", 2), &setting).state;
    let anew = step(&new, &ended, &event("restart", 3), &setting);
    assert_eq!((told(&anew.effects).as_str(), anew.state.version), ("hello end", 2));
    assert!(anew.state.turn > ended.turn, "what is left over from before comes too late");
}

#[test]
fn texts_are_in_the_shoppers_language_or_the_default_one() {
    let mut draft = draft("hello | Hello from {shop}! | yes>bye\n bye | Bye | end");
    draft.steps[0].texts.push(("es".into(), "¡Hola de {shop}!".into()));
    if let Some(DraftNext::Buttons(buttons)) = &mut draft.steps[0].next {
        buttons[0].labels.push(("pt-BR".into(), "Sim".into()));
    }
    let scenario = check(&draft, &known()).unwrap();
    let english = Language::english();
    let by = |tag: &str| {
        let place = Place { language: language(tag), ..Place::new(true) };
        match begin(&scenario, &place.setting(&english)).effects.remove(0) {
            Effect::Say { text, buttons, .. } => format!("{text} [{}]", buttons[0].label),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(by("es"), "¡Hola de Luz! [YES]");
    assert_eq!(by("pt-BR"), "Hello from Luz! [Sim]");
    assert_eq!(by("it"), "Hello from Luz! [YES]");
}

#[test]
fn every_fault_of_a_scenario_is_named() {
    let check_one = |lines: &str, expect: &[(&str, FieldCode)]| {
        let found = check(&draft(lines), &known()).err().unwrap_or_default();
        assert!(found.iter().all(|error| !error.message.is_empty()));
        let found: Vec<_> = found.iter().map(|error| (error.path.as_str(), error.code)).collect();
        assert_eq!(found, expect, "{lines}");
    };
    use FieldCode::{DeadEnd, Duplicate, Endless, Format, Required, TooLong, TooMany, Unknown, Unreachable};
    check_one(SHOP, &[]);
    check_one("a | Hello | end", &[]);
    check_one("", &[("steps", Required), ("first", Unknown)]);
    // The first message is mandatory, buttons have a question.
    check_one("a | | hand", &[("steps[0].texts.en", Required)]);
    check_one("a | | x>b \n b | B | end", &[("steps[0].texts.en", Required)]);
    check_one("a | A | x>b \n b | | y>a", &[("steps[1].texts.en", Required)]);
    // A dead end that nobody meant, and one that is: an empty message.
    check_one("a | Hello |", &[("steps[0].next", DeadEnd)]);
    check_one("a | Hello | x>b \n b | |", &[]);
    check_one("a | Hello | x>b y>c \n b | Bye | \n c | | end", &[("steps[1].next", DeadEnd)]);
    // Nothing leads there, not even from itself; what hangs on it neither.
    check_one("a | A | end \n b | B | x>b", &[("steps[1]", Unreachable)]);
    check_one(
        "a | A | end \n b | B | go c \n c | C | end",
        &[("steps[1]", Unreachable), ("steps[2]", Unreachable)],
    );
    // Round for ever without a button: told once for each circle.
    check_one("a | A | go a", &[("steps[0]", Endless)]);
    check_one("a | A | go b \n b | B | go c \n c | C | go b", &[("steps[1]", Endless)]);
    check_one("a | A | ask name then b \n b | B | go a", &[("steps[0]", Endless)]);
    check_one("a | A | hand or b \n b | B | go a", &[("steps[0]", Endless)]);
    check_one("a | A | x>b \n b | B | go a", &[]);
    check_one("a | A | go b \n b | B | x>a", &[]);
    // So many at once that nobody reads them.
    let row = |steps: usize| -> String {
        (1..=steps)
            .map(|n| {
                format!("s{n} | A | {}\n", if n == steps { "end".into() } else { format!("go s{}", n + 1) })
            })
            .collect()
    };
    check_one(&row(MAX_IN_A_ROW), &[]);
    check_one(&row(MAX_IN_A_ROW + 1), &[("steps[0]", TooMany)]);
    // What is not there.
    check_one("a | A | go b", &[("steps[0].next.to", Unknown)]);
    check_one("a | A | x>b", &[("steps[0].next.buttons[0].goes", Unknown)]);
    check_one("a | A | ask shoe then b \n b | B | end", &[("steps[0].next.field", Unknown)]);
    check_one("a | A | ask name then c \n b | B | end", &[("steps[0].next.then", Unknown)]);
    check_one("a | A | hand nobody", &[("steps[0].next.to.group", Unknown)]);
    check_one("a | A | hand sales or b", &[("steps[0].next.offline", Unknown)]);
    check_one("a | A | hand agt_x", &[("steps[0].next.to.agent", Unknown)]);
    check_one(&format!("a | A | hand {ANA}"), &[]);
    // Ids and limits.
    check_one("a | A | x>b x>b \n b | B | end", &[("steps[0].next.buttons[1].id", Duplicate)]);
    check_one("a | A | end \n a | A | end", &[("steps[1].id", Duplicate)]);
    check_one("a | A | x>b \n b | B | end \n C! | C | end", &[("steps[2].id", Format)]);
    let long = "x".repeat(MAX_TEXT + 1);
    check_one(&format!("a | {long} | end"), &[("steps[0].texts.en", TooLong)]);
    let label = "x".repeat(MAX_BUTTON + 1);
    check_one(
        &format!("a | A | {label}>a"),
        &[("steps[0].next.buttons[0].id", Format), ("steps[0].next.buttons[0].labels.en", TooLong)],
    );
    let buttons: String = (0..=MAX_BUTTONS).map(|n| format!("b{n}>a ")).collect();
    check_one(&format!("a | A | {buttons}"), &[("steps[0].next.buttons", TooMany)]);
    let chain: String = (0..=MAX_STEPS).map(|n| format!("s{n} | A | x>s{}\n", (n + 1) % MAX_STEPS)).collect();
    check_one(&chain, &[("steps", TooMany)]);
    let heavy: String =
        (0..51).map(|n| format!("s{n} | {} | x>s{}\n", "x".repeat(MAX_TEXT), (n + 1) % 51)).collect();
    check_one(&heavy, &[("steps", TooLong)]);
    let nameless = Draft { name: " ".into(), id: "Ü".into(), first: "x".into(), ..draft("a | A | end") };
    let found: Vec<_> = check(&nameless, &known()).unwrap_err().into_iter().map(|e| e.path).collect();
    assert_eq!(found, ["id", "name", "first"]);
    let none = Draft { steps: vec![], ..draft("a | A | end") };
    assert_eq!(check(&none, &known()).unwrap_err()[0].code, Required);
    let mut empty = draft("a | A | x>a");
    empty.steps[0].next = Some(DraftNext::Buttons(vec![]));
    assert_eq!(check(&empty, &known()).unwrap_err()[0].code, DeadEnd);
    // What was checked once is not refused for what has left the site since.
    let stored = draft("a | A | hand gone or b \n b | B | ask size then c \n c | C | end");
    assert_eq!(check(&stored, &known()).unwrap_err().len(), 2);
    assert!(check(&stored, &Known::default()).is_ok());
}
