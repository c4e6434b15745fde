// Who is signed in. OpenID Connect, code flow with PKCE; what our API accepts is the ID token. Knows nothing of conversations.
// Whoever is signed in already is read from where the library keeps them: the library itself, a tenth of the first load, is needed
// for signing in and out and for renewing, and comes after the page.

import type { ErrorResponse, User, UserManager } from 'oidc-client-ts';
import { BASE, type Config } from './config';
import { whenIdle } from './idle';

export type AuthState =
  | { is: 'signed_out' }
  | { is: 'signed_in'; email: string }
  /** Was signed in and is no longer: what was written is kept until they are back. */
  | { is: 'expired'; email: string };

/** What we use of a person, as the library keeps them. */
type Person = Pick<User, 'id_token' | 'refresh_token'> & { profile: Pick<User['profile'], 'exp' | 'email'> };

interface Library {
  manager: UserManager;
  Refused: typeof ErrorResponse;
}

/** Before the keys of the library's store, so that it is ours. */
const PREFIX = 'mostrador.';

/** Renew this long before the token ends, so that no request is made with one that ends under way. */
const MARGIN_S = 60;

export class Auth {
  private loaded: Promise<Library> | null = null;
  private person: Person | null = null;
  private state: AuthState = { is: 'signed_out' };
  private renewing: Promise<void> | null = null;
  private readonly listeners = new Set<() => void>();
  /** Where the library keeps who is signed in. */
  private readonly kept: string;

  constructor(
    private readonly config: Config,
    private readonly origin: string,
  ) {
    this.kept = `${PREFIX}user:${config.oidc.issuer}:${config.oidc.client_id}`;
    // Signed in, renewed or signed out in another tab.
    window.addEventListener('storage', (event) => {
      if (event.key === this.kept) this.pickUp();
    });
  }

  /** Finishes a sign-in that has just come back, or picks up the one before. Answers the path to go to, if there is one. */
  async start(url: URL): Promise<{ returnTo: string | null; failed: boolean }> {
    if (url.searchParams.has('state') && (url.searchParams.has('code') || url.searchParams.has('error'))) {
      try {
        const { manager } = await this.library();
        const user = await manager.signinCallback(url.href);
        if (user !== undefined) this.adopt(user);
        const state = user?.state as { returnTo?: string } | undefined;
        return { returnTo: ownPath(state?.returnTo) ?? BASE, failed: false };
      } catch {
        return { returnTo: BASE, failed: true };
      }
    }
    this.pickUp();
    // Once the page stands: it renews by itself what is about to end. If it does not come now, whoever needs it asks again.
    whenIdle(() => void this.library().catch(() => undefined));
    return { returnTo: null, failed: false };
  }

  private library(): Promise<Library> {
    this.loaded ??= (async () => {
      try {
        const { ErrorResponse, UserManager, WebStorageStateStore } = await import('oidc-client-ts');
        const home = this.origin + BASE;
        const manager = new UserManager({
          authority: this.config.oidc.issuer,
          client_id: this.config.oidc.client_id,
          redirect_uri: home,
          post_logout_redirect_uri: home,
          response_type: 'code',
          scope: 'openid email profile',
          automaticSilentRenew: true,
          accessTokenExpiringNotificationTimeInSeconds: MARGIN_S,
          monitorSession: false,
          // An installed app stays signed in, and tabs share it.
          userStore: new WebStorageStateStore({ store: window.localStorage, prefix: PREFIX }),
          stateStore: new WebStorageStateStore({ store: window.localStorage, prefix: `${PREFIX}signin.` }),
        });
        manager.events.addUserLoaded((user) => this.adopt(user));
        manager.events.addUserUnloaded(() => this.set({ is: 'signed_out' }, null));
        await manager.clearStaleState();
        return { manager, Refused: ErrorResponse };
      } catch (error) {
        this.loaded = null;
        throw error;
      }
    })();
    return this.loaded;
  }

  private pickUp(): void {
    const kept = window.localStorage.getItem(this.kept);
    try {
      if (kept !== null) return this.adopt(JSON.parse(kept) as Person);
    } catch {
      // Not what the library writes: then nobody is signed in.
    }
    this.set({ is: 'signed_out' }, null);
  }

  current = (): AuthState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  async signIn(returnTo: string): Promise<void> {
    const { manager } = await this.library();
    await manager.signinRedirect({ state: { returnTo } });
  }

  /** Signs out here and, where the provider can, there. */
  async signOut(): Promise<void> {
    const idToken = this.person?.id_token;
    const library = await this.library().catch(() => null);
    if (library === null) {
      // Without a connection one still gets out here.
      window.localStorage.removeItem(this.kept);
      return this.set({ is: 'signed_out' }, null);
    }
    const { manager } = library;
    const home = location.origin + BASE;
    const canEnd = await manager.metadataService.getEndSessionEndpoint().catch(() => undefined);
    if (canEnd === undefined) return manager.removeUser();
    await manager.signoutRedirect({
      ...(idToken === undefined ? {} : { id_token_hint: idToken }),
      // Amazon Cognito's own names for the same.
      extraQueryParams: { client_id: manager.settings.client_id, logout_uri: home },
    });
  }

  /** The bearer token. `renew`: the one that we have was refused. Rejects with `SignedOut` when only the person can help. */
  async token(renew = false): Promise<string> {
    if (renew || this.endsWithin(MARGIN_S / 2)) await this.renew();
    const token = this.person?.id_token;
    if (token === undefined || this.endsWithin(0)) {
      this.expire();
      throw new SignedOut();
    }
    return token;
  }

  private endsWithin(seconds: number): boolean {
    const exp = this.person?.profile.exp;
    return exp === undefined || exp * 1000 < Date.now() + seconds * 1000;
  }

  private renew(): Promise<void> {
    this.renewing ??= (async () => {
      try {
        const { manager, Refused } = await this.library();
        try {
          const user = await manager.signinSilent();
          if (user !== null) this.adopt(user);
        } catch (error) {
          // The provider said no: the person has to sign in. Anything else is the network's fault and passes.
          if (error instanceof Refused || this.person?.refresh_token === undefined) {
            this.expire();
            throw new SignedOut();
          }
          throw error;
        }
      } finally {
        this.renewing = null;
      }
    })();
    return this.renewing;
  }

  private adopt(person: Person): void {
    this.set({ is: 'signed_in', email: person.profile.email ?? '' }, person);
  }

  private expire(): void {
    if (this.state.is === 'signed_in') this.set({ is: 'expired', email: this.state.email }, this.person);
  }

  private set(state: AuthState, person: Person | null): void {
    this.state = state;
    this.person = person;
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
