// The browser, with timers that a hidden tab does not slow down.

import { type Edges, browserEdges } from '@mostrador/protocol';

export function workerEdges(): Edges {
  let worker: Worker;
  try {
    worker = new Worker(new URL('./timer-worker.ts', import.meta.url), { type: 'module' });
  } catch {
    return browserEdges;
  }
  const waiting = new Map<number, { run: () => void; ms: number }>();
  let count = 0;
  let broken = false;
  worker.onmessage = (event: MessageEvent<number>) => {
    const timer = waiting.get(event.data);
    waiting.delete(event.data);
    timer?.run();
  };
  // Without a worker the page's own timers must do.
  worker.onerror = () => {
    broken = true;
    for (const [id, { ms }] of waiting) setTimeout(() => fire(id), ms);
  };
  const fire = (id: number) => {
    const timer = waiting.get(id);
    waiting.delete(id);
    timer?.run();
  };
  return {
    ...browserEdges,
    after(ms, run) {
      const id = ++count;
      waiting.set(id, { run, ms });
      if (broken) setTimeout(() => fire(id), ms);
      else worker.postMessage({ id, ms });
      return id;
    },
    cancel(timer) {
      waiting.delete(timer as number);
      if (!broken) worker.postMessage({ id: timer as number, ms: null });
    },
  };
}
