import { matchesGlob } from 'node:path';
import { printProblems } from '#cli/check.ts';
import type { SiteClient } from '#cli/client.ts';
import {
  certificatesDir,
  FORGOTTEN,
  type RunningSite,
  runningSite,
  validSite,
  writeSite,
} from '#cli/commission/site.ts';
import { duration } from '#cli/duration.ts';
import { Exit } from '#cli/fail.ts';
import { toldToStop } from '#cli/stop.ts';
import { dim, fit, valueText } from '#cli/text.ts';
import { entryText } from '#contract/entry-text.ts';
import { entryOf, type FoundView } from '#contract/found.ts';
import { Naming, namesOf } from '#contract/naming.ts';
import { editTags } from '#contract/site-edit.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { Fault } from '#kernel/fault.ts';
import { TAG_TYPES } from '#kernel/tag-table.ts';

export interface BrowseOptions {
  readonly site?: string;
  readonly data?: string;
  readonly from?: string;
  readonly path?: string;
  readonly type?: string;
  readonly under: string;
  readonly for?: string;
  readonly all?: boolean;
  readonly writable?: boolean;
  readonly write?: string;
  readonly json?: boolean;
}

/** A thing found with the path that its tag would have, or has already. */
interface Offer {
  readonly path: string;
  readonly found: FoundView;
}

interface Counts {
  found: number;
  configured: number;
  passed: number;
}

/** What there is at a device, as tag entries: through the session of the running site, or through one of its own. */
export async function browse(id: string, options: BrowseOptions): Promise<void> {
  check(options);
  const file = options.site ?? options.write;
  const blueprint = file === undefined ? undefined : await validSite(file);
  if (file !== undefined && !blueprint) return;
  const running = await runningSite(options.data, id, blueprint);
  const stop = new AbortController();
  void toldToStop().then(() => stop.abort());
  const found = running
    ? throughSite(running, id, options, stop.signal)
    : throughOwnSession(blueprint as Blueprint, id, options, stop.signal);
  const { write } = options;
  const target = write === undefined || write === file ? blueprint : await validSite(write);
  if (write !== undefined && !target) return;
  const naming = new Naming(options.under, await takenPaths(running?.client, [blueprint, target]));
  const offers = offersOf(found, naming, options, stop.signal);
  if (write !== undefined) await merge(id, await gathered(offers), write, stop.signal, options.writable);
  else await print(id, offers, options);
}

function check({ under, type, for: time }: BrowseOptions): void {
  const usage = (message: string, hint: string) => new Fault('cli.usage', message, { retry: 'never', hint });
  if (under !== '' && !/^[a-z][a-z0-9_-]*(\/[a-z][a-z0-9_-]*)*$/.test(under))
    throw usage(
      `--under ${under}: no path of an asset`,
      'small letters, digits, _ and -, such as line1/press',
    );
  if (type !== undefined && !TAG_TYPES.some((one) => one === type))
    throw usage(`--type ${type}: there is no such type`, `one of ${TAG_TYPES.join(', ')}`);
  if (time !== undefined && duration(time, '--for') > 240_000)
    throw usage(`--for ${time}: too long`, 'at most 4m');
}

async function takenPaths(client: SiteClient | undefined, files: readonly (Blueprint | undefined)[]) {
  const tags = client ? await Array.fromAsync(client.api.everyTags()) : [];
  return [...tags, ...files.flatMap((one) => one?.model.tags ?? [])].map(({ path }) => path);
}

async function* throughSite(
  { client, status }: RunningSite,
  id: string,
  { from, for: time }: BrowseOptions,
  signal: AbortSignal,
): AsyncIterable<FoundView> {
  say(`through the session of the running site ${status.site} …`);
  const forMs = time === undefined ? undefined : duration(time, '--for');
  yield* client.api.browse(id, { from, forMs }, signal);
}

async function* throughOwnSession(
  blueprint: Blueprint,
  id: string,
  { data, from, for: time }: BrowseOptions,
  signal: AbortSignal,
): AsyncIterable<FoundView> {
  say('the site does not run: through a session of its own …');
  const { browseAlone } = await import('#edge/browse-alone.ts');
  const forMs = time === undefined ? undefined : duration(time, '--for');
  const dataDir = certificatesDir(data, undefined);
  try {
    yield* browseAlone(blueprint, id, { dataDir, from, forMs, signal });
  } catch (error) {
    const isCertificate = error instanceof Fault && error.code.startsWith('opcua.certificate');
    if (isCertificate && dataDir === undefined) say(FORGOTTEN);
    throw error;
  }
}

/** Names what is wanted, and tells how far it is. */
async function* offersOf(
  all: AsyncIterable<FoundView>,
  naming: Naming,
  options: BrowseOptions,
  signal: AbortSignal,
): AsyncIterable<Offer> {
  const progress = progressLine(options.write !== undefined);
  const counts: Counts = { found: 0, configured: 0, passed: 0 };
  try {
    for await (const found of all) {
      counts.found++;
      progress(counts);
      if (!wanted(found, options)) counts.passed++;
      else if (found.tag === undefined) yield { path: naming.path(below(found, options.from)), found };
      else {
        counts.configured++;
        if (options.all) yield { path: found.tag, found };
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  progress(counts, true);
}

/** Without the names that `--from` said already. */
function below(found: FoundView, from: string | undefined): FoundView {
  const place = found.place ?? [];
  const said = from?.split('/') ?? [];
  const isBelow = said.length <= place.length && said.every((name, i) => same(name, place[i] ?? ''));
  return isBelow && said.length > 0 ? { ...found, place: place.slice(said.length) } : found;
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function wanted(found: FoundView, { path, type: only }: BrowseOptions): boolean {
  const { name, type = 'number' } = found;
  if (only !== undefined && type !== only) return false;
  if (path === undefined) return true;
  const text = path.includes('/') ? namesOf(found).join('/') : name;
  return matchesGlob(text.toLowerCase(), path.toLowerCase());
}

async function gathered(offers: AsyncIterable<Offer>): Promise<Offer[]> {
  const all: Offer[] = [];
  for await (const one of offers) all.push(one);
  return all;
}

async function print(
  id: string,
  offers: AsyncIterable<Offer>,
  { json, writable }: BrowseOptions,
): Promise<void> {
  let any = false;
  for await (const { path, found } of offers) {
    if (!json && !any) process.stdout.write('tags:\n');
    any = true;
    if (json) process.stdout.write(`${JSON.stringify({ path, ...found })}\n`);
    else process.stdout.write(yamlOf(id, path, found, writable));
  }
}

function yamlOf(id: string, path: string, found: FoundView, writable = false): string {
  const entry = entryOf(found, id, writable);
  const text = entryText({ path, entry, comment: commentOf(found, writable) });
  return found.tag === undefined ? text : text.replaceAll(/^ {2}/gm, '  # ');
}

/** Columns of a value; a text of the device may be long. */
const VALUE_COLUMNS = 60;
const TAKES_WRITES =
  'the device also takes writes: give access: readWrite and write limits (range, maxStep, feedback)';

function commentOf({ value, tag, access }: FoundView, writable: boolean): string | undefined {
  const said = value === undefined ? [] : [fit(valueText(value), VALUE_COLUMNS)];
  if (tag !== undefined) return ['configured', ...said].join(', ');
  const parts = access === 'readWrite' && !writable ? [...said, TAKES_WRITES] : said;
  return parts.length === 0 ? undefined : parts.join('; ');
}

/** Brings the entries into the site file, if it holds afterwards. */
async function merge(
  id: string,
  offers: readonly Offer[],
  file: string,
  signal: AbortSignal,
  writable = false,
): Promise<void> {
  if (signal.aborted) {
    say('interrupted: nothing was written');
    process.exitCode = Exit.failed;
    return;
  }
  const blueprint = await validSite(file);
  if (!blueprint) return;
  const fresh = offers.filter(({ found }) => found.tag === undefined);
  const text = editTags(blueprint.text, {
    put: new Map(fresh.map(({ path, found }) => [path, entryOf(found, id, writable)])),
    comments: new Map(fresh.flatMap(({ path, found }) => pairOf(path, commentOf(found, writable)))),
  });
  const [{ checkSite }, { siteChanges }, { changeLine }] = await Promise.all([
    import('#edge/blueprint.ts'),
    import('#edge/change.ts'),
    import('#edge/change-text.ts'),
  ]);
  const checked = await checkSite(text);
  if (!checked.blueprint) {
    printProblems(`${file} (as it would be)`, checked.problems, process.stderr);
    say('nothing was written');
    process.exitCode = Exit.invalid;
    return;
  }
  for (const change of siteChanges(blueprint, checked.blueprint))
    process.stdout.write(`${changeLine(change)}\n`);
  if (text !== blueprint.text) await writeSite(file, blueprint.text, text);
  say(`${fresh.length} tags added to ${file}`);
}

const pairOf = (path: string, comment: string | undefined): [string, string][] =>
  comment === undefined ? [] : [[path, comment]];

const say = (text: string) => process.stderr.write(`${dim(text)}\n`);

/** One line that is written over, where somebody looks; the sum at the end in any case. */
function progressLine(isQuiet: boolean) {
  // Where entries are seen as they come they tell enough.
  const isTTY = process.stderr.isTTY && (isQuiet || !process.stdout.isTTY);
  let shownAt = 0;
  return ({ found, configured, passed }: Counts, isEnd = false): void => {
    const now = performance.now();
    if (!isEnd && (!isTTY || now - shownAt < 200)) return;
    shownAt = now;
    const parts = [`${found} found`];
    if (configured > 0) parts.push(`${configured} read by tags already`);
    if (passed > 0) parts.push(`${passed} passed over`);
    process.stderr.write(`${isTTY ? '\r\x1b[K' : ''}${dim(parts.join(', '))}${isEnd ? '\n' : ''}`);
  };
}
