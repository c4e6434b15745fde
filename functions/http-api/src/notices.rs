//! What an agent wants to be told by mail, and transcripts.

use crate::routes::{actor, bad_field, readable};
use crate::{Answer, Api, Request};
use delivery::{Failure, TranscriptTo};
use domain::connection::address_key;
use domain::fields::{FieldCode, FieldErrors};
use domain::notification::{Choice, DIGEST_HOURS, Notified, QuietHours, When};
use domain::office_hours::{TimeOfDay, Zone};
use domain::people::Actor;
use domain::ports::{Environment, Files, Originals, Push, Store};
use domain::{ClientId, ConversationId, SiteId};
use protocol::http::{self as body, parse_body};

impl<S: Store, P: Push, E: Environment, F: Files + Originals> Api<S, P, E, F> {
    pub(crate) async fn notifications(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let person = self.person(request).await?;
        self.member(&person, &site).await?;
        let notified = self.engine.note_address(&site, &person).await?;
        Ok(readable(request, Answer::json(200, &shown(&notified))))
    }

    /// One's own, and nobody else's: whoever asks is named by the bearer.
    pub(crate) async fn choose_notifications(
        &self,
        request: &Request,
        site: SiteId,
    ) -> Result<Answer, Failure> {
        let person = self.person(request).await?;
        self.member(&person, &site).await?;
        let asked: body::NotificationChoice = parse_body(&request.body)?;
        let choice = read(&asked)?;
        let notified = Notified { agent: person.id, address: person.email, choice };
        self.engine.store.put_notified(&site, &notified).await?;
        Ok(readable(request, Answer::json(200, &shown(&notified))))
    }

    pub(crate) async fn shoppers_transcript(
        &self,
        request: &Request,
        conversation: ConversationId,
    ) -> Result<Answer, Failure> {
        let (actor, _, _) = self.shopper(request).await?;
        let asked: body::TranscriptRequest = parse_body(&request.body)?;
        let to = TranscriptTo::Shopper { typed: asked.email };
        self.transcript(request, &actor, conversation, &asked.id, to).await
    }

    pub(crate) async fn agents_transcript(
        &self,
        request: &Request,
        conversation: ConversationId,
    ) -> Result<Answer, Failure> {
        let person = self.person(request).await?;
        let head = self.engine.store.head(conversation).await?.ok_or(Failure::NotFound)?;
        let actor = actor(self.member(&person, &head.site).await?);
        let asked: body::AgentTranscriptRequest = parse_body(&request.body)?;
        let to = match asked.to {
            body::TranscriptRecipient::Shopper => TranscriptTo::Shopper { typed: None },
            body::TranscriptRecipient::Me => TranscriptTo::Me { address: person.email },
        };
        self.transcript(request, &actor, conversation, &asked.id, to).await
    }

    async fn transcript(
        &self,
        request: &Request,
        actor: &Actor,
        conversation: ConversationId,
        id: &str,
        to: TranscriptTo,
    ) -> Result<Answer, Failure> {
        let id: ClientId = id.parse().map_err(|_| bad_field("id"))?;
        let address = address_key(&request.address);
        self.engine.ask_transcript(actor, &address, conversation, id, to).await?;
        Ok(readable(request, Answer::empty(202)))
    }
}

fn shown(notified: &Notified) -> body::Notifications {
    let Choice { when, new, missed, quiet } = &notified.choice;
    let (name, hours, daily_at) = match when {
        When::AtOnce => (body::WhenNotified::AtOnce, None, None),
        When::Every { hours } => (body::WhenNotified::Every, Some(*hours), None),
        When::Daily { at } => (body::WhenNotified::Daily, None, Some(at.to_string())),
        When::Never => (body::WhenNotified::Never, None, None),
    };
    body::Notifications {
        address: notified.address.clone(),
        choice: body::NotificationChoice {
            when: name,
            hours,
            daily_at,
            new: *new,
            missed: *missed,
            quiet: quiet.as_ref().map(|quiet| body::QuietHours {
                from: quiet.from().to_string(),
                until: quiet.until().to_string(),
                zone: quiet.zone().name().to_owned(),
            }),
        },
    }
}

fn read(asked: &body::NotificationChoice) -> Result<Choice, Failure> {
    let mut errors = FieldErrors::default();
    let mut time = |path: &str, text: Option<&str>| match text.map(TimeOfDay::parse) {
        None => {
            errors.add(path, FieldCode::Required, "a time of day");
            TimeOfDay::MIDNIGHT
        }
        Some(Some(at)) if at < TimeOfDay::END_OF_DAY => at,
        Some(_) => {
            errors.add(path, FieldCode::Format, "a time of day, HH:MM");
            TimeOfDay::MIDNIGHT
        }
    };
    let when = match asked.when {
        body::WhenNotified::AtOnce => When::AtOnce,
        body::WhenNotified::Every => When::Every { hours: asked.hours.unwrap_or_default() },
        body::WhenNotified::Daily => When::Daily { at: time("daily_at", asked.daily_at.as_deref()) },
        body::WhenNotified::Never => When::Never,
    };
    let quiet = asked.quiet.as_ref().map(|quiet| {
        let (from, until) = (time("quiet.from", Some(&quiet.from)), time("quiet.until", Some(&quiet.until)));
        (from, until, Zone::named(&quiet.zone))
    });
    if let When::Every { hours } = when
        && !DIGEST_HOURS.contains(&hours)
    {
        errors.add("hours", FieldCode::OutOfRange, "1 to 12 hours");
    }
    let quiet = quiet.and_then(|(from, until, zone)| {
        let Some(zone) = zone else {
            errors.add("quiet.zone", FieldCode::Unknown, "a zone of the IANA database");
            return None;
        };
        let hours = QuietHours::new(from, until, zone);
        if hours.is_none() && errors.0.is_empty() {
            errors.add("quiet.until", FieldCode::EmptyRange, "another time than the first");
        }
        hours
    });
    errors.finish(Choice { when, new: asked.new, missed: asked.missed, quiet }).map_err(Failure::Invalid)
}
