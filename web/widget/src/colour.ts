// The merchant's colour, made safe: text on it and text in it reach 4.5:1, whatever was chosen.

export const READABLE = 4.5;

type Rgb = [number, number, number];

export interface Accent {
  /** Backgrounds. */
  accent: string;
  /** Text and icons on `accent`. */
  onAccent: string;
}

const WHITE: Rgb = [255, 255, 255];
const INK = "#171411";

/** For backgrounds: white on the colour darkened as far as needed; on bright colours (yellow, lime) dark ink and the colour as it is. */
export function accentFrom(hex: string): Accent {
  const colour = parse(hex);
  return luminance(colour) > 0.4
    ? { accent: format(colour), onAccent: INK }
    : { accent: format(until(colour, [0, 0, 0], (c) => contrast(WHITE, c) >= READABLE)), onAccent: "#fff" };
}

/** For text and icons in the colour, on a given surface. */
export function readableOn(hex: string, surface: string): string {
  const behind = parse(surface);
  const towards: Rgb = luminance(behind) > 0.18 ? [0, 0, 0] : WHITE;
  return format(until(parse(hex), towards, (c) => contrast(c, behind) >= READABLE));
}

export function contrastOf(a: string, b: string): number {
  return contrast(parse(a), parse(b));
}

function until(colour: Rgb, towards: Rgb, enough: (colour: Rgb) => boolean): Rgb {
  for (let share = 0; share < 1; share += 0.02) {
    const mixed = colour.map((part, i) => Math.round(part + (towards[i]! - part) * share)) as Rgb;
    if (enough(mixed)) return mixed;
  }
  return towards;
}

function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function parse(hex: string): Rgb {
  const given = /^#([\da-f]{3}){1,2}$/i.test(hex) ? hex : "#0f766e";
  // Twice a pair is the pair in the lower byte, twice a single digit its pair.
  return given.match(given.length > 4 ? /\w\w/g : /\w/g)!.map((digits) => parseInt(digits + digits, 16) & 255) as Rgb;
}

function format(colour: Rgb): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
