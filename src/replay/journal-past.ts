import type { Item, JournalReader } from '#journal/api.ts';
import type { Past } from '#replay/run.ts';

/** The entries of a journal after a position, in their own order: exactly what the site decided on. */
export const journalPast = (
  reader: JournalReader,
  afterSeq: number,
  onDamage: (what: string) => void,
): Past => ({
  async *parts(): AsyncIterable<Iterable<Item>> {
    yield reader.items(afterSeq, onDamage);
  },
});
