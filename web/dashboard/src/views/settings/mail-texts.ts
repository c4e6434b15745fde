// What mails say, as the settings show it: the words that stand where a merchant writes none, and what each may hold. The server's table is
// `shared/domain/src/settings/mail_texts.rs`; a test reads both.

export interface MailText {
  /** More than one line. */
  prose: boolean;
  variables: readonly MailVariable[];
  shipped: { en: string; es: string; pt: string; it: string };
}
export type MailVariable = 'shop' | 'reference' | 'agents' | 'count' | 'date';

export const MAIL_TEXTS = {
  answers_subject: { prose: false, variables: ['shop', 'reference'], shipped: { en: 'Your conversation with {shop} ({reference})', es: 'Tu conversación con {shop} ({reference})', pt: 'Sua conversa com {shop} ({reference})', it: 'La tua conversazione con {shop} ({reference})' } },
  answers_title: { prose: false, variables: ['shop', 'agents'], shipped: { en: '{agents} ({shop}) answered you', es: 'Respuesta de {agents} ({shop})', pt: 'Resposta de {agents} ({shop})', it: 'Risposta di {agents} ({shop})' } },
  button: { prose: false, variables: ['shop'], shipped: { en: 'Continue the conversation', es: 'Seguir la conversación', pt: 'Continuar a conversa', it: 'Continua la conversazione' } },
  reply_hint: { prose: false, variables: ['shop'], shipped: { en: 'Or just reply to this mail.', es: 'O simplemente responde a este correo.', pt: 'Ou simplesmente responda a este e-mail.', it: 'Oppure rispondi semplicemente a questa email.' } },
  no_reply_hint: { prose: false, variables: ['shop'], shipped: { en: 'Replies to this mail are not read: the button opens the conversation.', es: 'Las respuestas a este correo no se leen: el botón abre la conversación.', pt: 'As respostas a este e-mail não são lidas: o botão abre a conversa.', it: 'Le risposte a questa email non vengono lette: il pulsante apre la conversazione.' } },
  earlier: { prose: false, variables: [], shipped: { en: 'Earlier in this conversation', es: 'Antes en esta conversación', pt: 'Antes nesta conversa', it: 'Prima in questa conversazione' } },
  more: { prose: false, variables: ['count'], shipped: { en: '{count} more in the conversation', es: '{count} más en la conversación', pt: 'Mais {count} na conversa', it: 'Altri {count} nella conversazione' } },
  files_until: { prose: false, variables: ['date'], shipped: { en: 'The links open until {date}.', es: 'Los enlaces se abren hasta el {date}.', pt: 'Os links abrem até {date}.', it: 'I link si aprono fino al {date}.' } },
  you: { prose: false, variables: [], shipped: { en: 'You', es: 'Tú', pt: 'Você', it: 'Tu' } },
  visitor: { prose: false, variables: [], shipped: { en: 'Visitor', es: 'Visitante', pt: 'Visitante', it: 'Visitatore' } },
  signature: { prose: true, variables: ['shop'], shipped: { en: '{shop}', es: '{shop}', pt: '{shop}', it: '{shop}' } },
  why_answers: { prose: false, variables: ['shop'], shipped: { en: 'You get this mail because you wrote to {shop} and left this address.', es: 'Recibes este correo porque escribiste a {shop} y dejaste esta dirección.', pt: 'Você recebe este e-mail porque escreveu para {shop} e deixou este endereço.', it: 'Ricevi questa email perché hai scritto a {shop} e hai lasciato questo indirizzo.' } },
  why_transcript: { prose: false, variables: ['shop'], shipped: { en: 'You get this copy because it was asked for in the conversation with {shop}.', es: 'Recibes esta copia porque se pidió en la conversación con {shop}.', pt: 'Você recebe esta cópia porque ela foi pedida na conversa com {shop}.', it: 'Ricevi questa copia perché è stata richiesta nella conversazione con {shop}.' } },
  unsubscribe: { prose: false, variables: [], shipped: { en: 'No more mails', es: 'No recibir más correos', pt: 'Não receber mais e-mails', it: 'Non ricevere più email' } },
  new_subject: { prose: false, variables: ['shop', 'reference'], shipped: { en: 'New conversation at {shop} ({reference})', es: 'Nueva conversación en {shop} ({reference})', pt: 'Nova conversa em {shop} ({reference})', it: 'Nuova conversazione su {shop} ({reference})' } },
  new_title: { prose: false, variables: ['shop'], shipped: { en: 'New conversation', es: 'Nueva conversación', pt: 'Nova conversa', it: 'Nuova conversazione' } },
  missed_subject: { prose: false, variables: ['shop', 'reference'], shipped: { en: 'Missed conversation at {shop} ({reference})', es: 'Conversación perdida en {shop} ({reference})', pt: 'Conversa perdida em {shop} ({reference})', it: 'Conversazione persa su {shop} ({reference})' } },
  missed_title: { prose: false, variables: ['shop'], shipped: { en: 'Nobody was there to answer', es: 'No había nadie para responder', pt: 'Não havia ninguém para responder', it: "Non c'era nessuno a rispondere" } },
  agent_button: { prose: false, variables: [], shipped: { en: 'Open in the inbox', es: 'Abrir en la bandeja', pt: 'Abrir na caixa de entrada', it: 'Apri nella posta in arrivo' } },
  agent_reply_hint: { prose: false, variables: [], shipped: { en: 'Or reply to this mail: the shopper gets your words under your name.', es: 'O responde a este correo: quien escribió recibe tus palabras con tu nombre.', pt: 'Ou responda a este e-mail: o cliente recebe as suas palavras com o seu nome.', it: 'Oppure rispondi a questa email: il cliente riceve le tue parole con il tuo nome.' } },
  page: { prose: false, variables: [], shipped: { en: 'On', es: 'En', pt: 'Em', it: 'Su' } },
  why_agent: { prose: false, variables: ['shop'], shipped: { en: 'You get this mail because you answer for {shop}.', es: 'Recibes este correo porque respondes por {shop}.', pt: 'Você recebe este e-mail porque responde por {shop}.', it: 'Ricevi questa email perché rispondi per {shop}.' } },
  change_notifications: { prose: false, variables: [], shipped: { en: 'Change notifications', es: 'Cambiar avisos', pt: 'Mudar notificações', it: 'Cambia le notifiche' } },
  digest_subject: { prose: false, variables: ['shop', 'count'], shipped: { en: 'Waiting for an answer at {shop}: {count}', es: 'Esperan respuesta en {shop}: {count}', pt: 'Esperam resposta em {shop}: {count}', it: 'In attesa di risposta su {shop}: {count}' } },
  digest_title: { prose: false, variables: ['shop', 'count'], shipped: { en: 'Waiting for an answer', es: 'Esperan respuesta', pt: 'Esperam resposta', it: 'In attesa di risposta' } },
  digest_button: { prose: false, variables: [], shipped: { en: 'Open the inbox', es: 'Abrir la bandeja', pt: 'Abrir a caixa de entrada', it: 'Apri la posta in arrivo' } },
  transcript_subject: { prose: false, variables: ['shop', 'reference'], shipped: { en: 'Copy of your conversation with {shop} ({reference})', es: 'Copia de tu conversación con {shop} ({reference})', pt: 'Cópia da sua conversa com {shop} ({reference})', it: 'Copia della tua conversazione con {shop} ({reference})' } },
  transcript_title: { prose: false, variables: ['shop'], shipped: { en: 'The conversation with {shop}', es: 'La conversación con {shop}', pt: 'A conversa com {shop}', it: 'La conversazione con {shop}' } },
  test_subject: { prose: false, variables: ['shop'], shipped: { en: 'Test mail from {shop}', es: 'Correo de prueba de {shop}', pt: 'E-mail de teste de {shop}', it: 'Email di prova di {shop}' } },
  test_title: { prose: false, variables: ['shop'], shipped: { en: 'Mail works', es: 'El correo funciona', pt: 'O e-mail funciona', it: 'La posta funziona' } },
  test_body: { prose: true, variables: ['shop'], shipped: { en: 'This is how shoppers see the mails of {shop}. If it came without going to spam, all is well.', es: 'Así ven los clientes los correos de {shop}. Si ha llegado sin pasar por spam, todo está bien.', pt: 'É assim que os clientes veem os e-mails de {shop}. Se chegou sem passar pelo spam, está tudo certo.', it: 'Così i clienti vedono le email di {shop}. Se è arrivata senza finire nello spam, va tutto bene.' } },
  test_answer: { prose: true, variables: ['shop'], shipped: { en: 'Hello! The blue one is back in stock. Shall we put one aside for you?', es: '¡Hola! El azul vuelve a estar disponible. ¿Te guardamos uno?', pt: 'Olá! O azul voltou ao estoque. Quer que separemos um para você?', it: 'Ciao! Quello blu è di nuovo disponibile. Te ne mettiamo da parte uno?' } },
} as const satisfies Record<string, MailText>;

export type MailTextKey = keyof typeof MAIL_TEXTS;

/** In the order in which one meets them in a mail. */
export const MAILS = {
  answers: ['answers_subject', 'answers_title', 'button', 'reply_hint', 'no_reply_hint', 'earlier', 'you', 'more', 'files_until', 'why_answers', 'unsubscribe'],
  transcript: ['transcript_subject', 'transcript_title', 'why_transcript'],
  agents: ['new_subject', 'new_title', 'missed_subject', 'missed_title', 'visitor', 'page', 'agent_button', 'agent_reply_hint', 'digest_subject', 'digest_title', 'digest_button', 'why_agent', 'change_notifications'],
  test: ['test_subject', 'test_title', 'test_body', 'test_answer'],
} as const satisfies Record<string, readonly MailTextKey[]>;

type Said = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What a mail will say in a language, as the server chooses: the merchant's words, then ours; where we speak it not, the shop's own language. */
export function mailText(texts: Said, key: MailTextKey, tag: string, fallback: string): string {
  const ours = (of: string) => (MAIL_TEXTS[key].shipped as Partial<Record<string, string>>)[of.toLowerCase().split('-')[0]!];
  const written = (of: string) => (texts[of]?.[key]?.trim() ? texts[of][key] : undefined);
  return written(tag) ?? ours(tag) ?? written(fallback) ?? ours(fallback) ?? MAIL_TEXTS[key].shipped.en;
}
