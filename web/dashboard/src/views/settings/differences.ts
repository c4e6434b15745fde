// Two drafts of one section, field by field.

export interface Difference {
  path: string;
  theirs: string | undefined;
  mine: string | undefined;
}

/** The fields in which two later forms of `base` differ from one another, with what stands in each; absent is `undefined`. */
export function differences(base: unknown, theirs: unknown, mine: unknown): Difference[] {
  const [a, b, c] = [flat(base), flat(theirs), flat(mine)];
  const paths = new Set([...a.keys(), ...b.keys(), ...c.keys()]);
  return [...paths].filter((path) => (b.get(path) ?? '""') !== (c.get(path) ?? '""')).map((path) => ({ path, theirs: b.get(path), mine: c.get(path) }));
}

function flat(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) value.forEach((each, n) => flat(each, `${path}[${n}]`, into));
  else if (value !== null && typeof value === 'object') for (const [key, each] of Object.entries(value)) flat(each, path === '' ? key : `${path}.${key}`, into);
  else if (value !== undefined) into.set(path, JSON.stringify(value));
  return into;
}
