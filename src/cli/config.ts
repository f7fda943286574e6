import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { findDataDir, findKeptDir, readAddress, SiteClient } from '#cli/client.ts';
import { Exit } from '#cli/fail.ts';
import { bold, dim, green, red, table } from '#cli/text.ts';
import type { AppliedConfig, ConfigEntry } from '#contract/client.ts';
import { formatProblem } from '#contract/load.ts';
import type { ConfigVersion } from '#edge/main.ts';
import { Fault, messageOf } from '#kernel/fault.ts';

export interface ConfigOptions {
  readonly data?: string;
  readonly json?: boolean;
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const by = () => userInfo().username;
const short = (digest: string): string => digest.slice(0, 12);

/**
 * What ran, oldest first, each with its text. Reads the journal itself: what ran is known of a stopped site too.
 * @throws Fault `config.no-history`
 */
async function* readVersions(data: string | undefined): AsyncIterable<ConfigVersion> {
  const { configVersions, journalDir } = await import('#edge/main.ts');
  let isEmpty = true;
  for await (const version of configVersions(journalDir(await findKeptDir(data, 'journal')))) {
    isEmpty = false;
    yield version;
  }
  if (!isEmpty) return;
  throw new Fault('config.no-history', 'the journal remembers no site file', {
    retry: 'never',
    hint: 'old events are the last to be removed for want of room; a site that never ran has none',
  });
}

const versionsOf = (data: string | undefined): Promise<ConfigVersion[]> =>
  Array.fromAsync(readVersions(data));

/** Newest first: when, who, which, what. */
export async function history({ data, json }: ConfigOptions): Promise<void> {
  const entries: (ConfigEntry & { readonly summary: string })[] = [];
  let before: ConfigVersion | undefined; // the texts of all together may be more than the memory
  for await (const version of readVersions(data)) {
    const { text, ...entry } = version;
    const known =
      entry.summary ?? (before?.digest === entry.before && (await summary(before?.text ?? '', text)));
    entries.push({ ...entry, summary: known || (entry.before === null ? 'the first one' : 'another file') });
    before = version;
  }
  if (json) return print(JSON.stringify(entries, null, 2));
  const rows = entries
    .toReversed()
    .map(({ timeUs, by, digest, summary, why, undoes }) => [
      new Date(timeUs / 1000).toISOString(),
      by,
      short(digest),
      [undoes === undefined ? '' : 'undo: ', summary, why === undefined ? '' : dim(` (${why})`)].join(''),
    ]);
  print(table(['when', 'who', 'file', 'what'], rows));
}

/** Of two files that the site did not compare itself, since it was started with the later one. */
async function summary(before: string, after: string): Promise<string | undefined> {
  const { checkSite, siteChanges, summaryOf } = await import('#edge/main.ts');
  const [was, is] = await Promise.all([checkSite(before), checkSite(after)]);
  return was.blueprint && is.blueprint && summaryOf(siteChanges(was.blueprint, is.blueprint));
}

interface Side {
  readonly name: string;
  readonly digest: string;
  readonly text: string;
}

/** Without names: what runs, and the site file as it lies there. With one: that one, and what runs. */
export async function diff(
  a: string | undefined,
  b: string | undefined,
  options: ConfigOptions & { readonly site?: string },
): Promise<void> {
  const versions = await versionsOf(options.data);
  const before = await side(a ?? 'running', versions, options);
  const after = await side(b ?? (a === undefined ? 'file' : 'running'), versions, options);
  const { diffOf, checkSite, changeLine } = await import('#edge/main.ts');
  const diff = await diffOf(before, after, async (text) => (await checkSite(text)).blueprint);
  const { changes, unified: lines } = diff;
  if (options.json) return print(JSON.stringify(diff, null, 2));
  if (lines.length === 0) return print(`${before.name} and ${after.name} are the same`);
  print(bold(`--- ${before.name}\n+++ ${after.name}`));
  for (const line of lines) print(coloured(line));
  if (changes)
    print(`\n${changes.map(changeLine).map(coloured).join('\n') || dim('nothing but the text differs')}`);
}

const COLOURS: { readonly [sign: string]: (text: string) => string } = { '+': green, '-': red, '@': dim };
const coloured = (line: string): string => COLOURS[line[0] ?? '']?.(line) ?? line;

async function side(
  name: string,
  versions: readonly ConfigVersion[],
  options: ConfigOptions & { readonly site?: string },
): Promise<Side> {
  if (name !== 'file') {
    const { versionOf } = await import('#edge/main.ts');
    const { digest, text } = versionOf(name, versions);
    return { name: `${name === 'running' ? 'running ' : ''}${short(digest)}`, digest, text };
  }
  const file = options.site ?? (await siteFile(options.data));
  const text = await readFile(file, 'utf8').catch((error) => {
    throw new Fault('site.unreadable', `cannot read ${file}: ${messageOf(error)}`, {
      retry: 'never',
      hint: 'name the site file with --site',
    });
  });
  const { digestOf } = await import('#edge/main.ts');
  return { name: file, digest: digestOf(text), text };
}

async function siteFile(data: string | undefined): Promise<string> {
  const { file } = await (await SiteClient.find(data)).api.config();
  if (file !== undefined) return file;
  throw new Fault('config.no-file', 'this site runs without a site file', {
    retry: 'never',
    hint: 'name one with --site',
  });
}

/** Prints a site file of the history. */
export async function show(name: string | undefined, { data, json }: ConfigOptions): Promise<void> {
  const { versionOf } = await import('#edge/main.ts');
  const found = versionOf(name ?? 'running', await versionsOf(data));
  process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : found.text);
}

export interface ApplyOptions extends ConfigOptions {
  readonly why?: string;
}

/** Exit status 2 when the file has errors: then nothing has changed. */
export async function apply({ data, json, why }: ApplyOptions): Promise<void> {
  const client = await SiteClient.find(data);
  const { file = 'site file' } = await client.api.config();
  tell(await client.api.applyConfig({ by: by(), why }), file, json);
}

/** Back to the site file before, or to another one that ran: written to the file, and applied. */
export async function undo({ data, json, why, to }: ApplyOptions & { readonly to?: string }): Promise<void> {
  const dir = await findDataDir(data);
  if (!(await readAddress(dir))) {
    throw new Fault('cli.no-site', `no site runs in ${dir}`, {
      retry: 'never',
      hint: 'print the file with `holdfast config show DIGEST`, and start the site with it',
    });
  }
  const client = await SiteClient.find(data);
  const applied = await client.api.undoConfig({ by: by(), why, to });
  tell(applied, short(applied.digest), json);
}

function tell(applied: AppliedConfig, file: string, json: boolean | undefined): void {
  const { state, digest, summary, changes, problems } = applied;
  if (state === 'refused') process.exitCode = Exit.invalid;
  if (json) {
    print(JSON.stringify(applied, null, 2));
    return;
  }
  const out = state === 'refused' ? process.stderr : process.stdout;
  for (const problem of problems) out.write(`${formatProblem(file, problem)}\n`);
  if (state === 'refused')
    out.write(`${red('refused')}: nothing has changed, ${short(applied.before)} runs\n`);
  else if (state === 'unchanged') print(`${short(digest)} runs already`);
  else {
    for (const line of changes) print(coloured(line));
    print(`${short(digest)} took effect: ${summary}`);
  }
}
