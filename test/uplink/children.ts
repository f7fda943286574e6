import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '#test/until.ts';

const LONG_MS = 120_000;
const script = (path: string) => fileURLToPath(new URL(`./${path}`, import.meta.url));

/** A child that says `ready`; what it says afterwards is gathered. */
export async function started(
  path: string,
  args: readonly string[],
): Promise<{ child: ChildProcess; said: () => string }> {
  const flags = ['--disable-warning=ExperimentalWarning', script(path), ...args];
  const child = spawn(process.execPath, flags, { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await until(`${path} is ready`, () => text.includes('ready\n') || child.exitCode !== null, LONG_MS);
  assert.equal(child.exitCode, null, `${path} ended by itself`);
  return { child, said: () => text };
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Random on purpose: whatever it is, what follows must hold. */
export const moment = () => new Promise((resolve) => setTimeout(resolve, randomInt(50, 400)));
