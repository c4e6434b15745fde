// A conversation: who it is and whose, what was said, and where one answers.

import { type BotAt, type Entry, type ErrorCode, type MailMark, type Why, inWords } from '@mostrador/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowDown, ArrowLeft, Check, CheckCheck, ChevronDown, CircleAlert, CircleDashed, CircleMinus, ClipboardList, Clock, Mail, MailWarning, MessageCircleQuestionMark, PanelRight, Paperclip, SearchX, StickyNote, UserRoundPlus, X, Zap } from 'lucide-react';
import { Suspense, lazy, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useDesk, useDoors, useSite } from '../context';
import { absolute, authorName, clock as clockTime, dayName, fileSize, shopperName, whenShort } from '../format';
import { useNow, useText } from '../hooks';
import type { T } from '../i18n';
import { type Form, type Question, given } from '../state/form';
import { wished } from '../state/inbox';
import { type Bubble, type BubbleState, type Line, type MailEntry, timeline } from '../state/timeline';
import { Composer } from './composer';
import { OfferedButtons } from './offered';
import { Avatar, Empty, ShopWords, Skeleton, VerifiedMark, Words } from './parts';
import { save } from './save';
import './thread.css';

const OwnerMenu = lazy(async () => ({ default: (await import('./menus')).OwnerMenu }));
const Original = lazy(async () => ({ default: (await import('./original')).Original }));

/** Lines in the document at first, and how many more when scrolled to the top. */
const WINDOW = 150;

export function Thread({ id }: { id: string }) {
  const { t } = useText();
  const { list, go } = useSite();
  const { api } = useDoors();
  const desk = useDesk();
  const open = desk.open?.id === id ? desk.open : null;
  const known = desk.inbox.rows.get(id);
  // Come by a link, or from a list that is not loaded: then the profile's answer says who it is.
  const detail = useQuery({ queryKey: ['detail', id], queryFn: () => api.detail(id), enabled: known === undefined });
  const row = known ?? detail.data?.row;
  const name = row === undefined ? '…' : shopperName(t, row.shopper_name, row.shopper_id);
  if (open?.absent === true) {
    return (
      <main className="thread thread-none">
        <Empty icon={SearchX} title={t('thread.absent')} why={t('thread.absent_why')}>
          <button type="button" className="button" onClick={() => go(list, null)}>
            {t('thread.back')}
          </button>
        </Empty>
      </main>
    );
  }
  const closed = open?.head?.status === 'closed' || (row !== undefined && wished(row, desk.inbox.wishes.get(id)).status === 'closed') || desk.inbox.wishes.get(id)?.closed === true;
  return (
    <main className="thread" aria-label={t('thread.label', { name })}>
      <Header id={id} name={name} verified={row?.verified === true} closed={closed} />
      <Notice id={id} />
      <Log id={id} name={name} />
      <Composer key={id} id={id} name={name} closed={closed} />
    </main>
  );
}

function Header({ id, name, verified, closed }: { id: string; name: string; verified: boolean; closed: boolean }) {
  const { t, locale: language } = useText();
  const { desk, me, list, go, agentName, profile } = useSite();
  const { open, inbox, clock } = useDesk();
  const now = useNow(30_000, clock);
  const owner = desk.owner(id);
  const joined = open?.head?.participants.includes(me.agent_id) === true;
  const beganAt = open?.head?.began_at ?? inbox.rows.get(id)?.began_at;
  const bot = closed || owner !== null ? null : withBot(open?.head?.bot?.at);
  const ownerName = owner === null ? t('owner.nobody') : owner === me.agent_id ? t('owner.you') : agentName(owner);
  return (
    <header className="thread-head">
      <button type="button" className="icon-button thread-back" aria-label={t('thread.back')} onClick={() => go(list, null)}>
        <ArrowLeft size={20} strokeWidth={1.75} aria-hidden="true" />
      </button>
      <Avatar name={name} size={32} />
      <div className="thread-title">
        <h1 title={name}>
          <span className="thread-name" dir="auto">
            {name}
          </span>
          {verified && <VerifiedMark />}
        </h1>
        {beganAt !== undefined && (
          <p title={absolute(language, beganAt)}>
            {closed && <span className="chip">{t('thread.is_closed')}</span>}
            {bot !== null && <span className="chip">{t(`row.${bot}`)}</span>}
            {t('thread.open_since', { time: now - beganAt < 86_400_000 ? clockTime(language, beganAt) : whenShort(t, language, beganAt, now) })}
          </p>
        )}
      </div>
      {!closed && (
        <div className="thread-tools">
          <Suspense
            fallback={
              <button type="button" className="button owner-button">
                <OwnerFace owner={owner} name={ownerName} />
              </button>
            }
          >
            <OwnerMenu id={id} owner={owner} joined={joined}>
              <OwnerFace owner={owner} name={ownerName} />
            </OwnerMenu>
          </Suspense>
          {owner === null && (
            <button type="button" className="button button-primary" onClick={() => desk.assign(id, me.agent_id, owner)}>
              {t('owner.take')}
            </button>
          )}
          <button type="button" className="button" onClick={() => desk.close(id)}>
            <Check size={16} strokeWidth={1.75} aria-hidden="true" />
            {t('close.do')}
          </button>
        </div>
      )}
      <button
        type="button"
        className="icon-button thread-profile"
        aria-pressed={profile.shown}
        aria-label={profile.shown ? t('thread.profile_hide') : t('thread.profile_show')}
        title={t('thread.profile')}
        onClick={() => profile.show(!profile.shown)}
      >
        <PanelRight size={20} strokeWidth={1.75} aria-hidden="true" />
      </button>
    </header>
  );
}

/** It is the bot's, and nobody waits for a person. */
function withBot(at: BotAt | undefined): 'bot' | 'bot_ended' | null {
  return at === 'ended' ? 'bot_ended' : at === 'buttons' || at === 'asking' ? 'bot' : null;
}

function OwnerFace({ owner, name }: { owner: string | null; name: string }) {
  const { t } = useText();
  const { agentName, agentPhoto } = useSite();
  return (
    <>
      {owner === null ? <UserRoundPlus size={16} strokeWidth={1.75} aria-hidden="true" /> : <Avatar name={agentName(owner)} size={20} photo={agentPhoto(owner)} />}
      <span className="hidden">{t('owner.label', { name })}</span>
      <span className="tool-word" aria-hidden="true">
        {name}
      </span>
      <ChevronDown size={16} strokeWidth={1.75} aria-hidden="true" />
    </>
  );
}

/** Something was not done: said where it was asked for, until it is dismissed. */
function Notice({ id }: { id: string }) {
  const { t } = useText();
  const { desk, agentName } = useSite();
  const { notice } = useDesk();
  if (notice?.conversation !== id) return null;
  const [title, why] =
    notice.is === 'taken'
      ? [notice.owner === null ? t('notice.taken_nobody') : t('notice.taken', { name: agentName(notice.owner) }), t('notice.taken_why')]
      : notice.is === 'wrote_again'
        ? [t('notice.wrote_again'), t('notice.wrote_again_why')]
        : [t('notice.refused'), refusal(t, notice.code)];
  return (
    <div className="notice" role="alert">
      <CircleAlert size={16} strokeWidth={1.75} aria-hidden="true" />
      <p>
        <strong>{title}.</strong> {why}
      </p>
      <button type="button" className="icon-button" aria-label={t('notice.dismiss')} onClick={() => desk.dismissNotice()}>
        <X size={16} strokeWidth={1.75} aria-hidden="true" />
      </button>
    </div>
  );
}

function refusal(t: T, code: ErrorCode): string {
  switch (code) {
    case 'closed':
      return t('notice.refused_closed');
    case 'forbidden':
      return t('notice.refused_forbidden');
    case 'not_found':
      return t('notice.refused_not_found');
    default:
      return t('notice.refused_else');
  }
}

function Log({ id, name }: { id: string; name: string }) {
  const { t, locale: language } = useText();
  const { desk, me, agents } = useSite();
  const state = useDesk();
  const now = useNow(60_000, state.clock);
  const open = state.open?.id === id ? state.open : null;
  const lines = useMemo(
    () =>
      open === null
        ? []
        : timeline({
            entries: open.entries,
            unsent: state.unsent.filter((message) => message.conversation_id === id),
            me: { id: me.agent_id, name: me.name },
            shopper: open.cursors.shopper,
            newAfter: open.newAfter,
          }),
    [open, state.unsent, id, me],
  );
  const complete = open?.complete === true;
  const scroller = useRef<HTMLDivElement>(null);
  /** Whether the newest is in sight: then the view follows. */
  const [atBottom, setAtBottom] = useState(true);
  const following = useRef(true);
  /** The first line in the document; while history comes in, always the last ones. */
  const [from, setFrom] = useState<number | null>(null);
  const first = from ?? Math.max(0, lines.length - WINDOW);
  const above = useRef<number | null>(null);
  /** The height when it was last looked at, and the first entry then: for seeing that the server's older ones have come. */
  const before = useRef({ height: 0, oldest: Infinity });
  const oldest = open?.entries[0]?.thread_at ?? Infinity;
  const seenCount = useRef(0);
  const [missed, setMissed] = useState(0);

  useEffect(() => {
    if (complete && from === null && lines.length > 0) setFrom(Math.max(0, lines.length - WINDOW));
  }, [complete, from, lines.length]);

  // Where one is: the first unread if there is one, otherwise the newest.
  const arrived = useRef(false);
  const bubbles = lines.filter((line) => line.is === 'bubble').length;
  const last = lines.at(-1);
  const lastMine = last?.is === 'bubble' && last.bubble.mine;
  useLayoutEffect(() => {
    const view = scroller.current;
    if (view === null) return;
    const { height } = before.current;
    const cameAbove = arrived.current && oldest < before.current.oldest;
    before.current = { height: view.scrollHeight, oldest };
    if (above.current !== null || cameAbove) {
      view.scrollTop += view.scrollHeight - (above.current ?? height);
      above.current = null;
      return;
    }
    if (!arrived.current && complete) {
      arrived.current = true;
      const divider = view.querySelector<HTMLElement>('[data-new]');
      if (divider !== null && divider.offsetTop < view.scrollHeight - view.clientHeight) {
        view.scrollTop = divider.offsetTop - 16;
        following.current = false;
        seenCount.current = bubbles;
        return;
      }
    }
    if (following.current || !arrived.current) {
      view.scrollTop = view.scrollHeight;
      seenCount.current = bubbles;
    }
  });
  useEffect(() => {
    if (following.current) return setMissed(0);
    // What one sends oneself one wants to see.
    if (lastMine && bubbles > seenCount.current && last.is === 'bubble' && last.bubble.unsent !== null) return toBottom();
    setMissed(Math.max(0, bubbles - seenCount.current));
  }, [bubbles, lastMine]);

  // The window, the composer or the keyboard of a phone change the height.
  useEffect(() => {
    const view = scroller.current;
    if (view === null) return;
    const observer = new ResizeObserver(() => {
      if (following.current) view.scrollTop = view.scrollHeight;
    });
    observer.observe(view);
    return () => observer.disconnect();
  }, []);

  const entries = open?.entries.length ?? 0;
  useEffect(() => {
    const tell = () => {
      if (document.visibilityState === 'visible' && following.current) desk.seen(id);
    };
    tell();
    document.addEventListener('visibilitychange', tell);
    return () => document.removeEventListener('visibilitychange', tell);
  }, [desk, id, entries, atBottom, complete, state.connection.name]);

  function toBottom() {
    const view = scroller.current;
    if (view === null) return;
    following.current = true;
    seenCount.current = bubbles;
    setMissed(0);
    setAtBottom(true);
    view.scrollTop = view.scrollHeight;
  }

  function scrolled() {
    const view = scroller.current;
    if (view === null) return;
    const bottom = view.scrollHeight - view.scrollTop - view.clientHeight < 48;
    following.current = bottom;
    if (bottom) {
      seenCount.current = bubbles;
      setMissed(0);
    }
    setAtBottom(bottom);
    earlier();
  }

  /** Near the beginning of what is shown: more of it, from what is here or from the server. */
  function earlier() {
    const view = scroller.current;
    if (view === null || view.scrollTop >= 200 || !complete || above.current !== null) return;
    before.current.height = view.scrollHeight;
    if (first > 0) {
      above.current = view.scrollHeight;
      setFrom(Math.max(0, first - WINDOW));
    } else if (open?.hasOlder === true) desk.loadOlder(id);
  }
  // Also where there is too little to scroll.
  useEffect(earlier, [complete, lines.length]);

  const online = state.connection.name === 'online';
  const typing = open?.typing ?? [];
  const colleague = (author: { id: string; name: string }) => agents.find((agent) => agent.id === author.id)?.name ?? author.name;
  return (
    <div className="log-frame">
      <div className="log" ref={scroller} onScroll={scrolled} tabIndex={0} role="log" aria-label={t('thread.log')} aria-live={complete ? 'polite' : 'off'} aria-busy={!complete}>
        {lines.length === 0 && !complete && (online || !state.begun ? <Skeleton label={t('thread.loading')} rows={6} kind="bubbles" /> : <p className="log-hint">{t('thread.waiting_connection')}</p>)}
        {lines.length > 0 && (!complete || (first === 0 && open?.hasOlder === true)) && <p className="log-hint">{t('thread.more')}</p>}
        <ol className="lines">
          {lines.slice(first).map((line) => (
            <LineView key={line.key} line={line} name={name} now={now} language={language} fresh={arrived.current} />
          ))}
        </ol>
        <div className="typing" aria-live="polite">
          {typing.map(({ author }) => (
            <p key={author.role === 'agent' ? author.id : author.role}>
              <span className="typing-dots" aria-hidden="true">
                <i />
                <i />
                <i />
              </span>
              {author.role === 'agent' ? t('thread.typing', { name: colleague(author) }) : t('thread.typing_shopper')}
            </p>
          ))}
        </div>
      </div>
      {!atBottom && complete && (
        <button type="button" className="pill" onClick={toBottom}>
          <ArrowDown size={16} strokeWidth={2} aria-hidden="true" />
          {missed > 0 ? t('thread.new_pill', { count: missed }) : t('thread.to_bottom')}
        </button>
      )}
    </div>
  );
}

function LineView({ line, name, now, language, fresh }: { line: Line; name: string; now: number; language: string; fresh: boolean }) {
  const { t } = useText();
  switch (line.is) {
    case 'day':
      return (
        <li className="line-day">
          <span>{dayName(t, language, line.at, now)}</span>
        </li>
      );
    case 'new':
      return (
        <li className="line-new" data-new>
          <span>{t('thread.new')}</span>
        </li>
      );
    case 'event':
      return <EventLine entry={line.entry} words={eventWords(t, line.entry, authorName(t, line.entry.author, '', name))} language={language} />;
    case 'form':
      return <FormLine form={line.form} language={language} />;
    case 'answer':
      return <EventLine entry={line.entry} words={answerWords(t, line, name)} language={language} />;
    case 'mail':
      return <MailLine entry={line.entry} language={language} />;
    case 'faq':
      return <FaqLine question={line.question} answer={line.answer} at={line.at} language={language} />;
    case 'bubble':
      return <BubbleLine bubble={line.bubble} name={name} language={language} fresh={fresh} />;
  }
}

/** In the third person for everybody, oneself included: "Ana joined" is right in every language, "You joined" is not. */
function EventLine({ entry, words, language }: { entry: Entry; words: string | null; language: string }) {
  const { site } = useSite();
  if (words === null) return null;
  return (
    <li className={`line-event ${entry.log === 'backstage' ? 'line-backstage' : ''}`} data-kind={entry.kind} title={absolute(language, entry.at)}>
      {entry.kind === 'triggered' && site.role === 'admin' ? (
        <Link className="link" to="/$site/settings/$section/$item" params={{ site: site.site, section: 'triggers', item: entry.by.id }}>
          {words}
        </Link>
      ) : (
        words
      )}
      <time dateTime={new Date(entry.at).toISOString()}>{clockTime(language, entry.at)}</time>
    </li>
  );
}

function answerWords(t: T, { entry, told }: Extract<Line, { is: 'answer' }>, name: string): string {
  const value = entry.value ?? t('form.skipped');
  switch (told) {
    case 'finished':
      return t('form.line_finished', { name });
    case 'corrected':
      return t('form.line_corrected', { name, label: entry.label, value });
    case 'alone':
      return t('form.line_alone', { label: entry.label, value });
  }
}

/** What the shop had said before anybody wrote, and how. */
function spokenFirst(why: Why | null): 'trigger' | 'invitation' | null {
  return why?.rule === 'trigger' || why?.rule === 'invitation' ? why.rule : null;
}

/** Whose words they are. What was said first bears the name under which the visitor had it: an agent's or the shop's. */
function saidBy(t: T, { why, author, offered }: Bubble, me: string, shopper: string, shop: string): string {
  if (offered !== null) return t('thread.bot');
  if (why === null) return authorName(t, author, me, shopper);
  if (spokenFirst(why) === null) return t('thread.automatic');
  return author.role === 'agent' ? authorName(t, author, me, shopper) : shop;
}

/** Every rule that this build knows; a newer server may have more. */
const RULES = ['outside_hours', 'agent_online', 'during_hours', 'nobody_online', 'wait_time_over', 'form_offline', 'form_always', 'form_slow', 'trigger', 'invitation'] as const;

function whyWords(t: T, { rule }: Why): string {
  const known = RULES.find((one) => one === rule);
  return known === undefined ? t('why.other') : t(`why.${known}`);
}

/** What was asked, and how far the shopper has come: it fills in where it stands. */
function FormLine({ form, language }: { form: Form; language: string }) {
  const { t } = useText();
  const progress = [t('form.given', { given: given(form), total: form.questions.length }), ...(form.finished ? [t('form.finished')] : []), ...(form.held ? [t('form.held')] : [])];
  return (
    <li className="line-form" data-kind="form" data-finished={form.finished ? '' : undefined}>
      <section className="form-card" aria-label={t('form.title')}>
        <p className="form-head" title={absolute(language, form.at)}>
          <ClipboardList size={16} strokeWidth={1.75} aria-hidden="true" />
          <strong>{t('form.title')}</strong>
          <span>{progress.join(' · ')}</span>
        </p>
        <dl>
          {form.questions.map((question) => (
            <div key={question.id} data-question={question.id} data-state={question.state}>
              <QuestionMark state={question.state} />
              <dt dir="auto">{question.label}</dt>
              <dd dir="auto">
                {question.value ?? t(`form.${question.state === 'answered' ? 'open' : question.state}`)}
                {question.before !== null && <small> ({t('form.before', { value: question.before })})</small>}
              </dd>
            </div>
          ))}
        </dl>
        {form.why !== null && (
          <p className="form-why" data-rule={form.why.rule}>
            <Zap size={12} strokeWidth={2} aria-hidden="true" />
            {whyWords(t, form.why)}
            <time dateTime={new Date(form.at).toISOString()}>{clockTime(language, form.at)}</time>
          </p>
        )}
      </section>
    </li>
  );
}

function QuestionMark({ state }: { state: Question['state'] }) {
  const mark = { size: 14, strokeWidth: 2, 'aria-hidden': true } as const;
  switch (state) {
    case 'answered':
      return <Check {...mark} />;
    case 'skipped':
      return <CircleMinus {...mark} />;
    case 'asked':
    case 'open':
      return <CircleDashed {...mark} />;
  }
}

/** Longer answers are folded: agents know them. */
const FAQ_SHOWN = 280;

function FaqLine({ question, answer, at, language }: { question: string; answer: string; at: number; language: string }) {
  const { t } = useText();
  return (
    <li className="line-faq" data-kind="faq">
      <p className="bubble-by" title={absolute(language, at)}>
        <MessageCircleQuestionMark size={12} strokeWidth={2} aria-hidden="true" />
        {t('faq.opened')}
        <time dateTime={new Date(at).toISOString()}>{clockTime(language, at)}</time>
      </p>
      <details className="faq" open={inWords(answer).length <= FAQ_SHOWN}>
        <summary dir="auto">{question}</summary>
        <div className="faq-answer" dir="auto">
          <ShopWords text={answer} />
        </div>
      </details>
    </li>
  );
}

function MailLine({ entry, language }: { entry: MailEntry; language: string }) {
  const { t } = useText();
  const Icon = entry.class === 'auto_response' ? Mail : MailWarning;
  const why = REVIEWS.find((one) => one === entry.review);
  return (
    <li className="line-mail" data-kind="mail" data-class={entry.class} data-review={entry.review}>
      <p className="bubble-by" title={absolute(language, entry.at)}>
        <Icon size={12} strokeWidth={2} aria-hidden="true" />
        <span>{mailWords(t, entry)}</span>
        <time dateTime={new Date(entry.at).toISOString()}>{clockTime(language, entry.at)}</time>
      </p>
      {why !== undefined && <p className="mail-do mail-why">{t(`mail.why_${why}`)}</p>}
      {entry.text !== '' && (
        <details className="mail-text" open={entry.class === 'review'}>
          <summary>{t('mail.says')}</summary>
          <p dir="auto">{entry.text}</p>
        </details>
      )}
      {entry.class === 'review' && <p className="mail-do">{t('mail.review_do', { from: entry.from })}</p>}
      {entry.mail !== undefined && <MailParts mail={entry.mail} where={`${entry.log}/${entry.seq}`} language={language} />}
    </li>
  );
}

/** Why a mail is to be looked at, where its first line does not say so already. */
const REVIEWS = ['no_one_author', 'failed_dmarc', 'unauthenticated', 'spam', 'virus', 'token_revoked', 'not_taken_apart', 'no_agent', 'closed'] as const;

function mailWords(t: T, { class: is, from, review }: MailEntry): string {
  switch (is) {
    case 'review':
      return t(review === 'another_address' ? 'mail.review_address' : review === 'nothing_new' ? 'mail.review_nothing' : 'mail.review', { from });
    case 'auto_response':
      return t('mail.auto_response', { from });
    case 'bounce':
      return t('mail.bounce', { from });
    case 'complaint':
      return t('mail.complaint', { from });
    case 'unsubscribed':
      return from === '' ? t('mail.unsubscribed_somebody') : t('mail.unsubscribed', { from });
  }
}

/** What came with a mail, what it answers, and the mail itself. `where`: its entry, `thread/12`. */
function MailParts({ mail, where, language }: { mail: MailMark; where: string; language: string }) {
  const { t } = useText();
  const { api } = useDoors();
  const { conversation, list, go } = useSite();
  const [failed, setFailed] = useState(false);
  const [original, setOriginal] = useState(false);
  if (conversation === null) return null;
  const fetch = (key: string) =>
    api.attachment(conversation, where, key).then(
      ({ url }) => {
        setFailed(false);
        save(url);
      },
      () => setFailed(true),
    );
  return (
    <>
      {mail.attachments !== undefined && (
        <ul className="mail-files">
          {mail.attachments.map(({ key, name, kind, bytes, dangerous }) => (
            <li key={key} data-dangerous={dangerous === true}>
              <button type="button" title={`${t('mail.save', { name })} (${kind})`} onClick={() => void fetch(key)}>
                {dangerous === true ? <CircleAlert size={14} strokeWidth={1.75} aria-hidden="true" /> : <Paperclip size={14} strokeWidth={1.75} aria-hidden="true" />}
                <bdi>{name}</bdi>
                <span>{fileSize(language, bytes)}</span>
              </button>
              {dangerous === true && <span className="mail-danger">{t('mail.dangerous')}</span>}
            </li>
          ))}
        </ul>
      )}
      {failed && (
        <p className="mail-do" role="alert">
          {t('mail.save_failed')}
        </p>
      )}
      <p className="mail-links">
        {mail.follows !== undefined && (
          <button type="button" className="link" onClick={() => go(list, mail.follows ?? null)}>
            {t('mail.follows')}
          </button>
        )}
        <button type="button" className="link" onClick={() => setOriginal(true)}>
          {t('mail.original')}
        </button>
      </p>
      {original && (
        <Suspense>
          <Original conversation={conversation} where={where} onClose={() => setOriginal(false)} />
        </Suspense>
      )}
    </>
  );
}

function eventWords(t: T, entry: Entry, by: string): string | null {
  switch (entry.kind) {
    case 'joined':
      return t('thread.joined', { name: by });
    case 'left':
      return t('thread.left', { name: by });
    case 'closed':
      return entry.author.role === 'agent' ? t('thread.closed_by', { name: by }) : entry.author.role === 'shopper' ? t('thread.closed_by_shopper') : t('thread.closed_system');
    case 'assigned':
      if (entry.to === null) return t('thread.unassigned', { by });
      if (entry.author.role === 'agent' && entry.author.id === entry.to.id) return t('thread.assigned_self', { by });
      return t('thread.assigned', { by, to: entry.to.name });
    case 'grouped':
      // Of the shopper's browser: the page's code, a trigger, or their own choice.
      if (entry.author.role !== 'agent') return entry.to === null ? null : t('thread.grouped_from', { to: entry.to.name });
      return entry.to === null ? t('thread.ungrouped', { by }) : t('thread.grouped', { by, to: entry.to.name });
    case 'handed_over':
      return t('thread.handed_over');
    case 'triggered':
      return t('thread.triggered', { name: entry.by.name });
    case 'mailed':
      return t('thread.mailed', { to: entry.to });
    case 'message':
    case 'note':
    case 'form':
    case 'answer':
    case 'faq':
    case 'mail':
      return null;
  }
}

function BubbleLine({ bubble, name, language, fresh }: { bubble: Bubble; name: string; language: string; fresh: boolean }) {
  const { t } = useText();
  const { me, site, desk, drafts, agentPhoto } = useSite();
  const ours = bubble.author.role !== 'shopper';
  const { why } = bubble;
  const first = spokenFirst(why);
  const by = saidBy(t, bubble, me.agent_id, name, site.name);
  const full = bubble.author.role === 'agent' ? bubble.author.name : by;
  const { state, unsent } = bubble;
  return (
    <li
      className={['line-bubble', ours ? 'ours' : 'theirs', bubble.kind === 'note' ? 'note' : '', bubble.first ? 'first' : '', bubble.last ? 'last' : '', fresh ? 'fresh' : '', unsent === null ? '' : 'unsent'].join(' ')}
      data-kind={bubble.kind}
      data-state={state?.is}
    >
      {bubble.first && (
        <p className="bubble-by">
          {bubble.kind === 'note' && <StickyNote size={12} strokeWidth={2} aria-hidden="true" />}
          <span>{by}</span>
          {bubble.kind === 'note' && <span className="bubble-kind">{t('thread.note_of')}</span>}
          {first !== null && <span className="bubble-first">{t(`thread.${first}`)}</span>}
          <time dateTime={new Date(bubble.at).toISOString()} title={absolute(language, bubble.at)}>
            {clockTime(language, bubble.at)}
          </time>
        </p>
      )}
      <div className="bubble-row">
        {!ours && <span className="bubble-face">{bubble.last && <Avatar name={name} size={28} />}</span>}
        <div className="bubble" dir="auto" title={absolute(language, bubble.at)}>
          {why === null && bubble.offered === null ? <Words text={bubble.text} /> : <ShopWords text={bubble.text} />}
        </div>
        {ours && <span className="bubble-face">{bubble.last && <Avatar name={full} size={28} photo={bubble.author.role === 'agent' ? agentPhoto(bubble.author.id) : undefined} />}</span>}
      </div>
      {bubble.offered !== null && bubble.offered.length > 0 && <OfferedButtons offered={bubble.offered} />}
      {bubble.mail !== null && (
        <p className="bubble-state bubble-mail">
          <Mail size={12} strokeWidth={2} aria-hidden="true" />
          {bubble.mail.unverified === undefined ? t('mail.by') : t('mail.unverified', { from: bubble.mail.unverified })}
        </p>
      )}
      {bubble.mail !== null && <MailParts mail={bubble.mail} where={bubble.key.replace('-', '/')} language={language} />}
      {why !== null && (
        <p className="bubble-state bubble-why" data-rule={why.rule}>
          <Zap size={12} strokeWidth={2} aria-hidden="true" />
          <span>
            {whyWords(t, why)}
          </span>
        </p>
      )}
      {state !== null && (
        <p className={`bubble-state state-${state.is}`}>
          <StateMark state={state} />
          {state.is === 'failed' ? (state.reason === 'closed' ? t('state.failed_closed') : t('state.failed')) : t(`state.${state.is}`)}
          {state.is === 'failed' && unsent !== null && (
            <>
              {state.reason !== 'closed' && (
                <button type="button" className="link" onClick={() => desk.retry(unsent)}>
                  {t('state.retry')}
                </button>
              )}
              <button
                type="button"
                className="link"
                onClick={() => {
                  const text = desk.takeBack(unsent);
                  if (text !== null) drafts.giveBack(desk.snapshot().open?.id ?? '', bubble.kind === 'note' ? 'note' : 'reply', text);
                }}
              >
                {t('state.take_back')}
              </button>
            </>
          )}
        </p>
      )}
    </li>
  );
}

function StateMark({ state }: { state: BubbleState }) {
  const mark = { size: 14, strokeWidth: 2, 'aria-hidden': true } as const;
  switch (state.is) {
    case 'waiting':
    case 'sending':
      return <Clock {...mark} />;
    case 'sent':
      return <Check {...mark} />;
    case 'delivered':
    case 'seen':
      return <CheckCheck {...mark} />;
    case 'failed':
      return <CircleAlert {...mark} />;
  }
}
