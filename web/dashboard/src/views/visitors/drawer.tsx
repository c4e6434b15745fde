// Somebody who is on the site: what is known, what the page says of them, and writing to them first.

import { Dialog } from '@base-ui/react/dialog';
import type { VisitorDetail, VisitorRow } from '@mostrador/protocol';
import { useQuery } from '@tanstack/react-query';
import { CircleQuestionMark, ExternalLink, X } from 'lucide-react';
import { type ReactNode, Suspense, useEffect, useRef } from 'react';
import { ApiError } from '../../api';
import { useDoors, useSite } from '../../context';
import { absolute, ago, clock as time, languageName } from '../../format';
import { useNow, useText } from '../../hooks';
import { safeHref } from '../../state/timeline';
import { Avatar, Skeleton, VerifiedMark } from '../parts';
import { LazyExplanation } from '../triggers/explain';
import { flag, path, software, states, visitorName } from './cells';
import { count, money, region } from './formats';
import { invited, presence } from './list';
import { useWords } from './words';
import { Write } from './write';

interface Props {
  id: string;
  /** As the list has it; `undefined`: no longer listed. */
  row: VisitorRow | undefined;
  clock: number;
  narrow: boolean;
  onClose(): void;
}

export function Drawer({ narrow, ...props }: Props) {
  const t = useWords();
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!narrow) close.current?.focus({ preventScroll: true });
  }, [narrow]);
  if (!narrow) {
    return (
      <aside
        className="visitor"
        aria-label={t('visitor.label')}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          props.onClose();
        }}
      >
        <button ref={close} type="button" className="icon-button visitor-close" aria-label={t('visitor.close')} onClick={props.onClose}>
          <X size={20} strokeWidth={1.75} aria-hidden="true" />
        </button>
        <Contents {...props} />
      </aside>
    );
  }
  return (
    <Dialog.Root open onOpenChange={(open) => !open && props.onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="visitor visitor-drawer" aria-label={t('visitor.label')}>
          <Dialog.Close className="icon-button visitor-close" aria-label={t('visitor.close')}>
            <X size={20} strokeWidth={1.75} aria-hidden="true" />
          </Dialog.Close>
          <Contents {...props} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Contents({ id, row, clock }: Omit<Props, 'narrow'>) {
  const t = useWords();
  const { t: text } = useText();
  const { site, go } = useSite();
  const { api } = useDoors();
  // What is listed says when to look again.
  const detail = useQuery({ queryKey: ['visitor', site.site, id, row?.changed_at ?? 0], queryFn: () => api.visitor(site.site, id), placeholderData: (before) => before, staleTime: Infinity, gcTime: 60_000, retry: false });
  const known = row ?? detail.data?.row;
  const now = useNow(5_000, clock);
  const gone = row === undefined || presence(row, now) === 'left' || presence(row, now) === 'over';
  if (known === undefined) {
    if (detail.isPending) return <Skeleton label={t('visitor.loading')} rows={6} kind="lines" />;
    return <p className="visitor-none">{t('visitor.gone')}</p>;
  }
  const name = visitorName(text, known);
  const marks = states(t, known, invited(known, now));
  return (
    <div className="visitor-body">
      <header className="visitor-head">
        <Avatar name={name} size={56} />
        <div>
          <h2 dir="auto">
            {name}
            {known.verified === true && <VerifiedMark />}
          </h2>
          <p className="soft">{gone ? t('visitor.gone') : t(`presence.${presence(known, now) === 'here' ? 'here' : 'idle'}`)}</p>
        </div>
      </header>
      {marks.length > 0 && (
        <ul className="visitor-states">
          {marks.map(({ icon: Icon, words, live }) => (
            <li key={words} className={live ? 'visitors-live' : ''}>
              <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
              <span dir="auto">{words}</span>
            </li>
          ))}
        </ul>
      )}
      {known.chatting !== undefined && (
        <button type="button" className="button button-primary" onClick={() => go('all', known.chatting!)}>
          {t('visitor.chat')}
        </button>
      )}
      <Write id={id} row={known} gone={gone} state={invited(known, now)} />
      <Facts row={known} now={now} />
      {detail.data !== undefined && <More detail={detail.data} pages={known.pages} now={now} />}
      {detail.isError && !(detail.error instanceof ApiError && detail.error.status === 404) && (
        <div className="failed" role="alert">
          <p>{t('visitor.failed')}</p>
          <button type="button" className="button" onClick={() => void detail.refetch()}>
            {t('visitor.retry')}
          </button>
        </div>
      )}
      <section>
        <h3>{t('visitor.triggers')}</h3>
        <Suspense>
          <LazyExplanation visitor={id} />
        </Suspense>
      </section>
    </div>
  );
}

function Facts({ row, now }: { row: VisitorRow; now: number }) {
  const t = useWords();
  const { locale } = useText();
  const facts: [string, ReactNode][] = [
    [t('visitor.last_seen'), <time title={absolute(locale, row.last_seen)}>{ago(locale, row.last_seen, now)}</time>],
    [t('visitor.first_seen'), <time title={absolute(locale, row.first_seen)}>{ago(locale, row.first_seen, now)}</time>],
    [t('visitor.visits'), count(locale, row.visits)],
    ...(row.country === undefined ? [] : [[t('visitor.country'), `${flag(row.country)} ${region(locale, row.country)}`] satisfies [string, ReactNode]]),
    [t('visitor.device'), `${t(`device.${row.device}`)}: ${software(t, row)}`],
    ...(row.language === undefined ? [] : [[t('visitor.language'), <span dir="auto">{languageName(locale, row.language)}</span>] satisfies [string, ReactNode]]),
    ...(row.referrer === undefined ? [] : [[t('visitor.referrer'), <span dir="ltr">{row.referrer}</span>] satisfies [string, ReactNode]]),
  ];
  return (
    <dl className="visitor-facts">
      {facts.map(([term, fact]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{fact}</dd>
        </div>
      ))}
    </dl>
  );
}

function Unverified() {
  const t = useWords();
  return (
    <span className="visitor-unverified" title={t('visitor.unverified_why')}>
      <CircleQuestionMark size={14} strokeWidth={1.75} aria-hidden="true" />
      {t('visitor.unverified')}
    </span>
  );
}

function More({ detail, pages, now }: { detail: VisitorDetail; pages: number; now: number }) {
  const t = useWords();
  const { locale } = useText();
  const { row, path: steps, cart_lines: lines, attributes } = detail;
  return (
    <>
      <section>
        <h3>{t('visitor.path')}</h3>
        {pages > steps.length && steps.length >= 20 && <p className="soft">{t('visitor.path_more', { n: pages - steps.length })}</p>}
        <ol className="visitor-path">
          {steps.map((step, i) => {
            const href = safeHref(step.url);
            const words = step.title === '' ? path(step.url) : step.title;
            return (
              <li key={`${i} ${step.at}`}>
                <time dateTime={new Date(step.at).toISOString()} title={absolute(locale, step.at)}>
                  {now - step.at < 86_400_000 ? time(locale, step.at) : ago(locale, step.at, now)}
                </time>
                {href === null ? (
                  <span dir="auto">{words}</span>
                ) : (
                  <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={step.url}>
                    <span dir="auto">{words}</span>
                    <ExternalLink size={12} strokeWidth={1.75} aria-hidden="true" />
                  </a>
                )}
              </li>
            );
          })}
        </ol>
      </section>
      {row.cart !== undefined && (
        <section>
          <h3>
            {t('visitor.cart')} <Unverified />
          </h3>
          <p className="visitor-total">
            {money(locale, row.cart.value, row.cart.currency)} <span className="soft">{t('cart.pieces', { count: row.cart.pieces })}</span>
          </p>
          <ul className="visitor-lines">
            {lines.map((line, i) => (
              <li key={i}>
                <span dir="auto">{line.name === '' ? line.number : line.name}</span>
                <span className="soft">
                  {line.pieces} × {money(locale, line.price, row.cart?.currency)}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {attributes.length > 0 && (
        <section>
          <h3>
            {t('visitor.attributes')} <Unverified />
          </h3>
          <dl className="visitor-facts">
            {attributes.map(({ name, value }) => (
              <div key={name}>
                <dt dir="auto">{name}</dt>
                <dd dir="auto">{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </>
  );
}
