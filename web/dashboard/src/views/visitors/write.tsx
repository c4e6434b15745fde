// Writing first (V2). The text stays until it is known to have been taken.

import type { VisitorRow } from '@mostrador/protocol';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useId, useRef, useState } from 'react';
import { ApiError } from '../../api';
import { useDoors, useSite } from '../../context';
import type { invited } from './list';
import { type Words, useWords } from './words';

/** As the server has it. */
const MOST = 1_000;

export function Write({ id, row, gone, state }: { id: string; row: VisitorRow; gone: boolean; state: ReturnType<typeof invited> }) {
  const t = useWords();
  const { site, agents } = useSite();
  const { api } = useDoors();
  const [text, setText] = useState('');
  // The same words again are the same invitation: an answer that was lost leads to no second one.
  const sent = useRef<{ text: string; key: string } | null>(null);
  const field = useId();
  const hint = useId();
  const send = useMutation({
    mutationFn: async () => {
      const words = text.trim();
      if (sent.current?.text !== words) sent.current = { text: words, key: crypto.randomUUID() };
      await api.invite(site.site, id, { id: sent.current.key, text: words });
    },
    onSuccess: () => {
      sent.current = null;
      setText('');
    },
  });
  const open = state === 'waiting' || state === 'shown' || state === 'opened';
  const refused = send.error === null ? null : refusal(t, send.error, agents.find((agent) => agent.id === row.invitation?.agent_id)?.name ?? row.invitation?.agent_name);
  const why = refused ?? (gone ? t('write.left') : row.chatting !== undefined ? null : row.dismissed === true ? t('write.dismissed') : null);
  if (row.chatting !== undefined) return null;
  const long = [...text.trim()].length - MOST;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== '' && long <= 0 && !send.isPending) send.mutate();
  };
  return (
    <section className="visitor-write">
      <h3>{t(state === 'gone' && !gone ? 'write.again' : 'write.title')}</h3>
      {!gone && row.dismissed !== true && !open && (
        <form onSubmit={submit}>
          <label className="hidden" htmlFor={field}>
            {t('write.label')}
          </label>
          <textarea
            id={field}
            rows={3}
            value={text}
            aria-describedby={hint}
            onChange={(event) => {
              setText(event.target.value);
              if (send.isError) send.reset();
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
            }}
          />
          <div className="visitor-send">
            <p id={hint} className="soft">
              {long > 0 ? t('write.long', { n: long }) : t('write.hint')}
            </p>
            <button type="submit" className="button button-primary" disabled={text.trim() === '' || long > 0 || send.isPending}>
              {send.isPending ? t('write.sending') : t('write.send')}
            </button>
          </div>
        </form>
      )}
      <p role="status" className={refused === null ? 'soft' : 'visitor-refused'}>
        {open || (state === 'gone' && refused === null && row.dismissed !== true) ? t(`invited.${state}`, { name: row.invitation!.agent_name }) : why}
      </p>
    </section>
  );
}

function refusal(t: Words, error: Error, colleague: string | undefined): string {
  switch (error instanceof ApiError ? error.code : 'internal') {
    case 'visitor_left':
      return t('write.left');
    case 'visitor_chatting':
      return t('write.chatting');
    case 'visitor_dismissed':
      return t('write.dismissed');
    case 'taken':
      return t('write.taken', { name: colleague ?? t('write.taken_somebody') });
    case 'rate_limited':
      return t('write.limited');
    default:
      return t('write.failed');
  }
}
