// The settings of a site: sections, each published whole under a version. For admins; loaded when one comes here.

import type { PublishedSection, SectionName } from '@mostrador/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowLeft, CircleAlert } from 'lucide-react';
import { Suspense, useEffect, useRef, useState } from 'react';
import { FormProvider, get, useForm } from 'react-hook-form';
import { ApiError } from '../../api';
import { useDoors, useSite } from '../../context';
import { Empty, Skeleton } from '../parts';
import { Clash } from './clash';
import { MailPreview } from './email';
import { History } from './history';
import { Identity } from './identity';
import { MailSetup } from './mail-setup';
import { Leaving } from './leaving';
import { Notifications } from './notifications';
import type { PageProps } from '../pages';
import { lazyPage, OWN, PAGES, SECTIONS } from './pages';
import { WidgetPreview } from './preview';
import { type Said, SaveActions } from './save-bar';
import { FORMS } from './sections';
import './settings.css';
import { useWords } from './words';

export { startWords } from './words';

const PREVIEWED: readonly SectionName[] = ['email', 'texts', 'faqs', 'form', 'automatic', 'appearance', 'privacy', 'general'];
type Values = Record<string, unknown>;

export function Settings({ section, item }: PageProps) {
  const t = useWords();
  const { site } = useSite();
  const { api } = useDoors();
  const admin = site.role === 'admin';
  const settings = useQuery({ queryKey: ['settings', site.site], queryFn: () => api.settings(site.site), enabled: admin, refetchOnWindowFocus: false });
  const page = PAGES.find((one) => one === section) ?? (admin ? SECTIONS[0]! : OWN[0]);
  const chosen = SECTIONS.find((one) => one === page) ?? SECTIONS[0]!;
  const current = settings.data?.sections.find((one) => one.section === chosen);
  const Lazy = lazyPage(page);
  const nav = useRef<HTMLElement>(null);
  // On a phone the sections stand in one line, of which a part is in sight.
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [page]);
  return (
    <main className="settings">
      <nav className="settings-nav" aria-label={t('nav')} ref={nav}>
        <Link to="/$site/$list" params={{ site: site.site, list: 'queue' }} className="button settings-back">
          <ArrowLeft size={16} strokeWidth={1.75} aria-hidden="true" />
          {t('back')}
        </Link>
        <h1>{t('title')}</h1>
        <ul>
          {(admin ? PAGES : OWN).map((name) => (
            <li key={name}>
              <Link to="/$site/settings/$section" params={{ site: site.site, section: name }} className="settings-link" aria-current={name === page ? 'page' : undefined} activeProps={{}} data-section={name}>
                {t(`section.${name}`)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      {page === 'notifications' ? (
        <Notifications />
      ) : !admin ? (
        <Empty icon={CircleAlert} title={t('forbidden')} why={t('forbidden_why')} />
      ) : page === 'identity' ? (
        <Identity />
      ) : Lazy !== null ? (
        <Suspense
          fallback={
            <div className="settings-page">
              <Skeleton label={t('loading')} rows={8} kind="lines" />
            </div>
          }
        >
          <Lazy item={item} />
        </Suspense>
      ) : settings.isError && settings.data === undefined ? (
        <div className="failed" role="alert">
          <p>{t('failed')}</p>
          <button type="button" className="button" onClick={() => void settings.refetch()}>
            {t('retry')}
          </button>
        </div>
      ) : current === undefined ? (
        <div className="settings-page">
          <Skeleton label={t('loading')} rows={8} kind="lines" />
        </div>
      ) : (
        <Editor key={chosen} section={chosen} current={current} sections={settings.data!.sections} />
      )}
    </main>
  );
}

/** `week.monday[0].start` as the form names it. */
const formPath = (path: string) => path.replaceAll(/\[(\d+)\]/g, '.$1');

function Editor({ section, current, sections }: { section: SectionName; current: PublishedSection; sections: readonly PublishedSection[] }) {
  const t = useWords();
  const { site } = useSite();
  const { api } = useDoors();
  const queries = useQueryClient();
  // The version that is edited: what others publish meanwhile does not change what is on screen.
  const [base, setBase] = useState(current);
  const [clash, setClash] = useState<PublishedSection | null>(null);
  const [said, setSaid] = useState<Said | null>(null);
  const form = useForm<Values>({ defaultValues: base.value as unknown as Values, shouldUnregister: false });
  const { isDirty } = form.formState;
  const Form = FORMS[section];
  const general = sections.find((one) => one.section === 'general');
  const tongues = general?.section === 'general' ? general.value : { languages: ['en'], default_language: 'en' };
  const languages = [tongues.default_language, ...tongues.languages.filter((tag) => tag !== tongues.default_language)];

  const adopt = (published: PublishedSection) => {
    setBase(published);
    form.reset(published.value as unknown as Values);
    queries.setQueryData<{ sections: PublishedSection[] }>(['settings', site.site], (old) => old && { sections: old.sections.map((one) => (one.section === section ? published : one)) });
  };
  const publish = useMutation({
    mutationFn: ({ values, expected }: { values: Values; expected: number }) => api.publish(site.site, section, expected, values),
    onMutate: () => setSaid(null),
    onSuccess: (published) => {
      setClash(null);
      adopt(published);
      setSaid({ good: true, text: t('published', { version: published.version }) });
    },
    onError: (error) => {
      if (error instanceof ApiError && error.problems.length > 0) {
        for (const { path, code, message } of error.problems) form.setError(formPath(path), { type: code, message });
        setSaid({ good: false, text: t('wrong', { count: error.problems.length }) });
        // The first in the page's order, which is the order in which one would look.
        requestAnimationFrame(() => document.querySelector('[data-problem]')?.scrollIntoView({ block: 'center' }));
      } else if (error instanceof ApiError && error.current !== null && 'section' in error.current) setClash(error.current);
      else setSaid({ good: false, text: t('publish_failed') });
    },
  });
  const submit = (expected: number) => {
    form.clearErrors();
    publish.mutate({ values: form.getValues(), expected });
  };
  const unplaced = publish.error instanceof ApiError ? publish.error.problems.filter(({ path }) => path === '' || get(form.formState.errors, formPath(path)) === undefined) : [];

  return (
    <FormProvider {...form}>
      <form
        className="settings-page"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit(base.version);
        }}
      >
        <div className="settings-head">
          <h2>{t(`section.${section}`)}</h2>
          <p className="soft">{t(`why.${section}`)}</p>
        </div>
        {base.unreadable === true && (
          <p className="notice" role="alert">
            <CircleAlert size={16} strokeWidth={1.75} aria-hidden="true" /> {t('unreadable')}
          </p>
        )}
        <div className={PREVIEWED.includes(section) ? 'settings-body with-preview' : 'settings-body'}>
          <div className="settings-fields" key={base.version}>
            <Form languages={languages} />
            {section === 'email' && <MailSetup key={base.version} />}
            {unplaced.map(({ path, message }) => (
              <p key={path} className="field-problem" role="alert">
                {path}: {message}
              </p>
            ))}
          </div>
          {section === 'email' ? <MailPreview sections={sections} languages={languages} /> : PREVIEWED.includes(section) && <WidgetPreview sections={sections} editing={section} languages={languages} />}
        </div>
        <History<PublishedSection> of={`settings/${section}`} base={base} onRestored={(published) => {
          adopt(published);
          setSaid({ good: true, text: t('history_restored_done', { version: published.restored ?? published.version }) });
        }} />
        <div className="save-bar" data-dirty={isDirty ? '' : undefined}>
          <SaveActions
            said={said}
            otherwise={isDirty && t('unsaved')}
            discard={{
              label: t('discard'),
              disabled: !isDirty || publish.isPending,
              onClick: () => {
                form.reset(base.value as unknown as Values);
                publish.reset();
                setSaid(null);
              },
            }}
            publish={{ label: publish.isPending ? t('publishing') : t('publish'), disabled: !isDirty || publish.isPending }}
          />
        </div>
      </form>
      <Leaving dirty={isDirty} />
      {clash !== null && <Clash by={clash.by?.name} version={clash.version} base={base.value} theirs={clash.value} mine={form.getValues()} pending={publish.isPending} onMine={() => submit(clash.version)} onTheirs={() => {
        adopt(clash);
        setClash(null);
      }} onEdit={() => setClash(null)} />}
    </FormProvider>
  );
}
