// What stands in a cell. All of it is untrusted text, and shown as text.

import type { VisitorRow } from '@mostrador/protocol';
import { AppWindow, Ban, History, type LucideIcon, Mail, MailCheck, MailX, MessageCircle, Monitor, Smartphone, Tablet } from 'lucide-react';
import { shopperName } from '../../format';
import type { T } from '../../i18n';
import { Avatar, VerifiedMark } from '../parts';
import { count, moment, money, region, remembered } from './formats';
import type { Column, Presence } from './list';
import type { Words } from './words';

const DEVICES: Record<VisitorRow['device'], LucideIcon> = { desktop: Monitor, phone: Smartphone, tablet: Tablet };

/** What a table asks once for all of its cells: asking in each of them takes longer than drawing it. */
export interface Speech {
  t: Words;
  text: T;
  locale: string;
}

export const visitorName = (t: T, row: VisitorRow): string => shopperName(t, row.name, row.shopper_id ?? row.id);

export function Who({ row, is, speech: { t, text } }: { row: VisitorRow; is: Presence; speech: Speech }) {
  const name = visitorName(text, row);
  const seen = is === 'over' ? 'left' : is;
  return (
    <>
      <span className={`visitors-presence presence-${seen}`} aria-hidden="true" />
      <Avatar name={name} size={28} />
      <span className="visitors-name">
        <span dir="auto">{name}</span>
        {row.verified === true && <VerifiedMark size={14} />}
        {seen !== 'here' && <small>{t(`presence.${seen}`)}</small>}
      </span>
    </>
  );
}

/** Where they look, without the shop's own name before it. A list asks again and again, and taking an address apart takes its time. */
export const path = remembered((url) => {
  try {
    const { pathname, search } = new URL(url);
    return pathname + search;
  } catch {
    return url;
  }
});

/** A country's flag, of its two letters. Where a system has none it shows the letters. */
export function flag(country: string): string {
  return /^[A-Z]{2}$/.test(country) ? String.fromCodePoint(...[...country].map((letter) => 0x1f1a5 + letter.charCodeAt(0))) : '';
}

export function software(t: Words, row: VisitorRow): string {
  const system = row.system === undefined ? t(`device.${row.device}`) : t(`system.${row.system}`);
  return row.browser === undefined ? system : `${system}, ${t(`browser.${row.browser}`)}`;
}

/** `since`: how long they have been on this page, in words. */
export function Cell({ row, name, since, invited, labelled, speech: { t, locale } }: { row: VisitorRow; name: Column; since: string; invited: Invited; labelled: boolean; speech: Speech }) {
  const label = labelled ? <span className="hidden">{t(`column.${name}`)}: </span> : null;
  switch (name) {
    case 'who':
      return null;
    case 'page':
      return (
        <span className="visitors-two" title={row.url}>
          {label}
          <span dir="auto">{row.title === '' ? path(row.url) : row.title}</span>
          {row.title !== '' && <small dir="ltr">{path(row.url)}</small>}
        </span>
      );
    case 'since':
      return (
        <time dateTime={new Date(row.viewed_at).toISOString()} title={moment(locale, row.viewed_at)}>
          {label}
          {since}
        </time>
      );
    case 'pages':
      return number(label, locale, row.pages);
    case 'visits':
      return number(label, locale, row.visits);
    case 'referrer':
      return row.referrer === undefined ? null : (
        <span className="visitors-one" title={row.referrer} dir="ltr">
          {label}
          {row.referrer}
        </span>
      );
    case 'country':
      return row.country === undefined ? null : (
        <span className="visitors-one">
          {label}
          <span aria-hidden="true">{flag(row.country)} </span>
          {region(locale, row.country)}
        </span>
      );
    case 'device': {
      const Icon = DEVICES[row.device];
      return (
        <span className="visitors-icon" title={`${t(`device.${row.device}`)}: ${software(t, row)}`}>
          {label}
          <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
          <span className="hidden">{t(`device.${row.device}`)}, </span>
          <span className="visitors-one">{software(t, row)}</span>
        </span>
      );
    }
    case 'cart':
      return row.cart === undefined ? null : (
        <span className="visitors-two" title={t('visitor.unverified_why')}>
          {label}
          <span>{money(locale, row.cart.value, row.cart.currency)}</span>
          <small>
            {t('cart.pieces', { count: row.cart.pieces })}
            <span className="hidden">, {t('visitor.unverified')}</span>
          </small>
        </span>
      );
    case 'state':
      return <States all={states(t, row, invited)} />;
  }
}

const number = (label: React.ReactNode, locale: string, n: number) => (
  <span className="visitors-number">
    {label}
    {count(locale, n)}
  </span>
);

/** How an invitation stands by now; `undefined`: there is none. */
export type Invited = NonNullable<VisitorRow['invitation']>['state'] | undefined;
const INVITED: Record<NonNullable<Invited>, LucideIcon> = { waiting: Mail, shown: Mail, opened: Mail, answered: MailCheck, dismissed: MailX, gone: MailX };

/** Word and icon: where there is room the first in words, the others as icons with their name. */
export function states(t: Words, row: VisitorRow, invitation: Invited): { icon: LucideIcon; words: string; live: boolean }[] {
  return [
    ...(row.chatting === undefined ? [] : [{ icon: MessageCircle, words: t('state.chatting'), live: true }]),
    ...(invitation === undefined ? [] : [{ icon: INVITED[invitation], words: t(`invited.${invitation}`, { name: row.invitation!.agent_name }), live: invitation !== 'gone' && invitation !== 'dismissed' }]),
    ...(row.window_open === true ? [{ icon: AppWindow, words: t('state.window'), live: true }] : []),
    ...(row.chatted_before === true ? [{ icon: History, words: t('state.chatted'), live: false }] : []),
    ...(row.dismissed === true && invitation !== 'dismissed' ? [{ icon: Ban, words: t('state.dismissed'), live: false }] : []),
  ];
}

function States({ all }: { all: ReturnType<typeof states> }) {
  return (
    <span className="visitors-states">
      {all.map(({ icon: Icon, words, live }, i) => (
        <span key={words} className={`visitors-icon ${live ? 'visitors-live' : ''}`} title={words}>
          <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
          <span className={all.length > 1 && i > 0 ? 'hidden' : 'visitors-one'} dir="auto">
            {words}
          </span>
        </span>
      ))}
    </span>
  );
}
