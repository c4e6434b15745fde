import { h } from "preact";
/** Initials on a colour of the name's own; chosen dark enough for white text. */
export function Avatar({ name, size = 28, online }: { name: string; size?: number; online?: boolean }) {
  return (
    <span class={`avatar h${hue(name)}`} style={{ "--size": `${size}px` }} aria-hidden="true">
      {initials(name)}
      {online !== undefined && <i class={online ? "dot on" : "dot"} />}
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
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)!) >>> 0;
  return sum % 6;
}
