// What the widget keeps in the shop's browser, by key, and nowhere else. Nothing is written before the shopper opens the widget or
// puts its bubble away.

/** Local storage, shared by tabs. */
export const keys = (site: string) => {
  const base = `mostrador:${site}:`;
  return {
    base,
    /** {session, shopper_id, expires_at, who?}: `who` is the customer that the server has verified */
    session: `${base}session`,
    /** A moment: until then somebody is signing in, and the old session's end is no reason to forget. */
    changing: `${base}changing`,
    /** "1" while the shopper has an open conversation: the socket then opens at load. */
    open: `${base}open`,
    /** The text being written. */
    draft: `${base}draft`,
    /** The answer being written to a question of the form: {conversation, field, text, sent?} */
    answer: `${base}answer`,
    /** "1" = muted */
    mute: `${base}mute`,
    /** Prefix of the unsent messages, one key each. */
    unsent: `${base}unsent:`,
    /** Session storage, per tab: "1" while the panel is shown, so that it survives a page change. */
    shown: `${base}shown`,
    /** As above: the questions that were opened before a conversation, by id. */
    asked: `${base}asked`,
    /** As above: "1" once the bubble was put away. */
    bubble: `${base}bubble`,
  };
};
