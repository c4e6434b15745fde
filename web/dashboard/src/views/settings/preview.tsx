// What the chat will look like: drawn from the draft, without the chat itself.

import type { AppearanceSettings, PublishedSection, TextSettings } from '@mostrador/protocol';
import type { CSSProperties } from 'react';
import { useWatch } from 'react-hook-form';
import { readableOn } from './colour';
import { useWords } from './words';

export function WidgetPreview({ sections, editing, language }: { sections: readonly PublishedSection[]; editing: string; language: string }) {
  const t = useWords();
  const draft = useWatch() as unknown;
  const of = <T,>(name: string): T => (editing === name ? draft : sections.find((one) => one.section === name)?.value) as T;
  const { color } = of<AppearanceSettings>('appearance');
  const texts = of<TextSettings>('texts').texts?.[language] ?? {};
  const shop = of<{ name: string }>('general').name;
  const say = (key: string, fallback: string) => (texts[key]?.trim() || fallback).replaceAll('{shop}', shop);
  return (
    <aside className="preview" aria-label={t('preview.title')} style={{ '--shop': color, '--on-shop': readableOn(color) } as CSSProperties}>
      <h3>{t('preview.title')}</h3>
      <div className="preview-panel" lang={language}>
        <header>
          <strong dir="auto">{say('title', shop)}</strong>
          <small dir="auto">{say('intro', '')}</small>
        </header>
        <div className="preview-thread">
          <p className="preview-theirs" dir="auto">
            {say('welcome', t('preview.hello'))}
          </p>
          <p className="preview-mine" dir="auto">
            {t('preview.message')}
          </p>
        </div>
        <footer>{t('preview.write')}…</footer>
      </div>
      <div className="preview-launcher">{texts['bubble']?.trim() ? <span dir="auto">{say('bubble', '')}</span> : <span hidden />}<i aria-hidden="true" /></div>
    </aside>
  );
}
