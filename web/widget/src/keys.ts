// What the widget keeps in the shop's browser, by key, and nowhere else. Nothing is written before the shopper opens the widget or
// puts its bubble away, or the page says that they have agreed.

/** What all begin with. The loader reads a few by their last word. */
export const base = (site: string) => `mostrador:${site}:`;

/** Local storage, shared by tabs. */
export const keys = (site: string) => {
  const own = base(site);
  return {
    base: own,
    /** {session, shopper_id, expires_at, who?}: `who` is the customer that the server has verified */
    session: `${own}session`,
    /** A moment: until then somebody is signing in, and the old session's end is no reason to forget. */
    changing: `${own}changing`,
    /** "1" while the shopper has an open conversation: the socket then opens at load. */
    open: `${own}open`,
    /** The text being written. */
    draft: `${own}draft`,
    /** The answer being written to a question of the form: {conversation, field, text, sent?} */
    answer: `${own}answer`,
    /** Only with consent, or after the widget was opened: by what the server knows this visitor again. */
    visitor: `${own}visitor`,
    /** As above: when something that the shop had shown by itself was last opened. */
    spoken: `${own}spoken`,
    /** "1" = muted */
    mute: `${own}mute`,
    /** Prefix of the unsent messages, one key each. */
    unsent: `${own}unsent:`,
    /** Session storage, per tab: "1" while the panel is shown, so that it survives a page change. */
    shown: `${own}shown`,
    /** As above: the questions that were opened before a conversation, by id. */
    asked: `${own}asked`,
    /** As above: "1" once the bubble was put away. */
    bubble: `${own}bubble`,
    /** As above: what the shop had shown by itself, once it was opened and until it is answered. */
    offer: `${own}offer`,
    /** As above, in a merchant's own browser: the trigger that is tried. */
    test: `${own}test`,
  };
};
