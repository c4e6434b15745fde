import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { NO_KID, SNIPPETS, type SnippetName, pageCode, serverCode } from './snippets';

const SECRET = 'msk_a-secret-as-it-is-told';
const VALUES = { site: 'demo', kid: 'k0123456789abcdef' };

/** How each language is made to print the token of a customer whose name needs more than ASCII. */
const RUNS: Record<Exclude<SnippetName, 'Liquid'>, [command: string, args: (code: string) => string[]]> = {
  Node: ['node', (code) => ['--input-type=module', '-e', `${code}\nconsole.log(chatToken({ id: 7, email: 'ana@example.com', name: 'Ana Güell' }));`]],
  PHP: ['php', (code) => ['-r', `${code.replace('<?php', '')}\necho chat_token(['id' => 7, 'email' => 'ana@example.com', 'name' => 'Ana Güell']);`]],
  Python: ['python3', (code) => ['-c', `${code}\nprint(chat_token({"id": 7, "email": "ana@example.com", "name": "Ana Güell"}))`]],
  Ruby: ['ruby', (code) => ['-e', `${code}\nCustomer = Struct.new(:id, :email, :name)\nputs chat_token(Customer.new(7, "ana@example.com", "Ana Güell"))`]],
};

describe('the code that a shop copies', () => {
  it.each(Object.entries(RUNS))('%s makes a token that we believe', (name, [command, args]) => {
    const run = spawnSync(command, args(serverCode(name as SnippetName, VALUES)), { env: { ...process.env, MOSTRADOR_SECRET: SECRET }, encoding: 'utf8' });
    if ((run.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return console.warn(`${command} is not here: its code was not run`);
    expect(run.stderr).toBe('');
    const [header, claims, signature, ...rest] = run.stdout.trim().split('.') as [string, string, string];
    expect(rest).toEqual([]);
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
    expect(read(header)).toEqual({ alg: 'HS256', typ: 'JWT', kid: VALUES.kid });
    const said = read(claims);
    const now = Math.floor(Date.now() / 1000);
    expect(said).toMatchObject({ sub: '7', aud: 'demo', email: 'ana@example.com', name: 'Ana Güell' });
    expect(said['iat'] as number).toBeLessThanOrEqual(now + 1);
    expect((said['exp'] as number) - (said['iat'] as number)).toBeLessThanOrEqual(15 * 60);
    expect(said['exp'] as number).toBeGreaterThan(now);
    expect(signature).toBe(createHmac('sha256', SECRET).update(`${header}.${claims}`).digest('base64url'));
    // Another program is started for it.
  }, 30_000);
  it('Liquid signs the customer’s id, and the secret stands in no file', () => {
    const code = serverCode('Liquid', VALUES);
    expect(code).toContain('hash: "{{ customer.id | hmac_sha256: secret }}"');
    expect(code).toContain('customer_id: "{{ customer.id }}"');
    expect(code).toContain('mostrador("identify", null)');
    expect(code).not.toContain('msk_');
  });
  it('names the site and the key, and the place of the key while there is none', () => {
    for (const name of SNIPPETS.filter((name) => name !== 'Liquid')) {
      expect(serverCode(name, VALUES)).toContain(VALUES.kid);
      expect(serverCode(name, { site: 'demo', kid: NO_KID })).toContain(NO_KID);
      expect(pageCode(name)).toMatch(/mostrador\("identify", \{ token: ".+" \}\)/);
    }
  });
});
