import { h } from "preact";
// Shapes after lucide: 24 units, 1.75 stroke.

const paths = {
  close: ["M18 6 6 18", "m6 6 12 12"],
  minimise: ["m6 9 6 6 6-6"],
  more: ["M12 12h.01", "M19 12h.01", "M5 12h.01"],
  send: ["m5 12 7-7 7 7", "M12 19V5"],
  down: ["M12 5v14", "m19 12-7 7-7-7"],
  end: ["M20 6 9 17l-5-5"],
  shield: ["M5 12h14", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z"],
  sound: ["M11 5 6 9H2v6h4l5 4V5Z", "M15.5 8.5a5 5 0 0 1 0 7"],
  muted: ["M11 5 6 9H2v6h4l5 4V5Z", "m22 9-6 6", "m16 9 6 6"],
  alert: ["M12 8v5", "M12 16.5h.01", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z"],
  offline: ["m2 2 20 20", "M8.5 16.4a5 5 0 0 1 7 0", "M5 12.9a10 10 0 0 1 5.2-2.7", "M19 12.9a10 10 0 0 0-2.3-1.6", "M12 20h.01"],
  check: ["M20 6 9 17l-5-5"],
  checks: ["M18 6 7 17l-5-5", "m22 10-7.5 7.5L13 16"],
  clock: ["M12 7v5l3 2", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z"],
};

export function Icon({ name, size = 20 }: { name: keyof typeof paths; size?: number }) {
  return (
    <svg class={`icon i-${name}`} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      {paths[name].map((d) => (
        <path d={d} />
      ))}
    </svg>
  );
}
