//! What becomes of a mail that came in (E2, E3, E4).
//!
//! Whatever a mail says of itself is a claim: a From header can be anybody's. [`decide`] takes it for somebody's message
//! only if the token in the address that it went to names them, the one address that it is from is the one that the token was sent to, and
//! that address is vouched for by what the receiving server found (DMARC; for a shopper whose domain publishes none, SPF of the same domain).
//! Everything else is kept and shown to agents as what it is: to be looked at, a program's, a bounce, a complaint.
//!
//! The order, as a mail is looked at:
//!
//! 1. A program's mail (RFC 3834), a report of a mail server, one of our own come back: shown small in the conversation that its token
//!    names, or dropped. Never a message, so that nothing answers it.
//! 2. Without a token that we made (none, guessed, truncated, forgotten), it begins a conversation of its own, of somebody unverified. Spam
//!    and viruses do not.
//! 3. With one: whoever holds it is believed to be its recipient if From and the verdicts agree; otherwise a person looks.
//! 4. A shopper's to a closed conversation begins a new one that names it; an agent's is looked at.

use crate::conversation::{MailClass, ReviewWhy};

/// Whom the token in the mail's recipient was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// None, or not one that we made and still know.
    Unknown,
    Revoked,
    Shopper,
    /// `active`: a member of the site still.
    Agent {
        active: bool,
    },
}

/// The From header beside the address that the token was sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// Nobody, several, or no address.
    Unclear,
    Another,
    /// Exactly the address that the token went to.
    Known,
}

/// What speaks for the From header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// DMARC passed: SPF or DKIM, aligned with the From header's domain.
    Dmarc,
    /// The domain publishes no DMARC; SPF passed, of an envelope of the very same domain.
    AlignedSpf,
    /// The domain says to refuse it.
    FailedDmarc,
    /// Nothing does.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Person,
    AutoResponder,
    Bounce,
    Complaint,
    /// One of our own, come back.
    Loop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Something,
    /// Only quotes, or nothing at all.
    NothingNew,
    /// Beyond the limits: nothing of it was taken apart.
    NotTakenApart,
}

/// The conversation that the token names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Closed,
    /// Erased.
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    pub kind: Kind,
    pub token: Token,
    pub conversation: State,
    pub from: From,
    pub authentication: Authentication,
    pub spam: bool,
    pub virus: bool,
    pub content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The shopper's message in the conversation.
    Shopper,
    /// The shopper's message; the conversation is closed, so in a new one that names it.
    Anew,
    /// The agent's message in the conversation.
    Agent,
    /// Backstage in the conversation.
    Note(MailClass),
    /// A new conversation of somebody of whom nothing is known.
    Stranger,
    /// Kept as it came, shown to nobody.
    Drop(Dropped),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// A program's, to nobody's conversation.
    Automatic,
    Spam,
    Virus,
    /// There is nothing to show, and nobody to show it of.
    NothingNew,
}

#[must_use]
pub fn decide(facts: Facts) -> Outcome {
    let named = facts.token != Token::Unknown && facts.conversation != State::Gone;
    let class = match facts.kind {
        Kind::Person => None,
        Kind::AutoResponder | Kind::Loop => Some(MailClass::AutoResponse),
        Kind::Bounce => Some(MailClass::Bounce),
        Kind::Complaint => Some(MailClass::Complaint),
    };
    match (class, named) {
        (Some(class), true) => Outcome::Note(class),
        (Some(_), false) => Outcome::Drop(Dropped::Automatic),
        (None, false) => stranger(facts),
        (None, true) => match doubt(facts) {
            Some(why) => Outcome::Note(MailClass::Review(why)),
            None => believed(facts),
        },
    }
}

fn stranger(facts: Facts) -> Outcome {
    match facts {
        Facts { virus: true, .. } => Outcome::Drop(Dropped::Virus),
        Facts { spam: true, .. } => Outcome::Drop(Dropped::Spam),
        Facts { content: Content::Something, .. } => Outcome::Stranger,
        _ => Outcome::Drop(Dropped::NothingNew),
    }
}

/// Why it is not taken for a message of whom its token was made for. The gravest first: agents are told one.
fn doubt(facts: Facts) -> Option<ReviewWhy> {
    let agent = matches!(facts.token, Token::Agent { .. });
    let doubts = [
        (facts.virus, ReviewWhy::Virus),
        (facts.from == From::Unclear, ReviewWhy::NoOneAuthor),
        (facts.from == From::Another, ReviewWhy::AnotherAddress),
        (facts.authentication == Authentication::FailedDmarc, ReviewWhy::FailedDmarc),
        (facts.authentication == Authentication::Nothing, ReviewWhy::Unauthenticated),
        // An agent speaks for the shop: nothing less than DMARC.
        (agent && facts.authentication != Authentication::Dmarc, ReviewWhy::Unauthenticated),
        (facts.spam, ReviewWhy::Spam),
        (facts.token == Token::Revoked, ReviewWhy::TokenRevoked),
        (facts.token == Token::Agent { active: false }, ReviewWhy::NoAgent),
        (facts.content == Content::NotTakenApart, ReviewWhy::NotTakenApart),
        (facts.content == Content::NothingNew, ReviewWhy::NothingNew),
        (agent && facts.conversation == State::Closed, ReviewWhy::Closed),
    ];
    doubts.into_iter().find_map(|(holds, why)| holds.then_some(why))
}

fn believed(facts: Facts) -> Outcome {
    match (facts.token, facts.conversation) {
        (Token::Agent { .. }, _) => Outcome::Agent,
        (_, State::Closed) => Outcome::Anew,
        _ => Outcome::Shopper,
    }
}

/// Whether an envelope of `envelope` speaks for a From header of `from`, where SPF has passed: the same domain, or one of them below the
/// other. (DMARC's own relaxed alignment needs a list of public suffixes; whoever wants more publishes DMARC.)
#[must_use]
pub fn is_aligned(envelope: &str, from: &str) -> bool {
    let below = |one: &str, other: &str| {
        one.strip_suffix(other).is_some_and(|rest| rest.ends_with('.')) && other.contains('.')
    };
    let (envelope, from) = (envelope.to_ascii_lowercase(), from.to_ascii_lowercase());
    !from.is_empty() && (envelope == from || below(&envelope, &from))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shopper's answer, as it should be.
    const GOOD: Facts = Facts {
        kind: Kind::Person,
        token: Token::Shopper,
        conversation: State::Open,
        from: From::Known,
        authentication: Authentication::Dmarc,
        spam: false,
        virus: false,
        content: Content::Something,
    };
    const AGENT: Facts = Facts { token: Token::Agent { active: true }, ..GOOD };

    fn review(why: ReviewWhy) -> Outcome {
        Outcome::Note(MailClass::Review(why))
    }

    #[test]
    fn situations() {
        use ReviewWhy as R;
        let table: &[(&str, Facts, Outcome)] = &[
            ("a shopper's answer", GOOD, Outcome::Shopper),
            (
                "whose domain publishes no DMARC",
                Facts { authentication: Authentication::AlignedSpf, ..GOOD },
                Outcome::Shopper,
            ),
            ("to a closed conversation", Facts { conversation: State::Closed, ..GOOD }, Outcome::Anew),
            ("to an erased one", Facts { conversation: State::Gone, ..GOOD }, Outcome::Stranger),
            ("an agent's answer", AGENT, Outcome::Agent),
            (
                "an agent's without DMARC",
                Facts { authentication: Authentication::AlignedSpf, ..AGENT },
                review(R::Unauthenticated),
            ),
            (
                "of an agent who has left",
                Facts { token: Token::Agent { active: false }, ..GOOD },
                review(R::NoAgent),
            ),
            (
                "an agent's to a closed conversation",
                Facts { conversation: State::Closed, ..AGENT },
                review(R::Closed),
            ),
            (
                "an agent's token from elsewhere",
                Facts { from: From::Another, ..AGENT },
                review(R::AnotherAddress),
            ),
            ("from another address", Facts { from: From::Another, ..GOOD }, review(R::AnotherAddress)),
            ("from several", Facts { from: From::Unclear, ..GOOD }, review(R::NoOneAuthor)),
            ("forged", Facts { authentication: Authentication::FailedDmarc, ..GOOD }, review(R::FailedDmarc)),
            (
                "vouched for by nothing",
                Facts { authentication: Authentication::Nothing, ..GOOD },
                review(R::Unauthenticated),
            ),
            ("with a virus", Facts { virus: true, ..GOOD }, review(R::Virus)),
            ("called spam", Facts { spam: true, ..GOOD }, review(R::Spam)),
            (
                "with a token that was revoked",
                Facts { token: Token::Revoked, ..GOOD },
                review(R::TokenRevoked),
            ),
            ("only quotes", Facts { content: Content::NothingNew, ..GOOD }, review(R::NothingNew)),
            ("a bomb", Facts { content: Content::NotTakenApart, ..GOOD }, review(R::NotTakenApart)),
            (
                "an absence note",
                Facts { kind: Kind::AutoResponder, ..GOOD },
                Outcome::Note(MailClass::AutoResponse),
            ),
            (
                "an absence note to an agent's token",
                Facts { kind: Kind::AutoResponder, ..AGENT },
                Outcome::Note(MailClass::AutoResponse),
            ),
            (
                "our own, come back",
                Facts { kind: Kind::Loop, ..GOOD },
                Outcome::Note(MailClass::AutoResponse),
            ),
            ("a bounce", Facts { kind: Kind::Bounce, ..GOOD }, Outcome::Note(MailClass::Bounce)),
            ("a complaint", Facts { kind: Kind::Complaint, ..GOOD }, Outcome::Note(MailClass::Complaint)),
            ("a guessed token", Facts { token: Token::Unknown, ..GOOD }, Outcome::Stranger),
            (
                "a guessed token, forged",
                Facts { token: Token::Unknown, authentication: Authentication::FailedDmarc, ..GOOD },
                Outcome::Stranger,
            ),
            (
                "spam to nobody",
                Facts { token: Token::Unknown, spam: true, ..GOOD },
                Outcome::Drop(Dropped::Spam),
            ),
            (
                "a virus to nobody",
                Facts { token: Token::Unknown, virus: true, ..GOOD },
                Outcome::Drop(Dropped::Virus),
            ),
            (
                "nothing to nobody",
                Facts { token: Token::Unknown, content: Content::NothingNew, ..GOOD },
                Outcome::Drop(Dropped::NothingNew),
            ),
            (
                "a program's to nobody",
                Facts { token: Token::Unknown, kind: Kind::AutoResponder, ..GOOD },
                Outcome::Drop(Dropped::Automatic),
            ),
        ];
        for (what, facts, expect) in table {
            assert_eq!(decide(*facts), *expect, "{what}");
        }
    }

    /// Every combination there is.
    fn all() -> Vec<Facts> {
        let mut all = Vec::new();
        let kinds = [Kind::Person, Kind::AutoResponder, Kind::Bounce, Kind::Complaint, Kind::Loop];
        let tokens = [
            Token::Unknown,
            Token::Revoked,
            Token::Shopper,
            Token::Agent { active: true },
            Token::Agent { active: false },
        ];
        use Authentication::{AlignedSpf, Dmarc, FailedDmarc, Nothing};
        for kind in kinds {
            for token in tokens {
                for conversation in [State::Open, State::Closed, State::Gone] {
                    for from in [From::Unclear, From::Another, From::Known] {
                        for authentication in [Dmarc, AlignedSpf, FailedDmarc, Nothing] {
                            for odd in 0..4 {
                                for content in
                                    [Content::Something, Content::NothingNew, Content::NotTakenApart]
                                {
                                    let (spam, virus) = (odd & 1 != 0, odd & 2 != 0);
                                    all.push(Facts {
                                        kind,
                                        token,
                                        conversation,
                                        from,
                                        authentication,
                                        spam,
                                        virus,
                                        content,
                                    });
                                }
                            }
                        }
                    }
                }
            }
        }
        all
    }

    #[test]
    fn a_29_nobody_is_an_author_without_their_token_their_address_and_somebody_who_vouches_for_it() {
        let mut believed = 0;
        for facts in all() {
            let outcome = decide(facts);
            let vouched = match facts.authentication {
                Authentication::Dmarc => true,
                Authentication::AlignedSpf => facts.token == Token::Shopper,
                _ => false,
            };
            let proven = facts.kind == Kind::Person && facts.from == From::Known && vouched && !facts.virus;
            match outcome {
                Outcome::Shopper | Outcome::Anew => {
                    assert!(proven && facts.token == Token::Shopper, "{facts:?}");
                    believed += 1;
                }
                Outcome::Agent => {
                    assert!(proven && facts.token == Token::Agent { active: true }, "{facts:?}");
                    assert_eq!(facts.authentication, Authentication::Dmarc);
                    believed += 1;
                }
                Outcome::Note(_) | Outcome::Stranger | Outcome::Drop(_) => {}
            }
        }
        // Shopper: open and closed, by DMARC and SPF; agent: one.
        assert_eq!(believed, 5);
    }

    #[test]
    fn f_17_what_no_person_wrote_is_never_a_message() {
        for facts in all().into_iter().filter(|facts| facts.kind != Kind::Person) {
            assert!(
                matches!(
                    decide(facts),
                    Outcome::Note(MailClass::AutoResponse | MailClass::Bounce | MailClass::Complaint)
                        | Outcome::Drop(Dropped::Automatic)
                ),
                "{facts:?}"
            );
        }
    }

    #[test]
    fn a_30_without_a_token_of_ours_nothing_reaches_a_conversation_that_there_is() {
        for facts in all().into_iter().filter(|facts| facts.token == Token::Unknown) {
            assert!(matches!(decide(facts), Outcome::Stranger | Outcome::Drop(_)), "{facts:?}");
        }
    }

    #[test]
    fn a_29_an_envelope_speaks_for_its_own_domain() {
        for (envelope, from, aligned) in [
            ("shop.example", "shop.example", true),
            ("Bounce.Shop.example", "shop.EXAMPLE", true),
            ("evil.example", "shop.example", false),
            ("evilshop.example", "shop.example", false),
            ("shop.example", "mail.shop.example", false),
            ("shop.example", "example", false),
            ("", "", false),
            ("shop.example", "", false),
        ] {
            assert_eq!(is_aligned(envelope, from), aligned, "{envelope} {from}");
        }
    }
}
