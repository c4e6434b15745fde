//! What an admin asks of SES while setting mail up. Apart from the other routes, which need no mailer.

use crate::routes::{actor, readable};
use crate::{Answer, Api, Request};
use delivery::{Failure, MailReach, Tested};
use domain::SiteId;
use domain::mail_identity::{Found, RecordFor, Standing};
use domain::ports::{Environment, Files, MailAccount, Mailer, NotSent, Originals, Push, Store, Suppressed};
use mail::LoopMark;
use protocol::http as body;

/// The door to SES, and the mark that this deployment's mails bear.
#[derive(Debug)]
pub struct MailDoor<M> {
    pub ses: M,
    pub loop_mark: LoopMark,
}

impl<M: Mailer + MailAccount> MailDoor<M> {
    /// `None`: the request is for somebody else.
    pub async fn handle<S: Store, P: Push, E: Environment, F: Files + Originals>(
        &self,
        api: &Api<S, P, E, F>,
        request: &Request,
    ) -> Option<Answer> {
        let rest = request.path.strip_prefix("/v1/agent/sites/")?;
        let (site, what) = rest.split_once("/settings/email/")?;
        let answered = match (request.method.as_str(), what) {
            ("POST", "test") => self.test(api, request, site).await,
            ("GET", "identity") => self.identity(api, request, site).await,
            _ => return None,
        };
        Some(answered.unwrap_or_else(|failure| {
            tracing::info!(code = ?failure.code(), "refused");
            Answer { allow_origin: request.origin.clone(), ..Answer::refusal(&failure) }
        }))
    }

    async fn test<S: Store, P: Push, E: Environment, F: Files + Originals>(
        &self,
        api: &Api<S, P, E, F>,
        request: &Request,
        site: &str,
    ) -> Result<Answer, Failure> {
        let site: SiteId = site.parse().map_err(|_| Failure::NotFound)?;
        let person = api.person(request).await?;
        let member = actor(api.member(&person, &site).await?);
        let site = api.site(&site).await?;
        let tested = api.engine.test_mail(&self.ses, &self.loop_mark, &member, &person, &site).await?;
        let (outcome, code) = match tested {
            Tested::Sent => (body::MailTestOutcome::Sent, None),
            Tested::Refused(code) => (body::MailTestOutcome::Refused, Some(code)),
            Tested::Unknown(why) => (body::MailTestOutcome::Unknown, Some(why)),
            Tested::NoSender => (body::MailTestOutcome::NoSender, None),
        };
        Ok(readable(request, Answer::json(200, &body::MailTestAnswer { to: person.email, outcome, code })))
    }

    async fn identity<S: Store, P: Push, E: Environment, F: Files + Originals>(
        &self,
        api: &Api<S, P, E, F>,
        request: &Request,
        site: &str,
    ) -> Result<Answer, Failure> {
        let site: SiteId = site.parse().map_err(|_| Failure::NotFound)?;
        let member = actor(api.member(&api.person(request).await?, &site).await?);
        let site = api.site(&site).await?;
        let answer = match api.engine.mail_identity(&self.ses, &member, &site).await? {
            None => body::MailIdentityAnswer::NoSender,
            Some(Err(NotSent::Refused(code) | NotSent::Unknown(code))) => {
                body::MailIdentityAnswer::NoAnswer { code }
            }
            Some(Ok(identity)) => body::MailIdentityAnswer::Known {
                region: self.ses.region().to_owned(),
                domain: identity.domain,
                standing: standing(identity.state.domain),
                dkim: standing(identity.state.dkim),
                sandbox: identity.state.in_sandbox(),
                // Beyond what a number of JavaScript's holds it is no limit.
                per_day: identity.state.per_day.min(1 << 53),
                sent: identity.state.sent,
                records: identity.records.into_iter().map(record).collect(),
            },
        };
        Ok(readable(request, Answer::json(200, &answer)))
    }
}

const fn standing(standing: Standing) -> body::MailStanding {
    match standing {
        Standing::Unknown => body::MailStanding::Unknown,
        Standing::Pending => body::MailStanding::Pending,
        Standing::Verified => body::MailStanding::Verified,
        Standing::Failed => body::MailStanding::Failed,
    }
}

fn record(record: domain::mail_identity::DnsRecord) -> body::DnsRecord {
    body::DnsRecord {
        what_for: match record.what_for {
            RecordFor::Dkim => body::DnsRecordFor::Dkim,
            RecordFor::MailFrom => body::DnsRecordFor::MailFrom,
            RecordFor::Dmarc => body::DnsRecordFor::Dmarc,
            RecordFor::Reply => body::DnsRecordFor::Reply,
        },
        kind: record.kind.to_owned(),
        name: record.name,
        value: record.value,
        found: match record.found {
            Found::Yes => Some(true),
            Found::No => Some(false),
            Found::NotLookedAt => None,
        },
    }
}

pub(crate) fn reach(reach: MailReach) -> body::MailReach {
    match reach {
        MailReach::Off => body::MailReach::Off,
        MailReach::NoAddress => body::MailReach::NoAddress,
        MailReach::Mailed { address, after, connected } => {
            body::MailReach::Mailed { address, after_s: after.as_secs(), connected }
        }
        MailReach::Suppressed { address, why } => body::MailReach::Suppressed {
            address,
            why: match why {
                Suppressed::Bounced => body::SuppressedWhy::Bounced,
                Suppressed::Complained => body::SuppressedWhy::Complained,
                Suppressed::Unsubscribed => body::SuppressedWhy::Unsubscribed,
            },
        },
    }
}
