// What a deployment says about itself. One build serves every deployment: this is fetched, not compiled in.

export interface Config {
  /** Origin of the HTTP API, without a slash at the end; empty for the page's own. */
  api: string;
  oidc: { issuer: string; client_id: string };
}

export const BASE = import.meta.env.BASE_URL;

export async function loadConfig(): Promise<Config> {
  const answer = await fetch(`${BASE}config.json`, { cache: 'no-cache' });
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  return readConfig(await answer.json(), location.origin);
}

/** An issuer that begins with a slash is on the page's own origin. */
export function readConfig(raw: unknown, origin: string): Config {
  const { api = '', oidc } = (raw ?? {}) as Partial<Config>;
  if (typeof api !== 'string' || typeof oidc?.issuer !== 'string' || typeof oidc.client_id !== 'string') {
    throw new Error('config.json needs api, oidc.issuer and oidc.client_id');
  }
  const issuer = oidc.issuer.startsWith('/') ? origin + oidc.issuer : oidc.issuer;
  return { api: api.replace(/\/$/, ''), oidc: { issuer, client_id: oidc.client_id } };
}
