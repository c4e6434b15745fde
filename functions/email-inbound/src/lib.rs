//! Called by SES when it has taken a mail in and laid it into the bucket, and by SES's events when a mail of ours came back or was called
//! spam. Reads the mail under `shared/mail`'s limits, finds out what it is (`domain::inbound`), and has it stored by `delivery`.
//!
//! The mail stays in the bucket as it came, whatever happens here. What fails is brought again by Lambda, and every second delivery is
//! harmless. One that has failed [`TRIES`] times is parked with its key, which rings an alarm.

pub mod event;

pub use event::{Event, Receipt};

use delivery::inbound::{Arrived, TakenIn, Trouble};
use delivery::{Engine, Failure};
use domain::SiteId;
use domain::conversation::{Attached, FileKey, MAX_ATTACHED};
use domain::inbound::{Authentication, Content, Kind, Outcome, is_aligned};
use domain::ports::{Environment, FilesError, Originals, Parked, Parking, Push, Store};
use domain::rate::Quota;
use domain::text::{MAX_TEXT_CHARS, MessageText};
use mail::{Flag, Inbound, Limits, ReplyToken, Verdict, Verdicts};
use std::time::Duration;

/// Deliveries of one mail: Lambda makes no more of an asynchronous event.
pub const TRIES: u32 = 3;
const STRIKES: Quota =
    Quota { name: "email-inbound", window: Duration::from_secs(24 * 60 * 60), limit: TRIES - 1 };
/// Where SES lays mails.
pub const PREFIX: &str = "mail/";
/// Bytes of a text as JSON: an entry goes out in one frame, with the files that are listed.
const MAX_JSON: usize = 16 << 10;
const MAX_NAME: usize = 60;

/// The function.
#[derive(Debug)]
pub struct EmailInbound<E, B, Q> {
    pub engine: E,
    pub bucket: B,
    pub parking: Q,
    /// The site that takes mail which nothing places.
    pub strangers: Option<SiteId>,
}

/// It is to be brought again.
#[derive(Debug)]
pub enum Failed {
    Store(Failure),
    Files(FilesError),
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self::Store(failure)
    }
}

impl From<FilesError> for Failed {
    fn from(error: FilesError) -> Self {
        Self::Files(error)
    }
}

impl<S: Store, P: Push, E: Environment, B: Originals, Q: Parking> EmailInbound<Engine<S, P, E>, B, Q> {
    /// Looks at everything that the event tells. An error: it is to come again.
    pub async fn handle(&self, events: Vec<Event>) -> Result<(), Failed> {
        let mut failed = None;
        for event in events {
            let (id, outcome) = match event {
                Event::Mail(receipt) => {
                    let outcome = self.mail(&receipt).await.map(|taken| {
                        tracing::info!(mail = receipt.ses_id, ?taken, "a mail was taken in");
                    });
                    (receipt.ses_id, outcome)
                }
                Event::Trouble(troubles) => (String::new(), self.troubles(&troubles).await),
                Event::Other => {
                    tracing::warn!("an event that is none of ours");
                    continue;
                }
            };
            if let Err(failure) = outcome
                && !self.parked(&id, &failure).await
            {
                failed = Some(failure);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn troubles(&self, troubles: &[Trouble]) -> Result<(), Failed> {
        for trouble in troubles {
            let told = self.engine.mail_trouble(trouble).await?;
            tracing::info!(class = ?trouble.class, permanent = trouble.permanent, conversation = ?told.map(|id| id.to_string()), "a mail was not wanted or did not arrive");
        }
        Ok(())
    }

    async fn mail(&self, receipt: &Receipt) -> Result<Option<TakenIn>, Failed> {
        let key = format!("{PREFIX}{}", receipt.ses_id);
        let Some(raw) = self.bucket.original(&key, Limits::default().bytes).await? else {
            // SES writes before it calls; what is gone has expired.
            tracing::error!(key, "there is no such mail");
            return Ok(None);
        };
        let mail = mail::read(&raw, receipt.verdicts);
        let arrived = arrived(&mail, receipt, key);
        let placed = self.engine.place(&arrived, self.strangers.as_ref()).await?;
        let attachments = match placed.outcome {
            Outcome::Drop(_) => Vec::new(),
            _ => self.keep(&raw, &mail).await?,
        };
        Ok(Some(self.engine.take_in(&arrived, &placed, attachments).await?))
    }

    /// Keeps what came with a mail. Under fresh keys each time: what a try that failed has left goes with the bucket's expiry.
    async fn keep(&self, raw: &[u8], mail: &Inbound) -> Result<Vec<Attached>, Failed> {
        let mut kept = Vec::new();
        for attachment in listed(mail) {
            let file = Attached {
                key: FileKey(self.engine.env.random()),
                name: attachment.name.as_str().chars().take(MAX_NAME).collect(),
                kind: attachment.sniffed.to_owned(),
                bytes: attachment.bytes,
                dangerous: attachment.dangerous,
            };
            self.bucket.keep(&file, mail::attachment_bytes(raw, attachment)).await?;
            kept.push(file);
        }
        Ok(kept)
    }

    /// Whether a mail that failed has had its tries and is laid aside.
    async fn parked(&self, ses_id: &str, failure: &Failed) -> bool {
        let Engine { store, env, .. } = &self.engine;
        tracing::warn!(mail = ses_id, ?failure, "failed; it comes again");
        if ses_id.is_empty() || !matches!(store.count(STRIKES, ses_id, env.now()).await, Ok(Err(_))) {
            return false;
        }
        let parked = Parked {
            by: "email-inbound",
            keys: format!("{PREFIX}{ses_id}"),
            reason: match failure {
                Failed::Store(failure) => failure.message(),
                Failed::Files(error) => error.to_string(),
            },
        };
        self.parking.park(&parked).await.is_ok()
    }
}

/// The files of a mail that are listed: those that somebody attached before the pictures of signatures.
fn listed(mail: &Inbound) -> impl Iterator<Item = &mail::Attachment> {
    let attached = mail.attachments.iter().filter(|file| !file.inline);
    attached.chain(mail.attachments.iter().filter(|file| file.inline)).take(MAX_ATTACHED)
}

fn arrived(mail: &Inbound, receipt: &Receipt, original: String) -> Arrived {
    let from = mail.author().map(|address| address.as_str().to_lowercase());
    let mut flags: Vec<String> = mail.flags.iter().map(|flag| snake(&format!("{flag:?}"))).collect();
    if mail.attachments.len() > MAX_ATTACHED {
        flags.push("more_attachments".into());
    }
    let not_taken_apart = [Flag::TooLarge, Flag::TooManyParts, Flag::TooDeep].iter().any(|f| mail.has(*f));
    let said = match mail.new_text.trim() {
        // Only files: their names stand for what was said.
        "" => listed(mail).map(|file| file.name.as_str()).collect::<Vec<_>>().join("\n"),
        text => text.to_owned(),
    };
    let (text, cut) = fitting(&said);
    if cut && !mail.has(Flag::TextCut) {
        flags.push("text_cut".into());
    }
    let content = match (not_taken_apart, MessageText::parse(&text)) {
        (true, _) => Content::NotTakenApart,
        (false, Ok(_)) => Content::Something,
        (false, Err(_)) => Content::NothingNew,
    };
    let ours = receipt.recipients.iter();
    Arrived {
        ses_id: receipt.ses_id.clone(),
        message_id: mail.message_id.clone(),
        original,
        tokens: ours
            .clone()
            .filter_map(|to| ReplyToken::parse(to.local()))
            .map(|token| token.hash().0)
            .collect(),
        recipients: ours.map(|to| (to.local().to_lowercase(), to.domain().to_lowercase())).collect(),
        claims: claims(mail),
        kind: kind(mail),
        authentication: authentication(receipt.verdicts, from.as_deref(), receipt),
        from,
        spam: receipt.verdicts.spam == Verdict::Fail,
        virus: receipt.verdicts.virus == Verdict::Fail,
        content,
        text,
        flags,
    }
}

/// Whom it says to be from, as agents are shown it.
fn claims(mail: &Inbound) -> String {
    let shown = |person: &mail::Person| match &person.address {
        Some(address) => address.as_str().to_lowercase(),
        None => person.name.as_str().to_owned(),
    };
    let all: Vec<String> = mail.from.iter().take(3).map(shown).collect();
    all.join(", ").chars().take(254).collect()
}

/// A mail that bears a deployment's mark is a program's to us, whichever deployment's: two that write to each other would never end.
const fn kind(mail: &Inbound) -> Kind {
    match mail.kind {
        mail::Kind::Loop => Kind::Loop,
        mail::Kind::Bounce(_) => Kind::Bounce,
        mail::Kind::Complaint(_) => Kind::Complaint,
        mail::Kind::AutoResponder => Kind::AutoResponder,
        mail::Kind::Person => Kind::Person,
    }
}

fn authentication(verdicts: Verdicts, from: Option<&str>, receipt: &Receipt) -> Authentication {
    let domain = |address: &str| address.rsplit_once('@').map_or(String::new(), |(_, d)| d.to_owned());
    let envelope = receipt.envelope_from.as_ref().map(|from| domain(from.as_str()));
    let aligned = from.zip(envelope).is_some_and(|(from, envelope)| is_aligned(&envelope, &domain(from)));
    match verdicts.dmarc {
        Verdict::Pass => Authentication::Dmarc,
        Verdict::Fail => Authentication::FailedDmarc,
        // The domain publishes none. What could not be looked up speaks for nothing.
        Verdict::Gray if verdicts.spf == Verdict::Pass && aligned => Authentication::AlignedSpf,
        _ => Authentication::Nothing,
    }
}

/// As much of a text as a message may have, and whether that is less than there was.
fn fitting(text: &str) -> (String, bool) {
    let (mut room, mut end, mut chars) = (MAX_JSON, 0, 0);
    for (at, c) in text.char_indices() {
        let escaped = match c {
            '"' | '\\' | '\n' | '\r' | '\t' => 2,
            c if c.is_control() => 6,
            c => c.len_utf8(),
        };
        if escaped > room || chars == MAX_TEXT_CHARS {
            return (text[..end].to_owned(), true);
        }
        (room, end, chars) = (room - escaped, at + c.len_utf8(), chars + 1);
    }
    (text.to_owned(), false)
}

/// `TextCut` as `text_cut`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_so_that_it_fits_a_frame() {
        assert_eq!(fitting("hola"), ("hola".into(), false));
        for text in ["\n".repeat(20_000), "ñ".repeat(20_000), "😀".repeat(20_000), "a".repeat(20_000)] {
            let (cut, is_cut) = fitting(&text);
            assert!(is_cut && cut.chars().count() <= MAX_TEXT_CHARS);
            assert!(serde_json::to_string(&cut).unwrap().len() <= MAX_JSON + 2);
            assert!(text.starts_with(&cut) && cut.len() > 8_000);
        }
    }

    #[test]
    fn flags_are_named_as_the_wire_names_things() {
        assert_eq!(snake(&format!("{:?}", Flag::TextCut)), "text_cut");
    }
}
