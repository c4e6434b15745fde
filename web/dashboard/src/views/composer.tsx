// Where one answers. Two tabs that cannot be mistaken for one another: a reply, and a note that no shopper sees.

import { MAX_TEXT_CHARS, textProblem } from '@mostrador/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Mail, MailX, MessageSquare, SendHorizontal, StickyNote } from 'lucide-react';
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useDesk, useDoors, useSite } from '../context';
import { useMedia, useText } from '../hooks';
import type { DraftKind } from '../state/storage';

export function Composer({ id, name, closed }: { id: string; name: string; closed: boolean }) {
  const { t } = useText();
  const { desk, me, drafts, handles } = useSite();
  const { connection, begun } = useDesk();
  const [chosen, setKind] = useState<DraftKind>('reply');
  const kind = closed ? 'note' : chosen;
  const [texts, setTexts] = useState(() => ({ reply: drafts.read(id, 'reply'), note: drafts.read(id, 'note') }));
  const text = texts[kind];
  const field = useRef<HTMLTextAreaElement>(null);
  const touch = useMedia('(pointer: coarse)');

  const write = (next: string) => {
    setTexts((old) => ({ ...old, [kind]: next }));
    drafts.write(id, kind, next);
    if (kind === 'reply' && next.trim() !== '') desk.typing(id);
  };
  useEffect(() => drafts.subscribe(() => setTexts({ reply: drafts.read(id, 'reply'), note: drafts.read(id, 'note') })), [drafts, id]);
  useEffect(() => {
    handles.compose = (wanted) => {
      setKind(wanted);
      // At once: the next key already belongs into the field.
      field.current?.focus();
    };
    return () => {
      delete handles.compose;
    };
  }, [handles]);

  // As high as the text, up to a limit that the stylesheet sets.
  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }, [text, kind]);

  const trimmed = text.trim();
  const problem = trimmed === '' ? null : textProblem(trimmed);
  const over = problem === 'too_large' ? [...trimmed].length - MAX_TEXT_CHARS : 0;
  const sendable = trimmed !== '' && problem === null;

  const send = () => {
    if (!sendable || !desk.say(id, trimmed, kind)) return;
    setTexts((old) => ({ ...old, [kind]: '' }));
    drafts.write(id, kind, '');
    field.current?.focus();
  };
  const keyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // 229: an input method is at work, in browsers that do not say so otherwise.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      send();
    }
    if (event.key === 'Escape') event.currentTarget.blur();
  };

  const offline = begun && connection.name !== 'online';
  const takes = kind === 'reply' && desk.owner(id) === null && trimmed !== '';
  const hint = offline ? t('composer.offline') : over > 0 ? t('composer.too_long', { count: over }) : problem === 'too_large' ? t('composer.too_heavy') : closed ? t('composer.closed') : takes ? t('composer.takes') : touch ? '' : t('composer.hint');
  return (
    <section className={`composer composer-${kind}`} aria-label={t('composer.label')} data-agent={me.agent_id}>
      <div className="composer-box">
        <div className="composer-tabs" role="tablist" aria-label={t('composer.tabs')}>
          {!closed && (
            <button type="button" role="tab" id="tab-reply" aria-selected={kind === 'reply'} aria-controls="composer-panel" tabIndex={kind === 'reply' ? 0 : -1} onClick={() => handles.compose?.('reply')} onKeyDown={(event) => (event.key === 'ArrowRight' || event.key === 'ArrowLeft') && handles.compose?.('note')}>
              <MessageSquare size={16} strokeWidth={1.75} aria-hidden="true" />
              {t('composer.reply')}
            </button>
          )}
          <button type="button" role="tab" id="tab-note" aria-selected={kind === 'note'} aria-controls="composer-panel" tabIndex={kind === 'note' ? 0 : -1} onClick={() => handles.compose?.('note')} onKeyDown={(event) => !closed && (event.key === 'ArrowRight' || event.key === 'ArrowLeft') && handles.compose?.('reply')}>
            <StickyNote size={16} strokeWidth={1.75} aria-hidden="true" />
            {t('composer.note')}
          </button>
        </div>
        <div role="tabpanel" id="composer-panel" aria-labelledby={`tab-${kind}`}>
          <textarea
            ref={field}
            rows={2}
            dir="auto"
            value={text}
            aria-label={kind === 'note' ? t('composer.note_label') : t('composer.reply_label', { name })}
            aria-describedby="composer-hint"
            aria-invalid={problem === 'too_large'}
            placeholder={kind === 'note' ? t('composer.note_placeholder') : t('composer.reply_placeholder', { name })}
            onChange={(event) => write(event.target.value)}
            onKeyDown={keyDown}
          />
        </div>
        <Reach id={id} kind={kind} closed={closed} />
        <div className="composer-foot">
          <p id="composer-hint" className={problem === 'too_large' ? 'composer-problem' : ''}>
            {hint}
          </p>
          <button type="button" className={`button ${kind === 'note' ? 'button-note' : 'button-primary'}`} disabled={!sendable} onClick={send}>
            {kind === 'note' ? t('composer.add_note') : t('composer.send')}
            <SendHorizontal size={16} strokeWidth={1.75} aria-hidden="true" />
          </button>
        </div>
      </div>
    </section>
  );
}

/** Said where one answers: whether what is written reaches whoever has left. An address may have been given up in another conversation. */
function Reach({ id, kind, closed }: { id: string; kind: 'reply' | 'note'; closed: boolean }) {
  const { t } = useText();
  const { api } = useDoors();
  const { open } = useDesk();
  const queries = useQueryClient();
  const detail = useQuery({ queryKey: ['detail', id], queryFn: () => api.detail(id), refetchInterval: 60_000 });
  // A mail that came back, a link that was clicked, an address that was given: each is an entry.
  const told = open?.id === id ? open.entries.findLast((entry) => entry.kind === 'mail' || entry.kind === 'answer') : undefined;
  const since = told === undefined ? null : `${told.log}${told.seq}`;
  useEffect(() => {
    if (since !== null && queries.getQueryData(['detail', id]) !== undefined) void queries.invalidateQueries({ queryKey: ['detail', id] });
  }, [since, id, queries]);
  const mail = detail.data?.mail;
  if (mail === undefined || closed || kind !== 'reply') return null;
  if (mail.reach === 'suppressed') {
    return (
      <p className="composer-unmailed" role="status" data-why={mail.why}>
        <MailX size={14} strokeWidth={1.75} aria-hidden="true" />
        <span>{t(`composer.${mail.why}`, { address: mail.address })}</span>
      </p>
    );
  }
  if (mail.reach !== 'mailed' || mail.connected) return null;
  return (
    <p className="composer-away" role="status">
      <Mail size={14} strokeWidth={1.75} aria-hidden="true" />
      <span>{t('composer.away', { address: mail.address, minutes: Math.round(mail.after_s / 60) })}</span>
    </p>
  );
}
