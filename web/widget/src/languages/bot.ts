// What stands around a bot's buttons; its words and the buttons' are the merchant's. They come with the buttons.

export const words = {
  en: {
    answers: "Answers to choose from",
    again: "Start again",
    waiting: "No connection. Your choice is sent as soon as there is one.",
    gone: "That is not possible any more. Write to us instead.",
  },
  es: {
    answers: "Respuestas para elegir",
    again: "Empezar de nuevo",
    waiting: "Sin conexión. Tu elección se enviará en cuanto la haya.",
    gone: "Eso ya no es posible. Escríbenos.",
  },
  pt: {
    answers: "Respostas para escolher",
    again: "Começar de novo",
    waiting: "Sem conexão. Sua escolha será enviada assim que houver.",
    gone: "Isso não é mais possível. Escreva para nós.",
  },
  it: {
    answers: "Risposte tra cui scegliere",
    again: "Ricomincia",
    waiting: "Nessuna connessione. La tua scelta partirà appena ci sarà.",
    gone: "Non è più possibile. Scrivici.",
  },
};
