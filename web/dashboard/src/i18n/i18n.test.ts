import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseLanguage } from './index';
import { en } from './en';
import { es } from './es';
import { it as italian } from './it';
import { pt } from './pt';

const source = join(import.meta.dirname, '..');
const languages: Record<string, Record<string, string | undefined>> = { es, pt, it: italian };
const values = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();
const stem = (key: string) => key.replace(/_(one|other|many)$/, '');

describe('languages', () => {
  for (const [name, texts] of Object.entries(languages)) {
    it(`${name} has every text, with the same values`, () => {
      for (const [key, text] of Object.entries(en)) {
        expect(texts[key]?.trim(), `${name}: ${key}`).toBeTruthy();
        expect(values(texts[key]!), `${name}: ${key}`).toEqual(values(text));
      }
    });
    it(`${name} has no text that nobody asks for`, () => {
      for (const key of Object.keys(texts)) expect(Object.keys(en).map(stem), key).toContain(stem(key));
    });
    it(`${name} has every plural form that its grammar wants`, () => {
      const forms = new Intl.PluralRules(name).resolvedOptions().pluralCategories;
      for (const key of Object.keys(en).filter((key) => key.endsWith('_other')))
        for (const form of forms) expect(texts[`${stem(key)}_${form}`], `${stem(key)}_${form}`).toBeTruthy();
    });
  }
  // The settings have words of their own, and a test beside them.
  it('every text that the source asks for exists, and every text is asked for', () => {
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.') && !file.startsWith('i18n') && !file.includes('settings/'));
    const code = files.map((file) => readFileSync(join(source, file), 'utf8')).join('\n');
    const asked = [...code.matchAll(/\bt\(\s*'([a-z_.]+)'/g)].map((match) => match[1]!);
    expect(asked.length).toBeGreaterThan(50);
    const stems = new Set(Object.keys(en).map(stem));
    for (const key of asked) expect(stems, key).toContain(key);
    // Some keys are put together: `list.${name}`. Those are asked for by their beginning.
    const built = [...code.matchAll(/`([a-z_]+\.[a-z_]*)\$\{/g)].map((match) => match[1]!);
    const quoted = new Set([...code.matchAll(/'([a-z_]+\.[a-z_]+)'/g)].map((match) => match[1]!));
    for (const key of stems) expect(quoted.has(key) || built.some((start) => key.startsWith(start)), `nobody asks for ${key}`).toBe(true);
  });
  it('the choice wins, then the browser’s first known language, then English', () => {
    expect(chooseLanguage('es', ['en-GB'])).toBe('es');
    expect(chooseLanguage(null, ['de-DE', 'es-MX', 'en'])).toBe('es');
    expect(chooseLanguage(null, ['de'])).toBe('en');
    expect(chooseLanguage('xx', [])).toBe('en');
  });
});
