// The two things of Node that these tests use.
declare const process: { env: Record<string, string | undefined> };
declare function setImmediate(run: (value?: unknown) => void): unknown;
