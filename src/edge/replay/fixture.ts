import assert from 'node:assert/strict';
import { type Blueprint, checkSite } from '#edge/blueprint.ts';
import { journalDir, learnedDir } from '#edge/data-folder.ts';
import { currentOf, LEARNED_STATE, learnedText } from '#edge/detectors/learned-store.ts';
import { HEARTBEAT } from '#edge/heartbeat.ts';
import { checkedFile, fileHistory } from '#edge/replay/files.ts';
import { learnedAt, readSitePast, textAt } from '#edge/replay/site-past.ts';
import { type Site, startSite } from '#edge/site.ts';
import { openReader } from '#journal/reader.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Finding } from '#replay/finding.ts';
import { Lane } from '#replay/lane.ts';
import { Recorded } from '#replay/recorded.ts';

/* Runs real sites on a clock that tests move, and replays what they kept. */

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** Moves only when told, and never wakes anybody: the test says when time has passed. */
export class StillClock implements Clock {
  atUs: number;

  constructor(atUs = 1_800_000_000_000_000) {
    this.atUs = atUs;
  }

  // Bound, as those of the system clock are: parts of the site take them one by one.
  readonly nowUs = (): number => this.atUs;
  readonly steadyUs = (): number => this.atUs;

  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  }
}

export async function blueprintOf(text: string): Promise<Blueprint> {
  const { blueprint, problems } = await checkSite(text);
  assert.ok(blueprint, JSON.stringify(problems));
  return blueprint;
}

/** What was asked of machines, in the words of a finding, beside what the journal says of it. */
export interface WatchedSite {
  readonly site: Site;
  readonly asked: string[];
}

export async function watchedSite(
  blueprint: Blueprint,
  dataDir: string,
  clock: Clock,
  asked: string[] = [],
): Promise<WatchedSite> {
  const site = await startSite({ blueprint, dataDir, log: quiet, version: '1', clock: () => clock });
  const { guard, table } = site.core;
  const [write, release] = [guard.write.bind(guard), guard.release.bind(guard)];
  guard.write = (request) => {
    const { by, tag, value } = request;
    if (by.kind === 'rule' && by !== HEARTBEAT)
      asked.push(`${clock.steadyUs()} ${by.name} ${table.get(tag).path} ${value}`);
    return write(request);
  };
  guard.release = (by) => {
    if (by.kind === 'rule') asked.push(`${clock.steadyUs()} ${by.name} release`);
    release(by);
  };
  return { site, asked };
}

/** What the site recorded, and what a replay by the files of then finds. */
export async function replayed(
  dataDir: string,
): Promise<{ readonly recorded: Finding[]; readonly found: Finding[]; readonly rows: number }> {
  using reader = openReader(journalDir(dataDir));
  const past = readSitePast(reader, 0);
  const files = await Promise.all([...new Set(past.texts.map(({ text }) => text))].map(checkedFile));
  const history = fileHistory(files);
  const first = files.find(({ blueprint }) => blueprint.text === textAt(past, 0));
  assert.ok(first);
  const digests = learnedAt(past, 0, currentOf(reader.states(LEARNED_STATE)));
  const learned = { digests, text: (digest: string) => learnedText(learnedDir(dataDir), digest) };
  const known = reader.tags();
  const lane = new Lane({ file: first, known, follow: history, states: past.states, learned });
  const record = new Recorded();
  const found: Finding[] = [];
  const recorded: Finding[] = [];
  let rows = 0;
  for (const item of reader.items(0)) {
    if (item.kind === 'batch' && !item.mark.derived) rows += item.batch.rows;
    found.push(...lane.take(item));
    const one = record.take(item);
    if (one) recorded.push(one);
  }
  return { recorded, found, rows };
}

/** A finding as both sides can tell it: rules, alarms, alerts and what was skipped in full, to the entry. */
export const told = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ seq, what }) =>
    what.kind === 'rule' || what.kind === 'alarm' || what.kind === 'alert' || what.kind === 'skipped'
      ? [`${seq} ${JSON.stringify(what, sorted)}`]
      : [],
  );

/** The journal keeps the keys of an event in the order of the alphabet. */
const sorted = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort())
    : value;

/** What rules asked of machines, as {@link WatchedSite.asked} has it. */
export const askedFor = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ atUs, what }) => {
    if (what.kind === 'write') return [`${atUs} ${what.rule} ${what.tag} ${what.value}`];
    return what.kind === 'release' ? [`${atUs} ${what.rule} release`] : [];
  });
