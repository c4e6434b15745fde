// What stands between a shop and its mails: what SES says of the sender's domain, the records to copy, and a mail to oneself. All of it is about
// what is published, not about the draft.

import type { DnsRecord, MailIdentityAnswer, MailStanding, MailTestAnswer } from '@mostrador/protocol';
import { useMutation, useQuery } from '@tanstack/react-query';
import { CircleAlert, CircleCheck, RefreshCw, Send } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError } from '../../api';
import { useDoors, useSite } from '../../context';
import { useText } from '../../hooks';
import { Skeleton } from '../parts';
import { CopyButton } from './identity';
import { type Word, type Words, useWords } from './words';

const STANDING = { verified: 'setup.verified', pending: 'setup.pending', failed: 'setup.gave_up', unknown: 'setup.unknown' } as const satisfies Record<MailStanding, Word>;

export function MailSetup() {
  const t = useWords();
  const { site } = useSite();
  const { api } = useDoors();
  const identity = useQuery({ queryKey: ['mail-identity', site.site], queryFn: () => api.mailIdentity(site.site), staleTime: 30_000 });
  return (
    <section className="field mail-setup" aria-labelledby="mail-setup" data-testid="mail-setup">
      <div className="mail-setup-head">
        <h3 id="mail-setup">{t('setup.title')}</h3>
        <button type="button" className="button" disabled={identity.isFetching} onClick={() => void identity.refetch()}>
          <RefreshCw size={16} strokeWidth={1.75} aria-hidden="true" />
          {identity.isFetching ? t('setup.looking') : t('setup.look_again')}
        </button>
      </div>
      <p className="field-hint">{t('setup.why')}</p>
      {identity.isPending ? (
        <Skeleton label={t('setup.looking')} rows={4} kind="lines" />
      ) : identity.data === undefined ? (
        <p className="field-problem" role="alert">
          {t('setup.failed')}
        </p>
      ) : (
        <State answer={identity.data} />
      )}
      <TestMail />
    </section>
  );
}

function State({ answer }: { answer: MailIdentityAnswer }) {
  const t = useWords();
  const { locale } = useText();
  if (answer.answer === 'no_sender') return <p className="soft">{t('setup.no_sender')}</p>;
  if (answer.answer === 'no_answer') {
    return (
      <Line state="wrong">
        {t('setup.no_answer')} <code>{answer.code}</code>
      </Line>
    );
  }
  const { domain, region, standing, sandbox, per_day, sent, records } = answer;
  const number = (value: number) => new Intl.NumberFormat(locale).format(value);
  return (
    <>
      <Line state={standing === 'verified' ? 'good' : 'wrong'}>{t(STANDING[standing], { domain, region })}</Line>
      {sandbox ? (
        <Line state="wrong">
          {t('setup.sandbox', { count: number(per_day) })}{' '}
          <a href={`https://${region}.console.aws.amazon.com/ses/home?region=${region}#/get-set-up`} target="_blank" rel="noreferrer">
            {t('setup.sandbox_do')}
          </a>
        </Line>
      ) : (
        <Line state="good">{t('setup.quota', { sent: number(sent), count: number(per_day) })}</Line>
      )}
      <div className="records" tabIndex={0} role="group" aria-label={t('setup.records', { domain })}>
        <table>
          <caption>{t('setup.records', { domain })}</caption>
          <thead>
            <tr>
              <th scope="col">{t('setup.for')}</th>
              <th scope="col">{t('setup.kind')}</th>
              <th scope="col">{t('setup.name')}</th>
              <th scope="col">{t('setup.value')}</th>
            </tr>
          </thead>
          <tbody>
            {records.map((record) => (
              <Row key={`${record.kind} ${record.name}`} record={record} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row({ record: { what_for, kind, name, value, found } }: { record: DnsRecord }) {
  const t = useWords();
  return (
    <tr data-for={what_for} data-found={found ?? 'unknown'}>
      <th scope="row">
        {t(`setup.for_${what_for}` as Word)}
        <small className={found === false ? 'record-missing' : 'soft'}>{t(found === undefined ? 'setup.not_looked_at' : found ? 'setup.found' : 'setup.missing')}</small>
      </th>
      <td>{kind}</td>
      {[name, value].map((text) => (
        <td key={text}>
          <code dir="ltr">{text}</code>
          <CopyButton text={text} label={text} />
        </td>
      ))}
    </tr>
  );
}

function TestMail() {
  const t = useWords();
  const { site } = useSite();
  const { api } = useDoors();
  const test = useMutation({ mutationFn: () => api.testMail(site.site) });
  return (
    <div className="mail-test">
      <button type="button" className="button" disabled={test.isPending} onClick={() => test.mutate()}>
        <Send size={16} strokeWidth={1.75} aria-hidden="true" />
        {test.isPending ? t('setup.testing') : t('setup.test')}
      </button>
      <div role="status">
        {test.data !== undefined && <Line state={test.data.outcome === 'sent' ? 'good' : 'wrong'}>{answered(t, test.data)}</Line>}
        {test.isError && <Line state="wrong">{t(test.error instanceof ApiError && test.error.code === 'rate_limited' ? 'setup.test_limited' : 'setup.test_failed')}</Line>}
      </div>
    </div>
  );
}

/** What SES answers, in words; what it may answer besides, by its code. */
function answered(t: Words, { outcome, to, code = '' }: MailTestAnswer): string {
  switch (outcome) {
    case 'sent':
      return t('setup.test_sent', { to });
    case 'no_sender':
      return t('setup.no_sender');
    case 'unknown':
      return t('setup.test_unknown', { to });
    case 'refused':
      break;
  }
  if (code === 'MessageRejected') return t('setup.test_rejected', { to });
  if (code === 'AccessDenied' || code === 'AccessDeniedException') return t('setup.test_denied');
  if (code === 'Throttling' || code === 'LimitExceeded') return t('setup.test_quota');
  if (code === 'AccountSendingPausedException' || code === 'ConfigurationSetSendingPausedException') return t('setup.test_paused');
  return t('setup.test_refused', { code });
}

function Line({ state, children }: { state: 'good' | 'wrong'; children: ReactNode }) {
  const Icon = state === 'good' ? CircleCheck : CircleAlert;
  return (
    <p className="setup-line" data-state={state}>
      <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
      <span>{children}</span>
    </p>
  );
}
