// Who one is talking to, as far as they and their browser have said. All of it is untrusted text.

import { Dialog } from '@base-ui/react/dialog';
import type { ConversationDetail, Row } from '@mostrador/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { BadgeCheck, CircleQuestionMark, ExternalLink, X } from 'lucide-react';
import { type ReactNode, Suspense, useEffect, useState } from 'react';
import { ApiError } from '../api';
import { useDesk, useDoors, useSite } from '../context';
import { absolute, ago, device, languageName, regionName, shopperName, whenShort } from '../format';
import { useNow, useText } from '../hooks';
import { safeHref } from '../state/timeline';
import { Avatar, Skeleton } from './parts';
import { LazyExplanation } from './triggers/explain';
import './profile.css';

export function Profile({ drawer }: { drawer: boolean }) {
  const { t } = useText();
  const { profile } = useSite();
  if (!drawer) {
    return (
      <aside className="profile" aria-label={t('profile.label')}>
        <Contents />
      </aside>
    );
  }
  return (
    <Dialog.Root open onOpenChange={(open) => profile.show(open)}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="profile profile-drawer" aria-label={t('profile.label')}>
          <Dialog.Close className="icon-button profile-close" aria-label={t('profile.close')}>
            <X size={20} strokeWidth={1.75} aria-hidden="true" />
          </Dialog.Close>
          <Contents />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Contents() {
  const { t } = useText();
  const { conversation } = useSite();
  const { api } = useDoors();
  const queries = useQueryClient();
  const { inbox, open } = useDesk();
  const id = conversation ?? '';
  const detail = useQuery({ queryKey: ['detail', id], queryFn: () => api.detail(id) });

  // A new conversation of theirs, or a name that they have said, comes with the row; what they have told the form, with the thread.
  const row = inbox.rows.get(id);
  const answers = open?.id === id ? open.entries.filter((entry) => entry.kind === 'answer').length : 0;
  const said = `${row?.shopper_name ?? ''} ${row?.status ?? ''} ${row?.verified ?? false} ${answers}`;
  useEffect(() => {
    if (queries.getQueryData(['detail', id]) !== undefined) void queries.invalidateQueries({ queryKey: ['detail', id] });
  }, [said, id, queries]);

  if (detail.data !== undefined) return <Known detail={detail.data} />;
  if (detail.isError) {
    return (
      <div className="failed" role="alert">
        <p>{t('profile.failed')}</p>
        <button type="button" className="button" onClick={() => void detail.refetch()}>
          {t('list.retry')}
        </button>
      </div>
    );
  }
  return <Skeleton label={t('profile.loading')} rows={7} kind="lines" />;
}

function Known({ detail: { row, shopper, earlier } }: { detail: ConversationDetail }) {
  const { t, locale: language } = useText();
  const { clock } = useDesk();
  const now = useNow(30_000, clock);
  const name = shopperName(t, shopper.name, shopper.shopper_id);
  const from = device(shopper.user_agent);
  const href = shopper.page === null ? null : safeHref(shopper.page.url);
  const referrer = shopper.page === null ? null : safeHref(shopper.page.referrer);
  const time = (at: number) => (
    <time dateTime={new Date(at).toISOString()} title={absolute(language, at)}>
      {ago(language, at, now)}
    </time>
  );
  return (
    <div className="profile-contents">
      <div className="profile-who">
        <Avatar name={name} size={56} />
        <h2 dir="auto">{name}</h2>
        {shopper.email !== null && <p>{shopper.email}</p>}
        <Standing verified={shopper.verified} identified={shopper.email !== null} />
      </div>
      <section>
        <h3>{t('profile.now')}</h3>
        {shopper.page === null ? (
          <p className="soft">{t('profile.no_page')}</p>
        ) : (
          <div className="profile-page" data-testid="page">
            {shopper.page.title !== '' && <p dir="auto">{shopper.page.title}</p>}
            {href === null ? (
              <p className="profile-url">{shopper.page.url}</p>
            ) : (
              <a className="profile-url" href={href} target="_blank" rel="noopener noreferrer nofollow">
                {href.replace(/^https?:\/\//, '')}
                <ExternalLink size={12} strokeWidth={2} aria-hidden="true" />
              </a>
            )}
            <p className="soft">{t('profile.page_at', { time: ago(language, shopper.last_seen, now) })}</p>
          </div>
        )}
      </section>
      <section>
        <h3>{t('profile.about')}</h3>
        <dl>
          {shopper.email !== null && <Fact term={t('profile.email')}>{shopper.email}</Fact>}
          <Fact term={t('profile.device')}>{from === null ? t('profile.unknown') : t('profile.device_on', from)}</Fact>
          <Fact term={t('profile.language')}>{shopper.language === null ? t('profile.unknown') : languageName(language, shopper.language)}</Fact>
          <Fact term={t('profile.country')}>{shopper.country === null ? t('profile.unknown') : regionName(language, shopper.country)}</Fact>
          {referrer !== null && <Fact term={t('profile.referrer')}>{new URL(referrer).hostname}</Fact>}
          <Fact term={t('profile.first_seen')}>{time(shopper.first_seen)}</Fact>
          <Fact term={t('profile.last_seen')}>{time(shopper.last_seen)}</Fact>
        </dl>
      </section>
      {shopper.answers !== undefined && (
        <section>
          <h3>{t('profile.told')}</h3>
          <dl className="told">
            {shopper.answers.map(({ field, question, answer }) => (
              <Fact key={field} term={<span dir="auto">{question}</span>}>
                <span dir="auto">{answer}</span>
              </Fact>
            ))}
          </dl>
          <p className="soft">{t('profile.told_why')}</p>
        </section>
      )}
      <Triggers key={`triggers ${row.conversation_id}`} visitor={shopper.visitor} />
      <Transcript key={row.conversation_id} id={row.conversation_id} email={shopper.email} />
      <section>
        <h3>{t('profile.earlier')}</h3>
        {earlier.length === 0 ? <p className="soft">{t('profile.no_earlier')}</p> : <Earlier rows={earlier} now={now} />}
      </section>
    </div>
  );
}

/** Why each trigger did or did not fire for them (T5): asked when somebody wants to know. */
function Triggers({ visitor }: { visitor: string | undefined }) {
  const { t } = useText();
  const [open, setOpen] = useState(false);
  return (
    <section data-testid="triggers">
      <h3>{t('profile.triggers')}</h3>
      {visitor === undefined ? (
        <p className="soft">{t('profile.no_visitor')}</p>
      ) : (
        <details className="profile-triggers" onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>{t('profile.triggers_why')}</summary>
          {open && (
            <Suspense fallback={<Skeleton label={t('profile.loading')} rows={3} kind="lines" />}>
              <LazyExplanation visitor={visitor} />
            </Suspense>
          )}
        </details>
      )}
    </section>
  );
}

/** The thread as a mail: for the shopper, where there is an address, or for oneself. */
function Transcript({ id, email }: { id: string; email: string | null }) {
  const { t } = useText();
  const { api } = useDoors();
  const { me } = useSite();
  const mail = useMutation({ mutationFn: (to: 'shopper' | 'me') => api.mailTranscript(id, crypto.randomUUID(), to) });
  const code = mail.error instanceof ApiError ? mail.error.code : null;
  return (
    <section>
      <h3>{t('transcript.title')}</h3>
      <div className="page-actions">
        {email !== null && (
          <button type="button" className="button" disabled={mail.isPending} onClick={() => mail.mutate('shopper')}>
            {t('transcript.to_shopper')}
          </button>
        )}
        <button type="button" className="button" disabled={mail.isPending} onClick={() => mail.mutate('me')}>
          {t('transcript.to_me')}
        </button>
      </div>
      <p className={mail.isError ? 'field-problem' : 'soft'} role="status">
        {mail.isSuccess && t('transcript.sent', { address: mail.variables === 'me' ? me.email : (email ?? '') })}
        {mail.isError && t(code === 'forbidden' ? 'transcript.nothing' : code === 'switched_off' ? 'transcript.off' : code === 'rate_limited' ? 'transcript.limited' : 'transcript.failed')}
      </p>
    </section>
  );
}

/** How far it is believed who this is. What each means is said, not only shown. */
function Standing({ verified, identified }: { verified: boolean; identified: boolean }) {
  const { t } = useText();
  const [standing, mark, why] = verified
    ? ['verified', t('verified.mark'), t('verified.why')]
    : identified
      ? ['identified', t('identified.mark'), t('identified.why')]
      : ['anonymous', t('profile.anonymous'), t('anonymous.why')];
  return (
    <div className="standing" data-standing={standing}>
      <p className="standing-mark">
        {verified ? <BadgeCheck size={14} strokeWidth={2} aria-hidden="true" /> : identified ? <CircleQuestionMark size={14} strokeWidth={2} aria-hidden="true" /> : null}
        {mark}
      </p>
      <p className="standing-why">{why}</p>
    </div>
  );
}

function Fact({ term, children }: { term: ReactNode; children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Earlier({ rows, now }: { rows: readonly Row[]; now: number }) {
  const { t, locale: language } = useText();
  const { go } = useSite();
  return (
    <ul className="earlier">
      {rows.map((row) => (
        <li key={row.conversation_id}>
          <button type="button" onClick={() => go(row.status === 'closed' ? 'closed' : 'all', row.conversation_id)}>
            <span dir="auto">{row.preview?.text ?? t('row.no_message')}</span>
            <small title={absolute(language, row.last_activity)}>{whenShort(t, language, row.last_activity, now)}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}
