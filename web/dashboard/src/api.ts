// Our HTTP API, as an agent uses it.

import type { AgentInfo, AgentsAnswer, ConversationDetail, Current, ErrorBody, ErrorCode, FaqCountsAnswer, FieldProblem, FileLink, GroupSettings, HistoryAnswer, HoursPreview, IdentityKeyAnswer, IdentityKeysAnswer, InvitationAnswer, ListAnswer, ListName, MailIdentityAnswer, MailTestAnswer, Me, NewIdentityKey, NewInvitation, NotificationChoice, Notifications, OriginalMail, ProfileRequest, PublishedDocument, PublishedSection, ScenarioBody, ScenariosAnswer, SectionName, SettingsAnswer, SiteConfig, TicketAnswer, TranscriptRecipient, TriggerNames, TriggerResultsAnswer, TriggerSettings, TriggerTestAnswer, TryAnswer, TryRequest, VisitorDetail, VisitorExplanation } from '@mostrador/protocol';
import type { Auth } from './auth';

export class ApiError extends Error {
  override name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: ErrorCode | 'unreachable',
    message: string,
    /** `invalid`: every field that is wrong. */
    readonly problems: readonly FieldProblem[] = [],
    /** `conflict`: what stands. */
    readonly current: Current | null = null,
  ) {
    super(message);
  }

  /** `conflict`, of a document: what stands. Absent: it has been taken away. */
  currentAs<D extends PublishedDocument['document']>(document: D): Extract<PublishedDocument, { document: D }> | null {
    const { current } = this;
    return this.code === 'conflict' && current !== null && 'document' in current && current.document === document ? (current as Extract<PublishedDocument, { document: D }>) : null;
  }
}

/** What is published whole and keeps its versions, as the path of its routes. */
export type Kept = `settings/${SectionName}` | 'triggers' | 'groups' | `scenarios/${string}`;
export type PublishedTriggers = Extract<PublishedDocument, { document: 'triggers' }>;
export type PublishedGroups = Extract<PublishedDocument, { document: 'groups' }>;
export type PublishedScenario = Extract<PublishedDocument, { document: 'scenario' }>;

export class Api {
  constructor(
    private readonly origin: string,
    private readonly auth: Pick<Auth, 'token'>,
  ) {}

  me = (): Promise<Me> => this.ask('GET', '/v1/agent/me');

  agents = (site: string): Promise<AgentsAnswer> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/agents`);

  removeAgent = (site: string, agent: string): Promise<void> =>
    this.ask('DELETE', `/v1/agent/sites/${encodeURIComponent(site)}/agents/${encodeURIComponent(agent)}`);

  setProfile = (site: string, agent: string, profile: ProfileRequest): Promise<AgentInfo> =>
    this.ask('PUT', `/v1/agent/sites/${encodeURIComponent(site)}/agents/${encodeURIComponent(agent)}`, profile);

  /** `null` takes it away. */
  setPhoto = (site: string, agent: string, photo: Blob | null): Promise<AgentInfo> =>
    this.ask(photo === null ? 'DELETE' : 'PUT', `/v1/agent/sites/${encodeURIComponent(site)}/agents/${encodeURIComponent(agent)}/photo`, photo ?? undefined);

  conversations(site: string, list: ListName, before: string | null, limit: number): Promise<ListAnswer> {
    const query = new URLSearchParams({ list, limit: String(limit) });
    if (before !== null) query.set('before', before);
    return this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/conversations?${query}`);
  }

  detail = (conversation: string): Promise<ConversationDetail> => this.ask('GET', `/v1/agent/conversations/${encodeURIComponent(conversation)}`);

  /** `where`: the entry's log and number, `thread/12`. */
  attachment = (conversation: string, where: string, key: string): Promise<FileLink> =>
    this.ask('GET', `/v1/conversations/${encodeURIComponent(conversation)}/${where}/attachments/${encodeURIComponent(key)}`);

  original = (conversation: string, where: string): Promise<OriginalMail> => this.ask('GET', `/v1/agent/conversations/${encodeURIComponent(conversation)}/${where}/original`);

  ticket = (site: string): Promise<TicketAnswer> => this.ask('POST', '/v1/tickets', { site });

  /** What any page of the shop may read of it. */
  siteConfig = (site: string): Promise<SiteConfig> => this.ask('GET', `/v1/sites/${encodeURIComponent(site)}/config`);

  settings = (site: string): Promise<SettingsAnswer> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/settings`);

  publish = (site: string, section: SectionName, expected: number, value: unknown): Promise<PublishedSection> =>
    this.ask('PUT', `/v1/agent/sites/${encodeURIComponent(site)}/settings/${section}`, { expected, value });

  history = (site: string, of: Kept, before?: number): Promise<HistoryAnswer> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/${of}/history${before === undefined ? '' : `?before=${before}`}`);

  restore = <Published>(site: string, of: Kept, version: number, expected: number): Promise<Published> => this.ask('POST', `/v1/agent/sites/${encodeURIComponent(site)}/${of}/history/${version}/restore`, { expected });

  previewHours = (site: string, value: unknown): Promise<HoursPreview> => this.ask('POST', `/v1/agent/sites/${encodeURIComponent(site)}/settings/hours/preview`, { value });

  faqCounts = (site: string): Promise<FaqCountsAnswer> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/faq-counts`);

  /** To whoever asks, and to nobody else. */
  testMail = (site: string): Promise<MailTestAnswer> => this.ask('POST', `/v1/agent/sites/${encodeURIComponent(site)}/settings/email/test`, {});

  mailIdentity = (site: string): Promise<MailIdentityAnswer> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/settings/email/identity`);

  identityKeys = (site: string): Promise<IdentityKeysAnswer> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/identity-keys`);

  /** Its secret is in this answer and in no other. */
  makeIdentityKey = (site: string, key: NewIdentityKey): Promise<IdentityKeyAnswer> => this.ask('POST', `/v1/agent/sites/${encodeURIComponent(site)}/identity-keys`, key);

  endIdentityKey = (site: string, key: string, afterSeconds: number): Promise<void> =>
    this.ask('POST', `/v1/agent/sites/${encodeURIComponent(site)}/identity-keys/${encodeURIComponent(key)}/end`, { after_s: afterSeconds });

  /** What I am told by mail. */
  notifications = (site: string): Promise<Notifications> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/notifications`);

  chooseNotifications = (site: string, choice: NotificationChoice): Promise<Notifications> => this.ask('PUT', `/v1/agent/sites/${encodeURIComponent(site)}/notifications`, choice);

  /** Mails a thread, once for its id. */
  mailTranscript = (conversation: string, id: string, to: TranscriptRecipient): Promise<void> => this.ask('POST', `/v1/agent/conversations/${encodeURIComponent(conversation)}/transcript`, { id, to });

  triggers = (site: string): Promise<PublishedTriggers> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/triggers`);

  publishTriggers = (site: string, expected: number, value: TriggerSettings): Promise<PublishedTriggers> =>
    this.ask('PUT', `/v1/agent/sites/${encodeURIComponent(site)}/triggers`, { expected, value });

  triggerNames = (site: string): Promise<TriggerNames> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/triggers/names`);

  /** A key with which a page of the shop shows this trigger to whoever opened it. */
  testTrigger = (site: string, trigger: string): Promise<TriggerTestAnswer> => this.ask('POST', `/v1/agent/sites/${encodeURIComponent(site)}/triggers/test`, { trigger });

  triggerResults = (site: string, days: number): Promise<TriggerResultsAnswer> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/triggers/results?days=${days}`);

  /** Why each trigger did or did not fire for a visitor, as of their last sign of life. */
  explanation = (site: string, visitor: string): Promise<VisitorExplanation> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/visitors/${encodeURIComponent(visitor)}/explanation`);

  groups = (site: string): Promise<PublishedGroups> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/groups`);

  publishGroups = (site: string, expected: number, value: GroupSettings): Promise<PublishedGroups> => this.ask('PUT', `/v1/agent/sites/${encodeURIComponent(site)}/groups`, { expected, value });

  scenarios = (site: string): Promise<ScenariosAnswer> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/scenarios`);

  scenario = (site: string, id: string): Promise<PublishedScenario> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/scenarios/${encodeURIComponent(id)}`);

  /** A new one is expected at 0. */
  publishScenario = (site: string, expected: number, value: ScenarioBody): Promise<PublishedScenario> =>
    this.ask('PUT', `/v1/agent/sites/${encodeURIComponent(site)}/scenarios/${encodeURIComponent(value.id)}`, { expected, value });

  deleteScenario = (site: string, id: string, expected: number): Promise<void> => this.ask('DELETE', `/v1/agent/sites/${encodeURIComponent(site)}/scenarios/${encodeURIComponent(id)}?expected=${expected}`);

  tryScenario = (site: string, request: TryRequest): Promise<TryAnswer> => this.ask('POST', `/v1/agent/sites/${encodeURIComponent(site)}/scenarios/try`, request);
  visitor = (site: string, visitor: string): Promise<VisitorDetail> => this.ask('GET', `/v1/agent/sites/${encodeURIComponent(site)}/visitors/${encodeURIComponent(visitor)}`);

  /** Writes to somebody who is on the site, once for its id. */
  invite = (site: string, visitor: string, invitation: NewInvitation): Promise<InvitationAnswer> =>
    this.ask('POST', `/v1/agent/sites/${encodeURIComponent(site)}/visitors/${encodeURIComponent(visitor)}/invitations`, invitation);

  private async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    let answer = await this.fetch(method, path, body, false);
    if (answer.status === 401) answer = await this.fetch(method, path, body, true);
    if (answer.status === 204) return undefined as T;
    const text = await answer.text();
    if (answer.status === 202 && text === '') return undefined as T;
    let json: unknown = null;
    try {
      json = JSON.parse(text);
    } catch {
      // A gateway's own page: the status says all there is to say.
    }
    if (answer.ok && json !== null) return json as T;
    const error = (json as { error?: Partial<ErrorBody> } | null)?.error;
    throw new ApiError(answer.status, error?.code ?? 'internal', error?.message ?? `${answer.status}`, error?.problems, error?.current);
  }

  private async fetch(method: string, path: string, body: unknown, renew: boolean): Promise<Response> {
    const token = await this.auth.token(renew);
    try {
      return await fetch(this.origin + path, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': body instanceof Blob ? body.type : 'application/json' }) },
        ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
        cache: 'no-store',
        signal: AbortSignal.timeout(15_000),
      });
    } catch {
      throw new ApiError(0, 'unreachable', 'the server cannot be reached');
    }
  }
}
