// Small pieces that several views share.

import { type Picture, type PresenceStatus, type Span, pictured, rich } from '@mostrador/protocol';
import { BadgeCheck, type LucideIcon } from 'lucide-react';
import { type CSSProperties, Fragment, type ReactNode, useState } from 'react';
import { hue, initials } from '../format';
import { useText } from '../hooks';

/**
 * A photo over initials in a colour from the name: they are what one sees while it loads, and where it cannot. Beside the name it stands
 * for, so silent for assistive technology.
 */
export function Avatar({ name, size = 36, photo, presence }: { name: string; size?: 20 | 28 | 32 | 36 | 56 | 96; photo?: string | undefined; presence?: PresenceStatus | undefined }) {
  return (
    <span className={`avatar avatar-${size}`} style={{ '--hue': hue(name), '--photo': photo === undefined ? 'none' : `url("${photo}")` } as CSSProperties} aria-hidden="true">
      {initials(name)}
      {presence !== undefined && <span className={`dot dot-${presence}`} />}
    </span>
  );
}

/** Presence as a dot of its own shape: a disc, a ring, a ring that is grey. */
export function PresenceDot({ status }: { status: PresenceStatus }) {
  return <span className={`dot dot-inline dot-${status}`} aria-hidden="true" />;
}

/** Who the shop vouches for. Nothing else ever bears this mark: a typed email is no proof. */
export function VerifiedMark({ size = 16 }: { size?: number }) {
  const { t } = useText();
  return (
    <span className="verified" role="img" aria-label={t('verified.mark')} title={`${t('verified.mark')}. ${t('verified.why')}`}>
      <BadgeCheck size={size} strokeWidth={2} aria-hidden="true" />
    </span>
  );
}

/** Untrusted text, as the shopper sees it: *bold*, _italic_, lists, and links of http and https only. Never markup. */
export function Words({ text }: { text: string }) {
  return (
    <>
      {rich(text).map((block, i) =>
        block.type === 'list' ? (
          <ul key={i} className="words-list">
            {block.items.map((item, n) => (
              <li key={n}>
                <Spans spans={item} />
              </li>
            ))}
          </ul>
        ) : (
          <Fragment key={i}>
            {block.lines.map((line, n) => (
              <Fragment key={n}>
                {n > 0 && '\n'}
                <Spans spans={line} />
              </Fragment>
            ))}
          </Fragment>
        ),
      )}
    </>
  );
}

function Spans({ spans }: { spans: readonly Span[] }) {
  return spans.map((span, i) => {
    switch (span.type) {
      case 'text':
        return <Fragment key={i}>{span.text}</Fragment>;
      case 'bold':
        return <strong key={i}>{span.text}</strong>;
      case 'italic':
        return <em key={i}>{span.text}</em>;
      case 'link':
        return (
          <a key={i} href={span.href} target="_blank" rel="noopener noreferrer nofollow">
            {span.text}
          </a>
        );
    }
  });
}

/**
 * The shop's own words: with pictures. Never for what people type: whoever looks at a picture tells its server that they look.
 */
export function ShopWords({ text }: { text: string }) {
  return pictured(text).map((part, i) => (typeof part === 'string' ? <Words key={i} text={part} /> : <PictureBox key={`${i} ${part.href}`} {...part} />));
}

/** Its box stands before it has come: nothing moves when it does. One that cannot be shown is a link. */
function PictureBox({ shows, href }: Picture) {
  const [lost, setLost] = useState(false);
  return (
    <a className={lost ? 'picture-lost' : 'picture'} href={href} target="_blank" rel="noopener noreferrer">
      {lost ? shows : <img alt={shows} loading="lazy" decoding="async" referrerPolicy="no-referrer" onError={() => setLost(true)} src={href} />}
    </a>
  );
}

export function Keys({ keys }: { keys: string }) {
  return (
    <span className="keys">
      {keys.split(' ').map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}

export function Empty({ icon: Icon, title, why, children }: { icon: LucideIcon; title: string; why?: ReactNode; children?: ReactNode }) {
  return (
    <div className="empty">
      <span className="empty-icon" aria-hidden="true">
        <Icon size={20} strokeWidth={1.75} />
      </span>
      <p className="empty-title">{title}</p>
      {why !== undefined && <p className="empty-why">{why}</p>}
      {children}
    </div>
  );
}

/** Grey shapes where rows will be; the words are for who cannot see them. */
export function Skeleton({ label, rows, kind }: { label: string; rows: number; kind: 'rows' | 'bubbles' | 'lines' }) {
  return (
    <div className={`skeleton skeleton-${kind}`} role="status">
      <span className="hidden">{label}</span>
      {Array.from({ length: rows }, (_, i) => (
        <div className="skeleton-row" key={i} aria-hidden="true">
          {kind === 'rows' && <span className="bone bone-avatar" />}
          <span className="bone-lines">
            <span className="bone" />
            {kind === 'rows' && <span className="bone" />}
          </span>
        </div>
      ))}
    </div>
  );
}

export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true" className="mark">
      <path d="M8 7h16a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3h-7.5l-4.5 3.8V20H8a3 3 0 0 1-3-3v-7a3 3 0 0 1 3-3z" fill="currentColor" />
      <path d="M4 27h24" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" />
    </svg>
  );
}

/** A whole page that says one thing. */
export function Message({ title, why, children }: { title: string; why?: string; children?: ReactNode }) {
  const { t } = useText();
  return (
    <main className="page">
      <div className="page-card">
        <span className="page-mark">
          <Mark size={36} />
          <span>{t('app.name')}</span>
        </span>
        <h1>{title}</h1>
        {why !== undefined && <p>{why}</p>}
        {children !== undefined && <div className="page-actions">{children}</div>}
      </div>
    </main>
  );
}
