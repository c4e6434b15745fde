// What passes by: the state of the connection, and what can still be undone.

import { CircleCheck, Loader, WifiOff, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useDesk, useSite } from '../context';
import { useText } from '../hooks';
import { Keys } from './parts';

/** Trying again takes moments; saying so at once would flicker at every blink of the network. */
const PATIENCE_MS = 900;

export function Banner() {
  const { t } = useText();
  const { connection, begun } = useDesk();
  const { name } = connection;
  const down = name === 'offline' || (begun && name !== 'online' && name !== 'ended');
  const [patient, setPatient] = useState(true);
  const [back, setBack] = useState(false);
  const wasDown = useRef(false);
  useEffect(() => {
    if (!down) return setPatient(true);
    const timer = setTimeout(() => setPatient(false), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [down]);
  const shown = down && !patient;
  useEffect(() => {
    if (shown) {
      wasDown.current = true;
      return setBack(false);
    }
    if (!wasDown.current || name !== 'online') return;
    wasDown.current = false;
    setBack(true);
    const timer = setTimeout(() => setBack(false), 2_500);
    return () => clearTimeout(timer);
  }, [shown, name]);
  return (
    <div className="banner-place" role="status">
      {shown && (
        <p className="banner banner-offline">
          {name === 'connecting' ? <Loader size={16} strokeWidth={1.75} aria-hidden="true" /> : <WifiOff size={16} strokeWidth={1.75} aria-hidden="true" />}
          <strong>{t('connection.offline')}</strong>
          <span>{name === 'connecting' ? t('connection.connecting') : t('connection.offline_why')}</span>
        </p>
      )}
      {!shown && back && (
        <p className="banner banner-back">
          <CircleCheck size={16} strokeWidth={1.75} aria-hidden="true" />
          <strong>{t('connection.back')}</strong>
        </p>
      )}
    </div>
  );
}

export function UndoToast() {
  const { t } = useText();
  const { desk, me, agentName, keysOn } = useSite();
  const { undoable } = useDesk();
  return (
    <div className="toast-place" role="status">
      {undoable !== null && (
        <div className="toast" key={`${undoable.is}-${undoable.conversation}-${undoable.until}`}>
          <p>
            {undoable.is === 'closing' ? (
              <>
                <strong>{t('undo.closing')}</strong> <span className="toast-why">{t('undo.closing_why')}</span>
              </>
            ) : (
              <strong>{undoable.to === null ? t('undo.unassigned') : undoable.to === me.agent_id ? t('undo.taken') : t('undo.assigned', { name: agentName(undoable.to) })}</strong>
            )}
          </p>
          <button type="button" className="toast-undo" onClick={() => desk.undo()}>
            {t('undo.do')}
            {keysOn && <Keys keys="Z" />}
          </button>
          <button type="button" className="icon-button" aria-label={t('undo.dismiss')} onClick={() => desk.dismissUndo()}>
            <X size={16} strokeWidth={1.75} aria-hidden="true" />
          </button>
          <span className="toast-time" aria-hidden="true" />
        </div>
      )}
    </div>
  );
}
