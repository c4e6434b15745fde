use super::*;
use crate::conversation::FormMark;
use crate::intake::AskedKind;
use crate::people::Role;
use crate::{ShopperId, SiteId};
use proptest::prelude::*;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn site() -> SiteId {
    "demo".parse().unwrap()
}

fn shopper() -> Actor {
    Actor::Shopper { id: ShopperId(Uuid::from_u128(1)), site: site() }
}

fn agent(n: u128) -> Actor {
    Actor::Agent {
        id: AgentId(Uuid::from_u128(n)),
        site: site(),
        name: format!("Agent {n}"),
        role: Role::Agent,
    }
}

fn assignee(n: u128) -> Assignee {
    Assignee { id: AgentId(Uuid::from_u128(n)), name: format!("Agent {n}") }
}

fn text(s: &str) -> MessageText {
    MessageText::parse(s).unwrap()
}

fn say(s: &str) -> Command {
    Command::Say { text: text(s), releases: false }
}

fn client(n: u128) -> ClientId {
    ClientId(Uuid::from_u128(n))
}

fn begun() -> Head {
    let id = ConversationId(Uuid::from_u128(7));
    begin(id, (ShopperId(Uuid::from_u128(1)), site()), None, text("Hola"), client(1), NOW).head
}

/// The bodies stored and the head's numbers, as one line per entry.
fn check(head: &Head, actor: &Actor, command: Command, expect: Result<&[&str], Refusal>) -> Head {
    let outcome = decide(head, actor, command, client(99), NOW);
    let lines = outcome.as_ref().map_err(Clone::clone).map(|change| {
        change
            .entries
            .iter()
            .map(|e| {
                let log = match e.log {
                    Log::Thread => 't',
                    Log::Backstage => 'b',
                };
                let what = match &e.body {
                    Body::Message { text } => format!("message {text}"),
                    Body::Note { text } => format!("note {text}"),
                    Body::Assigned { to } => {
                        format!("assigned {}", to.as_ref().map_or("nobody", |a| &a.name))
                    }
                    Body::Grouped { to } => {
                        format!("grouped {}", to.as_ref().map_or("everyone", |to| &to.name))
                    }
                    Body::Joined => "joined".into(),
                    Body::Left => "left".into(),
                    Body::Closed => "closed".into(),
                    Body::Form { fields, held } => {
                        format!("form of {}{}", fields.len(), if *held { ", held" } else { "" })
                    }
                    Body::Answer(taken) => {
                        let value = taken.value.as_ref().map_or("skipped", Value::as_str);
                        format!("{}={value}", taken.field)
                    }
                    Body::Faq(faq) => format!("faq {}", faq.id),
                    Body::HandedOver => "handed over".into(),
                    Body::Triggered { by } => format!("triggered {}", by.name),
                    Body::Mailed { through, to } => format!("mailed {through} to {to}"),
                    Body::Mail { from, .. } => format!("mail from {from}"),
                };
                let releases = if e.releases { ", released" } else { "" };
                format!("{log}{} @{} {what}{releases}", e.seq, e.thread_at)
            })
            .collect::<Vec<_>>()
    });
    assert_eq!(lines, expect.map(|lines| lines.iter().map(ToString::to_string).collect()));
    outcome.map_or_else(|_| head.clone(), |change| change.head)
}

#[test]
fn a_first_message_waits_in_the_queue_unread() {
    let head = begun();
    assert_eq!(head.numbers, Numbers { t: 1, b: 0 });
    assert_eq!((head.owner, head.unread, head.waiting_since, head.rev), (None, true, Some(NOW), 1));
}

#[test]
fn a_first_reply_joins_takes_and_answers_in_one() {
    let head = check(
        &begun(),
        &agent(2),
        say("Hi"),
        Ok(&["t2 @2 joined", "b1 @2 assigned Agent 2", "t3 @3 message Hi"]),
    );
    assert_eq!((head.unread, head.waiting_since), (false, None));
    check(&head, &agent(2), say("More"), Ok(&["t4 @4 message More"]));
    check(&head, &agent(3), say("Me too"), Ok(&["t4 @4 joined", "t5 @5 message Me too"]));
    check(&head, &shopper(), say("Thanks"), Ok(&["t4 @4 message Thanks"]));
}

#[test]
fn closed_is_final_for_everybody_by_every_command() {
    let closed = check(&begun(), &shopper(), Command::Close, Ok(&["t2 @2 closed"]));
    for actor in [shopper(), agent(2)] {
        for command in [say("more"), Command::Close] {
            check(&closed, &actor, command, Err(Refusal::Closed));
        }
    }
    for command in [Command::Join, Command::Leave, Command::Assign { to: None, expected: None, group: None }]
    {
        check(&closed, &agent(2), command, Err(Refusal::Closed));
    }
    let noted =
        check(&closed, &agent(2), Command::Note { text: text("was rude") }, Ok(&["b1 @2 note was rude"]));
    assert!(!noted.is_open());
}

#[test]
fn f_15_of_two_who_take_a_chat_one_is_told_that_it_is_taken() {
    let head = begun();
    let take = |n| Command::Assign { to: Some(assignee(n)), expected: None, group: None };
    let taken = check(&head, &agent(2), take(2), Ok(&["b1 @1 assigned Agent 2"]));
    check(&taken, &agent(3), take(3), Err(Refusal::Taken { owner: Some(assignee(2).id) }));
    check(&taken, &agent(2), take(2), Ok(&[]));
    let handed = Command::Assign { to: Some(assignee(3)), expected: Some(assignee(2).id), group: None };
    check(&taken, &agent(3), handed, Ok(&["b2 @1 assigned Agent 3"]));
}

fn in_group(id: &str) -> Option<InGroup> {
    Some(InGroup { id: FieldId::parse(id).unwrap(), name: id.to_uppercase() })
}

#[test]
fn a_4_a_conversation_begins_for_a_group_and_agents_give_it_to_another() {
    let id = ConversationId(Uuid::from_u128(7));
    let with = Beginning { group: in_group("orders"), ..Beginning::default() };
    let begun =
        begin_with(id, (ShopperId(Uuid::from_u128(1)), site()), None, text("Hola"), with, client(1), NOW);
    assert_eq!((begun.log, begun.seq, begun.head.numbers), (Log::Thread, 1, Numbers { t: 1, b: 1 }));
    assert_eq!(begun.head.group.as_ref().map(FieldId::as_str), Some("orders"));
    let gives =
        |n: Option<u128>, group| Command::Assign { to: n.map(assignee), expected: None, group: Some(group) };
    // It is so already.
    check(&begun.head, &agent(2), gives(None, in_group("orders")), Ok(&[]));
    let sales = check(&begun.head, &agent(2), gives(None, in_group("sales")), Ok(&["b2 @1 grouped SALES"]));
    let both = ["b3 @1 assigned Agent 3", "b4 @1 grouped everyone"];
    let taken = check(&sales, &agent(2), gives(Some(3), None), Ok(&both));
    assert_eq!((taken.group.as_ref(), taken.owner), (None, Some(assignee(3).id)));
    // Who has it by now is not the one who was seen to have it: nothing of it is done.
    let late = gives(Some(4), in_group("sales"));
    check(&taken, &agent(2), late, Err(Refusal::Taken { owner: Some(assignee(3).id) }));
    let closed = check(&taken, &agent(3), Command::Close, Ok(&["t2 @2 closed"]));
    check(&closed, &agent(3), gives(Some(3), in_group("sales")), Err(Refusal::Closed));
}

#[test]
fn joining_twice_and_leaving_unjoined_store_nothing() {
    let joined = check(&begun(), &agent(2), Command::Join, Ok(&["t2 @2 joined"]));
    check(&joined, &agent(2), Command::Join, Ok(&[]));
    let left = check(&joined, &agent(2), Command::Leave, Ok(&["t3 @3 left"]));
    check(&left, &agent(2), Command::Leave, Ok(&[]));
}

#[test]
fn a_shopper_cannot_act_backstage() {
    for command in [
        Command::Note { text: text("x") },
        Command::Assign { to: None, expected: None, group: None },
        Command::Join,
        Command::Leave,
    ] {
        check(&begun(), &shopper(), command, Err(Refusal::Forbidden));
    }
}

fn question(name: &str, kind: AskedKind, required: bool) -> AskedField {
    let label = format!("Your {name}?");
    AskedField { id: FieldId::parse(name).unwrap(), kind, label, required }
}

fn questions() -> Vec<AskedField> {
    vec![question("name", AskedKind::Name, false), question("email", AskedKind::Email, true)]
}

/// A conversation that is held for two questions.
fn held() -> Change {
    let (id, whose) = (ConversationId(Uuid::from_u128(7)), (ShopperId(Uuid::from_u128(1)), site()));
    let faq = |id: &str| Faq {
        id: FieldId::parse(id).unwrap(),
        question: "How long?".into(),
        answer: "Three days.".into(),
    };
    let with = Beginning {
        faqs: vec![faq("shipping"), faq("returns")],
        held_for: Some((questions(), Rule::FormOffline)),
        tells_agents: true,
        ..Beginning::default()
    };
    begin_with(id, whose, None, text("Hola"), with, client(1), NOW)
}

fn answer(thread: &[Entry], field: &str, value: Option<&str>, releases: bool) -> Command {
    let (intake, value) = (Intake::of(thread), value.map(str::to_owned));
    let field = FieldId::parse(field).unwrap();
    Command::Answer(Box::new(Answering { intake, field, value, releases, around: None }))
}

#[test]
fn h_4_what_a_shopper_had_read_comes_before_what_they_wrote_and_the_form_behind_it() {
    let begun = held();
    let kinds: Vec<bool> =
        begun.entries.iter().map(|entry| matches!(entry.body, Body::Message { .. })).collect();
    assert_eq!(kinds, [false, false, true, false]);
    // The message answers the command, and the form the message.
    assert_eq!((begun.seq, begun.entries[2].client_id), (3, Some(client(1))));
    let form = &begun.entries[3];
    assert_eq!((form.author.clone(), form.why.unwrap().cause), (Author::System, 3));
    assert_eq!(form.client_id, Some(automatic::form_id(begun.head.id)));
    let head = begun.head;
    assert_eq!((head.held, head.form), (true, Some(FormMark { seq: 4, finished: false })));
    assert_eq!((head.rev, head.preview.unwrap().text), (1, "Hola".into()));
}

#[test]
fn i_3_a_held_conversation_is_released_by_the_last_answer_once() {
    let begun = held();
    let mut thread = begun.entries.clone();
    let mut act = |head: &Head, field: &str, value: Option<&str>, expect: &[&str], held: bool| {
        let command = answer(&thread, field, value, false);
        let change = decide(head, &shopper(), command.clone(), client(99), NOW).unwrap();
        thread.extend(change.entries);
        let after = check(head, &shopper(), command, Ok(expect));
        assert_eq!(after.held, held, "{field}");
        after
    };
    let head = act(&begun.head, "name", Some("Eva"), &["t5 @5 name=Eva"], true);
    assert_eq!(head.shopper_name.as_deref(), Some("Eva"));
    let later = head.last_activity.plus(std::time::Duration::from_secs(60));
    let head = Head { waiting_since: Some(later), ..head };
    let done =
        act(&head, "email", Some("eva@example.com"), &["t6 @6 email=eva@example.com, released"], false);
    assert_eq!(done.form, Some(FormMark { seq: 4, finished: true }));
    // From now on somebody waits for a person.
    assert_eq!((done.unread, done.waiting_since), (true, Some(NOW)));
    act(&done, "email", Some("eva@example.com"), &[], false);
    act(&done, "name", Some("Eva María"), &["t7 @7 name=Eva María"], false);
}

#[test]
fn i_3_what_nothing_holds_any_more_is_released_by_whatever_the_shopper_does_next() {
    let begun = held();
    let say = Command::Say { text: text("Hello?"), releases: true };
    let said = check(&begun.head, &shopper(), say.clone(), Ok(&["t5 @5 message Hello?, released"]));
    assert!(!said.held);
    check(&said, &shopper(), say, Ok(&["t6 @6 message Hello?"]));
    let command = answer(&begun.entries, "name", None, true);
    let answered = check(&begun.head, &shopper(), command, Ok(&["t5 @5 name=skipped, released"]));
    assert_eq!(answered.form, Some(FormMark { seq: 4, finished: false }));
}

#[test]
fn i_1_an_answer_is_the_shoppers_own_to_a_question_that_was_asked_while_the_conversation_is_open() {
    let begun = held();
    let refuse = |field: &str, why| Err(Refusal::Form { field: FieldId::parse(field).unwrap(), why });
    use intake::Refusal::{NotAsked, Required, Wrong};
    let act = |head: &Head, actor: &Actor, field: &str, value: Option<&str>, expect| {
        check(head, actor, answer(&begun.entries, field, value, false), expect);
    };
    act(&begun.head, &agent(2), "name", Some("Eva"), Err(Refusal::Forbidden));
    act(&begun.head, &shopper(), "email", Some("a@b.example"), refuse("email", NotAsked));
    act(&begun.head, &shopper(), "size", None, refuse("size", NotAsked));
    act(
        &begun.head,
        &shopper(),
        "name",
        Some(" "),
        refuse("name", Wrong(crate::settings::Phrase::WrongName)),
    );
    let unasked = answer(&[], "name", Some("Eva"), false);
    check(&begun.head, &shopper(), unasked, refuse("name", NotAsked));
    let head = check(
        &begun.head,
        &shopper(),
        answer(&begun.entries, "name", None, false),
        Ok(&["t5 @5 name=skipped"]),
    );
    let change = decide(&begun.head, &shopper(), answer(&begun.entries, "name", None, false), client(9), NOW);
    let thread = [begun.entries.clone(), change.unwrap().entries].concat();
    check(&head, &shopper(), answer(&thread, "email", None, false), refuse("email", Required));
    let closed = check(&head, &shopper(), Command::Close, Ok(&["t6 @6 closed"]));
    act(&closed, &shopper(), "name", Some("Eva"), Err(Refusal::Closed));
}

#[test]
fn c_5_only_the_profiles_own_fields_change_who_somebody_is() {
    let custom = question("second", AskedKind::Email, false);
    let mut intake = Intake::new([questions(), vec![custom]].concat());
    let mut told = Vec::new();
    for (field, value) in
        [("name", None), ("email", Some("eva@example.com")), ("second", Some("x@example.com"))]
    {
        let field = FieldId::parse(field).unwrap();
        intake.note(&intake.take(&field, value).unwrap().unwrap());
    }
    for (field, value) in [("name", "Eva"), ("email", "eva@example.org"), ("second", "y@example.com")] {
        let (intake, field) = (Some(intake.clone()), FieldId::parse(field).unwrap());
        let answering = Answering { intake, field, value: Some(value.into()), releases: false, around: None };
        let change =
            decide(&held().head, &shopper(), Command::Answer(Box::new(answering)), client(9), NOW).unwrap();
        told.push(change.profile());
    }
    let change = |name: Option<&str>, email: Option<&str>| ProfileChange {
        name: name.map(Into::into),
        email: email.map(Into::into),
        ..ProfileChange::default()
    };
    // Another question's answer is kept beside them (T8), and makes nobody's address.
    let other = Told { question: "Your second?".into(), answer: "y@example.com".into() };
    let answers = [(FieldId::parse("second").unwrap(), other)].into();
    let other = ProfileChange { answers, ..ProfileChange::default() };
    assert_eq!(
        told,
        [Some(change(Some("Eva"), None)), Some(change(None, Some("eva@example.org"))), Some(other)]
    );
    // Beside the mark *verified* stands nothing that was typed.
    let begun = held();
    let shopper_id = ShopperId::verified([7; 16]);
    let head = Head { shopper: shopper_id, shopper_name: None, ..begun.head };
    let actor = Actor::Shopper { id: shopper_id, site: site() };
    let command = answer(&begun.entries, "name", Some("The shop's own Ana"), false);
    let change = decide(&head, &actor, command, client(9), NOW).unwrap();
    assert_eq!((change.profile(), change.head.shopper_name, change.entries.len()), (None, None, 1));
}

#[derive(Debug, Clone)]
enum Step {
    Do(Actor, Command),
    Answer { field: &'static str, value: Option<&'static str>, releases: bool },
    Ask,
}

fn any_step() -> impl Strategy<Value = Step> {
    let actor = prop_oneof![Just(shopper()), Just(agent(2)), Just(agent(3))];
    let command = prop_oneof![
        6 => any::<bool>().prop_map(|releases| Command::Say { text: text("x"), releases }),
        2 => Just(Command::Note { text: text("n") }),
        1 => Just(Command::Close),
        2 => Just(Command::Join),
        2 => Just(Command::Leave),
        2 => prop_oneof![Just(None), Just(Some(assignee(2))), Just(Some(assignee(3)))]
            .prop_flat_map(|to| prop_oneof![Just(None), Just(Some(assignee(2).id))].prop_map(move |expected| Command::Assign { to: to.clone(), expected, group: None })),
    ];
    let value = prop_oneof![Just(None), Just(Some("eva@example.com")), Just(Some("Eva"))];
    prop_oneof![
        12 => (actor, command).prop_map(|(actor, command)| Step::Do(actor, command)),
        4 => (prop_oneof![Just("name"), Just("email")], value, prop_oneof![4 => Just(false), 1 => Just(true)])
            .prop_map(|(field, value, releases)| Step::Answer { field, value, releases }),
        1 => Just(Step::Ask),
    ]
}

proptest! {
    /// Numbers have no holes, the head is the fold of the logs, a closed thread never grows, what is released is never
    /// held again, and a form is finished once.
    #[test]
    fn the_head_is_always_the_fold_of_its_logs(begins_held in any::<bool>(), steps in proptest::collection::vec(any_step(), 0..60)) {
        let first = if begins_held { held() } else {
            begin(ConversationId(Uuid::from_u128(7)), (ShopperId(Uuid::from_u128(1)), site()), None, text("Hola"), client(1), NOW)
        };
        let blank = Head {
            numbers: Numbers::default(), rev: 0, unread: false, waiting_since: None, preview: None, held: false, form: None, ..first.head.clone()
        };
        let mut head = first.head.clone();
        let mut entries = first.entries;
        for (n, step) in steps.into_iter().enumerate() {
            let was_open = head.is_open();
            let id = client(n as u128);
            let outcome = match step {
                Step::Do(actor, command) => decide(&head, &actor, command, id, NOW),
                Step::Answer { field, value, releases } => {
                    decide(&head, &shopper(), answer(&entries, field, value, releases), id, NOW)
                }
                Step::Ask if head.form.is_none() => {
                    let why = Why { rule: Rule::FormSlow, cause: 1 };
                    let asking = Asking { fields: questions(), why, client_id: automatic::form_id(head.id) };
                    speak(&head, None, Some(asking), head.deadlines.clone(), NOW)
                }
                Step::Ask => continue,
            };
            if let Ok(change) = outcome {
                prop_assert!(was_open || change.entries.iter().all(|e| e.log == Log::Backstage));
                prop_assert_eq!(change.head.rev, head.rev + u64::from(!change.entries.is_empty()));
                prop_assert!(head.held || !change.head.held);
                entries.extend(change.entries);
                head = change.head;
            }
        }
        for log in [Log::Thread, Log::Backstage] {
            let numbers: Vec<u64> = entries.iter().filter(|e| e.log == log).map(|e| e.seq).collect();
            prop_assert_eq!(&numbers, &(1..=numbers.len() as u64).collect::<Vec<_>>());
        }
        let finished = entries.iter().filter(|e| matches!(&e.body, Body::Answer(taken) if taken.finished)).count();
        prop_assert_eq!(finished, usize::from(head.form.is_some_and(|form| form.finished)));
        prop_assert_eq!(entries.iter().filter(|e| e.releases).count(), usize::from(begins_held && !head.held));
        let mut again = blank;
        for entry in &entries {
            fold(&mut again, entry);
        }
        prop_assert_eq!(Head { rev: head.rev, ..again }, head);
    }
}
