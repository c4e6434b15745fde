// All triggers, in the merchant's order: on or off, moved, copied, deleted and brought back.

import { Dialog } from '@base-ui/react/dialog';
import { Switch } from '@base-ui/react/switch';
import { TRIGGER_TEMPLATES, type TriggerBody } from '@mostrador/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleAlert, CopyPlus, Plus, X, Zap } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { PublishedTriggers } from '../../api';
import { useSite } from '../../context';
import { useText } from '../../hooks';
import { Empty, Skeleton } from '../parts';
import { Ordered } from '../settings/fields';
import { History } from '../settings/history';
import { useWords as useSettingsWords } from '../settings/words';
import { MAX_TRIGGERS, NEW, RESULTS, duplicate, moved, spoken } from './model';
import { type Change, useChanges } from './publishing';
import { triggerSentence } from './sentences';
import { useSpeaker, useTriggers } from './surroundings';
import { useWords } from './words';

const WHY = { failed: 'done.failed', refused: 'done.refused_all', too_often: 'done.too_often' } as const;

interface Done {
  text: string;
  /** What takes it back, and what is said then. */
  undo?: { label: string; change: Change; then: string };
}

export function List() {
  const t = useWords();
  const s = useSettingsWords();
  const { site } = useSite();
  const queries = useQueryClient();
  const all = useTriggers();
  const { shown, refusal, change, forget } = useChanges(all.data);
  const [choosing, setChoosing] = useState(false);
  const [done, setDone] = useState<Done | null>(null);
  const full = shown !== undefined && shown.length >= MAX_TRIGGERS;
  const does = (next: Change, said: Done | null) => {
    setDone(said);
    change(next);
  };
  const add = (
    <button type="button" className="button button-primary" disabled={full} onClick={() => setChoosing(true)}>
      <Plus size={16} strokeWidth={1.75} aria-hidden="true" />
      {t('all.new')}
    </button>
  );
  return (
    <div className="settings-page triggers">
      <Head title={t('all.title')} why={t('all.why')} at="list">
        {shown !== undefined && shown.length > 0 && add}
      </Head>
      {refusal !== null && (
        <div className="notice" role="alert">
          <CircleAlert size={16} strokeWidth={1.75} aria-hidden="true" />
          <p>
            {refusal.triggers.length === 0 ? t(WHY[refusal.why]) : refusal.triggers.map((one) => <Refused key={one.id} trigger={one} />)}
          </p>
          <button type="button" className="icon-button" aria-label={t('preview.close')} onClick={forget}>
            <X size={16} strokeWidth={1.75} aria-hidden="true" />
          </button>
        </div>
      )}
      {shown === undefined ? (
        all.isError ? (
          <div className="failed" role="alert">
            <p>{t('all.failed')}</p>
            <button type="button" className="button" onClick={() => void all.refetch()}>
              {t('all.retry')}
            </button>
          </div>
        ) : (
          <Skeleton label={t('all.loading')} rows={6} kind="lines" />
        )
      ) : shown.length === 0 ? (
        <Empty icon={Zap} title={t('all.none')} why={t('all.none_why')}>
          {add}
        </Empty>
      ) : (
        <>
          <p className="soft">{full ? t('all.full') : t('all.order')}</p>
          <Rows triggers={shown} does={does} />
        </>
      )}
      {all.data !== undefined && all.data.version > 0 && <History<PublishedTriggers> of="triggers" base={all.data} onRestored={(published) => {
        queries.setQueryData(['triggers', site.site], published);
        setDone({ text: s('history_restored_done', { version: published.restored ?? published.version }) });
      }} />}
      <DoneBar done={refusal === null ? done : null} onUndo={({ change, then }) => does(change, { text: then })} onClose={() => setDone(null)} />
      {choosing && <Choose onClose={() => setChoosing(false)} />}
    </div>
  );
}

export function Head({ title, why, at, children }: { title: string; why: string; at: 'list' | 'results'; children?: React.ReactNode }) {
  const t = useWords();
  const { site } = useSite();
  return (
    <div className="triggers-head">
      <div className="settings-head">
        <h2>{title}</h2>
        <p className="soft">{why}</p>
      </div>
      <nav className="triggers-tabs" aria-label={t('all.pages')}>
        <Link to="/$site/settings/$section" params={{ site: site.site, section: 'triggers' }} className="tab" activeProps={{}} activeOptions={{ exact: true }} aria-current={at === 'list' ? 'page' : undefined}>
          {t('all.tab')}
        </Link>
        <Link to="/$site/settings/$section/$item" params={{ site: site.site, section: 'triggers', item: RESULTS }} className="tab" activeProps={{}} activeOptions={{ exact: true }} aria-current={at === 'results' ? 'page' : undefined}>
          {t('all.results')}
        </Link>
      </nav>
      {children}
    </div>
  );
}

function Refused({ trigger }: { trigger: TriggerBody }) {
  const t = useWords();
  const { site } = useSite();
  return (
    <>
      {t('done.refused', { name: trigger.name })}{' '}
      <Link to="/$site/settings/$section/$item" params={{ site: site.site, section: 'triggers', item: trigger.id }}>
        {t('done.look')}
      </Link>{' '}
    </>
  );
}

function Rows({ triggers, does }: { triggers: readonly TriggerBody[]; does(change: Change, done: Done | null): void }) {
  const t = useWords();
  const { site } = useSite();
  const speaker = useSpeaker();
  const at = (n: number) => triggers[n]!;
  const remove = (n: number) => {
    const gone = at(n);
    const back: Change = (list) => (list.some((one) => one.id === gone.id) ? [...list] : [...list.slice(0, n), gone, ...list.slice(n)]);
    does((list) => list.filter((one) => one.id !== gone.id), {
      text: t('done.deleted', { name: gone.name }),
      undo: { label: t('done.undo_delete', { name: gone.name }), change: back, then: t('done.back', { name: gone.name }) },
    });
  };
  return (
    <Ordered
      rows
      ids={triggers.map((one) => one.id)}
      nameOf={(n) => at(n).name}
      onMove={(from, to) => {
        const { id } = at(from);
        does((list) => moved(list, id, to), null);
      }}
      onDelete={remove}
      more={(n) => (
        <button
          type="button"
          className="icon-button"
          disabled={triggers.length >= MAX_TRIGGERS}
          aria-label={t('all.duplicate', { name: at(n).name })}
          title={t('all.duplicate', { name: at(n).name })}
          onClick={() => {
            const name = t('all.copy_name', { name: at(n).name }).slice(0, 80);
            const { id } = at(n);
            does((list) => duplicate(list, id, name), { text: t('done.duplicated', { name }) });
          }}
        >
          <CopyPlus size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      )}
    >
      {(n) => {
        const one = at(n);
        const said = triggerSentence(speaker, one);
        return (
          <div className="trigger-row" data-trigger={one.id} data-enabled={one.enabled}>
            <Switch.Root
              className="switch"
              checked={one.enabled}
              aria-label={t('all.on', { name: one.name })}
              onCheckedChange={(enabled) => does((list) => list.map((other) => (other.id === one.id ? { ...other, enabled } : other)), { text: t(enabled ? 'done.on' : 'done.off', { name: one.name }) })}
            >
              <Switch.Thumb className="switch-thumb" />
            </Switch.Root>
            <div className="trigger-words">
              <Link to="/$site/settings/$section/$item" params={{ site: site.site, section: 'triggers', item: one.id }} className="trigger-name" dir="auto">
                {one.name}
              </Link>
              <p className="trigger-when" title={said.when}>
                {said.when}
              </p>
              <p className="trigger-then">
                {said.then} · {said.often}
              </p>
            </div>
          </div>
        );
      }}
    </Ordered>
  );
}

/** Stays until something else is done: who reads slowly can still take it back. */
function DoneBar({ done, onUndo, onClose }: { done: Done | null; onUndo(undo: NonNullable<Done['undo']>): void; onClose(): void }) {
  const t = useWords();
  const undo = useRef<HTMLButtonElement>(null);
  // The button that was pressed has gone with its row.
  useEffect(() => undo.current?.focus(), [done]);
  return (
    <div className="done-bar" role="status" data-shown={done !== null ? '' : undefined}>
      {done !== null && (
        <div className="toast">
          <p>{done.text}</p>
          {done.undo !== undefined && (
            <button type="button" className="toast-undo" ref={undo} aria-label={done.undo.label} onClick={() => onUndo(done.undo!)}>
              {t('done.undo')}
            </button>
          )}
          <button type="button" className="icon-button" aria-label={t('preview.close')} onClick={onClose}>
            <X size={16} strokeWidth={1.75} aria-hidden="true" />
          </button>
        </div>
      )}
    </div>
  );
}

/** What a new one begins with. */
function Choose({ onClose }: { onClose(): void }) {
  const t = useWords();
  const { language } = useText();
  const { site } = useSite();
  const kinds = [
    ...TRIGGER_TEMPLATES.map(({ name, title, purpose }) => ({ name, title: spoken(title, language), why: spoken(purpose, language) })),
    { name: 'blank', title: t('new.blank'), why: t('new.blank_why') },
  ];
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog dialog-wide">
          <Dialog.Title>{t('new.title')}</Dialog.Title>
          <Dialog.Description>{t('new.why')}</Dialog.Description>
          <ul className="trigger-templates">
            {kinds.map(({ name, title, why }) => (
              <li key={name}>
                <Link to="/$site/settings/$section/$item" params={{ site: site.site, section: 'triggers', item: `${NEW}${name}` }} className="trigger-template" data-template={name}>
                  <strong>{title}</strong>
                  <span>{why}</span>
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
