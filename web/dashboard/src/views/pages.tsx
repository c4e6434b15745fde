// What stands beside the inbox: each page is a chunk of its own that brings its words with it, so that it costs nobody anything who only
// answers. To add one: a line here, its route in `app.tsx` (before `/$list`), its button in `rail.tsx`, and its size in `scripts/check-size.mjs`.
// Pages of the settings are listed in `settings/pages.ts`.

import { type ComponentType, lazy } from 'react';

export interface PageProps {
  /** What follows the page's name in the address: a settings section, say. */
  section: string;
  /** And what follows that: the id of what is edited. */
  item: string | null;
}

export const PAGES = {
  settings: lazy(async () => {
    const { Settings, startWords } = await import('./settings');
    await startWords();
    return { default: Settings };
  }),
  visitors: lazy(async () => {
    const { Visitors, startWords } = await import('./visitors');
    await startWords();
    return { default: Visitors };
  }),
} satisfies Record<string, ComponentType<PageProps>>;

export type PageName = keyof typeof PAGES;

/** Which page an address names, as the router has it (without where the dashboard lies): the part after the site's. The inbox is none. */
export function pageOf(pathname: string): PageName | null {
  const name = pathname.split('/').filter(Boolean)[1];
  return name !== undefined && Object.hasOwn(PAGES, name) ? (name as PageName) : null;
}
