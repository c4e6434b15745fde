//! What the function is told: a mail that SES has taken in, or what became of one that was sent. Read from JSON in one place;
//! anything else is [`Event::Other`].

use delivery::inbound::Trouble;
use domain::conversation::MailClass;
use mail::{MailAddress, Verdict, Verdicts};
use serde_json::Value;

#[derive(Debug, Clone)]
pub enum Event {
    Mail(Receipt),
    /// One of each recipient.
    Trouble(Vec<Trouble>),
    Other,
}

/// What SES says of a mail that it took in.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub ses_id: String,
    /// Of the envelope, by the receipt rule: whose mail it is for us.
    pub recipients: Vec<MailAddress>,
    /// The envelope's sender; `None`: the null sender of programs.
    pub envelope_from: Option<MailAddress>,
    pub verdicts: Verdicts,
}

#[must_use]
pub fn read(event: &Value) -> Vec<Event> {
    let records = event["Records"].as_array();
    records.into_iter().flatten().map(record).collect()
}

fn record(record: &Value) -> Event {
    if let Some(message) = record["Sns"]["Message"].as_str() {
        return serde_json::from_str(message).map_or(Event::Other, |message| feedback(&message));
    }
    match record["ses"]["mail"]["messageId"].as_str() {
        // It becomes part of a key.
        Some(id) if !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
            Event::Mail(receipt(id, &record["ses"]))
        }
        _ => Event::Other,
    }
}

fn receipt(id: &str, ses: &Value) -> Receipt {
    let receipt = &ses["receipt"];
    let verdict = |name: &str| Verdict::named(receipt[name]["status"].as_str().unwrap_or_default());
    let recipients = receipt["recipients"].as_array().into_iter().flatten();
    Receipt {
        ses_id: id.to_owned(),
        recipients: recipients.filter_map(|one| MailAddress::parse(one.as_str()?)).collect(),
        envelope_from: ses["mail"]["source"].as_str().and_then(MailAddress::parse),
        verdicts: Verdicts {
            spf: verdict("spfVerdict"),
            dkim: verdict("dkimVerdict"),
            dmarc: verdict("dmarcVerdict"),
            spam: verdict("spamVerdict"),
            virus: verdict("virusVerdict"),
        },
    }
}

/// `Bounce` and `Complaint`, as a configuration set tells them; a mail's own tokens are in its Reply-To.
fn feedback(event: &Value) -> Event {
    let kind = event["eventType"].as_str().or(event["notificationType"].as_str()).unwrap_or_default();
    let (class, detail, who, permanent) = match kind {
        "Bounce" => {
            let bounce = &event["bounce"];
            (MailClass::Bounce, bounce, "bouncedRecipients", bounce["bounceType"] == "Permanent")
        }
        "Complaint" => {
            // "not-spam" is somebody who took it back.
            let wanted = event["complaint"]["complaintFeedbackType"] == "not-spam";
            (MailClass::Complaint, &event["complaint"], "complainedRecipients", !wanted)
        }
        _ => return Event::Other,
    };
    let headers = event["mail"]["headers"].as_array();
    let tokens: Vec<[u8; 32]> = headers
        .into_iter()
        .flatten()
        .filter(|header| header["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case("reply-to")))
        .filter_map(|header| header["value"].as_str())
        .filter_map(token_in)
        .collect();
    let troubles = detail[who].as_array().into_iter().flatten().filter_map(|one| {
        let address = MailAddress::parse(one["emailAddress"].as_str()?)?;
        let diagnostic = one["diagnosticCode"].as_str().unwrap_or_default();
        Some(Trouble {
            event: detail["feedbackId"].as_str().unwrap_or_default().to_owned(),
            tokens: tokens.clone(),
            address: address.as_str().to_lowercase(),
            class,
            permanent,
            diagnostic: diagnostic.chars().filter(|c| !c.is_control()).take(300).collect(),
        })
    });
    Event::Trouble(troubles.collect())
}

/// Of `Shop <token@reply.shop.example>`.
fn token_in(value: &str) -> Option<[u8; 32]> {
    let address = value.rsplit_once('<').map_or(value, |(_, rest)| rest);
    let address = MailAddress::parse(address.trim().trim_end_matches('>'))?;
    mail::ReplyToken::parse(address.local()).map(|token| token.hash().0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_ours_to_read_is_nothing() {
        for event in [
            json!({}),
            json!({"Records": [{}]}),
            json!({"Records": [{"Sns": {"Message": "x"}}]}),
            json!({"Records": [{"ses": {"mail": {"messageId": "../secret"}}}]}),
        ] {
            assert!(read(&event).iter().all(|event| matches!(event, Event::Other)), "{event}");
        }
    }
}
