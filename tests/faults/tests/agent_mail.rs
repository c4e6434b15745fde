//! What agents are told by mail, and transcripts, with the deployed binaries: nobody is forgotten, nobody is told twice, whatever fails.

use anyhow::{Context, Result, bail, ensure};
use domain::ConversationId;
use faults::letters;
use faults::line::new_id;
use faults::people::{Account, Reply};
use faults::stack::Stack;
use platform::faults::{KillRule, When};
use platform::{Mail, Order, Verdicts};
use protocol::server::{Author, Body, MailClass};
use reqwest::Method;
use serde_json::{Value, json};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const ANA: &str = "ana@example.com";
const LUIS: &str = "luis@example.com";
const CHOICE: &str = "/v1/agent/sites/demo/notifications";

/// A shop that mails, with its clock, and nobody at a dashboard.
struct Shop {
    stack: Stack,
    ana: Account,
    ahead: i64,
}

impl Shop {
    async fn opens() -> Result<Self> {
        let stack = Stack::start().await;
        let ana = stack.agent("demo", ANA).await;
        let email = json!({"enabled": true, "sender_address": "hello@shop.example", "reply_domain": "reply.shop.example"});
        letters::publish(&ana, "email", email).await?;
        // As the dashboard does first of all: from then on she can be told.
        ensure!(ana.get("/v1/agent/me").await?.status == 200);
        Ok(Self { stack, ana, ahead: 0 })
    }

    async fn passes(&mut self, millis: i64) {
        self.stack.platform.settled().await;
        self.ahead += millis;
        self.stack.platform.move_clock(self.ahead);
        self.stack.platform.settled().await;
    }

    /// Somebody asks something.
    async fn asks(&self, text: &str) -> Result<(Account, ConversationId)> {
        let shopper = self.stack.shopper("demo").await;
        let conversation = letters::begin(&shopper, text).await?;
        Ok((shopper, conversation))
    }

    /// What came, the latest first.
    fn mails(&self, address: &str) -> Vec<Mail> {
        self.stack.platform.mailbox(address).into_iter().filter(|mail| !mail.outgoing).collect()
    }

    /// How many of them speak of it.
    fn told(&self, address: &str, text: &str) -> usize {
        self.mails(address).iter().filter(|mail| said(mail).contains(text)).count()
    }

    async fn in_order(&self) -> Result<()> {
        let denied = self.stack.platform.metrics().denied;
        ensure!(denied.is_empty(), "{denied:?}");
        let parked = self.stack.messages("ParkedQueue").await?;
        ensure!(parked.is_empty(), "{parked:?}");
        Ok(())
    }
}

/// The new text of a mail of ours.
fn said(mail: &Mail) -> String {
    String::from_utf8_lossy(mail.raw()).replace("=\r\n", "")
}

fn problems(reply: &Reply) -> Vec<String> {
    let problems = reply.body["error"]["problems"].as_array().cloned().unwrap_or_default();
    problems.iter().filter_map(|problem| problem["path"].as_str().map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn e_3_a_missed_chat_is_mailed_once_and_answered_from_the_mailbox_while_one_is_a_member() -> Result<()>
{
    let mut shop = Shop::opens().await?;
    let luis = shop.stack.agent("demo", LUIS).await;
    let me = luis.get("/v1/agent/me").await?;
    let luis_id = me.body["agent_id"].as_str().context("an id")?.to_owned();
    let (shopper, conversation) = shop.asks("Is it dimmable?").await?;
    shop.passes(20 * SECOND).await;
    ensure!(shop.mails(ANA).is_empty(), "before anybody could answer");
    shop.passes(20 * SECOND).await;
    let (anas, luises) = (shop.mails(ANA), shop.mails(LUIS));
    let ([to_ana], [to_luis]) = (&anas[..], &luises[..]) else { bail!("{anas:?} {luises:?}") };
    ensure!(said(to_ana).contains("Is it dimmable?"), "{}", said(to_ana));
    ensure!(said(to_ana).contains(&format!("/dashboard/demo/queue/{conversation}")), "{}", said(to_ana));
    ensure!(said(to_ana).contains("Auto-Submitted: auto-generated"));

    // From her own mailbox, above what she was sent.
    let order = Order { answers: Some(to_ana.id), text: "It is dimmable.".into(), ..Order::default() };
    shop.stack.platform.write_mail(&order).map_err(anyhow::Error::msg)?;
    shop.stack.platform.settled().await;
    let entries = letters::entries(&shopper, conversation).await?;
    let last = entries.last().context("an entry")?;
    ensure!(
        matches!((&last.author, &last.body), (Author::Agent { .. }, Body::Message { text }) if text == "It is dimmable."),
        "{last:?}"
    );

    // A token is its agent's for as long as they are one.
    let path = format!("/v1/agent/sites/demo/agents/{luis_id}");
    ensure!(shop.ana.request(Method::DELETE, &path, None).await?.status == 204);
    let order = Order { answers: Some(to_luis.id), text: "It is not.".into(), ..Order::default() };
    shop.stack.platform.write_mail(&order).map_err(anyhow::Error::msg)?;
    // Two that come at once come in either order.
    shop.stack.platform.settled().await;
    // Nor anybody's who only says to be her.
    let order = Order {
        answers: Some(to_ana.id),
        text: "Who am I?".into(),
        verdicts: Verdicts::forged(),
        ..Order::default()
    };
    shop.stack.platform.write_mail(&order).map_err(anyhow::Error::msg)?;
    shop.stack.platform.settled().await;
    let reviews: Vec<String> = letters::entries(&shop.ana, conversation)
        .await?
        .into_iter()
        .filter_map(|entry| match entry.body {
            Body::Mail { class: MailClass::Review, review, .. } => review,
            _ => None,
        })
        .collect();
    ensure!(reviews == ["no_agent", "failed_dmarc"], "{reviews:?}");
    let shown = letters::entries(&shopper, conversation).await?;
    ensure!(shown.len() == entries.len(), "a shopper sees what is to be looked at");

    // What comes next is hers, and told to her alone, once.
    letters::say(&shopper, conversation, "Then I take two.").await?;
    shop.passes(16 * MINUTE).await;
    ensure!(shop.told(ANA, "Then I take two.") == 1 && shop.mails(LUIS).len() == 1);
    shop.passes(60 * MINUTE).await;
    ensure!(shop.mails(ANA).len() == 2, "{:?}", shop.mails(ANA));
    shop.in_order().await
}

#[tokio::test(flavor = "multi_thread")]
async fn f_18_killed_at_every_call_an_agent_is_told_of_everything_and_rarely_twice() -> Result<()> {
    let (before, after) =
        tokio::try_join!(killed_at_every_call(When::Before), killed_at_every_call(When::After))?;
    let (killed, twice) = (before.0 + after.0, before.1 + after.1);
    // Looking, the tray, the address, composing, SES, what is recorded, the deadline.
    ensure!(killed >= 24, "only {killed} calls");
    ensure!((1..=6).contains(&twice), "{twice} of {killed} went twice");
    eprintln!("killed before and after each call, {killed} times: {twice} mails to an agent went twice");
    Ok(())
}

/// How often it was killed, and how many mails went twice.
async fn killed_at_every_call(when: When) -> Result<(usize, usize)> {
    let mut shop = Shop::opens().await?;
    let failures = |shop: &Shop| {
        shop.stack.platform.metrics().functions.get("EmailFallback").map_or(0, |function| function.errors)
    };
    let mut all = Vec::new();
    for call in 1.. {
        let text = format!("Killed {when:?} call {call}.");
        let before = failures(&shop);
        shop.stack.platform.faults().kill_rule(KillRule { function: "EmailFallback".into(), call, when });
        let (shopper, conversation) = shop.asks(&text).await?;
        shop.passes(40 * SECOND).await;
        // Lambda brings it again; the lease is over; the deadline stands.
        for _ in 0..3 {
            shop.passes(5 * MINUTE).await;
        }
        let told = shop.told(ANA, &text);
        ensure!((1..=2).contains(&told), "killed {when:?} call {call}: told {told} times");
        let close = json!({"id": new_id().to_string()});
        shopper.post(&format!("/v1/conversations/{conversation}/close"), close).await?;
        shop.stack.platform.faults().clear();
        all.push((text, told));
        if failures(&shop) == before {
            break;
        }
    }
    shop.passes(60 * MINUTE).await;
    for (text, told) in &all {
        ensure!(shop.told(ANA, text) == *told, "{text} told again");
    }
    let denied = shop.stack.platform.metrics().denied;
    ensure!(denied.is_empty(), "{denied:?}");
    Ok((all.len() - 1, all.iter().map(|(_, told)| told - 1).sum()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_5_what_an_agent_chooses_is_kept_and_a_digest_is_one_mail() -> Result<()> {
    let mut shop = Shop::opens().await?;
    let stands = shop.ana.get(CHOICE).await?;
    ensure!(
        stands.body == json!({"address": ANA, "choice": {"when": "at_once", "new": false, "missed": true}}),
        "{}",
        stands.raw
    );
    let put = async |shop: &Shop, choice: Value| shop.ana.request(Method::PUT, CHOICE, Some(choice)).await;
    for (choice, wrong) in [
        (json!({"when": "every", "new": true, "missed": true}), vec!["hours"]),
        (json!({"when": "every", "hours": 13, "new": true, "missed": true}), vec!["hours"]),
        (json!({"when": "daily", "new": true, "missed": true}), vec!["daily_at"]),
        (json!({"when": "daily", "daily_at": "24:00", "new": true, "missed": true}), vec!["daily_at"]),
        (
            json!({"when": "at_once", "new": true, "missed": true, "quiet": {"from": "1", "until": "08:00", "zone": "Mars/Olympus"}}),
            vec!["quiet.from", "quiet.zone"],
        ),
        (
            json!({"when": "at_once", "new": true, "missed": true, "quiet": {"from": "08:00", "until": "08:00", "zone": "Europe/Madrid"}}),
            vec!["quiet.until"],
        ),
    ] {
        let refused = put(&shop, choice.clone()).await?;
        ensure!(refused.status == 422 && problems(&refused) == wrong, "{choice}: {}", refused.raw);
    }
    ensure!(
        put(&shop, json!({"when": "at_once", "new": true, "missed": true, "agent": "x"})).await?.status
            == 400
    );
    ensure!(shop.ana.get(CHOICE).await?.body == stands.body, "what was refused changed something");
    // Another site's, and a shopper, are told nothing.
    let other = shop.ana.get("/v1/agent/sites/nowhere/notifications").await?;
    ensure!(other.status == 404, "{}", other.raw);
    let shopper = shop.stack.shopper("demo").await;
    ensure!(shopper.get(CHOICE).await?.status == 403);

    // In three quarters of an hour, in the shop's zone: further than the queue holds, so that the sweep has to find it.
    let (first, conversation) = shop.asks("Is it dimmable?").await?;
    let now = letters::entries(&first, conversation).await?.first().context("an entry")?.at;
    let then = domain::Timestamp(now + 45 * MINUTE as u64);
    let then = domain::office_hours::Zone::named("Europe/Madrid").context("a zone")?.local(then);
    let daily_at = format!("{:02}:{:02}", then.hour(), then.minute());
    let daily = json!({"when": "daily", "daily_at": daily_at, "new": false, "missed": true});
    ensure!(put(&shop, daily).await?.status == 200);
    shop.asks("Does it ship to Lima?").await?;
    shop.asks("Can I return it?").await?;
    // In steps in which a sweep falls.
    for _ in 0..2 {
        shop.passes(16 * MINUTE).await;
    }
    ensure!(shop.mails(ANA).is_empty(), "before its time");
    shop.passes(16 * MINUTE).await;
    let mails = shop.mails(ANA);
    let [digest] = &mails[..] else { bail!("{mails:?}") };
    for text in ["Is it dimmable?", "Does it ship to Lima?", "Can I return it?"] {
        ensure!(said(digest).contains(text), "{text}: {}", said(digest));
    }
    let never = json!({"when": "never", "new": true, "missed": true});
    ensure!(put(&shop, never).await?.status == 200);
    shop.asks("Is anybody there?").await?;
    shop.passes(60 * MINUTE).await;
    ensure!(shop.mails(ANA).len() == 1);
    shop.in_order().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_31_a_transcript_goes_where_it_may_once_and_only_of_what_a_person_has_answered() -> Result<()> {
    let mut shop = Shop::opens().await?;
    let (shopper, conversation) = shop.asks("Is it dimmable?").await?;
    let of_shopper = format!("/v1/conversations/{conversation}/transcript");
    let of_agent = format!("/v1/agent/conversations/{conversation}/transcript");
    let typed = |address: &str| json!({"id": new_id().to_string(), "email": address});
    // Nobody mails their own words to a stranger through us.
    let early = shopper.post(&of_shopper, typed("victim@elsewhere.example")).await?;
    ensure!(early.status == 403, "{}", early.raw);
    letters::say(&shop.ana, conversation, "It is dimmable.").await?;
    let none = shopper.post(&of_shopper, json!({"id": new_id().to_string()})).await?;
    ensure!(none.status == 422 && problems(&none) == ["email"], "{}", none.raw);
    for wrong in ["eva", "a@b@c.example", "eva@x.example\r\nBcc: other@x.example"] {
        let refused = shopper.post(&of_shopper, typed(wrong)).await?;
        ensure!(refused.status == 422, "{wrong:?}: {}", refused.raw);
    }
    let asked = typed("eva@shopper.example");
    for _ in 0..3 {
        let answer = shopper.post(&of_shopper, asked.clone()).await?;
        ensure!(answer.status == 202, "{}", answer.raw);
    }
    shop.passes(5 * SECOND).await;
    let mails = shop.mails("eva@shopper.example");
    let [mail] = &mails[..] else { bail!("{mails:?}") };
    let text = said(mail);
    ensure!(text.contains("Is it dimmable?") && text.contains("It is dimmable."), "{text}");
    // Who typed it may have typed somebody else's address.
    ensure!(!text.contains("mostrador-resume") && !text.to_lowercase().contains("reply-to:"), "{text}");
    let again = shopper.post(&of_shopper, asked).await?;
    ensure!(again.status == 202, "{}", again.raw);
    shop.passes(MINUTE).await;
    ensure!(shop.mails("eva@shopper.example").len() == 1);
    ensure!(shop.mails("victim@elsewhere.example").is_empty());

    // An agent: to the shopper only where the shopper has said where; to themselves; another's site does not exist.
    let unknown = json!({"id": new_id().to_string(), "to": "shopper"});
    ensure!(shop.ana.post(&of_agent, unknown).await?.status == 422);
    let mine = json!({"id": new_id().to_string(), "to": "me"});
    ensure!(shop.ana.post(&of_agent, mine.clone()).await?.status == 202);
    ensure!(shopper.post(&of_agent, mine.clone()).await?.status == 403);
    let stranger = shop.stack.shopper("demo").await;
    ensure!(stranger.post(&of_shopper, typed("eva@shopper.example")).await?.status == 404);
    shop.passes(5 * SECOND).await;
    ensure!(shop.told(ANA, "It is dimmable.") == 1, "{:?}", shop.mails(ANA));

    // Three a day to an address that never answered; what is beyond waits.
    for _ in 0..4 {
        ensure!(shopper.post(&of_shopper, typed("eva@shopper.example")).await?.status == 202);
        shop.passes(MINUTE).await;
    }
    ensure!(shop.mails("eva@shopper.example").len() == 3, "{:?}", shop.mails("eva@shopper.example"));
    shop.in_order().await
}

#[tokio::test(flavor = "multi_thread")]
async fn e_3_at_the_close_whoever_has_an_address_gets_the_thread_if_the_merchant_wants() -> Result<()> {
    let mut shop = Shop::opens().await?;
    let fields = json!([{"id": "email", "kind": "email", "required": true, "labels": {}}]);
    let form = json!({"when": "always", "hold_online": true, "hold_offline": true, "fields": fields});
    letters::publish(&shop.ana, "form", form).await?;
    for (wanted, address) in [(false, "eva@shopper.example"), (true, "zoe@shopper.example")] {
        letters::publish(&shop.ana, "email", json!({"transcript_at_close": wanted})).await?;
        let (shopper, conversation) = shop.asks("Is it dimmable?").await?;
        let answer = json!({"id": new_id().to_string(), "field": "email", "value": address});
        let reply = shopper.post(&format!("/v1/conversations/{conversation}/answers"), answer).await?;
        ensure!(reply.status < 300, "no address: {} {}", reply.status, reply.raw);
        letters::say(&shop.ana, conversation, "It is dimmable.").await?;
        let all = letters::entries(&shopper, conversation).await?.len();
        let seen = json!({"seen": all, "delivered": all});
        shopper.post(&format!("/v1/conversations/{conversation}/seen"), seen).await?;
        let close = json!({"id": new_id().to_string()});
        for _ in 0..2 {
            let closed =
                shop.ana.post(&format!("/v1/conversations/{conversation}/close"), close.clone()).await?;
            ensure!(closed.status == 200, "{}", closed.raw);
        }
        shop.passes(10 * MINUTE).await;
        let mails = shop.mails(address);
        ensure!(mails.len() == usize::from(wanted), "{wanted}: {mails:?}");
        ensure!(mails.iter().all(|mail| said(mail).contains("It is dimmable.")));
    }
    shop.in_order().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_5_what_comes_in_quiet_hours_is_one_mail_at_their_end() -> Result<()> {
    let mut shop = Shop::opens().await?;
    let (first, conversation) = shop.asks("What time is it?").await?;
    let now = letters::entries(&first, conversation).await?.first().context("an entry")?.at;
    letters::say(&shop.ana, conversation, "Late.").await?;
    let zone = domain::office_hours::Zone::named("America/Lima").context("a zone")?;
    let shown = |at: u64| format!("{:02}:00", zone.local(domain::Timestamp(at)).hour());
    let quiet =
        json!({"from": shown(now), "until": shown(now + 180 * MINUTE as u64), "zone": "America/Lima"});
    let choice = json!({"when": "at_once", "new": false, "missed": true, "quiet": quiet});
    ensure!(shop.ana.request(Method::PUT, CHOICE, Some(choice)).await?.status == 200);
    let asked = ["Is anybody there tonight?", "Do you ship to Cusco?"];
    for text in asked {
        shop.asks(text).await?;
    }
    shop.passes(30 * MINUTE).await;
    ensure!(shop.mails(ANA).is_empty(), "told in quiet hours");
    shop.passes(180 * MINUTE).await;
    let mails = shop.mails(ANA);
    let [digest] = &mails[..] else { bail!("{mails:?}") };
    for text in asked {
        ensure!(said(digest).contains(text), "{text}: {}", said(digest));
    }
    shop.in_order().await
}
