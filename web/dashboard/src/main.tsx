// Reads the configuration, finishes a sign-in that is coming back, and renders.

import '@fontsource-variable/inter/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/views.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Api } from './api';
import { App } from './app';
import { Auth } from './auth';
import { loadConfig } from './config';
import { asText, startLanguages } from './i18n';
import i18next from 'i18next';
import { applyTheme, currentTheme } from './theme';
import { Message } from './views/parts';

const root = createRoot(document.getElementById('root')!);

async function start(): Promise<void> {
  applyTheme(currentTheme());
  await startLanguages();
  try {
    const config = await loadConfig();
    const auth = new Auth(config, location.origin);
    const { returnTo, failed } = await auth.start(new URL(location.href));
    if (returnTo !== null) history.replaceState(null, '', returnTo);
    root.render(
      <StrictMode>
        <App doors={{ config, auth, api: new Api(config.api, auth) }} failed={failed} />
      </StrictMode>,
    );
  } catch {
    const t = asText(i18next.t);
    root.render(
      <Message title={t('app.broken')} why={t('app.broken_why')}>
        <button type="button" className="button button-primary" onClick={() => location.reload()}>
          {t('app.reload')}
        </button>
      </Message>,
    );
  }
}

void start();
