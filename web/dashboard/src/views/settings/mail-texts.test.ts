import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAIL_TEXTS, MAILS, mailText } from './mail-texts';

/** The server's table, row by row. */
function served() {
  const source = readFileSync(join(import.meta.dirname, '../../../../../shared/domain/src/settings/mail_texts.rs'), 'utf8').split('#[cfg(test)]')[0]!;
  const text = String.raw`"((?:[^"\\]|\\.)*)"`;
  const row = new RegExp(String.raw`(line|prose)\(\s*MailText::\w+,\s*${text},\s*${text},\s*&\[([^\]]*)\],\s*\[\s*${text},\s*${text},\s*${text},\s*${text},?\s*\],?\s*\)`, 'g');
  const said = (quoted: string) => JSON.parse(`"${quoted}"`) as string;
  const rows = [...source.matchAll(row)];
  // None is written otherwise than we read them here.
  expect(rows.length).toBe([...source.matchAll(/^ {4}(line|prose)\(/gm)].length);
  return Object.fromEntries(rows.map(([, kind, key, , variables, en, es, pt, it]) => [key, { prose: kind === 'prose', variables: [...variables!.matchAll(/"(\w+)"/g)].map(([, name]) => name), shipped: { en: said(en!), es: said(es!), pt: said(pt!), it: said(it!) } }]));
}

describe('the texts of mails', () => {
  it('are those that the server sends, with their variables', () => {
    expect(MAIL_TEXTS).toEqual(served());
  });
  it('stand once each on the page', () => {
    expect([...Object.values(MAILS).flat(), 'signature'].sort()).toEqual(Object.keys(MAIL_TEXTS).sort());
  });
  it('are chosen as the server does', () => {
    const texts = { es: { button: 'Volver al chat' }, de: { button: ' ' }, fr: { button: 'Ouvrir' } };
    expect(mailText(texts, 'button', 'es', 'en')).toBe('Volver al chat');
    expect(mailText(texts, 'button', 'pt-BR', 'es')).toBe('Continuar a conversa');
    expect(mailText(texts, 'button', 'de', 'fr')).toBe('Ouvrir');
    expect(mailText(texts, 'button', 'de', 'nl')).toBe('Continue the conversation');
  });
});
