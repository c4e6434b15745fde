// An admin who sets what the shop tells its shoppers, by the same requests as the dashboard's.

export async function adminOf(product, site = "demo") {
  const form = { grant_type: "password", client_id: "dashboard", scope: "openid email profile", username: "ana@example.com", password: "mostrador" };
  const { id_token } = await (await fetch(`${product.url}/oidc/token`, { method: "POST", body: new URLSearchParams(form) })).json();
  const ask = async (method, path, body) => {
    const answer = await fetch(`${product.url}/v1/agent/sites/${site}${path}`, {
      method,
      headers: { authorization: `Bearer ${id_token}`, origin: product.url, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  };
  const section = async (name) => (await ask("GET", "/settings")).sections.find((one) => one.section === name);
  const touched = new WeakMap();
  return {
    ask,
    /** Publishes what differs from what stands, for good. */
    async set(name, change) {
      const before = await section(name);
      await ask("PUT", `/settings/${name}`, { expected: before.version, value: { ...before.value, ...change } });
    },
    /** The public settings, as soon as they are as wanted: a process of the functions may be some seconds behind. */
    async config(holds) {
      for (;;) {
        const config = await (await fetch(`${product.url}/v1/sites/${site}/config`)).json();
        if (holds(config)) return config;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    },
    /** Publishes the triggers that there are, and waits until pages know where; at the end of the test there are those of before. */
    async triggers(t, triggers) {
      const put = async (triggers) => {
        const { version } = await ask("GET", "/triggers");
        await ask("PUT", "/triggers", { expected: version, value: { triggers } });
        const paths = triggers.flatMap(({ enabled, conditions }) => (enabled ? conditions.flatMap(({ patterns }) => patterns ?? []) : [])).map(({ text }) => text);
        const known = ({ proactive }) => proactive?.sieve.pages ?? [];
        await this.config((config) => (paths.length === 0 ? known(config).length === 0 : paths.every((path) => known(config).some((text) => path.includes(text))) && known(config).every((text) => paths.some((path) => path.includes(text)))));
      };
      const { value } = await ask("GET", "/triggers");
      await put(triggers);
      t.after(() => put(value.triggers));
    },
    /** Somebody of the team has this photo, until the test ends. */
    async photo(t, agent, photo) {
      const put = async (body) => {
        const answer = await fetch(`${product.url}/v1/agent/sites/${site}/agents/${agent}/photo`, { method: body ? "PUT" : "DELETE", headers: { authorization: `Bearer ${id_token}`, origin: product.url, ...(body && { "content-type": body.type }) }, body });
        if (!answer.ok) throw new Error(`the photo: ${answer.status} ${await answer.text()}`);
      };
      await put(photo);
      await this.config(({ team }) => team.find(({ id }) => id === agent).photo);
      t.after(() => put(undefined));
    },
    /** Publishes what differs from what stands; at the end of the test all is as it was before it. */
    async publish(t, name, change) {
      const { version, value } = await section(name);
      await ask("PUT", `/settings/${name}`, { expected: version, value: { ...value, ...change } });
      if (touched.get(t)?.has(name)) return;
      touched.set(t, (touched.get(t) ?? new Set()).add(name));
      t.after(async () => ask("PUT", `/settings/${name}`, { expected: (await section(name)).version, value }));
    },
  };
}
