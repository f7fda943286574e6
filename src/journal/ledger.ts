import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Tag } from '#kernel/tag-table.ts';
import { appendDurably, replaceDurably } from '#platform/files.ts';

/** What must outlive a broken database: tag numbers are never given twice, epochs and sequences only rise. */
export interface LedgerContent {
  readonly tags: ReadonlyMap<number, Tag>;
  readonly epoch: number;
  readonly seq: number;
  /** Name of the journal for whoever keeps a position in it; undefined before it was first written down. */
  readonly id: string | undefined;
}

type Line =
  | { readonly tag: Tag }
  | { readonly epoch: number; readonly seq: number }
  | { readonly journal: string };

/** Reads the good lines; a missing file is an empty ledger. @throws errors of the file system */
export function readLedger(path: string): LedgerContent {
  const lines = textOf(path).split('\n');
  const tags = new Map<number, Tag>();
  let epoch = 0;
  let seq = 0;
  let id: string | undefined;
  for (const line of lines) {
    const entry = parse(line);
    if (!entry) continue;
    if ('tag' in entry) tags.set(entry.tag.number, entry.tag);
    else if ('journal' in entry) id = entry.journal;
    else {
      epoch = Math.max(epoch, entry.epoch);
      seq = Math.max(seq, entry.seq);
    }
  }
  return { tags, epoch, seq, id };
}

/** Rewrites the file when most of it is outdated. @throws errors of the file system */
export function compactLedger(path: string, content: LedgerContent): void {
  const lines = textOf(path).split('\n').length;
  // An append is at least two lines, one of them empty.
  if (lines < 4 * (content.tags.size + 64)) return;
  const entries: Line[] = [{ epoch: content.epoch, seq: content.seq }];
  if (content.id !== undefined) entries.push({ journal: content.id });
  for (const tag of content.tags.values()) entries.push({ tag });
  replaceDurably(path, format(entries));
}

/** Durable when it returns. @throws errors of the file system */
export const appendLedger = (path: string, entries: readonly Line[]): number =>
  appendDurably(path, format(entries));

/** Begins with a line break: what follows a line torn by a power cut must not be lost with it. */
function format(entries: readonly Line[]): string {
  const lines = entries.map((entry) => {
    const json = JSON.stringify(entry);
    return `${crc32(json).toString(16).padStart(8, '0')} ${json}`;
  });
  return `\n${lines.join('\n')}\n`;
}

function parse(line: string): Line | undefined {
  const json = line.slice(9);
  if (line.length < 10 || crc32(json) !== Number.parseInt(line.slice(0, 8), 16)) return undefined;
  return JSON.parse(json) as Line;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
