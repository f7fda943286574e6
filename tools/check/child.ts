import { spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Outcome {
  /** 0 when all went well; null when a signal ended it. */
  readonly status: number | null;
  /** Standard output and error together, in the order of arrival. */
  readonly output: string;
  readonly ms: number;
  /** It was killed because it took longer than its limit. */
  readonly overdue: boolean;
  /** Command lines of processes of its own that it left running; they have been killed. */
  readonly leftBehind: readonly string[];
}

/** By the content of what was compiled, so that it is never out of date. */
const compiled = resolve('node_modules/.cache/compiled');

const running = new Set<number>();

/** Kills every process group that is still running; for the end of an interrupted check. */
export function killAll(): void {
  for (const group of running) signalGroup(group, 'SIGKILL');
}

/** Runs a program in a process group of its own, so that nothing it starts outlives it unseen. */
export async function runChild(command: string, args: readonly string[], limitMs: number): Promise<Outcome> {
  const startedMs = performance.now();
  // A test runner beneath a test runner would report to that one instead of to us.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(command, args, {
    detached: true,
    // Every program that a test starts would strip and compile the same files anew: a third of what starting takes.
    env: { NODE_COMPILE_CACHE: compiled, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let overdue = false;
  const listen = (text: string) => {
    output = (output + text).slice(-200_000);
  };
  child.stdout.setEncoding('utf8').on('data', listen);
  child.stderr.setEncoding('utf8').on('data', listen);
  const group = child.pid;
  if (group === undefined) return failedStart(command, child);
  running.add(group);
  const timer = setTimeout(() => {
    overdue = true;
    signalGroup(group, 'SIGKILL');
  }, limitMs);
  // `exit`, not `close`: a process left behind may hold the pipes open for ever.
  const status = await new Promise<number | null>((done) => child.once('exit', done));
  clearTimeout(timer);
  const leftBehind = overdue ? [] : await outlived(group);
  signalGroup(group, 'SIGKILL');
  running.delete(group);
  return { status, output, ms: performance.now() - startedMs, overdue, leftBehind };
}

function failedStart(command: string, child: ReturnType<typeof spawn>): Promise<Outcome> {
  return new Promise((done) => {
    child.once('error', (error) =>
      done({ status: 127, output: `${command}: ${error.message}`, ms: 0, overdue: false, leftBehind: [] }),
    );
  });
}

/** Members of the group that are still there after a moment in which children of a killed parent may end. */
async function outlived(group: number): Promise<readonly string[]> {
  for (let left = 50; left > 0; left--) {
    if (!signalGroup(group, 0)) return [];
    await sleep(100);
  }
  return membersOf(group);
}

/** Dead ones that nobody has waited for yet do not count: they are the machine's first process's to reap, not ours. */
function membersOf(group: number): readonly string[] {
  const args = ['-e', '-o', 'pgid=,stat=,args='];
  const lines = spawnSync('ps', args, { encoding: 'utf8' }).stdout?.split('\n');
  if (!lines) return ['(no ps to name them)'];
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([pgid, state]) => pgid === `${group}` && !state?.startsWith('Z'))
    .map(([, , ...command]) => command.join(' '));
}

function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false; // nobody there any more
  }
}
