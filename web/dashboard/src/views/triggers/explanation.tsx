// T5: why each trigger did or did not fire for a visitor, in words. Shown wherever a visitor is: bring it with `LazyExplanation` of `explain.tsx`.

import type { ConditionFinding, FindingBody, TriggerBody, TriggerExplanation, VerdictName } from '@mostrador/protocol';
import { useQuery } from '@tanstack/react-query';
import { Check, Clock, X } from 'lucide-react';
import { useDoors, useSite } from '../../context';
import { ago } from '../../format';
import { useNow, useText } from '../../hooks';
import { ApiError } from '../../api';
import { Skeleton } from '../parts';
import './explanation.css';
import { type Speaker, awaitedSentence, conditionSentence } from './sentences';
import { useSpeaker, useTriggerNames } from './surroundings';
import { useWords } from './words';

export { startWords } from './words';

export function Explanation({ visitor }: { visitor: string }) {
  const t = useWords();
  const { locale } = useText();
  const { site } = useSite();
  const { api } = useDoors();
  const now = useNow(30_000);
  const admin = site.role === 'admin';
  const found = useQuery({ queryKey: ['explanation', site.site, visitor], queryFn: () => api.explanation(site.site, visitor), staleTime: 0 });
  // What the triggers are called everybody is told.
  const named = useTriggerNames();
  // What it is about: agents who may not read the triggers are told the kinds of conditions alone.
  const triggers = useQuery({ queryKey: ['triggers', site.site], queryFn: () => api.triggers(site.site), enabled: admin }).data?.value.triggers;
  if (found.data === undefined) {
    if (!found.isError) return <Skeleton label={t('explain.loading')} rows={3} kind="lines" />;
    const nothing = found.error instanceof ApiError && found.error.status === 404;
    return (
      <div className="explained-none" role={nothing ? undefined : 'alert'}>
        <p className="soft">{t(nothing ? 'explain.nothing' : 'explain.failed')}</p>
        {!nothing && (
          <button type="button" className="button" onClick={() => void found.refetch()}>
            {t('all.retry')}
          </button>
        )}
      </div>
    );
  }
  return (
    <section className="explanation" aria-label={t('explain.title')}>
      <p className="soft">{t('explain.at', { time: ago(locale, found.data.at, now) })}</p>
      {found.data.triggers.length === 0 && <p className="soft">{t('explain.none')}</p>}
      <ul>
        {found.data.triggers.map((one) => (
          <li key={one.trigger}>
            <Explained explanation={one} trigger={triggers?.find(({ id }) => id === one.trigger)} name={named(one.trigger)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const MARKS: Record<VerdictName, typeof Check> = { fires: Check, armed: Clock, silent: X };

function Explained({ explanation, trigger, name: known }: { explanation: TriggerExplanation; trigger: TriggerBody | undefined; name: string | null | undefined }) {
  const t = useWords();
  const speaker = useSpeaker();
  const { verdict, rules, conditions } = explanation;
  const Mark = MARKS[verdict];
  const name = known === null ? t('explain.deleted') : (known ?? explanation.trigger);
  return (
    <details className="explained-trigger" data-verdict={verdict} data-trigger={explanation.trigger}>
      <summary>
        <Mark size={16} strokeWidth={2} aria-hidden="true" />
        <span>
          <strong dir="auto">{name}</strong> <span className="explained-verdict">{t(`explain.${verdict}`)}</span>
          <small>{reason(speaker, explanation, trigger)}</small>
        </span>
      </summary>
      <h4>{t('explain.conditions')}</h4>
      {conditions.length === 0 && <p className="soft">{t('explain.no_conditions')}</p>}
      <ul>
        {conditions.map((one, n) => (
          <Finding key={n} said={conditionWords(speaker, one, trigger?.conditions[n])} finding={one.finding} />
        ))}
      </ul>
      <h4>{t('explain.rules')}</h4>
      <ul>
        {rules.map((one) => (
          <Finding key={one.rule} said={t(`rule.${one.rule}`)} finding={one.finding} />
        ))}
      </ul>
    </details>
  );
}

/** The sentence that the merchant knows it by; its kind alone where the trigger is another one by now, or may not be read. */
function conditionWords(speaker: Speaker, finding: ConditionFinding, condition: TriggerBody['conditions'][number] | undefined): string {
  const same = condition !== undefined && (condition.kind.startsWith('attribute_') ? 'attribute' : condition.kind) === finding.condition;
  return same ? conditionSentence(speaker, condition) : speaker.t(`kind.${finding.condition}`);
}

/** In a line: the first thing that keeps it from firing. */
export function reason(speaker: Speaker, { verdict, rules, conditions }: TriggerExplanation, trigger: TriggerBody | undefined): string {
  const { t, locale } = speaker;
  if (verdict === 'fires') return t('explain.fires_why');
  if (verdict === 'armed') {
    const awaited = [...rules, ...conditions].flatMap(({ finding }) => (finding.kind === 'awaits' ? [awaitedSentence(speaker, finding.awaited)] : []));
    return t('explain.armed_why', { what: new Intl.ListFormat(locale, { type: 'conjunction' }).format(awaited) });
  }
  const rule = rules.find(({ finding }) => finding.kind === 'fails');
  if (rule?.finding.kind === 'fails') return sentence(locale, t(`reason.${rule.finding.why}`));
  const at = conditions.findIndex(({ finding }) => finding.kind === 'fails');
  const condition = conditions[at];
  if (condition?.finding.kind !== 'fails') return '';
  return t('explain.because', { said: conditionWords(speaker, condition, trigger?.conditions[at]), reason: t(`reason.${condition.finding.why}`) });
}

const sentence = (locale: string, text: string) => `${text[0]?.toLocaleUpperCase(locale) ?? ''}${text.slice(1)}.`;

const SIGNS = { holds: Check, awaits: Clock, fails: X } as const;

function Finding({ said, finding }: { said: string; finding: FindingBody }) {
  const t = useWords();
  const { locale } = useText();
  const Sign = SIGNS[finding.kind];
  return (
    <li className="finding" data-finding={finding.kind}>
      <Sign size={14} strokeWidth={2} aria-hidden="true" />
      <span dir="auto">
        {said}
        {/* What holds is said by its sign alone, to who sees it. */}
        <small className={finding.kind === 'holds' ? 'hidden' : ''}>
          {t(`explain.${finding.kind}`)}
          {finding.kind === 'fails' && `: ${t(`reason.${finding.why}`)}`}
          {finding.kind === 'awaits' && `: ${awaitedSentence({ t, locale }, finding.awaited)}`}
        </small>
      </span>
    </li>
  );
}
