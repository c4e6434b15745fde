// The draft tried as a shopper meets it: every step of it is the server's, from the draft as it is now. Nothing of it is kept.

import type { ScenarioBody, TriedEffect, TriedEvent, TriedState } from '@mostrador/protocol';
import { RotateCcw, SendHorizontal, X } from 'lucide-react';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { ApiError } from '../../api';
import { useDoors, useSite } from '../../context';
import { useText } from '../../hooks';
import { Words as Said } from '../parts';
import { languageName } from '../settings/fields';
import { useWords as useSettingsWords } from '../settings/words';
import type { Refusal } from './check';
import { fieldName, useEditing } from './editing';
import { useWords } from './words';

type Line = TriedEffect | { kind: 'typed'; text: string };

interface Trial {
  /** The draft that it began with. */
  of: ScenarioBody;
  lines: readonly Line[];
  state: TriedState | null;
  known: readonly string[];
}

export function Try({ onClose, onProblems }: { onClose(): void; onProblems(refusal: Refusal): void }) {
  const t = useWords();
  const s = useSettingsWords();
  const { locale } = useText();
  const { site } = useSite();
  const { api } = useDoors();
  const { value, site: surroundings, language: written, setCurrent } = useEditing();
  const [online, setOnline] = useState(true);
  const [language, setLanguage] = useState(written);
  const [trial, setTrial] = useState<Trial | null>(null);
  const [wrong, setWrong] = useState<{ of: ScenarioBody; text: string; restart: boolean } | null>(null);
  const [pending, setPending] = useState(false);
  const [text, setText] = useState('');
  const thread = useRef<HTMLDivElement>(null);
  const composer = useRef<HTMLInputElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const asked = useRef(0);
  const id = useId();

  const ask = async (from: Trial, event: TriedEvent | undefined, setting: { online: boolean; language: string }) => {
    const number = ++asked.current;
    const draft = value;
    setPending(true);
    try {
      const { known } = from;
      const answer = await api.tryScenario(site.site, { value: draft, ...setting, ...(known.length > 0 ? { known: [...known] } : {}), ...(from.state !== null && event !== undefined ? { state: from.state, event } : {}) });
      // A later question has made this one void.
      if (number !== asked.current) return;
      setWrong(null);
      setTrial({ ...from, of: event === undefined ? draft : from.of, lines: [...from.lines, ...answer.effects], state: answer.state });
      setCurrent(stepAt(answer.state, answer.effects));
    } catch (error) {
      if (number !== asked.current) return;
      setTrial(event === undefined ? null : from);
      if (event === undefined) setCurrent(null);
      if (error instanceof ApiError && error.status === 422) {
        setWrong({ of: draft, text: t('try.wrong', { count: Math.max(1, error.problems.length) }), restart: true });
        onProblems({ of: draft, problems: error.problems });
      } else setWrong({ of: draft, text: t('try.failed'), restart: true });
    } finally {
      if (number === asked.current) setPending(false);
    }
  };
  const anew = (setting = { online, language }) => void ask({ of: value, lines: [], state: null, known: [] }, undefined, setting);
  const go = (event: TriedEvent, typed?: string) => {
    if (trial === null) return;
    const at = trial.state?.at;
    const field = at?.kind === 'asking' ? trial.lines.findLast((line) => line.kind === 'ask')?.field : undefined;
    void ask(
      {
        ...trial,
        lines: typed === undefined ? trial.lines : [...trial.lines, { kind: 'typed', text: typed }],
        known: event.kind === 'answered' && field !== undefined ? [...trial.known, field] : event.kind === 'restart' ? [] : trial.known,
      },
      event,
      { online, language },
    );
  };

  useEffect(() => {
    title.current?.focus();
    anew();
    return () => {
      asked.current += 1;
      setCurrent(null);
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- it begins when it is opened
  }, []);
  useEffect(() => {
    const box = thread.current;
    if (box !== null) box.scrollTop = box.scrollHeight;
  }, [trial]);

  const state = trial?.state ?? null;
  const lines = trial?.lines ?? [];
  const at = state?.at;
  const last = lines.findLastIndex((line) => line.kind === 'say');
  const send = (event: FormEvent) => {
    event.preventDefault();
    const words = text.trim();
    if (words === '' || state === null) return;
    setText('');
    go(at?.kind === 'asking' ? { kind: 'answered', turn: state.turn } : { kind: 'wrote' }, words);
  };
  /** The focus stays in the trial when the button that had it is gone. */
  const press = (event: TriedEvent) => {
    go(event);
    composer.current?.focus();
  };

  return (
    <aside className="try" aria-labelledby={`${id}-title`}>
      <div className="try-head">
        <h3 id={`${id}-title`} ref={title} tabIndex={-1}>
          {t('try.title')}
        </h3>
        <button type="button" className="icon-button" aria-label={t('try.again')} title={t('try.again')} onClick={() => anew()}>
          <RotateCcw size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
        <button type="button" className="icon-button" aria-label={t('try.close')} title={t('try.close')} onClick={onClose}>
          <X size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      </div>
      <div className="try-setting">
        <select
          className="input"
          aria-label={t('try.when')}
          value={online ? 'online' : 'offline'}
          onChange={(event) => {
            const chosen = event.target.value === 'online';
            setOnline(chosen);
            anew({ online: chosen, language });
          }}
        >
          <option value="online">{t('try.online')}</option>
          <option value="offline">{t('try.offline')}</option>
        </select>
        {surroundings.languages.length > 1 && (
          <select
            className="input"
            aria-label={t('try.language')}
            value={language}
            onChange={(event) => {
              setLanguage(event.target.value);
              anew({ online, language: event.target.value });
            }}
          >
            {surroundings.languages.map((tag) => (
              <option key={tag} value={tag}>
                {languageName(locale, tag)}
              </option>
            ))}
          </select>
        )}
      </div>
      <div className="try-phone">
        <header dir="auto">{surroundings.shop}</header>
        <div className="try-thread" ref={thread} role="log" aria-label={t('try.thread')} tabIndex={0} lang={language} aria-busy={pending}>
          {lines.map((line, n) => (
            <TrialLine key={n} line={line} language={language}>
              {n === last && at?.kind === 'buttons' && line.kind === 'say' && line.buttons !== undefined && (
                <div className="try-buttons" role="group" aria-label={t('try.choices')}>
                  {line.buttons.map((button) => (
                    <button type="button" key={button.id} dir="auto" disabled={pending} onClick={() => press({ kind: 'chose', turn: state!.turn, button: button.id })}>
                      {button.label}
                    </button>
                  ))}
                </div>
              )}
            </TrialLine>
          ))}
          {at?.kind === 'ended' && at.restart && (
            <div className="try-buttons">
              <button type="button" disabled={pending} onClick={() => press({ kind: 'restart', turn: state!.turn })}>
                {t('try.restart')}
              </button>
            </div>
          )}
          {at?.kind === 'silent' && <p className="try-line">{t('try.silent')}</p>}
        </div>
        {wrong !== null && (wrong.of === value || trial === null) && (
          <div className="try-wrong" role="alert">
            <p>{wrong.text}</p>
            <button type="button" className="button" onClick={() => anew()}>
              {s('retry')}
            </button>
          </div>
        )}
        {wrong === null && trial !== null && trial.of !== value && (
          <p className="try-wrong">
            {t('try.changed')}{' '}
            <button type="button" className="link" onClick={() => anew()}>
              {t('try.again')}
            </button>
          </p>
        )}
        <form className="try-composer" onSubmit={send}>
          <input ref={composer} className="input" value={text} dir="auto" aria-label={at?.kind === 'asking' ? t('try.answer') : t('try.write')} placeholder={at?.kind === 'asking' ? t('try.answer') : t('try.write')} onChange={(event) => setText(event.target.value)} />
          <button type="submit" className="icon-button" aria-label={t('try.send')} title={t('try.send')} disabled={text.trim() === '' || state === null}>
            <SendHorizontal size={16} strokeWidth={1.75} aria-hidden="true" />
          </button>
        </form>
      </div>
      <button type="button" className="button" disabled={state === null || at?.kind === 'silent'} onClick={() => press({ kind: 'agent_wrote' })}>
        {t('try.agent')}
      </button>
      <p className="field-hint">{t('try.hint')}</p>
    </aside>
  );
}

function TrialLine({ line, language, children }: { line: Line; language: string; children: React.ReactNode }) {
  const t = useWords();
  const { site } = useEditing();
  switch (line.kind) {
    case 'say':
      return (
        <>
          <div className="try-theirs" dir="auto">
            <Said text={line.text} />
          </div>
          {children}
        </>
      );
    case 'post':
    case 'typed':
      return (
        <p className="try-mine" dir="auto">
          {line.text}
        </p>
      );
    case 'ask':
      return <p className="try-line">{t('try.asks', { field: fieldName(site, line.field, language, t) })}</p>;
    case 'hand_over': {
      const { to } = line;
      const name = to.kind === 'group' ? site.groups?.find((one) => one.id === to.group)?.name : to.kind === 'agent' ? site.agents.find((one) => one.id === to.agent)?.name : undefined;
      return <p className="try-line">{t('try.handed', { to: name ?? t('to.anyone_name') })}</p>;
    }
    case 'finish':
      return <p className="try-line">{t('try.ended')}</p>;
  }
}

/** Where the trial stands: at the step that waits, or else at the last one that spoke. */
function stepAt(state: TriedState, effects: readonly TriedEffect[]): string | null {
  if (state.at.kind === 'buttons' || state.at.kind === 'asking') return state.at.step;
  return effects.findLast((effect) => effect.kind === 'say')?.step ?? null;
}
