import pino from 'pino';
import { checkSite, type Edge, startEdge } from '#edge/main.ts';
import { until } from '../until.ts';

/* A site that reloads its file over and over; run as a child, with --expose-gc, by reloads.test.ts. */

export interface Reloading {
  readonly dataDir: string;
  readonly file: string;
  /** Site files that follow each other, round and round. */
  readonly texts: readonly string[];
  readonly reloads: number;
  /** Sources that are given the time to open where a file brings them: a change of those that have not is a new opening. */
  readonly awaited: readonly string[];
}

export interface Reloaded {
  /** Live heap, and what it holds outside of itself (buffers), after a collection, at equal distances. */
  readonly liveBytes: readonly number[];
  readonly samples: number;
  readonly applied: number;
  readonly sessions: { readonly [source: string]: number };
}

const LOOKS = 10;
const BETWEEN_MS = 6;

async function reload({ texts, reloads, awaited }: Reloading, edge: Edge): Promise<Reloaded> {
  const liveBytes: number[] = [];
  let applied = 0;
  for (let i = 1; i <= reloads; i++) {
    const text = texts[i % texts.length] as string;
    const { state, problems } = await edge.configuration.applyText(text, { by: 'test' });
    if (state !== 'applied') throw new Error(`reload ${i} was ${state}: ${JSON.stringify(problems)}`);
    applied++;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS)); // sources read, open and close meanwhile
    await until('the sources are open', () => areOpen(edge, awaited));
    if (i % (reloads / LOOKS) === 0) liveBytes.push(await live());
  }
  const status = edge.site.status();
  const sessions = Object.entries(status.sources).map(([id, { opened }]) => [id, opened] as const);
  return { liveBytes, samples: status.samples, applied, sessions: Object.fromEntries(sessions) };
}

function areOpen(edge: Edge, awaited: readonly string[]): boolean {
  const { sources } = edge.site.status();
  return awaited.every((id) => sources[id] === undefined || sources[id].state === 'running');
}

/** What closed meanwhile is given a turn to end first. */
async function live(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external; // array buffers are part of what is external
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
