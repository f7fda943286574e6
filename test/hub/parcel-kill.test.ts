import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CarriedSite, importStick } from './carried-site.ts';
import { HubRig, hubFolder } from './rig.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const ROUNDS = Number(process.env.HOLDFAST_ROUNDS ?? 8);

/** Runs the command and kills it after a while, unless it is quicker. @returns what it printed where it was */
async function killedAfter(ms: number, args: readonly string[], env = {}): Promise<void> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  await once(child, 'exit');
  clearTimeout(timer);
}

function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function folder(t: TestContext, name: string): string {
  const dir = mkdtempSync(join(tmpdir(), `holdfast-${name}-`));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('link and sticks in any order, commands killed at any moment: site and hub are equal in the end', async (t) => {
  const rig = await HubRig.start({ stores: true });
  t.after(() => rig[Symbol.asyncDispose]());
  const site = await CarriedSite.join(rig, 'north');
  t.after(() => site[Symbol.asyncDispose]());
  const sticks = [folder(t, 'stick'), folder(t, 'stick')];
  const commands = hubFolder();
  t.after(() => rmSync(commands, { recursive: true, force: true }));
  const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1e6);
  t.diagnostic(`HOLDFAST_SEED=${seed}`);
  const below = random(seed);
  for (let round = 0; round < ROUNDS; round++) {
    await site.write(10 + below(200), 50 + below(200));
    const stick = sticks[below(2)] as string;
    const ms = 300 + below(1200);
    switch (below(5)) {
      case 0:
        await site.link(1 + below(3));
        break;
      case 1:
        await site.export(stick, { next: below(2) === 0, parcelBytes: 500 + below(50_000) });
        break;
      case 2:
        await killedAfter(ms, [
          'edge',
          'export',
          '--to',
          stick,
          '--data',
          site.dataDir,
          '--parcel-mb',
          '0.01',
        ]);
        break;
      default:
        await killedAfter(ms, ['hub', 'import', stick, '--data', commands], {
          DATABASE_URL: rig.databaseUrl,
        });
    }
  }
  const last = sticks[0] as string;
  for (let tries = 0; ; tries++) {
    await site.export(last);
    await importStick(rig, last);
    const { receipt, parcels } = await site.export(last);
    if (receipt && parcels.length === 0) break;
    assert.ok(tries < 5, `it does not end; seed ${seed}: ${readdirSync(last).join()}`);
  }
  const { hub, site: own } = await site.compared();
  // Said by where they part: the whole lists would be long.
  for (const what of ['values', 'events'] as const) {
    const at = own[what].findIndex((one, i) => one !== hub[what][i]);
    assert.deepEqual(
      [at, hub[what].length],
      [-1, own[what].length],
      `${what} at ${at}: ${hub[what].slice(at, at + 5)}, not ${own[what].slice(at, at + 5)}; seed ${seed}`,
    );
  }
});
