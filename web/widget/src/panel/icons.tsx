import { h } from "preact";
// Shapes after lucide: 24 units, 1.75 stroke.

export const paths: Record<string, string[]> = {
  minimise: ["m6 9 6 6 6-6"],
  more: ["M12 12h.01", "M19 12h.01", "M5 12h.01"],
  send: ["m5 12 7-7 7 7", "M12 19V5"],
  down: ["M12 5v14", "m19 12-7 7-7-7"],
  check: ["M20 6 9 17l-5-5"],
  checks: ["M18 6 7 17l-5-5", "m22 10-7.5 7.5L13 16"],
  clock: ["M12 7v5l3 2", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z"],
};

export function Icon({ name, size = 20 }: { name: string; size?: number }) {
  return (
    <svg class={`icon i-${name}`} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      {paths[name]!.map((d) => (
        <path d={d} />
      ))}
    </svg>
  );
}
