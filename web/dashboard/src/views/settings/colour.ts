// WCAG's contrast, for saying it beside the field. What the widget shows is computed by the server's rule.

function luminance(colour: string): number | null {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  if (found === null) return null;
  const [r, g, b] = found.slice(1).map((part) => {
    const value = Number.parseInt(part, 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** 1 to 21; `null` for what is no colour. */
export function contrast(a: string, b: string): number | null {
  const [one, other] = [luminance(a), luminance(b)];
  if (one === null || other === null) return null;
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** White, unless black reads better. */
export const readableOn = (colour: string): string => ((contrast(colour, '#ffffff') ?? 21) >= (contrast(colour, '#000000') ?? 0) ? '#ffffff' : '#000000');
