// What a message's text means beyond letters: links, *bold*, _italic_, lists. Reads text into tokens; whoever shows them makes
// elements, never markup. Only http and https become links.

export type Span = { type: "text" | "bold" | "italic"; text: string } | { type: "link"; text: string; href: string };
export type Block = { type: "text"; lines: Span[][] } | { type: "list"; items: Span[][] };

export function rich(text: string): Block[] {
  const blocks: Block[] = [];
  for (const line of text.split("\n")) {
    const item = /^\s*[-*•]\s+(.*\S)/.exec(line)?.[1];
    const last = blocks.at(-1);
    if (item !== undefined) {
      if (last?.type === "list") last.items.push(spans(item));
      else blocks.push({ type: "list", items: [spans(item)] });
    } else if (last?.type === "text") last.lines.push(spans(line));
    else blocks.push({ type: "text", lines: [spans(line)] });
  }
  return blocks;
}

const TOKEN = /(https?:\/\/[^\s<>"]+|www\.[^\s<>"]+\.[^\s<>"]+)|(?<![\p{L}\p{N}*])\*([^\s*](?:[^*\n]*[^\s*])?)\*(?![\p{L}\p{N}*])|(?<![\p{L}\p{N}_])_([^\s_](?:[^_\n]*[^\s_])?)_(?![\p{L}\p{N}_])/gu;

export function spans(line: string): Span[] {
  const found: Span[] = [];
  let from = 0;
  const plain = (to: number) => {
    if (to > from) found.push({ type: "text", text: line.slice(from, to) });
  };
  for (const match of line.matchAll(TOKEN)) {
    const [whole, address, bold, italic] = match;
    let length = whole.length;
    let span: Span | null = null;
    if (address !== undefined) {
      const text = withoutTail(address);
      const href = safeLink(text);
      length = text.length;
      if (href !== null) span = { type: "link", text, href };
    } else if (bold !== undefined) span = { type: "bold", text: bold };
    else if (italic !== undefined) span = { type: "italic", text: italic };
    if (!span) continue;
    plain(match.index);
    found.push(span);
    from = match.index + length;
  }
  plain(line.length);
  return found;
}

/** The address to open; `null` for anything but http and https, and where a name before the host would look like the host. */
export function safeLink(text: string): string | null {
  try {
    const { href } = new URL(text.startsWith("www.") ? `https://${text}` : text);
    return /^https?:\/\/[^/@]+\//.test(href) ? href : null;
  } catch {
    return null;
  }
}

/** Punctuation behind an address belongs to the sentence; a closing bracket only if none was opened. */
function withoutTail(address: string): string {
  let text = address.replace(/[.,;:!?'"’”»…]+$/u, "");
  while (text.endsWith(")") && text.split("(").length < text.split(")").length) text = text.slice(0, -1);
  return text;
}

/** One to three emoji and nothing else: shown large. */
export function onlyEmoji(text: string): boolean {
  return text.length <= 32 && /^(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\uFE0F|\u200D\p{Extended_Pictographic}\uFE0F?)*\s*){1,3}$/u.test(text);
}
