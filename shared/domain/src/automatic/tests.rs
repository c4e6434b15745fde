use super::*;
use crate::office_hours::{Draft, DraftRange, Schedule};
use crate::people::Site;
use crate::settings::{Field, FieldId, FieldKind, LocalText};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Friday 20 November 2026, 12:00 in Madrid.
const NOW: Timestamp = Timestamp(1_795_172_400_000);
const CONVERSATION: ConversationId = ConversationId(uuid::Uuid::from_u128(7));

/// A shop that speaks four languages, its own replies in English; the others are ours.
fn settings(on: &str, form: &str) -> Settings {
    let mut settings = Settings::default_for(&Site {
        id: "demo".parse().unwrap(),
        name: "La Tienda".into(),
        color: "#0f766e".into(),
        welcome: String::new(),
        time_zone: "Europe/Madrid".into(),
        origins: Vec::new(),
    });
    let monday = vec![DraftRange { start: "09:00".into(), end: "14:00".into() }];
    let week = [monday, vec![], vec![], vec![], vec![], vec![], vec![]];
    let draft = Draft { zone: "Europe/Madrid".into(), week, exceptions: vec![] };
    settings.hours.schedule = Schedule::parse(&draft).unwrap();
    let automatic = &mut settings.automatic;
    let replies = [
        ('d', &mut automatic.during),
        ('x', &mut automatic.outside),
        ('n', &mut automatic.online),
        ('f', &mut automatic.offline),
    ];
    for (letter, reply) in replies {
        reply.enabled = on.contains(letter);
        reply.texts = LocalText::from([(Language::english(), format!("{letter} from {{shop}}"))]);
    }
    let opening = automatic.outside.texts.get_mut(&Language::english()).unwrap();
    opening.push_str(", back {next_opening}");
    let form_time = match form {
        "none" | "never" => FormTime::Never,
        "always" => FormTime::Always,
        "slow" => FormTime::Slow(Duration::from_secs(60)),
        other => panic!("form {other}"),
    };
    settings.form.when = form_time;
    settings.form.fields = vec![Field {
        id: FieldId::email(),
        kind: FieldKind::Email,
        required: true,
        labels: LocalText::new(),
    }];
    settings
}

/// What is to be read in each language.
fn text(kind: ReplyKind, language: &str) -> &'static str {
    match (kind, language) {
        (ReplyKind::During, "en") => "d from La Tienda",
        (ReplyKind::During, "es") => "Gracias por tu mensaje. Te respondemos aquí enseguida.",
        (ReplyKind::Outside, "en") => "x from La Tienda, back Monday 9:00",
        (ReplyKind::Outside, "es") => {
            "Gracias por tu mensaje. Ahora está cerrado; volvemos el lunes a las 9:00. Te responderemos aquí."
        }
        (ReplyKind::Outside, "pt-BR") => {
            "Obrigado pela mensagem. Agora estamos fechados e voltamos na segunda-feira às 9:00. Vamos responder aqui."
        }
        (ReplyKind::Outside, "it") => {
            "Grazie per il messaggio. Adesso siamo chiusi; torniamo lunedì alle 9:00. Ti risponderemo qui."
        }
        (ReplyKind::Online, "en") => "n from La Tienda",
        (ReplyKind::Online, "es") => "¡Hola! En un momento te atiende alguien de La Tienda.",
        (ReplyKind::Online, "pt-BR") => "Olá! Alguém da La Tienda já vai atender você.",
        (ReplyKind::Online, "it") => "Ciao! Qualcuno di La Tienda sarà da te tra un attimo.",
        (ReplyKind::Offline, "en") => "f from La Tienda",
        (ReplyKind::Offline, "es") => {
            "En este momento no hay nadie libre. Tenemos tu mensaje y te responderemos aquí en cuanto podamos."
        }
        (ReplyKind::Offline, "pt-BR") => {
            "Neste momento ninguém está livre. Recebemos sua mensagem e vamos responder aqui assim que pudermos."
        }
        (ReplyKind::Offline, "it") => {
            "In questo momento nessuno è libero. Abbiamo il tuo messaggio e ti risponderemo qui appena possibile."
        }
        other => panic!("no text for {other:?}"),
    }
}

fn cause(word: &str) -> Cause {
    let (kind, age) = match word {
        _ if word.ends_with("-10m") => (&word[..word.len() - 4], MAX_AGE),
        _ if word.ends_with("-late") => (&word[..word.len() - 5], MAX_AGE + Duration::from_millis(1)),
        _ => (word, Duration::from_secs(3)),
    };
    let at = NOW.minus(age);
    let entry = |seq, writer, said| Cause::Entry { seq, at, writer, said };
    let due = |deadline| Cause::Due { deadline, seq: 1, due: at };
    let early = |deadline| Cause::Due { deadline, seq: 1, due: NOW.plus(Duration::from_millis(1)) };
    match kind {
        "first" => entry(1, Writer::Shopper, Said::First),
        "first-after-faq" => entry(3, Writer::Shopper, Said::First),
        "faq" => entry(1, Writer::Shopper, Said::Faq),
        "later" => entry(4, Writer::Shopper, Said::Later),
        "agent" => entry(2, Writer::Agent, Said::Later),
        "bot" => entry(1, Writer::Bot, Said::First),
        "system" => entry(2, Writer::System, Said::Nothing),
        "released" => Cause::Released { seq: 5, at },
        "handed" => Cause::HandedOver { seq: 5, at },
        "wait" | "wait-over" => due(Deadline::WaitTime),
        "slow" | "slow-over" => due(Deadline::SlowForm),
        "wait-early" => early(Deadline::WaitTime),
        "slow-early" => early(Deadline::SlowForm),
        other => panic!("cause {other}"),
    }
}

fn seq_and_at(cause: Cause) -> (u64, Timestamp) {
    match cause {
        Cause::Entry { seq, at, .. } | Cause::Released { seq, at } | Cause::HandedOver { seq, at } => {
            (seq, at)
        }
        Cause::Due { seq, due, .. } => (seq, due),
    }
}

fn quiet_name(quiet: Quiet) -> &'static str {
    match quiet {
        Quiet::NotACause => "not_a_cause",
        Quiet::TooOld => "too_old",
        Quiet::ConversationClosed => "conversation_closed",
        Quiet::Answered => "answered",
        Quiet::Taken => "taken",
        Quiet::Done => "done",
        Quiet::NothingSet => "nothing_set",
        Quiet::NotYet => "not_yet",
    }
}

#[test]
fn a_table_of_situations_says_exactly_what_is_sent_and_when() {
    let table = include_str!("situations.txt");
    let rows: Vec<&str> = table.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')).collect();
    assert!(rows.len() >= 150, "only {} situations", rows.len());
    let mut texts = BTreeSet::new();
    for row in rows {
        let [hours, agents, on, form, what, state, language, expect] = row
            .split('|')
            .map(str::trim)
            .collect::<Vec<_>>()
            .try_into()
            .unwrap_or_else(|_| panic!("eight columns: {row}"));
        let settings = settings(on, form);
        let flags: BTreeSet<&str> = state.split(',').filter(|f| *f != "-").collect();
        let known = ["answered", "taken", "closed", "held", "asked", "proactive"];
        assert!(flags.iter().all(|f| f.starts_with("sent:") || known.contains(f)), "{row}");
        let sent: Vec<ReplyKind> = ReplyKind::ALL
            .into_iter()
            .filter(|kind| flags.contains(format!("sent:{}", kind.name()).as_str()))
            .collect();
        let zone = Zone::named("Europe/Paris").unwrap();
        let situation = Situation {
            conversation: CONVERSATION,
            settings: &settings,
            hours: match hours {
                "open" => Some(Status::Open { until: None }),
                "closed" => Some(settings.hours.schedule.status(NOW)),
                "none" => None,
                other => panic!("hours {other}"),
            },
            agents_online: match agents {
                "here" => true,
                "gone" => false,
                other => panic!("agents {other}"),
            },
            closed: flags.contains("closed"),
            answered: flags.contains("answered"),
            taken: flags.contains("taken"),
            proactive: flags.contains("proactive"),
            held: flags.contains("held"),
            form: match (form, flags.contains("asked")) {
                (_, true) => FormState::Asked,
                ("none", false) => FormState::NothingToAsk,
                _ => FormState::Unasked,
            },
            sent: &sent,
            language: Some(language),
            zone: Some(&zone),
        };
        let cause = cause(what);
        let (seq, at) = seq_and_at(cause);
        let decision = decide(cause, &situation, NOW);
        let mut told = Vec::new();
        for action in &decision.actions {
            told.push(match action {
                Action::Say(message) => {
                    // German is not spoken by the shop: its default language.
                    let spoken = if language == "de" { "en" } else { language };
                    assert_eq!((message.language.as_str(), message.why.cause), (spoken, seq), "{row}");
                    // Closed by the time the wait is over: the shop's own offline text has no opening in it.
                    // Who asked for English reads a clock of twelve hours.
                    let clock = if language == "en" { "9:00 AM" } else { "9:00" };
                    assert_eq!(message.text, text(message.kind, spoken).replace("9:00", clock), "{row}");
                    texts.insert((message.kind.name(), spoken.to_owned()));
                    format!("{}/{}", message.kind.name(), message.why.rule.name())
                }
                Action::AskForm(why, _) => format!("form/{}", why.rule.name()),
                Action::Arm { deadline, due, seq: from } => {
                    assert_eq!(*from, seq, "{row}");
                    let word = match deadline {
                        Deadline::WaitTime => "wait",
                        Deadline::SlowForm => "slow",
                        Deadline::Unseen | Deadline::Agents | Deadline::Transcript => {
                            unreachable!("no rule arms it")
                        }
                    };
                    format!("{word}@{}", due.since(at).as_secs_f64())
                }
            });
        }
        if let Some(quiet) = decision.quiet {
            told.push(format!("quiet {}", quiet_name(quiet)));
        }
        assert_eq!(told.join(" "), expect, "{row}");
    }
    assert!(texts.len() >= 12, "texts of the kinds and languages seen: {texts:?}");
}

#[test]
fn ids_come_from_the_cause_and_tell_conversations_entries_and_slots_apart() {
    let other = ConversationId(uuid::Uuid::from_u128(8));
    let ids = [
        client_id(CONVERSATION, 1, "reply"),
        client_id(CONVERSATION, 1, "wait"),
        client_id(CONVERSATION, 2, "reply"),
        client_id(other, 1, "reply"),
    ];
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert_eq!(ids[0], client_id(CONVERSATION, 1, "reply"));
    // Written as clients write theirs, and the same in every version of the program.
    assert_eq!(ids[0].to_string().parse(), Ok(ids[0]));
    assert_eq!(ids[0].to_string(), "3c0acdab-f1ce-8836-91fb-57430be3f3ef");
}

#[test]
fn rules_are_known_by_their_stored_names() {
    for rule in Rule::ALL {
        assert_eq!(Rule::named(rule.name()), Some(rule));
        assert!(!rule.reason().is_empty());
    }
    assert_eq!(Rule::named("nonsense"), None);
}

/// What is stored of a conversation, as far as the rules look at it; a message is kept once for its id.
#[derive(Debug, Default)]
struct Log {
    ids: BTreeMap<ClientId, ReplyKind>,
    form_asked: u32,
    deadlines: BTreeMap<Deadline, (u64, Timestamp)>,
    answered_at: Option<usize>,
}

proptest! {
    /// Records come again, late and out of order, agents come and go, a crash loses what a decision asked for half-way: a
    /// conversation never gets two replies to its first message, two forms, or a word after a person's.
    #[test]
    fn f_07_however_records_are_delivered_nobody_is_told_twice(
        steps in proptest::collection::vec((0_u8..6, any::<bool>(), any::<bool>(), 0_u64..400, 0_usize..4), 1..40),
    ) {
        let settings = settings("dxnf", "slow");
        let mut log = Log::default();
        let mut now = NOW;
        let began = NOW;
        for (n, (step, agents_online, open, seconds, survives)) in steps.into_iter().enumerate() {
            now = now.plus(Duration::from_secs(seconds));
            if step == 5 && seconds > 300 {
                log.answered_at.get_or_insert(n);
                continue;
            }
            let cause = match step {
                0..=2 => Cause::Entry { seq: 1, at: began, writer: Writer::Shopper, said: Said::First },
                3 => match log.deadlines.get(&Deadline::WaitTime) {
                    Some((seq, due)) => Cause::Due { deadline: Deadline::WaitTime, seq: *seq, due: *due },
                    None => continue,
                },
                _ => match log.deadlines.get(&Deadline::SlowForm) {
                    Some((seq, due)) => Cause::Due { deadline: Deadline::SlowForm, seq: *seq, due: *due },
                    None => continue,
                },
            };
            let sent: Vec<ReplyKind> = log.ids.values().copied().collect();
            let status = if open { Status::Open { until: None } } else { Status::Closed { next_opening: None } };
            let situation = Situation {
                conversation: CONVERSATION, settings: &settings, hours: Some(status), agents_online, closed: false,
                answered: log.answered_at.is_some(), taken: false, proactive: false, held: false,
                form: if log.form_asked > 0 { FormState::Asked } else { FormState::Unasked },
                sent: &sent, language: None, zone: None,
            };
            let decision = decide(cause, &situation, now);
            prop_assert_eq!(decision.actions.is_empty(), decision.quiet.is_some());
            let (_, at) = seq_and_at(cause);
            prop_assert!(decision.actions.is_empty() || now.since(at) <= MAX_AGE);
            prop_assert!(decision.actions.is_empty() || log.answered_at.is_none());
            for action in decision.actions.into_iter().take(survives) {
                match action {
                    Action::Say(message) => { log.ids.entry(message.client_id).or_insert(message.kind); }
                    Action::AskForm(..) => log.form_asked += 1,
                    Action::Arm { deadline, seq, due } => { log.deadlines.insert(deadline, (seq, due)); }
                }
            }
            let offline = log.ids.values().filter(|kind| **kind == ReplyKind::Offline).count();
            prop_assert!(offline <= 1, "told twice that nobody is there");
            prop_assert!(log.ids.len() <= 2 && log.ids.keys().all(|id| *id == client_id(CONVERSATION, 1, "reply") || *id == client_id(CONVERSATION, 1, "wait")));
            prop_assert!(log.form_asked <= 1);
        }
    }
}
