// Mail to shoppers: who it comes from, when it goes, what it says, and how it looks while one writes.

import type { AppearanceSettings, EmailSettings, PublishedSection } from '@mostrador/protocol';
import { type CSSProperties, useState } from 'react';
import { useFormContext, useWatch } from 'react-hook-form';
import { useMedia, useText } from '../../hooks';
import { readableOn } from './colour';
import { Area, languageName, Text, Toggle } from './fields';
import { MAIL_TEXTS, MAILS, type MailTextKey, mailText, type MailVariable } from './mail-texts';
import { useWords, useWordsIn, type Word } from './words';

export function EmailForm({ languages }: { languages: readonly string[] }) {
  const t = useWords();
  return (
    <>
      <Toggle name="enabled" label={t('email.enabled')} hint={t('email.enabled_why')} />
      <Text name="sender_name" label={t('email.sender_name')} maxLength={80} />
      <Text name="sender_address" label={t('email.sender_address')} type="email" optional placeholder="hello@shop.example" />
      <Text name="reply_domain" label={t('email.reply_domain')} hint={t('email.reply_domain_why')} optional placeholder="reply.shop.example" spellCheck={false} />
      <Text name="delay_min" label={t('email.delay')} hint={t('email.delay_why')} number type="number" min={1} max={60} />
      <Text name="logo_url" label={t('email.logo')} hint={t('email.logo_why')} type="url" placeholder="https://" />
      <Toggle name="transcript_at_close" label={t('email.transcript')} />
      <MailTextFields name="signature" languages={languages} />
      {(Object.keys(MAILS) as (keyof typeof MAILS)[]).map((mail) => (
        <Mail key={mail} mail={mail} languages={languages} />
      ))}
    </>
  );
}

/** Folded: few want to say it otherwise. Open where something in it is wrong. */
function Mail({ mail, languages }: { mail: keyof typeof MAILS; languages: readonly string[] }) {
  const t = useWords();
  const { errors } = useFormContext<EmailSettings>().formState;
  const keys: readonly MailTextKey[] = MAILS[mail];
  const wrong = Object.values(errors.texts ?? {}).some((said) => typeof said === 'object' && keys.some((key) => key in said));
  const variables = [...new Set(keys.flatMap((key): readonly MailVariable[] => MAIL_TEXTS[key].variables))];
  return (
    <details className="phrases" data-mail={mail} open={wrong || undefined}>
      <summary>{t(`mail.${mail}`)}</summary>
      <p className="field-hint">{t('mail.why')}</p>
      <dl className="variables">
        {variables.map((name) => (
          <div key={name}>
            <dt>
              <code>{`{${name}}`}</code>
            </dt>
            <dd>{t(`mail.variable.${name}`)}</dd>
          </div>
        ))}
      </dl>
      {keys.map((key) => (
        <MailTextFields key={key} name={key} languages={languages} />
      ))}
    </details>
  );
}

function MailTextFields({ name, languages }: { name: MailTextKey; languages: readonly string[] }) {
  const t = useWords();
  const { locale } = useText();
  const { prose, variables } = MAIL_TEXTS[name];
  return (
    <fieldset className="field text-row" data-text={name}>
      <legend>{t(`mail_text.${name}` as Word)}</legend>
      {variables.length > 0 && <p className="field-hint">{t('texts.variables', { names: variables.map((one) => `{${one}}`).join(', ') })}</p>}
      <div className="columns">
        {languages.map((language) => {
          const path = `texts.${language}.${name}`;
          const own = { label: languageName(locale, language), placeholder: mailText({}, name, language, languages[0] ?? 'en') };
          return (
            <div key={language} lang={language}>
              {prose ? <Area name={path} {...own} maxLength={1000} /> : <Text name={path} {...own} maxLength={200} />}
            </div>
          );
        })}
      </div>
    </fieldset>
  );
}

/** How a mail with an answer will look, from the draft. Beside the form where there is room, folded above it where there is not. */
export function MailPreview(props: { sections: readonly PublishedSection[]; languages: readonly string[] }) {
  const t = useWords();
  const narrow = useMedia('(max-width: 1099.98px)');
  if (!narrow) return <Picture {...props} />;
  return (
    <details className="preview-fold">
      <summary>{t('preview.title')}</summary>
      <Picture {...props} />
    </details>
  );
}

function Picture({ sections, languages }: { sections: readonly PublishedSection[]; languages: readonly string[] }) {
  const t = useWords();
  const { locale } = useText();
  const dark = useMedia('(prefers-color-scheme: dark)');
  const [chosen, setChosen] = useState(languages[0] ?? 'en');
  const [look, setLook] = useState<'light' | 'dark' | null>(null);
  const draft = useWatch<EmailSettings>() as EmailSettings;
  const language = languages.includes(chosen) ? chosen : (languages[0] ?? 'en');
  const said = useWordsIn(language);
  const value = <T,>(name: PublishedSection['section']) => sections.find(({ section }) => section === name)?.value as T;
  const shop = value<{ name: string }>('general').name;
  const { color } = value<AppearanceSettings>('appearance');
  const known: Record<string, string> = { shop, agents: 'Ana', reference: 'q7k2', count: '3', date: new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(new Date()) };
  const say = (key: MailTextKey) => mailText(draft.texts ?? {}, key, language, languages[0] ?? 'en').replace(/\{(\w+)\}/g, (whole, name: string) => known[name] ?? whole);
  const answered = draft.reply_domain?.trim() ? say('reply_hint') : say('no_reply_hint');
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'short' }).format(new Date(2026, 0, 5, 10, 24));
  const logo = draft.logo_url?.trim().startsWith('https://') ? draft.logo_url.trim() : undefined;
  return (
    <aside className="preview" aria-label={t('preview.title')}>
      <div className="preview-head">
        <h3>{t('preview.title')}</h3>
        {languages.length > 1 && (
          <select className="input" aria-label={t('texts.language')} value={language} onChange={(event) => setChosen(event.target.value)}>
            {languages.map((tag) => (
              <option key={tag} value={tag}>
                {languageName(locale, tag)}
              </option>
            ))}
          </select>
        )}
        <select className="input" aria-label={t('mail.look')} value={look ?? (dark ? 'dark' : 'light')} onChange={(event) => setLook(event.target.value as 'light' | 'dark')}>
          <option value="light">{t('mail.light')}</option>
          <option value="dark">{t('mail.dark')}</option>
        </select>
      </div>
      <div className="mail-preview" lang={language} dir={rightToLeft(language) ? 'rtl' : 'ltr'} data-look={look ?? (dark ? 'dark' : 'light')} data-testid="mail-preview" style={{ '--shop': color, '--on-shop': readableOn(color) } as CSSProperties}>
        <dl className="mail-head">
          <dt>{said('mail.from')}</dt>
          <dd dir="auto">
            {draft.sender_name?.trim() || shop} <small>{draft.sender_address?.trim() && `<${draft.sender_address.trim()}>`}</small>
          </dd>
          <dt>{said('mail.subject')}</dt>
          <dd dir="auto">{say('answers_subject')}</dd>
        </dl>
        <div className="mail-body" tabIndex={0} role="group" aria-label={t('preview.title')}>
          {logo === undefined ? <p className="mail-shop">{shop}</p> : <img className="mail-logo" src={logo} alt={shop} referrerPolicy="no-referrer" />}
          <div className="mail-card">
            <p className="mail-title" dir="auto">
              {say('answers_title')}
            </p>
            <p className="mail-who">
              <i aria-hidden="true">A</i>
              <strong>Ana</strong> <small>{time}</small>
            </p>
            <p className="mail-said" dir="auto">
              {say('test_answer')}
            </p>
            <p>
              <span className="mail-button">{say('button')}</span>
            </p>
            <p className="mail-soft" dir="auto">
              {answered}
            </p>
            <p className="mail-soft mail-earlier" dir="auto">
              {say('earlier')}
            </p>
            <div className="mail-quote mail-soft">
              <p>{say('you')}</p>
              <p dir="auto">{said('preview.message')}</p>
            </div>
          </div>
          <div className="mail-foot mail-soft">
            <p className="mail-signature" dir="auto">
              {say('signature')}
            </p>
            <p dir="auto">{say('why_answers')}</p>
            <p dir="auto">
              <u>{say('unsubscribe')}</u>
            </p>
          </div>
        </div>
      </div>
    </aside>
  );
}

/** Languages that mails show from the right: those of `shared/mail`. */
const rightToLeft = (tag: string) => ['ar', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur'].includes(tag.toLowerCase().split('-')[0]!);
