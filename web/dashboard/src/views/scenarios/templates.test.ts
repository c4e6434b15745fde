import { expect, it } from 'vitest';
import { check } from './check';
import { missing } from './model';
import { TEMPLATES, fromTemplate } from './templates';

const fields = ['name', 'email'].map((id) => ({ id, kind: 'text' as const, required: false, labels: {} }));
const known = (languages: readonly string[], form: typeof fields) => ({ defaultLanguage: languages[0]!, fields: new Set(form.map((field) => field.id)), groups: new Set<string>(), agents: new Set<string>() });

it.each(TEMPLATES)('%s could be published as it is, in every language that we have', (name) => {
  for (const languages of [['en'], ['es', 'en', 'pt-BR', 'it'], ['pt']]) {
    const scenario = fromTemplate(name, 'a', 'A', { languages, fields }, 'en');
    expect(check(scenario, known(languages, fields))).toEqual([]);
    for (const language of languages) expect(missing(scenario, language), `${name} ${language}`).toBe(0);
  }
});

it.each(TEMPLATES)('%s asks nothing that the form does not, and speaks the default language somehow', (name) => {
  const scenario = fromTemplate(name, 'a', 'A', { languages: ['de', 'es'], fields: [] }, 'it');
  expect(check(scenario, known(['de'], []))).toEqual([]);
  expect(missing(scenario, 'es')).toBe(0);
  expect(JSON.stringify(scenario)).toContain('"de":"');
});
