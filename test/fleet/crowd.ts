import { readFileSync } from 'node:fs';
import { setTimeout as passed } from 'node:timers/promises';
import type { CrowdConfig, FromCrowd, Identity, ToCrowd } from './api.ts';
import { SimulatedJournal } from './simulated-journal.ts';
import { runSite, type Tally } from './simulated-site.ts';

/* Child of crowds.ts: many sites in one process. Says `connected` once all are. */

const config = JSON.parse(process.argv[2] ?? '{}') as CrowdConfig;
const identities = (JSON.parse(readFileSync(config.identities, 'utf8')) as Identity[]).slice(
  config.from,
  config.to,
);
/** Handshakes of one process under way at once: what this machine makes of them is not what is measured. */
const AT_ONCE = 50;
const journal = new SimulatedJournal(config);
const tally: Tally = { connected: 0, lost: 0, why: new Map(), samples: 0, historyMs: [], liveMs: [] };
const end = new AbortController();
let confirmed = 0;

const say = (message: FromCrowd): void => void process.send?.(message);

async function connectAll(): Promise<void> {
  for (const [i, identity] of identities.entries()) {
    while (i - tally.connected > AT_ONCE) await progress();
    void runSite(config, identity, journal, tally, end.signal);
  }
  while (tally.connected < identities.length) await progress();
  say({ kind: 'connected' });
}

/** @throws why a site was sent away, where that happens again and again */
async function progress(): Promise<void> {
  if (tally.lost > 10 * AT_ONCE)
    throw new Error(`${tally.lost} connections were lost: ${JSON.stringify([...tally.why])}`);
  await passed(10);
}

const sorted = (values: number[]): number[] => values.toSorted((a, b) => a - b);

function report(): void {
  confirmed += tally.samples;
  const waiting = identities.length * journal.rows - confirmed;
  const { connected, lost, samples, historyMs, liveMs } = tally;
  say({
    kind: 'report',
    report: { connected, lost, samples, waiting, historyMs: sorted(historyMs), liveMs: sorted(liveMs) },
  });
  Object.assign(tally, { lost: 0, samples: 0, historyMs: [], liveMs: [] });
}

process.on('message', (message: ToCrowd) => {
  if (message === 'go') setInterval(() => journal.second(), 1000);
  else if (message === 'report') report();
  else process.exit();
});
process.on('disconnect', () => process.exit());
await connectAll();
