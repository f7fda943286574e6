import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceDurablyAside } from '#platform/files.ts';

/** Up to there the hub has the events of a journal. That of the samples is the journal's cursor. */
export interface EventPositions {
  readonly security: number;
  readonly others: number;
}

/** Which hub, and which journal. */
export interface Link {
  readonly pin: string;
  readonly journal: string;
}

const linkedFile = (trustDir: string): string => join(trustDir, 'hub', 'linked.json');

/** What the link has confirmed, to this hub of this journal; the beginning where that is not known: then more is carried than must be. */
export async function readLinked(trustDir: string, { pin, journal }: Link): Promise<EventPositions> {
  try {
    const kept = JSON.parse(await readFile(linkedFile(trustDir), 'utf8'));
    const { security, others } = kept.positions;
    const isOurs = kept.format === 1 && kept.pin === pin && kept.journal === journal;
    if (isOurs && isPosition(security) && isPosition(others)) return { security, others };
  } catch {
    // None, or none that can be used: it says nothing that the hub does not know.
  }
  return { security: 0, others: 0 };
}

const isPosition = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

/** @throws errors of the file system */
export async function keepLinked(trustDir: string, link: Link, positions: EventPositions): Promise<void> {
  await replaceDurablyAside(linkedFile(trustDir), JSON.stringify({ format: 1, ...link, positions }), 0o600);
}
