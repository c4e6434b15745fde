// The door.

import { CloudCog, MessageCircle, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import type { Auth } from '../auth';
import { useText } from '../hooks';
import { type Language, LANGUAGES, changeLanguage } from '../i18n';
import { Mark } from './parts';

export function SignIn({ auth, failed, returnTo }: { auth: Auth; failed: boolean; returnTo: string }) {
  const { t, language } = useText();
  const [going, setGoing] = useState(false);
  const [unreachable, setUnreachable] = useState(false);

  async function go() {
    setGoing(true);
    setUnreachable(false);
    try {
      await auth.signIn(returnTo);
    } catch {
      setUnreachable(true);
      setGoing(false);
    }
  }

  const points = [
    { icon: MessageCircle, text: t('signin.point_live') },
    { icon: ShieldCheck, text: t('signin.point_kept') },
    { icon: CloudCog, text: t('signin.point_yours') },
  ];
  return (
    <main className="signin">
      <section className="signin-side">
        <span className="signin-mark">
          <Mark size={32} />
          {t('app.name')}
        </span>
        <Counter />
        <ul>
          {points.map(({ icon: Icon, text }) => (
            <li key={text}>
              <Icon size={20} strokeWidth={1.75} aria-hidden="true" />
              {text}
            </li>
          ))}
        </ul>
      </section>
      <section className="signin-main">
        <div className="signin-form">
          <span className="signin-mark signin-mark-small">
            <Mark size={28} />
            {t('app.name')}
          </span>
          <h1>{t('signin.title')}</h1>
          <p>{t('signin.text')}</p>
          {(failed || unreachable) && (
            <p className="problem" role="alert">
              {unreachable ? t('signin.unreachable') : t('signin.failed')}
            </p>
          )}
          <button type="button" className="button button-primary button-large" onClick={() => void go()} disabled={going}>
            {going ? t('signin.going') : t('signin.button')}
          </button>
          <div className="signin-languages" role="group" aria-label={t('you.language')}>
            {(Object.keys(LANGUAGES) as Language[]).map((code) => (
              <button key={code} type="button" lang={code} aria-pressed={language === code} onClick={() => void changeLanguage(code)}>
                {LANGUAGES[code]}
              </button>
            ))}
          </div>
        </div>
      </section>
    </main>
  );
}

/** A conversation over the counter, drawn. */
function Counter() {
  return (
    <svg className="signin-picture" viewBox="0 0 320 220" fill="none" aria-hidden="true">
      <rect x="24" y="28" width="176" height="52" rx="18" className="picture-their" />
      <rect x="42" y="46" width="118" height="7" rx="3.5" className="picture-line" />
      <rect x="42" y="60" width="78" height="7" rx="3.5" className="picture-line" />
      <rect x="132" y="94" width="164" height="52" rx="18" className="picture-our" />
      <rect x="150" y="112" width="128" height="7" rx="3.5" className="picture-our-line" />
      <rect x="150" y="126" width="92" height="7" rx="3.5" className="picture-our-line" />
      <path d="M8 184h304" className="picture-counter" strokeWidth="10" strokeLinecap="round" />
      <path d="M44 190v26M276 190v26" className="picture-counter" strokeWidth="8" strokeLinecap="round" />
    </svg>
  );
}
