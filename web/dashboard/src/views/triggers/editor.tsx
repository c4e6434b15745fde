// One trigger: edited as a whole, published with all others. What another has changed meanwhile in other triggers stays; in this one, it is asked.

import { TRIGGER_TEMPLATES, type TriggerBody } from '@mostrador/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowLeft, SearchX } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { Controller, FormProvider, useForm, useFormContext, useWatch } from 'react-hook-form';
import { ApiError, type PublishedTriggers } from '../../api';
import { useDoors, useSite } from '../../context';
import { useText } from '../../hooks';
import { Empty, Skeleton } from '../parts';
import { Clash } from '../settings/clash';
import { Area, Choice, Problem, Text, Toggle, languageName, useProblem } from '../settings/fields';
import { Leaving } from '../settings/leaving';
import { type Said, SaveActions } from '../settings/save-bar';
import { useWords as useSettingsWords } from '../settings/words';
import { Actions } from './actions';
import { Conditions } from './conditions';
import { NEW, asForm, freshId, freshTrigger, fromTemplate, gaps, patternOf, placeProblems, placed, withoutGaps } from './model';
import { Preview } from './preview';
import { type Surroundings, useSurroundings, useTriggers } from './surroundings';
import { TestMode } from './test-mode';
import { useWords } from './words';

/** The editor, when what it needs has come. */
export function One({ item, onBorn }: { item: string; onBorn(id: string): void }) {
  const t = useWords();
  const { language } = useText();
  const { site } = useSite();
  const all = useTriggers();
  const { surroundings, failed, again } = useSurroundings();
  const template = item.startsWith(NEW) ? TRIGGER_TEMPLATES.find(({ name }) => `${NEW}${name}` === item) : undefined;
  const languages = surroundings?.languages;
  const fresh = useMemo(() => {
    if (!item.startsWith(NEW) || languages === undefined) return null;
    return template === undefined ? freshTrigger() : fromTemplate(template, languages, language);
    // In another language it is begun anew.
  }, [item, languages, language, template]);
  if (all.data === undefined || surroundings === null) {
    return (
      <div className="settings-page">
        {failed || all.isError ? (
          <div className="failed" role="alert">
            <p>{t('all.failed')}</p>
            <button
              type="button"
              className="button"
              onClick={() => {
                again();
                void all.refetch();
              }}
            >
              {t('all.retry')}
            </button>
          </div>
        ) : (
          <Skeleton label={t('all.loading')} rows={8} kind="lines" />
        )}
      </div>
    );
  }
  const known = all.data.value.triggers.find((one) => one.id === item);
  const trigger = fresh ?? known;
  if (trigger === undefined) {
    return (
      <div className="settings-page">
        <Empty icon={SearchX} title={t('edit.gone')} why={t('edit.gone_why')}>
          <Link className="button" to="/$site/settings/$section" params={{ site: site.site, section: 'triggers' }}>
            {t('edit.back')}
          </Link>
        </Empty>
      </div>
    );
  }
  return <Editor trigger={trigger} isNew={fresh !== null} template={template?.name ?? null} published={all.data} surroundings={surroundings} onBorn={onBorn} />;
}

function Editor({ trigger, isNew, template, published, surroundings, onBorn }: { trigger: TriggerBody; isNew: boolean; template: string | null; published: PublishedTriggers; surroundings: Surroundings; onBorn(id: string): void }) {
  const t = useWords();
  const s = useSettingsWords();
  const { locale } = useText();
  const { site } = useSite();
  const { api } = useDoors();
  const queries = useQueryClient();
  const navigate = useNavigate();
  // What is edited: what others publish meanwhile does not change what is on screen.
  const [stands, setStands] = useState(published);
  const [base, setBase] = useState<TriggerBody | null>(isNew ? null : trigger);
  const [simple, setSimple] = useState(template !== null);
  const [said, setSaid] = useState<Said | null>(null);
  const [others, setOthers] = useState<readonly TriggerBody[]>([]);
  const [clash, setClash] = useState<{ now: PublishedTriggers; theirs: TriggerBody } | null>(null);
  const [born, setBorn] = useState<string | null>(null);
  const form = useForm<TriggerBody>({ defaultValues: asForm(trigger, surroundings.languages), shouldUnregister: false });
  const dirty = form.formState.isDirty || base === null;
  const [touched, setTouched] = useState(false);

  const adopt = (now: PublishedTriggers, id: string) => {
    const mine = now.value.triggers.find((one) => one.id === id);
    setStands(now);
    queries.setQueryData(['triggers', site.site], now);
    if (mine === undefined) return;
    setBase(mine);
    form.reset(asForm(mine, surroundings.languages));
  };
  const publish = useMutation({
    mutationFn: async ({ values, from, force }: { values: TriggerBody; from: PublishedTriggers; force: boolean }) => {
      const wanted = withoutGaps(values);
      for (let before = from, tries = 1; ; tries += 1) {
        const { triggers } = before.value;
        const mine = { ...wanted, id: base?.id ?? freshId(wanted.name, triggers.map(({ id }) => id)) };
        try {
          return { now: await api.publishTriggers(site.site, before.version, { triggers: placed(triggers, mine) }), id: mine.id };
        } catch (error) {
          const now = error instanceof ApiError ? error.currentAs('triggers') : null;
          if (now === null) throw new Refusal(error, placed(triggers, mine), mine.id);
          const theirs = now.value.triggers.find((one) => one.id === base?.id);
          // Nobody has touched this one: it goes beside what they have done.
          const same = base === null || JSON.stringify(theirs) === JSON.stringify(base);
          if ((!same && !force) || tries > 4) throw new Met(now, theirs);
          before = now;
        }
      }
    },
    onMutate: () => {
      setSaid(null);
      setOthers([]);
    },
    onSuccess: ({ now, id }) => {
      setClash(null);
      adopt(now, id);
      const enabled = now.value.triggers.find((one) => one.id === id)?.enabled;
      setSaid({ good: true, text: t(enabled === false ? 'edit.published_off' : 'edit.published', { version: now.version }) });
      if (base === null) setBorn(id);
      setSimple(false);
    },
    onError: (error) => {
      if (error instanceof Met) {
        if (error.theirs !== undefined) return setClash({ now: error.now, theirs: error.theirs });
        setStands(error.now);
        return setSaid({ good: false, text: t('edit.gone_meanwhile') });
      }
      if (!(error instanceof Refusal)) return setSaid({ good: false, text: s('publish_failed') });
      const { own, others, all } = placeProblems(error.problems, error.triggers.findIndex((one) => one.id === error.mine));
      for (const { path, code, message } of own) form.setError((path || 'name') as 'name', { type: code, message });
      setOthers([...new Set(others.map(({ at }) => error.triggers[at]))].filter((one) => one !== undefined));
      // What is folded away cannot be put right.
      if (own.some(({ path }) => !SIMPLE.test(path))) setSimple(false);
      const count = own.length + all.length;
      setSaid({ good: false, text: count > 0 ? t('edit.wrong', { count }) : others.length > 0 ? t('done.refused_all') : error.status === 429 ? t('done.too_often') : s('publish_failed') });
      requestAnimationFrame(() => document.querySelector('[data-problem]')?.scrollIntoView({ block: 'center' }));
    },
  });
  // Only once nothing is unsaved any more: the guard would ask.
  useEffect(() => {
    if (born === null || dirty) return;
    onBorn(born);
    setBorn(null);
    void navigate({ to: '/$site/settings/$section/$item', params: { site: site.site, section: 'triggers', item: born }, replace: true });
  }, [born, dirty, navigate, onBorn, site.site]);

  const submit = (from: PublishedTriggers, force = false) => {
    form.clearErrors();
    const values = structuredClone(form.getValues());
    if (simple) values.conditions = values.conditions.map((one) => (one.kind === 'page' ? { ...one, patterns: one.patterns.map(({ text }) => patternOf(text.trim())) } : one));
    const missing = gaps(values);
    if (missing.length > 0) {
      for (const path of missing) form.setError(path as 'name', { type: 'required' });
      return setSaid({ good: false, text: t('edit.wrong', { count: missing.length }) });
    }
    publish.mutate({ values, from, force });
  };
  const problems = publish.error instanceof Refusal ? placeProblems(publish.error.problems, publish.error.triggers.findIndex((one) => one.id === (publish.error as Refusal).mine)) : null;
  const unplaced = problems === null ? [] : problems.all;
  const [first = 'en'] = surroundings.languages;

  return (
    <FormProvider {...form}>
      <form
        className="settings-page triggers"
        noValidate
        onChange={() => setTouched(true)}
        onSubmit={(event) => {
          event.preventDefault();
          submit(stands);
        }}
      >
        <div className="settings-head">
          <Link to="/$site/settings/$section" params={{ site: site.site, section: 'triggers' }} className="button trigger-back">
            <ArrowLeft size={16} strokeWidth={1.75} aria-hidden="true" />
            {t('edit.back')}
          </Link>
          <Title isNew={base === null} />
        </div>
        <div className="settings-body with-preview">
          <div className="settings-fields">
            {simple ? (
              <>
                <SimpleUrl />
                <Area name={`actions.0.texts.${first}`} label={t('new.text')} hint={t(surroundings.languages.length > 1 ? 'new.text_why' : 'new.text_in', { language: languageName(locale, first) })} rows={4} maxLength={1000} lang={first} />
                <button type="button" className="button trigger-more" onClick={() => setSimple(false)}>
                  {t('new.more')}
                </button>
              </>
            ) : (
              <>
                <Text name="name" label={t('edit.name')} maxLength={80} autoComplete="off" />
                <Problem name="id" />
                <Toggle name="enabled" label={t('edit.enabled')} />
                <Conditions />
                <Choice name="when" legend={t('when.title')} options={(['online', 'offline', 'both'] as const).map((one) => [one, t(`when.${one}`)])} />
                <p className="field-hint trigger-hint">{t('when.why')}</p>
                <Actions surroundings={surroundings} />
                <Often />
              </>
            )}
            {unplaced.map(({ path, message }) => (
              <p key={path} className="field-problem" role="alert">
                {path}: {message}
              </p>
            ))}
            {others.map((one) => (
              <p key={one.id} className="field-problem" role="alert">
                {t('edit.others', { name: one.name })}{' '}
                <Link to="/$site/settings/$section/$item" params={{ site: site.site, section: 'triggers', item: one.id }}>
                  {t('done.look')}
                </Link>
              </p>
            ))}
            {!simple && base !== null && <TestMode trigger={base.id} draft={dirty} />}
          </div>
          <Preview surroundings={surroundings} />
        </div>
        <div className="save-bar" data-dirty={dirty ? '' : undefined}>
          <SaveActions
            said={said}
            otherwise={form.formState.isDirty && s('unsaved')}
            discard={{
              label: s('discard'),
              disabled: !form.formState.isDirty || publish.isPending,
              onClick: () => {
                form.reset(asForm(base ?? trigger, surroundings.languages));
                publish.reset();
                setSaid(null);
                setOthers([]);
              },
            }}
            publish={{ label: publish.isPending ? s('publishing') : s('publish'), disabled: !dirty || publish.isPending }}
          />
        </div>
      </form>
      {/* A new one that nobody has touched yet is nothing to lose. */}
      <Leaving dirty={form.formState.isDirty || (base === null && touched && born === null)} />
      {clash !== null && (
        <Clash
          by={clash.now.by?.name}
          version={clash.now.version}
          base={base}
          theirs={clash.theirs}
          mine={withoutGaps(form.getValues())}
          pending={publish.isPending}
          onMine={() => submit(clash.now, true)}
          onTheirs={() => {
            adopt(clash.now, clash.theirs.id);
            setClash(null);
          }}
          onEdit={() => setClash(null)}
        />
      )}
    </FormProvider>
  );
}

/** What the short form of a template shows. */
const SIMPLE = /^conditions\.0\.patterns\.0\.text$|^actions\.0\.texts/;

/** Somebody has changed, or deleted, the same trigger meanwhile. */
class Met extends Error {
  constructor(
    readonly now: PublishedTriggers,
    readonly theirs: TriggerBody | undefined,
  ) {
    super('met');
  }
}

/** Refused, or not reached: with what was sent, for finding whose the problems are. */
class Refusal extends Error {
  readonly problems;
  readonly status;
  constructor(
    why: unknown,
    readonly triggers: readonly TriggerBody[],
    readonly mine: string,
  ) {
    super('refused');
    this.problems = why instanceof ApiError ? why.problems : [];
    this.status = why instanceof ApiError ? why.status : 0;
  }
}

function Title({ isNew }: { isNew: boolean }) {
  const t = useWords();
  const name = (useWatch({ name: 'name' }) as string | undefined)?.trim();
  return <h2 dir="auto">{name || (isNew ? t('edit.new') : '…')}</h2>;
}

function SimpleUrl() {
  const t = useWords();
  const { register } = useFormContext<TriggerBody>();
  const problem = useProblem('conditions.0.patterns.0.text');
  return (
    <div className="field">
      <label htmlFor="trigger-url">{t('new.url')}</label>
      <input id="trigger-url" className="input" maxLength={500} spellCheck={false} autoComplete="off" autoFocus dir="ltr" placeholder="/" aria-invalid={problem !== null} aria-describedby="trigger-url-hint trigger-url-problem" {...register('conditions.0.patterns.0.text')} />
      <p className="field-hint" id="trigger-url-hint">
        {t('new.url_why')}
      </p>
      <Problem name="conditions.0.patterns.0.text" id="trigger-url-problem" />
      <Problem name="conditions.0" />
    </div>
  );
}

const OFTEN = ['once_ever', 'once_per_visit', 'every_days', 'every_page_load'] as const;

function Often() {
  const t = useWords();
  return (
    <Controller<TriggerBody, 'frequency'>
      name="frequency"
      render={({ field }) => (
        <fieldset className="field choices">
          <legend>{t('often.title')}</legend>
          {OFTEN.map((kind) => (
            <label key={kind} className="choice">
              <input type="radio" name="frequency" value={kind} checked={field.value.kind === kind} onChange={() => field.onChange(kind === 'every_days' ? { kind, days: 7 } : { kind })} />
              <span>{t(`often.${kind}`)}</span>
            </label>
          ))}
          {field.value.kind === 'every_days' && (
            <div className="trigger-action">
              <Text name="frequency.days" label={t('often.days')} number type="number" min={1} max={365} />
            </div>
          )}
          <p className="field-hint">{t('often.consent')}</p>
        </fieldset>
      )}
    />
  );
}
