import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contrast, readableOn } from './colour';
import { differences } from './differences';
import { words } from './words';

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

describe('the settings’ words', () => {
  it('are all asked for, and those asked for exist', () => {
    const code = ['index', 'sections', 'hours', 'fields', 'preview'].map((file) => readFileSync(join(import.meta.dirname, `${file}.tsx`), 'utf8')).join('\n');
    const stems = new Set(Object.keys(words.en).map((key) => key.replace(/_(one|other)$/, '')));
    for (const [, key] of code.matchAll(/\bt\(\s*'([a-z_.]+)'/g)) expect(stems, key).toContain(key);
    const built = [...code.matchAll(/`([a-z_]+\.)\$\{/g)].map(([, start]) => start!);
    const quoted = new Set([...code.matchAll(/'([a-z_.]+)'/g)].map(([, key]) => key));
    for (const key of stems) expect(quoted.has(key) || built.some((start) => key.startsWith(start)), `nobody asks for ${key}`).toBe(true);
  });
  it('are there in every language, with the same variables', () => {
    const variables = (text: string) => [...text.matchAll(/\{\{?\w+\}?\}/g)].map(([name]) => name).toSorted();
    for (const [language, all] of Object.entries(words)) {
      expect(Object.keys(all).toSorted(), language).toEqual(Object.keys(words.en).toSorted());
      for (const [key, text] of Object.entries(all)) expect(variables(text), `${language} ${key}`).toEqual(variables(words.en[key as keyof typeof words.en]));
    }
  });
});
