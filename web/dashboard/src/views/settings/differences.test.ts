import { describe, expect, it } from 'vitest';
import { contrast, readableOn } from './colour';
import { differences } from './differences';

describe('differences', () => {
  const base = { zone: 'Europe/Madrid', week: { monday: [{ start: '09:00', end: '14:00' }] } };
  it('names what two people set differently, and nothing else', () => {
    const theirs = { ...base, zone: 'Europe/Rome' };
    const mine = { ...base, week: { monday: [{ start: '09:00', end: '18:00' }, { start: '20:00', end: '22:00' }] } };
    expect(differences(base, theirs, mine)).toEqual([
      { path: 'zone', theirs: '"Europe/Rome"', mine: '"Europe/Madrid"' },
      { path: 'week.monday[0].end', theirs: '"14:00"', mine: '"18:00"' },
      { path: 'week.monday[1].start', theirs: undefined, mine: '"20:00"' },
      { path: 'week.monday[1].end', theirs: undefined, mine: '"22:00"' },
    ]);
  });
  it('is empty for the same changes; a blank text is no text', () => {
    expect(differences(base, { ...base, name: 'x' }, { ...base, name: 'x' })).toEqual([]);
    expect(differences({}, { texts: {} }, { texts: { welcome: '' } })).toEqual([]);
  });
});

describe('UX 28: contrast', () => {
  it('is WCAG’s', () => {
    expect(contrast('#ffffff', '#000000')).toBeCloseTo(21);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
    expect(contrast('teal', '#ffffff')).toBeNull();
    expect(readableOn('#0f766e')).toBe('#ffffff');
    expect(readableOn('#facc15')).toBe('#000000');
  });
});
