import type { DETECTOR_ROUTES } from '#contract/routes/detectors.ts';
import { LEARNING_ROUTES } from '#contract/routes/learning.ts';
import type { Answered } from '#contract/routes/table.ts';
import type { DetectorView } from '#decide/detectors/saying.ts';
import { waitsText } from '#decide/detectors/waiting.ts';
import type { Handlers } from '#edge/api/handlers.ts';
import { unknown } from '#edge/api/named.ts';
import type { Site } from '#edge/site.ts';
import { encodedPath, encodeHint } from '#http/slashes.ts';
import { Fault } from '#kernel/fault.ts';
import { type Caller, isWithin } from '#kernel/rights.ts';

export type DetectorStatus = Answered<'detectors'>;

/** What looks for what nobody wrote down: what it sees now, and how often it was right. */
export function detectorHandlers(site: Site): Pick<Handlers, keyof typeof DETECTOR_ROUTES> {
  return {
    detectors: ({ query: { prefix } }, _signal, { caller: { areas } }) =>
      site.core.decisions
        .detectors()
        .filter(({ id }) => id.startsWith(prefix) && isWithin(areas, id))
        .map((one) => statusOf(site, one, areas)),
    detector: ({ params }, _signal, { caller }) => detectorStatus(site, params.detector, caller),
  };
}

/** @throws Fault `detector.unknown` */
export function detectorStatus(site: Site, id: string, { areas }: Pick<Caller, 'areas'>): DetectorStatus {
  const [found] = site.core.decisions.detectors(id);
  if (found) return statusOf(site, found, areas);
  const ids = site.blueprint.model.detectors.map((one) => one.id);
  const meant = encodedPath(Object.values(LEARNING_ROUTES), 'GET', `/api/detectors/${id}`);
  if (meant === undefined) throw unknown('detector', id, ids, areas);
  throw new Fault('detector.unknown', `there is no detector ${id}`, {
    retry: 'never',
    hint: encodeHint('GET', meant),
  });
}

/** @param areas of who asks: a detector may look beyond them, and those values are not his */
function statusOf(site: Site, view: DetectorView, areas: Caller['areas']): DetectorStatus {
  const { clock, detectors } = site.core;
  const { id, state, whyRest, waits, certainty, settings, waiting, fault } = view;
  const model = detectors.spec(id);
  const learnt = detectors.store.current(id);
  const digest = view.digest;
  const standing = detectors.findings.standing(id);
  return {
    ...written(site, id),
    id,
    asset: model.asset,
    kind: model.kind as DetectorStatus['kind'],
    tags: model.tags.filter((path) => isWithin(areas, path)),
    everyMs: model.everyMs,
    ...(model.restWhen !== undefined && { restWhen: model.restWhen }),
    state,
    // It may name what a tag is.
    ...(whyRest !== undefined && model.tags.every((path) => isWithin(areas, path)) && { whyRest }),
    ...(waits && { waitsFor: waitsText(waits, model, (tag) => isWithin(areas, tag)) }),
    ...(fault !== undefined && { fault }),
    ratio: finite(view.ratio),
    certainty,
    ...(standing && { sinceUs: standing.sinceUs }),
    reasons: view.reasons().filter(({ tag }) => isWithin(areas, tag)),
    settings,
    waiting,
    // What the site file holds it to came from elsewhere, unless it was learned here as well.
    ...(digest !== undefined &&
      (learnt?.digest === digest ? { learned: learnt } : { learned: { digest, atUs: 0, by: 'site file' } })),
    shadow: model.shadow,
    alarm: model.alarm !== undefined,
    figures: detectors.findings.figures(id, clock.nowUs()),
  };
}

function written(site: Site, id: string): Pick<DetectorStatus, 'description' | 'where'> {
  const { description, where = [] } = site.blueprint.model.detectors.find((one) => one.id === id) ?? {};
  return { where: where.map(String), ...(description !== undefined && { description }) };
}

export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
