//! Mails as they come, through the function and the engine, with everything that is kept in memory.

use delivery::inbound::address_hash;
use delivery::{Before, Engine, Wish};
use domain::conversation::{Author, Body, Entry, Head, Log, MailClass, ReviewWhy};
use domain::people::{Actor, Member, Role};
use domain::ports::{Accounts, Addresses, Environment, MailTokens, Recipient, ReplyGrant, Suppressed};
use domain::settings::Section;
use domain::{AgentId, ClientId, ConversationId, ShopperId};
use email_inbound::{EmailInbound, event};
use mail::ReplyToken;
use serde_json::{Value, json};
use testkit::{Bucket, Lot, Memory, Outbox, World};
use uuid::Uuid;

const ANA: AgentId = AgentId(Uuid::from_u128(1));
const EVA: &str = "eva@example.com";
const DOMAIN: &str = "reply.shop.example";

struct Case {
    function: EmailInbound<Engine<Memory, Outbox, World>, Bucket, Lot>,
    lot: Lot,
    bucket: Bucket,
    conversation: ConversationId,
    shopper: ShopperId,
}

/// A mail with its envelope and what SES found.
#[derive(Clone)]
struct Mail {
    id: &'static str,
    to: String,
    from: &'static str,
    envelope: &'static str,
    head: &'static str,
    body: String,
    verdicts: [&'static str; 5],
}

impl Mail {
    /// Eva's, as it should be.
    fn to(to: &str, body: &str) -> Self {
        Self {
            id: "ses1",
            to: to.into(),
            from: EVA,
            envelope: EVA,
            head: "Message-ID: <one@example.com>\r\n",
            body: format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"),
            verdicts: ["PASS"; 5],
        }
    }

    fn event(&self) -> Value {
        let [spf, dkim, dmarc, spam, virus] = self.verdicts.map(|verdict| json!({"status": verdict}));
        json!({"Records": [{"eventSource": "aws:ses", "ses": {
            "mail": {"messageId": self.id, "source": self.envelope, "destination": [self.to]},
            "receipt": {
                "recipients": [self.to], "spfVerdict": spf, "dkimVerdict": dkim, "dmarcVerdict": dmarc,
                "spamVerdict": spam, "virusVerdict": virus,
            },
        }}]})
    }

    fn raw(&self) -> String {
        format!(
            "From: {}\r\nTo: {}\r\nSubject: Re: hello\r\nDate: Mon, 16 Jun 2025 10:00:00 +0000\r\n{}MIME-Version: 1.0\r\n{}",
            self.from, self.to, self.head, self.body
        )
    }
}

impl Case {
    /// Eva has written, Ana has answered.
    async fn new() -> Self {
        let engine = Engine::new(Memory::default(), Outbox::default(), World::new(1), "e1".into());
        let site = testkit::shop::site("demo");
        engine.store.put_site(&site).await.unwrap();
        let about = delivery::NewSession::default();
        let (_, session) = engine.begin_session(&site, "203.0.113.7", about).await.unwrap();
        let member = Member {
            site: site.id.clone(),
            agent: ANA,
            name: "Ana".into(),
            title: String::new(),
            photo: None,
            role: Role::Agent,
            version: 1,
            active: true,
            availability: domain::people::Availability::Online,
            seen_at: None,
        };
        engine.store.put_member(&member).await.unwrap();
        let (lot, bucket) = (Lot::default(), Bucket::default());
        let function = EmailInbound { engine, bucket: bucket.clone(), parking: lot.clone(), strangers: None };
        let mut case = Self {
            function,
            lot,
            bucket,
            conversation: ConversationId(Uuid::nil()),
            shopper: session.shopper,
        };
        let eva = case.eva();
        case.conversation = case
            .act(&eva, 1, Wish::Say { conversation: None, text: "Hola".into(), before: Before::default() })
            .await;
        case.say(&case.ana(), 2, "Hi Eva").await;
        case
    }

    fn eva(&self) -> Actor {
        Actor::Shopper { id: self.shopper, site: "demo".parse().unwrap() }
    }

    fn ana(&self) -> Actor {
        Actor::Agent { id: ANA, site: "demo".parse().unwrap(), name: "Ana".into(), role: Role::Agent }
    }

    async fn act(&self, actor: &Actor, id: u128, wish: Wish) -> ConversationId {
        let id = ClientId(Uuid::from_u128(id));
        self.function.engine.perform(actor, "203.0.113.7", id, wish, None).await.unwrap().head.id
    }

    async fn say(&self, actor: &Actor, id: u128, text: &str) {
        let wish =
            Wish::Say { conversation: Some(self.conversation), text: text.into(), before: Before::default() };
        self.act(actor, id, wish).await;
    }

    async fn close(&self) {
        self.act(&self.ana(), 9, Wish::Close { conversation: self.conversation }).await;
    }

    /// A token in a mail to `address`, as the address that answers go to.
    async fn token(&self, n: u8, recipient: Recipient, address: &str) -> (String, ReplyToken) {
        let token = ReplyToken::from_random([n; 16]);
        let grant = ReplyGrant {
            site: "demo".parse().unwrap(),
            conversation: self.conversation,
            recipient,
            address: address_hash(address),
            made_at: self.function.engine.env.now(),
            revoked_at: None,
        };
        self.function.engine.store.keep_reply_grant(token.hash().0, &grant).await.unwrap();
        (format!("{}@{DOMAIN}", token.written()), token)
    }

    async fn eva_token(&self) -> String {
        self.token(1, Recipient::Shopper, EVA).await.0
    }

    /// Strangers' mail to the site `demo` is taken.
    async fn takes_strangers(&mut self) {
        let admin =
            Actor::Agent { id: ANA, site: "demo".parse().unwrap(), name: "Ana".into(), role: Role::Admin };
        let engine = &self.function.engine;
        let site = engine.store.site(&"demo".parse().unwrap()).await.unwrap().unwrap();
        let email = json!({
            "enabled": true, "sender_address": "hello@shop.example", "reply_domain": DOMAIN, "delay_min": 2,
        });
        engine.publish(&admin, &site, Section::Email, 0, email).await.unwrap();
        self.function.strangers = Some("demo".parse().unwrap());
    }

    async fn receive(&self, mail: &Mail) {
        self.bucket.put(&format!("mail/{}", mail.id), mail.raw().as_bytes());
        self.function.handle(event::read(&mail.event())).await.unwrap();
    }

    fn thread(&self) -> Vec<Entry> {
        self.function.engine.store.log(self.conversation, Log::Thread)
    }

    /// What came by mail into the conversation: who wrote it, and what.
    fn by_mail(&self) -> Vec<(Author, String)> {
        let by_mail = self.thread().into_iter().filter(|entry| entry.mail.is_some());
        by_mail.map(|entry| (entry.author, text(entry.body))).collect()
    }

    fn notes(&self) -> Vec<(MailClass, String, String)> {
        let log = self.function.engine.store.log(self.conversation, Log::Backstage).into_iter();
        log.filter_map(|entry| match entry.body {
            Body::Mail { class, from, text } => Some((class, from, text)),
            _ => None,
        })
        .collect()
    }

    fn others(&self) -> Vec<Head> {
        let heads = self.function.engine.store.heads().into_iter();
        heads.filter(|head| head.id != self.conversation).collect()
    }
}

fn text(body: Body) -> String {
    match body {
        Body::Message { text } => text,
        body => panic!("{body:?}"),
    }
}

#[tokio::test]
async fn e_2_an_answer_by_mail_is_the_shoppers_next_message_without_what_it_quotes() {
    let case = Case::new().await;
    let to = case.eva_token().await;
    let body = "Yes, in blue please.\n\nOn Mon, 16 Jun 2025 at 09:58, Taller Luz <hello@shop.example> wrote:\n> Hi Eva\n";
    case.receive(&Mail::to(&to, body)).await;
    assert_eq!(case.by_mail(), [(Author::Shopper, "Yes, in blue please.".into())]);
    let mark = case.thread().into_iter().find_map(|entry| entry.mail).unwrap();
    assert_eq!(mark.original, "mail/ses1");
    let known =
        case.function.engine.store.correspondent(&"demo".parse().unwrap(), address_hash(EVA)).await.unwrap();
    assert!(known.warm, "whoever has answered may be written to");
}

#[tokio::test]
async fn f_19_a_mail_that_comes_twice_is_one_entry() {
    let case = Case::new().await;
    let to = case.eva_token().await;
    let mail = Mail::to(&to, "Once");
    // The event again; and the whole mail again, under another id of SES's.
    case.receive(&mail).await;
    case.receive(&mail).await;
    case.receive(&Mail { id: "ses2", ..mail.clone() }).await;
    assert_eq!(case.by_mail(), [(Author::Shopper, "Once".into())]);
    // Also when it comes again after the end, and after what it began has ended as well.
    case.close().await;
    case.receive(&mail).await;
    assert_eq!((case.by_mail().len(), case.others().len()), (1, 0));
    // Another mail with the Message-ID of the first is another mail.
    let other = Mail { id: "ses3", body: Mail::to(&to, "Twice").body, ..mail.clone() };
    case.receive(&other).await;
    case.receive(&other).await;
    let [other] = &case.others()[..] else { panic!("{:?}", case.others()) };
    let log = case.function.engine.store.log(other.id, Log::Thread);
    assert_eq!(log.len(), 1);
    // Without any Message-ID SES's counts.
    let bare = Mail { id: "ses4", head: "", ..Mail::to(&to, "Bare") };
    case.receive(&bare).await;
    case.receive(&bare).await;
    assert_eq!(case.function.engine.store.log(other.id, Log::Thread).len(), 2);
}

#[tokio::test]
async fn e_2_an_answer_to_a_closed_conversation_begins_one_that_names_it() {
    let case = Case::new().await;
    let to = case.eva_token().await;
    case.close().await;
    case.receive(&Mail::to(&to, "One more thing")).await;
    let [begun] = &case.others()[..] else { panic!("{:?}", case.others()) };
    assert!(begun.is_open() && begun.shopper == case.shopper && !begun.held);
    let log = case.function.engine.store.log(begun.id, Log::Thread);
    assert_eq!(log[0].mail.as_ref().unwrap().follows, Some(case.conversation));
    // And the next one goes there.
    case.receive(&Mail { id: "ses2", head: "", ..Mail::to(&to, "And another") }).await;
    assert_eq!((case.others().len(), case.function.engine.store.log(begun.id, Log::Thread).len()), (1, 2));
}

#[tokio::test]
async fn a_29_a_forged_sender_is_never_an_author() {
    let case = Case::new().await;
    let to = case.eva_token().await;
    let (anas, _) = case.token(2, Recipient::Agent(ANA), "ana@shop.example").await;
    let good = Mail::to(&to, "It is me");
    let as_ana = Mail { from: "ana@shop.example", envelope: "ana@shop.example", to: anas, ..good.clone() };
    use ReviewWhy::{AnotherAddress, FailedDmarc, NoOneAuthor, Unauthenticated};
    let forged: Vec<(Mail, ReviewWhy)> = vec![
        (Mail { verdicts: ["FAIL", "FAIL", "FAIL", "PASS", "PASS"], ..good.clone() }, FailedDmarc),
        (Mail { verdicts: ["PASS", "PASS", "FAIL", "PASS", "PASS"], ..good.clone() }, FailedDmarc),
        (Mail { verdicts: ["GRAY"; 5], ..good.clone() }, Unauthenticated),
        // SPF has passed, of the forger's own domain.
        (
            Mail {
                verdicts: ["PASS", "GRAY", "GRAY", "PASS", "PASS"],
                envelope: "x@evil.example",
                ..good.clone()
            },
            Unauthenticated,
        ),
        (Mail { from: "mallory@evil.example", ..good.clone() }, AnotherAddress),
        (Mail { from: "\"eva@example.com\" <mallory@evil.example>", ..good.clone() }, AnotherAddress),
        (Mail { from: "eva@example.com, mallory@evil.example", ..good.clone() }, NoOneAuthor),
        (
            Mail {
                from: "mallory@evil.example",
                head: "Sender: eva@example.com\r\nReply-To: eva@example.com\r\nCc: eva@example.com\r\n",
                ..good.clone()
            },
            AnotherAddress,
        ),
        // As an agent: without DMARC, with the shopper's token, and from elsewhere with the agent's.
        (Mail { verdicts: ["PASS", "PASS", "GRAY", "PASS", "PASS"], ..as_ana.clone() }, Unauthenticated),
        (Mail { from: "ana@shop.example", envelope: "ana@shop.example", ..good.clone() }, AnotherAddress),
        (Mail { from: EVA, ..as_ana.clone() }, AnotherAddress),
    ];
    let ids = ["f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10"];
    assert_eq!(ids.len(), forged.len());
    for ((mail, why), id) in forged.into_iter().zip(ids) {
        let head = if mail.head.starts_with("Message-ID") { "" } else { mail.head };
        let before = case.notes().len();
        case.receive(&Mail { id, head, ..mail }).await;
        assert_eq!(case.by_mail(), [], "{id}");
        let notes = case.notes();
        assert_eq!((notes.len(), notes.last().unwrap().0), (before + 1, MailClass::Review(why)), "{id}");
    }
    assert_eq!(case.others(), []);
    // Ana herself, from her own mailbox, with her own token.
    case.receive(&Mail { id: "real", head: "", ..as_ana }).await;
    let author = Author::Agent { id: ANA, name: "Ana".into() };
    assert_eq!(case.by_mail(), [(author, "It is me".into())]);
}

#[tokio::test]
async fn a_30_a_guessed_or_truncated_token_reaches_no_conversation() {
    let mut case = Case::new().await;
    let to = case.eva_token().await;
    let cut = to.split('@').next().unwrap()[..20].to_owned();
    let guessed = ReplyToken::from_random([99; 16]).written();
    let before = case.thread();
    // Nobody takes strangers' mail here yet: kept as it came, and shown to nobody.
    case.receive(&Mail { id: "s0", head: "", ..Mail::to(&format!("{guessed}@{DOMAIN}"), "x") }).await;
    assert_eq!(case.others(), []);
    case.takes_strangers().await;
    for (n, (id, local)) in [("s1", cut), ("s2", guessed), ("s3", "demo".into())].into_iter().enumerate() {
        let mail = Mail { id, head: "", ..Mail::to(&format!("{local}@{DOMAIN}"), "It is me, Eva") };
        case.receive(&mail).await;
        case.receive(&mail).await;
        assert_eq!(case.others().len(), n + 1, "{id}");
    }
    assert_eq!(case.thread(), before);
    for head in case.others() {
        assert!(head.shopper != case.shopper && !head.shopper.is_verified() && head.shopper_name.is_none());
        let log = case.function.engine.store.log(head.id, Log::Thread);
        assert_eq!(log[0].mail.as_ref().unwrap().unverified.as_deref(), Some(EVA));
    }
    // At another domain than the site's own nothing begins.
    case.receive(&Mail { id: "s4", head: "", ..Mail::to("demo@other.example", "x") }).await;
    assert_eq!(case.others().len(), 3);
}

#[tokio::test]
async fn a_30_a_token_that_was_revoked_is_for_a_person_to_look_at() {
    let case = Case::new().await;
    let (to, token) = case.token(1, Recipient::Shopper, EVA).await;
    let engine = &case.function.engine;
    assert!(engine.store.revoke_reply_grant(token.hash().0, engine.env.now()).await.unwrap());
    case.receive(&Mail::to(&to, "Still me")).await;
    assert_eq!(case.notes()[0].0, MailClass::Review(ReviewWhy::TokenRevoked));
}

#[tokio::test]
async fn f_17_an_auto_responder_is_shown_and_is_no_message() {
    let case = Case::new().await;
    let to = case.eva_token().await;
    for (id, head) in [
        ("r1", "Auto-Submitted: auto-replied\r\n"),
        ("r2", "Precedence: auto_reply\r\nX-Autoreply: yes\r\n"),
        ("r3", "X-Mostrador-Loop: another-deployment\r\n"),
    ] {
        case.receive(&Mail { id, head, ..Mail::to(&to, "I am away until Monday.") }).await;
    }
    assert_eq!((case.by_mail(), case.others()), (Vec::new(), Vec::new()));
    assert_eq!(case.notes().iter().map(|note| note.0).collect::<Vec<_>>(), [MailClass::AutoResponse; 3]);
    let known =
        case.function.engine.store.correspondent(&"demo".parse().unwrap(), address_hash(EVA)).await.unwrap();
    assert!(!known.warm, "a program has answered, and nobody else");
}

fn feedback(kind: &str, detail: Value, reply_to: &str) -> Value {
    let mut message = json!({"eventType": kind, "mail": {"messageId": "sent", "headers": [
        {"name": "To", "value": EVA}, {"name": "Reply-To", "value": format!("\"Taller Luz\" <{reply_to}>")},
    ]}});
    message[kind.to_lowercase()] = detail;
    json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message.to_string()}}]})
}

#[tokio::test]
async fn f_17_a_hard_bounce_and_a_complaint_end_mails_and_are_told_once() {
    let case = Case::new().await;
    let to = case.eva_token().await;
    let bounce = |kind: &str, id: &str| {
        let who =
            json!([{"emailAddress": "Eva@Example.com", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]);
        feedback("Bounce", json!({"bounceType": kind, "feedbackId": id, "bouncedRecipients": who}), &to)
    };
    let site = "demo".parse().unwrap();
    let store = &case.function.engine.store;
    let suppressed =
        async || store.correspondent(&site, address_hash(EVA)).await.unwrap().suppressed.map(|(why, _)| why);
    case.function.handle(event::read(&bounce("Transient", "b1"))).await.unwrap();
    assert_eq!((suppressed().await, case.notes()), (None, Vec::new()));
    for _ in 0..2 {
        case.function.handle(event::read(&bounce("Permanent", "b2"))).await.unwrap();
    }
    assert_eq!(suppressed().await, Some(Suppressed::Bounced));
    let told = (MailClass::Bounce, EVA.to_owned(), "smtp; 550 5.1.1 user unknown".to_owned());
    assert_eq!(case.notes(), std::slice::from_ref(&told));
    case.close().await;
    let who = json!([{"emailAddress": EVA}]);
    let complaint = feedback("Complaint", json!({"feedbackId": "c1", "complainedRecipients": who}), &to);
    case.function.handle(event::read(&complaint)).await.unwrap();
    assert_eq!(case.notes(), [told, (MailClass::Complaint, EVA.into(), String::new())]);
}

#[tokio::test]
async fn a_4_what_comes_along_is_judged_by_its_bytes_and_kept_under_a_key_of_128_bits() {
    let case = Case::new().await;
    let to = case.eva_token().await;
    let part = |name: &str, kind: &str, bytes: &str| {
        format!(
            "--b\r\nContent-Type: {kind}; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{bytes}\r\n"
        )
    };
    let body = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nLook\r\n{}{}{}--b--\r\n",
        part("box.png", "image/png", "\u{0089}PNG"),
        part("photo.jpg", "image/jpeg", "<svg onload=alert(1)>"),
        part("order.txt", "text/plain", "three lamps"),
    );
    case.receive(&Mail { body, ..Mail::to(&to, "") }).await;
    assert_eq!(case.by_mail(), [(Author::Shopper, "Look".into())]);
    let mark = case.thread().into_iter().find_map(|entry| entry.mail).unwrap();
    let dangerous: Vec<(&str, bool)> =
        mark.attachments.iter().map(|file| (file.name.as_str(), file.dangerous)).collect();
    assert_eq!(dangerous, [("box.png", true), ("photo.jpg", true), ("order.txt", false)]);
    let kept = case.bucket.files();
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().any(|(file, bytes)| file.name == "order.txt" && bytes == b"three lamps"));
    let keys: std::collections::BTreeSet<u128> = kept.iter().map(|(file, _)| file.key.0 >> 64).collect();
    assert_eq!(keys.len(), 3, "no two keys look alike");
}

#[tokio::test]
async fn a_33_a_mail_beyond_the_limits_is_flagged_for_a_person_and_kept_as_it_came() {
    let case = Case::new().await;
    let to = case.eva_token().await;
    let parts = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(101);
    let many = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n");
    let large = Mail::to(&to, &"x".repeat(11 << 20));
    for (id, mail) in [("m1", Mail { body: many, ..Mail::to(&to, "") }), ("m2", large)] {
        case.receive(&Mail { id, head: "", ..mail }).await;
    }
    let classes: Vec<MailClass> = case.notes().iter().map(|note| note.0).collect();
    assert_eq!(classes, [MailClass::Review(ReviewWhy::NotTakenApart); 2]);
    assert_eq!(case.by_mail(), []);
}

#[tokio::test]
async fn a_mail_that_cannot_be_read_comes_again_and_is_parked_by_its_key_in_the_end() {
    let case = Case::new().await;
    let mail = Mail::to(&case.eva_token().await, "Hello?");
    case.bucket.put("mail/ses1", mail.raw().as_bytes());
    case.bucket.breaks(true);
    for _ in 1..email_inbound::TRIES {
        assert!(case.function.handle(event::read(&mail.event())).await.is_err());
    }
    assert_eq!(case.lot.parked(), []);
    case.function.handle(event::read(&mail.event())).await.unwrap();
    let [parked] = &case.lot.parked()[..] else { panic!("{:?}", case.lot.parked()) };
    assert_eq!((parked.by, parked.keys.as_str()), ("email-inbound", "mail/ses1"));
    // Whoever mends it calls again, and nothing was lost.
    case.bucket.breaks(false);
    case.receive(&mail).await;
    assert_eq!(case.by_mail().len(), 1);
}
