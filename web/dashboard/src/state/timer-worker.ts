// Timers that run on time in a tab that nobody looks at: a page's own are slowed down to one a minute there.

const timers = new Map<number, ReturnType<typeof setTimeout>>();

self.onmessage = (event: MessageEvent<{ id: number; ms: number | null }>) => {
  const { id, ms } = event.data;
  clearTimeout(timers.get(id));
  timers.delete(id);
  if (ms === null) return;
  timers.set(
    id,
    setTimeout(() => {
      timers.delete(id);
      self.postMessage(id);
    }, ms),
  );
};
