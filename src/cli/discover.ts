import { createInterface } from 'node:readline/promises';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import * as z from 'zod';
import { Exit } from '#cli/fail.ts';
import { toldToStop } from '#cli/stop.ts';
import { bold, dim, fit } from '#cli/text.ts';
import { systemClock } from '#kernel/clock.ts';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';

type Discovery = Awaited<ReturnType<typeof import('#edge/main.ts')['loadDiscovery']>>;
type Plan = ReturnType<Discovery['plan']>;

interface Asked {
  readonly range: unknown;
  readonly yes: boolean;
  readonly json: boolean;
}

const say = (text: string) => process.stderr.write(`${text}\n`);
const print = (text: string) => process.stdout.write(`${text}\n`);

/**
 * Looks for machines in a range. Nothing leaves before somebody has said yes to what would be asked.
 * @param args of the command line, behind the kind
 */
export async function discover(kind: string, args: readonly string[]): Promise<void> {
  const { loadDiscovery } = await import('#edge/main.ts');
  const discovery = await loadDiscovery(kind);
  const asked = read(discovery, args);
  if (asked === undefined) return; // it was help that was wanted
  const plan = discovery.plan(asked.range);
  tell(plan);
  if (!(asked.yes || (await confirmed()))) {
    process.exitCode = Exit.invalid;
    return;
  }
  await look(discovery, asked);
}

function tell({ asks, requests, seconds }: Plan): void {
  for (const one of asks) say(`  ${one}`);
  say(
    `${requests} ${requests === 1 ? 'request' : 'requests'}, ${timeText(seconds)} or more; nothing is written to any machine`,
  );
}

const timeText = (seconds: number): string =>
  seconds < 120
    ? `${seconds} s`
    : seconds < 7200
      ? `${Math.ceil(seconds / 60)} min`
      : `${Math.ceil(seconds / 3600)} h`;

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    say('nothing was asked: say --yes to go ahead');
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question('Ask this? [y/N] ');
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false; // Ctrl-C or the end of the input
  } finally {
    terminal.close();
  }
}

/** Ends early, with what was found until then, on Ctrl-C. */
async function look(discovery: Discovery, { range, json }: Asked): Promise<void> {
  const stop = new AbortController();
  void toldToStop().then(() => stop.abort());
  const progress = new Progress();
  const sources = new Map<string, Json>();
  let found = 0;
  try {
    for await (const one of discovery.run(range, { clock: systemClock(), log: progress }, stop.signal)) {
      found++;
      progress.clear();
      print(json ? JSON.stringify(one) : `${bold(one.at)}  ${one.said}`);
      if (one.source) sources.set(freeId(one.source, sources), one.source.config);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    progress.clear();
  }
  if (stop.signal.aborted) say('ended early');
  if (json) return;
  if (found === 0) print('nothing was found');
  if (sources.size > 0)
    print(
      `\n${dim('# for the site file')}\n${stringify({ sources: Object.fromEntries(sources) })}`.trimEnd(),
    );
}

/** Two ports of a host, or two hosts of much the same name, must not take one another's entry. */
function freeId({ id, config }: { id: string; config: Json }, taken: ReadonlyMap<string, Json>): string {
  const same = (other: Json | undefined) =>
    other === undefined || JSON.stringify(other) === JSON.stringify(config);
  for (let n = 1; ; n++) {
    const name = n === 1 ? id : `${id}-${n}`;
    if (same(taken.get(name))) return name;
  }
}

/** One line that is written over and over, on terminals only. */
class Progress {
  readonly #on = Boolean(process.stderr.isTTY);

  debug(): void {}
  info(_detail: object, message: string): void {
    if (this.#on) process.stderr.write(`\r\x1b[K${dim(fit(message, (process.stderr.columns || 80) - 1))}`);
  }
  warn(_detail: object, message: string): void {
    this.clear();
    say(message);
  }
  error(detail: object, message: string): void {
    this.warn(detail, message);
  }
  clear(): void {
    if (this.#on) process.stderr.write('\r\x1b[K');
  }
}

/** A field of the range, as JSON Schema says it. */
interface Field {
  readonly type?: string;
  readonly items?: Field;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
}

/**
 * The range from the command line: what it needs comes first, everything else as an option of its own.
 * @returns undefined when help was asked @throws Fault `discover.usage`
 */
function read({ kind, range }: Discovery, args: readonly string[]): Asked | undefined {
  const schema = z.toJSONSchema(range, { io: 'input' }) as {
    readonly properties: { readonly [name: string]: Field };
    readonly required?: readonly string[];
  };
  const fields = Object.entries(schema.properties);
  const required = fields.filter(([name]) => schema.required?.includes(name));
  const command = new Command(`holdfast discover ${kind}`)
    .description(`look for ${kind} in a range, slowly and only reading`)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .option('--yes', 'ask without a question first')
    .option('--json', 'print a line of JSON for each finding, for programs');
  for (const [name, field] of required)
    command.argument(`<${name}${field.type === 'array' ? '...' : ''}>`, field.description);
  for (const [name, field] of fields.filter(([name]) => !schema.required?.includes(name)))
    command.addOption(optionOf(name, field));
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    const { exitCode, message } = error as { readonly exitCode?: number; readonly message: string };
    if (exitCode === 0) return undefined;
    throw usage(kind, message.replace(/^error: /, ''));
  }
  const { yes, json, ...options } = command.opts();
  const named = Object.fromEntries(required.map(([name], i) => [name, command.processedArgs[i]]));
  const parsed = range.safeParse({ ...named, ...typed(options, schema.properties) });
  if (parsed.success) return { range: parsed.data, yes: yes === true, json: json === true };
  throw usage(
    kind,
    parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
  );
}

function optionOf(name: string, field: Field): Option {
  const many = field.type === 'array';
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const value = field.type === 'boolean' ? '' : ` <${many ? 'text...' : (field.type ?? 'value')}>`;
  const given = field.default === undefined ? '' : ` (default ${[field.default].flat().join(', ')})`;
  const option = new Option(`${flag}${value}`, `${field.description ?? ''}${given}`);
  return field.enum ? option.choices(field.enum) : option;
}

/** Text of the command line as the schema wants it; what is no number where one belongs is left to the schema. */
function typed(options: { readonly [name: string]: unknown }, fields: { readonly [name: string]: Field }) {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, valueFor(fields[name] ?? {}, value)]),
  );
}

function valueFor({ type, items }: Field, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => valueFor(items ?? {}, one));
  const number = Number(value);
  return type === 'string' || typeof value !== 'string' || Number.isNaN(number) ? value : number;
}

const usage = (kind: string, message: string): Fault =>
  new Fault('discover.usage', message, {
    retry: 'never',
    hint: `\`holdfast discover ${kind} --help\` explains`,
  });
