import type { Problem } from '#contract/model.ts';
import { type Checked, checkSite, readSiteFile } from '#edge/blueprint.ts';
import { type ConfigVersion, configVersions } from '#edge/config-history.ts';
import { asProblem } from '#edge/config-record.ts';
import { journalDir } from '#edge/data-folder.ts';
import { Fault } from '#kernel/fault.ts';

/** What a site starts with. */
export interface Start extends Checked {
  /** Set where the blueprint is that of the last good file, because the one in place is bad. */
  readonly fallback?: Fallback;
}

export interface Fallback {
  /** What lies in the site file; absent where it could not be read. */
  readonly text?: string;
  readonly problems: readonly Problem[];
  /** When the file that runs instead took effect, wall time. */
  readonly lastGoodUs: number;
}

/**
 * The site file; where it is bad, the file that ran last, out of the journal: a power cut must not turn a mistake that
 * changed nothing into a plant without a site. Only the very last one: what people have replaced is not brought back.
 * @throws Fault `site.unreadable` when there is none of both
 */
export async function readStart(path: string, dataDir: string): Promise<Start> {
  const read = await readSiteFile(path).catch((error: Fault) => error);
  const checked = read instanceof Fault ? unreadable(read) : await checkSite(read);
  if (checked.blueprint) return checked;
  const last = await lastVersion(dataDir);
  // A file of an earlier release may not hold any more.
  const { blueprint } = last ? await checkSite(last.text) : {};
  if (last && blueprint) {
    const { problems } = checked;
    const text = read instanceof Fault ? {} : { text: read };
    return { blueprint, problems, fallback: { ...text, problems, lastGoodUs: last.timeUs } };
  }
  if (read instanceof Fault) throw read;
  return checked;
}

const unreadable = (fault: Fault): Checked => ({ blueprint: undefined, problems: [asProblem(fault)] });

/** The file that took effect last, as far as the journal remembers; it may hold many, and keeps one in memory. */
async function lastVersion(dataDir: string): Promise<ConfigVersion | undefined> {
  let last: ConfigVersion | undefined;
  try {
    for await (const version of configVersions(journalDir(dataDir))) last = version;
  } catch (error) {
    if (!(error instanceof Fault && error.code === 'journal.none')) throw error;
  }
  return last;
}
