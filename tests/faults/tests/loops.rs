//! Two deployments that are wired to each other's mailboxes, with auto-responders in between: whatever they make of a mail, the exchange
//! ends by itself.

use anyhow::{Context, Result, ensure};
use domain::ConversationId;
use faults::letters;
use faults::line::new_id;
use faults::people::Account;
use faults::stack::Stack;
use platform::{Auto, Inbound, Mail, Order, Verdicts};
use serde_json::json;
use std::collections::BTreeSet;

const MINUTE: i64 = 60_000;
/// Mails that the exchange may take, of both deployments together.
const MOST: u64 = 5;

/// What stands between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    /// Nobody: each gets the other's mails as they were sent.
    Nobody,
    /// An absence note as RFC 3834 wants it, for each mail.
    Standard,
    /// An absence note as older programs write it.
    Old,
    /// A program that answers as a person would, without a word in the header.
    Disguised,
    /// A server that hands on the text alone, in its own name: no mark of ours, no header, arrives.
    Forgetful,
}

/// A shop that speaks for itself, mails, and takes strangers' mail.
struct Deployment {
    stack: Stack,
    name: &'static str,
    ana: Account,
    /// What has been carried on already.
    carried: BTreeSet<u64>,
}

impl Deployment {
    async fn starts(name: &'static str) -> Result<Self> {
        let stack = Stack::speaking(|options| {
            options.parameters.insert("MailDomain".into(), format!("{name}.example"));
            options.parameters.insert("ReplyDomain".into(), format!("reply.{name}.example"));
        })
        .await;
        let ana = stack.agent("demo", "ana@example.com").await;
        let fields = json!([{"id": "email", "kind": "email", "required": true, "labels": {}}]);
        let form = json!({"when": "always", "hold_online": true, "hold_offline": true, "fields": fields});
        letters::publish(&ana, "form", form).await?;
        // The worst case: whoever answers the sender reaches the shop as well.
        let email = json!({"enabled": true, "sender_address": format!("demo@reply.{name}.example"), "reply_domain": format!("reply.{name}.example")});
        letters::publish(&ana, "email", email).await?;
        Ok(Self { stack, name, ana, carried: BTreeSet::new() })
    }

    fn takes(&self, address: &str) -> bool {
        address.ends_with(&format!("@reply.{}.example", self.name))
    }

    /// Mails that nobody has carried on yet, the oldest first.
    fn fresh(&mut self) -> Vec<Mail> {
        let mut mails = self.stack.platform.mails();
        mails.reverse();
        mails.retain(|mail| !mail.outgoing && self.carried.insert(mail.id));
        mails
    }

    fn sent(&self) -> u64 {
        self.stack.platform.metrics().mails_sent
    }

    async fn passes(&self, ahead: i64) {
        self.stack.platform.move_clock(ahead);
        self.stack.platform.settled().await;
    }

    async fn conversations(&self) -> Result<Vec<ConversationId>> {
        let ana = self.ana.renewed().await?;
        let list = ana.get("/v1/agent/sites/demo/conversations?list=all").await?;
        let rows = list.body["rows"].as_array().context(list.raw.clone())?;
        Ok(rows.iter().filter_map(|row| row["conversation_id"].as_str()?.parse().ok()).collect())
    }
}

/// Hands one mail on, as what stands in between makes of it. How many mails that was.
async fn carry(mail: &Mail, from: &Deployment, to: &Deployment, between: Between) -> Result<usize> {
    let mut carried = 0;
    if to.takes(&mail.mailbox) {
        let raw = match between {
            Between::Forgetful => forgotten(mail),
            _ => mail.raw().to_vec(),
        };
        let sender = mail.from.rsplit_once('<').map_or(mail.from.as_str(), |(_, rest)| rest);
        let inbound = Inbound {
            from: sender.trim_end_matches('>').to_owned(),
            to: vec![mail.mailbox.clone()],
            raw,
            verdicts: Verdicts::default(),
            author: None,
        };
        to.stack.platform.receive_mail(inbound);
        carried += 1;
    }
    let automatic = match between {
        Between::Nobody | Between::Forgetful => return Ok(carried),
        Between::Standard => Some(Auto::Standard),
        Between::Old => Some(Auto::Old),
        Between::Disguised => None,
    };
    let text = "I am not in the office, and read this when I am back.".to_owned();
    let order = Order { answers: Some(mail.id), text, automatic, ..Order::default() };
    from.stack.platform.write_mail(&order).map_err(anyhow::Error::msg)?;
    Ok(carried + 1)
}

fn forgotten(mail: &Mail) -> Vec<u8> {
    format!(
        "From: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}@forgetful.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
        mail.from, mail.mailbox, mail.subject, mail.id, mail.preview
    )
    .into_bytes()
}

async fn exchange(between: Between) -> Result<(u64, usize)> {
    let (mut one, mut two) = tokio::try_join!(Deployment::starts("one"), Deployment::starts("two"))?;
    // A shopper of the first says that the second's address is theirs. The second's agent has a shopper at the first's address as well.
    for (here, address) in [(&one, "demo@reply.two.example"), (&two, "demo@reply.one.example")] {
        let shopper = here.stack.shopper("demo").await;
        let conversation = letters::begin(&shopper, "Is it dimmable?").await?;
        here.stack.platform.settled().await;
        let answer = json!({"id": new_id().to_string(), "field": "email", "value": address});
        let reply = shopper.post(&format!("/v1/conversations/{conversation}/answers"), answer).await?;
        ensure!(reply.status < 300, "no address: {} {}", reply.status, reply.raw);
        here.stack.platform.settled().await;
        letters::say(&here.ana, conversation, "It is.").await?;
        here.stack.platform.settled().await;
    }
    let (mut ahead, mut quiet, mut carried) = (0, 0, 0);
    // A day and a half, in steps between which everything is carried on until nothing moves.
    while quiet < 12 {
        ahead += if quiet < 6 { 5 * MINUTE } else { 6 * 60 * MINUTE };
        one.passes(ahead).await;
        two.passes(ahead).await;
        let mut moved = 0;
        loop {
            let (of_one, of_two) = (one.fresh(), two.fresh());
            if of_one.is_empty() && of_two.is_empty() {
                break;
            }
            for mail in &of_one {
                moved += carry(mail, &one, &two, between).await?;
            }
            for mail in &of_two {
                moved += carry(mail, &two, &one, between).await?;
            }
            one.stack.platform.settled().await;
            two.stack.platform.settled().await;
            ensure!(one.sent() + two.sent() <= 40, "{between:?}: it does not end");
        }
        carried += moved;
        quiet = if moved == 0 { quiet + 1 } else { 0 };
    }
    let begun = one.conversations().await?.len() + two.conversations().await?.len();
    let denied = [one.stack.platform.metrics().denied, two.stack.platform.metrics().denied].concat();
    ensure!(denied.is_empty(), "{denied:?}");
    ensure!(carried > 0, "nothing was carried on: the test is wired to nothing");
    Ok((one.sent() + two.sent(), begun))
}

macro_rules! ends {
    ($($name:ident: $between:ident),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() -> Result<()> {
            let (sent, conversations) = exchange(Between::$between).await?;
            eprintln!("{:?}: {sent} mails, {conversations} conversations", Between::$between);
            ensure!((2..=MOST).contains(&sent), "{sent} mails");
            Ok(())
        }
    )*};
}

ends! {
    f_17_two_deployments_that_mail_each_other_end_by_themselves: Nobody,
    f_17_with_an_auto_responder_in_between_they_end_by_themselves: Standard,
    f_17_with_an_old_auto_responder_in_between_they_end_by_themselves: Old,
    f_17_with_an_auto_responder_that_looks_like_a_person_they_end_by_themselves: Disguised,
    f_17_with_a_server_that_drops_every_mark_they_end_by_themselves: Forgetful,
}
