import type { TriggerBody } from '@mostrador/protocol';
import { describe, expect, it } from 'vitest';
import { freshTrigger } from '../triggers/model';
import { usedBy, withIds } from './model';

describe('groups', () => {
  it('get an id once, which no other has, and keep it under another name', () => {
    const group = (id: string, name: string) => ({ id, name, agents: [] });
    expect(withIds([group('', 'Pedidos'), group('pedidos', 'Orders'), group('', 'Pedidos'), group('', '订单')]).map(({ id }) => id)).toEqual(['pedidos-2', 'pedidos', 'pedidos-3', 'group']);
  });
  it('are used by triggers that give conversations to them or speak for them', () => {
    const trigger = (actions: TriggerBody['actions']): TriggerBody => ({ ...freshTrigger(), actions });
    const message = (group: string) => ({ kind: 'message' as const, sender: { kind: 'group' as const, group }, texts: {}, display: 'teaser' as const });
    expect(usedBy([trigger([{ kind: 'assign_group', group: 'a' }])], 'a')).toBeDefined();
    expect(usedBy([trigger([message('a')])], 'a')).toBeDefined();
    expect(usedBy([trigger([message('b'), { kind: 'assign_group', group: 'b' }])], 'a')).toBeUndefined();
  });
});
