// What an agent is told by mail of who waits: their own choice, at one site.

import type { NotificationChoice, Notifications as Answer } from '@mostrador/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { FormProvider, get, useForm } from 'react-hook-form';
import { ApiError } from '../../api';
import { useDoors, useSite } from '../../context';
import { Skeleton } from '../parts';
import { Choice, Text, Toggle, useValue } from './fields';
import { Leaving } from './leaving';
import { type Said, SaveActions } from './save-bar';
import { useWords } from './words';

/** As the form holds it: what a choice does not need keeps its place, so that going back and forth loses nothing. */
interface Values {
  when: NotificationChoice['when'];
  hours: number;
  daily_at: string;
  new: boolean;
  missed: boolean;
  is_quiet: boolean;
  quiet: { from: string; until: string; zone: string };
}

/** Nothing here is published. */
const LEAVING = { title: 'notify.leave_title', why: 'notify.leave_why' } as const;

export function Notifications() {
  const t = useWords();
  const { site } = useSite();
  const { api } = useDoors();
  const known = useQuery({ queryKey: ['notifications', site.site], queryFn: () => api.notifications(site.site), refetchOnWindowFocus: false });
  if (known.data !== undefined) return <Form known={known.data} />;
  if (known.isError) {
    return (
      <div className="failed" role="alert">
        <p>{t('notify.failed')}</p>
        <button type="button" className="button" onClick={() => void known.refetch()}>
          {t('retry')}
        </button>
      </div>
    );
  }
  return (
    <div className="settings-page">
      <Skeleton label={t('loading')} rows={6} kind="lines" />
    </div>
  );
}

function Form({ known }: { known: Answer }) {
  const t = useWords();
  const { site } = useSite();
  const { api } = useDoors();
  const queries = useQueryClient();
  const [said, setSaid] = useState<Said | null>(null);
  const form = useForm<Values>({ defaultValues: shown(known.choice) });
  const { isDirty } = form.formState;
  const save = useMutation({
    mutationFn: (values: Values) => api.chooseNotifications(site.site, wanted(values)),
    onMutate: () => setSaid(null),
    onSuccess: (answer) => {
      queries.setQueryData(['notifications', site.site], answer);
      form.reset({ ...form.getValues(), ...kept(answer.choice) });
      setSaid({ good: true, text: t('notify.saved') });
    },
    onError: (error) => {
      if (error instanceof ApiError && error.problems.length > 0) {
        for (const { path, code, message } of error.problems) form.setError(path as 'hours', { type: code, message });
        setSaid({ good: false, text: t('notify.wrong') });
        requestAnimationFrame(() => document.querySelector('[data-problem]')?.scrollIntoView({ block: 'center' }));
      } else setSaid({ good: false, text: t('notify.not_saved') });
    },
  });
  const unplaced = save.error instanceof ApiError ? save.error.problems.filter(({ path }) => get(form.formState.errors, path) === undefined) : [];
  return (
    <FormProvider {...form}>
      <form
        className="settings-page"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          form.clearErrors();
          save.mutate(form.getValues());
        }}
      >
        <div className="settings-head">
          <h2>{t('section.notifications')}</h2>
          <p className="soft">{t('why.notifications', { address: known.address })}</p>
        </div>
        <div className="settings-body">
          <div className="settings-fields">
            <When />
            {unplaced.map(({ path, message }) => (
              <p key={path} className="field-problem" role="alert">
                {message}
              </p>
            ))}
          </div>
        </div>
        <div className="save-bar" data-dirty={isDirty ? '' : undefined}>
          <SaveActions
            said={said}
            otherwise={isDirty && t('notify.unsaved')}
            discard={{
              label: t('discard'),
              disabled: !isDirty || save.isPending,
              onClick: () => {
                form.reset();
                save.reset();
                setSaid(null);
              },
            }}
            publish={{ label: save.isPending ? t('notify.saving') : t('notify.save'), disabled: !isDirty || save.isPending }}
          />
        </div>
      </form>
      <Leaving dirty={isDirty} {...LEAVING} />
    </FormProvider>
  );
}

function When() {
  const t = useWords();
  const when = useValue<Values['when']>('when');
  const quiet = useValue<boolean>('is_quiet');
  return (
    <>
      <Choice
        name="when"
        legend={t('notify.when')}
        options={[
          ['at_once', t('notify.at_once')],
          ['every', t('notify.every')],
          ['daily', t('notify.daily')],
          ['never', t('notify.never')],
        ]}
      />
      {when === 'every' && <Text name="hours" label={t('notify.hours')} hint={t('notify.hours_why')} number type="number" min={1} max={12} />}
      {when === 'daily' && <Text name="daily_at" label={t('notify.daily_at')} hint={t('notify.daily_at_why')} type="time" />}
      {when !== 'never' && (
        <>
          <Toggle name="missed" label={t('notify.missed')} hint={t('notify.missed_why')} />
          <Toggle name="new" label={t('notify.new')} hint={t('notify.new_why')} />
          <Toggle name="is_quiet" label={t('notify.quiet')} hint={t('notify.quiet_why')} />
          {quiet === true && (
            <>
              <datalist id="zones">
                {Intl.supportedValuesOf('timeZone').map((zone) => (
                  <option key={zone} value={zone} />
                ))}
              </datalist>
              <div className="columns">
                <Text name="quiet.from" label={t('notify.quiet_from')} type="time" />
                <Text name="quiet.until" label={t('notify.quiet_until')} type="time" />
              </div>
              <Text name="quiet.zone" label={t('notify.quiet_zone')} list="zones" autoComplete="off" spellCheck={false} />
            </>
          )}
        </>
      )}
    </>
  );
}

const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

function shown(choice: NotificationChoice): Values {
  return { hours: 4, daily_at: '09:00', quiet: { from: '20:00', until: '08:00', zone: ownZone() }, ...kept(choice) } as Values;
}

/** What a choice says, and nothing of what it leaves open. */
function kept({ when, hours, daily_at, quiet, ...kinds }: NotificationChoice): Partial<Values> {
  return { when, new: kinds.new, missed: kinds.missed, is_quiet: quiet !== undefined, ...(hours !== undefined && { hours }), ...(daily_at !== undefined && { daily_at }), ...(quiet !== undefined && { quiet }) };
}

function wanted(values: Values): NotificationChoice {
  return {
    when: values.when,
    new: values.new,
    missed: values.missed,
    ...(values.when === 'every' && { hours: hoursOf(values.hours) }),
    ...(values.when === 'daily' && { daily_at: values.daily_at }),
    ...(values.is_quiet && { quiet: values.quiet }),
  };
}

/** What is no whole number of hours is out of range, and said so by the server. */
const hoursOf = (hours: number) => (Number.isInteger(hours) && hours >= 0 && hours < 256 ? hours : 0);
