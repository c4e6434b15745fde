// A4: the groups of a site, each a name and agents. For admins; loaded when one comes here.

import type { GroupSettings } from '@mostrador/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleAlert, Plus, UsersRound } from 'lucide-react';
import { useState } from 'react';
import { Controller, FormProvider, get, useFieldArray, useForm, useFormContext, useWatch } from 'react-hook-form';
import { ApiError, type PublishedGroups } from '../../api';
import { useDoors, useSite } from '../../context';
import { Avatar, Empty, Skeleton } from '../parts';
import { Clash } from '../settings/clash';
import { Ordered, Problem, Text } from '../settings/fields';
import { History } from '../settings/history';
import { Leaving } from '../settings/leaving';
import { type Said, SaveActions } from '../settings/save-bar';
import { useWords as useSettingsWords } from '../settings/words';
import './groups.css';
import { MAX_GROUPS, usedBy, withIds } from './model';
import { useWords } from './words';

export { startWords } from './words';

export function Groups() {
  const t = useWords();
  const { site } = useSite();
  const { api } = useDoors();
  const groups = useQuery({ queryKey: ['groups', site.site], queryFn: () => api.groups(site.site), refetchOnWindowFocus: false });
  if (groups.data !== undefined) return <Editor key={site.site} published={groups.data} />;
  return (
    <div className="settings-page">
      {groups.isError ? (
        <div className="failed" role="alert">
          <p>{t('failed')}</p>
          <button type="button" className="button" onClick={() => void groups.refetch()}>
            {t('retry')}
          </button>
        </div>
      ) : (
        <Skeleton label={t('loading')} rows={6} kind="lines" />
      )}
    </div>
  );
}

/** `groups[0].agents[2]` as the form names it. */
const formPath = (path: string) => path.replaceAll(/\[(\d+)\]/g, '.$1');

function Editor({ published }: { published: PublishedGroups }) {
  const t = useWords();
  const s = useSettingsWords();
  const { site } = useSite();
  const { api } = useDoors();
  const queries = useQueryClient();
  // What is edited: what others publish meanwhile does not change what is on screen.
  const [base, setBase] = useState(published);
  const [clash, setClash] = useState<PublishedGroups | null>(null);
  const [said, setSaid] = useState<Said | null>(null);
  const form = useForm<GroupSettings>({ defaultValues: base.value, shouldUnregister: false });
  const { isDirty } = form.formState;
  const adopt = (now: PublishedGroups) => {
    setBase(now);
    form.reset(now.value);
    queries.setQueryData(['groups', site.site], now);
  };
  const publish = useMutation({
    mutationFn: ({ value, expected }: { value: GroupSettings; expected: number }) => api.publishGroups(site.site, expected, value),
    onMutate: () => setSaid(null),
    onSuccess: (now) => {
      setClash(null);
      adopt(now);
      setSaid({ good: true, text: s('published', { version: now.version }) });
    },
    onError: (error) => {
      const now = error instanceof ApiError ? error.currentAs('groups') : null;
      if (now !== null) return setClash(now);
      if (!(error instanceof ApiError) || error.problems.length === 0) return setSaid({ good: false, text: s('publish_failed') });
      for (const { path, code, message } of error.problems) if (code !== 'in_use') form.setError(formPath(path) as 'groups', { type: code, message });
      setSaid({ good: false, text: s('wrong', { count: error.problems.length }) });
      requestAnimationFrame(() => document.querySelector('[data-problem]')?.scrollIntoView({ block: 'center' }));
    },
  });
  const submit = (expected: number) => {
    form.clearErrors();
    publish.mutate({ value: { groups: withIds(form.getValues().groups) }, expected });
  };
  const problems = publish.error instanceof ApiError ? publish.error.problems : [];
  const unplaced = problems.filter(({ path, code }) => code === 'in_use' || get(form.formState.errors, formPath(path)) === undefined);
  return (
    <FormProvider {...form}>
      <form
        className="settings-page"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit(base.version);
        }}
      >
        <div className="settings-head">
          <h2>{t('title')}</h2>
          <p className="soft">{t('why')}</p>
        </div>
        <div className="settings-body">
          <div className="settings-fields">
            <List />
            {unplaced.map(({ path, code, message }) => (
              <p key={`${path} ${message}`} className="field-problem" role="alert" data-problem={path}>
                {code === 'in_use' ? `${s('problem.in_use')} ${message}` : message}
              </p>
            ))}
          </div>
        </div>
        {base.version > 0 && <History<PublishedGroups> of="groups" base={base} onRestored={(now) => {
          adopt(now);
          setSaid({ good: true, text: s('history_restored_done', { version: now.restored ?? now.version }) });
        }} />}
        <div className="save-bar" data-dirty={isDirty ? '' : undefined}>
          <SaveActions
            said={said}
            otherwise={isDirty && s('unsaved')}
            discard={{
              label: s('discard'),
              disabled: !isDirty || publish.isPending,
              onClick: () => {
                form.reset(base.value);
                publish.reset();
                setSaid(null);
              },
            }}
            publish={{ label: publish.isPending ? s('publishing') : s('publish'), disabled: !isDirty || publish.isPending }}
          />
        </div>
      </form>
      <Leaving dirty={isDirty} />
      {clash !== null && (
        <Clash
          by={clash.by?.name}
          version={clash.version}
          base={base.value}
          theirs={clash.value}
          mine={form.getValues()}
          pending={publish.isPending}
          onMine={() => submit(clash.version)}
          onTheirs={() => {
            adopt(clash);
            setClash(null);
          }}
          onEdit={() => setClash(null)}
        />
      )}
    </FormProvider>
  );
}

function List() {
  const t = useWords();
  const { site } = useSite();
  const { api } = useDoors();
  const { fields, append, move, remove: removeAt } = useFieldArray<GroupSettings, 'groups', 'key'>({ name: 'groups', keyName: 'key' });
  const groups = useWatch<GroupSettings, 'groups'>({ name: 'groups' }) ?? [];
  const queries = useQueryClient();
  const { getValues } = useFormContext<GroupSettings>();
  const [used, setUsed] = useState<{ name: string; trigger: { id: string; name: string } } | null>(null);
  const nameOf = (n: number) => groups[n]?.name || t('unnamed');
  const remove = async (n: number) => {
    const { id = '' } = groups[n] ?? {};
    setUsed(null);
    if (id === '') return removeAt(n);
    // Said before the server has to; should the triggers not come, the server says it.
    const triggers = await queries.fetchQuery({ queryKey: ['triggers', site.site], queryFn: () => api.triggers(site.site), staleTime: 0 }).catch(() => null);
    const trigger = usedBy(triggers?.value.triggers ?? [], id);
    if (trigger !== undefined) return setUsed({ name: nameOf(n), trigger });
    const at = getValues('groups').findIndex((one) => one.id === id);
    if (at !== -1) removeAt(at);
  };
  const add = (
    <button
      type="button"
      className="button"
      onClick={() => {
        setUsed(null);
        append({ id: '', name: '', agents: [] }, { focusName: `groups.${groups.length}.name` });
      }}
    >
      <Plus size={16} strokeWidth={1.75} aria-hidden="true" />
      {t('add')}
    </button>
  );
  if (fields.length === 0) {
    return (
      <Empty icon={UsersRound} title={t('none')} why={t('none_why')}>
        {add}
      </Empty>
    );
  }
  return (
    <div className="field">
      <Ordered
        ids={fields.map(({ key }) => key)}
        nameOf={nameOf}
        onMove={move}
        onDelete={(n) => void remove(n)}
      >
        {(n) => <Group n={n} />}
      </Ordered>
      {used !== null && (
        <p className="advice" role="alert" data-used>
          <CircleAlert size={16} strokeWidth={1.75} aria-hidden="true" />
          <span>
            {t('used_trigger', { name: used.name, trigger: used.trigger.name })}{' '}
            <Link to="/$site/settings/$section/$item" params={{ site: site.site, section: 'triggers', item: used.trigger.id }}>
              {t('used_look')}
            </Link>
          </span>
        </p>
      )}
      <Problem name="groups" />
      {fields.length >= MAX_GROUPS ? <p className="soft">{t('most')}</p> : add}
    </div>
  );
}

function Group({ n }: { n: number }) {
  const t = useWords();
  const { agents: team, agentPhoto } = useSite();
  const { formState } = useFormContext<GroupSettings>();
  const name = `groups.${n}.agents` as const;
  const wrong = Object.keys((get(formState.errors, name) as object | undefined) ?? {});
  return (
    <div className="group" data-group>
      <Text name={`groups.${n}.name`} label={t('name')} maxLength={60} autoComplete="off" />
      <Problem name={`groups.${n}.id`} />
      <Controller<GroupSettings, typeof name>
        name={name}
        render={({ field }) => {
          const inside = field.value ?? [];
          const gone = inside.filter((id) => !team.some((one) => one.id === id));
          const set = (id: string, is: boolean) => field.onChange(is ? [...inside, id] : inside.filter((one) => one !== id));
          return (
            <fieldset className="field choices group-agents">
              <legend>{t('agents')}</legend>
              {[...team.map(({ id, name }) => ({ id, name })), ...gone.map((id) => ({ id, name: t('gone') }))].map(({ id, name }) => (
                <label key={id} className="choice">
                  <input type="checkbox" checked={inside.includes(id)} onChange={(event) => set(id, event.target.checked)} />
                  <Avatar name={name} size={20} photo={agentPhoto(id)} />
                  <span dir="auto">{name}</span>
                </label>
              ))}
              {inside.length === 0 && <p className="field-hint">{t('nobody')}</p>}
              <Problem name={name} />
              {wrong.map((k) => (
                <Problem key={k} name={`${name}.${k}`} />
              ))}
            </fieldset>
          );
        }}
      />
    </div>
  );
}
