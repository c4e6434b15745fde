// What shoppers and colleagues see of an agent: changed by the agent, or by an admin of the site.

import type { AgentInfo, AgentsAnswer } from '@mostrador/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type DragEvent, type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { ApiError } from '../api';
import { useDoors, useSite } from '../context';
import { useText } from '../hooks';
import type { TextKey } from '../i18n';
import { PhotoProblem, portrait } from '../state/photo';
import './own-profile.css';
import { Avatar } from './parts';

const MAX_CHARS = 80;

/** `null`: it is to go; `undefined`: it stays as it is. */
type Photo = { blob: Blob; url: string } | null | undefined;

export function ProfileForm({ agent, onDone }: { agent: AgentInfo; onDone(): void }) {
  const { t } = useText();
  const { site, agentPhoto } = useSite();
  const { api } = useDoors();
  const queries = useQueryClient();
  const [name, setName] = useState(agent.name);
  const [title, setTitle] = useState(agent.title);
  const [photo, setPhoto] = useState<Photo>(undefined);
  const [problem, setProblem] = useState<TextKey | null>(null);
  const [over, setOver] = useState(false);
  const [tried, setTried] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const choose = useRef<HTMLButtonElement>(null);
  const named = useRef<HTMLInputElement>(null);
  const id = useId();
  const nameless = tried && name.trim() === '';

  useEffect(() => () => void (photo && URL.revokeObjectURL(photo.url)), [photo]);

  const save = useMutation({
    mutationFn: async () => {
      let saved = agent;
      if (name !== agent.name || title !== agent.title) saved = await api.setProfile(site.site, agent.id, { name, title });
      if (photo !== undefined) saved = await api.setPhoto(site.site, agent.id, photo?.blob ?? null);
      return saved;
    },
    onSuccess: (saved) => {
      queries.setQueryData<AgentsAnswer>(['agents', site.site], (old) => old && { agents: old.agents.map((one) => (one.id === agent.id ? { ...saved, presence: one.presence, last_active_at: one.last_active_at } : one)) });
      void queries.invalidateQueries({ queryKey: ['config', site.site] });
      onDone();
    },
    // The name may be saved where the photo was refused.
    onError: () => void queries.invalidateQueries({ queryKey: ['agents', site.site] }),
  });

  const take = async (chosen: File | undefined) => {
    if (chosen === undefined) return;
    try {
      const blob = await portrait(chosen);
      setPhoto({ blob, url: URL.createObjectURL(blob) });
      setProblem(null);
    } catch (error) {
      setProblem(`profile_edit.photo_${error instanceof PhotoProblem ? error.what : 'picture'}`);
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() === '') named.current?.focus();
    else save.mutate();
  };
  const shown = photo === undefined ? agentPhoto(agent.id) : photo?.url;
  return (
    // Dropped anywhere in the form: a picture that missed its place would open in the dashboard's.
    <form className="me" noValidate onSubmit={submit} onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <div
        className={over ? 'me-photo me-over' : 'me-photo'}
        role="group"
        aria-labelledby={`${id}-photo`}
        aria-describedby={`${id}-hint`}
        onDragEnter={() => setOver(true)}
        onDragLeave={(event) => !event.currentTarget.contains(event.relatedTarget as Node | null) && setOver(false)}
      >
        <Avatar name={name} size={96} photo={shown} />
        <div className="me-words">
          <p id={`${id}-photo`}>
            <strong>{t('profile_edit.photo')}</strong>
          </p>
          <p id={`${id}-hint`} className="me-hint">
            {t('profile_edit.photo_hint')}
          </p>
          <div className="me-tools">
            <input ref={file} type="file" accept="image/*" hidden onChange={(event) => void take(event.currentTarget.files?.[0]).then(() => file.current && (file.current.value = ''))} />
            <button ref={choose} type="button" className="button" onClick={() => file.current?.click()}>
              {t(shown === undefined ? 'profile_edit.photo_choose' : 'profile_edit.photo_change')}
            </button>
            {shown !== undefined && (
              <button
                type="button"
                className="button"
                onClick={() => {
                  setPhoto(agent.photo === undefined ? undefined : null);
                  setProblem(null);
                  // This button goes.
                  choose.current?.focus();
                }}
              >
                {t('profile_edit.photo_remove')}
              </button>
            )}
          </div>
          <p role="status" className="me-hint">
            {photo !== undefined && problem === null && t(photo === null ? 'profile_edit.photo_will_go' : 'profile_edit.photo_will_come')}
          </p>
          <p role="alert" className="me-problem">
            {problem !== null && t(problem)}
          </p>
        </div>
      </div>
      <div className="me-field">
        <label htmlFor={`${id}-name`}>{t('profile_edit.name')}</label>
        <input ref={named} id={`${id}-name`} value={name} maxLength={MAX_CHARS} required dir="auto" autoComplete="name" aria-invalid={nameless} aria-describedby={`${id}-nameless`} onChange={(event) => setName(event.target.value)} />
        <p id={`${id}-nameless`} className="me-problem">
          {nameless && t('profile_edit.name_required')}
        </p>
      </div>
      <div className="me-field">
        <label htmlFor={`${id}-title`}>{t('profile_edit.title')}</label>
        <input id={`${id}-title`} value={title} maxLength={MAX_CHARS} dir="auto" autoComplete="organization-title" aria-describedby={`${id}-title-hint`} onChange={(event) => setTitle(event.target.value)} />
        <p id={`${id}-title-hint`} className="me-hint">
          {t('profile_edit.title_hint')}
        </p>
      </div>
      {save.isError && (
        <p role="alert" className="me-problem">
          {t(save.error instanceof ApiError && save.error.code === 'rate_limited' ? 'profile_edit.too_often' : 'profile_edit.failed')}
        </p>
      )}
      <div className="me-end">
        <button type="button" className="button" onClick={onDone}>
          {t('profile_edit.cancel')}
        </button>
        <button type="submit" className="button button-primary" disabled={save.isPending}>
          {t('profile_edit.save')}
        </button>
      </div>
    </form>
  );
}
