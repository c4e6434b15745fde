// Who is signed in. OpenID Connect, code flow with PKCE; what our API accepts is the ID token. Knows nothing of conversations.

import { ErrorResponse, UserManager, WebStorageStateStore, type User } from 'oidc-client-ts';
import { BASE, type Config } from './config';

export type AuthState =
  | { is: 'signed_out' }
  | { is: 'signed_in'; email: string }
  /** Was signed in and is no longer: what was written is kept until they are back. */
  | { is: 'expired'; email: string };

/** Renew this long before the token ends, so that no request is made with one that ends under way. */
const MARGIN_S = 60;

export class Auth {
  private readonly manager: UserManager;
  private user: User | null = null;
  private state: AuthState = { is: 'signed_out' };
  private renewing: Promise<void> | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(config: Config, origin: string) {
    const home = origin + BASE;
    this.manager = new UserManager({
      authority: config.oidc.issuer,
      client_id: config.oidc.client_id,
      redirect_uri: home,
      post_logout_redirect_uri: home,
      response_type: 'code',
      scope: 'openid email profile',
      automaticSilentRenew: true,
      accessTokenExpiringNotificationTimeInSeconds: MARGIN_S,
      monitorSession: false,
      // An installed app stays signed in, and tabs share it.
      userStore: new WebStorageStateStore({ store: window.localStorage, prefix: 'mostrador.' }),
      stateStore: new WebStorageStateStore({ store: window.localStorage, prefix: 'mostrador.signin.' }),
    });
    this.manager.events.addUserLoaded((user) => this.adopt(user));
    // Signed out in another tab.
    this.manager.events.addUserUnloaded(() => this.set({ is: 'signed_out' }, null));
    window.addEventListener('storage', (event) => {
      if (event.key?.startsWith('mostrador.user:') === true) void this.manager.getUser().then((user) => (user === null ? this.set({ is: 'signed_out' }, null) : this.adopt(user)));
    });
  }

  /** Finishes a sign-in that has just come back, or picks up the one before. Answers the path to go to, if there is one. */
  async start(url: URL): Promise<{ returnTo: string | null; failed: boolean }> {
    await this.manager.clearStaleState();
    if (url.searchParams.has('state') && (url.searchParams.has('code') || url.searchParams.has('error'))) {
      try {
        const user = await this.manager.signinCallback(url.href);
        if (user !== undefined) this.adopt(user);
        const state = user?.state as { returnTo?: string } | undefined;
        return { returnTo: ownPath(state?.returnTo) ?? BASE, failed: false };
      } catch {
        return { returnTo: BASE, failed: true };
      }
    }
    const user = await this.manager.getUser();
    if (user !== null) this.adopt(user);
    return { returnTo: null, failed: false };
  }

  current = (): AuthState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  async signIn(returnTo: string): Promise<void> {
    await this.manager.signinRedirect({ state: { returnTo } });
  }

  /** Signs out here and, where the provider can, there. */
  async signOut(): Promise<void> {
    const idToken = this.user?.id_token;
    const home = location.origin + BASE;
    const canEnd = await this.manager.metadataService.getEndSessionEndpoint().catch(() => undefined);
    if (canEnd === undefined) return this.manager.removeUser();
    await this.manager.signoutRedirect({
      ...(idToken === undefined ? {} : { id_token_hint: idToken }),
      // Amazon Cognito's own names for the same.
      extraQueryParams: { client_id: this.manager.settings.client_id, logout_uri: home },
    });
  }

  /** The bearer token. `renew`: the one that we have was refused. Rejects with `SignedOut` when only the person can help. */
  async token(renew = false): Promise<string> {
    if (renew || this.endsWithin(MARGIN_S / 2)) await this.renew();
    const token = this.user?.id_token;
    if (token === undefined || this.endsWithin(0)) {
      this.expire();
      throw new SignedOut();
    }
    return token;
  }

  private endsWithin(seconds: number): boolean {
    const exp = this.user?.profile.exp;
    return exp === undefined || exp * 1000 < Date.now() + seconds * 1000;
  }

  private renew(): Promise<void> {
    this.renewing ??= (async () => {
      try {
        const user = await this.manager.signinSilent();
        if (user !== null) this.adopt(user);
      } catch (error) {
        // The provider said no: the person has to sign in. Anything else is the network's fault and passes.
        if (error instanceof ErrorResponse || this.user?.refresh_token === undefined) {
          this.expire();
          throw new SignedOut();
        }
        throw error;
      } finally {
        this.renewing = null;
      }
    })();
    return this.renewing;
  }

  private adopt(user: User): void {
    this.set({ is: 'signed_in', email: user.profile.email ?? '' }, user);
  }

  private expire(): void {
    if (this.state.is === 'signed_in') this.set({ is: 'expired', email: this.state.email }, this.user);
  }

  private set(state: AuthState, user: User | null): void {
    this.state = state;
    this.user = user;
    for (const listener of this.listeners) listener();
  }
}

export class SignedOut extends Error {
  override name = 'SignedOut';
}

/** A path of ours, never another origin's. */
export function ownPath(path: string | undefined): string | null {
  return path?.startsWith(BASE) === true && !path.startsWith('//') ? path : null;
}
