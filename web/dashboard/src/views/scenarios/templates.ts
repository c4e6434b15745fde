// Scenarios to begin with, in four languages: each can be published as it is, and says nothing of a shop that need not be true.

import type { ScenarioBody, ScenarioNext, ScenarioStart, ScenarioStep } from '@mostrador/protocol';
import type { Surroundings } from './editing';
import { layout } from './layout';
import { place } from './model';

export const TEMPLATES = ['order', 'finder', 'offline'] as const;
export type Template = (typeof TEMPLATES)[number];

type Says = Readonly<Record<'en' | 'es' | 'pt' | 'it', string>>;
type Follows = { kind: 'buttons'; buttons: readonly [id: string, label: Says, goes: string][] } | Exclude<ScenarioNext, { kind: 'buttons' }>;
type Line = readonly [id: string, says: Says | null, next: Follows];
interface Drawing {
  start: ScenarioStart;
  first: string;
  offline?: string;
  lines: readonly Line[];
}

const YES: Says = { en: 'Yes', es: 'Sí', pt: 'Sim', it: 'Sì' };
const NO: Says = { en: 'No', es: 'No', pt: 'Não', it: 'No' };
const NO_THANKS: Says = { en: 'No, thank you', es: 'No, gracias', pt: 'Não, obrigado', it: 'No, grazie' };
const PERSON: Says = { en: 'Talk to a person', es: 'Hablar con una persona', pt: 'Falar com uma pessoa', it: 'Parlare con una persona' };
const BACK: Says = { en: 'Back to the beginning', es: 'Volver al principio', pt: 'Voltar ao início', it: "Torna all'inizio" };
const NOT_SURE: Says = { en: 'I am not sure', es: 'No lo sé', pt: 'Não sei', it: 'Non lo so' };
const FOUND: Says = { en: 'Yes, thank you', es: 'Sí, gracias', pt: 'Sim, obrigado', it: 'Sì, grazie' };

/** A person goes on, or, while there is none, the shopper leaves an address. */
const PEOPLE: readonly Line[] = [
  ['person', { en: 'One moment, a person takes over.', es: 'Un momento, te atiende una persona.', pt: 'Um momento, uma pessoa vai atender você.', it: 'Un momento, ti risponde una persona.' }, { kind: 'hand_over', to: { kind: 'anyone' }, offline: 'leave' }],
  [
    'leave',
    { en: 'Nobody is at the counter right now. Leave us your email and we will write to you.', es: 'Ahora mismo no hay nadie. Déjanos tu correo y te escribiremos.', pt: 'Agora não há ninguém aqui. Deixe seu e-mail e escreveremos para você.', it: "In questo momento non c'è nessuno. Lasciaci la tua email e ti scriveremo." },
    { kind: 'ask', field: 'email', then: 'done' },
  ],
  ['done', { en: 'Thank you. Write here what it is about; we answer as soon as we are back.', es: 'Gracias. Escribe aquí de qué se trata; te responderemos en cuanto volvamos.', pt: 'Obrigado. Escreva aqui do que se trata; responderemos assim que voltarmos.', it: 'Grazie. Scrivi qui di che cosa si tratta; ti rispondiamo appena torniamo.' }, { kind: 'hand_over', to: { kind: 'anyone' } }],
];
const BYE: Line = ['bye', { en: 'Glad to help. See you soon!', es: '¡Encantados de ayudarte! Hasta pronto.', pt: 'Que bom ajudar! Até breve.', it: 'Felici di averti aiutato. A presto!' }, { kind: 'end', restart: true }];

const DRAWINGS: Record<Template, Drawing> = {
  order: {
    start: 'on_opening',
    first: 'hello',
    lines: [
      [
        'hello',
        { en: 'Hello, this is {shop}. What can we do for you?', es: 'Hola, somos {shop}. ¿En qué podemos ayudarte?', pt: 'Olá, aqui é {shop}. Como podemos ajudar?', it: 'Ciao, siamo {shop}. Come possiamo aiutarti?' },
        {
          kind: 'buttons',
          buttons: [
            ['order', { en: 'Where is my order?', es: '¿Dónde está mi pedido?', pt: 'Onde está meu pedido?', it: "Dov'è il mio ordine?" }, 'status'],
            ['returns', { en: 'I want to return something', es: 'Quiero devolver algo', pt: 'Quero devolver algo', it: 'Voglio restituire qualcosa' }, 'returns'],
            ['person', PERSON, 'person'],
          ],
        },
      ],
      [
        'status',
        { en: 'The mail that confirmed your order says where it is. Did you find it?', es: 'El correo que confirmó tu pedido dice dónde está. ¿Lo has encontrado?', pt: 'O e-mail que confirmou seu pedido diz onde ele está. Você encontrou?', it: "L'email di conferma dice dov'è il tuo ordine. L'hai trovata?" },
        { kind: 'buttons', buttons: [['found', FOUND, 'bye'], ['lost', NO, 'mail'], ['back', BACK, 'hello']] },
      ],
      ['mail', { en: 'Then we look for it together. With which email did you order?', es: 'Entonces lo buscamos juntos. ¿Con qué correo hiciste el pedido?', pt: 'Então vamos procurar juntos. Com que e-mail você fez o pedido?', it: "Allora lo cerchiamo insieme. Con quale email hai fatto l'ordine?" }, { kind: 'ask', field: 'email', then: 'person' }],
      [
        'returns',
        { en: 'No problem. What would you like?', es: 'No hay problema. ¿Qué prefieres?', pt: 'Sem problema. O que você prefere?', it: 'Nessun problema. Che cosa preferisci?' },
        {
          kind: 'buttons',
          buttons: [
            ['money', { en: 'My money back', es: 'Que me devuelvan el dinero', pt: 'Meu dinheiro de volta', it: 'Il rimborso' }, 'mail'],
            ['exchange', { en: 'Another one instead', es: 'Cambiarlo por otro', pt: 'Trocar por outro', it: 'Cambiarlo con un altro' }, 'mail'],
            ['back', BACK, 'hello'],
          ],
        },
      ],
      ...PEOPLE,
      BYE,
    ],
  },
  finder: {
    start: 'by_trigger',
    first: 'hello',
    lines: [
      [
        'hello',
        { en: 'Shall we help you choose? Who is it for?', es: '¿Te ayudamos a elegir? ¿Para quién es?', pt: 'Vamos ajudar você a escolher? Para quem é?', it: 'Ti aiutiamo a scegliere? Per chi è?' },
        { kind: 'buttons', buttons: [['me', { en: 'For me', es: 'Para mí', pt: 'Para mim', it: 'Per me' }, 'matters'], ['present', { en: 'A present', es: 'Un regalo', pt: 'Um presente', it: 'Un regalo' }, 'matters'], ['looking', { en: 'I am just looking', es: 'Solo estoy mirando', pt: 'Só estou olhando', it: 'Sto solo guardando' }, 'bye']] },
      ],
      [
        'matters',
        { en: 'What matters most to you?', es: '¿Qué es lo más importante para ti?', pt: 'O que é mais importante para você?', it: 'Che cosa conta di più per te?' },
        {
          kind: 'buttons',
          buttons: [
            ['price', { en: 'The price', es: 'El precio', pt: 'O preço', it: 'Il prezzo' }, 'offers'],
            ['quality', { en: 'That it lasts', es: 'Que dure', pt: 'Que dure', it: 'Che duri' }, 'best'],
            ['unsure', NOT_SURE, 'person'],
          ],
        },
      ],
      ['offers', { en: 'Then have a look at our offers. Did you find something?', es: 'Entonces mira nuestras ofertas. ¿Has encontrado algo?', pt: 'Então veja nossas ofertas. Encontrou algo?', it: 'Allora guarda le nostre offerte. Hai trovato qualcosa?' }, { kind: 'buttons', buttons: [['found', FOUND, 'bye'], ['help', { en: 'No, help me', es: 'No, ayúdame', pt: 'Não, me ajude', it: 'No, aiutami' }, 'person']] }],
      ['best', { en: 'Then have a look at what our customers come back for. Did you find something?', es: 'Entonces mira lo que más repiten nuestros clientes. ¿Has encontrado algo?', pt: 'Então veja o que nossos clientes compram de novo. Encontrou algo?', it: 'Allora guarda ciò che i nostri clienti ricomprano. Hai trovato qualcosa?' }, { kind: 'buttons', buttons: [['found', FOUND, 'bye'], ['help', { en: 'No, help me', es: 'No, ayúdame', pt: 'Não, me ajude', it: 'No, aiutami' }, 'person']] }],
      ...PEOPLE,
      BYE,
    ],
  },
  offline: {
    start: 'on_opening',
    first: 'hello',
    offline: 'closed',
    lines: [
      ['hello', { en: 'Hello, this is {shop}. Write to us, we are here.', es: 'Hola, somos {shop}. Escríbenos, estamos aquí.', pt: 'Olá, aqui é {shop}. Escreva, estamos aqui.', it: 'Ciao, siamo {shop}. Scrivici, siamo qui.' }, { kind: 'hand_over', to: { kind: 'anyone' } }],
      ['closed', { en: 'We are not here right now. Would you like to leave us a message?', es: 'Ahora no estamos. ¿Quieres dejarnos un mensaje?', pt: 'Agora não estamos aqui. Quer deixar uma mensagem?', it: 'In questo momento non ci siamo. Vuoi lasciarci un messaggio?' }, { kind: 'buttons', buttons: [['yes', YES, 'about'], ['no', NO_THANKS, 'bye']] }],
      [
        'about',
        { en: 'What is it about?', es: '¿De qué se trata?', pt: 'Do que se trata?', it: 'Di che cosa si tratta?' },
        {
          kind: 'buttons',
          buttons: [
            ['order', { en: 'An order', es: 'Un pedido', pt: 'Um pedido', it: 'Un ordine' }, 'name'],
            ['product', { en: 'A product', es: 'Un producto', pt: 'Um produto', it: 'Un prodotto' }, 'name'],
            ['other', { en: 'Something else', es: 'Otra cosa', pt: 'Outra coisa', it: 'Altro' }, 'name'],
          ],
        },
      ],
      ['name', null, { kind: 'ask', field: 'name', then: 'email' }],
      ['email', null, { kind: 'ask', field: 'email', then: 'write' }],
      ['write', { en: 'Thank you. Write your message here; we answer by email as soon as we are back.', es: 'Gracias. Escribe aquí tu mensaje; te responderemos por correo en cuanto volvamos.', pt: 'Obrigado. Escreva aqui sua mensagem; responderemos por e-mail assim que voltarmos.', it: 'Grazie. Scrivi qui il tuo messaggio; ti rispondiamo via email appena torniamo.' }, { kind: 'hand_over', to: { kind: 'anyone' } }],
      ['bye', BYE[1], { kind: 'end', restart: true }],
    ],
  },
};

/** In the site's languages, as far as we have them; in the default one in any case. What the site's form does not ask is not asked. */
export function fromTemplate(name: Template, id: string, title: string, site: Pick<Surroundings, 'languages' | 'fields'>, page: string): ScenarioBody {
  const { start, first, offline, lines } = DRAWINGS[name];
  const texts = (says: Says | null): Record<string, string> => {
    if (says === null) return {};
    const has = (tag: string): tag is keyof Says => Object.hasOwn(says, tag);
    const of = (tag: string) => {
      const primary = tag.split('-')[0]!;
      return has(primary) ? says[primary] : undefined;
    };
    const written = site.languages.map((tag, n) => [tag, of(tag) ?? (n === 0 ? (of(page) ?? says.en) : undefined)] as const);
    return Object.fromEntries(written.flatMap(([tag, text]) => (text === undefined ? [] : [[tag, text]])));
  };
  const asked = new Set(site.fields.map((field) => field.id));
  const next = (follows: Follows): ScenarioNext => {
    if (follows.kind === 'buttons') return { kind: 'buttons', buttons: follows.buttons.map(([id, label, goes]) => ({ id, labels: texts(label), goes })) };
    return follows.kind === 'ask' && !asked.has(follows.field) ? { kind: 'go', to: follows.then } : structuredClone(follows);
  };
  const steps = lines.map(([id, says, follows]): ScenarioStep => ({ id, texts: texts(says), next: next(follows), x: 0, y: 0 }));
  const scenario: ScenarioBody = { id, name: title, start, first, ...(offline === undefined ? {} : { offline }), steps };
  return place(scenario, layout(scenario));
}
