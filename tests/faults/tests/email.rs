//! Answers that nobody sees, with the deployed binaries and the clock moved: one mail with all of them, at its time, whatever fails.

use anyhow::{Context, Result, ensure};
use domain::ConversationId;
use faults::line::{Line, PATIENCE, new_id};
use faults::people::Account;
use faults::stack::Stack;
use platform::faults::{KillRule, TableFault, When};
use protocol::http::EntriesAnswer;
use protocol::server::{Body, Entry, MailClass};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const MINUTE: i64 = 60_000;
/// Delays are whole seconds, rounded up.
const MOMENT: i64 = 2_000;

/// A shop that mails, its agent, and how far its clock is ahead.
struct Shop {
    stack: Stack,
    ana: Account,
    ahead: i64,
}

impl Shop {
    async fn opens() -> Result<Self> {
        let stack = Stack::start().await;
        let ana = stack.agent("demo", "ana@example.com").await;
        // Whoever writes is asked for an address at once.
        publish(&ana, "form", |form| {
            form["when"] = json!("always");
            form["hold_online"] = json!(true);
            form["hold_offline"] = json!(true);
            form["fields"] = json!([{"id": "email", "kind": "email", "required": true, "labels": {}}]);
        })
        .await?;
        publish(&ana, "email", |email| {
            email["enabled"] = json!(true);
            email["sender_address"] = json!("hello@shop.example");
            email["reply_domain"] = json!("reply.shop.example");
        })
        .await?;
        Ok(Self { stack, ana, ahead: 0 })
    }

    /// A question, and the address that is asked for.
    async fn asks(&self, address: &str) -> Result<(Account, ConversationId)> {
        let shopper = self.stack.shopper("demo").await;
        let conversation = begin(&shopper).await?;
        leave_address(&shopper, conversation, address).await?;
        Ok((shopper, conversation))
    }

    async fn answers(&self, conversation: ConversationId, text: &str) -> Result<()> {
        let path = format!("/v1/conversations/{conversation}/messages");
        let reply = self.ana.post(&path, json!({"id": new_id().to_string(), "text": text})).await?;
        ensure!(reply.status == 200, "not answered: {} {}", reply.status, reply.raw);
        Ok(())
    }

    /// Time passes, and what is due is done.
    async fn passes(&mut self, millis: i64) {
        self.stack.platform.settled().await;
        self.ahead += millis;
        self.stack.platform.move_clock(self.ahead);
        self.stack.platform.settled().await;
    }

    /// So long that the sweep has a turn.
    async fn sweeps(&mut self, millis: i64) -> Result<()> {
        let fired = self.stack.platform.metrics().schedules_fired;
        self.passes(millis).await;
        let turn = async {
            while self.stack.platform.metrics().schedules_fired == fired {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, turn).await.context("the schedule has no turn")?;
        self.passes(MOMENT).await;
        Ok(())
    }

    fn mails(&self, address: &str) -> Vec<String> {
        let mails = self.stack.platform.mailbox(address);
        mails.iter().map(|mail| String::from_utf8_lossy(mail.raw()).into_owned()).collect()
    }

    /// The text of the newest mail to an address, without its encoding's line breaks.
    fn text_of(&self, address: &str) -> Result<String> {
        let mail = self.mails(address).into_iter().next().context("a mail")?;
        Ok(mail.replace("=\r\n", "").replace("=3D", "="))
    }

    async fn entries(&self, conversation: ConversationId) -> Result<Vec<Entry>> {
        let reply = self.ana.get(&format!("/v1/conversations/{conversation}/entries?t=0&b=0")).await?;
        ensure!(reply.status == 200, "no entries: {}", reply.raw);
        Ok(serde_json::from_value::<EntriesAnswer>(reply.body)?.entries)
    }

    /// How many mails the conversation notes.
    async fn noted(&self, conversation: ConversationId) -> Result<usize> {
        let entries = self.entries(conversation).await?;
        Ok(entries.iter().filter(|entry| matches!(entry.body, Body::Mailed { .. })).count())
    }
}

async fn publish(admin: &Account, section: &str, change: impl FnOnce(&mut Value)) -> Result<()> {
    let path = format!("/v1/agent/sites/{}/settings/{section}", admin.site);
    let stands = admin.get(&path).await?;
    let mut value = stands.body["value"].clone();
    change(&mut value);
    let body = json!({"expected": stands.body["version"], "value": value});
    let reply = admin.request(reqwest::Method::PUT, &path, Some(body)).await?;
    ensure!(reply.status == 200, "not published: {} {}", reply.status, reply.raw);
    Ok(())
}

async fn begin(shopper: &Account) -> Result<ConversationId> {
    let reply = shopper
        .post("/v1/conversations", json!({"id": new_id().to_string(), "text": "Is it dimmable?"}))
        .await?;
    ensure!(reply.status < 300, "not begun: {} {}", reply.status, reply.raw);
    Ok(reply.body["conversation_id"].as_str().context("an id")?.parse()?)
}

async fn leave_address(shopper: &Account, conversation: ConversationId, address: &str) -> Result<()> {
    let path = format!("/v1/conversations/{conversation}/answers");
    let answer = json!({"id": new_id().to_string(), "field": "email", "value": address});
    let reply = shopper.post(&path, answer).await?;
    ensure!(reply.status < 300, "no address: {} {}", reply.status, reply.raw);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn e_1_who_has_left_gets_all_unseen_answers_in_one_mail_and_at_most_one_in_a_quarter_of_an_hour()
-> Result<()> {
    let mut shop = Shop::opens().await?;
    let (shopper, conversation) = shop.asks("eva@example.com").await?;
    shop.answers(conversation, "It is dimmable.").await?;
    shop.answers(conversation, "Down to nothing.").await?;
    shop.passes(MINUTE).await;
    ensure!(shop.mails("eva@example.com").is_empty(), "mailed too early");
    shop.passes(MINUTE + MOMENT).await;
    let mails = shop.mails("eva@example.com");
    ensure!(mails.len() == 1, "{} mails", mails.len());
    for part in
        ["It is dimmable.", "Down to nothing.", "Is it dimmable?", "@reply.shop.example", "List-Unsubscribe:"]
    {
        ensure!(mails[0].contains(part), "the mail lacks {part:?}: {}", mails[0]);
    }
    // Closing cancels nothing; and the next waits for the quarter of an hour to be over.
    shop.answers(conversation, "And it is brass.").await?;
    let close = format!("/v1/conversations/{conversation}/close");
    let reply = shopper.post(&close, json!({"id": new_id().to_string()})).await?;
    ensure!(reply.status < 300, "not closed: {}", reply.raw);
    shop.passes(10 * MINUTE).await;
    ensure!(shop.mails("eva@example.com").len() == 1, "a second within the quarter of an hour");
    shop.passes(5 * MINUTE + MOMENT).await;
    let mails = shop.mails("eva@example.com");
    ensure!(mails.len() == 2, "{} mails", mails.len());
    let second = mails.iter().find(|mail| mail.contains("And it is brass.")).context("the second mail")?;
    ensure!(second.matches("Auto-Submitted").count() == 0, "a person wrote it");
    let noted = shop.noted(conversation).await?;
    ensure!(noted == 2, "both are noted, not {noted}");
    shop.sweeps(60 * MINUTE).await?;
    ensure!(shop.mails("eva@example.com").len() == 2, "nothing is mailed again");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn e_1_what_is_seen_in_between_is_not_mailed_and_who_is_connected_is_looked_at_again() -> Result<()> {
    let mut shop = Shop::opens().await?;
    let (saw, seen) = shop.asks("saw@example.com").await?;
    let (hidden, unseen) = shop.asks("hidden@example.com").await?;
    // In a tab that nobody looks at.
    let line = Line::ready(&hidden, vec![]).await?;
    for conversation in [seen, unseen] {
        shop.answers(conversation, "Yes.").await?;
    }
    let path = format!("/v1/conversations/{seen}/seen");
    let reply = saw.post(&path, json!({"seen": 100, "delivered": 100})).await?;
    ensure!(reply.status < 300, "not seen: {}", reply.raw);
    shop.passes(2 * MINUTE + MOMENT).await;
    ensure!(shop.mails("saw@example.com").is_empty() && shop.noted(seen).await? == 0, "it was seen");
    ensure!(shop.mails("hidden@example.com").is_empty(), "who is connected may be about to look");
    line.close().await?;
    shop.passes(3 * MINUTE).await;
    ensure!(shop.mails("hidden@example.com").len() == 1, "the tab is gone, and nobody has looked");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn e_1_an_address_that_is_learnt_later_is_mailed_what_was_answered_before() -> Result<()> {
    let mut shop = Shop::opens().await?;
    publish(&shop.ana, "form", |form| {
        form["hold_online"] = json!(false);
        form["hold_offline"] = json!(false);
        form["when"] = json!("always");
    })
    .await?;
    let shopper = shop.stack.shopper("demo").await;
    let conversation = begin(&shopper).await?;
    // The form is asked by auto-reply, then the agent answers.
    shop.stack.platform.settled().await;
    shop.answers(conversation, "It is.").await?;
    shop.passes(10 * MINUTE).await;
    ensure!(shop.noted(conversation).await? == 0, "there is no address");
    leave_address(&shopper, conversation, "late@example.com").await?;
    shop.passes(2 * MINUTE + MOMENT).await;
    ensure!(shop.mails("late@example.com").len() == 1, "what was answered before is mailed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_31_an_address_that_never_answered_has_three_mails_a_day_over_all_conversations() -> Result<()> {
    let mut shop = Shop::opens().await?;
    let mut asked = Vec::new();
    for _ in 0..5 {
        let (_, conversation) = shop.asks("victim@example.com").await?;
        shop.answers(conversation, "Yes.").await?;
        asked.push(conversation);
    }
    shop.passes(2 * MINUTE + MOMENT).await;
    shop.sweeps(16 * MINUTE).await?;
    ensure!(shop.mails("victim@example.com").len() == 3, "{} mails", shop.mails("victim@example.com").len());
    shop.sweeps(24 * 60 * MINUTE).await?;
    let mails = shop.mails("victim@example.com");
    ensure!(mails.len() == 5, "what was held back goes a day later: {}", mails.len());
    let subjects: BTreeSet<&str> =
        mails.iter().filter_map(|mail| mail.lines().find(|line| line.starts_with("Subject:"))).collect();
    ensure!(subjects.iter().all(|subject| !subject.contains("dimmable")), "{subjects:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn f_18_killed_at_every_call_each_is_mailed_and_only_what_ses_had_accepted_goes_twice() -> Result<()> {
    let mut shop = Shop::opens().await?;
    // What SES had accepted and nobody had recorded: the one that must go twice.
    let (_, accepted) = shop.asks("accepted@example.com").await?;
    shop.answers(accepted, "Yes.").await?;
    let killed = TableFault::Kill("EmailFallback".into());
    shop.stack.platform.faults().table("SendRawEmail", When::After, &killed, 1);
    shop.passes(2 * MINUTE + MOMENT).await;
    ensure!(shop.stack.platform.faults().pending() == 0, "nothing was sent");
    // Lambda's two retries and the lease, before the others are killed.
    for _ in 0..3 {
        shop.passes(2 * MINUTE).await;
    }
    let mails = shop.mails("accepted@example.com").len();
    ensure!(mails == 2 && shop.noted(accepted).await? == 1, "accepted, and {mails} mails");
    let mut asked = vec![("accepted@example.com".to_owned(), accepted)];
    for call in 1..=24 {
        for when in [When::Before, When::After] {
            shop.stack.platform.faults().kill_rule(KillRule { function: "EmailFallback".into(), call, when });
            let address = format!("s{}@example.com", asked.len());
            let (_, conversation) = shop.asks(&address).await?;
            shop.answers(conversation, "Yes.").await?;
            asked.push((address, conversation));
        }
    }
    shop.passes(2 * MINUTE + MOMENT).await;
    let left = shop.stack.platform.faults().pending();
    shop.stack.platform.faults().clear();
    // Lambda's two retries, and the lease of what was claimed; then the sweep.
    for _ in 0..3 {
        shop.passes(2 * MINUTE).await;
    }
    shop.sweeps(16 * MINUTE).await?;
    let mut twice = 0;
    for (address, conversation) in &asked {
        let mails = shop.mails(address).len();
        ensure!((1..=2).contains(&mails), "{address} has {mails} mails");
        ensure!(
            shop.noted(*conversation).await? == 1,
            "{address}: noted {}",
            shop.noted(*conversation).await?
        );
        twice += mails - 1;
    }
    // Beside that one: killed after SES had answered, and before or at the record of it, if those kills met a call that was sending.
    ensure!((1..=3).contains(&twice), "{twice} went twice");
    eprintln!("{} kills; {twice} mails went twice, none was lost", asked.len() - left);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ses_refuses_is_parked_for_a_person_and_goes_when_it_can() -> Result<()> {
    let mut shop = Shop::opens().await?;
    shop.stack.platform.set_identity_verified("shop.example", false);
    let (_, conversation) = shop.asks("eva@example.com").await?;
    shop.answers(conversation, "Yes.").await?;
    shop.passes(2 * MINUTE + MOMENT).await;
    ensure!(shop.mails("eva@example.com").is_empty(), "it went");
    let parked = shop.stack.messages("ParkedQueue").await?;
    let mine = |body: &&String| body.contains("email-fallback") && body.contains(&conversation.to_string());
    ensure!(parked.iter().filter(mine).count() == 1, "{parked:?}");
    shop.stack.platform.set_identity_verified("shop.example", true);
    shop.passes(15 * MINUTE + MOMENT).await;
    ensure!(shop.mails("eva@example.com").len() == 1, "it goes when SES takes it");
    Ok(())
}

/// The link that ends mails, as a program finds it in a mail's header.
fn unsubscribe_link(shop: &Shop, address: &str) -> Result<String> {
    let mail = shop.mails(address).pop().context("a mail")?.replace("\r\n ", "").replace("\r\n\t", "");
    ensure!(mail.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "not in one click: {mail}");
    let header = mail.lines().find(|line| line.starts_with("List-Unsubscribe:")).context("the header")?;
    let (from, to) = (header.find("/v1/").context("a link")?, header.find('>').context("its end")?);
    Ok(format!("{}{}", shop.stack.url, &header[from..to]))
}

#[tokio::test(flavor = "multi_thread")]
async fn e_2_who_wants_no_more_mails_gets_none_and_who_only_opens_the_link_is_asked() -> Result<()> {
    let mut shop = Shop::opens().await?;
    let (_, conversation) = shop.asks("eva@example.com").await?;
    let (_, another) = shop.asks("Eva@example.com").await?;
    shop.answers(conversation, "Yes.").await?;
    shop.passes(2 * MINUTE + MOMENT).await;
    let link = unsubscribe_link(&shop, "eva@example.com")?;
    let http = reqwest::Client::new();
    // A scanner opens what it finds, in every way that changes nothing.
    for method in [reqwest::Method::GET, reqwest::Method::HEAD, reqwest::Method::OPTIONS] {
        http.request(method, &link).send().await?;
    }
    let page = http.get(&link).send().await?;
    let policy = page.headers()["content-security-policy"].to_str()?.to_owned();
    ensure!(policy.starts_with("default-src 'none'") && page.status() == 200, "{policy}");
    ensure!(page.text().await?.contains("<form method=\"post\">"), "it asks");
    shop.answers(conversation, "Still here?").await?;
    shop.passes(15 * MINUTE + MOMENT).await;
    ensure!(shop.mails("eva@example.com").len() == 2, "opening it has ended nothing");
    // Twice is once.
    for _ in 0..2 {
        let form = "application/x-www-form-urlencoded";
        let done = http.post(&link).header("content-type", form).body("List-Unsubscribe=One-Click");
        let done = done.send().await?;
        ensure!(done.status() == 200 && !done.text().await?.contains("<form"), "not done");
    }
    shop.answers(conversation, "Hello?").await?;
    shop.answers(another, "This one, too.").await?;
    shop.sweeps(30 * MINUTE).await?;
    ensure!(shop.mails("eva@example.com").len() == 2, "mailed all the same");
    let told = shop.entries(conversation).await?.into_iter().filter(|entry| match &entry.body {
        Body::Mail { class, from, .. } => *class == MailClass::Unsubscribed && from == "eva@example.com",
        _ => false,
    });
    ensure!(told.count() == 1, "the agents are told once");
    // Another shop may write to that address.
    ensure!(shop.noted(another).await? == 0, "noted all the same");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_none_is_for_something_else_or_is_over_says_always_the_same() -> Result<()> {
    let mut shop = Shop::opens().await?;
    let (_, conversation) = shop.asks("eva@example.com").await?;
    shop.answers(conversation, "Yes.").await?;
    shop.passes(2 * MINUTE + MOMENT).await;
    let link = unsubscribe_link(&shop, "eva@example.com")?;
    let text = shop.text_of("eva@example.com")?;
    let resume = text.split_once("#mostrador-resume=").context("the way back")?.1;
    let resume: String = resume.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    ensure!(resume.len() > 40, "{resume}");
    let secret = link.rsplit('/').next().context("a secret")?.to_owned();
    let base = shop.stack.url.clone();
    let page = |secret: String, method| {
        let url = format!("{base}/v1/mail/unsubscribe/{secret}");
        async move {
            let answer = reqwest::Client::new().request(method, &url).send().await?;
            anyhow::Ok((answer.status().as_u16(), answer.text().await?))
        }
    };
    let (get, post) = (reqwest::Method::GET, reqwest::Method::POST);
    let unknown = page("mlk_nobodys".into(), get.clone()).await?;
    ensure!(unknown.0 == 404 && unknown.1.contains("<h1"), "{unknown:?}");
    for other in [resume, secret[..secret.len() - 1].to_owned(), format!("{secret}0"), secret.to_uppercase()]
    {
        for method in [&get, &post] {
            ensure!(page(other.clone(), method.clone()).await? == unknown, "{method} {other}");
        }
    }
    ensure!(page(secret.clone(), get.clone()).await?.0 == 200, "it is valid");
    shop.passes(401 * 24 * 60 * MINUTE).await;
    ensure!(page(secret, post).await? == unknown, "it is over");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_32_nobody_writes_a_header_through_a_name_a_subject_or_an_address() -> Result<()> {
    const EVIL: &str = "Eva\r\nBcc: victim@example.com\r\nX-Evil: 1\r\n\r\n<b>body</b>";
    let mut shop = Shop::opens().await?;
    // What a merchant types: refused, or one line.
    let path = "/v1/agent/sites/demo/settings/email".to_owned();
    let stands = shop.ana.get(&path).await?;
    for (field, value) in [
        ("sender_name", EVIL),
        ("sender_address", "a@shop.example\r\nBcc: b@c.example"),
        ("reply_domain", "r.example\r\nX: 1"),
    ] {
        let mut email = stands.body["value"].clone();
        email[field] = json!(value);
        let body = json!({"expected": stands.body["version"], "value": email});
        let reply = shop.ana.request(reqwest::Method::PUT, &path, Some(body)).await?;
        ensure!(reply.status == 422, "{field}: {} {}", reply.status, reply.raw);
    }
    publish(&shop.ana, "form", |form| {
        form["fields"] = json!([
            {"id": "name", "kind": "name", "required": false, "labels": {}},
            {"id": "email", "kind": "email", "required": true, "labels": {}},
        ]);
    })
    .await?;
    let about = json!({"language": EVIL, "time_zone": EVIL, "page": {"url": format!("https://shop.example/{EVIL}"), "title": EVIL}});
    let shopper = Account::shopper_with(&shop.stack.url, "demo", about).await;
    let shopper = match shopper {
        Ok(shopper) => shopper,
        Err(_) => shop.stack.shopper("demo").await,
    };
    let conversation = begin(&shopper).await?;
    let answers = format!("/v1/conversations/{conversation}/answers");
    let answer =
        |field: &str, value: &str| json!({"id": new_id().to_string(), "field": field, "value": value});
    let named = shopper.post(&answers, answer("name", EVIL)).await?;
    if named.status >= 300 {
        let reply = shopper.post(&answers, answer("name", "Eva\u{2028}Bcc: victim@example.com")).await?;
        ensure!(reply.status < 500, "{}", reply.raw);
    }
    for address in [
        "eva@example.com\r\nBcc: victim@example.com",
        "eva@example.com,victim@example.com",
        "<eva@example.com> x",
    ] {
        let reply = shopper.post(&answers, answer("email", address)).await?;
        ensure!(reply.status == 422 || reply.status == 400, "{address:?}: {} {}", reply.status, reply.raw);
    }
    leave_address(&shopper, conversation, "eva@example.com").await?;
    shop.answers(conversation, EVIL).await?;
    shop.passes(2 * MINUTE + MOMENT).await;
    let mails = shop.stack.platform.mails();
    ensure!(mails.len() == 1, "{} mails", mails.len());
    let raw = String::from_utf8_lossy(mails[0].raw()).into_owned();
    let headers = raw.split("\r\n\r\n").next().context("headers")?;
    let names: BTreeSet<String> = headers
        .lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap_or_default().to_lowercase())
        .collect();
    ensure!(!names.contains("bcc") && !names.contains("x-evil"), "{names:?}");
    ensure!(shop.mails("victim@example.com").is_empty(), "a stranger was mailed");
    ensure!(headers.lines().all(|line| !line.contains('\r') && line.len() <= 998), "{headers}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn e_8_an_admin_is_told_what_ses_says_of_the_sender_and_which_records_are_missing() -> Result<()> {
    let shop = Shop::opens().await?;
    let path = "/v1/agent/sites/demo/settings/email/identity";
    let shown = shop.ana.get(path).await?;
    ensure!(shown.status == 200 && shown.body["standing"] == "verified", "{}", shown.raw);
    ensure!(shown.body["domain"] == "shop.example" && shown.body["sandbox"] == false, "{}", shown.raw);
    let records = shown.body["records"].as_array().context("records")?;
    let of = |what: &str| records.iter().filter(|record| record["what_for"] == what).collect::<Vec<_>>();
    ensure!(
        of("dkim").len() == 3 && of("dkim").iter().all(|record| record["found"] == true),
        "{}",
        shown.raw
    );
    ensure!(of("reply")[0]["value"] == "10 inbound-smtp.eu-west-1.amazonaws.com", "{}", shown.raw);
    shop.stack.platform.set_identity_verified("shop.example", false);
    let shown = shop.ana.get(path).await?;
    ensure!(
        shown.body["standing"] == "pending" && shown.body["records"][0]["found"] == false,
        "{}",
        shown.raw
    );
    // Whoever is no admin is not told, nor is another site's.
    let luis = shop.stack.agent("demo", "luis@example.com").await;
    ensure!(luis.get(path).await?.status == 403, "an agent is told");
    let foreign = shop.ana.get("/v1/agent/sites/nobodys/settings/email/identity").await?;
    ensure!(foreign.status == 404, "{}", foreign.raw);
    let shopper = shop.stack.shopper("demo").await;
    ensure!(shopper.get(path).await?.status == 403, "a shopper is told");
    // Where nothing is set up, nothing is asked.
    publish(&shop.ana, "email", |email| {
        email["enabled"] = json!(false);
        email["sender_address"] = json!("");
    })
    .await?;
    ensure!(shop.ana.get(path).await?.body["answer"] == "no_sender", "there is no sender");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn e_8_a_test_mail_goes_to_the_admin_alone_and_says_what_ses_answered() -> Result<()> {
    let shop = Shop::opens().await?;
    let path = "/v1/agent/sites/demo/settings/email/test";
    // Whom a body names does not matter.
    let sent = shop.ana.post(path, json!({"to": "victim@example.com"})).await?;
    ensure!(sent.status == 200 && sent.body["outcome"] == "sent", "{}", sent.raw);
    ensure!(sent.body["to"] == "ana@example.com" && shop.stack.platform.mails().len() == 1, "{}", sent.raw);
    let mail = shop.mails("ana@example.com").pop().context("the mail")?;
    ensure!(mail.contains("hello@shop.example") && mail.contains("Auto-Submitted"), "{mail}");
    shop.stack.platform.set_identity_verified("shop.example", false);
    let refused = shop.ana.post(path, json!({})).await?;
    ensure!(
        refused.body["outcome"] == "refused" && refused.body["code"] == "MessageRejected",
        "{}",
        refused.raw
    );
    shop.stack.platform.set_identity_verified("shop.example", true);
    // Of a domain that is not the deployment's, its role may send nothing.
    publish(&shop.ana, "email", |email| email["sender_address"] = json!("hello@elsewhere.example")).await?;
    let denied = shop.ana.post(path, json!({})).await?;
    ensure!(denied.body["outcome"] == "refused", "{}", denied.raw);
    let luis = shop.stack.agent("demo", "luis@example.com").await;
    ensure!(luis.post(path, json!({})).await?.status == 403, "an agent mails");
    // The window of ten minutes may have turned meanwhile.
    let mut tries = 0;
    while shop.ana.post(path, json!({})).await?.status == 200 {
        tries += 1;
        ensure!(tries < 8, "there is no limit");
    }
    ensure!(tries >= 2, "five are allowed");
    ensure!(shop.stack.platform.mails().len() == 1, "one mail in all");
    Ok(())
}
