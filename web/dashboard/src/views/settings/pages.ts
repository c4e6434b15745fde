// The pages of the settings, in the order in which a merchant comes to them. Most are sections: published whole under a version, with a form
// in `sections.tsx`. The others are loaded when one comes there (`lazy`) or need nothing more. To add one: its name and loader here, its
// title (`section.NAME`) in the settings' words, its size in `scripts/check-size.mjs`.

import type { SectionName } from '@mostrador/protocol';
import { type ComponentType, lazy } from 'react';

export interface LazyPageProps {
  /** What follows the page's name in the address: the id of what is edited. */
  item: string | null;
}

export const SECTIONS: readonly SectionName[] = ['hours', 'automatic', 'email', 'texts', 'faqs', 'form', 'visitors', 'appearance', 'visibility', 'privacy', 'general'];

/** Each a chunk of its own that brings its words. */
export const LAZY = {
  triggers: lazy(async () => {
    const { Triggers, startWords } = await import('../triggers');
    await startWords();
    return { default: Triggers };
  }),
  scenarios: lazy(async () => {
    const { Scenarios, startWords } = await import('../scenarios');
    await startWords();
    return { default: Scenarios };
  }),
  groups: lazy(async () => {
    const { Groups, startWords } = await import('../groups');
    await startWords();
    return { default: Groups };
  }),
} satisfies Record<string, ComponentType<LazyPageProps>>;

/** For admins. */
export const PAGES = ['hours', 'automatic', 'email', 'texts', 'faqs', 'form', 'triggers', 'scenarios', 'groups', 'visitors', 'appearance', 'visibility', 'identity', 'privacy', 'general', 'notifications'] as const;
/** One's own, of which the rest is no matter: every agent has them. */
export const OWN = ['notifications'] as const;

export const lazyPage = (name: string): ComponentType<LazyPageProps> | null => (Object.hasOwn(LAZY, name) ? (LAZY as Record<string, ComponentType<LazyPageProps>>)[name]! : null);
