import pg from 'pg';
import { samplesOf } from '#hub/telemetry/samples.ts';
import { journalItems } from '#test/crash/edge-process.ts';

/** What is kept of a site: its samples by tag, in order, each as a text; the sequences of its events. */
export interface Kept {
  readonly samples: number;
  readonly byTag: ReadonlyMap<number, readonly string[]>;
  readonly events: readonly number[];
}

const textOf = (timeUs: number, value: number, quality: number): string => `${timeUs} ${value} ${quality}`;

/** Those of one tag that are equal in time, value and quality are one, as docs/uplink.md has it. */
const inOrder = (rows: Iterable<string>): string[] => [...new Set(rows)].sort();

function keptOf(byTag: ReadonlyMap<number, readonly string[]>, events: readonly number[]): Kept {
  const samples = [...byTag.values()].reduce((sum, { length }) => sum + length, 0);
  return { samples, byTag, events };
}

/** In the journal of a site that has ended. */
export function keptAtSite(dataDir: string): Kept {
  const rows = new Map<number, string[]>();
  const events: number[] = [];
  for (const item of journalItems(dataDir)) {
    if (item.kind === 'event') events.push(item.seq);
    if (item.kind !== 'batch') continue;
    const { tag, timeUs, value, quality } = item.batch;
    for (let i = 0; i < item.batch.rows; i++) {
      const number = tag[i] as number;
      const all = rows.get(number) ?? [];
      rows.set(number, all);
      all.push(textOf(timeUs[i] as number, value[i] as number, quality[i] as number));
    }
  }
  return keptOf(new Map([...rows].map(([number, all]) => [number, inOrder(all)])), events);
}

/** In the database of a hub, wherever in it they are. */
export async function keptAtHub(databaseUrl: string, site: string): Promise<Kept> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  pool.on('error', () => {});
  try {
    const { rows: journals } = await pool.query('SELECT id FROM journals WHERE site = $1', [site]);
    if (journals.length !== 1) throw new Error(`the hub has ${journals.length} journals of ${site}`);
    const { id } = journals[0];
    const { rows: tags } = await pool.query('SELECT number FROM site_tags WHERE journal = $1', [id]);
    const byTag = new Map<number, string[]>();
    for (const { number } of tags) {
      const { timeUs, value, quality } = await samplesOf(pool, id, Number(number), -(2 ** 53), 2 ** 53);
      const all = Array.from(timeUs, (time, i) => textOf(time, value[i] as number, quality[i] as number));
      if (all.length > 0) byTag.set(Number(number), inOrder(all));
    }
    const events = await pool.query('SELECT seq FROM site_events WHERE journal = $1 ORDER BY seq', [id]);
    return keptOf(
      byTag,
      events.rows.map(({ seq }) => Number(seq)),
    );
  } finally {
    await pool.end();
  }
}

/** Where the two differ; said shortly. */
export function parted(here: Kept, there: Kept): string[] {
  const found: string[] = [];
  for (const number of new Set([...here.byTag.keys(), ...there.byTag.keys()]))
    compare(found, `tag ${number}`, here.byTag.get(number) ?? [], there.byTag.get(number) ?? []);
  compare(found, 'events', here.events.map(String), there.events.map(String));
  return found;
}

function compare(found: string[], what: string, here: readonly string[], there: readonly string[]): void {
  const at = here.findIndex((one, i) => one !== there[i]);
  if (at < 0 && here.length === there.length) return;
  const place = at < 0 ? here.length : at;
  found.push(
    `${what}: ${here.length} at the site, ${there.length} at the hub, ${here[place] ?? 'nothing'} against ${there[place] ?? 'nothing'} at ${place}`,
  );
}
