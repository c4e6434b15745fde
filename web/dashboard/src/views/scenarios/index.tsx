// The scenarios of a site: all of them, or the one that is edited. For admins; loaded when one comes here.

import type { ScenarioInfo } from '@mostrador/protocol';
import { Dialog } from '@base-ui/react/dialog';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleAlert, CopyPlus, Plus, Trash2, Workflow } from 'lucide-react';
import { useMemo, useState } from 'react';
import { ApiError, type PublishedScenario } from '../../api';
import { useDoors, useSite } from '../../context';
import { absolute, ago } from '../../format';
import { useNow, useText } from '../../hooks';
import { Empty, Skeleton } from '../parts';
import { useWords as useSettingsWords } from '../settings/words';
import type { Surroundings } from './editing';
import { Editor } from './editor';
import { empty, slug } from './model';
import './scenarios.css';
import { TEMPLATES, fromTemplate } from './templates';
import { useWords } from './words';

export { startWords } from './words';

/** In addresses: no scenario's id has a colon. */
const NEW = 'new:';
const COPY = 'new:copy:';

export function Scenarios({ item }: { item: string | null }) {
  const { site } = useSite();
  // A scenario that was new goes on in the same editor when it has been published, under its own address.
  const [born, setBorn] = useState<{ item: string; key: string } | null>(null);
  if (item === null) return <All />;
  const key = born?.item === item ? born.key : item;
  return <One key={`${site.site} ${key}`} item={key} onBorn={(id) => setBorn({ item: id, key })} />;
}

export const useScenarios = () => {
  const { site } = useSite();
  const { api } = useDoors();
  return useQuery({ queryKey: ['scenarios', site.site], queryFn: () => api.scenarios(site.site) });
};

function All() {
  const t = useWords();
  const { site } = useSite();
  const all = useScenarios();
  const [choosing, setChoosing] = useState(false);
  const scenarios = all.data?.scenarios;
  const add = (
    <button type="button" className="button button-primary" onClick={() => setChoosing(true)}>
      <Plus size={16} strokeWidth={1.75} aria-hidden="true" />
      {t('all.new')}
    </button>
  );
  return (
    <div className="settings-page scenarios">
      <div className="scenarios-head">
        <div className="settings-head">
          <h2>{t('all.title')}</h2>
          <p className="soft">{t('all.why')}</p>
        </div>
        {scenarios !== undefined && scenarios.length > 0 && add}
      </div>
      {scenarios === undefined ? (
        all.isError ? (
          <Failed onRetry={() => void all.refetch()} />
        ) : (
          <Skeleton label={t('all.loading')} rows={4} kind="lines" />
        )
      ) : scenarios.length === 0 ? (
        <Empty icon={Workflow} title={t('all.none')} why={t('all.none_why')}>
          {add}
        </Empty>
      ) : (
        <ul className="scenario-list">
          {scenarios.map((one, n) => (
            <Line key={one.id} one={one} before={one.start === 'by_trigger' ? undefined : scenarios.slice(0, n).find((other) => other.start === one.start)} />
          ))}
        </ul>
      )}
      {choosing && <Choose site={site.site} onClose={() => setChoosing(false)} />}
    </div>
  );
}

function Failed({ onRetry }: { onRetry(): void }) {
  const s = useSettingsWords();
  return (
    <div className="failed" role="alert">
      <p>{s('failed')}</p>
      <button type="button" className="button" onClick={onRetry}>
        {s('retry')}
      </button>
    </div>
  );
}

/** `before`: of several that begin by themselves at the same moment the first by its id does, and this is not it. */
function Line({ one, before }: { one: ScenarioInfo; before: ScenarioInfo | undefined }) {
  const t = useWords();
  const { locale } = useText();
  const { site } = useSite();
  const now = useNow(60_000);
  const [removing, setRemoving] = useState(false);
  const to = (item: string) => ({ to: '/$site/settings/$section/$item', params: { site: site.site, section: 'scenarios', item } }) as const;
  return (
    <li className="scenario-line">
      <div className="scenario-what">
        <Link {...to(one.id)} className="scenario-name">
          {one.name}
        </Link>
        <span className="soft">{t(`start.${one.start}`)}</span>
        {before !== undefined && (
          <span className="scenario-waits">
            <CircleAlert size={14} strokeWidth={1.75} aria-hidden="true" />
            {t('all.waits', { name: before.name })}
          </span>
        )}
      </div>
      <span className="soft scenario-when" title={absolute(locale, one.at)}>
        {t('all.published', { version: one.version, name: one.by.name, when: ago(locale, one.at, now) })}
      </span>
      <div className="scenario-tools">
        <Link {...to(`${COPY}${one.id}`)} className="icon-button" aria-label={t('all.duplicate', { name: one.name })} title={t('all.duplicate', { name: one.name })}>
          <CopyPlus size={16} strokeWidth={1.75} aria-hidden="true" />
        </Link>
        <button type="button" className="icon-button" aria-label={t('all.delete', { name: one.name })} title={t('all.delete', { name: one.name })} onClick={() => setRemoving(true)}>
          <Trash2 size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      </div>
      {removing && <Remove one={one} onClose={() => setRemoving(false)} />}
    </li>
  );
}

function Remove({ one, onClose }: { one: ScenarioInfo; onClose(): void }) {
  const t = useWords();
  const s = useSettingsWords();
  const { site } = useSite();
  const { api } = useDoors();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.deleteScenario(site.site, one.id, one.version),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['scenarios', site.site] });
      onClose();
    },
  });
  const error = remove.error;
  const why = error === null ? null : !(error instanceof ApiError) ? s('publish_failed') : error.status === 409 ? t('remove.changed') : error.status === 422 ? t('remove.used', { why: error.problems[0]?.message ?? error.message }) : t('remove.failed');
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog dialog-ask" role="alertdialog">
          <Dialog.Title>{t('remove.title', { name: one.name })}</Dialog.Title>
          <Dialog.Description>{t('remove.why')}</Dialog.Description>
          {why !== null && (
            <p className="field-problem" role="alert">
              <CircleAlert size={16} strokeWidth={1.75} aria-hidden="true" />
              {why}
            </p>
          )}
          <div className="page-actions">
            <button type="button" className="button" autoFocus onClick={onClose}>
              {t('remove.keep')}
            </button>
            <button type="button" className="button button-danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
              {t('remove.do')}
            </button>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** What a new one begins with. */
function Choose({ site, onClose }: { site: string; onClose(): void }) {
  const t = useWords();
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog dialog-wide">
          <Dialog.Title>{t('new.title')}</Dialog.Title>
          <Dialog.Description>{t('new.why')}</Dialog.Description>
          <ul className="template-list">
            {(['blank', ...TEMPLATES] as const).map((name) => (
              <li key={name}>
                <Link to="/$site/settings/$section/$item" params={{ site, section: 'scenarios', item: `${NEW}${name}` }} className="template">
                  <strong>{t(`new.${name}`)}</strong>
                  <span>{t(`new.${name}_why`)}</span>
                </Link>
              </li>
            ))}
          </ul>
          <div className="page-actions">
            <Dialog.Close className="button">{t('new.cancel')}</Dialog.Close>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** The editor, when what it needs has come. */
function One({ item, onBorn }: { item: string; onBorn(id: string): void }) {
  const t = useWords();
  const { language } = useText();
  const { site, agents } = useSite();
  const { api } = useDoors();
  const fresh = item.startsWith(NEW);
  const id = item.startsWith(COPY) ? item.slice(COPY.length) : fresh ? null : item;
  const all = useScenarios();
  const settings = useQuery({ queryKey: ['settings', site.site], queryFn: () => api.settings(site.site), refetchOnWindowFocus: false });
  const groups = useQuery({ queryKey: ['groups', site.site], queryFn: () => api.groups(site.site) });
  const stands = useQuery({ queryKey: ['scenario', site.site, id], queryFn: () => api.scenario(site.site, id!), enabled: id !== null, refetchOnWindowFocus: false, staleTime: 0, gcTime: 0 });
  const sections = settings.data?.sections;
  const surroundings = useMemo<Surroundings | null>(() => {
    if (sections === undefined) return null;
    const general = sections.find((one) => one.section === 'general');
    const form = sections.find((one) => one.section === 'form');
    const tongues = general?.section === 'general' ? general.value : { name: '', languages: ['en'], default_language: 'en' };
    return {
      shop: tongues.name || site.name,
      languages: [tongues.default_language, ...tongues.languages.filter((tag) => tag !== tongues.default_language)],
      fields: form?.section === 'form' ? form.value.fields : [],
      agents,
      groups: groups.data?.value.groups ?? null,
    };
  }, [sections, site.name, agents, groups.data]);
  const names = all.data?.scenarios;
  const failed = [all, settings, groups, stands].find((one) => one.isError);
  const gone = id !== null && stands.data?.version === 0;
  if (failed !== undefined && (failed !== stands || !(stands.error instanceof ApiError && stands.error.status === 404))) return <Failed onRetry={() => void failed.refetch()} />;
  if (gone || stands.isError) {
    return (
      <Empty icon={CircleAlert} title={t('one.gone')} why={t('one.gone_why')}>
        <Link to="/$site/settings/$section" params={{ site: site.site, section: 'scenarios' }} className="button">
          {t('one.back')}
        </Link>
      </Empty>
    );
  }
  if (surroundings === null || names === undefined || groups.data === undefined || (id !== null && stands.data === undefined)) {
    return (
      <div className="settings-page">
        <Skeleton label={t('all.loading')} rows={8} kind="lines" />
      </div>
    );
  }
  const taken = names.map((one) => one.id);
  const base = (): PublishedScenario => {
    const found = stands.data;
    if (found !== undefined && !fresh) return found;
    if (found !== undefined) {
      const name = t('all.copy_of', { name: found.value.name });
      return { document: 'scenario', version: 0, value: { ...found.value, id: slug(name, taken), name } };
    }
    const template = TEMPLATES.find((name) => `${NEW}${name}` === item);
    const name = template === undefined ? t('new.name') : t(`new.${template}`);
    return { document: 'scenario', version: 0, value: template === undefined ? empty(slug(name, taken), name) : fromTemplate(template, slug(name, taken), name, surroundings, language) };
  };
  return <Editor base={base()} taken={taken} site={surroundings} onBorn={onBorn} />;
}
