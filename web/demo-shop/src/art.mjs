// Pictures of things that do not exist, drawn from a few shapes.

const frame = (tint, body) =>
  `<svg class="art" viewBox="0 0 240 240" role="img" aria-hidden="true"><rect width="240" height="240" fill="${tint}"/>${body}</svg>`;
const shadow = `<ellipse cx="120" cy="206" rx="62" ry="7" fill="#000" opacity=".1"/>`;
const glow = (x, y, r = 70) => `<circle cx="${x}" cy="${y}" r="${r}" fill="#ffe9b0" opacity=".55"/><circle cx="${x}" cy="${y}" r="${r * 0.6}" fill="#fff3cf" opacity=".7"/>`;

export const art = {
  pendant: (c, tint) =>
    frame(tint, `${glow(120, 158, 66)}<path d="M120 0v74" stroke="#3b352e" stroke-width="3"/><path d="M104 74h32l6 12h-44z" fill="#3b352e"/><path d="M52 150c0-42 30-66 68-66s68 24 68 66z" fill="${c}"/><path d="M52 150h136" stroke="#000" stroke-opacity=".18" stroke-width="4"/><path d="M70 136c4-24 20-38 40-42" stroke="#fff" stroke-opacity=".35" stroke-width="5" fill="none" stroke-linecap="round"/><circle cx="120" cy="154" r="13" fill="#fff6da"/>`),
  table: (c, tint) =>
    frame(tint, `${shadow}${glow(120, 92, 74)}<path d="M86 52h68l26 68H60z" fill="#f7efe0"/><path d="M86 52h68l26 68H60z" fill="${c}" opacity=".12"/><path d="M120 120v26" stroke="#a8843f" stroke-width="6"/><path d="M96 200c-8-30 2-54 24-54s32 24 24 54z" fill="${c}"/><path d="M106 190c-4-18 0-30 8-36" stroke="#fff" stroke-opacity=".35" stroke-width="5" fill="none" stroke-linecap="round"/><rect x="92" y="198" width="56" height="8" rx="4" fill="#a8843f"/>`),
  globe: (c, tint) =>
    frame(tint, `${shadow}${glow(120, 96, 80)}<circle cx="120" cy="98" r="54" fill="#fff8e4"/><circle cx="120" cy="98" r="54" fill="none" stroke="${c}" stroke-opacity=".25" stroke-width="3"/><path d="M92 76c8-12 18-16 28-17" stroke="#fff" stroke-width="7" stroke-linecap="round" fill="none"/><path d="M104 150h32v14h-32z" fill="#a8843f"/><path d="M88 164h64l10 40H78z" fill="${c}"/>`),
  floor: (c, tint) =>
    frame(tint, `${glow(74, 104, 52)}<ellipse cx="168" cy="214" rx="42" ry="6" fill="#000" opacity=".12"/><path d="M168 210V86c0-34-24-56-54-56-24 0-40 16-40 40" stroke="#3b352e" stroke-width="5" fill="none"/><rect x="140" y="204" width="56" height="9" rx="4.5" fill="#3b352e"/><path d="M38 108c0-24 16-38 36-38s36 14 36 38z" fill="${c}"/><circle cx="74" cy="110" r="9" fill="#fff6da"/>`),
  reading: (c, tint) =>
    frame(tint, `${shadow}<path d="M60 112l52 92h-86z" fill="#ffe9b0" opacity=".55" transform="translate(-6 0)"/><path d="M150 200l-34-64 50-58-66-32" stroke="#a8843f" stroke-width="6" fill="none" stroke-linejoin="round" stroke-linecap="round"/><circle cx="116" cy="136" r="7" fill="#3b352e"/><circle cx="166" cy="78" r="7" fill="#3b352e"/><path d="M98 34l14 26-52 54-34-34z" fill="${c}"/><path d="M118 200h64l4 8h-72z" fill="${c}"/>`),
  lantern: (c, tint) =>
    frame(tint, `${shadow}${glow(120, 138, 72)}<path d="M96 60c0-16 10-26 24-26s24 10 24 26" stroke="#a8843f" stroke-width="5" fill="none"/><path d="M82 66h76l14 62-18 76H86l-18-76z" fill="${c}"/>${[0, 1, 2].map((row) => [0, 1, 2, 3].map((col) => `<circle cx="${93 + col * 18}" cy="${96 + row * 32}" r="6.5" fill="#fff1c9"/>`).join("")).join("")}<rect x="78" y="58" width="84" height="10" rx="5" fill="#a8843f"/>`),
  monstera: (c, tint) =>
    frame(tint, `${shadow}${pot("#c9785a")}${leaf(120, 152, -38, 1.15, c)}${leaf(120, 152, 34, 1.1, shade(c))}${leaf(120, 152, -2, 1.3, c)}`),
  snake: (c, tint) =>
    frame(tint, `${shadow}${[-26, -12, 0, 13, 27].map((x, n) => `<path d="M${120 + x * 0.5 - 9} 160C${112 + x} ${110 - n * 4} ${114 + x * 1.3} 70 ${120 + x * 1.5} ${42 + Math.abs(x)}c8 30 14 60 ${-x * 0.6 + 6} ${118 - Math.abs(x)}z" fill="${n % 2 ? shade(c) : c}" stroke="#e8d98a" stroke-width="2"/>`).join("")}${pot("#e3ded4")}`),
  cactus: (c, tint) =>
    frame(tint, `${shadow}<rect x="98" y="56" width="44" height="108" rx="22" fill="${c}"/><path d="M142 118h16a10 10 0 0 0 10-10V92M98 132H84a10 10 0 0 1-10-10v-18" stroke="${c}" stroke-width="20" stroke-linecap="round" fill="none"/><path d="M112 68v88M128 68v88" stroke="#fff" stroke-opacity=".35" stroke-width="2.5" stroke-dasharray="2 9"/><circle cx="120" cy="52" r="9" fill="#e8799a"/>${pot("#8a6fb0")}`),
  fern: (c, tint) =>
    frame(tint, `${shadow}${[-70, -48, -25, 0, 25, 48, 70].map((a, n) => `<g transform="rotate(${a} 120 156)"><path d="M120 158C116 120 117 90 120 58c3 32 4 62 0 100z" fill="${n % 2 ? shade(c) : c}"/>${[0, 1, 2, 3, 4].map((i) => `<ellipse cx="${110}" cy="${78 + i * 15}" rx="11" ry="4" fill="${c}" transform="rotate(28 110 ${78 + i * 15})"/><ellipse cx="130" cy="${78 + i * 15}" rx="11" ry="4" fill="${c}" transform="rotate(-28 130 ${78 + i * 15})"/>`).join("")}</g>`).join("")}${pot("#d9a441")}`),
  olive: (c, tint) =>
    frame(tint, `${shadow}<path d="M120 164c-4-34 4-50 0-82" stroke="#7a5a3c" stroke-width="7" fill="none"/>${[[86, 84, 30], [120, 56, 36], [154, 84, 31], [104, 98, 26], [138, 100, 25]].map(([x, y, r], n) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${n % 2 ? shade(c) : c}"/>`).join("")}${[[98, 70], [128, 44], [148, 96], [112, 92], [140, 72]].map(([x, y]) => `<ellipse cx="${x}" cy="${y}" rx="4" ry="6" fill="#3f3a2c"/>`).join("")}${pot("#b8b2a6")}`),
  pothos: (c, tint) =>
    frame(tint, `<path d="M60 0l44 92M180 0l-44 92" stroke="#b59a6b" stroke-width="3"/><path d="M82 92h76l-10 54a30 30 0 0 1-56 0z" fill="#cf8460"/>${[[78, 100, 90], [70, 134, 84], [84, 166, 96], [162, 104, -90], [170, 142, -84], [160, 178, -100], [120, 88, 0], [100, 86, -24], [142, 86, 22], [152, 208, -96], [78, 200, 92]].map(([x, y, a], n) => `<path transform="translate(${x} ${y}) rotate(${a})" d="M0 8c-16-8-16-26 0-34 16 8 16 26 0 34z" fill="${n % 2 ? shade(c) : c}"/>`).join("")}`),
};

function pot(c) {
  return `<path d="M84 150h72l-10 56H94z" fill="${c}"/><rect x="78" y="144" width="84" height="16" rx="5" fill="${c}"/><rect x="78" y="156" width="84" height="5" fill="#000" opacity=".1"/>`;
}

function leaf(x, y, angle, scale, c) {
  return `<g transform="translate(${x} ${y}) rotate(${angle}) scale(${scale})"><path d="M0 0V-46" stroke="${c}" stroke-width="4"/><path d="M0-30c-34-6-40-34-30-60 6 4 16 8 30-6 14 14 24 10 30 6 10 26 4 54-30 60z" fill="${c}"/><path d="M0-34v-50M-24-62l16 8M24-62l-16 8M-26-78l18 6M26-78l-18 6" stroke="#fff" stroke-opacity=".4" stroke-width="2.5"/></g>`;
}

function shade(c) {
  const n = parseInt(c.slice(1), 16);
  return `#${[16, 8, 0].map((s) => Math.round(((n >> s) & 255) * 0.8).toString(16).padStart(2, "0")).join("")}`;
}
