import { execFile } from 'node:child_process';
import { parseArgs, promisify } from 'node:util';
import { installPackages } from '#tools/check/debian.ts';
import { benchFolder } from './edge-process.ts';
import { commit, type Machine, thisMachine } from './machine.ts';
import type { Result } from './pages.ts';
import { write } from './results.ts';
import { type Figure, gathered } from './runs.ts';
import { type Row, table } from './table.ts';

/*
 * Runs the benches, each in a process of its own, in turn and several times over, so that whatever slows the machine down
 * for a while does not meet one of them alone; then prints one table.
 */

const BENCHES = [
  'columnar',
  'pipeline',
  'journal',
  'historian',
  'history',
  'replay',
  'mqtt',
  'modbus',
  'sparkplug',
  'opcua',
  'round-trip',
  'bandwidth',
  'uplink',
  'passing',
  'fleet-history',
  'growth',
  'backlog',
  'footprint',
  'detect',
  'detectors',
];
/**
 * Only when named: a month of a large site is written first, which takes a quarter of an hour; the console is looked at for
 * as long; a browser is needed; thousands of sites connect, and a hundred of them send a day.
 */
const LONG = ['month', 'trends', 'console', 'fleet'];
/** For a quick look these run beside the others: they wait most of the time, or count what does not bear the clock. */
const BESIDE = ['footprint', 'detect', 'detectors', 'growth'];
const LIMIT_MS = 1_800_000;

const usage = `scripts/bench [--quick] [--runs <n>] [--write] [bench]...
Without a name: all of them, which are ${BENCHES.join(', ')}.
Only when named: ${LONG.join(', ')}.
--runs <n>  how often each runs, in turn with the others: 5, with --quick 1
--quick     short runs, below three minutes in all: to see that everything works, not to quote
--write     puts what was measured into bench/results/ and the README
`;

interface Wanted {
  readonly benches: readonly string[];
  readonly runs: number;
  readonly quick: boolean;
  readonly write: boolean;
}

/** @throws with what is wrong with the arguments */
function wantedBy(args: string[]): Wanted | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      runs: { type: 'string' },
    },
  });
  if (values.help) return undefined;
  const unknown = positionals.find((name) => ![...BENCHES, ...LONG].includes(name));
  if (unknown !== undefined) throw new Error(`there is no bench ${unknown}`);
  const runs = Number(values.runs ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs ${values.runs}: 1 or more`);
  if (values.write && values.quick)
    throw new Error('figures of --quick are not to be quoted: no --write with it');
  return {
    benches: positionals.length > 0 ? positionals : BENCHES,
    runs,
    quick: values.quick,
    write: values.write,
  };
}

async function rowsOf(bench: string, quick: boolean, program: string): Promise<Row[]> {
  const file = new URL(`./${bench}.ts`, import.meta.url).pathname;
  const args = ['--disable-warning=ExperimentalWarning', file, '--json', ...(quick ? ['--quick'] : [])];
  const options = {
    timeout: LIMIT_MS,
    maxBuffer: 2 ** 24,
    env: { ...process.env, HOLDFAST_BENCH_PROGRAM: program },
  };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, options);
  process.stderr.write(stderr);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** Rows of each run, by bench; a run that fails is told and gives none. */
async function measured({ benches, runs, quick }: Wanted): Promise<Map<string, Row[][]>> {
  using folder = await benchFolder();
  const all = new Map<string, Row[][]>(benches.map((bench) => [bench, []]));
  const once = async (bench: string, run: number) => {
    const startMs = performance.now();
    try {
      all.get(bench)?.push(await rowsOf(bench, quick, folder.program));
    } catch (error) {
      process.stderr.write(`${bench} failed: ${(error as Error).message}\n`);
      process.exitCode = 1;
    }
    const tookS = Math.round((performance.now() - startMs) / 1000);
    process.stderr.write(`run ${run} of ${runs}: ${bench}, ${tookS} s\n`);
  };
  for (let run = 1; run <= runs; run++) {
    const beside = quick ? benches.filter((bench) => BESIDE.includes(bench)) : [];
    const others = benches.filter((bench) => !beside.includes(bench));
    await Promise.all(
      [beside, others].map(async (some) => {
        for (const bench of some) await once(bench, run);
      }),
    );
  }
  return all;
}

function resultsOf(rows: ReadonlyMap<string, Row[][]>, machine: Machine, date: string): [string, Result][] {
  const measured = commit();
  return [...rows].flatMap(([bench, runs]): [string, Result][] => {
    const figures: Figure[] = gathered(runs);
    return figures.length > 0 ? [[bench, { date, commit: measured, machine, figures }]] : [];
  });
}

async function main(wanted: Wanted): Promise<void> {
  for (const line of await installPackages('scripts/bench-packages.txt')) process.stderr.write(`${line}\n`);
  const date = new Date().toISOString();
  const { load } = thisMachine();
  const rows = await measured(wanted);
  // Asked again at the end: by then the benches have installed their peers.
  const machine = { ...thisMachine(), load };
  const results = resultsOf(rows, machine, date);
  process.stdout.write(table(results.flatMap(([, { figures }]) => figures)));
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  process.stdout.write(
    `\n${machine.cores} × ${machine.processor}, ${machine.memoryGb} GB, load ${load.toFixed(1)} at the start; ${versions.join(', ')}\n`,
  );
  if (wanted.write) write(Object.fromEntries(results), [...BENCHES, ...LONG]);
}

let wanted: Wanted | undefined;
try {
  wanted = wantedBy(process.argv.slice(2));
  if (!wanted) process.stdout.write(usage);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n${usage}`);
  process.exitCode = 2;
}
if (wanted) await main(wanted);
