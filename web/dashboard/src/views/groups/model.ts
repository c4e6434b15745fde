// Groups as they are edited. Pure.

import type { GroupBody, TriggerBody } from '@mostrador/protocol';
import { freshId } from '../triggers/model';

export const MAX_GROUPS = 50;

/** The first trigger that speaks for a group or gives conversations to it. */
export const usedBy = (triggers: readonly TriggerBody[], group: string): TriggerBody | undefined =>
  triggers.find(({ actions }) => actions.some((one) => (one.kind === 'assign_group' && one.group === group) || (one.kind === 'message' && one.sender.kind === 'group' && one.sender.group === group)));

/** As they are published: who is new gets an id, made of the name and kept for good. */
export function withIds(groups: readonly GroupBody[]): GroupBody[] {
  const taken = groups.map(({ id }) => id).filter((id) => id !== '');
  return groups.map((group) => {
    if (group.id !== '') return group;
    const id = freshId(group.name, taken, 'group');
    taken.push(id);
    return { ...group, id };
  });
}
