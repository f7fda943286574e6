import type { AlertStatus, EndedAlert } from '#contract/api.ts';
import { endedAlert } from '#contract/ended-alert.ts';
import type { ALERT_ROUTES } from '#contract/routes/alerts.ts';
import type { AlertView } from '#decide/api.ts';
import { detectorStatus, finite } from '#edge/api/detectors.ts';
import { findEvents } from '#edge/api/event-log.ts';
import type { Handlers } from '#edge/api/handlers.ts';
import { sightOf } from '#edge/api/sight.ts';
import { wallUs } from '#edge/api/steady-time.ts';
import { tagValue } from '#edge/api/tag-value.ts';
import { usageOf } from '#edge/api/usage.ts';
import type { Site } from '#edge/site.ts';
import { isWithin } from '#kernel/rights.ts';

/** Conditions worth knowing of: those that hold, and those that did. */
export function alertHandlers(site: Site): Pick<Handlers, keyof typeof ALERT_ROUTES> {
  const { core } = site;
  return {
    alerts: ({ query: { prefix } }, _signal, { caller: { areas } }) =>
      core.decisions
        .alerts()
        .filter(({ rule }) => rule.startsWith(prefix) && isWithin(areas, rule))
        .map((alert) => ofDetector(site, alert, areas) ?? alertStatus(site, alert, areas))
        .sort((a, b) => b.sinceUs - a.sinceUs || (a.rule < b.rule ? -1 : 1)),
    async endedAlerts({ query: { prefix, ...span } }, _signal, { caller }) {
      const query = { ...span, kind: ['alert' as const], name: 'alert.ended', subject: `${prefix}*` };
      const { items, next } = await findEvents(site, query, sightOf(caller));
      const ended = items.toReversed().map(endedAlert);
      return { items: ended.map((one) => judged(site, one)), ...(next && { next }) };
    },
    async judgeAlert({ body }, _signal, { caller }) {
      detectorStatus(site, body.id, caller);
      core.detectors.judge(body);
      await site.durable();
      return detectorStatus(site, body.id, caller);
    },
  };
}

/** @param areas of who asks: a condition may read beyond them, and those values are not his */
function alertStatus(site: Site, alert: AlertView, areas: readonly string[] | undefined): AlertStatus {
  const { core, blueprint } = site;
  const { rule, text, sinceUs, condition } = alert;
  const model = blueprint.model.rules.find(({ id }) => id === rule);
  const inputs = usageOf(site)
    .readBy(rule)
    .filter((path) => isWithin(areas, path))
    .map((path) => tagValue(core, core.table.get(core.table.number(path))));
  return {
    rule,
    asset: model?.asset ?? '',
    ...(model?.description !== undefined && { description: model.description }),
    text,
    sinceUs: wallUs(core.clock, sinceUs),
    condition,
    when: model?.when ?? '',
    inputs,
  };
}

/** @returns undefined where a rule raised it */
function ofDetector(
  { core, blueprint }: Site,
  alert: AlertView,
  areas: readonly string[] | undefined,
): AlertStatus | undefined {
  const view = core.decisions.detectors(alert.rule)[0];
  const model = blueprint.model.detectors.find(({ id }) => id === alert.rule);
  if (!view || !model) return undefined;
  const { asset, description, kind, tags } = model;
  const found = core.detectors.findings.standing(alert.rule);
  const { verdict } = found ?? {};
  return {
    ...alert,
    asset,
    ...(description !== undefined && { description }),
    sinceUs: found?.sinceUs ?? wallUs(core.clock, alert.sinceUs),
    when: '',
    inputs: tags
      .filter((path) => isWithin(areas, path))
      .map((path) => tagValue(core, core.table.get(core.table.number(path)))),
    detector: {
      kind,
      certainty: view.certainty,
      ratio: finite(view.ratio),
      reasons: view.reasons().filter(({ tag }) => isWithin(areas, tag)),
    },
    ...(verdict !== undefined && { verdict }),
  };
}

/** What is over, with the newest word of people. */
function judged({ core }: Site, alert: EndedAlert): EndedAlert {
  if (!alert.detector) return alert;
  const found = core.detectors.findings.find(alert.rule, alert.sinceUs);
  if (!found) return alert;
  const { sinceUs, verdict } = found;
  return { ...alert, sinceUs, ...(verdict !== undefined && { verdict }) };
}
