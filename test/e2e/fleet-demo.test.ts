import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DetectorStatus } from '#contract/client.ts';
import { until } from '../until.ts';
import { Sandbox } from './sandbox.ts';

interface Summary {
  readonly sites: {
    readonly [id: string]: { readonly ledger: { readonly [count: string]: number } };
  };
}

/** A dozen programs end; on a busy machine that takes a while. */
const END_MS = 60_000;

test('a demo of a fleet ends by itself with every sample accounted for, and leaves nothing behind', async () => {
  await using box = new Sandbox();
  const { status, stdout, stderr } = await box.run('demo', '--fleet', '--for', '20s', '--json');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^[^\n]+\n$/, 'one line');
  const { sites } = JSON.parse(stdout) as Summary;
  assert.deepEqual(Object.keys(sites).sort(), ['east', 'north', 'south']);
  for (const [id, { ledger }] of Object.entries(sites)) {
    const { acquired = 0, delivered = 0, lost = 0, ...rest } = ledger;
    assert.deepEqual(rest, { stored: acquired - lost, waiting: 0, difference: 0 }, id);
    assert.equal(acquired, delivered + lost, id);
    assert.ok(delivered > 100, `${id}: ${delivered}`);
  }
  const alone = /south was alone for \d+ s: ([\d ]+) conditions decided, ([\d ]+) samples kept/.exec(stderr);
  assert.ok(
    alone?.slice(1).every((count) => Number(count.replaceAll(/\D/g, '')) > 0),
    stderr,
  );
  assert.match(stderr, /history at the hub is complete: \d+ samples .* the same/);
  assert.deepEqual(box.processes(), []);
});

test('a demo of a fleet that is killed takes hub, database, sites and plants along', async () => {
  await using box = new Sandbox();
  const demo = box.start(['demo', '--fleet']);
  const folder = () => /--token-file (\S+)\/hub\.token/.exec(demo.stderr())?.[1];
  await until('all is there', () => folder() !== undefined || demo.child.exitCode !== null, 4 * END_MS);
  const dir = folder();
  assert.ok(dir, demo.stderr());
  for (const id of ['east', 'north', 'south']) {
    const data = join(dir, id);
    const all: readonly DetectorStatus[] = await box.json('detectors', '--data', data);
    assert.deepEqual([all.length, all.every(({ learned }) => learned !== undefined)], [15, true], id);
  }
  const family = box.processes();
  assert.ok(
    family.some(({ command }) => command.includes('postgres')),
    JSON.stringify(family),
  );
  await demo.stop('SIGKILL');
  await until('nobody is left', () => box.processes().length === 0, END_MS);
  rmSync(dir, { recursive: true });
});
