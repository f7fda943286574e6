import * as fc from 'fast-check';
import type { Json } from '#kernel/event.ts';
import type { FromHub, FromSite } from '#uplink/messages.ts';
import { LANES, REPORTS_SINCE, TABLES } from '#uplink/messages.ts';

/* Any message of the uplink. */

const seq = fc.integer({ min: 0, max: 2 ** 50 });
const stretch = fc
  .record({ after: seq, rows: fc.integer({ min: 1, max: 2 ** 20 }) })
  .map(({ after, rows }) => ({ after, upTo: after + rows }));
const bytes = fc.uint8Array({ maxLength: 300 });
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((any) => any.toWellFormed());
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);
const page = fc.integer({ min: 0, max: 2 ** 31 });
const pages = fc
  .array(fc.tuple(page, fc.integer({ min: 0, max: 2 ** 32 - 1 })), { maxLength: 20 })
  .map((all) => new Map(all));

export const aFromSite: fc.Arbitrary<FromSite> = fc.oneof(
  fc.record({
    kind: fc.constant('hello' as const),
    version: fc.integer({ min: 0, max: 255 }),
    site: text,
    journal: fc.uuid(),
    epoch: seq,
    software: text,
  }),
  fc.record({
    kind: fc.constant('page' as const),
    table: fc.constantFrom(...TABLES),
    page,
    text: fc.oneof(text, fc.constant('["a"]'.repeat(500))),
  }),
  fc
    .record({ lane: fc.constantFrom('security' as const, 'others' as const), stretch, list: bytes })
    .map(({ lane, stretch: { after, upTo }, list }) => ({
      kind: 'events' as const,
      lane,
      after,
      upTo,
      list,
    })),
  fc.record({ kind: fc.constant('live' as const), stamp: seq, block: bytes }),
  fc
    .record({ stretch, block: bytes })
    .map(({ stretch: { after, upTo }, block }) => ({ kind: 'history' as const, after, upTo, block })),
  fc.record({
    kind: fc.constant('report' as const),
    revision: seq,
    since: seq,
    rows: fc.array(fc.tuple(text, text, json), { maxLength: 20 }),
  }),
  fc.record(
    { kind: fc.constant('answer' as const), id: seq, fault: fc.record({ code: text, message: text }) },
    { requiredKeys: ['kind', 'id'] },
  ),
  fc.constant({ kind: 'ping' as const }),
);

export const aFromHub: fc.Arbitrary<FromHub> = fc.oneof(
  fc
    .record({
      kind: fc.constant('welcome' as const),
      version: fc.integer({ min: 0, max: 255 }),
      hub: fc.uuid(),
      positions: fc.record({ security: seq, others: seq, history: seq }),
      pages: fc.record({ tags: pages, gaps: pages, alarms: pages }),
    })
    .map((one) =>
      one.version < REPORTS_SINCE
        ? { ...one, pages: { ...one.pages, alarms: new Map<number, number>() } }
        : one,
    ),
  fc.record({
    kind: fc.constant('stored' as const),
    lane: fc.constantFrom(...LANES, 'live' as const, 'report' as const),
    upTo: seq,
  }),
  fc.record({ kind: fc.constant('refused' as const), code: text, message: text }),
  fc.constant({ kind: 'pong' as const }),
  fc.record({
    kind: fc.constant('asked' as const),
    asked: fc.array(
      fc.record(
        { id: seq, alarm: text, occurrence: seq, by: text, comment: text },
        { requiredKeys: ['id', 'alarm', 'occurrence', 'by'] },
      ),
      { maxLength: 5 },
    ),
  }),
);
