import type { Entry } from '@mostrador/protocol';
import { describe, expect, it } from 'vitest';
import { unreachable } from './mail';

let seq = 0;
const mail = (cls: string, from: string): Entry => ({ log: 'backstage', kind: 'mail', seq: ++seq, thread_at: 1, at: seq, author: { role: 'system' }, class: cls, from, text: '' }) as Entry;
const words: Entry = { log: 'thread', kind: 'message', seq: 1, thread_at: 1, at: 0, author: { role: 'shopper' }, text: 'Hello' };

describe('who cannot be mailed', () => {
  it('is nobody whose mails arrive, and nobody for what a program or another address wrote', () => {
    expect(unreachable([words, mail('auto_response', 'a@shop.example'), mail('review', 'a@shop.example')], 'a@shop.example')).toBeNull();
  });
  it('is whose mail came back, or who called it spam, until they give another address', () => {
    const entries = [words, mail('bounce', 'A@Shop.example'), words];
    expect(unreachable(entries, 'a@shop.example')).toEqual({ address: 'A@Shop.example', why: 'bounce' });
    expect(unreachable(entries, undefined)).toEqual({ address: 'A@Shop.example', why: 'bounce' });
    expect(unreachable(entries, 'b@shop.example')).toBeNull();
    expect(unreachable([...entries, mail('complaint', 'b@shop.example')], 'b@shop.example')).toEqual({ address: 'b@shop.example', why: 'complaint' });
  });
});
