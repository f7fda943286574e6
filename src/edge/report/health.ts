import type { FaultStatus, SiteStatus } from '#contract/api.ts';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import { HUB_CURSOR } from '#edge/hub-cursor.ts';

export type Health = Omit<FleetAnswered<'siteHealth'>, 'site' | 'saidUs' | 'waiting'>;
type Problem = Health['problems'][number];

/** What a hub is told of how a site does. */
export function healthOf(status: SiteStatus, acknowledge: boolean): Health {
  const { version, epoch, mode, config, memoryBytes, tags, decisions, journal, historian } = status;
  const { writtenPerDay, autonomy } = status;
  return {
    ...{ version, epoch, mode, acknowledge, memoryBytes, tags },
    startedUs: Math.round(status.nowUs - status.upS * 1e6),
    config: {
      digest: config.digest,
      sinceUs: config.sinceUs,
      ...(config.refused && { refused: config.refused.problems.length }),
      ...(config.lastGoodUs !== undefined && { lastGoodUs: config.lastGoodUs }),
    },
    problems: [...problemsOf(status)],
    decisions: { p50Ms: decisions.p50Ms, p99Ms: decisions.p99Ms, maxMs: decisions.maxMs },
    journal: {
      ...{ usedBytes: journal.usedBytes, quotaBytes: journal.quotaBytes },
      ...{ lostRows: journal.lostRows, gaps: journal.gaps },
    },
    ...(historian && {
      historian: {
        ...{ usedBytes: historian.usedBytes, quotaBytes: historian.quotaBytes },
        ...(historian.oldestUs !== undefined && { oldestUs: historian.oldestUs }),
      },
    }),
    ...(writtenPerDay !== undefined && { writtenPerDay }),
    ...(autonomy && { autonomy }),
    sinks: Object.entries(status.sinks)
      .filter(([id]) => id !== HUB_CURSOR)
      .map(([id, { kind, state, backlog, fault }]) => ({
        ...{ id, kind, state, backlog },
        ...(fault && { fault }),
      })),
  };
}

/** What somebody should look at, with what to do about it. Ages are left out: what goes on is said once. */
function* problemsOf(status: SiteStatus): Iterable<Problem> {
  const { config, journal, historian, access, restored, autonomy } = status;
  if (journal.fault) yield { part: 'journal', ...journal.fault };
  if (historian?.fault) yield { part: 'historian', ...historian.fault };
  if (config.refused)
    yield {
      ...{ part: 'config', code: 'config.refused' },
      message: `the site file that lies there has ${config.refused.problems.length} mistakes, and does not run`,
      hint: '`holdfast check` at the site tells each with its line',
    };
  if (config.lastGoodUs !== undefined)
    yield {
      ...{ part: 'config', code: 'config.last-good' },
      message: 'the last good site file runs, because the one in place was bad',
      hint: 'correct the site file',
    };
  if (access?.damage !== undefined)
    yield {
      ...{ part: 'access', code: 'access.damaged', message: `nobody can sign in: ${access.damage}` },
      hint: '`holdfast users add` at the site makes users anew',
    };
  if (restored)
    yield {
      ...{ part: 'restored', code: 'restore.unchecked' },
      message: 'it came out of a backup, and nobody has looked at what may be old',
      hint: 'look, and say so: `holdfast restore --checked` at the site',
    };
  if (autonomy?.isLow) yield { part: 'autonomy', ...lowAutonomy(autonomy) };
  yield* faultsOf('source', status.sources);
  yield* faultsOf('sink', status.sinks);
  yield* faultsOf('actuator', status.actuators);
}

const lowAutonomy = ({ days = 0, first }: NonNullable<SiteStatus['autonomy']>): FaultStatus => ({
  code: 'autonomy.low',
  message: `it bears to be left alone for ${days.toFixed(days < 10 ? 1 : 0)} more days${first ? `: ${first.reason} ${first.subject}` : ''}`,
  hint: '`holdfast autonomy` at the site tells what ends first',
});

function* faultsOf(
  what: 'source' | 'sink' | 'actuator',
  all: { readonly [id: string]: { readonly fault?: FaultStatus | undefined } },
): Iterable<Problem> {
  // That the hub is away is no news to it.
  for (const [id, { fault }] of Object.entries(all))
    if (fault && id !== HUB_CURSOR) yield { part: `${what}:${id}`, ...fault };
}
