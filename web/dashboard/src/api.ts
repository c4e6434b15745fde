// Our HTTP API, as an agent uses it.

import type { AgentsAnswer, ConversationDetail, ErrorCode, ListAnswer, ListName, Me, TicketAnswer } from '@mostrador/protocol';
import type { Auth } from './auth';

export class ApiError extends Error {
  override name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: ErrorCode | 'unreachable',
    message: string,
  ) {
    super(message);
  }
}

export class Api {
  constructor(
    private readonly origin: string,
    private readonly auth: Pick<Auth, 'token'>,
  ) {}

  me = (): Promise<Me> => this.ask('GET', '/v1/agent/me');

  agents = (site: string): Promise<AgentsAnswer> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/agents`);

  removeAgent = (site: string, agent: string): Promise<void> =>
    this.ask('DELETE', `/v1/agent/sites/${encodeURIComponent(site)}/agents/${encodeURIComponent(agent)}`);

  conversations(site: string, list: ListName, before: string | null, limit: number): Promise<ListAnswer> {
    const query = new URLSearchParams({ list, limit: String(limit) });
    if (before !== null) query.set('before', before);
    return this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/conversations?${query}`);
  }

  detail = (conversation: string): Promise<ConversationDetail> => this.ask('GET', `/v1/agent/conversations/${encodeURIComponent(conversation)}`);

  ticket = (site: string): Promise<TicketAnswer> => this.ask('POST', '/v1/tickets', { site });

  private async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    let answer = await this.fetch(method, path, body, false);
    if (answer.status === 401) answer = await this.fetch(method, path, body, true);
    if (answer.status === 204) return undefined as T;
    const text = await answer.text();
    let json: unknown = null;
    try {
      json = JSON.parse(text);
    } catch {
      // A gateway's own page: the status says all there is to say.
    }
    if (answer.ok && json !== null) return json as T;
    const error = (json as { error?: { code?: ErrorCode; message?: string } } | null)?.error;
    throw new ApiError(answer.status, error?.code ?? 'internal', error?.message ?? `${answer.status}`);
  }

  private async fetch(method: string, path: string, body: unknown, renew: boolean): Promise<Response> {
    const token = await this.auth.token(renew);
    try {
      return await fetch(this.origin + path, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        cache: 'no-store',
        signal: AbortSignal.timeout(15_000),
      });
    } catch {
      throw new ApiError(0, 'unreachable', 'the server cannot be reached');
    }
  }
}
