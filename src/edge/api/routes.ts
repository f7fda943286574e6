import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { AlarmRequest, AssetRequest, type DeadLetterView, type EventView, WriteBody } from '#contract/api.ts';
import type { AlarmAct } from '#decide/api.ts';
import { tagValue } from '#edge/api/tag-value.ts';
import type { Core } from '#edge/core.ts';
import type { Numbered } from '#edge/recent.ts';
import type { Site } from '#edge/site.ts';
import type { WriteOutcome } from '#guard/api.ts';
import type { StoredDeadLetter } from '#journal/api.ts';
import { valueToJson } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import { qualityName } from '#kernel/quality.ts';

const Page = z.object({
  after: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
const Tags = z.object({ prefix: z.string().default('') });

export function addRoutes(app: FastifyInstance, site: Site): void {
  const { core } = site;
  app.get('/health', async (_request, reply) => {
    const fault = core.journal.health.fault;
    return reply
      .code(fault ? 503 : 200)
      .send({ ok: fault === undefined, ...(fault && { fault: fault.code }) });
  });
  app.get('/api/status', async () => site.status());
  app.get('/api/tags', async (request) => {
    const { prefix } = Tags.parse(request.query);
    return [...site.tags()].filter((tag) => tag.path.startsWith(prefix)).map((tag) => tagValue(core, tag));
  });
  app.get('/api/alarms', async () => core.decisions.alarms());
  app.get('/api/rules', async () => {
    const shadows = new Map(core.shadows.status(core.clock.steadyUs()).map((one) => [one.id, one]));
    return core.decisions.rules().map((rule) => ({ ...rule, shadow: shadows.get(rule.id) ?? null }));
  });
  app.get('/api/assets', async () => core.guard.assets());
  app.get('/api/events', async (request) => {
    const { after, limit } = Page.parse(request.query);
    const events = after === undefined ? core.recent.last(limit) : core.recent.after(after, limit);
    return events.map(eventView);
  });
  app.get('/api/gaps', async (request) => {
    const { limit } = Page.parse(request.query);
    return site.gaps(limit);
  });
  app.get('/api/dead-letters', async (request) => {
    const { limit } = Page.parse(request.query);
    return site.deadLetters(limit).map((letter) => deadLetterView(core, letter));
  });
  app.post('/api/alarms', async (request) => {
    const { id, act, forMin, comment, by } = AlarmRequest.parse(request.body);
    core.path.operate(id, alarmAct(act, forMin), by, comment);
    await site.durable();
    return core.decisions.alarms().find((alarm) => alarm.id === id);
  });
  app.post('/api/writes', async (request) => {
    const { tag: path, value, why, leaseMs, by } = WriteBody.parse(request.body);
    const tag = core.table.number(path);
    const asker = { kind: 'operator', name: by } as const;
    const plain = typeof value === 'boolean' ? Number(value) : value;
    return outcomeView(await core.guard.write({ tag, value: plain, by: asker, why, leaseMs }));
  });
  app.post('/api/assets', async (request) => {
    const { asset, mode, tagOut, why, by } = AssetRequest.parse(request.body);
    site.setAsset(asset, { mode, tagOut, why, by });
    await site.durable();
    return core.guard.assets().filter((one) => `${one.asset}/`.startsWith(`${asset}/`));
  });
}

export const eventView = ({ id, event }: Numbered): EventView => ({ id, ...event });

function alarmAct(act: z.output<typeof AlarmRequest>['act'], forMin: number | undefined): AlarmAct {
  if (act !== 'shelve') return { act };
  if (forMin !== undefined) return { act, forMin };
  throw new Fault('api.bad-request', 'shelving needs an end', { hint: 'say for how many minutes: forMin' });
}

function deadLetterView(core: Core, letter: StoredDeadLetter): DeadLetterView {
  const { id, sink, tag, timeUs, value, quality, reason, atUs } = letter;
  return {
    id,
    sink,
    tag: core.table.has(tag) ? core.table.get(tag).path : `number ${tag}`,
    timeUs,
    value,
    quality: qualityName(quality),
    reason,
    atUs,
  };
}

const outcomeView = (outcome: WriteOutcome) => ({
  ...outcome,
  value: valueToJson(outcome.value),
});
