// What the widget keeps in the shop's browser, by key, and nowhere else. Nothing is written before the shopper opens the widget.

/** Local storage, shared by tabs. */
export const keys = (site: string) => {
  const base = `mostrador:${site}:`;
  return {
    base,
    /** {session, shopper_id, expires_at} */
    session: `${base}session`,
    /** "1" while the shopper has an open conversation: the socket then opens at load. */
    open: `${base}open`,
    /** The text being written. */
    draft: `${base}draft`,
    /** "1" = muted */
    mute: `${base}mute`,
    /** Prefix of the unsent messages, one key each. */
    unsent: `${base}unsent:`,
    /** Session storage, per tab: "1" while the panel is shown, so that it survives a page change. */
    shown: `${base}shown`,
  };
};
