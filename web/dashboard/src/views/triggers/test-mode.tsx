// T5: the merchant's own browser sees the trigger in the shop, and nobody else does.

import { useMutation } from '@tanstack/react-query';
import { ExternalLink } from 'lucide-react';
import { useId, useState } from 'react';
import { useWatch } from 'react-hook-form';
import type { TriggerCondition } from '@mostrador/protocol';
import { useDoors, useSite } from '../../context';
import { clock } from '../../format';
import { usePreference, useText } from '../../hooks';
import { testLink } from './model';
import { useWords } from './words';

export function TestMode({ trigger, draft }: { trigger: string; draft: boolean }) {
  const t = useWords();
  const { locale } = useText();
  const { site } = useSite();
  const { api } = useDoors();
  const id = useId();
  const [remembered, remember] = usePreference(`test-page.${site.site}`);
  const conditions = useWatch({ name: 'conditions' }) as TriggerCondition[];
  const whole = conditions.flatMap((one) => (one.kind === 'page' && one.is ? one.patterns : [])).find(({ kind, text }) => kind === 'exact' && /^https?:/.test(text))?.text;
  const [url, setUrl] = useState(whole ?? remembered ?? '');
  const [bad, setBad] = useState(false);
  const test = useMutation({ mutationFn: () => api.testTrigger(site.site, trigger), onSuccess: () => remember(url.trim()) });
  const link = test.data === undefined ? null : testLink(url, trigger, test.data.key);
  return (
    <section className="trigger-test">
      <h3>{t('test.title')}</h3>
      <p className="field-hint">{t('test.why')}</p>
      <div className="field">
        <label htmlFor={id}>{t('test.url')}</label>
        <input
          id={id}
          className="input"
          type="url"
          placeholder="https://"
          spellCheck={false}
          dir="ltr"
          aria-invalid={bad}
          aria-describedby={`${id}-problem`}
          value={url}
          onChange={(event) => {
            setUrl(event.target.value);
            setBad(false);
          }}
        />
        {bad && (
          <p className="field-problem" id={`${id}-problem`} role="alert">
            {t('test.bad_url')}
          </p>
        )}
      </div>
      <div className="trigger-test-do">
        <button
          type="button"
          className="button"
          disabled={draft || test.isPending}
          onClick={() => {
            if (testLink(url, trigger, '') === null) setBad(true);
            else test.mutate();
          }}
        >
          {t('test.do')}
        </button>
        {link !== null && !draft && (
          <a className="button" href={link} target="_blank" rel="noopener noreferrer" data-test-link>
            <ExternalLink size={16} strokeWidth={1.75} aria-hidden="true" />
            {t('test.open')}
          </a>
        )}
      </div>
      <p className="field-hint" role="status">
        {draft ? t('test.unsaved') : test.data !== undefined && t('test.until', { time: clock(locale, test.data.expires_at) })}
      </p>
      {test.isError && (
        <p className="field-problem" role="alert">
          {t('test.failed')}
        </p>
      )}
    </section>
  );
}
