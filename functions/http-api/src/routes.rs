//! The routes: who may, then what.

use crate::{Answer, Api, Request, mails};
use delivery::{Before, Failure, NewSession, Opened, Wish};
use domain::connection::{Identity, address_key};
use domain::conversation::Numbers;
use domain::inbox::{List, Place};
use domain::people::{Actor, Member, Person, Site, Told};
use domain::ports::{Environment, Files, MailLink, Originals, Push, Session, Store};
use domain::settings::{FieldId, Section};
use domain::{AgentId, ClientId, ConversationId, SiteId, Timestamp};
use protocol::client;
use protocol::error::ParseError;
use protocol::http::{self as body, parse_body};
use protocol::{ErrorCode, ServerFrame};

/// Rows of a page, unless asked for fewer or more.
const DEFAULT_ROWS: usize = 50;
const MAX_ROWS: usize = 100;

/// Who a request comes from.
enum Caller {
    Shopper {
        session: Session,
        token: String,
    },
    Agent {
        person: Person,
    },
    /// Who has followed the button of a mail: nobody in particular, in one conversation.
    Resumed {
        link: MailLink,
    },
}

impl<S: Store, P: Push, E: Environment, F: Files + Originals> Api<S, P, E, F> {
    pub(crate) async fn route(&self, request: &Request) -> Result<Answer, Failure> {
        let path = request.path.strip_prefix("/v1/").ok_or(Failure::NotFound)?;
        let segments: Vec<&str> = path.split('/').collect();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["sites", site, "config"]) => self.site_config(request, id(site)?).await,
            ("GET", ["sites", site, "content"]) => self.site_content(request, id(site)?).await,
            ("GET", ["sites", site, "photos", photo]) => self.photo(id(site)?, photo).await,
            ("POST", ["sites", site, "faqs", faq, "opened"]) => {
                self.faq_opened(request, id(site)?, faq).await
            }
            ("POST", ["sites", site, "sessions"]) => self.new_session(request, id(site)?).await,
            ("POST", ["sites", site, "resume"]) => self.resume(request, id(site)?).await,
            ("POST", ["sessions", "end"]) => self.end_session(request).await,
            ("POST", ["tickets"]) => self.new_ticket(request).await,
            ("GET", ["conversations", "current"]) => self.current(request).await,
            ("POST", ["conversations"]) => self.say(request, None).await,
            ("GET", ["conversations", conversation, "entries"]) => {
                self.entries(request, id(conversation)?).await
            }
            ("POST", ["conversations", conversation, "messages"]) => {
                self.say(request, Some(id(conversation)?)).await
            }
            ("POST", ["conversations", conversation, "answers"]) => {
                self.answer(request, id(conversation)?).await
            }
            ("GET", ["conversations", conversation, log, seq, "attachments", key]) => {
                self.attachment(request, id(conversation)?, mails::entry(log, seq)?, key).await
            }
            ("POST", ["conversations", "choices"]) => self.choose(request, None).await,
            ("POST", ["conversations", conversation, "choices"]) => {
                self.choose(request, Some(id(conversation)?)).await
            }
            ("POST", ["conversations", conversation, "restart"]) => {
                self.restart(request, id(conversation)?).await
            }
            ("POST", ["conversations", conversation, "close"]) => {
                self.close(request, id(conversation)?).await
            }
            ("POST", ["conversations", conversation, "seen"]) => self.seen(request, id(conversation)?).await,
            ("GET", ["mail", "unsubscribe", secret]) => self.ask_unsubscribe(request, secret).await,
            ("POST", ["mail", "unsubscribe", secret]) => self.unsubscribe(request, secret).await,
            ("POST", ["conversations", conversation, "transcript"]) => {
                self.shoppers_transcript(request, id(conversation)?).await
            }
            ("POST", ["agent", "conversations", conversation, "transcript"]) => {
                self.agents_transcript(request, id(conversation)?).await
            }
            ("GET", ["agent", "sites", site, "notifications"]) => {
                self.notifications(request, id(site)?).await
            }
            ("PUT", ["agent", "sites", site, "notifications"]) => {
                self.choose_notifications(request, id(site)?).await
            }
            ("GET", ["agent", "me"]) => self.me(request).await,
            ("GET", ["agent", "sites", site, "agents"]) => self.agents(request, id(site)?).await,
            ("PUT", ["agent", "sites", site, "agents", agent]) => {
                self.set_profile(request, id(site)?, id(agent)?).await
            }
            ("PUT", ["agent", "sites", site, "agents", agent, "photo"]) => {
                self.set_photo(request, id(site)?, id(agent)?).await
            }
            ("DELETE", ["agent", "sites", site, "agents", agent, "photo"]) => {
                self.remove_photo(request, id(site)?, id(agent)?).await
            }
            ("DELETE", ["agent", "sites", site, "agents", agent]) => {
                self.deactivate(request, id(site)?, id(agent)?).await
            }
            ("GET", ["agent", "sites", site, "conversations"]) => self.list_page(request, id(site)?).await,
            ("GET", ["agent", "sites", site, "settings"]) => self.settings(request, id(site)?).await,
            ("GET", ["agent", "sites", site, "settings", name]) => {
                self.section(request, id(site)?, section(name)?).await
            }
            ("PUT", ["agent", "sites", site, "settings", name]) => {
                self.publish(request, id(site)?, section(name)?).await
            }
            ("POST", ["agent", "sites", site, "settings", "hours", "preview"]) => {
                self.preview_hours(request, id(site)?).await
            }
            ("GET", ["agent", "sites", site, "settings", name, "history"]) => {
                self.history(request, id(site)?, section(name)?).await
            }
            ("GET", ["agent", "sites", site, "settings", name, "history", version]) => {
                self.one_version(request, id(site)?, section(name)?, id(version)?).await
            }
            ("POST", ["agent", "sites", site, "settings", name, "history", version, "restore"]) => {
                self.restore(request, id(site)?, section(name)?, id(version)?).await
            }
            ("POST", ["agent", "sites", site, "scenarios", "try"]) => {
                self.try_scenario(request, id(site)?).await
            }
            (_, ["agent", "sites", site, "triggers"] | ["agent", "sites", site, "groups"]) => {
                self.documents(request, site, &segments[3..]).await
            }
            (_, ["agent", "sites", site, "scenarios", rest @ ..]) if rest.len() <= 1 => {
                self.documents(request, site, &segments[3..]).await
            }
            (
                _,
                ["agent", "sites", site, "triggers" | "groups", "history", ..]
                | ["agent", "sites", site, "scenarios", _, "history", ..],
            ) => self.documents(request, site, &segments[3..]).await,
            ("GET", ["agent", "sites", site, "triggers", "results"]) => {
                self.trigger_results(request, id(site)?).await
            }
            ("GET", ["agent", "sites", site, "triggers", "names"]) => {
                self.trigger_names(request, id(site)?).await
            }
            ("POST", ["agent", "sites", site, "triggers", "test"]) => {
                self.try_trigger(request, id(site)?).await
            }
            ("GET", ["agent", "sites", site, "visitors", visitor, "explanation"]) => {
                self.explanation(request, id(site)?, id(visitor)?).await
            }
            ("GET", ["agent", "sites", site, "faq-counts"]) => self.faq_counts(request, id(site)?).await,
            ("GET", ["agent", "sites", site, "identity-keys"]) => self.keys(request, id(site)?).await,
            ("POST", ["agent", "sites", site, "identity-keys"]) => self.make_key(request, id(site)?).await,
            ("POST", ["agent", "sites", site, "identity-keys", key, "end"]) => {
                self.end_key(request, id(site)?, key).await
            }
            ("GET", ["agent", "sites", site, "visitors", visitor]) => {
                self.visitor(request, id(site)?, id(visitor)?).await
            }
            ("POST", ["agent", "sites", site, "visitors", visitor, "invitations"]) => {
                self.invite(request, id(site)?, id(visitor)?).await
            }
            ("GET", ["agent", "conversations", conversation, log, seq, "original"]) => {
                self.original(request, id(conversation)?, mails::entry(log, seq)?).await
            }
            ("GET", ["agent", "conversations", conversation]) => {
                self.detail(request, id(conversation)?).await
            }
            _ => Err(Failure::NotFound),
        }
    }

    // -- anybody

    async fn new_session(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let site = self.site(&site).await?;
        allow(&site.origins, request)?;
        let asked: body::NewSession = parse_body(&request.body)?;
        let about = NewSession {
            language: asked.language,
            time_zone: asked.time_zone,
            user_agent: request.user_agent.clone(),
            country: request.country.clone(),
            page: asked.page.map(Into::into),
        };
        let address = address_key(&request.address);
        let Opened { secret, session, refused } = match &asked.identity {
            Some(proof) => {
                let bearer = request.token.as_deref().filter(|token| token.starts_with("ses_"));
                self.engine.sign_in(&site, &address, about, proof, bearer).await?
            }
            None => {
                let (secret, session) = self.engine.begin_session(&site, &address, about).await?;
                Opened { secret, session, refused: None }
            }
        };
        let answer = body::SessionAnswer {
            session: secret.reveal(),
            shopper_id: session.shopper.to_string(),
            expires_at: session.expires_at.millis(),
            verified: session.shopper.is_verified(),
            refused: refused.map(|refusal| refusal.code().to_owned()),
        };
        Ok(readable(request, Answer::json(201, &answer)))
    }

    async fn faq_opened(&self, request: &Request, site: SiteId, faq: &str) -> Result<Answer, Failure> {
        let site = self.site(&site).await?;
        allow(&site.origins, request)?;
        let asked: body::FaqOpened = parse_body(&request.body)?;
        let client_id: ClientId = asked.id.parse().map_err(|_| bad_field("id"))?;
        let faq = FieldId::parse(faq).ok_or(Failure::NotFound)?;
        self.engine.faq_opened(&site, &address_key(&request.address), &faq, client_id).await?;
        Ok(readable(request, Answer::empty(204)))
    }

    // -- shoppers and agents

    async fn new_ticket(&self, request: &Request) -> Result<Answer, Failure> {
        let asked: body::NewTicket = parse_body(&request.body)?;
        let (secret, expires_at) = match self.caller(request).await? {
            Caller::Shopper { session, token } => {
                let identity = Identity::Shopper { id: session.shopper };
                self.engine.issue_ticket(session.site, identity, request.origin.clone(), Some(&token)).await?
            }
            Caller::Agent { person } => {
                let site: SiteId =
                    asked.site.as_deref().map(id).transpose()?.ok_or_else(|| missing("site"))?;
                let member = self.member(&person, &site).await?;
                let identity = Identity::Agent {
                    id: member.agent,
                    name: member.name,
                    role: member.role,
                    version: member.version,
                };
                self.engine.issue_ticket(site, identity, request.origin.clone(), None).await?
            }
            Caller::Resumed { .. } => return Err(Failure::Forbidden),
        };
        let answer = body::TicketAnswer {
            ticket: secret.reveal(),
            url: self.websocket_url.clone(),
            expires_at: expires_at.millis(),
        };
        Ok(readable(request, Answer::json(201, &answer)))
    }

    async fn entries(&self, request: &Request, conversation: ConversationId) -> Result<Answer, Failure> {
        let actor = self.writer_for(request, conversation).await?;
        let page = match request.query("until") {
            Some(until) => self.engine.page_until(&actor, conversation, read_until(until)?).await?,
            None => {
                let after = Numbers { t: number(request, "t")?, b: number(request, "b")? };
                self.engine.page_after(&actor, conversation, after).await?
            }
        };
        let answer = body::EntriesAnswer {
            conversation_id: page.conversation_id,
            epoch: page.epoch,
            entries: page.entries,
            head: page.head,
            more: page.more,
            after: page.after,
        };
        Ok(readable(request, Answer::json(200, &answer)))
    }

    /// Over HTTP the answer is the acknowledgement, and a function that has answered may be frozen: the pushes go first.
    async fn say(&self, request: &Request, conversation: Option<ConversationId>) -> Result<Answer, Failure> {
        let actor = match conversation {
            Some(conversation) => self.writer_for(request, conversation).await?,
            None => self.shopper(request).await?.0,
        };
        let asked: body::NewMessage = parse_body(&request.body)?;
        if asked.faqs.len() > protocol::MAX_FAQS {
            return Err(Failure::Parse(ParseError {
                code: ErrorCode::TooLarge,
                message: "at most 20 questions".to_owned(),
                frame: None,
                field: Some("faqs".to_owned()),
            }));
        }
        let before = Before {
            faqs: asked.faqs,
            opening: asked.opening,
            proactive: asked.proactive,
            group: asked.group,
        };
        let wish = Wish::Say { conversation, text: asked.text, before };
        self.perform(request, &actor, &asked.id, wish).await
    }

    async fn answer(&self, request: &Request, conversation: ConversationId) -> Result<Answer, Failure> {
        let actor = self.actor_for(request, conversation).await?;
        let asked: body::NewAnswer = parse_body(&request.body)?;
        let wish = Wish::Answer { conversation, field: asked.field, value: asked.value };
        self.perform(request, &actor, &asked.id, wish).await
    }

    async fn close(&self, request: &Request, conversation: ConversationId) -> Result<Answer, Failure> {
        let actor = self.actor_for(request, conversation).await?;
        let asked: body::CloseRequest = parse_body(&request.body)?;
        self.perform(request, &actor, &asked.id, Wish::Close { conversation }).await
    }

    pub(crate) async fn perform(
        &self,
        request: &Request,
        actor: &Actor,
        client_id: &str,
        wish: Wish,
    ) -> Result<Answer, Failure> {
        let client_id: ClientId = client_id.parse().map_err(|_| bad_field("id"))?;
        let done = self.engine.perform(actor, &address_key(&request.address), client_id, wish, None).await?;
        self.engine.fan_out(&done.head, &done.entries).await;
        Ok(readable(request, Answer::json(200, &ServerFrame::Ack(done.ack))))
    }

    async fn seen(&self, request: &Request, conversation: ConversationId) -> Result<Answer, Failure> {
        let actor = self.writer_for(request, conversation).await?;
        let asked: body::SeenRequest = parse_body(&request.body)?;
        let seen =
            client::Seen { conversation_id: conversation, seen: asked.seen, delivered: asked.delivered };
        self.engine.seen(&actor, None, &seen).await?;
        Ok(readable(request, Answer::empty(204)))
    }

    // -- shoppers

    async fn end_session(&self, request: &Request) -> Result<Answer, Failure> {
        // Whoever may no longer chat may still leave.
        let Caller::Shopper { session, token } = self.bearer(request).await? else {
            return Err(Failure::Forbidden);
        };
        self.engine.end_session(&token, &session).await?;
        Ok(readable(request, Answer::empty(204)))
    }

    async fn current(&self, request: &Request) -> Result<Answer, Failure> {
        let open = match self.caller(request).await? {
            Caller::Shopper { session, .. } => self.engine.store.open_conversation(session.shopper).await?,
            Caller::Resumed { link } => Some(link.conversation),
            Caller::Agent { .. } => return Err(Failure::Forbidden),
        };
        let answer = body::CurrentConversation {
            conversation_id: open.map(|open| open.to_string()),
            epoch: self.engine.epoch.clone(),
        };
        Ok(readable(request, Answer::json(200, &answer)))
    }

    // -- agents

    async fn me(&self, request: &Request) -> Result<Answer, Failure> {
        let person = self.person(request).await?;
        let mut sites = Vec::new();
        for site in self.engine.store.memberships(person.id).await? {
            let Some(member) =
                self.engine.store.member(&site, person.id).await?.filter(|member| member.active)
            else {
                continue;
            };
            let Some(site) = self.engine.store.site(&site).await? else { continue };
            // Whoever has signed in can be told by mail.
            self.engine.note_address(&site.id, &person).await?;
            let settings = self.engine.configured(&site).await?.settings;
            sites.push(body::MySite {
                site: site.id.to_string(),
                name: settings.general.name,
                color: settings.appearance.color.to_string(),
                role: member.role.into(),
            });
        }
        let answer = body::Me {
            agent_id: person.id.to_string(),
            name: person.name,
            email: person.email,
            owner: person.owner,
            sites,
        };
        Ok(readable(request, Answer::json(200, &answer)))
    }

    async fn agents(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        self.member(&self.person(request).await?, &site).await?;
        let members = self.engine.store.members(&site).await?;
        let agents =
            members.into_iter().filter(|member| member.active).map(|member| self.shown(member)).collect();
        Ok(readable(request, Answer::json(200, &body::AgentsAnswer { agents })))
    }

    async fn deactivate(&self, request: &Request, site: SiteId, agent: AgentId) -> Result<Answer, Failure> {
        let member = self.member(&self.person(request).await?, &site).await?;
        let done = self.engine.deactivate(&actor(member), agent).await?;
        tracing::info!(connections = done.connections, "a membership was ended");
        Ok(readable(request, Answer::empty(204)))
    }

    async fn list_page(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let member = self.member(&self.person(request).await?, &site).await?;
        let name = match request.query("list") {
            Some("queue") | None => client::ListName::Queue,
            Some("mine") => client::ListName::Mine,
            Some("all") => client::ListName::All,
            Some("closed") => client::ListName::Closed,
            Some(_) => return Err(bad_field("list")),
        };
        let before = request.query("before").map(read_place).transpose()?;
        let limit = match request.query("limit") {
            None => DEFAULT_ROWS,
            Some(limit) => limit
                .parse()
                .ok()
                .filter(|limit| (1..=MAX_ROWS).contains(limit))
                .ok_or_else(|| bad_field("limit"))?,
        };
        let list = List::from(name);
        let (heads, next) = match request.query("group") {
            None => {
                let page = self.engine.list(&site, member.agent, list, before, limit).await?;
                let next = page.heads.last().filter(|_| page.more).map(Place::of);
                (page.heads, next)
            }
            Some(group) => {
                let group = FieldId::parse(group).ok_or_else(|| bad_field("group"))?;
                self.engine.list_of_group(&site, member.agent, list, &group, before, limit).await?
            }
        };
        let rows = heads.iter().map(Into::into).collect();
        let answer = body::ListAnswer { list: name, rows, next: next.map(write_place) };
        Ok(readable(request, Answer::json(200, &answer)))
    }

    async fn detail(&self, request: &Request, conversation: ConversationId) -> Result<Answer, Failure> {
        let actor = self.agent_for(&self.person(request).await?, conversation).await?;
        let head = self.engine.reach(&actor, conversation).await?;
        let store = &self.engine.store;
        let cursors = store.cursors(conversation).await?;
        let shopper = store.shopper(head.shopper).await?.ok_or(Failure::NotFound)?;
        let (earlier, mail) =
            futures::try_join!(self.engine.earlier(&head, 20), self.engine.mail_reach(&head.site, &shopper))?;
        let answer = body::ConversationDetail {
            row: (&head).into(),
            cursors: cursors.into(),
            shopper: body::ShopperProfile {
                shopper_id: shopper.id.to_string(),
                name: shopper.name,
                email: shopper.email,
                language: shopper.language,
                user_agent: shopper.user_agent,
                country: shopper.country,
                page: shopper.page.as_ref().map(Into::into),
                first_seen: shopper.first_seen.millis(),
                last_seen: shopper.last_seen.millis(),
                verified: head.shopper.is_verified(),
                answers: shopper.answers.into_iter().map(told).collect(),
                visitor: shopper.visitor.map(|id| id.to_string()),
            },
            earlier: earlier.iter().map(Into::into).collect(),
            mail: crate::mail_setup::reach(mail),
        };
        Ok(readable(request, Answer::json(200, &answer)))
    }

    // -- who it is

    pub(crate) async fn site(&self, site: &SiteId) -> Result<Site, Failure> {
        self.engine.store.site(site).await?.ok_or(Failure::NotFound)
    }

    /// Who asks; a shopper only if the site lets them chat.
    async fn caller(&self, request: &Request) -> Result<Caller, Failure> {
        let caller = self.bearer(request).await?;
        match &caller {
            Caller::Shopper { session, .. } => {
                self.engine.admit_shopper(&session.site, session.shopper).await?;
            }
            Caller::Resumed { link } => self.engine.admit_by_link(&link.site).await?,
            Caller::Agent { .. } => {}
        }
        Ok(caller)
    }

    async fn bearer(&self, request: &Request) -> Result<Caller, Failure> {
        let token = request.token.as_deref().ok_or(Failure::Unauthorized)?;
        if token.starts_with("ses_") {
            let session = self.engine.session(token).await?;
            allow(&self.site(&session.site).await?.origins, request)?;
            return Ok(Caller::Shopper { session, token: token.to_owned() });
        }
        if token.starts_with("res_") {
            let link = self.engine.resumed(token, &address_key(&request.address)).await?;
            allow(&self.site(&link.site).await?.origins, request)?;
            return Ok(Caller::Resumed { link });
        }
        allow(std::slice::from_ref(&self.dashboard_origin), request)?;
        let claims = self.id_tokens.verify(token).await?;
        let email = claims.email.unwrap_or_default().to_lowercase();
        let person = self.engine.store.person_by_email(&email).await?.ok_or(Failure::Forbidden)?;
        Ok(Caller::Agent { person })
    }

    pub(crate) async fn shopper(&self, request: &Request) -> Result<(Actor, Session, String), Failure> {
        match self.caller(request).await? {
            Caller::Shopper { session, token } => {
                let actor = Actor::Shopper { id: session.shopper, site: session.site.clone() };
                Ok((actor, session, token))
            }
            Caller::Agent { .. } | Caller::Resumed { .. } => Err(Failure::Forbidden),
        }
    }

    pub(crate) async fn person(&self, request: &Request) -> Result<Person, Failure> {
        match self.caller(request).await? {
            Caller::Agent { person } => Ok(person),
            Caller::Shopper { .. } | Caller::Resumed { .. } => Err(Failure::Forbidden),
        }
    }

    /// An active member of the site; to anybody else the site does not exist.
    pub(crate) async fn member(&self, person: &Person, site: &SiteId) -> Result<Member, Failure> {
        let member = self.engine.store.member(site, person.id).await?;
        member.filter(|member| member.active).ok_or(Failure::NotFound)
    }

    async fn actor_for(&self, request: &Request, conversation: ConversationId) -> Result<Actor, Failure> {
        match self.caller(request).await? {
            Caller::Shopper { session, .. } => Ok(Actor::Shopper { id: session.shopper, site: session.site }),
            Caller::Agent { person } => self.agent_for(&person, conversation).await,
            Caller::Resumed { .. } => Err(Failure::Forbidden),
        }
    }

    /// Who reads and writes a conversation: also who has followed the button of a mail, in that conversation alone.
    pub(crate) async fn writer_for(
        &self,
        request: &Request,
        conversation: ConversationId,
    ) -> Result<Actor, Failure> {
        match self.caller(request).await? {
            Caller::Shopper { session, .. } => Ok(Actor::Shopper { id: session.shopper, site: session.site }),
            Caller::Agent { person } => self.agent_for(&person, conversation).await,
            Caller::Resumed { link } if link.conversation == conversation => {
                Ok(Actor::Shopper { id: link.shopper, site: link.site })
            }
            Caller::Resumed { .. } => Err(Failure::NotFound),
        }
    }

    /// The agent as a member of the site that the conversation belongs to.
    pub(crate) async fn agent_for(
        &self,
        person: &Person,
        conversation: ConversationId,
    ) -> Result<Actor, Failure> {
        let head = self.engine.store.head(conversation).await?.ok_or(Failure::NotFound)?;
        Ok(actor(self.member(person, &head.site).await?))
    }
}

fn told((field, told): (FieldId, Told)) -> body::ToldAnswer {
    body::ToldAnswer { field: field.to_string(), question: told.question, answer: told.answer }
}

pub(crate) fn actor(member: Member) -> Actor {
    Actor::Agent { id: member.agent, site: member.site, name: member.name, role: member.role }
}

/// An id in a path or a query. One that cannot be is answered as one that does not exist.
pub(crate) fn id<T: std::str::FromStr>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::NotFound)
}

/// A section by its name. One that there is not is answered as absent.
fn section(name: &str) -> Result<Section, Failure> {
    Section::named(name).ok_or(Failure::NotFound)
}

/// Pages of listed origins only. No header: not a browser, or a page of our own origin; the bearer decides.
pub(crate) fn allow(origins: &[String], request: &Request) -> Result<(), Failure> {
    match &request.origin {
        Some(origin) if !origins.contains(origin) => Err(Failure::Forbidden),
        _ => Ok(()),
    }
}

pub(crate) fn readable(request: &Request, answer: Answer) -> Answer {
    Answer { allow_origin: request.origin.clone(), ..answer }
}

fn number(request: &Request, name: &'static str) -> Result<u64, Failure> {
    request.query(name).map_or(Ok(0), |text| text.parse().map_err(|_| bad_field(name)))
}

/// How far back a page of history begins: `head`, or `<thread>.<backstage>`.
fn read_until(text: &str) -> Result<Option<Numbers>, Failure> {
    if text == "head" {
        return Ok(None);
    }
    text.split_once('.')
        .and_then(|(t, b)| Some(Some(Numbers { t: t.parse().ok()?, b: b.parse().ok()? })))
        .ok_or_else(|| bad_field("until"))
}

/// A cursor of a list: `<last activity>.<conversation>`.
fn write_place(place: Place) -> String {
    format!("{}.{}", place.last_activity.millis(), place.conversation)
}

fn read_place(text: &str) -> Result<Place, Failure> {
    text.split_once('.')
        .and_then(|(at, conversation)| {
            Some(Place {
                last_activity: Timestamp(at.parse().ok()?),
                conversation: conversation.parse().ok()?,
            })
        })
        .ok_or_else(|| bad_field("before"))
}

pub(crate) fn bad_field(field: &str) -> Failure {
    let message = "a field has the wrong kind of value".to_owned();
    Failure::Parse(ParseError {
        code: ErrorCode::BadFrame,
        message,
        frame: None,
        field: Some(field.to_owned()),
    })
}

fn missing(field: &str) -> Failure {
    let message = "a field is missing".to_owned();
    Failure::Parse(ParseError {
        code: ErrorCode::BadFrame,
        message,
        frame: None,
        field: Some(field.to_owned()),
    })
}
