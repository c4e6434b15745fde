// The forms, one per section. What is allowed is the server's to say: it names every wrong field, and nothing is saved.

import type { AppearanceSettings, Faq, FaqCount, FaqSettings, FieldKindName, FormField, FormSettings, GeneralSettings, SectionName, TextSettings, VisibilitySettings } from '@mostrador/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Info } from 'lucide-react';
import { type ComponentType, useState } from 'react';
import { Controller, useFieldArray, useFormContext, useWatch } from 'react-hook-form';
import { useDoors, useSite } from '../../context';
import { useText } from '../../hooks';
import { formAdvice } from './advice';
import { contrast, readableOn } from './colour';
import { EmailForm } from './email';
import { Area, Choice, LanguageTabs, languageName, ListInput, Ordered, Problem, Text, Toggle } from './fields';
import { HoursForm } from './hours';
import { VisitorsForm } from './visitors';
import { useWords, type Word } from './words';

export interface FormProps {
  /** The site's languages, the default first. */
  languages: readonly string[];
}

export const FORMS: Record<SectionName, ComponentType<FormProps>> = {
  general: GeneralForm,
  appearance: AppearanceForm,
  visibility: VisibilityForm,
  hours: HoursForm,
  texts: TextsForm,
  faqs: FaqsForm,
  form: IntakeForm,
  automatic: AutomaticForm,
  privacy: PrivacyForm,
  email: EmailForm,
  visitors: VisitorsForm,
};

function GeneralForm() {
  const t = useWords();
  const { locale } = useText();
  const { register } = useFormContext<GeneralSettings>();
  const languages = useWatch<GeneralSettings, 'languages'>({ name: 'languages' }) ?? [];
  return (
    <>
      <Text name="name" label={t('general.name')} maxLength={80} />
      <Controller<GeneralSettings, 'languages'>
        name="languages"
        render={({ field }) => (
          <div className="field">
            <label htmlFor="languages">{t('general.languages')}</label>
            <ListInput id="languages" value={field.value} onChange={field.onChange} />
            <p className="field-hint">{t('general.languages_why')}</p>
            <Problem name="languages" />
            {languages.map((_, at) => (
              <Problem key={at} name={`languages.${at}`} />
            ))}
          </div>
        )}
      />
      <div className="field">
        <label htmlFor="default-language">{t('general.default')}</label>
        <select id="default-language" className="input" {...register('default_language')}>
          {languages.map((tag) => (
            <option key={tag} value={tag}>
              {languageName(locale, tag)}
            </option>
          ))}
        </select>
        <Problem name="default_language" />
      </div>
    </>
  );
}

function AppearanceForm() {
  const t = useWords();
  const { register } = useFormContext<AppearanceSettings>();
  const colour = useWatch<AppearanceSettings, 'color'>({ name: 'color' }) ?? '';
  const ratio = contrast(colour, readableOn(colour));
  return (
    <>
      <div className="field">
        <label htmlFor="colour">{t('appearance.color')}</label>
        <div className="colour">
          <input id="colour" type="color" className="swatch" {...register('color')} />
          <input className="input" aria-label={`${t('appearance.color')}, #rrggbb`} spellCheck={false} maxLength={7} {...register('color')} />
        </div>
        {ratio !== null && <p className="field-hint">{t(ratio >= 4.5 ? 'appearance.contrast_good' : 'appearance.contrast_bad', { ratio: ratio.toFixed(1) })}</p>}
        <Problem name="color" />
      </div>
      <Choice name="corner" legend={t('appearance.corner')} options={[['end', t('appearance.corner_end')], ['start', t('appearance.corner_start')]]} />
      <div className="pair">
        <Text name="offset_x" label={t('appearance.offset_x')} number type="number" min={0} max={400} />
        <Text name="offset_y" label={t('appearance.offset_y')} number type="number" min={0} max={400} />
      </div>
      <Choice name="launcher" legend={t('appearance.launcher')} options={[['icon', t('appearance.launcher_icon')], ['label', t('appearance.launcher_label')], ['hidden', t('appearance.launcher_hidden')]]} />
      <Text name="z_index" label={t('appearance.z_index')} hint={t('appearance.z_index_why')} number type="number" min={0} max={2147483646} />
    </>
  );
}

function VisibilityForm() {
  const t = useWords();
  const values = ['everyone', 'verified_write', 'verified_only', 'off'] as const;
  const { site } = useSite();
  const { api } = useDoors();
  const chosen = useWatch<VisibilitySettings, 'visibility'>({ name: 'visibility' });
  const verified = chosen === 'verified_write' || chosen === 'verified_only';
  const keys = useQuery({ queryKey: ['identity-keys', site.site], queryFn: () => api.identityKeys(site.site), enabled: verified });
  return (
    <>
      <Choice name="visibility" legend={t('section.visibility')} options={values.map((value) => [value, t(`visibility.${value}`)] as const)} />
      <div aria-live="polite">
        {verified && keys.data?.keys.some(({ good }) => good) === false && (
          <p className="advice" data-advice="no_key">
            <Info size={16} strokeWidth={1.75} aria-hidden="true" />
            <span>
              {t('advice.no_key')}{' '}
              <Link to="/$site/settings/$section" params={{ site: site.site, section: 'identity' }}>
                {t('advice.no_key_do')}
              </Link>
            </span>
          </p>
        )}
      </div>
    </>
  );
}

/** What only a merchant can write, with the variables that it may hold. */
const TEXTS: readonly (readonly [key: string, long: boolean, variables: readonly string[]])[] = [
  ['title', false, ['shop']],
  ['intro', false, ['shop']],
  ['welcome', true, ['shop']],
  ['bubble', false, ['shop']],
  ['online_note', false, ['shop']],
  ['away_note', false, ['shop', 'next_opening']],
  ['faq_heading', false, ['shop']],
  ['faq_still', false, ['shop']],
  ['privacy_note', false, ['shop', 'privacy', 'terms']],
  ['consent', false, ['shop', 'privacy', 'terms']],
];

function TextsForm({ languages }: FormProps) {
  const t = useWords();
  const { locale } = useText();
  useWatch<TextSettings>({ name: 'texts' });
  return (
    <div className="side-by-side" style={{ '--columns': languages.length } as React.CSSProperties}>
      {TEXTS.map(([key, long, variables]) => (
        <fieldset key={key} className="field text-row">
          <legend>{t(`text.${key}` as Word)}</legend>
          <p className="field-hint">{t('texts.variables', { names: variables.map((name) => `{${name}}`).join(', ') })}</p>
          <div className="columns">
            {languages.map((language) => (
              <div key={language} lang={language}>
                {long ? (
                  <Area name={`texts.${language}.${key}`} label={languageName(locale, language)} placeholder={t('texts.own')} rows={4} pictures />
                ) : (
                  <Text name={`texts.${language}.${key}`} label={languageName(locale, language)} placeholder={t('texts.own')} />
                )}
              </div>
            ))}
          </div>
        </fieldset>
      ))}
    </div>
  );
}

function FaqsForm({ languages }: FormProps) {
  const t = useWords();
  const { site } = useSite();
  const { api } = useDoors();
  const [language, setLanguage] = useState(languages[0] ?? 'en');
  const counts = useQuery({ queryKey: ['faq-counts', site.site], queryFn: () => api.faqCounts(site.site) });
  return (
    <>
      <LanguageTabs languages={languages} chosen={language} onChoose={setLanguage} />
      {counts.isError && counts.data === undefined && <p className="field-hint">{t('faqs.counts_failed')}</p>}
      <Questions key={language} language={language} counts={counts.data?.faqs ?? null} />
    </>
  );
}

/** An id that stays when the words change: how often a question was opened is counted by it. */
const freshId = () => crypto.randomUUID().slice(0, 8);

/** How an answer does its work: opened, and then all the same a person was needed. By id, over all languages. */
function Counts({ count }: { count: FaqCount | undefined }) {
  const t = useWords();
  if (count === undefined || count.opened === 0) return <p className="field-hint">{t('faqs.never')}</p>;
  return (
    <p className="field-hint" data-opened={count.opened} data-needed={count.still_needed}>
      {t('faqs.opened', { count: count.opened })}, {t('faqs.needed', { count: count.still_needed })}
    </p>
  );
}

function Questions({ language, counts }: { language: string; counts: readonly FaqCount[] | null }) {
  const t = useWords();
  const path = `faqs.${language}` as const;
  const { fields, append, move, remove } = useFieldArray<FaqSettings>({ name: path as never, keyName: 'key' as never });
  const values = (useWatch<FaqSettings>({ name: path as never }) as Faq[] | undefined) ?? [];
  return (
    <div className="field" lang={language}>
      {fields.length === 0 && <p className="soft">{t('faqs.none')}</p>}
      <Problem name={path} />
      <Ordered ids={(fields as unknown as { key: string }[]).map(({ key }) => key)} nameOf={(at) => values[at]?.question || `${at + 1}`} onMove={move} onDelete={remove}>
        {(at) => (
          <>
            <Text name={`${path}.${at}.question`} label={t('faqs.question')} maxLength={200} />
            <Area name={`${path}.${at}.answer`} label={t('faqs.answer')} rows={4} pictures />
            {counts !== null && <Counts count={counts.find(({ id }) => id === values[at]?.id)} />}
          </>
        )}
      </Ordered>
      <button type="button" className="button" onClick={() => append({ id: freshId(), question: '', answer: '' } as never)}>
        {t('faqs.add')}
      </button>
    </div>
  );
}

const KINDS: readonly FieldKindName[] = ['name', 'email', 'text', 'phone', 'number', 'choice'];

function IntakeForm({ languages }: FormProps) {
  const t = useWords();
  const { locale } = useText();
  const { fields, append, move, remove } = useFieldArray<FormSettings, 'fields', 'key'>({ name: 'fields', keyName: 'key' });
  const values = useWatch<FormSettings, 'fields'>({ name: 'fields' }) ?? [];
  const when = useWatch<FormSettings, 'when'>({ name: 'when' });
  const nameOf = (at: number) => values[at]?.labels[languages[0] ?? 'en'] || t(`kind.${values[at]?.kind ?? 'text'}`);
  const add = (kind: FieldKindName) => {
    const own = kind === 'name' || kind === 'email';
    append({ id: own ? kind : `${kind}-${freshId()}`, kind, required: false, labels: {}, ...(kind === 'choice' ? { choices: [] } : {}) } as FormField);
  };
  const possible = KINDS.filter((kind) => (kind === 'name' || kind === 'email' ? !values.some((field) => field.kind === kind) : values.filter((field) => field.kind !== 'name' && field.kind !== 'email').length < 5));
  return (
    <>
      <Choice name="when" legend={t('form.when')} options={[['never', t('form.when_never')], ['always', t('form.when_always')], ['slow', t('form.when_slow')]]} />
      {when === 'slow' && <Text name="slow_after_s" label={t('form.slow_after')} number type="number" min={10} max={1800} />}
      <p className="field-hint">{t('form.offline')}</p>
      <Toggle name="hold_online" label={t('form.hold_online')} />
      <Toggle name="hold_offline" label={t('form.hold_offline')} />
      <div>
        <details className="explained">
          <summary>{t('form.held_title')}</summary>
          <p>{t('form.held_why')}</p>
        </details>
        <FormAdvice />
      </div>
      <fieldset className="field">
        <legend>{t('form.fields')}</legend>
        {fields.length === 0 && <p className="soft">{t('form.none')}</p>}
        <Problem name="fields" />
        <Ordered ids={fields.map(({ key }) => key)} nameOf={nameOf} onMove={move} onDelete={remove}>
          {(at) => (
            <>
              <p className="ordered-title">
                <strong>{t(`kind.${values[at]?.kind ?? 'text'}`)}</strong>
              </p>
              <div className="columns">
                {languages.map((language) => (
                  <div key={language} lang={language}>
                    <Text name={`fields.${at}.labels.${language}`} label={t('form.label', { language: languageName(locale, language) })} placeholder={t('texts.own')} maxLength={120} />
                  </div>
                ))}
              </div>
              {values[at]?.kind === 'choice' && <Choices at={at} languages={languages} />}
              <Toggle name={`fields.${at}.required`} label={t('form.required')} />
              <Problem name={`fields.${at}`} />
              <Problem name={`fields.${at}.labels`} />
            </>
          )}
        </Ordered>
        <div className="add-row" role="group" aria-label={t('form.add')}>
          {possible.map((kind) => (
            <button type="button" key={kind} className="button" onClick={() => add(kind)}>
              + {t(`kind.${kind}`)}
            </button>
          ))}
        </div>
      </fieldset>
      <Phrases languages={languages} />
    </>
  );
}

/** Everything that the form says, in the order in which a shopper meets it. */
const PHRASES = ['ask_name', 'ask_email', 'optional', 'skip', 'back', 'correct', 'resend', 'held', 'required', 'wrong_name', 'wrong_email', 'wrong_phone', 'wrong_number', 'wrong_choice', 'wrong_text', 'thanks'] as const;

function Phrases({ languages }: FormProps) {
  const t = useWords();
  const { locale } = useText();
  const { formState } = useFormContext<FormSettings>();
  return (
    <details className="phrases" open={formState.errors.phrases !== undefined || undefined}>
      <summary>{t('form.phrases')}</summary>
      <p className="field-hint">{t('form.phrases_why')}</p>
      {PHRASES.map((key) => (
        <fieldset key={key} className="field text-row">
          <legend>{t(`phrase.${key}`)}</legend>
          <div className="columns">
            {languages.map((language) => (
              <div key={language} lang={language}>
                <Text name={`phrases.${language}.${key}`} label={languageName(locale, language)} placeholder={t('texts.own')} maxLength={300} />
              </div>
            ))}
          </div>
        </fieldset>
      ))}
    </details>
  );
}

function FormAdvice() {
  const t = useWords();
  const draft = useWatch<FormSettings>() as FormSettings;
  return (
    <div aria-live="polite">
      {formAdvice(draft).map((advice) => (
        <p key={advice} className="advice" data-advice={advice}>
          <Info size={16} strokeWidth={1.75} aria-hidden="true" />
          {t(`advice.${advice}`)}
        </p>
      ))}
    </div>
  );
}

/** Choices as lines of text, a language at a time; a line keeps its id by its place. */
function Choices({ at, languages }: { at: number; languages: readonly string[] }) {
  const t = useWords();
  const { locale } = useText();
  const path = `fields.${at}.choices` as const;
  return (
    <Controller<FormSettings, typeof path>
      name={path}
      render={({ field }) => {
        const choices = field.value ?? [];
        const write = (language: string, text: string) => {
          const lines = text.split('\n');
          const length = Math.max(lines.length, language === languages[0] ? 0 : choices.length);
          field.onChange(Array.from({ length }, (_, n) => ({ id: choices[n]?.id ?? freshId(), labels: { ...choices[n]?.labels, [language]: lines[n] ?? '' } })));
        };
        return (
          <div className="columns">
            {languages.map((language) => (
              <div className="field" key={language} lang={language}>
                <label htmlFor={`choices-${at}-${language}`}>{t('form.choices', { language: languageName(locale, language) })}</label>
                <textarea id={`choices-${at}-${language}`} className="input" rows={Math.max(3, choices.length + 1)} dir="auto" value={choices.map((choice) => choice.labels[language] ?? '').join('\n')} onChange={(event) => write(language, event.target.value)} />
              </div>
            ))}
            <Problem name={path} />
          </div>
        );
      }}
    />
  );
}

function AutomaticForm({ languages }: FormProps) {
  const t = useWords();
  const { locale } = useText();
  return (
    <>
      {(['during', 'outside', 'online', 'offline'] as const).map((kind) => (
        <fieldset key={kind} className="field reply">
          <legend>{t(`automatic.${kind}`)}</legend>
          <p className="field-hint">{t(`automatic.${kind}_why`)}</p>
          <Toggle name={`${kind}.enabled`} label={t('automatic.send')} />
          <div className="columns">
            {languages.map((language) => (
              <div key={language} lang={language}>
                <Area name={`${kind}.texts.${language}`} label={languageName(locale, language)} placeholder={t('texts.own')} pictures />
              </div>
            ))}
          </div>
        </fieldset>
      ))}
      <Text name="wait_time_s" label={t('automatic.wait')} number type="number" min={10} max={1800} />
    </>
  );
}

function PrivacyForm() {
  const t = useWords();
  return (
    <>
      <Text name="privacy_url" label={t('privacy.privacy_url')} type="url" placeholder="https://" />
      <Text name="terms_url" label={t('privacy.terms_url')} type="url" placeholder="https://" />
      <Toggle name="ask_consent" label={t('privacy.ask_consent')} />
    </>
  );
}
