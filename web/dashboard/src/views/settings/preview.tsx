// What the chat will look like: drawn from the draft, without the chat itself, in the language and the hour that one chooses.

import type { AppearanceSettings, AutomaticSettings, FaqSettings, FormField, FormSettings, HoursSettings, PrivacySettings, PublishedSection, SectionName, TextSettings } from '@mostrador/protocol';
import { ChevronRight } from 'lucide-react';
import { type CSSProperties, useId, useState } from 'react';
import { useWatch } from 'react-hook-form';
import { useMedia, useText } from '../../hooks';
import { ShopWords } from '../parts';
import { readableOn } from './colour';
import { languageName } from './fields';
import { useWords, useWordsIn } from './words';

interface PreviewProps {
  sections: readonly PublishedSection[];
  editing: SectionName;
  languages: readonly string[];
}

/** Beside the form where there is room; above it and folded where there is not. */
export function WidgetPreview(props: PreviewProps) {
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

function Picture({ sections, editing, languages }: PreviewProps) {
  const t = useWords();
  const { locale } = useText();
  const id = useId();
  const [chosen, setChosen] = useState(languages[0] ?? 'en');
  const [away, setAway] = useState(false);
  const draft = useWatch() as unknown;
  const of = <T,>(name: SectionName): T => (editing === name ? draft : sections.find((one) => one.section === name)?.value) as T;
  const language = languages.includes(chosen) ? chosen : (languages[0] ?? 'en');
  const said = useWordsIn(language);
  const { color } = of<AppearanceSettings>('appearance');
  const texts = of<TextSettings>('texts').texts?.[language] ?? {};
  const faqs = of<FaqSettings>('faqs').faqs?.[language] ?? [];
  const { fields, hold_online, hold_offline, when, phrases } = of<FormSettings>('form');
  const phrase = (key: string, fallback: string) => fill(phrases?.[language]?.[key]?.trim() || fallback);
  const privacy = of<PrivacySettings>('privacy');
  const shop = of<{ name: string }>('general').name;
  const values: Record<string, string> = { shop, next_opening: said('preview.opening'), privacy: said('preview.privacy'), terms: said('preview.terms') };
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  const say = (key: string, fallback: string) => fill(texts[key]?.trim() || fallback);
  const note = say(away ? 'away_note' : 'online_note', '');
  const asked = away || when === 'always' ? fields[0] : undefined;
  const held = asked !== undefined && (away ? hold_offline : hold_online);
  const question = ({ id, kind, labels }: FormField) =>
    labels[language]?.trim() || (id === 'name' ? phrase('ask_name', said('preview.ask_name')) : id === 'email' ? phrase('ask_email', said('preview.ask_email')) : said(`kind.${kind}`));
  const automatic = of<AutomaticSettings>('automatic');
  const hours = of<HoursSettings>('hours').enabled;
  // As `domain::automatic` chooses among them; a text of ours is the server's to know.
  const reply = away ? (hours ? automatic.outside : automatic.offline) : automatic.online.enabled || !hours ? automatic.online : automatic.during;
  const answered = reply.enabled ? (reply.texts[language]?.trim() ?? '') : '';
  const links = [privacy.privacy_url ? said('preview.privacy') : '', privacy.terms_url ? said('preview.terms') : ''].filter(Boolean).join(' · ');
  return (
    <aside className="preview" aria-label={t('preview.title')} style={{ '--shop': color, '--on-shop': readableOn(color) } as CSSProperties}>
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
        <label htmlFor={id}>{t('preview.state')}</label>
        <select id={id} className="input" value={away ? 'away' : 'online'} onChange={(event) => setAway(event.target.value === 'away')}>
          <option value="online">{t('preview.online')}</option>
          <option value="away">{t('preview.away')}</option>
        </select>
      </div>
      <div className="preview-panel" lang={language} data-testid="preview">
        <header>
          <strong dir="auto">{say('title', shop)}</strong>
          <small dir="auto">{note || say('intro', '')}</small>
        </header>
        <div className="preview-thread" tabIndex={0} role="group" aria-label={t('preview.title')}>
          {faqs.length > 0 && (
            <>
              <p className="preview-soft" dir="auto">
                {say('faq_heading', '')}
              </p>
              {faqs.map((faq) => (
                <details key={faq.id} className="preview-faq">
                  <summary dir="auto">
                    {faq.question || t('faqs.question')}
                    <ChevronRight size={14} strokeWidth={2} aria-hidden="true" />
                  </summary>
                  <div dir="auto">
                    <ShopWords text={fill(faq.answer)} />
                  </div>
                </details>
              ))}
              <p className="preview-soft preview-still" dir="auto">
                {say('faq_still', said('preview.still'))}
              </p>
            </>
          )}
          <div className="preview-theirs" dir="auto">
            <ShopWords text={say('welcome', said('preview.hello'))} />
          </div>
          <p className="preview-mine" dir="auto">
            {said('preview.message')}
          </p>
          {answered !== '' && (
            <div className="preview-theirs" dir="auto" data-testid="preview-automatic">
              <ShopWords text={fill(answered)} />
            </div>
          )}
          {asked !== undefined && (
            <div className="preview-form">
              <p dir="auto">
                {question(asked)} {!asked.required && <em>{phrase('skip', said('preview.skip'))}</em>}
              </p>
              {held && <p className="preview-soft">{phrase('held', said('preview.held'))}</p>}
            </div>
          )}
        </div>
        {(texts['privacy_note']?.trim() || links !== '') && (
          <p className="preview-soft preview-privacy" dir="auto">
            {say('privacy_note', links)}
          </p>
        )}
        <footer>{said('preview.write')}…</footer>
      </div>
      <div className="preview-launcher">{texts['bubble']?.trim() ? <span dir="auto">{say('bubble', '')}</span> : <span hidden />}<i aria-hidden="true" /></div>
    </aside>
  );
}
