//! What our mails say, in four languages; every text may be said otherwise by the merchant, in any language of the site. How a mail is
//! made of them is `mail`'s to know.

use super::{Shipped, TextSpec};

/// A text of a mail. What its variables stand for is said in [`MAIL_TEXTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailText {
    AnswersSubject,
    AnswersTitle,
    Button,
    ReplyHint,
    NoReplyHint,
    Earlier,
    More,
    FilesUntil,
    You,
    Visitor,
    Signature,
    WhyAnswers,
    WhyTranscript,
    Unsubscribe,
    NewSubject,
    NewTitle,
    MissedSubject,
    MissedTitle,
    AgentButton,
    AgentReplyHint,
    Page,
    WhyAgent,
    ChangeNotifications,
    DigestSubject,
    DigestTitle,
    DigestButton,
    TranscriptSubject,
    TranscriptTitle,
    TestSubject,
    TestTitle,
    TestBody,
    TestAnswer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailTextSpec {
    pub text: MailText,
    /// As settings name it.
    pub key: &'static str,
    /// What it is, for whoever edits it.
    pub what: &'static str,
    pub spec: TextSpec,
    pub shipped: Shipped,
}

impl MailText {
    #[must_use]
    pub fn spec(self) -> &'static MailTextSpec {
        MAIL_TEXTS
            .iter()
            .find(|spec| spec.text == self)
            .expect("every text is in the table; a test counts them")
    }

    #[must_use]
    pub fn named(key: &str) -> Option<Self> {
        MAIL_TEXTS.iter().find(|spec| spec.key == key).map(|spec| spec.text)
    }
}

const fn line(
    text: MailText,
    key: &'static str,
    what: &'static str,
    variables: &'static [&'static str],
    [en, es, pt_br, it]: [&'static str; 4],
) -> MailTextSpec {
    MailTextSpec {
        text,
        key,
        what,
        spec: TextSpec::line(200, variables),
        shipped: Shipped { en, es, pt_br, it },
    }
}

const fn prose(
    text: MailText,
    key: &'static str,
    what: &'static str,
    variables: &'static [&'static str],
    [en, es, pt_br, it]: [&'static str; 4],
) -> MailTextSpec {
    MailTextSpec {
        text,
        key,
        what,
        spec: TextSpec::prose(1_000, variables),
        shipped: Shipped { en, es, pt_br, it },
    }
}

/// Subjects know the shop and the conversation's short name and nothing else: what a shopper typed never stands in a subject
/// (TRUST A31), and mail programs keep together what has one subject.
pub const MAIL_TEXTS: &[MailTextSpec] = &[
    line(
        MailText::AnswersSubject,
        "answers_subject",
        "Subject of the mail with answers",
        &["shop", "reference"],
        [
            "Your conversation with {shop} ({reference})",
            "Tu conversación con {shop} ({reference})",
            "Sua conversa com {shop} ({reference})",
            "La tua conversazione con {shop} ({reference})",
        ],
    ),
    line(
        MailText::AnswersTitle,
        "answers_title",
        "Above the answers; {agents} are the names of who answered",
        &["shop", "agents"],
        [
            "{agents} ({shop}) answered you",
            "Respuesta de {agents} ({shop})",
            "Resposta de {agents} ({shop})",
            "Risposta di {agents} ({shop})",
        ],
    ),
    line(
        MailText::Button,
        "button",
        "The button that opens the conversation in the shop",
        &["shop"],
        [
            "Continue the conversation",
            "Seguir la conversación",
            "Continuar a conversa",
            "Continua la conversazione",
        ],
    ),
    line(
        MailText::ReplyHint,
        "reply_hint",
        "Under the button, when answers by mail arrive",
        &["shop"],
        [
            "Or just reply to this mail.",
            "O simplemente responde a este correo.",
            "Ou simplesmente responda a este e-mail.",
            "Oppure rispondi semplicemente a questa email.",
        ],
    ),
    line(
        MailText::NoReplyHint,
        "no_reply_hint",
        "Under the button, when nobody reads answers by mail",
        &["shop"],
        [
            "Replies to this mail are not read: the button opens the conversation.",
            "Las respuestas a este correo no se leen: el botón abre la conversación.",
            "As respostas a este e-mail não são lidas: o botão abre a conversa.",
            "Le risposte a questa email non vengono lette: il pulsante apre la conversazione.",
        ],
    ),
    line(
        MailText::Earlier,
        "earlier",
        "Above the last lines of the conversation",
        &[],
        [
            "Earlier in this conversation",
            "Antes en esta conversación",
            "Antes nesta conversa",
            "Prima in questa conversazione",
        ],
    ),
    line(
        MailText::More,
        "more",
        "Where a mail shows only a part; {count} is how much is left out",
        &["count"],
        [
            "{count} more in the conversation",
            "{count} más en la conversación",
            "Mais {count} na conversa",
            "Altri {count} nella conversazione",
        ],
    ),
    line(
        MailText::FilesUntil,
        "files_until",
        "Under links to files; {date} is the last day on which they open",
        &["date"],
        [
            "The links open until {date}.",
            "Los enlaces se abren hasta el {date}.",
            "Os links abrem até {date}.",
            "I link si aprono fino al {date}.",
        ],
    ),
    line(MailText::You, "you", "The shopper, in a mail to the shopper", &[], ["You", "Tú", "Você", "Tu"]),
    line(
        MailText::Visitor,
        "visitor",
        "A shopper without a name, in a mail to agents",
        &[],
        ["Visitor", "Visitante", "Visitante", "Visitatore"],
    ),
    prose(
        MailText::Signature,
        "signature",
        "Below everything, in the shop's own words",
        &["shop"],
        ["{shop}", "{shop}", "{shop}", "{shop}"],
    ),
    line(
        MailText::WhyAnswers,
        "why_answers",
        "In the footer of the mail with answers",
        &["shop"],
        [
            "You get this mail because you wrote to {shop} and left this address.",
            "Recibes este correo porque escribiste a {shop} y dejaste esta dirección.",
            "Você recebe este e-mail porque escreveu para {shop} e deixou este endereço.",
            "Ricevi questa email perché hai scritto a {shop} e hai lasciato questo indirizzo.",
        ],
    ),
    line(
        MailText::WhyTranscript,
        "why_transcript",
        "In the footer of a transcript",
        &["shop"],
        [
            "You get this copy because it was asked for in the conversation with {shop}.",
            "Recibes esta copia porque se pidió en la conversación con {shop}.",
            "Você recebe esta cópia porque ela foi pedida na conversa com {shop}.",
            "Ricevi questa copia perché è stata richiesta nella conversazione con {shop}.",
        ],
    ),
    line(
        MailText::Unsubscribe,
        "unsubscribe",
        "The link that ends mails to this address",
        &[],
        ["No more mails", "No recibir más correos", "Não receber mais e-mails", "Non ricevere più email"],
    ),
    line(
        MailText::NewSubject,
        "new_subject",
        "Subject of the mail to agents about a new conversation",
        &["shop", "reference"],
        [
            "New conversation at {shop} ({reference})",
            "Nueva conversación en {shop} ({reference})",
            "Nova conversa em {shop} ({reference})",
            "Nuova conversazione su {shop} ({reference})",
        ],
    ),
    line(
        MailText::NewTitle,
        "new_title",
        "Above a new conversation",
        &["shop"],
        ["New conversation", "Nueva conversación", "Nova conversa", "Nuova conversazione"],
    ),
    line(
        MailText::MissedSubject,
        "missed_subject",
        "Subject of the mail to agents about a missed conversation",
        &["shop", "reference"],
        [
            "Missed conversation at {shop} ({reference})",
            "Conversación perdida en {shop} ({reference})",
            "Conversa perdida em {shop} ({reference})",
            "Conversazione persa su {shop} ({reference})",
        ],
    ),
    line(
        MailText::MissedTitle,
        "missed_title",
        "Above a missed conversation",
        &["shop"],
        [
            "Nobody was there to answer",
            "No había nadie para responder",
            "Não havia ninguém para responder",
            "Non c'era nessuno a rispondere",
        ],
    ),
    line(
        MailText::AgentButton,
        "agent_button",
        "The button that opens the conversation in the inbox",
        &[],
        [
            "Open in the inbox",
            "Abrir en la bandeja",
            "Abrir na caixa de entrada",
            "Apri nella posta in arrivo",
        ],
    ),
    line(
        MailText::AgentReplyHint,
        "agent_reply_hint",
        "Under the agents' button, when they may answer by mail",
        &[],
        [
            "Or reply to this mail: the shopper gets your words under your name.",
            "O responde a este correo: quien escribió recibe tus palabras con tu nombre.",
            "Ou responda a este e-mail: o cliente recebe as suas palavras com o seu nome.",
            "Oppure rispondi a questa email: il cliente riceve le tue parole con il tuo nome.",
        ],
    ),
    line(MailText::Page, "page", "Before the page on which the shopper is", &[], ["On", "En", "Em", "Su"]),
    line(
        MailText::WhyAgent,
        "why_agent",
        "In the footer of mails to agents",
        &["shop"],
        [
            "You get this mail because you answer for {shop}.",
            "Recibes este correo porque respondes por {shop}.",
            "Você recebe este e-mail porque responde por {shop}.",
            "Ricevi questa email perché rispondi per {shop}.",
        ],
    ),
    line(
        MailText::ChangeNotifications,
        "change_notifications",
        "The link to an agent's notifications",
        &[],
        ["Change notifications", "Cambiar avisos", "Mudar notificações", "Cambia le notifiche"],
    ),
    line(
        MailText::DigestSubject,
        "digest_subject",
        "Subject of the agents' digest; {count} conversations",
        &["shop", "count"],
        [
            "Waiting for an answer at {shop}: {count}",
            "Esperan respuesta en {shop}: {count}",
            "Esperam resposta em {shop}: {count}",
            "In attesa di risposta su {shop}: {count}",
        ],
    ),
    line(
        MailText::DigestTitle,
        "digest_title",
        "Above the digest",
        &["shop", "count"],
        ["Waiting for an answer", "Esperan respuesta", "Esperam resposta", "In attesa di risposta"],
    ),
    line(
        MailText::DigestButton,
        "digest_button",
        "The button that opens the inbox",
        &[],
        ["Open the inbox", "Abrir la bandeja", "Abrir a caixa de entrada", "Apri la posta in arrivo"],
    ),
    line(
        MailText::TranscriptSubject,
        "transcript_subject",
        "Subject of a transcript",
        &["shop", "reference"],
        [
            "Copy of your conversation with {shop} ({reference})",
            "Copia de tu conversación con {shop} ({reference})",
            "Cópia da sua conversa com {shop} ({reference})",
            "Copia della tua conversazione con {shop} ({reference})",
        ],
    ),
    line(
        MailText::TranscriptTitle,
        "transcript_title",
        "Above a transcript",
        &["shop"],
        [
            "The conversation with {shop}",
            "La conversación con {shop}",
            "A conversa com {shop}",
            "La conversazione con {shop}",
        ],
    ),
    line(
        MailText::TestSubject,
        "test_subject",
        "Subject of the test mail",
        &["shop"],
        [
            "Test mail from {shop}",
            "Correo de prueba de {shop}",
            "E-mail de teste de {shop}",
            "Email di prova di {shop}",
        ],
    ),
    line(
        MailText::TestTitle,
        "test_title",
        "Above the test mail",
        &["shop"],
        ["Mail works", "El correo funciona", "O e-mail funciona", "La posta funziona"],
    ),
    prose(
        MailText::TestBody,
        "test_body",
        "What the test mail says",
        &["shop"],
        [
            "This is how shoppers see the mails of {shop}. If it came without going to spam, all is well.",
            "Así ven los clientes los correos de {shop}. Si ha llegado sin pasar por spam, todo está bien.",
            "É assim que os clientes veem os e-mails de {shop}. Se chegou sem passar pelo spam, está tudo certo.",
            "Così i clienti vedono le email di {shop}. Se è arrivata senza finire nello spam, va tutto bene.",
        ],
    ),
    prose(
        MailText::TestAnswer,
        "test_answer",
        "The example of an answer in the test mail",
        &["shop"],
        [
            "Hello! The blue one is back in stock. Shall we put one aside for you?",
            "¡Hola! El azul vuelve a estar disponible. ¿Te guardamos uno?",
            "Olá! O azul voltou ao estoque. Quer que separemos um para você?",
            "Ciao! Quello blu è di nuovo disponibile. Te ne mettiamo da parte uno?",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::unknown_variable;
    use std::collections::BTreeSet;

    #[test]
    fn every_text_is_said_in_every_language_with_its_variables() {
        let keys: BTreeSet<_> = MAIL_TEXTS.iter().map(|spec| spec.key).collect();
        let texts: BTreeSet<_> = MAIL_TEXTS.iter().map(|spec| spec.text).collect();
        assert_eq!((keys.len(), texts.len()), (MAIL_TEXTS.len(), MAIL_TEXTS.len()), "one row each");
        // The last of the enum: a text without a row would make this differ.
        assert_eq!(MailText::TestAnswer as usize + 1, MAIL_TEXTS.len(), "a text has no row");
        for spec in MAIL_TEXTS {
            assert_eq!(MailText::named(spec.key), Some(spec.text));
            let used = |text: &str| -> BTreeSet<&str> {
                spec.spec
                    .variables
                    .iter()
                    .copied()
                    .filter(|name| text.contains(&format!("{{{name}}}")))
                    .collect()
            };
            for text in spec.shipped.all() {
                assert!(!text.trim().is_empty(), "{}", spec.key);
                assert_eq!(spec.spec.problem(text), None, "{}: {text}", spec.key);
                assert_eq!(unknown_variable(text, spec.spec.variables), None, "{}: {text}", spec.key);
                assert_eq!(used(text), used(spec.shipped.en), "{}: {text}", spec.key);
            }
        }
    }

    #[test]
    fn a_31_no_subject_has_a_place_for_what_a_shopper_typed() {
        for spec in MAIL_TEXTS.iter().filter(|spec| spec.key.ends_with("subject")) {
            assert!(
                spec.spec.variables.iter().all(|v| ["shop", "reference", "count"].contains(v)),
                "{}",
                spec.key
            );
            assert!(!spec.spec.prose);
        }
    }
}
