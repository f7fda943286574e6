import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { merged, type Result, textTable, withTable } from './results.ts';
import { runTorture } from './run.ts';
import { TORTURES } from './tortures.ts';

const names = Object.keys(TORTURES);
/** A word names one, or all before whose colon it stands. */
const named = (word: string) => names.filter((name) => name === word || name.startsWith(`${word}:`));
const RECORD = 'docs/reliability.json';
const PAGE = 'docs/reliability.md';

const usage = `scripts/torture [--short | --long] [--seed N] [--times N] [--hours H] [--json FILE] [--record] [name]...
Tries to break Holdfast. Without a name: all but the soak, which --long has too. "parse" stands for all that begin with it. Names:
  ${names.join(', ')}
--short (default): each a few times, some minutes in all; --long: as often as docs/reliability.md promises, hours.
--seed: the same choices again; --times: how often, whatever the form; --hours: how long the soak lasts (default 2, short 0.02).
--json: writes the results; --record: puts them into ${RECORD} and the table of ${PAGE}.
The exit status is 1 when anything did not hold, 2 for a wrong word.
`;

const say = (text: string): void => void process.stdout.write(text);
const tell = (text: string): void => void process.stderr.write(text);

function parsed() {
  return parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      short: { type: 'boolean' },
      long: { type: 'boolean' },
      seed: { type: 'string' },
      times: { type: 'string' },
      hours: { type: 'string' },
      json: { type: 'string' },
      record: { type: 'boolean' },
    },
  });
}

/** @throws what is wrong with it */
function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${option} ${text}: not a number above 0`);
}

async function torture({ values, positionals }: ReturnType<typeof parsed>): Promise<number> {
  const long = values.long ?? false;
  const seed = Math.trunc(numberOf('seed', values.seed) ?? Date.now() % 2 ** 31);
  const times = numberOf('times', values.times);
  const hours = numberOf('hours', values.hours) ?? (long ? 2 : 0.02);
  const unknown = positionals.find((word) => named(word).length === 0);
  if (unknown !== undefined) throw new Error(`there is no torture ${unknown}`);
  const chosen =
    positionals.length > 0 ? positionals.flatMap(named) : names.filter((name) => long || name !== 'soak');
  say(`seed ${seed}, ${long ? 'long' : 'short'} form: ${chosen.join(', ')}\n`);
  const results: Result[] = [];
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  for (const name of chosen) {
    const one = await TORTURES[name]?.();
    if (!one || stop.signal.aborted) continue;
    tell(`${name}: ${one.about}\n`);
    const progress = (text: string) => tell(`\r\x1b[K  ${name}: ${text}`);
    const result = await runTorture(one, {
      ...{ long, seed, hours, times },
      progress: process.stderr.isTTY ? progress : () => {},
      signal: stop.signal,
    });
    results.push(result);
    if (process.stderr.isTTY) tell('\r\x1b[K');
    say(`${result.state === 'broken' ? '✗' : '✓'} ${name}: ${result.state} (${result.seconds} s)\n`);
    if (result.why) say(`${result.why.replaceAll(/^/gm, '    ')}\n`);
    if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  }
  say(`\n${textTable(results)}`);
  if (stop.signal.aborted) process.exit(130); // what was interrupted may still be under way
  if (values.record) record(results);
  return results.some(({ state }) => state === 'broken') ? 1 : 0;
}

/** What held or broke is kept for the page; the newest of each. */
function record(results: readonly Result[]): void {
  const old = existsSync(RECORD) ? (JSON.parse(readFileSync(RECORD, 'utf8')) as Result[]) : [];
  const all = merged(old, results, names);
  writeFileSync(RECORD, `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), all));
}

try {
  const args = parsed();
  if (args.values.help) say(usage);
  else process.exitCode = await torture(args);
} catch (error) {
  tell(`${error instanceof Error ? error.message : error}\n${usage}`);
  process.exitCode = 2;
}
