// Who the shop vouches for: keys, made and ended, and the code that uses them. A secret is shown once, and kept nowhere.

import { Dialog } from '@base-ui/react/dialog';
import type { IdentityKey, IdentityKeyAnswer } from '@mostrador/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Check, Copy, KeyRound } from 'lucide-react';
import { useId, useState } from 'react';
import { ApiError } from '../../api';
import { useDoors, useSite } from '../../context';
import { absolute, ago } from '../../format';
import { useNow, useText } from '../../hooks';
import { Skeleton } from '../parts';
import { NO_KID, SNIPPETS, type SnippetName, pageCode, serverCode } from './snippets';
import { type Words, useWords } from './words';

const HOUR = 3600;
const ENDS = { now: 0, hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR } as const;
type End = keyof typeof ENDS;

export function Identity() {
  const t = useWords();
  const { site } = useSite();
  const { api } = useDoors();
  const queries = useQueryClient();
  const keys = useQuery({ queryKey: ['identity-keys', site.site], queryFn: () => api.identityKeys(site.site) });
  const [told, setTold] = useState<IdentityKeyAnswer | null>(null);
  const [asked, setAsked] = useState<{ about: IdentityKey; to: 'end' | 'rotate' } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const again = () => void queries.invalidateQueries({ queryKey: ['identity-keys', site.site] });

  const make = useMutation({
    mutationFn: (publicKey?: string) => api.makeIdentityKey(site.site, publicKey === undefined ? {} : { public_key: publicKey }),
    onMutate: () => setProblem(null),
    onSuccess: (made) => setTold(made.secret === undefined ? null : made),
    onError: (error) => setProblem(refusal(t, error)),
    onSettled: again,
  });
  const end = useMutation({
    mutationFn: ({ key, after }: { key: string; after: number }) => api.endIdentityKey(site.site, key, after),
    onMutate: () => setProblem(null),
    onSettled: again,
  });
  const carryOut = async ({ about, to }: { about: IdentityKey; to: 'end' | 'rotate' }, when: End) => {
    setAsked(null);
    // The new one first: should the rest fail, nobody is left without a key.
    if (to === 'rotate' && (await make.mutateAsync(undefined).catch(() => null)) === null) return;
    await end.mutateAsync({ key: about.id, after: ENDS[when] }).catch(() => setProblem(to === 'rotate' ? t('identity.old_stays', { id: about.id }) : t('identity.not_ended')));
  };

  const list = keys.data?.keys ?? [];
  // What signs now: the newest secret that is good and goes on.
  const signing = list.findLast((key) => key.good && key.ends_at === undefined && key.algorithm === 'HS256') ?? list.findLast((key) => key.good && key.algorithm === 'HS256');
  return (
    <div className="settings-page">
      <div className="settings-head">
        <h2>{t('section.identity')}</h2>
        <p className="soft">{t('why.identity')}</p>
      </div>
      <div className="settings-body settings-fields">
        <section className="field">
          <h3>{t('identity.keys')}</h3>
          {keys.isPending && <Skeleton label={t('identity.loading')} rows={2} kind="lines" />}
          {keys.isError && keys.data === undefined && (
            <div className="failed" role="alert">
              <p>{t('identity.failed')}</p>
              <button type="button" className="button" onClick={() => void keys.refetch()}>
                {t('retry')}
              </button>
            </div>
          )}
          {keys.data !== undefined && list.length === 0 && <p className="soft">{t('identity.none')}</p>}
          {list.length > 0 && (
            <ul className="identity-keys">
              {list.toReversed().map((key) => (
                <KeyRow key={key.id} about={key} onAsk={(to) => setAsked({ about: key, to })} />
              ))}
            </ul>
          )}
          {problem !== null && (
            <p className="field-problem" role="alert">
              {problem}
            </p>
          )}
          {told !== null && <Told answer={told} onStored={() => setTold(null)} />}
          {keys.data !== undefined && (
            <button type="button" className={list.length === 0 ? 'button button-primary' : 'button'} disabled={make.isPending} onClick={() => make.mutate(undefined)}>
              <KeyRound size={16} strokeWidth={1.75} aria-hidden="true" />
              {make.isPending ? t('identity.making') : t('identity.make')}
            </button>
          )}
          {keys.data !== undefined && <OwnKey pending={make.isPending} onAdd={(pem, done) => make.mutate(pem, { onSuccess: done })} />}
        </section>
        <Code site={site.site} kid={signing?.id ?? null} />
      </div>
      {asked !== null && <Ask {...asked} onKeep={() => setAsked(null)} onDo={(when) => void carryOut(asked, when)} />}
    </div>
  );
}

function refusal(t: Words, error: unknown): string {
  if (!(error instanceof ApiError) || error.problems.length === 0) return t('identity.not_made');
  return error.problems.some(({ code }) => code === 'too_many') ? t('identity.limit') : error.problems.map(({ path }) => (path === 'public_key' ? t('problem.format') : t('identity.not_made'))).join(' ');
}

function KeyRow({ about, onAsk }: { about: IdentityKey; onAsk(to: 'end' | 'rotate'): void }) {
  const t = useWords();
  const { locale } = useText();
  const now = useNow(30_000);
  const { id, algorithm, made_at, ends_at, good } = about;
  const state = !good ? t('identity.ended') : ends_at === undefined ? t('identity.good') : t('identity.ends', { time: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(ends_at) });
  return (
    <li data-key={id} data-state={!good ? 'ended' : ends_at === undefined ? 'good' : 'ending'}>
      <span className="identity-key">
        <code>{id}</code>
        <small title={absolute(locale, made_at)}>
          {algorithm} · {t('identity.made', { time: ago(locale, made_at, now) })}
        </small>
      </span>
      <span className="identity-state">{state}</span>
      {good && (
        <span className="identity-tools">
          {algorithm === 'HS256' && ends_at === undefined && (
            <button type="button" className="button" aria-label={t('identity.rotate_of', { id })} onClick={() => onAsk('rotate')}>
              {t('identity.rotate')}
            </button>
          )}
          <button type="button" className="button" aria-label={t('identity.end_of', { id })} onClick={() => onAsk('end')}>
            {t('identity.end')}
          </button>
        </span>
      )}
    </li>
  );
}

function Told({ answer, onStored }: { answer: IdentityKeyAnswer; onStored(): void }) {
  const t = useWords();
  return (
    <section className="identity-secret" role="status">
      <h4>{t('identity.secret_of', { id: answer.key.id })}</h4>
      <p>{t('identity.secret_once')}</p>
      <p className="identity-copy">
        <code data-testid="secret">{answer.secret}</code>
        <CopyButton text={answer.secret ?? ''} />
      </p>
      <button type="button" className="button" onClick={onStored}>
        {t('identity.stored')}
      </button>
    </section>
  );
}

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const t = useWords();
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      className="button"
      onClick={() =>
        void navigator.clipboard.writeText(text).then(
          () => setCopied(true),
          () => setCopied(false),
        )
      }
      onBlur={() => setCopied(false)}
    >
      {copied ? <Check size={16} strokeWidth={1.75} aria-hidden="true" /> : <Copy size={16} strokeWidth={1.75} aria-hidden="true" />}
      <span aria-live="polite">{copied ? t('identity.copied') : t('identity.copy')}</span>
      {label !== undefined && <span className="hidden">{label}</span>}
    </button>
  );
}

function OwnKey({ pending, onAdd }: { pending: boolean; onAdd(pem: string, done: () => void): void }) {
  const t = useWords();
  const id = useId();
  const [pem, setPem] = useState('');
  return (
    <details className="identity-own">
      <summary>{t('identity.own')}</summary>
      <div className="field">
        <p className="field-hint">{t('identity.own_why')}</p>
        <label htmlFor={id}>{t('identity.public_key')}</label>
        <textarea id={id} className="input" rows={5} spellCheck={false} dir="ltr" placeholder="-----BEGIN PUBLIC KEY-----" value={pem} onChange={(event) => setPem(event.target.value)} />
        <button type="button" className="button" disabled={pending || pem.trim() === ''} onClick={() => onAdd(`${pem.trim()}\n`, () => setPem(''))}>
          {t('identity.own_add')}
        </button>
      </div>
    </details>
  );
}

function Ask({ about, to, onKeep, onDo }: { about: IdentityKey; to: 'end' | 'rotate'; onKeep(): void; onDo(when: End): void }) {
  const t = useWords();
  const id = useId();
  const [when, setWhen] = useState<End>(to === 'rotate' ? 'day' : 'now');
  const rotates = to === 'rotate';
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onKeep()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog dialog-ask" role="alertdialog">
          <Dialog.Title>{rotates ? t('identity.rotate_title', { id: about.id }) : t('identity.end_title', { id: about.id })}</Dialog.Title>
          <Dialog.Description>{rotates ? t('identity.rotate_why') : t('identity.end_why')}</Dialog.Description>
          <div className="field dialog-field">
            <label htmlFor={id}>{rotates ? t('identity.when_old') : t('identity.when')}</label>
            <select id={id} className="input" value={when} onChange={(event) => setWhen(event.target.value as End)}>
              {(Object.keys(ENDS) as End[]).map((one) => (
                <option key={one} value={one}>
                  {t(`identity.when_${one}`)}
                </option>
              ))}
            </select>
          </div>
          <div className="page-actions">
            <button type="button" className={rotates ? 'button button-primary' : 'button button-danger'} onClick={() => onDo(when)}>
              {rotates ? t('identity.rotate_do') : t('identity.end_do')}
            </button>
            <button type="button" className="button" onClick={onKeep}>
              {t('identity.keep')}
            </button>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Code({ site, kid }: { site: string; kid: string | null }) {
  const t = useWords();
  const [name, setName] = useState<SnippetName>('Node');
  return (
    <section className="field">
      <h3>{t('identity.code')}</h3>
      <p className="field-hint">{name === 'Liquid' ? t('identity.liquid_why') : t('identity.code_why')}</p>
      {kid === null && name !== 'Liquid' && <p className="field-hint">{t('identity.no_kid', { id: NO_KID })}</p>}
      <div className="language-tabs" role="group" aria-label={t('identity.code')}>
        {SNIPPETS.map((one) => (
          <button type="button" key={one} className="tab" aria-pressed={one === name} onClick={() => setName(one)}>
            {one}
          </button>
        ))}
      </div>
      <Snippet label={t('identity.code')} code={serverCode(name, { site, kid: kid ?? NO_KID })} />
      {name !== 'Liquid' && (
        <>
          <h3>{t('identity.page')}</h3>
          <p className="field-hint">{t('identity.page_why')}</p>
          <Snippet label={t('identity.page')} code={pageCode(name)} />
        </>
      )}
    </section>
  );
}

function Snippet({ label, code }: { label: string; code: string }) {
  return (
    <div className="snippet">
      <pre tabIndex={0} role="region" aria-label={label} dir="ltr">
        <code>{code}</code>
      </pre>
      <CopyButton key={code} text={code} />
    </div>
  );
}
