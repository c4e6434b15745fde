//! Triggers ready to be used (T3): each is whole once it has the address of a page and a text. A first delay and a cap on
//! its frequency are built in. Name, purpose and a suggested text come in our four languages.

use super::draft::{
    Draft, DraftAction, DraftCondition, DraftFrequency, DraftPattern, DraftRange, DraftSender,
};
use super::pattern::PatternKind;
use super::{Display, When, Window};
use crate::settings::Shipped;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Template {
    StuckOnLanding,
    LongForm,
    ContactPage,
    CartOrCheckout,
}

impl Template {
    pub const ALL: [Self; 4] =
        [Self::StuckOnLanding, Self::LongForm, Self::ContactPage, Self::CartOrCheckout];

    /// Also the id of the trigger that is made of it, as long as no other has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StuckOnLanding => "stuck_on_landing",
            Self::LongForm => "long_form",
            Self::ContactPage => "contact_page",
            Self::CartOrCheckout => "cart_or_checkout",
        }
    }

    #[must_use]
    pub const fn title(self) -> Shipped {
        match self {
            Self::StuckOnLanding => Shipped {
                en: "Stuck on the landing page",
                es: "Sin avanzar en la página de entrada",
                pt_br: "Sem avançar na página de entrada",
                it: "Fermo sulla pagina d'ingresso",
            },
            Self::LongForm => Shipped {
                en: "A long form",
                es: "Un formulario largo",
                pt_br: "Um formulário longo",
                it: "Un modulo lungo",
            },
            Self::ContactPage => Shipped {
                en: "The contact page",
                es: "La página de contacto",
                pt_br: "A página de contato",
                it: "La pagina dei contatti",
            },
            Self::CartOrCheckout => Shipped {
                en: "Cart or checkout",
                es: "Carrito o pago",
                pt_br: "Carrinho ou pagamento",
                it: "Carrello o pagamento",
            },
        }
    }

    /// When it speaks, in a sentence.
    #[must_use]
    pub const fn purpose(self) -> Shipped {
        match self {
            Self::StuckOnLanding => Shipped {
                en: "Greets a visitor who has been on the first page for 30 seconds without going on. Once a visit.",
                es: "Saluda a quien lleva 30 segundos en la primera página sin seguir adelante. Una vez por visita.",
                pt_br: "Cumprimenta quem está há 30 segundos na primeira página sem seguir adiante. Uma vez por visita.",
                it: "Saluta chi è da 30 secondi sulla prima pagina senza proseguire. Una volta per visita.",
            },
            Self::LongForm => Shipped {
                en: "Offers help to a visitor who has paused for 40 seconds over a form. Once a visit.",
                es: "Ofrece ayuda a quien lleva 40 segundos parado en un formulario. Una vez por visita.",
                pt_br: "Oferece ajuda a quem está há 40 segundos parado em um formulário. Uma vez por visita.",
                it: "Offre aiuto a chi è fermo da 40 secondi su un modulo. Una volta per visita.",
            },
            Self::ContactPage => Shipped {
                en: "Offers the chat, 10 seconds after the contact page was opened. At most once a week.",
                es: "Ofrece el chat 10 segundos después de abrir la página de contacto. Como mucho una vez por semana.",
                pt_br: "Oferece o chat 10 segundos depois de aberta a página de contato. No máximo uma vez por semana.",
                it: "Offre la chat 10 secondi dopo l'apertura della pagina dei contatti. Al massimo una volta a settimana.",
            },
            Self::CartOrCheckout => Shipped {
                en: "Asks a visitor who has been at the cart or checkout for a minute whether anything is unclear. Once a visit.",
                es: "Pregunta si hay alguna duda a quien lleva un minuto en el carrito o el pago. Una vez por visita.",
                pt_br: "Pergunta a quem está há um minuto no carrinho ou no pagamento se há alguma dúvida. Uma vez por visita.",
                it: "Chiede a chi è da un minuto nel carrello o al pagamento se c'è qualche dubbio. Una volta per visita.",
            },
        }
    }

    /// What it says unless the merchant writes otherwise.
    #[must_use]
    pub const fn text(self) -> Shipped {
        match self {
            Self::StuckOnLanding => Shipped {
                en: "Hello! Are you looking for something? We are happy to help you find it.",
                es: "¡Hola! ¿Buscas algo? Te ayudamos con gusto a encontrarlo.",
                pt_br: "Olá! Está procurando alguma coisa? Ajudamos você a encontrar.",
                it: "Ciao! Cerchi qualcosa? Ti aiutiamo volentieri a trovarlo.",
            },
            Self::LongForm => Shipped {
                en: "Is something in this form unclear? Ask us here.",
                es: "¿Hay algo en este formulario que no esté claro? Pregúntanos aquí.",
                pt_br: "Alguma coisa neste formulário não está clara? Pergunte aqui.",
                it: "C'è qualcosa di poco chiaro in questo modulo? Chiedici qui.",
            },
            Self::ContactPage => Shipped {
                en: "Would you like to talk to us? Here we usually answer fastest.",
                es: "¿Quieres hablar con nosotros? Aquí solemos responder antes.",
                pt_br: "Quer falar conosco? Por aqui costumamos responder mais rápido.",
                it: "Vuoi parlare con noi? Qui di solito rispondiamo prima.",
            },
            Self::CartOrCheckout => Shipped {
                en: "Any question about your order, delivery or payment? We are here.",
                es: "¿Alguna duda sobre tu pedido, el envío o el pago? Aquí estamos.",
                pt_br: "Alguma dúvida sobre o pedido, a entrega ou o pagamento? Estamos aqui.",
                it: "Qualche domanda sull'ordine, la consegna o il pagamento? Siamo qui.",
            },
        }
    }

    /// The trigger for `url` (an exact address, or with `*`) that says `text` in `language`.
    #[must_use]
    pub fn draft(self, url: &str, language: &str, text: &str) -> Draft {
        let kind = if url.contains('*') { PatternKind::Wildcard } else { PatternKind::Exact };
        let page =
            DraftCondition::Page { is: true, patterns: vec![DraftPattern { kind, text: url.to_owned() }] };
        let closed = DraftCondition::Window { is: Window::Closed };
        let (more, frequency) = match self {
            Self::StuckOnLanding => {
                let first = DraftRange { at_least: None, at_most: Some(1.0) };
                let conditions = vec![
                    DraftCondition::PagesSeen { range: first },
                    DraftCondition::TimeOnPage { seconds: 30 },
                ];
                (conditions, DraftFrequency::OncePerVisit)
            }
            Self::LongForm => {
                let conditions =
                    vec![DraftCondition::TimeOnPage { seconds: 20 }, DraftCondition::Idle { seconds: 40 }];
                (conditions, DraftFrequency::OncePerVisit)
            }
            Self::ContactPage => {
                (vec![DraftCondition::TimeOnPage { seconds: 10 }], DraftFrequency::EveryDays(7))
            }
            // No condition on the cart's contents: it works before the shop reports any.
            Self::CartOrCheckout => {
                (vec![DraftCondition::TimeOnPage { seconds: 60 }], DraftFrequency::OncePerVisit)
            }
        };
        let languages = crate::settings::SHIPPED;
        let place = languages.iter().position(|shipped| *shipped == language).unwrap_or(0);
        Draft {
            id: self.name().to_owned(),
            name: self.title().all()[place].to_owned(),
            enabled: true,
            when: When::Online,
            conditions: [page].into_iter().chain(more).chain([closed]).collect(),
            actions: vec![DraftAction::Message {
                sender: DraftSender::Bot,
                texts: vec![(language.to_owned(), text.to_owned())],
                display: Display::Teaser,
            }],
            frequency,
        }
    }
}
