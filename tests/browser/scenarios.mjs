// Scenarios for tests: the one of twelve steps that is drawn by hand, by keys, and followed; and long ones.

const buttons = (...ways) => ({ kind: "buttons", buttons: ways });
/** In the order in which they come into being: a way that leads to `+` makes the next step. */
export const TWELVE = [
  { id: "s1", text: "Hello from {shop}! What is it about?", ...buttons(["My order", "+s2"], ["A return", "+s3"], ["Buying", "+s4"]) },
  { id: "s2", text: "Look in your confirmation mail.", ...buttons(["Found it", "+s5"], ["Lost it", "+s6"], ["Menu", "s1"]) },
  { id: "s3", text: "Within 30 days, with the slip.", ...buttons(["Print it", "+s7"], ["Menu", "s1"]) },
  { id: "s4", text: "A present, or for yourself?", ...buttons(["A present", "+s8"], ["For me", "s8"]) },
  { id: "s5", text: "Glad to help.", kind: "end", restart: true },
  { id: "s6", text: "", kind: "ask", field: "email", to: "+s9" },
  { id: "s7", text: "The slip is in your account.", kind: "go", to: "s5" },
  { id: "s8", text: "", kind: "hand_over", group: "sales", to: "+s10" },
  { id: "s9", text: "A person looks into it.", kind: "hand_over", to: "s10" },
  { id: "s10", text: "We are closed. May we write to you?", kind: "ask", field: "name", to: "+s11" },
  { id: "s11", text: "", kind: "ask", field: "email", to: "+s12" },
  { id: "s12", text: "We will write to you.", kind: "end", restart: false },
];

function next(step) {
  const to = step.to?.replace("+", "");
  switch (step.kind) {
    case "buttons":
      return { kind: "buttons", buttons: step.buttons.map(([label, to], n) => ({ id: `b${n + 1}`, labels: { en: label }, goes: to.replace("+", "") })) };
    case "go":
      return { kind: "go", to };
    case "ask":
      return { kind: "ask", field: step.field, then: to };
    case "hand_over":
      return { kind: "hand_over", to: step.group ? { kind: "group", group: step.group } : { kind: "anyone" }, offline: to };
    case "end":
      return { kind: "end", restart: step.restart };
  }
}

const body = (step) => ({ id: step.id, texts: step.text ? { en: step.text } : {}, next: next(step) });

/** What the server must have of it, by step. */
export const twelve = () => Object.fromEntries(TWELVE.map((step) => [step.id, body(step)]));

/** The same as a document. */
export const scenario = (id, name, { start = "by_trigger", steps = TWELVE.map(body), ...more } = {}) => ({
  id, name, start, first: steps[0].id, ...more,
  steps: steps.map((step, n) => ({ ...step, x: (n % 20) * 380, y: Math.floor(n / 20) * 280 })),
});

export const long = (count) => scenario("long", "Two hundred steps", {
  steps: Array.from({ length: count }, (_, n) => ({
    id: `s${n}`,
    texts: { en: `Question ${n}?` },
    next: 2 * n + 2 < count
      ? { kind: "buttons", buttons: [2 * n + 1, 2 * n + 2].map((to) => ({ id: `b${to}`, labels: { en: `To ${to}` }, goes: `s${to}` })) }
      : { kind: "end", restart: true },
  })).filter((step, n) => n === 0 || Math.floor((n - 1) / 2) * 2 + 2 < count),
});
