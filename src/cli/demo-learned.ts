import { Readable } from 'node:stream';
import type { SiteClient } from '#cli/client.ts';

/** Has the detectors of a demo's site go on with what comes with the demo, unless they have learned something here. */
export async function bringLearned({ api }: SiteClient): Promise<void> {
  const { learnedFileOf, learnedOf } = await import('#plant/learned.ts');
  for (const { id, learned } of await api.detectors()) {
    const text = learned ? undefined : await learnedOf(id);
    if (text === undefined) continue;
    const bytes = Readable.from([Buffer.from(text)]);
    const upload = { type: 'application/vnd.holdfast.learned+json', bytes } as const;
    await api.takeLearned(id, upload, { name: learnedFileOf(id), by: 'demo' });
  }
}
