import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { detectorOf, learnedDigest } from '#decide/detectors/learned.ts';
import type { DetectorSpec, LearnedFile } from '#decide/detectors/spec.ts';
import { learnedDir } from '#edge/data-folder.ts';
import type { Journal } from '#journal/api.ts';
import type { Json } from '#kernel/event.ts';
import { replaceDurablyAside } from '#platform/files.ts';

/** What a detector goes on with, and where that came from. */
export interface Learnt {
  readonly digest: string;
  /** Period that it learned from; absent where the file came from elsewhere. Wall clock. */
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
  /** When it took effect. */
  readonly atUs: number;
  readonly by: string;
  readonly report?: Json | undefined;
}

/** Keys in the journal's state, one a detector; see docs/formats/journal.md. */
export const LEARNED_STATE = 'learned/';

/**
 * Learned files of a site, by digest in a folder of its data, and which of them each detector goes on with, in the
 * journal's state. A file that was written stays: a replay of the time when it counted needs it.
 */
export class LearnedStore {
  readonly #dir: string | undefined;
  readonly #journal: Pick<Journal, 'state'>;
  readonly #current: Map<string, Learnt>;

  constructor(dataDir: string | undefined, journal: Pick<Journal, 'state' | 'opened'>) {
    this.#dir = dataDir === undefined ? undefined : learnedDir(dataDir);
    this.#journal = journal;
    this.#current = currentOf(journal.opened.state);
  }

  /**
   * Keeps a learned file durably; nothing goes on with it by that, see `Site.learned`.
   * @returns its digest @throws Fault `detector.learned` for a text that is none; errors of the file system
   */
  async put(text: string): Promise<string> {
    detectorOf(text);
    const digest = learnedDigest(text);
    if (this.#dir === undefined) throw new TypeError('a site without a data folder keeps no learned files');
    await mkdir(this.#dir, { recursive: true, mode: 0o750 });
    await replaceDurablyAside(join(this.#dir, `${digest}.json`), text);
    return digest;
  }

  /** The file of this digest; undefined where it is not there, or is another one by now. */
  text(digest: string): string | undefined {
    return this.#dir === undefined ? undefined : learnedText(this.#dir, digest);
  }

  /** What the detector learned last at this site. */
  current(id: string): Learnt | undefined {
    return this.#current.get(id);
  }

  /** From here on the detector goes on with this; in the commit of the events beside it. */
  use(id: string, learnt: Learnt): void {
    this.#current.set(id, learnt);
    this.#journal.state(LEARNED_STATE + id, { ...learnt } as unknown as Json);
  }

  /** The file that a detector goes on with: the one that the site file holds it to, or what it learned last. */
  fileOf({ id, learned }: Pick<DetectorSpec, 'id' | 'learned'>): LearnedFile | undefined {
    const digest = learned ?? this.#current.get(id)?.digest;
    const text = digest === undefined ? undefined : this.text(digest);
    return digest === undefined || text === undefined ? undefined : { digest, text };
  }
}

/** What each detector goes on with, as the state of a journal has it; also of one that no site has open. */
export function currentOf(state: ReadonlyMap<string, Json>): Map<string, Learnt> {
  const all = [...state].filter(([key]) => key.startsWith(LEARNED_STATE));
  return new Map(all.map(([key, value]) => [key.slice(LEARNED_STATE.length), value as unknown as Learnt]));
}

/** @param dir of the learned files */
export function learnedText(dir: string, digest: string): string | undefined {
  try {
    const text = readFileSync(join(dir, `${digest}.json`), 'utf8');
    return learnedDigest(text) === digest ? text : undefined;
  } catch {
    return undefined;
  }
}
