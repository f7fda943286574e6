import { infoOf } from '#contract/check-peers.ts';
import { type Blueprint, checkSite } from '#edge/blueprint.ts';
import { lastClocks } from '#edge/clock-record.ts';
import { configVersions } from '#edge/config-history.ts';
import { historianDir, journalDir } from '#edge/data-folder.ts';
import { durable } from '#edge/writes.ts';
import type { CsvOptions } from '#exchange/csv-table.ts';
import type { ImportOptions } from '#exchange/import.ts';
import { type ImportFile, importAside } from '#exchange/importing.ts';
import type { ImportReport } from '#exchange/report.ts';
import type { Historian } from '#historian/api.ts';
import { openHistorian } from '#historian/historian.ts';
import { openJournal } from '#journal/journal.ts';
import { systemClock } from '#kernel/clock.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';

export interface ImportAsked {
  /** As people call the file. */
  readonly name: string;
  readonly by: string;
  readonly why?: string | undefined;
  readonly options: ImportOptions & CsvOptions;
}

/** What an import says while it goes on: how far it has come, and in the end what it did. */
export type ImportLine =
  | { readonly rows: number; readonly bytes: number }
  | { readonly report: ImportReport };

/** Where an import goes. */
export interface ImportHost {
  readonly blueprint: Blueprint;
  /** Undefined where the site keeps no history. */
  readonly historian: Historian | undefined;
  readonly nowUs: number;
  /** Resolves once the event is on the disk. */
  event(event: Omit<SiteEvent, 'timeUs'>): Promise<void>;
}

const PROGRESS_MS = 250;
const MOST_TAGS_TOLD = 50;

/**
 * Brings a file into the history of a site. What is about to be done, and what was done, is in the audit; a dry run
 * leaves no trace. Ends with the report. @throws Fault `history.off`, those of {@link importAside}
 */
export async function* importHistory(
  host: ImportHost,
  asked: ImportAsked,
  file: ImportFile,
  signal?: AbortSignal,
): AsyncIterable<ImportLine> {
  const { historian } = host;
  if (!historian)
    throw new Fault('history.off', 'this site keeps no history', {
      retry: 'never',
      hint: 'switch settings.historian on in its site file',
    });
  const steps: ImportLine[] = [];
  const wake = { next: Promise.withResolvers<void>() };
  let shownMs = 0;
  const running = recorded(host, asked, (added) =>
    importAside(
      file,
      asked.options,
      {
        tags: host.blueprint.model.tags.map(infoOf),
        nowUs: host.nowUs,
        keep: async (rows) => {
          const count = await historian.importRows(rows);
          added.count += count;
          return count;
        },
        progress: (rows, bytes) => {
          if (performance.now() - shownMs < PROGRESS_MS) return;
          shownMs = performance.now();
          steps.push({ rows, bytes });
          wake.next.resolve();
        },
      },
      signal,
    ),
  );
  const ended = running.then(
    () => wake.next.resolve(),
    () => wake.next.resolve(),
  );
  let isEnded = false;
  ended.then(() => {
    isEnded = true;
  });
  while (!isEnded) {
    await Promise.race([wake.next.promise, ended]);
    wake.next = Promise.withResolvers();
    yield* steps.splice(0);
  }
  yield { report: await running };
}

/** Whatever becomes of it: what was kept stays, and is told. */
async function recorded(
  { blueprint, historian, event }: ImportHost,
  { name, by, why, options }: ImportAsked,
  run: (added: { count: number }) => Promise<ImportReport>,
): Promise<ImportReport> {
  const added = { count: 0 };
  if (options.dryRun) return await run(added);
  const tell = (what: string, detail: { readonly [key: string]: Json }) =>
    event({
      kind: 'config',
      name: `config.import-${what}`,
      subject: blueprint.model.site,
      by,
      detail: { file: name, ...(why !== undefined && { why }), ...detail },
    });
  // Rows of the journal must be in the chunks for the import to see that it has them already.
  await historian?.flush();
  await tell('begun', {});
  try {
    const report = await run(added);
    await tell('ended', detailOf(report));
    return report;
  } catch (error) {
    await tell('failed', { reason: messageOf(error), added: added.count }).catch(() => {});
    throw error;
  }
}

function detailOf(report: ImportReport): { readonly [key: string]: Json } {
  const { digest, bytes, rows, samples, added = 0, refused, fromUs, toUs, columns } = report;
  return {
    digest,
    bytes,
    rows,
    samples,
    added,
    refused,
    ...(fromUs !== undefined && { fromUs }),
    ...(toUs !== undefined && { toUs }),
    tags: columns.slice(0, MOST_TAGS_TOLD).map(({ path }) => path),
    tagCount: columns.length,
  };
}

const MEGABYTE = 1024 * 1024;
const DAY_US = 86_400e6;

/**
 * As {@link importHistory}, into the data folder of a site that does not run.
 * @param siteText of a site that has not run yet; otherwise the last one that ran counts
 * @throws Fault `journal.locked` where it runs, `journal.none`, `site.invalid`
 */
export async function* importStopped(
  dataDir: string,
  asked: ImportAsked,
  file: ImportFile,
  siteText?: string,
): AsyncIterable<ImportLine> {
  const blueprint = await blueprintOf(dataDir, siteText);
  const { journal: kept, historian: past } = blueprint.model.settings;
  const bounds = (one: typeof kept | typeof past) => ({
    quotaBytes: one.quotaMb * MEGABYTE,
    maxAgeUs: one.maxAgeDays * DAY_US,
  });
  await using journal = await openJournal({
    dir: journalDir(dataDir),
    commitMs: kept.commitMs,
    ...bounds(kept),
  });
  const clock = systemClock(lastClocks(journal));
  await using historian = past.enabled
    ? await openHistorian({ dir: historianDir(dataDir), journalDir: journalDir(dataDir), ...bounds(past) })
    : undefined;
  const host: ImportHost = {
    blueprint,
    historian,
    nowUs: clock.nowUs(),
    async event(event) {
      journal.event({ ...event, timeUs: clock.nowUs() }, clock.steadyUs());
      await durable(journal);
    },
  };
  yield* importHistory(host, asked, file);
}

async function blueprintOf(dataDir: string, siteText: string | undefined): Promise<Blueprint> {
  let text = siteText;
  if (text === undefined)
    for await (const version of configVersions(journalDir(dataDir))) text = version.text;
  const { blueprint, problems } = await checkSite(text ?? '');
  if (blueprint) return blueprint;
  throw new Fault('site.invalid', `the site file has errors: ${problems[0]?.message ?? ''}`, {
    retry: 'never',
    hint: '`holdfast check` shows all of them',
  });
}
