import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { en as wordsEn } from '../views/settings/words/en';
import { es as wordsEs } from '../views/settings/words/es';
import { it as wordsIt } from '../views/settings/words/it';
import { pt as wordsPt } from '../views/settings/words/pt';
import { en as scenariosEn } from '../views/scenarios/words/en';
import { es as scenariosEs } from '../views/scenarios/words/es';
import { it as scenariosIt } from '../views/scenarios/words/it';
import { pt as scenariosPt } from '../views/scenarios/words/pt';
import { en as groupsEn } from '../views/groups/words/en';
import { es as groupsEs } from '../views/groups/words/es';
import { it as groupsIt } from '../views/groups/words/it';
import { pt as groupsPt } from '../views/groups/words/pt';
import { en as triggersEn } from '../views/triggers/words/en';
import { es as triggersEs } from '../views/triggers/words/es';
import { it as triggersIt } from '../views/triggers/words/it';
import { pt as triggersPt } from '../views/triggers/words/pt';
import { en as visitorsEn } from '../views/visitors/words/en';
import { es as visitorsEs } from '../views/visitors/words/es';
import { it as visitorsIt } from '../views/visitors/words/it';
import { pt as visitorsPt } from '../views/visitors/words/pt';
import { en } from './en';
import { es } from './es';
import { LANGUAGES, chooseLanguage } from './index';
import { it as italian } from './it';
import { pt } from './pt';

type Texts = Record<string, string | undefined>;

const source = join(import.meta.dirname, '..');
/** Every file that asks for texts, by its path under `src`. */
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.') && !file.startsWith('i18n') && !file.includes('words'));
const code = (which: (file: string) => boolean) =>
  files
    .filter(which)
    .map((file) => readFileSync(join(source, file), 'utf8'))
    .join('\n');

/** Folders below `views` whose words come with them. */
const OWN = ['settings', 'scenarios', 'triggers', 'groups', 'visitors'];
const of = (folder: string) => (file: string) => file.includes(`${folder}/`);

const PARTS: readonly { part: string; english: Texts; others: Record<string, Texts>; code: string }[] = [
  { part: 'the dashboard', english: en, others: { es, pt, it: italian }, code: code((file) => !OWN.some((folder) => of(folder)(file))) },
  { part: 'the settings', english: wordsEn, others: { es: wordsEs, pt: wordsPt, it: wordsIt }, code: code(of('settings')) },
  { part: 'the triggers', english: triggersEn, others: { es: triggersEs, pt: triggersPt, it: triggersIt }, code: code(of('triggers')) },
  { part: 'the scenarios', english: scenariosEn, others: { es: scenariosEs, pt: scenariosPt, it: scenariosIt }, code: code(of('scenarios')) },
  { part: 'the groups', english: groupsEn, others: { es: groupsEs, pt: groupsPt, it: groupsIt }, code: code(of('groups')) },
  { part: 'the visitors', english: visitorsEn, others: { es: visitorsEs, pt: visitorsPt, it: visitorsIt }, code: code(of('visitors')) },
];

/** `{{name}}` is filled in by us, `{name}` is the merchant's variable. */
const variables = (text: string) => [...text.matchAll(/\{\{?\w+\}?\}/g)].map(([name]) => name).sort();
const stem = (key: string) => key.replace(/_(one|other|many)$/, '');

describe.each(PARTS)('the words of $part', ({ english, others, code }) => {
  it('are there in every language that can be chosen', () => {
    expect(['en', ...Object.keys(others)]).toEqual(Object.keys(LANGUAGES));
  });
  it.each(Object.entries(others))('%s has every text, with the same variables', (name, texts) => {
    for (const [key, text] of Object.entries(english)) {
      expect(texts[key]?.trim(), `${name}: ${key}`).toBeTruthy();
      expect(variables(texts[key]!), `${name}: ${key}`).toEqual(variables(text!));
    }
  });
  it.each(Object.entries(others))('%s has no text that nobody asks for', (_, texts) => {
    for (const key of Object.keys(texts)) expect(Object.keys(english).map(stem), key).toContain(stem(key));
  });
  it.each(Object.entries(others))('%s has every plural form that its grammar wants', (name, texts) => {
    const forms = new Intl.PluralRules(name).resolvedOptions().pluralCategories;
    for (const key of Object.keys(english).filter((key) => key.endsWith('_other')))
      for (const form of forms) expect(texts[`${stem(key)}_${form}`], `${stem(key)}_${form}`).toBeTruthy();
  });
  it('every text that the source asks for exists, and every text is asked for', () => {
    const asked = [...code.matchAll(/\bt\(\s*'([a-z_.]+)'/g)].map((match) => match[1]!);
    // Should the pattern ever find nothing, this test would hold nothing.
    expect(asked.length).toBeGreaterThan(Object.keys(english).length / 4);
    const stems = new Set(Object.keys(english).map(stem));
    // Within the settings a view may ask both; what is no word of theirs has to be the dashboard's.
    const elsewhere = new Set(Object.keys(en).map(stem));
    for (const key of asked) expect(stems.has(key) || (english !== en && elsewhere.has(key)), key).toBe(true);
    // Some keys are put together: `list.${name}`. Those are asked for by their beginning.
    const built = [...code.matchAll(/`([a-z_]+\.[a-z_]*)\$\{/g)].map((match) => match[1]!);
    const quoted = new Set([...code.matchAll(/'([a-z_.]+)'/g)].map((match) => match[1]!));
    for (const key of stems) expect(quoted.has(key) || built.some((start) => key.startsWith(start)), `nobody asks for ${key}`).toBe(true);
  });
});

describe('the language', () => {
  it('is the one that was chosen, then the browser’s first known one, then English', () => {
    expect(chooseLanguage('es', ['en-GB'])).toBe('es');
    expect(chooseLanguage(null, ['de-DE', 'es-MX', 'en'])).toBe('es');
    expect(chooseLanguage(null, ['de'])).toBe('en');
    expect(chooseLanguage('xx', [])).toBe('en');
  });
});
