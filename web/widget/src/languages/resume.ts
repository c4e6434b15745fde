// What is said to whoever has followed a mail's button. It comes with that, which few pages need.

export const phrases = {
  en: {
    here: "This is the conversation from your mail. You see it in this tab only.",
    kept: "This is the conversation from your mail. Your own chat on this device is kept.",
    back: "Back to my chat",
    leave: "Leave it",
    ended: "The conversation from your mail has ended. You can write to us here.",
    gone: "The link in your mail no longer opens anything. You can write to us here.",
    failed: "The conversation from your mail could not be opened just now.",
    again: "Try again",
  },
  es: {
    here: "Esta es la conversación de tu correo. Solo la ves en esta pestaña.",
    kept: "Esta es la conversación de tu correo. Tu propio chat en este dispositivo se conserva.",
    back: "Volver a mi chat",
    leave: "Salir de ella",
    ended: "La conversación de tu correo ha terminado. Puedes escribirnos aquí.",
    gone: "El enlace de tu correo ya no abre nada. Puedes escribirnos aquí.",
    failed: "Ahora mismo no se ha podido abrir la conversación de tu correo.",
    again: "Intentar de nuevo",
  },
  pt: {
    here: "Esta é a conversa do seu e-mail. Você a vê só nesta aba.",
    kept: "Esta é a conversa do seu e-mail. Seu próprio chat neste dispositivo continua guardado.",
    back: "Voltar ao meu chat",
    leave: "Sair dela",
    ended: "A conversa do seu e-mail terminou. Você pode escrever para a gente aqui.",
    gone: "O link do seu e-mail não abre mais nada. Você pode escrever para a gente aqui.",
    failed: "Não foi possível abrir agora a conversa do seu e-mail.",
    again: "Tentar de novo",
  },
  it: {
    here: "Questa è la conversazione della tua email. La vedi solo in questa scheda.",
    kept: "Questa è la conversazione della tua email. La tua chat su questo dispositivo resta.",
    back: "Torna alla mia chat",
    leave: "Esci",
    ended: "La conversazione della tua email è finita. Puoi scriverci qui.",
    gone: "Il link della tua email non apre più nulla. Puoi scriverci qui.",
    failed: "Al momento non è stato possibile aprire la conversazione della tua email.",
    again: "Riprova",
  },
};
