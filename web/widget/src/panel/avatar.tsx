import { h } from "preact";
/**
 * A photo over the name's initials, on a colour of the name's own that is dark enough for white text. They are what one sees while it
 * loads, where it cannot, and where the page's rules (`img-src`) forbid it. The name stands beside it: nothing to read out.
 */
export function Avatar({ name, size = 28, photo }: { name: string; size?: number; photo?: string | undefined }) {
  return (
    <span class="avatar" style={{ "--hue": hue(name), "--size": `${size}px`, "--photo": photo ? `url(${photo})` : "none" }} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const first = [...(words[0] ?? "")][0] ?? "";
  const last = words.length > 1 ? ([...words.at(-1)!][0] ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

function hue(name: string): number {
  let sum = 9;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)!) % 360;
  return sum;
}
