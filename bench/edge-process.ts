import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, nodeFlags } from '#cli/install/settings.ts';
import { bundle } from '#tools/bundle/bundle.ts';

/** Processor time of all threads of a process so far, s. */
export const cpuS = (pid: number): number => ticksOf(pid, 11) / TICKS_PER_S;

/** The same of its children that have ended, s. */
export const endedCpuS = (pid: number): number => ticksOf(pid, 13) / TICKS_PER_S;

/** Of user and system, which stand beside each other. */
function ticksOf(pid: number, at: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(at, at + 2);
  return Number(user) + Number(system);
}

/** A pause. */
export const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Of /proc, on every Linux. */
const TICKS_PER_S = 100;

/** Folder of a bundle that is there already: `scripts/bench` makes one for all benches. */
const MADE = process.env.HOLDFAST_BENCH_PROGRAM;

/** A folder of the bench that goes with it, and the bundle that a release carries. */
export async function benchFolder() {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const program = join(dir, 'program');
  if (MADE === undefined) await bundle(program);
  else symlinkSync(MADE, program);
  return { dir, program, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

/** `holdfast edge` from the bundle, as a service would run it. */
export class EdgeProcess implements AsyncDisposable {
  readonly data: string;
  /** From the start of the process to the moment its API answers to, ms. */
  startMs = 0;
  readonly #child: ChildProcess;

  /** @param data folder, kept */
  static async start(dir: string, site: string, data: string): Promise<EdgeProcess> {
    const startedMs = performance.now();
    const edge = new EdgeProcess(dir, site, data);
    await edge.#running();
    edge.startMs = performance.now() - startedMs;
    return edge;
  }

  private constructor(dir: string, site: string, data: string) {
    const file = join(dir, 'site.yaml');
    writeFileSync(file, site);
    this.data = data;
    const program = join(dir, 'program', 'main.js');
    const args = [...nodeFlags, program, 'edge', '--site', file, '--data', data];
    const env = { ...process.env, ...environment };
    this.#child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** @throws what it said when it ends before it runs */
  async #running(): Promise<void> {
    let said = '';
    const { stdout } = this.#child;
    if (!stdout) throw new Error('the edge has no output');
    for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
      said += chunk;
      if (said.includes('"site runs"')) {
        stdout.resume();
        return;
      }
    }
    throw new Error(`the edge ended: ${said}`);
  }

  /** Resident memory with the journal's thread, MB; and the part of it that no file backs. */
  memory(): { readonly residentMb: number; readonly anonymousMb: number } {
    const text = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const mb = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]) / 1024;
    return { residentMb: mb('VmRSS'), anonymousMb: mb('RssAnon') };
  }

  /** Given to the disk so far, as the kernel counts it. */
  writtenBytes(): number {
    const text = readFileSync(`/proc/${this.#child.pid}/io`, 'utf8');
    return Number(/write_bytes: (\d+)/.exec(text)?.[1]);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async status<T>(): Promise<T> {
    const { url, token } = JSON.parse(readFileSync(join(this.data, 'api.json'), 'utf8'));
    const reply = await fetch(`${url}/api/status`, { headers: { authorization: `Bearer ${token}` } });
    return (await reply.json()) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill();
    await gone;
  }
}
