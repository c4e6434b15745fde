//! Mail that comes in, with the deployed binaries: taken for its author's on proof alone, once, whatever fails.

use anyhow::{Context, Result, bail, ensure};
use domain::ConversationId;
use faults::letters::{self, Chat, EVA, Letter, TOKEN, reply_address};
use faults::line::{Line, new_id};
use faults::people::Account;
use faults::stack::Stack;
use platform::faults::{KillRule, TableFault, When};
use platform::{Bounce, Mail, Order, Verdict, Verdicts};
use protocol::ServerFrame;
use protocol::server::{Author, Body, Entry, MailClass};
use serde_json::json;
use std::fmt::Write;

const MINUTE: i64 = 60_000;
/// Delays are whole seconds, rounded up.
const MOMENT: i64 = 2_000;

fn review(why: &str) -> (MailClass, Option<String>) {
    (MailClass::Review, Some(why.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn f_19_killed_at_every_call_and_delivered_twice_a_mail_is_one_message() -> Result<()> {
    let chat = Chat::new().await?;
    let (mut expected, mut killed) = (Vec::new(), 0);
    for when in [When::Before, When::After] {
        for call in 1.. {
            let text = format!("Killed {when:?} call {call}");
            let letter = Letter::of_eva(&format!("{when:?}-{call}"), &text);
            let before = chat.failures();
            let kill = KillRule { function: "EmailInbound".into(), call, when };
            chat.stack.platform.faults().kill_rule(kill);
            let received = chat.receive(&letter).await?;
            let lived = chat.failures() == before;
            // SES tells of it again; and a server that was not answered hands it over again, under another id of SES's.
            let told = chat.stack.platform.deliver_mail_again(received.mail.context("a copy")?);
            ensure!(told == 1, "{told} were told again");
            chat.stack.platform.settled().await;
            chat.receive(&letter).await?;
            expected.push(text);
            let found = chat.by_mail().await?;
            ensure!(found == expected, "killed {when:?} call {call}: {found:?}");
            if lived {
                break;
            }
            killed += 1;
        }
    }
    // The mail, its token, head, settings or team, receipts, the commit, who listens, whom to believe from now on.
    ensure!(killed >= 16, "only {killed} calls");
    // Lambda brings again what was killed.
    chat.stack.platform.move_clock(10 * MINUTE);
    chat.stack.platform.settled().await;
    let found = chat.by_mail().await?;
    ensure!(found == expected, "brought again: {found:?}");
    ensure!(chat.notes().await?.is_empty());
    // Another mail with a Message-ID that was used is another mail.
    chat.receive(&Letter::of_eva("Before-1", "Something else")).await?;
    ensure!(chat.by_mail().await?.last().map(String::as_str) == Some("Something else"));
    chat.in_order().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_29_a_30_f_17_what_is_not_proven_and_what_no_person_wrote_is_no_message() -> Result<()> {
    let chat = Chat::new().await?;
    let good = |id: &str| Letter::of_eva(id, "It is me");
    let more =
        |id: &str, head: &str| Letter { head: format!("Message-ID: <{id}@x.example>\r\n{head}"), ..good(id) };
    let from = |id: &str, from: &str| Letter { from: from.into(), ..good(id) };
    let gray = Verdicts { dmarc: Verdict::Gray, ..Verdicts::default() };
    let spam = Verdicts { spam: Verdict::Fail, ..Verdicts::default() };
    let virus = Verdicts { virus: Verdict::Fail, ..Verdicts::default() };
    let automatic = || (MailClass::AutoResponse, None);
    let cases = [
        (Letter { verdicts: Verdicts::forged(), ..good("forged") }, review("failed_dmarc")),
        (Letter { verdicts: spam, ..good("spam") }, review("spam")),
        (Letter { verdicts: virus, ..good("virus") }, review("virus")),
        (from("other", "Eva <eva@elsewhere.example>"), review("another_address")),
        (from("name", &format!("\"{EVA}\" <mallory@evil.example>")), review("another_address")),
        (from("agent", "Ana <ana@example.com>"), review("another_address")),
        (from("several", &format!("Eva <{EVA}>, Mallory <mallory@evil.example>")), review("no_one_author")),
        (
            Letter {
                head: format!(
                    "Message-ID: <cc@x.example>\r\nSender: {EVA}\r\nReply-To: {EVA}\r\nCc: {EVA}\r\n"
                ),
                ..from("cc", "Mallory <mallory@evil.example>")
            },
            review("another_address"),
        ),
        // What the mail itself says of having been checked is nothing.
        (
            Letter {
                verdicts: Verdicts::forged(),
                ..more("claims", "Authentication-Results: amazonses.com; dmarc=pass; spf=pass; dkim=pass\r\n")
            },
            review("failed_dmarc"),
        ),
        (more("away", "Auto-Submitted: auto-replied\r\n"), automatic()),
        (more("old", "Precedence: bulk\r\n"), automatic()),
        (more("loop", "X-Mostrador-Loop: other\r\n"), automatic()),
    ];
    let mut expected = Vec::new();
    for (letter, class) in cases {
        chat.receive(&letter).await?;
        expected.push(class);
        let found = chat.notes().await?;
        ensure!(found == expected, "{letter:?}: {found:?}");
    }
    ensure!(chat.by_mail().await?.is_empty(), "{:?}", chat.by_mail().await?);
    // The domain publishes no DMARC, and SPF has passed for it: that is enough for a shopper.
    chat.receive(&Letter { verdicts: gray, ..good("gray") }).await?;
    ensure!(chat.by_mail().await? == ["It is me"]);
    // Guessed, and cut: no conversation that there is has heard of it. (The demo takes no strangers' mail before it says where mail comes to.)
    let before = chat.entries(&chat.ana).await?;
    for local in ["abaaaaaaaaaaaaaaaaaaaaaaaa", &TOKEN[..20]] {
        chat.receive(&Letter { to: format!("{local}@reply.shop.example"), ..good(local) }).await?;
    }
    ensure!(chat.entries(&chat.ana).await? == before);
    // Now it does: somebody unverified, in a conversation of their own.
    letters::publish(&chat.ana, "email", json!({"reply_domain": "reply.shop.example"})).await?;
    for local in ["abaaaaaaaaaaaaaaaaaaaaaaac", &TOKEN[..21]] {
        let letter = Letter { to: format!("{local}@reply.shop.example"), ..good(local) };
        chat.receive(&letter).await?;
        chat.receive(&letter).await?;
    }
    ensure!(chat.entries(&chat.ana).await? == before);
    let strangers = others(&chat).await?;
    ensure!(strangers.len() == 2, "{strangers:?}");
    for stranger in strangers {
        let entries = letters::entries(&chat.ana, stranger).await?;
        let mark = entries.first().and_then(|entry| entry.mail.clone()).context("a mark")?;
        ensure!(mark.unverified.as_deref() == Some(EVA), "{mark:?}");
        let foreign = chat.shopper.get(&format!("/v1/conversations/{stranger}/entries?t=0&b=0")).await?;
        ensure!(foreign.status == 404, "the mail's sender is not the shopper: {}", foreign.raw);
    }
    chat.in_order().await
}

/// The site's conversations but the one that there was.
async fn others(chat: &Chat) -> Result<Vec<ConversationId>> {
    let list = chat.ana.get("/v1/agent/sites/demo/conversations?list=all").await?;
    let rows = list.body["rows"].as_array().context(list.raw.clone())?;
    let ids = rows.iter().filter_map(|row| row["conversation_id"].as_str()?.parse().ok());
    Ok(ids.filter(|id| *id != chat.conversation).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn e_2_an_answer_to_a_closed_conversation_begins_one_that_names_it() -> Result<()> {
    let chat = Chat::new().await?;
    let close = format!("/v1/conversations/{}/close", chat.conversation);
    let closed = chat.ana.post(&close, json!({"id": new_id().to_string()})).await?;
    ensure!(closed.status == 200, "{}", closed.raw);
    let late = Letter::of_eva("late", "One more thing");
    chat.receive(&late).await?;
    chat.receive(&late).await?;
    ensure!(chat.by_mail().await?.is_empty(), "closed is final");
    let [begun] = others(&chat).await?[..] else { bail!("{:?}", others(&chat).await?) };
    // The same shopper's: they read it.
    let entries = letters::entries(&chat.shopper, begun).await?;
    let [Entry { body: Body::Message { text }, mail: Some(mark), author: Author::Shopper, .. }] =
        &entries[..]
    else {
        bail!("{entries:?}")
    };
    ensure!(text == "One more thing" && mark.follows == Some(chat.conversation.to_string()), "{entries:?}");
    // And the next one goes there.
    chat.receive(&Letter::of_eva("later", "And another")).await?;
    ensure!(letters::entries(&chat.shopper, begun).await?.len() == 2);
    chat.in_order().await
}

#[tokio::test(flavor = "multi_thread")]
async fn f_7_a_mail_that_cannot_be_stored_is_tried_three_times_then_parked_and_others_come_through()
-> Result<()> {
    let chat = Chat::new().await?;
    chat.stack.platform.faults().table("GetObject", When::Before, &TableFault::Error, 1_000);
    chat.receive(&Letter::of_eva("poison", "Too late")).await?;
    for minutes in [2, 5] {
        ensure!(chat.stack.messages("ParkedQueue").await?.is_empty(), "parked too early");
        chat.stack.platform.move_clock(minutes * MINUTE);
        chat.stack.platform.settled().await;
    }
    let parked = chat.stack.messages("ParkedQueue").await?;
    let [parked] = &parked[..] else { bail!("{parked:?}") };
    ensure!(parked.contains("email-inbound") && parked.contains("mail/"), "{parked}");
    chat.stack.platform.faults().clear();
    chat.receive(&Letter::of_eva("next", "In time")).await?;
    let found = chat.by_mail().await?;
    ensure!(found == ["In time"], "{found:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_33_bombs_and_broken_mails_are_kept_and_flagged_and_crash_nothing() -> Result<()> {
    let chat = Chat::new().await?;
    let many =
        (0..101).fold("Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned(), |mut body, n| {
            let _ = write!(body, "--b\r\nContent-Type: text/plain\r\n\r\npart {n}\r\n");
            body
        }) + "--b--\r\n";
    let mut deep = String::new();
    for n in 0..11 {
        let _ = write!(deep, "Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n");
    }
    deep += "Content-Type: text/plain\r\n\r\nat the bottom\r\n";
    let large = format!("Content-Type: text/plain\r\n\r\n{}", "large ".repeat(11 << 20 >> 2));
    let broken = "Content-Type: multipart/mixed; boundary=none\r\n\r\nIt never comes\r\n".to_owned();
    let charset = "Content-Type: text/plain; charset=x-unheard-of\r\n\r\nA\u{f1}o\r\n".to_owned();
    let html =
        "Content-Type: text/html\r\n\r\n<script>steal()</script><p>Only <b>HTML</b></p>\r\n".to_owned();
    let quotes = "Content-Type: text/plain\r\n\r\n> Hola\r\n".to_owned();
    let empty = "Content-Type: text/plain\r\n\r\n".to_owned();
    let (review_count, said) = (5, ["It never comes", "A\u{f1}o", "Only *HTML*"]);
    let bodies = [many, deep, large, quotes, empty, broken, charset, html];
    for (n, body) in bodies.into_iter().enumerate() {
        let letter = Letter { body, ..Letter::of_eva(&format!("odd-{n}"), "") };
        let received = chat.receive(&letter).await?;
        let (bucket, key) = received.object.context("kept")?;
        let kept = chat.stack.platform.object(&bucket, &key)?.context("kept")?;
        ensure!(kept.ends_with(&letter.raw()), "mail {n} is kept as it came");
    }
    ensure!(chat.failures() == 0, "the function crashed");
    let notes = chat.notes().await?;
    let expected: Vec<_> =
        ["not_taken_apart", "not_taken_apart", "not_taken_apart", "nothing_new", "nothing_new"]
            .map(review)
            .into();
    ensure!(notes == expected && notes.len() == review_count, "{notes:?}");
    let found = chat.by_mail().await?;
    ensure!(found.len() == said.len() && found[..2] == said[..2], "{found:?}");
    ensure!(found[2].contains("HTML") && !found[2].contains("steal"), "{found:?}");
    // Each says what is odd about it.
    let flags: Vec<Vec<String>> =
        chat.entries(&chat.ana).await?.into_iter().filter_map(|entry| Some(entry.mail?.flags)).collect();
    for flag in
        ["too_many_parts", "too_deep", "too_large", "only_quotes", "empty", "broken_mime", "only_html"]
    {
        ensure!(flags.iter().flatten().any(|one| one == flag), "{flag}: {flags:?}");
    }
    chat.in_order().await
}

/// A shop that mails, with its clock.
struct Shop {
    stack: Stack,
    ana: Account,
    ahead: i64,
}

impl Shop {
    async fn opens() -> Result<Self> {
        let stack = Stack::start().await;
        let ana = stack.agent("demo", "ana@example.com").await;
        let fields = json!([{"id": "email", "kind": "email", "required": true, "labels": {}}]);
        let form = json!({"when": "always", "hold_online": true, "hold_offline": true, "fields": fields});
        letters::publish(&ana, "form", form).await?;
        let email = json!({"enabled": true, "sender_address": "hello@shop.example", "reply_domain": "reply.shop.example"});
        letters::publish(&ana, "email", email).await?;
        Ok(Self { stack, ana, ahead: 0 })
    }

    /// A question, and the address that is asked for.
    async fn asked_by(&self, address: &str) -> Result<(Account, ConversationId)> {
        let shopper = self.stack.shopper("demo").await;
        let conversation = letters::begin(&shopper, "Is it dimmable?").await?;
        let answer = json!({"id": new_id().to_string(), "field": "email", "value": address});
        let reply = shopper.post(&format!("/v1/conversations/{conversation}/answers"), answer).await?;
        ensure!(reply.status < 300, "no address: {} {}", reply.status, reply.raw);
        Ok((shopper, conversation))
    }

    async fn passes(&mut self, millis: i64) {
        self.stack.platform.settled().await;
        self.ahead += millis;
        self.stack.platform.move_clock(self.ahead);
        self.stack.platform.settled().await;
    }

    /// Answers, and waits until it has been mailed if it ever is.
    async fn answers(&mut self, conversation: ConversationId, text: &str) -> Result<()> {
        letters::say(&self.ana, conversation, text).await?;
        self.passes(15 * MINUTE + MOMENT).await;
        Ok(())
    }

    /// What came, the latest first.
    fn mails(&self, address: &str) -> Vec<Mail> {
        self.stack.platform.mailbox(address).into_iter().filter(|mail| !mail.outgoing).collect()
    }

    async fn notes(&self, conversation: ConversationId) -> Result<Vec<(MailClass, String)>> {
        let entries = letters::entries(&self.ana, conversation).await?.into_iter();
        Ok(entries
            .filter_map(|entry| match entry.body {
                Body::Mail { class, from, .. } => Some((class, from)),
                _ => None,
            })
            .collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e_2_f_17_what_was_mailed_is_answered_then_bounces_then_the_address_is_left_alone() -> Result<()> {
    let mut shop = Shop::opens().await?;
    let (shopper, conversation) = shop.asked_by(EVA).await?;
    shop.answers(conversation, "It is dimmable.").await?;
    let [mail] = &shop.mails(EVA)[..] else { bail!("{:?}", shop.mails(EVA)) };
    // From her own mailbox, with the answer above what she was sent.
    let order = Order { answers: Some(mail.id), text: "Then I take two.".into(), ..Order::default() };
    let received = shop.stack.platform.write_mail(&order).map_err(anyhow::Error::msg)?;
    ensure!(received.object.is_some(), "{received:?}");
    shop.stack.platform.settled().await;
    let entries = letters::entries(&shopper, conversation).await?;
    let last = entries.last().context("an entry")?;
    ensure!(
        matches!(&last.body, Body::Message { text } if text == "Then I take two.")
            && last.mail.is_some()
            && last.author == Author::Shopper,
        "{last:?}"
    );
    // The next one comes back for now: nothing is ended by it.
    shop.answers(conversation, "Two it is.").await?;
    let second = shop.mails(EVA).first().context("a second")?.id;
    ensure!(shop.stack.platform.bounce_mail(second, Bounce::Transient));
    shop.stack.platform.settled().await;
    ensure!(shop.notes(conversation).await?.is_empty(), "a full mailbox will be emptied");
    // And then for good: it is told once, however often SES tells it.
    for _ in 0..2 {
        ensure!(shop.stack.platform.bounce_mail(second, Bounce::Permanent));
        shop.stack.platform.settled().await;
    }
    let bounced = (MailClass::Bounce, EVA.to_owned());
    let notes = shop.notes(conversation).await?;
    ensure!(notes.contains(&bounced) && notes.iter().all(|note| *note == bounced), "{notes:?}");
    // Our own list says so, whatever the account's says.
    shop.stack.platform.suppress_address(EVA, None);
    let sent = shop.stack.platform.metrics().mails_sent;
    shop.answers(conversation, "Are you still there?").await?;
    shop.passes(60 * MINUTE).await;
    ensure!(shop.stack.platform.metrics().mails_sent == sent, "mailed all the same");
    // Somebody else calls it spam.
    let (_, other) = shop.asked_by("nora@shopper.example").await?;
    shop.answers(other, "It is.").await?;
    let mail = shop.mails("nora@shopper.example").first().context("a mail")?.id;
    ensure!(shop.stack.platform.complain_of_mail(mail));
    shop.stack.platform.settled().await;
    ensure!(shop.notes(other).await? == [(MailClass::Complaint, "nora@shopper.example".to_owned())]);
    shop.stack.platform.suppress_address("nora@shopper.example", None);
    let sent = shop.stack.platform.metrics().mails_sent;
    shop.answers(other, "Sorry.").await?;
    shop.passes(60 * MINUTE).await;
    ensure!(shop.stack.platform.metrics().mails_sent == sent, "mailed all the same");
    // A report that comes as a mail is shown and ends nothing: anybody can write one.
    let (_, third) = shop.asked_by("ines@shopper.example").await?;
    shop.answers(third, "It is.").await?;
    let mail = shop.mails("ines@shopper.example").into_iter().next().context("a mail")?;
    let to = String::from_utf8_lossy(mail.raw()).lines().find_map(reply_to).context("a Reply-To")?;
    let report = Letter {
        from: "MAILER-DAEMON <mailer-daemon@evil.example>".into(),
        to,
        head: "Message-ID: <report@evil.example>\r\nSubject: Undelivered Mail Returned to Sender\r\n".into(),
        body: "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; evil.example\r\n\r\nFinal-Recipient: rfc822; ines@shopper.example\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n".into(),
        verdicts: Verdicts::default(),
    };
    shop.stack.platform.receive_mail(platform::Inbound {
        from: String::new(),
        to: vec![report.to.clone()],
        raw: report.raw(),
        verdicts: report.verdicts,
        author: None,
    });
    shop.stack.platform.settled().await;
    ensure!(
        shop.notes(third).await?.iter().any(|(class, _)| *class == MailClass::Bounce),
        "{:?}",
        shop.notes(third).await?
    );
    let before = shop.mails("ines@shopper.example").len();
    shop.answers(third, "And brass.").await?;
    ensure!(shop.mails("ines@shopper.example").len() == before + 1, "a forged report silences nobody");
    let denied = shop.stack.platform.metrics().denied;
    ensure!(denied.is_empty(), "{denied:?}");
    Ok(())
}

fn reply_to(line: &str) -> Option<String> {
    let value = line.strip_prefix("Reply-To:")?.trim();
    let address = value.rsplit_once('<').map_or(value, |(_, rest)| rest);
    Some(address.trim_end_matches('>').to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_comes_to_whoever_listens_at_once() -> Result<()> {
    let chat = Chat::new().await?;
    let mut shopper = Line::ready(&chat.shopper, vec![]).await?;
    let received = chat.stack.platform.receive_mail(platform::Inbound {
        from: EVA.into(),
        to: vec![reply_address()],
        raw: Letter::of_eva("live", "By mail").raw(),
        verdicts: Verdicts::default(),
        author: None,
    });
    ensure!(received.object.is_some());
    let came = |entry: &Entry| {
        entry.mail.is_some() && matches!(&entry.body, Body::Message { text } if text == "By mail")
    };
    shopper
        .until(|frame| matches!(frame, ServerFrame::Entries(page) if page.entries.iter().any(came)), true)
        .await?;
    shopper.close().await
}
