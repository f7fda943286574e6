import pino from 'pino';
import { checkSite, type Edge, startEdge } from '#edge/main.ts';

/* A site that reloads its file over and over; run as a child, with --expose-gc, by reloads.test.ts. */

export interface Reloading {
  readonly dataDir: string;
  readonly file: string;
  /** Site files that follow each other, round and round. */
  readonly texts: readonly string[];
  readonly reloads: number;
}

export interface Reloaded {
  /** Live heap after a collection, at equal distances. */
  readonly heapBytes: readonly number[];
  readonly samples: number;
  readonly applied: number;
  readonly sessions: { readonly [source: string]: number };
}

const LOOKS = 10;
const BETWEEN_MS = 6;

async function reload({ texts, reloads }: Reloading, edge: Edge): Promise<Reloaded> {
  const heapBytes: number[] = [];
  let applied = 0;
  for (let i = 1; i <= reloads; i++) {
    const text = texts[i % texts.length] as string;
    const { state, problems } = await edge.configuration.applyText(text, { by: 'test' });
    if (state !== 'applied') throw new Error(`reload ${i} was ${state}: ${JSON.stringify(problems)}`);
    applied++;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS)); // sources read, open and close meanwhile
    if (i % (reloads / LOOKS) === 0) heapBytes.push(await liveHeap());
  }
  const status = edge.site.status();
  const sessions = Object.entries(status.sources).map(([id, { opened }]) => [id, opened] as const);
  return { heapBytes, samples: status.samples, applied, sessions: Object.fromEntries(sessions) };
}

/** What closed meanwhile is given a turn to end first. */
async function liveHeap(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

process.once('message', async (work: Reloading) => {
  const { blueprint } = await checkSite(work.texts[0] as string);
  if (!blueprint) throw new Error('the first file has errors');
  const log = pino({ level: 'silent' });
  const { dataDir, file: siteFile } = work;
  await using edge = await startEdge({ blueprint, dataDir, log, version: '1', apiPort: 0, siteFile });
  process.send?.('running');
  process.send?.(await reload(work, edge));
  await new Promise((resolve) => process.once('message', resolve));
});
