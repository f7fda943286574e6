import { createHash } from 'node:crypto';
import type { Problem } from '#contract/model.ts';
import type { Change } from '#edge/change.ts';
import { changeLine, summaryOf } from '#edge/change-text.ts';
import type { Core } from '#edge/core.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import type { Fault } from '#kernel/fault.ts';

/** Key of the digest of the site file that ran last, in the journal's state. */
export const CONFIG_STATE = 'config';
/** Key of the folder of the site file, in the journal's state. */
export const SITE_FOLDER_STATE = 'site-folder';

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Who brought a site file, and why. */
export interface Cause {
  /** `file`, `hangup`, `api:name`, `start`. */
  readonly by: string;
  readonly why?: string | undefined;
  /** Digest that an undo went back to. */
  readonly undoes?: string | undefined;
}

export interface ConfigChanged {
  readonly site: string;
  readonly text: string;
  readonly before: string | null;
  /** Absent where the file before is not at hand: the site was started with another one. */
  readonly changes?: readonly Change[];
  /** Alarms that stood when the file took them away. */
  readonly endedAlarms?: readonly string[];
  readonly cause: Cause;
}

/** Changes that an event lists; in the journal the text is in it as a whole, and in memory there are many events. */
const MOST_LISTED = 200;
const MOST_SHOWN = 20;

/**
 * Records that another site file decides from here on: what stands before this event in the journal was decided by the
 * file before, what stands behind it by this one. The whole text is in it, so that any time can be replayed; watchers
 * get its digest.
 */
export function recordChanged(core: Core, changed: ConfigChanged): void {
  const { site, text, before, changes, endedAlarms = [], cause } = changed;
  const digest = digestOf(text);
  const { by, why, undoes } = cause;
  const list = changes?.slice(0, MOST_LISTED).map(listed);
  const told = {
    digest,
    before,
    ...(changes && { summary: summaryOf(changes), changeCount: changes.length }),
    ...(endedAlarms.length > 0 && { endedAlarms: [...endedAlarms] }),
    ...(why !== undefined && { why }),
    ...(undoes !== undefined && { undoes }),
  };
  const event: SiteEvent = {
    kind: 'config',
    name: 'config.changed',
    subject: site,
    by,
    timeUs: core.clock.nowUs(),
  };
  const inJournal = { ...told, ...(list && { changes: list }), text };
  const inMemory = { ...told, ...(list && { changes: list.slice(0, MOST_SHOWN) }) };
  const seq = core.journal.event({ ...event, detail: inJournal }, core.clock.steadyUs());
  core.recent.add({ ...event, detail: inMemory }, seq);
  core.journal.state(CONFIG_STATE, digest);
}

/** What came or went is told by its name: the text says the rest. */
function listed({ section, id, what, fields }: Change): Json {
  return {
    section,
    id,
    what,
    ...(what === 'changed' && { fields: fields.map((field) => ({ ...field })) }),
  };
}

/** Problems that an event lists. */
const MOST_PROBLEMS = 20;

/** Records a site file that was not taken. */
export function recordRefused(
  core: Core,
  site: string,
  digests: { readonly refused: string; readonly running: string },
  problems: readonly Problem[],
  cause: Cause,
): void {
  core.path.event({
    kind: 'config',
    name: 'config.refused',
    subject: site,
    by: cause.by,
    timeUs: core.clock.nowUs(),
    detail: {
      digest: digests.refused,
      running: digests.running,
      problems: problems.slice(0, MOST_PROBLEMS).map((one) => ({ ...one })),
      problemCount: problems.length,
      ...(cause.why !== undefined && { why: cause.why }),
    },
  });
}

export const linesOf = (changes: readonly Change[]): string[] => changes.map(changeLine);

/** A refusal that has no place in the text. */
export const asProblem = ({ message, hint }: Fault): Problem => ({
  line: 1,
  column: 1,
  message,
  ...(hint !== undefined && { hint }),
  severity: 'error',
});
