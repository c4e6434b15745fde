//! Whether mail can go out in a shop's name, and what its domain's owner has to write into the DNS for that.
//!
//! What SES says of a domain is the truth of what it has found there; records that SES does not look at (DMARC, the way of answers) are
//! advised, and nobody claims to have seen them.

/// What SES says of a domain, or of a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// SES has never been told of it.
    Unknown,
    /// SES looks for the records and has not found them yet.
    Pending,
    Verified,
    /// SES has given up looking: it has to be asked again.
    Failed,
}

/// What SES says of a sender's domain and of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAccountState {
    pub domain: Standing,
    pub dkim: Standing,
    /// What the records of DKIM are named after.
    pub dkim_tokens: Vec<String>,
    /// The domain of bounces, if one was set, and whether it is used.
    pub mail_from: Option<(String, Standing)>,
    /// Mails in 24 hours: how many may go, how many went.
    pub per_day: u64,
    pub sent: u64,
}

/// Accounts that SES has not let out of its sandbox may send so many mails a day. SES's first API says it in no other way.
pub const SANDBOX_PER_DAY: u64 = 200;

impl MailAccountState {
    /// Mails go to verified addresses alone.
    #[must_use]
    pub const fn in_sandbox(&self) -> bool {
        self.per_day <= SANDBOX_PER_DAY
    }
}

/// What a record is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordFor {
    /// Proves that the domain's owner lets SES send, and signs.
    Dkim,
    /// The way of bounces, which makes SPF speak for the domain.
    MailFrom,
    /// What others do with mail that only pretends to be from here.
    Dmarc,
    /// The way of answers, to us.
    Reply,
}

/// Whether it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Yes,
    No,
    /// Nobody has looked: SES does not.
    NotLookedAt,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsRecord {
    pub what_for: RecordFor,
    /// `CNAME`, `MX`, `TXT`
    pub kind: &'static str,
    pub name: String,
    /// Of an MX with its priority.
    pub value: String,
    pub found: Found,
}

/// The records of a sender's domain, and of the domain at which answers arrive, in the order in which they matter.
#[must_use]
pub fn records(
    domain: &str,
    reply_domain: Option<&str>,
    region: &str,
    state: &MailAccountState,
) -> Vec<DnsRecord> {
    let record =
        |what_for, kind, name: String, value: String, found| DnsRecord { what_for, kind, name, value, found };
    let found = |standing| if standing == Standing::Verified { Found::Yes } else { Found::No };
    let dkim = state.dkim_tokens.iter().map(|token| {
        let (name, value) = (format!("{token}._domainkey.{domain}"), format!("{token}.dkim.amazonses.com"));
        record(RecordFor::Dkim, "CNAME", name, value, found(state.dkim))
    });
    let mail_from = state.mail_from.iter().flat_map(|(from, standing)| {
        let way = format!("10 feedback-smtp.{region}.amazonses.com");
        let spf = "\"v=spf1 include:amazonses.com ~all\"".to_owned();
        [
            record(RecordFor::MailFrom, "MX", from.clone(), way, found(*standing)),
            record(RecordFor::MailFrom, "TXT", from.clone(), spf, found(*standing)),
        ]
    });
    let policy = "\"v=DMARC1; p=none\"".to_owned();
    let dmarc = record(RecordFor::Dmarc, "TXT", format!("_dmarc.{domain}"), policy, Found::NotLookedAt);
    let reply = reply_domain.map(|reply| {
        let way = format!("10 inbound-smtp.{region}.amazonaws.com");
        record(RecordFor::Reply, "MX", reply.to_owned(), way, Found::NotLookedAt)
    });
    dkim.chain(mail_from).chain([dmarc]).chain(reply).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(dkim: Standing) -> MailAccountState {
        MailAccountState {
            domain: dkim,
            dkim,
            dkim_tokens: vec!["a1".into(), "b2".into(), "c3".into()],
            mail_from: Some(("bounce.shop.example".into(), Standing::Pending)),
            per_day: 200,
            sent: 3,
        }
    }

    #[test]
    fn the_records_are_those_that_ses_asks_for() {
        let shown = |dkim, reply| -> Vec<String> {
            let all = records("shop.example", reply, "eu-west-1", &state(dkim));
            all.iter().map(|r| format!("{} {} {} {:?}", r.kind, r.name, r.value, r.found)).collect()
        };
        assert_eq!(
            shown(Standing::Pending, Some("reply.shop.example")),
            [
                "CNAME a1._domainkey.shop.example a1.dkim.amazonses.com No",
                "CNAME b2._domainkey.shop.example b2.dkim.amazonses.com No",
                "CNAME c3._domainkey.shop.example c3.dkim.amazonses.com No",
                "MX bounce.shop.example 10 feedback-smtp.eu-west-1.amazonses.com No",
                "TXT bounce.shop.example \"v=spf1 include:amazonses.com ~all\" No",
                "TXT _dmarc.shop.example \"v=DMARC1; p=none\" NotLookedAt",
                "MX reply.shop.example 10 inbound-smtp.eu-west-1.amazonaws.com NotLookedAt",
            ]
        );
        let verified = shown(Standing::Verified, None);
        assert_eq!(verified.iter().filter(|line| line.ends_with("Yes")).count(), 3);
        assert!(!verified.iter().any(|line| line.contains("inbound-smtp")));
    }

    #[test]
    fn the_sandbox_is_known_by_its_quota() {
        assert!(state(Standing::Verified).in_sandbox());
        assert!(!MailAccountState { per_day: 50_000, ..state(Standing::Verified) }.in_sandbox());
    }
}
