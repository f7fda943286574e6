import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Accounts } from '#access/accounts.ts';
import { until } from '../until.ts';
import { builtPowerCut, noPowerCut, Power } from './power-cut.ts';

const WRITER = fileURLToPath(import.meta.resolve('./accounts-writer.ts'));
const ENDS = 4;

interface End {
  readonly env?: NodeJS.ProcessEnv;
  come(writer: ChildProcess): void;
}

/** Changes for a while, and is ended after so many lines: somewhere in the middle of the next change. */
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
  await until('enough changes', () => said.split('\n').length > lines, 60_000);
  end.come(writer);
  await ended;
  return said.split('\n').slice(0, -1);
}

/** Ends it again and again, and looks at who is known afterwards. */
async function endRepeatedly(endOf: (dir: string, n: number) => End): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-accounts-'));
  for (let n = 0; n < ENDS; n++) {
    const known = new Map<string, boolean>();
    let open: string | undefined;
    for (const line of await endedAfter(dir, 20 + 7 * n, endOf(dir, n))) {
      const [word = '', name = ''] = line.split(' ');
      open = word === 'begin' ? name : undefined;
      if (word !== 'begin') known.set(name, word === 'made');
    }
    const accounts = new Accounts(dir, { nowUs: () => 0 });
    assert.equal(accounts.damage, undefined);
    assert.ok(accounts.hasAdministrator);
    const there = new Set(accounts.tokens.map(({ name }) => name));
    assert.ok(known.size > 3);
    for (const [name, isThere] of known) if (name !== open) assert.equal(there.has(name), isThere, name);
  }
  await rm(dir, { recursive: true });
}

test('a kill at any moment leaves every confirmed change, and nobody else', () =>
  endRepeatedly(() => ({ come: (writer) => void writer.kill('SIGKILL') })));

test('so does a power cut', { skip: noPowerCut }, async (t) => {
  const library = builtPowerCut(t);
  await endRepeatedly((dir, n) => {
    const power = new Power(library, dir, n % 2 === 0);
    t.after(() => power[Symbol.dispose]());
    return { env: power.env, come: () => power.cut() };
  });
});
