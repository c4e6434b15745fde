// How it will look, from the draft: the shop's own colours, light and dark, on a computer and on a phone.

import type { TriggerAction } from '@mostrador/protocol';
import { MessageCircle, X } from 'lucide-react';
import { type CSSProperties, useId, useState } from 'react';
import { useWatch } from 'react-hook-form';
import { useSite } from '../../context';
import { useMedia, useText } from '../../hooks';
import { Avatar } from '../parts';
import { readableOn } from '../settings/colour';
import { languageName } from '../settings/fields';
import type { Surroundings } from './surroundings';
import { useWords } from './words';

/** Beside the form where there is room; above it and folded where there is not. */
export function Preview({ surroundings }: { surroundings: Surroundings }) {
  const t = useWords();
  const narrow = useMedia('(max-width: 1099.98px)');
  if (!narrow) return <Picture surroundings={surroundings} />;
  return (
    <details className="preview-fold">
      <summary>{t('preview.title')}</summary>
      <Picture surroundings={surroundings} />
    </details>
  );
}

function Picture({ surroundings: { shop, languages, appearance, groups } }: { surroundings: Surroundings }) {
  const t = useWords();
  const { locale } = useText();
  const id = useId();
  const dark = useMedia('(prefers-color-scheme: dark)');
  const { agents, agentPhoto } = useSite();
  const [first = 'en'] = languages;
  const [chosen, setChosen] = useState(first);
  const [look, setLook] = useState<'light' | 'dark'>(dark ? 'dark' : 'light');
  const [device, setDevice] = useState<'desktop' | 'phone'>('desktop');
  const actions = (useWatch({ name: 'actions' }) as TriggerAction[] | undefined) ?? [];
  const language = languages.includes(chosen) ? chosen : first;
  const message = actions.find((one) => one.kind === 'message');
  const scenario = actions.some((one) => one.kind === 'start_scenario');
  const form = actions.some((one) => one.kind === 'show_form');
  const window = actions.some((one) => one.kind === 'open_window') || message?.display === 'window' || form;
  const own = message?.texts[language]?.trim();
  const text = (own || message?.texts[first]?.trim() || (scenario ? t('preview.scenario') : '')).replaceAll('{shop}', shop);
  const sender = message?.sender ?? { kind: 'bot' as const };
  const group = sender.kind === 'group' ? groups.find((one) => one.id === sender.group) : undefined;
  const agent = sender.kind === 'agent' ? agents.find((one) => one.id === sender.agent) : agents.find((one) => group?.agents.includes(one.id) === true);
  const name = agent?.name ?? group?.name ?? shop;
  const face = <Avatar name={name} size={32} photo={agent === undefined ? undefined : agentPhoto(agent.id)} />;
  const display = window ? 'window' : scenario ? 'teaser' : (message?.display ?? 'none');
  const select = (label: string, value: string, options: readonly (readonly [string, string])[], choose: (value: string) => void, key: string) => (
    <div key={key}>
      <label htmlFor={`${id}-${key}`}>{label}</label>
      <select id={`${id}-${key}`} className="input" value={value} onChange={(event) => choose(event.target.value)}>
        {options.map(([one, said]) => (
          <option key={one} value={one}>
            {said}
          </option>
        ))}
      </select>
    </div>
  );
  return (
    <aside className="preview trigger-preview" aria-label={t('preview.title')}>
      <h3>{t('preview.title')}</h3>
      <div className="trigger-preview-tools">
        {languages.length > 1 && select(t('preview.language'), language, languages.map((tag) => [tag, languageName(locale, tag)] as const), setChosen, 'language')}
        {select(t('preview.look'), look, [['light', t('preview.light')], ['dark', t('preview.dark')]], (value) => setLook(value as 'light'), 'look')}
        {select(t('preview.device'), device, [['desktop', t('preview.desktop')], ['phone', t('preview.phone')]], (value) => setDevice(value as 'phone'), 'device')}
      </div>
      <div
        className="shop-page"
        data-look={look}
        data-device={device}
        data-corner={appearance.corner}
        data-display={display}
        data-testid="trigger-preview"
        lang={language}
        style={{ '--shop': appearance.color, '--on-shop': appearance.text_color ?? readableOn(appearance.color) } as CSSProperties}
      >
        <div className="shop-page-lines" aria-hidden="true">
          <i />
          <i />
          <i />
          <i />
        </div>
        {display === 'window' && (
          <div className="shop-window">
            <header>
              {face}
              <strong dir="auto">{name}</strong>
            </header>
            <div className="shop-window-thread">
              {text !== '' && (
                <p className="shop-said" dir="auto">
                  {text}
                </p>
              )}
              {form && <p className="shop-form">{t('preview.form')}</p>}
            </div>
            <footer>{t('preview.write')}…</footer>
          </div>
        )}
        {display === 'teaser' && text !== '' && (
          <div className="shop-teaser">
            {face}
            <p>
              <strong dir="auto">{name}</strong>
              <span dir="auto">{text}</span>
            </p>
            <X size={14} strokeWidth={1.75} aria-hidden="true" />
          </div>
        )}
        {display === 'bubble' && text !== '' && (
          <p className="shop-bubble" dir="auto">
            {text}
          </p>
        )}
        {!(display === 'window' && device === 'phone') && (
          <span className="shop-launcher" aria-hidden="true">
            <MessageCircle size={20} strokeWidth={1.75} />
          </span>
        )}
      </div>
      {display === 'none' && <p className="field-hint">{t('preview.silent')}</p>}
      {message !== undefined && !own && text !== '' && <p className="field-hint">{t('preview.no_text')}</p>}
    </aside>
  );
}
