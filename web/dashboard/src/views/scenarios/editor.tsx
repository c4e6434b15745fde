// One scenario: its bar of tools, the picture or the list, what is wrong, and publishing. What others publish meanwhile does not change what is
// on screen.

import type { ScenarioBody } from '@mostrador/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowLeft, CircleCheck, List, Play, Redo2, TriangleAlert, Undo2, Workflow, X } from 'lucide-react';
import { type KeyboardEvent, Suspense, lazy, useEffect, useState } from 'react';
import { ApiError, type PublishedScenario } from '../../api';
import { useDoors, useSite } from '../../context';
import { useMedia, usePreference, useText } from '../../hooks';
import { Skeleton } from '../parts';
import { languageName } from '../settings/fields';
import { History } from '../settings/history';
import { Leaving } from '../settings/leaving';
import { type Said, SaveActions } from '../settings/save-bar';
import { useWords as useSettingsWords } from '../settings/words';
import type { Fault, Refusal } from './check';
import { Clash } from './clash';
import { EditingContext, type Surroundings, useDraft, useEditing } from './editing';
import { cut, canonical, missing, slug, stepOf } from './model';
import { Outline, WholeForm } from './outline';
import { useFaultWords } from './pieces';
import { StepForm } from './step-form';
import { Try } from './try';
import { useWords } from './words';

const Picture = lazy(async () => ({ default: (await import('./picture')).Picture }));


export function Editor({ base: from, taken, site: surroundings, onBorn }: { base: PublishedScenario; taken: readonly string[]; site: Surroundings; onBorn(id: string): void }) {
  const t = useWords();
  const s = useSettingsWords();
  const { site } = useSite();
  const { api } = useDoors();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [base, setBase] = useState(from);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [clash, setClash] = useState<PublishedScenario | 'gone' | null>(null);
  // Of a draft: when that is changed, it is said no more.
  const [told, setSaid] = useState<(Said & { of: ScenarioBody }) | null>(null);
  const editing = useDraft(from.value, surroundings, refusal, t);
  const { value, faults } = editing;
  const said = told?.of === value ? told : null;
  // Its id is not edited: it comes from the name when it is first published, and stays.
  const dirty = base.version === 0 || canonical({ ...value, id: base.value.id }) !== canonical(base.value);
  const small = useMedia('(max-width: 759.98px)');
  const [preferred, setPreferred] = usePreference('scenario-view');
  const view = preferred === 'list' || preferred === 'picture' ? preferred : small ? 'list' : 'picture';
  const [trying, setTrying] = useState(false);
  const [listed, setListed] = useState(false);

  const adopt = (published: PublishedScenario) => {
    setBase(published);
    setRefusal(null);
    setClash(null);
    editing.restate(published.value);
  };
  const stands = (published: PublishedScenario) => {
    queries.setQueryData(['scenario', site.site, published.value.id], published);
    void queries.invalidateQueries({ queryKey: ['scenarios', site.site] });
  };
  const publish = useMutation({
    mutationFn: ({ draft, id, expected }: { draft: ScenarioBody; id: string; expected: number }) => api.publishScenario(site.site, expected, { ...draft, id }),
    onSuccess: (published) => {
      adopt(published);
      stands(published);
      setSaid({ good: true, text: t('publish.done', { version: published.version }), of: published.value });
    },
    onError: (error, { draft }) => {
      if (error instanceof ApiError && error.status === 422) {
        setRefusal({ of: draft, problems: error.problems });
        setListed(true);
        setSaid({ good: false, text: t('publish.wrong', { count: Math.max(1, error.problems.length) }), of: draft });
      } else if (error instanceof ApiError && error.code === 'conflict') {
        const current = error.current;
        setClash(current !== null && 'document' in current && current.document === 'scenario' && current.version > 0 ? current : 'gone');
      } else if (error instanceof ApiError && error.code === 'too_large') setSaid({ good: false, text: t('publish.too_large'), of: draft });
      else setSaid({ good: false, text: s('publish_failed'), of: draft });
    },
  });
  const submit = (expected: number) => publish.mutate({ draft: value, id: base.version === 0 ? slug(value.name, taken) : base.value.id, expected });
  // The address of what has come into being, once nothing stands in the way.
  const born = from.version === 0 && base.version > 0 ? base.value.id : null;
  useEffect(() => {
    if (born === null) return;
    onBorn(born);
    void navigate({ to: '/$site/settings/$section/$item', params: { site: site.site, section: 'scenarios', item: born }, replace: true });
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once
  }, [born]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    const redo = (key === 'z' && event.shiftKey) || (key === 'y' && !event.shiftKey);
    if (!redo && key !== 'z') return;
    // Words in the trial are not the draft's.
    if ((event.target as HTMLElement).closest('.try') !== null) return;
    event.preventDefault();
    if (redo) editing.redo();
    else editing.undo();
  };
  const selected = stepOf(value, editing.selected);
  const open = trying ? 'try' : view === 'picture' ? 'panel' : 'none';
  const history = base.version > 0 && <History<PublishedScenario> of={`scenarios/${base.value.id}`} base={base} onRestored={(published) => {
    setBase(published);
    setRefusal(null);
    // What was written and not published can be brought back by undoing.
    editing.change(() => published.value);
    stands(published);
    setSaid({ good: true, text: s('history_restored_done', { version: published.restored ?? published.version }), of: published.value });
  }} />;

  return (
    <EditingContext value={editing}>
      <div className="scenario-editor" onKeyDown={onKeyDown} data-view={view} data-beside={open}>
        <header className="scenario-bar">
          <Link to="/$site/settings/$section" params={{ site: site.site, section: 'scenarios' }} className="icon-button" aria-label={t('one.back')} title={t('one.back')}>
            <ArrowLeft size={20} strokeWidth={1.75} aria-hidden="true" />
          </Link>
          <div className="scenario-title">
            <h2 dir="auto">{value.name || t('new.name')}</h2>
            <small>{base.version === 0 ? t('one.unpublished') : t('one.version', { version: base.version })}</small>
          </div>
          <div className="segments" role="group" aria-label={t('view.title')}>
            <button type="button" className="tab" aria-pressed={view === 'picture'} onClick={() => setPreferred('picture')}>
              <Workflow size={16} strokeWidth={1.75} aria-hidden="true" />
              {t('view.picture')}
            </button>
            <button type="button" className="tab" aria-pressed={view === 'list'} onClick={() => setPreferred('list')}>
              <List size={16} strokeWidth={1.75} aria-hidden="true" />
              {t('view.list')}
            </button>
          </div>
          <div className="scenario-undo">
            <button type="button" className="icon-button" disabled={!editing.canUndo} aria-label={t('undo')} title={`${t('undo')} (Ctrl+Z)`} onClick={editing.undo}>
              <Undo2 size={16} strokeWidth={1.75} aria-hidden="true" />
            </button>
            <button type="button" className="icon-button" disabled={!editing.canRedo} aria-label={t('redo')} title={`${t('redo')} (Ctrl+Shift+Z)`} onClick={editing.redo}>
              <Redo2 size={16} strokeWidth={1.75} aria-hidden="true" />
            </button>
          </div>
          <Languages />
          <button type="button" className="button problems-button" aria-expanded={listed} aria-controls="scenario-problems" data-count={faults.length} onClick={() => setListed(!listed)}>
            {faults.length === 0 ? <CircleCheck size={16} strokeWidth={1.75} aria-hidden="true" /> : <TriangleAlert size={16} strokeWidth={1.75} aria-hidden="true" />}
            <span>{faults.length === 0 ? t('fault.none') : t('fault.count', { count: faults.length })}</span>
          </button>
          <button type="button" className="button" aria-pressed={trying} onClick={() => setTrying(!trying)}>
            <Play size={16} strokeWidth={1.75} aria-hidden="true" />
            {t('try.title')}
          </button>
        </header>
        {listed && <Problems faults={faults} onClose={() => setListed(false)} />}
        <div className="scenario-body">
          {view === 'picture' ? (
            <>
              <Suspense fallback={<Skeleton label={t('all.loading')} rows={6} kind="lines" />}>
                <Picture />
              </Suspense>
              {!trying && (
                <aside className="scenario-side" aria-label={selected === undefined ? t('whole.title') : t('step.title', { number: editing.numberOf(selected.id) })}>
                  <h3 data-title={selected?.id ?? ''} tabIndex={-1}>
                    {selected === undefined ? t('whole.title') : t('step.title', { number: editing.numberOf(selected.id) })}
                  </h3>
                  {selected !== undefined ? (
                    <StepForm key={selected.id} step={selected} />
                  ) : (
                    <>
                      <WholeForm />
                      {history}
                    </>
                  )}
                </aside>
              )}
            </>
          ) : (
            <Outline after={history} />
          )}
          {trying && <Try onClose={() => setTrying(false)} onProblems={(refusal) => {
            setRefusal(refusal);
            setListed(true);
          }} />}
        </div>
        <form
          className="save-bar"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            submit(base.version);
          }}
        >
          <SaveActions
            said={said}
            otherwise={dirty ? (base.version === 0 ? t('publish.first') : t('publish.running')) : t('publish.same')}
            discard={
              base.version === 0
                ? null
                : {
                    label: s('discard'),
                    disabled: !dirty || publish.isPending,
                    onClick: () => {
                      editing.change(() => base.value);
                      setRefusal(null);
                    },
                  }
            }
            publish={{ label: publish.isPending ? s('publishing') : s('publish'), disabled: !dirty || publish.isPending }}
          />
        </form>
        <p className="hidden" role="status">
          {editing.announced}
        </p>
      </div>
      <Leaving dirty={base.version === 0 ? value !== from.value : dirty} />
      {clash !== null && <Clash clash={clash} base={base.value} pending={publish.isPending} onMine={() => submit(clash === 'gone' ? 0 : clash.version)} onTheirs={() => {
        if (clash === 'gone') return;
        setBase(clash);
        setRefusal(null);
        setClash(null);
        // What was mine can be brought back by undoing.
        editing.change(() => clash.value);
      }} onEdit={() => setClash(null)} />}
    </EditingContext>
  );
}

/** Which language is written, and what each still lacks. */
function Languages() {
  const t = useWords();
  const { locale } = useText();
  const { value, site, language, setLanguage } = useEditing();
  const lacks = (tag: string) => missing(value, tag);
  const here = lacks(language);
  const elsewhere = site.languages.some((tag) => tag !== language && lacks(tag) > 0);
  if (site.languages.length === 1) return null;
  return (
    <label className="scenario-language">
      <span className="hidden">{t('lang.title')}</span>
      <select className="input" value={language} onChange={(event) => setLanguage(event.target.value)}>
        {site.languages.map((tag) => (
          <option key={tag} value={tag}>
            {lacks(tag) === 0 ? languageName(locale, tag) : t('lang.missing', { count: lacks(tag), language: languageName(locale, tag) })}
          </option>
        ))}
      </select>
      {(here > 0 || elsewhere) && <span className="lang-mark" title={t('lang.some')} aria-hidden="true" />}
    </label>
  );
}

function Problems({ faults, onClose }: { faults: readonly Fault[]; onClose(): void }) {
  const t = useWords();
  const words = useFaultWords();
  const { value, jump, numberOf, titleOf } = useEditing();
  const where = (fault: Fault) => {
    const step = stepOf(value, fault.step);
    return step === undefined ? t('whole.title') : `${numberOf(step.id)} ${cut(titleOf(step))}`;
  };
  const sorted = [...faults].sort((a, b) => numberOf(a.step ?? '') - numberOf(b.step ?? ''));
  return (
    <section className="problems" id="scenario-problems" aria-label={t('fault.title')}>
      <div className="problems-head">
        <h3>{faults.length === 0 ? t('fault.none_why') : t('fault.title')}</h3>
        <button type="button" className="icon-button" aria-label={t('fault.close')} title={t('fault.close')} onClick={onClose}>
          <X size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      </div>
      <ul>
        {sorted.map((fault) => (
          <li key={`${fault.step} ${fault.at} ${fault.code}`}>
            <button type="button" onClick={() => jump(fault.step, fault.at)}>
              <strong dir="auto">{where(fault)}</strong> {words(fault)}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
