import type { Call } from '#contract/client.ts';

/*
 * One question that is asked before the program is there: the first script asks it, and the program takes the answer. They
 * are built apart, so they meet in what the page has in common.
 */

interface Early {
  readonly path: string;
  readonly reply: Promise<Response>;
}

const common = globalThis as { holdfastEarly?: Early | undefined };

/** An answer that takes longer is lost on the way, and asked for again. */
const PATIENCE_MS = 10_000;

export function askEarly(path: string): void {
  const reply = fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS) });
  // What goes wrong is told to who takes it.
  reply.catch(() => {});
  common.holdfastEarly = { path, reply };
}

/** The answer to a question, where it was asked early; once, as it tells what was so then. */
export function takeEarly({ method, path, query }: Call): Promise<Response> | undefined {
  const early = common.holdfastEarly;
  if (!early || method !== 'GET' || early.path !== path || query) return undefined;
  common.holdfastEarly = undefined;
  return early.reply;
}
