import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openTrust } from '#trust/store.ts';
import { until } from '../until.ts';
import { builtPowerCut, noPowerCut, Power } from './power-cut.ts';

const WRITER = fileURLToPath(import.meta.resolve('./trust-writer.ts'));
const ENDS = 4;

/** How its process comes to an end. */
interface End {
  readonly env?: NodeJS.ProcessEnv;
  come(writer: ChildProcess): void;
}
const KILL: End = { come: (writer) => void writer.kill('SIGKILL') };

/** Decides for a while, and is ended after so many lines: somewhere in the middle of the next decision. */
async function endedAfter(dir: string, lines: number, end: End): Promise<readonly string[]> {
  const writer = spawn(process.execPath, [WRITER, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...end.env },
  });
  const ended = once(writer, 'close');
  let said = '';
  writer.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until('enough decisions', () => said.split('\n').length > lines, 30_000);
  end.come(writer);
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

/** Ends it again and again, and looks at what is there afterwards. */
async function endRepeatedly(endOf: (dir: string, n: number) => End): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-trust-'));
  for (let n = 0; n < ENDS; n++) {
    const { states, open } = confirmed(await endedAfter(dir, 20 + 7 * n, endOf(dir, n)));
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
}

test('a kill at any moment leaves every confirmed decision, and trusts nothing else', () =>
  endRepeatedly(() => KILL));

test('so does a power cut', { skip: noPowerCut }, async (t) => {
  const library = builtPowerCut(t);
  await endRepeatedly((dir, n) => {
    const power = new Power(library, dir, n % 2 === 0);
    t.after(() => power[Symbol.dispose]());
    return { env: power.env, come: () => power.cut() };
  });
});
