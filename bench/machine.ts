import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { nodeRedVersions } from './node-red.ts';
import { spreadOf } from './runs.ts';

/** What a figure was measured on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  /** Median time to make 4 KiB durable in the folder of the benches, ms: what bounds commits. */
  readonly fsyncMs: number;
  /** Mean number of processes that ran or wanted to in the minute before: 0 on a quiet machine. */
  readonly load: number;
  readonly versions: Readonly<Record<string, string>>;
}

export function thisMachine(): Machine {
  const processors = cpus();
  return {
    processor: (processors[0]?.model ?? 'unknown').replaceAll(/\s+/g, ' ').trim(),
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    // What a builder of kernels puts behind the numbers tells nobody anything.
    system: `${type()} ${/^[\d.]+/.exec(release())?.[0] ?? release()} ${arch()}`,
    fsyncMs: fsyncMs(),
    load: loadavg()[0] ?? Number.NaN,
    versions: versions(),
  };
}

/** Of the commit that is measured; with + where files differ from it. Empty outside of a repository. */
export function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
    // What benches write themselves is no change of what they measure.
    const changed = git('status', '--porcelain', '--', '.', ':!bench/results', ':!README.md');
    return git('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : '+');
  } catch {
    return 'no commit';
  }
}

const OWN = ['mqtt', 'modbus-serial', 'node-opcua-client', 'sparkplug-payload'];

/** Of Node, of the libraries that plain programs use, and of the peers that are installed. */
function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const own = OWN.map((name) => [name, require(`${name}/package.json`).version]);
  const { status, stdout } = spawnSync('psql', ['--version'], { encoding: 'utf8' });
  const postgres = status === 0 ? /[\d.]+/.exec(stdout)?.[0] : undefined;
  return {
    Node: process.versions.node,
    SQLite: process.versions.sqlite ?? 'unknown',
    ...Object.fromEntries(own),
    ...nodeRedVersions(),
    ...(postgres !== undefined && { PostgreSQL: postgres }),
  };
}

function fsyncMs(): number {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const file = openSync(join(dir, 'probe'), 'w');
  try {
    const page = Buffer.alloc(4096, 1);
    const times = Array.from({ length: 20 }, () => {
      const before = performance.now();
      writeSync(file, page);
      fsyncSync(file);
      return performance.now() - before;
    });
    return spreadOf(times).median;
  } finally {
    closeSync(file);
    rmSync(dir, { recursive: true });
  }
}
