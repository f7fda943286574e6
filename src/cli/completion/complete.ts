import type { Argument, Command, Option } from 'commander';
import { SiteClient } from '#cli/client.ts';
import type { SiteApi } from '#contract/client.ts';

/** What a shell then completes itself. */
const FILES = ':files';

/** Prints what the last word may become, a line each. Says nothing where it knows nothing, and never fails. */
export async function complete(holdfast: Command, words: readonly string[]): Promise<void> {
  const typed = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  const found = await candidates(holdfast, typed, last).catch(() => []);
  const lines = found.filter((one) => one === FILES || one.startsWith(last));
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

async function candidates(
  holdfast: Command,
  typed: readonly string[],
  last: string,
): Promise<readonly string[]> {
  const { command, given, pending } = position(holdfast, typed);
  const data = dataOf(command, typed);
  if (pending) return ofOption(pending);
  if (last.startsWith('-')) return optionsOf(command);
  const subcommands = given === 0 ? namesOf(command) : [];
  const argument = argumentAt(command, given);
  // Without a site there are still subcommands.
  const values = argument ? await ofArgument(command, argument, last, data).catch(() => []) : [];
  return [...subcommands, ...values];
}

interface Position {
  readonly command: Command;
  /** Arguments that are there already. */
  readonly given: number;
  /** The option whose value comes next. */
  readonly pending: Option | undefined;
}

function position(holdfast: Command, typed: readonly string[]): Position {
  let command = holdfast;
  let given = 0;
  let pending: Option | undefined;
  for (const word of typed) {
    if (pending) pending = undefined;
    else if (word.startsWith('-')) {
      const option = command.options.find(({ long, short }) => word === long || word === short);
      pending = option && (option.required || option.optional) ? option : undefined;
    } else {
      const next = given === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (next) command = next;
      else given++;
    }
  }
  return { command, given, pending };
}

const namesOf = (command: Command): string[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name());

const optionsOf = (command: Command): string[] => [
  ...command.options.flatMap(({ long }) => (long ? [long] : [])),
  '--help',
];

const argumentAt = (command: Command, given: number): Argument | undefined => {
  const all = command.registeredArguments;
  return all[given] ?? (all.at(-1)?.variadic ? all.at(-1) : undefined);
};

function ofOption({ argChoices, long }: Option): readonly string[] {
  if (argChoices) return argChoices;
  return FILE_OPTIONS.has(long ?? '') ? [FILES] : [];
}

const FILE_OPTIONS: ReadonlySet<string> = new Set([
  ...['--data', '--site', '--output', '--write'],
  ...['--file', '--save'],
]);

/** The folder that was named, so that its site is asked. */
function dataOf(command: Command, typed: readonly string[]): string | undefined {
  const at = typed.lastIndexOf('--data');
  return at < 0 || !command.options.some(({ long }) => long === '--data') ? undefined : typed[at + 1];
}

async function ofArgument(
  command: Command,
  argument: Argument,
  last: string,
  data: string | undefined,
): Promise<readonly string[]> {
  if (argument.argChoices) return argument.argChoices;
  const find = VALUES[`${command.name()} ${argument.name()}`] ?? VALUES[argument.name()];
  if (!find) return [];
  if (find === 'files') return [FILES];
  return await find((await SiteClient.find(data)).api, last);
}

type Find = (api: SiteApi, last: string) => Promise<readonly string[]>;

/** A level of the tree at a time: a site may have ten thousand tags. */
const tags: Find = async (api, last) => {
  const at = last.includes('/') ? last.slice(0, last.lastIndexOf('/')) : '';
  const branches = await api.tagTree({ at });
  return branches.flatMap(({ path, isTag, tags }) => [
    ...(isTag ? [path] : []),
    ...(tags > (isTag ? 1 : 0) ? [`${path}/`] : []),
  ]);
};

const ACTS = ['acknowledge', 'shelve', 'unshelve', 'out-of-service', 'return-to-service', 'reset', 'comment'];

/** By the name of an argument, with that of its command where it means something else elsewhere. */
const VALUES: { readonly [name: string]: Find | 'files' } = {
  tag: tags,
  prefix: tags,
  file: 'files',
  table: 'files',
  act: async () => ACTS,
  asset: async (api) => (await api.assets()).map(({ asset }) => asset),
  detector: async (api) => (await api.detectors()).map(({ id }) => id),
  source: async (api) => (await api.sources()).map(({ id }) => id),
  fingerprint: async (api) => (await api.certificates()).map(({ fingerprint }) => fingerprint.slice(0, 16)),
  digest: async (api) => (await api.configHistory()).map(({ digest }) => digest.slice(0, 12)),
  'alarm id': async (api) => (await api.alarms()).map(({ id }) => id),
  'alarms prefix': async (api) => (await api.alarms()).map(({ id }) => id),
  'detectors id': async (api) => (await api.detectors()).map(({ id }) => id),
  'alerts prefix': async (api) => [
    ...(await api.rules()).flatMap(({ id, alert }) => (alert === undefined ? [] : [id])),
    ...(await api.detectors()).map(({ id }) => id),
  ],
};
