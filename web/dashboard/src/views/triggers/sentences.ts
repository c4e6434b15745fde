// What a condition, an action and a frequency come to, in a sentence. Pure: words, the reader's language and the names come in.

import type { Awaited as AwaitedBody, ComparedText, PagePattern, TriggerAction, TriggerBody, TriggerCondition, TriggerFrequency } from '@mostrador/protocol';
import { languageName } from '../settings/fields';
import type { Words } from './words';

export interface Speaker {
  t: Words;
  locale: string;
  agent(id: string): string;
  group(id: string): string;
  scenario(id: string): string;
}

const GAP = '…';

/** `patterns`, `texts`: turned round, none of them may be. */
const alternatives = ({ t, locale }: Speaker, is: boolean, list: readonly (ComparedText | PagePattern)[]): string => {
  const said = list.map((one) => {
    const how = 'how' in one ? one.how : one.kind;
    const text = one.text.trim() || GAP;
    return is ? t(`how.${how}`, { text }) : t(`not.${how}`, { text });
  });
  return joined(locale, said, is ? 'disjunction' : 'conjunction');
};

const joined = (locale: string, list: readonly string[], type: 'conjunction' | 'disjunction') => (list.length === 0 ? GAP : new Intl.ListFormat(locale, { type }).format(list));

export function span(locale: string, seconds: number): string {
  if (!Number.isFinite(seconds)) return GAP;
  const whole = seconds >= 60 && seconds % 60 === 0;
  return new Intl.NumberFormat(locale, { style: 'unit', unit: whole ? 'minute' : 'second', unitDisplay: 'long' }).format(whole ? seconds / 60 : seconds);
}

const percent = (locale: string, n: number) => (Number.isFinite(n) ? new Intl.NumberFormat(locale, { style: 'percent' }).format(n / 100) : GAP);

function range({ t, locale }: Speaker, { at_least, at_most }: { at_least?: number | undefined; at_most?: number | undefined }, currency?: string): string {
  const there = (n: number | undefined): n is number => n !== undefined && Number.isFinite(n);
  const said = (n: number) => money(locale, n, currency);
  if (there(at_least) && there(at_most)) return at_least === at_most ? t('range.exactly', { n: said(at_least) }) : t('range.between', { n: said(at_least), m: said(at_most) });
  if (there(at_least)) return t('range.least', { n: said(at_least) });
  return t('range.most', { n: there(at_most) ? said(at_most) : GAP });
}

export function money(locale: string, amount: number, currency?: string): string {
  if (currency !== undefined && /^[a-z]{3}$/i.test(currency)) return new Intl.NumberFormat(locale, { style: 'currency', currency, trailingZeroDisplay: 'stripIfInteger' } as Intl.NumberFormatOptions).format(amount);
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }).format(amount);
}

export function countryName(locale: string, code: string): string {
  try {
    return new Intl.DisplayNames([locale], { type: 'region' }).of(code.toUpperCase()) ?? code;
  } catch {
    return code;
  }
}

export function conditionSentence(speaker: Speaker, condition: TriggerCondition): string {
  const { t, locale } = speaker;
  const names = (list: readonly string[], name: (one: string) => string) => joined(locale, list.map(name), 'disjunction');
  switch (condition.kind) {
    case 'page':
      return t('say.page', { what: alternatives(speaker, condition.is, condition.patterns) });
    case 'time_on_page':
      return t('say.time_on_page', { time: span(locale, condition.seconds) });
    case 'time_on_site':
      return t('say.time_on_site', { time: span(locale, condition.seconds) });
    case 'pages_seen':
      return t('say.pages_seen', { range: range(speaker, condition) });
    case 'scroll':
      return t('say.scroll', { percent: percent(locale, condition.percent) });
    case 'leaving':
      return t('say.leaving');
    case 'idle':
      return t('say.idle', { time: span(locale, condition.seconds) });
    case 'referrer':
      return t('say.referrer', { what: alternatives(speaker, condition.is, condition.texts) });
    case 'campaign':
      return t('say.campaign', { part: t(`part.${condition.part}`), what: alternatives(speaker, condition.is, condition.texts) });
    case 'country':
      return t(condition.is ? 'say.country' : 'say.country_not', { list: names(condition.any_of, (code) => countryName(locale, code)) });
    case 'language':
      return t(condition.is ? 'say.language' : 'say.language_not', { list: names(condition.any_of, (tag) => languageName(locale, tag).toLocaleLowerCase(locale)) });
    case 'device':
      return t(condition.is ? 'say.device' : 'say.device_not', { list: names(condition.any_of, (device) => t(`device.${device as 'phone'}`)) });
    case 'returning':
      return t(condition.is ? 'say.returning' : 'say.returning_not');
    case 'chatted_before':
      return t(condition.is ? 'say.chatted' : 'say.chatted_not');
    case 'cart_value':
      return t('say.cart_value', { range: range(speaker, condition, condition.currency) });
    case 'cart_items':
      return t('say.cart_items', { range: range(speaker, condition) });
    case 'cart_contains':
      return t(condition.is ? 'say.cart_contains' : 'say.cart_contains_not', { what: alternatives(speaker, true, condition.texts) });
    case 'attribute_text':
      return t('say.attribute_text', { key: condition.key || GAP, what: alternatives(speaker, condition.is, condition.texts) });
    case 'attribute_number':
      return t('say.attribute_number', { key: condition.key || GAP, range: range(speaker, condition) });
    case 'attribute_present':
      return t(condition.is ? 'say.attribute_present' : 'say.attribute_absent', { key: condition.key || GAP });
    case 'window':
      return t(condition.is === 'open' ? 'say.window_open' : 'say.window_closed');
    case 'office':
      return t(condition.is === 'open' ? 'say.office_open' : 'say.office_closed');
    case 'event':
      return t('say.event', { name: condition.name || GAP });
    case 'identity':
      return t('say.identity', { list: names(condition.any_of, (one) => t(`identity.${one as 'verified'}`)) });
  }
}

export function actionSentence({ t, agent, group, scenario }: Speaker, action: TriggerAction): string {
  switch (action.kind) {
    case 'message': {
      const { sender } = action;
      const from = sender.kind === 'agent' ? agent(sender.agent) : sender.kind === 'group' ? group(sender.group) : t('sender.bot');
      return t(`act.${action.display}`, { from });
    }
    case 'start_scenario':
      return t('act.scenario', { name: action.scenario === '' ? GAP : scenario(action.scenario) });
    case 'assign_group':
      return t('act.assign', { name: action.group === '' ? GAP : group(action.group) });
    case 'open_window':
      return t('act.open_window');
    case 'show_form':
      return t('act.show_form');
  }
}

export function frequencySentence({ t, locale }: Pick<Speaker, 't' | 'locale'>, frequency: TriggerFrequency): string {
  if (frequency.kind !== 'every_days') return t(`frequency.${frequency.kind}`);
  const { days } = frequency;
  return t('frequency.days', { days: Number.isFinite(days) ? new Intl.NumberFormat(locale, { style: 'unit', unit: 'day', unitDisplay: 'long' }).format(days) : GAP });
}

/** The trigger in a line: its conditions, and how often. */
export const triggerSentence = (speaker: Speaker, { conditions, actions, frequency }: TriggerBody): { when: string; then: string; often: string } => ({
  when: conditions.length === 0 ? speaker.t('say.everywhere') : conditions.map((one) => conditionSentence(speaker, one)).join(' · '),
  then: actions.map((one) => actionSentence(speaker, one)).join(' · '),
  often: frequencySentence(speaker, frequency),
});

/** What the browser is still waiting for. */
export function awaitedSentence({ t, locale }: Pick<Speaker, 't' | 'locale'>, awaited: AwaitedBody): string {
  switch (awaited.kind) {
    case 'after':
      return t('await.after', { time: span(locale, Math.ceil(awaited.ms / 1000)) });
    case 'idle':
      return t('await.idle', { time: span(locale, Math.ceil(awaited.ms / 1000)) });
    case 'scroll':
      return t('await.scroll', { percent: percent(locale, awaited.percent) });
    case 'leaving':
      return t('await.leaving');
  }
}
