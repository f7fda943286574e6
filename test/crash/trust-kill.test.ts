import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openTrust } from '#trust/store.ts';
import { until } from '../until.ts';

const WRITER = fileURLToPath(import.meta.resolve('./trust-writer.ts'));
const KILLS = 4;

/** Decides for a while, and is killed after so many lines: somewhere in the middle of the next decision. */
async function killedAfter(dir: string, lines: number): Promise<readonly string[]> {
  const writer = spawn(process.execPath, [WRITER, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(writer, 'close');
  let said = '';
  writer.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until('enough decisions', () => said.split('\n').length > lines, 30_000);
  writer.kill('SIGKILL');
  await ended;
  return said.split('\n').slice(0, -1);
}

/** What was confirmed last for each certificate at each peer, and what was under way when the end came. */
function confirmed(lines: readonly string[]) {
  const states = new Map<string, string>();
  let open: string | undefined;
  for (const line of lines) {
    const [word = '', peer = '', fingerprint = ''] = line.split(' ');
    if (word === 'begin') open = fingerprint;
    else if (word === 'end') open = undefined;
    else {
      // Only one certificate is trusted for a peer by command.
      for (const [key, state] of word === 'trusted' ? states : [])
        if (state === 'trusted' && key.endsWith(` ${peer}`)) states.delete(key);
      states.set(`${fingerprint} ${peer}`, word);
    }
  }
  return { states, open };
}

test('a kill at any moment leaves every confirmed decision, and trusts nothing else', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-trust-'));
  for (let kill = 0; kill < KILLS; kill++) {
    const { states, open } = confirmed(await killedAfter(dir, 20 + 7 * kill));
    const trust = openTrust(dir, { nowUs: () => 0 });
    assert.equal(trust.damage, undefined);
    const now = new Map(
      trust.list().map(({ fingerprint, peer, state }) => [`${fingerprint} ${peer}`, state]),
    );
    const underWay = (key: string) => open !== undefined && key.startsWith(open);
    const replacing = [...now].filter(([key, state]) => state === 'trusted' && underWay(key));
    const replaced = (key: string) => replacing.some(([by]) => by.split(' ')[1] === key.split(' ')[1]);
    for (const [key, state] of states)
      if (!underWay(key) && !replaced(key)) assert.equal(now.get(key), state, key);
    for (const [key, state] of now) {
      if (state !== 'trusted' || underWay(key)) continue;
      assert.equal(states.get(key), 'trusted', `${key} was never trusted`);
    }
    const files = await readdir(join(dir, 'certificates'));
    const named = new Set([...now.keys()].map((key) => `${key.split(' ')[0]}.pem`));
    for (const name of named) assert.ok(files.includes(name), `${name} is there`);
    await rm(dir, { recursive: true });
  }
});
