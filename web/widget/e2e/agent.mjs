// An agent who speaks the wire from an empty page: the other side of the widget's tests.

export async function agentAt(product, email = "ana@example.com", site = "demo") {
  const { context, page } = await product.person();
  await page.goto(`${product.url}/platform/`);
  await page.evaluate(
    async ({ email, site }) => {
      const form = { grant_type: "password", client_id: "dashboard", scope: "openid email profile", username: email, password: "mostrador" };
      const { id_token } = await (await fetch("/oidc/token", { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: new URLSearchParams(form) })).json();
      const headers = { authorization: `Bearer ${id_token}`, "content-type": "application/json" };
      const { url, ticket } = await (await fetch("/v1/tickets", { method: "POST", headers, body: JSON.stringify({ site }) })).json();
      const socket = new WebSocket(`${url}?v=1&ticket=${ticket}`);
      const frames = [];
      const waiting = [];
      socket.onmessage = ({ data }) => {
        frames.push(JSON.parse(data));
        for (const check of waiting) check();
      };
      await new Promise((resolve) => (socket.onopen = resolve));
      globalThis.agent = {
        tell(command) {
          const id = crypto.randomUUID();
          socket.send(JSON.stringify({ id, ...command }));
          return id;
        },
        /** The first frame, past or to come, that has all of one of these. */
        frame: (...wanted) =>
          new Promise((resolve) => {
            const has = (value, part) => (part !== null && typeof part === "object" ? Object.entries(part).every(([key, each]) => value != null && has(value[key], each)) : value === part);
            const check = () => {
              const found = frames.find((frame) => wanted.some((part) => has(frame, part)));
              if (found) resolve(found);
            };
            waiting.push(check);
            check();
          }),
        async ask(command) {
          const id = this.tell(command);
          const answer = await this.frame({ id }, { ref: id });
          if (answer.type === "error") throw new Error(answer.code);
          return answer;
        },
      };
      await globalThis.agent.ask({ action: "hello", conversations: [], list: "all" });
    },
    { email, site },
  );
  const ask = (command) => page.evaluate((command) => globalThis.agent.ask(command), command);
  const frame = (part) => page.evaluate((part) => globalThis.agent.frame(part), part);
  return {
    ask,
    frame,
    tell: (command) => page.evaluate((command) => globalThis.agent.tell(command), command),
    say: (conversation_id, text) => ask({ action: "send", conversation_id, text }),
    /** Opens the conversation whose last message this is. */
    async find(text) {
      const row = await frame({ type: "row", preview: { text } });
      await ask({ action: "open", conversation_id: row.conversation_id, after: { t: 0, b: 0 } });
      return row.conversation_id;
    },
    leave: () => context.close(),
  };
}
