// What the server allows and yet may not be meant. Nothing here stops anybody from publishing.

import type { FormSettings } from '@mostrador/protocol';

export type Advice = 'no_questions' | 'nothing_held' | 'not_held_online' | 'all_skippable';

export function formAdvice({ when, hold_online, hold_offline, fields }: FormSettings): Advice[] {
  const wished = hold_online || hold_offline;
  if (fields.length === 0) return wished || when !== 'never' ? ['no_questions'] : [];
  // Online, only a form that is asked at once can hold; offline it always is.
  const holds = (hold_online && when === 'always') || hold_offline;
  const required = fields.some((field) => field.required);
  const found: Advice[] = [];
  if (hold_online && when !== 'always') found.push('not_held_online');
  if (required && !holds) found.push('nothing_held');
  if (!required && holds) found.push('all_skippable');
  return found;
}
