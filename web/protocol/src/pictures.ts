// A picture in a text that a merchant wrote: `![what it shows](https://…)`, on a line of its own. Only the shop's own texts have pictures; in
// what people type the same letters stay letters, for whoever looks at a picture tells its server that they look. `domain::picture` reads
// the same; `tests/fixtures/rich.json` holds both to it.

export interface Picture {
  /** For who does not see it, and where it cannot be shown. */
  shows: string;
  /** Begins with `https://`. */
  href: string;
}

const PICTURE = /^[ \t]*!\[[ \t]*([^[\]]*[^[\] \t])[ \t]*\]\((https:\/\/[a-z0-9][a-z0-9.-]*(?::\d{1,5})?(?:[/?#][^\s\p{Cc}\\<>"'`()]*)?)\)[ \t]*$/iu;

export function picture(line: string): Picture | null {
  const [, shows, address] = PICTURE.exec(line) ?? [];
  if (!address?.startsWith("https://") || [...address].length > 500 || [...shows!].length > 120) return null;
  try {
    return { shows: shows!, href: new URL(address).href };
  } catch {
    return null;
  }
}

/** A text cut at its pictures, without the blank lines that set it apart from them. */
export function pictured(text: string): (string | Picture)[] {
  const found: (string | Picture)[] = [];
  let lines: string[] = [];
  const words = (before: boolean) => {
    const blank = (line: string | undefined) => line !== undefined && !/[^ \t]/.test(line);
    while (found.length > 0 && blank(lines[0])) lines.shift();
    while (before && blank(lines.at(-1))) lines.pop();
    if (lines.length > 0) found.push(lines.join("\n"));
    lines = [];
  };
  for (const line of text.split("\n")) {
    const shown = picture(line);
    if (shown) {
      words(true);
      found.push(shown);
    } else lines.push(line);
  }
  words(false);
  return found;
}

/** The text where pictures cannot stand: their words in their places. */
export function inWords(text: string): string {
  return text.split("\n").map((line) => picture(line)?.shows ?? line).join("\n");
}
