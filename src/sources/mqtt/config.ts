import * as z from 'zod';
import { parsePath } from '#codec/json/path.ts';
import { topicProblem } from '#codec/mqtt/filter.ts';
import { Fault } from '#kernel/fault.ts';
import type { Finding, Point } from '#plugin/api.ts';
import { neverRetained } from '#wire/mqtt/command.ts';
import { connectionFields } from '#wire/mqtt/config.ts';

const topic = (wildcards: boolean) =>
  z.string().superRefine((text, context) => {
    const problem = topicProblem(text, wildcards);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  });

const path = z.string().superRefine((text, context) => {
  try {
    parsePath(text);
  } catch (error) {
    if (error instanceof Fault)
      context.addIssue({ code: 'custom', message: `${error.message}. ${error.hint}` });
  }
});

const qos = z.union([z.literal(0), z.literal(1)]);
const TIME_UNITS = ['ms', 's', 'us', 'iso'] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

const reading = {
  path: path
    .optional()
    .describe('Place of the value in a JSON payload, such as a.b[0].c; absent: the payload is the value.'),
  timePath: path
    .optional()
    .describe('Place of the source time in the same JSON; absent: the time of arrival.'),
  timeUnit: z
    .enum(TIME_UNITS)
    .default('ms')
    .describe('Since 1970, or iso: RFC 3339 text (UTC where no zone is given).'),
};

const Write = z.strictObject({
  topic: topic(false).describe('Topic that the device listens to.'),
  template: z
    .string()
    .refine((text) => text.includes('{{value}}'), 'the template must hold {{value}}')
    .optional()
    .describe('Payload with {{value}} in place of the value as JSON; absent: the value as plain text.'),
  qos: qos.default(1).describe('0 is never confirmed, not even by the broker.'),
  retain: neverRetained,
});

export const Address = z
  .strictObject({
    topic: topic(false).optional().describe('Topic that carries the value; several tags may share one.'),
    ...reading,
    qos: qos.optional().describe('Default: that of the source.'),
    write: Write.optional().describe('How the tag is written; for access write and readWrite.'),
  })
  .refine((address) => address.topic !== undefined || address.write !== undefined, 'needs a topic, or write');

const silence = z
  .int()
  .min(0)
  .refine((ms) => ms === 0 || ms >= 100, 'must be at least 100, or 0 for never');

/** A quarter of an hour: longer than most sensors that report on a schedule pause, shorter than a shift forgets one. */
const STALE_AFTER_MS = 900_000;

const Discover = z.strictObject({
  topic: topic(true).describe('Filter with wildcards, such as plant/+/env/+.'),
  tag: z.string().min(1).describe('Path of the tag; $1, $2 … stand for what the wildcards matched.'),
  ...reading,
  type: z.enum(['number', 'boolean', 'int64', 'text', 'structure']).default('number'),
  unit: z.string().optional().describe('UCUM code.'),
  qos: qos.optional().describe('Default: that of the source.'),
  staleAfterMs: silence
    .optional()
    .describe('Bad after this long without a message; 0: never. Default: that of the source.'),
  limit: z.int().min(1).max(100_000).default(1000).describe('Most tags that this filter may make.'),
});

export const Config = z.strictObject({
  ...connectionFields,
  qos: qos
    .default(1)
    .describe('1: the broker keeps messages while the site is away; they are confirmed once on disk.'),
  sessionExpiryS: z
    .int()
    .min(0)
    .max(0xffff_fffe)
    .default(604_800)
    .describe('How long the broker keeps messages for us while we are away (MQTT 5).')
    .meta({ restart: true }),
  receiveMaximum: z
    .int()
    .min(1)
    .max(65_535)
    .default(8192)
    .describe('Most unconfirmed QoS 1 messages under way to us (MQTT 5).')
    .meta({ restart: true }),
  maxPacketBytes: z
    .int()
    .min(128)
    .max(256 * 1024 * 1024)
    .default(1024 * 1024)
    .describe('Larger messages are skipped and counted as a gap.')
    .meta({ restart: true }),
  inboxBytes: z
    .int()
    .min(1024)
    .default(8 * 1024 * 1024)
    .describe('Received and not yet taken; the broker is held back above it.')
    .meta({ restart: true }),
  writeTimeoutMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(5000)
    .describe("Wait for the broker's confirmation of a write; after it the write is unknown."),
  staleAfterMs: silence
    .default(STALE_AFTER_MS)
    .describe(
      'A tag is bad after this long without a message; 0: never, for topics that speak only on a change. A tag may say its own.',
    ),
  discover: z.array(Discover).default([]).describe('Topics that become tags when they first speak.'),
});

export type Config = z.output<typeof Config>;
export type Address = z.output<typeof Address>;
export type Discover = z.output<typeof Discover>;

/** What the schemas cannot see. */
export function check(config: Config, points: readonly Point<Address>[]): readonly Finding[] {
  const found = points.flatMap((point) => pointFindings(point));
  for (const [i, entry] of config.discover.entries()) {
    const wildcards = entry.topic.split('/').filter((level) => level === '+' || level === '#').length;
    const highest = Math.max(0, ...[...entry.tag.matchAll(/\$(\d+)/g)].map((match) => Number(match[1])));
    if (highest > wildcards) {
      found.push({
        message: `discover ${i + 1}: tag '${entry.tag}' names $${highest}, but '${entry.topic}' has ${wildcards} wildcards`,
        hint: 'Number the wildcards from $1 on, in their order.',
      });
    }
    if (entry.timePath !== undefined && entry.path === undefined) {
      found.push({ message: `discover ${i + 1}: timePath without path`, hint: TIME_HINT });
    }
  }
  return found;
}

const TIME_HINT = 'Name the place of the value in the JSON with path.';

function pointFindings({ tag, address }: Point<Address>): readonly Finding[] {
  const found: Finding[] = [];
  const add = (message: string, hint: string) => found.push({ tag: tag.path, message, hint });
  if (address.timePath !== undefined && address.path === undefined) add('timePath without path', TIME_HINT);
  if (tag.access !== 'write' && address.topic === undefined) {
    add('the tag is read, but has no topic', 'Give the topic that carries it, or access: write.');
  }
  if (tag.access !== 'read' && address.write === undefined) {
    add('the tag is written, but the address has no write', 'Add write: {topic: …}, or access: read.');
  }
  if (tag.access === 'read' && address.write !== undefined) {
    add('the address has write, but the tag is only read', 'Set access: readWrite, or take write away.');
  }
  return found;
}
