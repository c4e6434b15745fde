// Who is on the shop's pages, what counts as having come of a trigger, and the choice of a group.

import type { VisitorSettings } from '@mostrador/protocol';
import { Controller, useWatch } from 'react-hook-form';
import { ListInput, Problem, Text, Toggle } from './fields';
import { useWords } from './words';

export function VisitorsForm() {
  const t = useWords();
  const choose = useWatch<VisitorSettings, 'choose_group'>({ name: 'choose_group' });
  return (
    <>
      <Toggle name="live" label={t('visitors.live')} hint={t('visitors.live_why')} />
      <Controller<VisitorSettings, 'conversion_events'>
        name="conversion_events"
        render={({ field }) => (
          <div className="field">
            <label htmlFor="conversion-events">{t('visitors.events')}</label>
            <ListInput id="conversion-events" value={field.value} onChange={field.onChange} />
            <p className="field-hint">{t('visitors.events_why')}</p>
            <Problem name="conversion_events" />
            {(field.value ?? []).map((_, at) => (
              <Problem key={at} name={`conversion_events.${at}`} />
            ))}
          </div>
        )}
      />
      <Text name="conversion_days" label={t('visitors.days')} hint={t('visitors.days_why')} number type="number" min={1} max={30} />
      <Toggle name="choose_group" label={t('visitors.choose')} hint={t('visitors.choose_why')} />
      {choose === true && <Toggle name="not_sure" label={t('visitors.not_sure')} />}
    </>
  );
}
