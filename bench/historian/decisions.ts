import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { checkSite } from '#edge/blueprint.ts';
import { composeCore } from '#edge/core.ts';
import { Peers } from '#edge/peers.ts';
import { warmUp } from '#edge/warm-up.ts';
import { openHistorian } from '#historian/historian.ts';
import { openJournal } from '#journal/journal.ts';
import { systemClock } from '#kernel/clock.ts';
import type { Row } from '../table.ts';
import { Mix } from './mix.ts';

/* What a decision takes while the historian writes all the time, and without one: rounds in turn, in one run. */

const TAGS = 1000;
const ROUND_MS = 2500;
/** With batches of a hundred rows, 20,000 samples a second. */
const EVERY_MS = 5;
const ROWS = 100;

export async function decisions(rounds: number): Promise<Row[]> {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const dirs = { dir: join(root, 'historian'), journalDir: join(root, 'journal') };
  const limits = { quotaBytes: 2 ** 31, maxAgeUs: Number.POSITIVE_INFINITY };
  try {
    await using journal = await openJournal({ dir: dirs.journalDir, ...limits, commitMs: 200 });
    const { blueprint, problems } = await checkSite(siteText());
    if (!blueprint) throw new Error(problems[0]?.message);
    await warmUp(blueprint);
    const quiet = { debug() {}, info() {}, warn() {}, error() {} };
    const peers = new Peers({ log: quiet, stepped: () => {} });
    const { path } = composeCore(blueprint, journal, systemClock(), peers, root);
    const mix = new Mix(TAGS);
    let step = 0;
    const round = async (into: number[]) => {
      for (const endMs = performance.now() + ROUND_MS; performance.now() < endMs; step++) {
        const tags = Array.from({ length: ROWS }, (_, i) => (step * ROWS + i) % TAGS);
        const batch = mix.batch(tags, [step, step + 1], 1000);
        batch.tag.set(tags);
        const beganMs = performance.now();
        path.accept('plc', { batch });
        into.push(performance.now() - beganMs);
        await pause(EVERY_MS);
      }
    };
    await round([]);
    const [without, during]: [number[], number[]] = [[], []];
    let rows = 0;
    for (let n = 0; n < rounds; n++) {
      await round(without);
      // As hard as it can be made to work: a hundred times as often as at a site.
      const often = { flushMs: 200, pollMs: 50 };
      await using historian = await openHistorian({ ...dirs, ...limits, ...often });
      await round(during);
      rows = historian.health.rows;
    }
    return [0.5, 0.99].map((q) => ({
      what: `decision while the historian writes, ${q === 0.5 ? 'p50' : 'p99'}`,
      unit: 'ms',
      less: true,
      ours: quantile(during, q),
      peer: { name: 'without', value: quantile(without, q) },
      note: `${during.length} batches of ${ROWS}; ${rows.toLocaleString('en')} samples stored`,
    }));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const quantile = (all: readonly number[], q: number): number =>
  [...all].sort((a, b) => a - b)[Math.floor(all.length * q)] ?? 0;

function siteText(): string {
  const name = (i: number) => `line/pump${i}/level`;
  const tags = Array.from({ length: TAGS }, (_, i) => [
    name(i),
    { source: 'plc', address: { topic: `p${i}` } },
  ]);
  const alarm = { priority: 'low', consequence: 'none', response: 'none' };
  const alarms = Array.from({ length: TAGS }, (_, i) => [
    `high${i}`,
    { when: `tag("${name(i)}") > 1e9`, ...alarm },
  ]);
  return JSON.stringify({
    site: 'bench',
    sources: { plc: { kind: 'mqtt', url: 'mqtt://127.0.0.1' } }, // never opened
    tags: Object.fromEntries(tags),
    alarms: Object.fromEntries(alarms),
  });
}
