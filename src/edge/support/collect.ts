import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { arch, cpus, freemem, loadavg, platform, release, totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import { readYaml } from '#contract/yaml.ts';
import { checkSite } from '#edge/blueprint.ts';
import { configVersions } from '#edge/config-history.ts';
import { journalDir } from '#edge/data-folder.ts';
import type { Redaction } from '#edge/support/redact.ts';
import { openReader } from '#journal/reader.ts';
import type { SiteEvent } from '#kernel/event.ts';
import { messageOf } from '#kernel/fault.ts';
import { openTrust, trustDir } from '#trust/store.ts';

/** Asks the running site; undefined where none runs. */
export type Ask = (path: string) => Promise<unknown>;

export interface SupportOptions {
  readonly dataDir: string;
  readonly siteFile?: string | undefined;
  readonly logFile?: string | undefined;
  readonly ask?: Ask | undefined;
  readonly version: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly nowUs: number;
}

/** A part of the bundle: its name, and what is in it once it was asked for. */
type Part = readonly [name: string, read: () => Promise<unknown>];

const EVENTS = 2000;
const GAPS = 500;
const LOG_BYTES = 512 * 1024;
/** What a running site says, and under which name. */
const ASKED = {
  'status.json': '/api/status',
  'autonomy.json': '/api/autonomy',
  'alarms.json': '/api/alarms',
  'rules.json': '/api/rules',
  'assets.json': '/api/assets',
  'notices.json': '/api/notices',
  'metrics.txt': '/metrics',
} as const;

/**
 * Everything that helps, as files of text without secrets. A part that cannot be read says so in its place: bundles are
 * made where something is broken.
 */
export async function* collectSupport(
  options: SupportOptions,
  redaction: Redaction,
): AsyncIterable<readonly [name: string, text: string]> {
  const site = await siteText(options);
  const latest = await learnSecrets(options, redaction, site);
  for (const [name, read] of partsOf(options, site ?? latest)) {
    const content = await read().catch((error) => ({ unreadable: messageOf(error) }));
    if (content === undefined) continue;
    yield [name, asText(content, redaction)];
  }
}

function asText(content: unknown, redaction: Redaction): string {
  if (typeof content === 'string') return redaction.text(content);
  if (content instanceof Lines)
    return content.all.map((one) => `${JSON.stringify(redaction.json(one))}\n`).join('');
  return `${JSON.stringify(redaction.json(content), null, 1)}\n`;
}

/** Objects that become a line each. */
class Lines {
  readonly all: readonly unknown[];

  constructor(all: readonly unknown[]) {
    this.all = all;
  }
}

/** Of every site file that ever ran: an old password is a password. @returns the last of them */
async function learnSecrets(
  { dataDir, environment }: SupportOptions,
  redaction: Redaction,
  site: string | undefined,
): Promise<string | undefined> {
  redaction.addEnvironment(environment);
  redaction.add(await tokenOf(dataDir));
  if (site !== undefined) await redaction.addSite(readYaml(site).root, environment);
  let last: string | undefined;
  try {
    for await (const { text } of configVersions(journalDir(dataDir))) {
      last = text;
      await redaction.addSite(readYaml(text).root, environment);
    }
  } catch {
    // A journal that cannot be read gives no events to hide anything in.
  }
  return last;
}

async function siteText({ siteFile }: SupportOptions): Promise<string | undefined> {
  return siteFile === undefined ? undefined : await readFile(siteFile, 'utf8').catch(() => undefined);
}

async function tokenOf(dataDir: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(dataDir, 'api.json'), 'utf8')).token;
  } catch {
    return undefined;
  }
}

function partsOf(options: SupportOptions, site: string | undefined): Part[] {
  const { dataDir, ask, logFile } = options;
  return [
    ['about.json', () => about(options)],
    ...Object.entries(ASKED).map(([name, path]): Part => [name, async () => ask?.(path)]),
    ['site.json', async () => (site === undefined ? undefined : readYaml(site).root)],
    ['check.json', async () => (site === undefined ? undefined : (await checkSite(site)).problems)],
    ['history.json', () => historyOf(dataDir)],
    ['events.jsonl', async () => new Lines(lastEvents(dataDir))],
    ['gaps.json', async () => withReader(dataDir, (reader) => reader.gaps(GAPS))],
    ['journal.json', () => journalHealth(dataDir)],
    ['certificates.json', async () => openTrust(trustDir(dataDir), { nowUs: () => options.nowUs }).list()],
    ['log.txt', async () => (logFile === undefined ? undefined : await tailOf(logFile))],
  ];
}

async function about({ dataDir, version, nowUs, ask }: SupportOptions): Promise<unknown> {
  const disk = await statfs(dataDir);
  return {
    madeAt: new Date(nowUs / 1000).toISOString(),
    holdfast: version,
    node: process.version,
    platform: platform(),
    arch: arch(),
    kernel: release(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    cpus: cpus().length,
    load: loadavg(),
    memory: { total: totalmem(), free: freemem() },
    upS: Math.round(uptime()),
    disk: { total: disk.blocks * disk.bsize, free: disk.bavail * disk.bsize },
    running: ask !== undefined,
    files: await filesOf(dataDir),
  };
}

async function filesOf(dataDir: string): Promise<unknown> {
  const names = (await readdir(dataDir, { recursive: true })).sort().slice(0, 1000);
  const sizes = names.map(async (name) => {
    const found = await stat(join(dataDir, name)).catch(() => undefined);
    return found?.isFile() ? [{ name, bytes: found.size, mode: (found.mode & 0o777).toString(8) }] : [];
  });
  return (await Promise.all(sizes)).flat();
}

/** Which files ran when, and what changed; their texts stay at the site. */
async function historyOf(dataDir: string): Promise<unknown> {
  const entries: unknown[] = [];
  for await (const { text: _, ...entry } of configVersions(journalDir(dataDir))) entries.push(entry);
  return entries;
}

type Reader = ReturnType<typeof openReader>;

function withReader<T>(dataDir: string, read: (reader: Reader) => T): T {
  using reader = openReader(journalDir(dataDir));
  return read(reader);
}

/** The newest ones, without the texts of site files. */
function lastEvents(dataDir: string): unknown[] {
  return withReader(dataDir, (reader) => {
    let kept: { readonly seq: number; readonly event: SiteEvent }[] = [];
    for (let after = 0; ; ) {
      const events = reader.events(after, EVENTS);
      kept = [...kept, ...events].slice(-EVENTS);
      const last = events.at(-1);
      if (!last) break;
      after = last.seq;
    }
    return kept.map(({ seq, event }) => ({ seq, ...event, ...withoutText(event) }));
  });
}

function withoutText({ detail }: SiteEvent): { readonly detail?: object } {
  if (detail === undefined) return {};
  const { text: _, ...rest } = detail;
  return { detail: rest };
}

async function journalHealth(dataDir: string): Promise<unknown> {
  return withReader(dataDir, (reader) => ({
    chain: reader.verify(),
    tags: reader.tags().length,
    deadLetters: reader.deadLetters(20).map(({ value: _, ...letter }) => letter),
  }));
}

async function tailOf(path: string): Promise<string> {
  const { open } = await import('node:fs/promises');
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const buffer = Buffer.alloc(Math.min(size, LOG_BYTES));
  await file.read(buffer, 0, buffer.length, size - buffer.length);
  return buffer.toString();
}
