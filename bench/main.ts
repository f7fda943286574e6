import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Row, table } from './table.ts';

/* Runs every bench, one after the other, each in a process of its own, and prints one table. */

const BENCHES = [
  'columnar',
  'pipeline',
  'journal',
  'historian',
  'history',
  'replay',
  'mqtt',
  'sparkplug',
  'opcua',
  'footprint',
];
/** The longest one writes a month of a large site first. */
const LIMIT_MS = 1_800_000;

const usage = `scripts/bench [--quick] [${BENCHES.join(' | ')}]...
Without a name: all of them. --quick: short runs, below three minutes in all.
`;

async function rowsOf(bench: string, quick: boolean): Promise<Row[]> {
  const file = new URL(`./${bench}.ts`, import.meta.url).pathname;
  const args = ['--disable-warning=ExperimentalWarning', file, '--json', ...(quick ? ['--quick'] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: LIMIT_MS });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

const args = process.argv.slice(2);
const named = args.filter((arg) => arg !== '--quick');
const unknown = named.find((name) => !BENCHES.includes(name));
if (unknown !== undefined) {
  process.stdout.write(usage);
  process.exitCode = unknown === '--help' ? 0 : 2;
} else {
  const rows: Row[] = [];
  for (const bench of named.length > 0 ? named : BENCHES) {
    process.stderr.write(`${bench} …\n`);
    try {
      rows.push(...(await rowsOf(bench, args.includes('--quick'))));
    } catch (error) {
      process.stderr.write(`${bench} failed: ${(error as Error).message}\n`);
      process.exitCode = 1;
    }
  }
  process.stdout.write(table(rows));
}
