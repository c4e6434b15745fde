// Generated from shared/domain by `cargo xtask generate`. Do not edit.

import type { TriggerBody } from "./index.js";

/** Title, purpose and a suggested text by language. `trigger` is for the page `/` and says the English text. */
export type TriggerTemplate = { name: string, title: Record<string, string>, purpose: Record<string, string>, text: Record<string, string>, trigger: TriggerBody };

export const TRIGGER_TEMPLATES: readonly TriggerTemplate[] = [
  {
    "name": "stuck_on_landing",
    "purpose": {
      "en": "Greets a visitor who has been on the first page for 30 seconds without going on. Once a visit.",
      "es": "Saluda a quien lleva 30 segundos en la primera página sin seguir adelante. Una vez por visita.",
      "it": "Saluta chi è da 30 secondi sulla prima pagina senza proseguire. Una volta per visita.",
      "pt-BR": "Cumprimenta quem está há 30 segundos na primeira página sem seguir adiante. Uma vez por visita."
    },
    "text": {
      "en": "Hello! Are you looking for something? We are happy to help you find it.",
      "es": "¡Hola! ¿Buscas algo? Te ayudamos con gusto a encontrarlo.",
      "it": "Ciao! Cerchi qualcosa? Ti aiutiamo volentieri a trovarlo.",
      "pt-BR": "Olá! Está procurando alguma coisa? Ajudamos você a encontrar."
    },
    "title": {
      "en": "Stuck on the landing page",
      "es": "Sin avanzar en la página de entrada",
      "it": "Fermo sulla pagina d'ingresso",
      "pt-BR": "Sem avançar na página de entrada"
    },
    "trigger": {
      "actions": [
        {
          "display": "teaser",
          "kind": "message",
          "sender": {
            "kind": "bot"
          },
          "texts": {
            "en": "Hello! Are you looking for something? We are happy to help you find it."
          }
        }
      ],
      "conditions": [
        {
          "is": true,
          "kind": "page",
          "patterns": [
            {
              "kind": "exact",
              "text": "/"
            }
          ]
        },
        {
          "at_most": 1.0,
          "kind": "pages_seen"
        },
        {
          "kind": "time_on_page",
          "seconds": 30
        },
        {
          "is": "closed",
          "kind": "window"
        }
      ],
      "enabled": true,
      "frequency": {
        "kind": "once_per_visit"
      },
      "id": "stuck_on_landing",
      "name": "Stuck on the landing page",
      "when": "online"
    }
  },
  {
    "name": "long_form",
    "purpose": {
      "en": "Offers help to a visitor who has paused for 40 seconds over a form. Once a visit.",
      "es": "Ofrece ayuda a quien lleva 40 segundos parado en un formulario. Una vez por visita.",
      "it": "Offre aiuto a chi è fermo da 40 secondi su un modulo. Una volta per visita.",
      "pt-BR": "Oferece ajuda a quem está há 40 segundos parado em um formulário. Uma vez por visita."
    },
    "text": {
      "en": "Is something in this form unclear? Ask us here.",
      "es": "¿Hay algo en este formulario que no esté claro? Pregúntanos aquí.",
      "it": "C'è qualcosa di poco chiaro in questo modulo? Chiedici qui.",
      "pt-BR": "Alguma coisa neste formulário não está clara? Pergunte aqui."
    },
    "title": {
      "en": "A long form",
      "es": "Un formulario largo",
      "it": "Un modulo lungo",
      "pt-BR": "Um formulário longo"
    },
    "trigger": {
      "actions": [
        {
          "display": "teaser",
          "kind": "message",
          "sender": {
            "kind": "bot"
          },
          "texts": {
            "en": "Is something in this form unclear? Ask us here."
          }
        }
      ],
      "conditions": [
        {
          "is": true,
          "kind": "page",
          "patterns": [
            {
              "kind": "exact",
              "text": "/"
            }
          ]
        },
        {
          "kind": "time_on_page",
          "seconds": 20
        },
        {
          "kind": "idle",
          "seconds": 40
        },
        {
          "is": "closed",
          "kind": "window"
        }
      ],
      "enabled": true,
      "frequency": {
        "kind": "once_per_visit"
      },
      "id": "long_form",
      "name": "A long form",
      "when": "online"
    }
  },
  {
    "name": "contact_page",
    "purpose": {
      "en": "Offers the chat, 10 seconds after the contact page was opened. At most once a week.",
      "es": "Ofrece el chat 10 segundos después de abrir la página de contacto. Como mucho una vez por semana.",
      "it": "Offre la chat 10 secondi dopo l'apertura della pagina dei contatti. Al massimo una volta a settimana.",
      "pt-BR": "Oferece o chat 10 segundos depois de aberta a página de contato. No máximo uma vez por semana."
    },
    "text": {
      "en": "Would you like to talk to us? Here we usually answer fastest.",
      "es": "¿Quieres hablar con nosotros? Aquí solemos responder antes.",
      "it": "Vuoi parlare con noi? Qui di solito rispondiamo prima.",
      "pt-BR": "Quer falar conosco? Por aqui costumamos responder mais rápido."
    },
    "title": {
      "en": "The contact page",
      "es": "La página de contacto",
      "it": "La pagina dei contatti",
      "pt-BR": "A página de contato"
    },
    "trigger": {
      "actions": [
        {
          "display": "teaser",
          "kind": "message",
          "sender": {
            "kind": "bot"
          },
          "texts": {
            "en": "Would you like to talk to us? Here we usually answer fastest."
          }
        }
      ],
      "conditions": [
        {
          "is": true,
          "kind": "page",
          "patterns": [
            {
              "kind": "exact",
              "text": "/"
            }
          ]
        },
        {
          "kind": "time_on_page",
          "seconds": 10
        },
        {
          "is": "closed",
          "kind": "window"
        }
      ],
      "enabled": true,
      "frequency": {
        "days": 7,
        "kind": "every_days"
      },
      "id": "contact_page",
      "name": "The contact page",
      "when": "online"
    }
  },
  {
    "name": "cart_or_checkout",
    "purpose": {
      "en": "Asks a visitor who has been at the cart or checkout for a minute whether anything is unclear. Once a visit.",
      "es": "Pregunta si hay alguna duda a quien lleva un minuto en el carrito o el pago. Una vez por visita.",
      "it": "Chiede a chi è da un minuto nel carrello o al pagamento se c'è qualche dubbio. Una volta per visita.",
      "pt-BR": "Pergunta a quem está há um minuto no carrinho ou no pagamento se há alguma dúvida. Uma vez por visita."
    },
    "text": {
      "en": "Any question about your order, delivery or payment? We are here.",
      "es": "¿Alguna duda sobre tu pedido, el envío o el pago? Aquí estamos.",
      "it": "Qualche domanda sull'ordine, la consegna o il pagamento? Siamo qui.",
      "pt-BR": "Alguma dúvida sobre o pedido, a entrega ou o pagamento? Estamos aqui."
    },
    "title": {
      "en": "Cart or checkout",
      "es": "Carrito o pago",
      "it": "Carrello o pagamento",
      "pt-BR": "Carrinho ou pagamento"
    },
    "trigger": {
      "actions": [
        {
          "display": "teaser",
          "kind": "message",
          "sender": {
            "kind": "bot"
          },
          "texts": {
            "en": "Any question about your order, delivery or payment? We are here."
          }
        }
      ],
      "conditions": [
        {
          "is": true,
          "kind": "page",
          "patterns": [
            {
              "kind": "exact",
              "text": "/"
            }
          ]
        },
        {
          "kind": "time_on_page",
          "seconds": 60
        },
        {
          "is": "closed",
          "kind": "window"
        }
      ],
      "enabled": true,
      "frequency": {
        "kind": "once_per_visit"
      },
      "id": "cart_or_checkout",
      "name": "Cart or checkout",
      "when": "online"
    }
  }
];
