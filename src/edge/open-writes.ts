import type { WriteOutcome } from '#guard/api.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';

export const OPEN_WRITES_STATE = 'open-writes';

type Recorded = Omit<WriteOutcome, 'state' | 'tookMs'>;

/**
 * Writes whose intent is recorded and whose end is not. They are kept in the same commit as the intent, so that a
 * write that a crash cut off gets its outcome, unknown, at the next start.
 */
export class OpenWrites {
  readonly #open = new Map<number, Json>();
  readonly #save: (state: Json) => void;

  constructor(save: (state: Json) => void) {
    this.#save = save;
  }

  begin({ id, path, by, why }: Recorded): void {
    this.#open.set(id, { id, path, by: `${by.kind}:${by.name}`, why });
    this.#save([...this.#open.values()]);
  }

  end(id: number): void {
    if (this.#open.delete(id)) this.#save([...this.#open.values()]);
  }
}

/** What to record at start of the writes that the last run left open. */
export function* leftOpen(state: Json | undefined, timeUs: number): Iterable<SiteEvent> {
  if (!Array.isArray(state)) return;
  for (const { id, path, by, why } of state as readonly {
    id: number;
    path: string;
    by: string;
    why: string;
  }[]) {
    const reason = 'the site stopped before the outcome was known';
    yield { kind: 'write', name: 'write.unknown', subject: path, by, timeUs, detail: { id, why, reason } };
  }
}
