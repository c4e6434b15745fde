//! The mails that we send: what they say, and their bytes.
//!
//! One shape for all: the shop's logo or name, a title, people's words large, one button, a quiet footer; the same in text.
//! Nothing of a mail is fetched but the logo and the pictures in what the shop says by itself, and nothing is lost without them.

pub(crate) mod html;
mod plain;

use crate::header::{HeaderText, Link, LoopMark, MailAddress, Mailbox, MessageId};
use crate::words::{MailText, Texts};
use domain::Timestamp;
use domain::office_hours::Zone;
use domain::settings::{Language, Palette};
use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId as IdHeader;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};
use sha2::{Digest, Sha256};

/// Characters of people's words in one mail; Gmail hides what goes beyond 102 KB. The rest is behind the button.
const MAX_WORDS: usize = 40_000;
/// Characters of a line that only reminds.
const MAX_REMINDER: usize = 400;
/// The last lines of the conversation that remind.
const MAX_EARLIER: usize = 5;
/// The first and the newest of the ids that a conversation has had.
const MAX_REFERENCES: usize = 10;

/// Everything that a mail is made of.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub envelope: Envelope,
    pub look: Look,
    pub texts: Texts,
    /// The reader's.
    pub language: Language,
    /// In which times are said: the reader's, else the shop's.
    pub zone: Zone,
    /// The conversation's short name, for subjects.
    pub reference: HeaderText,
    pub mail: Mail,
}

#[derive(Debug, Clone)]
pub struct Envelope {
    pub from: Mailbox,
    pub to: Mailbox,
    /// Where an answer arrives: a token of the reply domain. None: answers are not read, and the mail says so.
    pub reply_to: Option<MailAddress>,
    /// SES puts its own in its place: nothing may depend on this one.
    pub message_id: MessageId,
    pub in_reply_to: Option<MessageId>,
    /// Oldest first.
    pub references: Vec<MessageId>,
    pub date: Timestamp,
    pub unsubscribe: Option<Unsubscribe>,
    pub loop_mark: LoopMark,
}

/// RFC 2369 and RFC 8058: the page asks when opened, and does it at once when posted to.
#[derive(Debug, Clone)]
pub struct Unsubscribe {
    pub page: Link,
    pub address: Option<MailAddress>,
}

#[derive(Debug, Clone)]
pub struct Look {
    /// As `domain::settings` has corrected it (UX 28).
    pub palette: Palette,
    pub logo: Option<Link>,
    /// The shop.
    pub home: Option<Link>,
}

#[derive(Debug, Clone)]
pub enum Mail {
    /// To a shopper: what was answered and not seen.
    Answers { answers: Vec<Line>, earlier: Vec<Line>, resume: Link, files_until: Option<Timestamp> },
    /// To an agent, at once.
    Conversation {
        why: Why,
        waiting: Waiting,
        /// Where the agent chooses what they are told.
        change: Option<Link>,
    },
    /// To an agent, what has waited.
    Digest { waiting: Vec<Waiting>, inbox: Link, change: Option<Link> },
    /// To whoever asked for it.
    Transcript {
        lines: Vec<Line>,
        resume: Option<Link>,
        files_until: Option<Timestamp>,
        /// To an agent, for whom the shopper is not *you*.
        to_agent: bool,
    },
    /// To whoever sets mail up.
    Test { answer_by: HeaderText, resume: Link },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    New,
    Missed,
}

/// A conversation as an agent is told of it.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub shopper: Option<HeaderText>,
    pub address: Option<MailAddress>,
    pub page: Option<Link>,
    /// The thread so far; a digest shows the last line.
    pub lines: Vec<Line>,
    pub open: Link,
}

/// Something said.
#[derive(Debug, Clone)]
pub struct Line {
    pub author: Author,
    pub at: Timestamp,
    pub text: String,
    pub files: Vec<MailFile>,
}

impl Line {
    /// Where no picture can stand.
    fn in_words(&self) -> String {
        match self.author {
            Author::Automatic(_) => domain::picture::in_words(&self.text),
            Author::Shopper(_) | Author::Agent(_) => self.text.clone(),
        }
    }

    fn preview(&self) -> String {
        domain::text::preview(&self.in_words())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// Named in mails to agents; *you* in mails to the shopper.
    Shopper(Option<HeaderText>),
    Agent(HeaderText),
    /// The shop by itself.
    Automatic(HeaderText),
}

/// A file as a link that expires: it is not sent along.
#[derive(Debug, Clone)]
pub struct MailFile {
    pub name: HeaderText,
    pub link: Link,
    pub bytes: u64,
}

/// A mail as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    pub raw: Vec<u8>,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// The same mail for the same `Outgoing`, byte by byte.
#[must_use]
pub fn compose(outgoing: &Outgoing) -> Composed {
    let page = Page::of(outgoing);
    let subject = HeaderText::clean(&page.subject).as_str().to_owned();
    let (text, html) = (plain::render(&page), html::render(&page));
    let envelope = &outgoing.envelope;
    let mut builder = MessageBuilder::new()
        .from(mailbox(&envelope.from))
        .to(mailbox(&envelope.to))
        .subject(subject.clone())
        .date(Date::new((envelope.date.millis() / 1000) as i64))
        .message_id(envelope.message_id.as_str());
    if let Some(address) = &envelope.reply_to {
        builder = builder.reply_to(Address::new_address(
            Some(envelope.from.name.as_str()).filter(|n| !n.is_empty()),
            address.as_str(),
        ));
    }
    if let Some(id) = &envelope.in_reply_to {
        builder = builder.in_reply_to(id.as_str());
    }
    let references = references(&envelope.references);
    if !references.is_empty() {
        builder = builder.references(IdHeader::new_list(references.into_iter()));
    }
    if let Some(unsubscribe) = &envelope.unsubscribe {
        let mailto = unsubscribe.address.as_ref().map(|a| format!("mailto:{a}"));
        let ways: Vec<String> =
            [Some(unsubscribe.page.as_str().to_owned()), mailto].into_iter().flatten().collect();
        builder = builder
            .header("List-Unsubscribe", mail_builder::headers::url::URL::new_list(ways.into_iter()))
            .header("List-Unsubscribe-Post", raw("List-Unsubscribe=One-Click"));
    }
    if is_automatic(&outgoing.mail) {
        builder = builder.header("Auto-Submitted", raw("auto-generated"));
    }
    let builder = builder
        // Exchange: no absence notes to this, please.
        .header("X-Auto-Response-Suppress", raw("OOF, AutoReply"))
        .header(LoopMark::HEADER, raw(envelope.loop_mark.as_str()));
    let parts = vec![text_part("text/plain", &text), text_part("text/html", &html)];
    let alternative = ContentType::new("multipart/alternative").attribute("boundary", boundary(&text, &html));
    let raw = builder.body(MimePart::new(alternative, BodyPart::Multipart(parts))).write_to_vec();
    Composed { raw: raw.expect("a Vec takes every byte"), subject, text, html }
}

/// RFC 3834: what no person wrote says so.
fn is_automatic(mail: &Mail) -> bool {
    match mail {
        Mail::Answers { answers, .. } => {
            answers.iter().all(|line| matches!(line.author, Author::Automatic(_)))
        }
        Mail::Conversation { .. } | Mail::Digest { .. } | Mail::Transcript { .. } | Mail::Test { .. } => true,
    }
}

fn mailbox(mailbox: &Mailbox) -> Address<'_> {
    Address::new_address(
        Some(mailbox.name.as_str()).filter(|name| !name.is_empty()),
        mailbox.address.as_str(),
    )
}

fn raw(text: &str) -> HeaderType<'_> {
    HeaderType::Raw(Raw::new(text))
}

fn text_part<'a>(kind: &'static str, text: &'a str) -> MimePart<'a> {
    MimePart::new(ContentType::new(kind).attribute("charset", "utf-8"), BodyPart::Text(text.into()))
}

/// Made from the content: the builder's own would ask the clock. What could contain it would have to contain its own hash.
fn boundary(text: &str, html: &str) -> String {
    let hash = Sha256::new().chain_update(text).chain_update(html).finalize();
    format!("mostrador_{}", data_encoding::HEXLOWER.encode(&hash[..16]))
}

fn references(all: &[MessageId]) -> Vec<&str> {
    let newest = all.len().saturating_sub(MAX_REFERENCES - 1).max(1);
    let first = all.first().into_iter();
    first.chain(all.get(newest..).unwrap_or_default()).map(MessageId::as_str).collect()
}

/// What both renderings show, with its words chosen: they differ in form and in nothing else.
struct Page<'a> {
    outgoing: &'a Outgoing,
    shop: &'a str,
    subject: String,
    title: String,
    /// What a list of mails shows beside the subject.
    preview: String,
    sections: Vec<Section>,
    button: Option<(String, &'a Link)>,
    hint: Option<String>,
    earlier: Vec<Said>,
    earlier_title: String,
    signature: String,
    why: String,
    leave: Option<(String, &'a Link)>,
}

enum Section {
    /// A person's words, large.
    Said(Said),
    /// Something of ours.
    Note(String),
    /// Who a conversation is with.
    Person {
        name: String,
        address: Option<String>,
        page: Option<(String, Link)>,
        open: Option<(String, Link)>,
    },
}

struct Said {
    who: String,
    when: String,
    text: String,
    files: Vec<MailFile>,
    ours: bool,
    /// The shop's own words: they may have pictures.
    pictured: bool,
}

impl<'a> Page<'a> {
    fn of(outgoing: &'a Outgoing) -> Self {
        let shop = outgoing.texts.general.name.as_str();
        let mut page = Self {
            outgoing,
            shop,
            subject: String::new(),
            title: String::new(),
            preview: String::new(),
            sections: Vec::new(),
            button: None,
            hint: None,
            earlier: Vec::new(),
            earlier_title: String::new(),
            signature: String::new(),
            why: String::new(),
            leave: None,
        };
        page.signature = page.say(MailText::Signature);
        page.earlier_title = page.say(MailText::Earlier);
        match &outgoing.mail {
            Mail::Answers { answers, earlier, resume, files_until } => {
                page.answers(answers, earlier, resume, *files_until)
            }
            Mail::Conversation { why, waiting, change } => page.conversation(*why, waiting, change.as_ref()),
            Mail::Digest { waiting, inbox, change } => page.digest(waiting, inbox, change.as_ref()),
            Mail::Transcript { lines, resume, files_until, .. } => {
                page.transcript(lines, resume.as_ref(), *files_until)
            }
            Mail::Test { answer_by, resume } => page.test(answer_by, resume),
        }
        page
    }

    fn answers(&mut self, answers: &[Line], earlier: &[Line], resume: &'a Link, until: Option<Timestamp>) {
        let agents = self.names(answers);
        self.subject = self.say(MailText::AnswersSubject);
        self.title = self.say_with(MailText::AnswersTitle, &[("agents", &agents)]);
        self.preview = answers.first().map_or_else(String::new, Line::preview);
        self.words(answers, until, false);
        let last = earlier.len().saturating_sub(MAX_EARLIER);
        self.earlier = earlier[last..].iter().map(|line| self.reminder(line)).collect();
        self.button = Some((self.say(MailText::Button), resume));
        self.hint = Some(self.say(self.answered_by_mail(MailText::ReplyHint)));
        self.shoppers_footer(MailText::WhyAnswers);
    }

    fn conversation(&mut self, why: Why, waiting: &'a Waiting, change: Option<&'a Link>) {
        let (subject, title) = match why {
            Why::New => (MailText::NewSubject, MailText::NewTitle),
            Why::Missed => (MailText::MissedSubject, MailText::MissedTitle),
        };
        self.subject = self.say(subject);
        self.title = self.say(title);
        self.preview = waiting.lines.first().map_or_else(String::new, Line::preview);
        let person = self.person(waiting, false);
        self.sections.push(person);
        self.words(&waiting.lines, None, true);
        self.button = Some((self.say(MailText::AgentButton), &waiting.open));
        self.hint = self.outgoing.envelope.reply_to.is_some().then(|| self.say(MailText::AgentReplyHint));
        self.agents_footer(change);
    }

    fn digest(&mut self, waiting: &'a [Waiting], inbox: &'a Link, change: Option<&'a Link>) {
        let count = waiting.len().to_string();
        self.subject = self.say_with(MailText::DigestSubject, &[("count", &count)]);
        self.title = self.say_with(MailText::DigestTitle, &[("count", &count)]);
        let mut left = MAX_WORDS;
        for (shown, one) in waiting.iter().enumerate() {
            let last = one.lines.last().map(|line| self.reminder(line));
            let cost = MAX_REMINDER;
            if left < cost {
                self.sections.push(Section::Note(self.more(waiting.len() - shown)));
                break;
            }
            left -= cost;
            let person = self.person(one, true);
            self.sections.push(person);
            self.sections.extend(last.map(Section::Said));
        }
        self.button = Some((self.say(MailText::DigestButton), inbox));
        self.agents_footer(change);
    }

    fn transcript(&mut self, lines: &[Line], resume: Option<&'a Link>, until: Option<Timestamp>) {
        self.subject = self.say(MailText::TranscriptSubject);
        self.title = self.say(MailText::TranscriptTitle);
        self.words(lines, until, true);
        self.button = resume.map(|link| (self.say(MailText::Button), link));
        self.shoppers_footer(MailText::WhyTranscript);
    }

    fn test(&mut self, answer_by: &HeaderText, resume: &'a Link) {
        self.subject = self.say(MailText::TestSubject);
        self.title = self.say(MailText::TestTitle);
        self.preview = self.say(MailText::TestBody);
        self.sections.push(Section::Note(self.preview.clone()));
        let author = Author::Agent(answer_by.clone());
        let text = self.say(MailText::TestAnswer);
        let line = Line { author, at: self.outgoing.envelope.date, text, files: Vec::new() };
        self.sections.push(Section::Said(self.said(&line)));
        self.button = Some((self.say(MailText::Button), resume));
        self.hint = Some(self.say(self.answered_by_mail(MailText::ReplyHint)));
    }

    /// As many lines as fit: the first ones, or (`newest`) the last ones.
    fn words(&mut self, lines: &[Line], until: Option<Timestamp>, newest: bool) {
        let mut left = MAX_WORDS;
        let mut fits = |line: &&Line| {
            let cost = line.text.chars().count() + 40;
            let fits = cost <= left;
            left = left.saturating_sub(cost);
            fits
        };
        let shown = if newest {
            let count = lines.iter().rev().take_while(&mut fits).count();
            &lines[lines.len() - count..]
        } else {
            &lines[..lines.iter().take_while(&mut fits).count()]
        };
        let more = (shown.len() < lines.len()).then(|| Section::Note(self.more(lines.len() - shown.len())));
        let said: Vec<Section> = shown.iter().map(|line| Section::Said(self.said(line))).collect();
        let files = shown.iter().any(|line| !line.files.is_empty());
        match (more, newest) {
            (Some(more), true) => self.sections.extend(std::iter::once(more).chain(said)),
            (more, _) => self.sections.extend(said.into_iter().chain(more)),
        }
        if let (true, Some(until)) = (files, until) {
            let date = crate::words::day(until, &self.outgoing.zone, &self.outgoing.language);
            self.sections.push(Section::Note(self.say_with(MailText::FilesUntil, &[("date", &date)])));
        }
    }

    fn said(&self, line: &Line) -> Said {
        let to_agent = matches!(
            self.outgoing.mail,
            Mail::Conversation { .. } | Mail::Digest { .. } | Mail::Transcript { to_agent: true, .. }
        );
        let (who, ours) = match &line.author {
            Author::Agent(name) | Author::Automatic(name) => (name.as_str().to_owned(), true),
            Author::Shopper(_) if !to_agent => (self.say(MailText::You), false),
            Author::Shopper(Some(name)) => (name.as_str().to_owned(), false),
            Author::Shopper(None) => (self.say(MailText::Visitor), false),
        };
        Said {
            who: if who.is_empty() { self.shop.to_owned() } else { who },
            when: crate::words::moment(line.at, &self.outgoing.zone, &self.outgoing.language),
            text: line.text.clone(),
            files: line.files.clone(),
            ours,
            pictured: matches!(line.author, Author::Automatic(_)),
        }
    }

    /// What was said, as far as it reminds.
    fn reminder(&self, line: &Line) -> Said {
        Said { text: shortened(&line.in_words()), pictured: false, ..self.said(line) }
    }

    fn person(&self, waiting: &Waiting, with_link: bool) -> Section {
        let name = waiting
            .shopper
            .as_ref()
            .map_or_else(|| self.say(MailText::Visitor), |name| name.as_str().to_owned());
        Section::Person {
            name,
            address: waiting.address.as_ref().map(|address| address.as_str().to_owned()),
            page: waiting.page.clone().map(|page| (self.say(MailText::Page), page)),
            open: with_link.then(|| (self.say(MailText::AgentButton), waiting.open.clone())),
        }
    }

    /// "Ana, Luis": each once, in the order in which they answered.
    fn names(&self, lines: &[Line]) -> String {
        let mut names: Vec<String> = Vec::new();
        for line in lines {
            let said = self.said(line);
            if !names.contains(&said.who) {
                names.push(said.who);
            }
        }
        names.join(", ")
    }

    fn shoppers_footer(&mut self, why: MailText) {
        self.why = self.say(why);
        self.leave =
            self.outgoing.envelope.unsubscribe.as_ref().map(|u| (self.say(MailText::Unsubscribe), &u.page));
    }

    fn agents_footer(&mut self, change: Option<&'a Link>) {
        self.why = self.say(MailText::WhyAgent);
        self.leave = change.map(|page| (self.say(MailText::ChangeNotifications), page));
    }

    fn answered_by_mail(&self, yes: MailText) -> MailText {
        if self.outgoing.envelope.reply_to.is_some() { yes } else { MailText::NoReplyHint }
    }

    fn more(&self, count: usize) -> String {
        self.say_with(MailText::More, &[("count", &count.to_string())])
    }

    fn say(&self, text: MailText) -> String {
        self.say_with(text, &[])
    }

    fn say_with(&self, text: MailText, more: &[(&str, &str)]) -> String {
        let known = [("shop", self.shop), ("reference", self.outgoing.reference.as_str())];
        self.outgoing.texts.say(text, &self.outgoing.language, &[&known[..], more].concat())
    }
}

fn shortened(text: &str) -> String {
    if text.chars().nth(MAX_REMINDER).is_none() {
        return text.to_owned();
    }
    let start: String = text.chars().take(MAX_REMINDER).collect();
    format!("{}…", start.trim_end())
}
