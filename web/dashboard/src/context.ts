// What every view of a signed-in agent may ask for.

import type { AgentInfo, ListName, Me, MySite } from '@mostrador/protocol';
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Api } from './api';
import type { Auth } from './auth';
import type { Config } from './config';
import type { Desk, DeskState } from './state/desk';
import type { DraftKind, Drafts } from './state/storage';

export interface Doors {
  config: Config;
  auth: Auth;
  api: Api;
}

/** What keys reach into: views put their part in while they are on screen. */
export interface Handles {
  compose?: (kind: DraftKind) => void;
  filter?: () => void;
  move?: (by: 1 | -1) => void;
  enter?: () => void;
}

export interface Site {
  desk: Desk;
  me: Me;
  site: MySite;
  list: ListName;
  conversation: string | null;
  drafts: Drafts;
  agents: readonly AgentInfo[];
  agentName(id: string): string;
  /** Where their photo is, if they have one. */
  agentPhoto(id: string): string | undefined;
  go(list: ListName, conversation: string | null): void;
  handles: Handles;
  profile: { shown: boolean; show(shown: boolean): void };
  keysOn: boolean;
}

export const DoorsContext = createContext<Doors | null>(null);
export const SiteContext = createContext<Site | null>(null);

export function useDoors(): Doors {
  const doors = useContext(DoorsContext);
  if (doors === null) throw new Error('no doors');
  return doors;
}

export function useSite(): Site {
  const site = useContext(SiteContext);
  if (site === null) throw new Error('no site');
  return site;
}

export function useDesk(): DeskState {
  const { desk } = useSite();
  return useSyncExternalStore(desk.subscribe, desk.snapshot);
}
