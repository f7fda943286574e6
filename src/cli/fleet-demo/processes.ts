import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Fault } from '#kernel/fault.ts';

/** A command of Holdfast in a process of its own, which ends with us, however we end: it watches the channel. */
export interface Program extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Rejects when it ends before it is told to. */
  readonly failed: Promise<never>;
}

/** It writes its journal or ends its database: that takes a moment, and is cut short only where something hangs. */
const END_MS = 30_000;
const KEPT = 2000;

/** @param args of the command line @param logFile what it says goes there */
export function startProgram(args: readonly string[], logFile: string): Program {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const child = fork(main, args, {
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'],
    // Ctrl-C goes to the whole group: one must not end before the other.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-KEPT);
      log.write(chunk);
    });
  let isEnding = false;
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      log.end();
      if (!isEnding) reject(ended(args, code ?? signal, said));
    });
  });
  failed.catch(() => {}); // whoever waits for it gets it
  return {
    child,
    failed,
    async [Symbol.asyncDispose]() {
      isEnding = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      if (child.connected) child.disconnect();
      const hurry = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await gone;
      clearTimeout(hurry);
    },
  };
}

const ended = (args: readonly string[], how: number | string | null, said: string): Fault =>
  new Fault('demo.ended', `holdfast ${args[0]} ended with ${how}: ${said.trim()}`, { retry: 'never' });
