import * as z from 'zod';
import type { Endpoint, Finding, Point } from '#plugin/api.ts';
import { connectionFields } from '#wire/mqtt/config.ts';

/** Group, node, device and host ids are levels of topics (Sparkplug 3.0, 4.1). */
const id = z
  .string()
  .min(1)
  .regex(/^[^+#/\0]*$/, 'an id is one level of a topic: without +, #, /');

export const Address = z.strictObject({
  group: id.describe('Group id.'),
  node: id.describe('Edge node id.'),
  device: id.optional().describe('Device id; absent: a metric of the edge node itself.'),
  metric: z.string().min(1).describe('Name of the metric, as in its birth.'),
});

const glob = (what: string) =>
  z.string().min(1).default('*').describe(`${what}; * stands for any characters.`);

const Discover = z.strictObject({
  group: glob('Groups'),
  node: glob('Edge nodes'),
  device: z
    .string()
    .default('*')
    .describe('Devices; * also means the edge node itself, and an empty text it alone.'),
  metric: glob('Metrics'),
  tag: z
    .string()
    .min(1)
    .default('{group}/{node}/{device}/{metric}')
    .describe('Path of the tag. {device} falls away for metrics of the edge node itself.'),
  limit: z.int().min(1).max(100_000).default(1000).describe('Most tags that this entry may make.'),
});

export const Config = z.strictObject({
  ...connectionFields,
  hostId: id
    .describe('Id of this host application; its STATE is published under it.')
    .meta({ restart: true }),
  groups: z.array(id).default([]).describe('Groups to listen to; none: all.').meta({ restart: true }),
  nodes: z.array(id).default([]).describe('Edge nodes to listen to; none: all.').meta({ restart: true }),
  reorderMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(2000)
    .describe('Wait for a message that others overtook, before it counts as lost.'),
  rebirthEveryMs: z
    .int()
    .min(100)
    .max(3_600_000)
    .default(60_000)
    .describe('Least pause between two requests for a birth to one node; grows while it does not help.'),
  rebirthsPerMinute: z
    .int()
    .min(1)
    .max(6000)
    .default(300)
    .describe('Most requests for a birth to all nodes together.'),
  mostNodes: z.int().min(1).max(100_000).default(1000).describe('Edge nodes that are listened to at most.'),
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
  discover: z.array(Discover).default([]).describe('Metrics that become tags when a birth names them.'),
});

export type Config = z.output<typeof Config>;
export type Address = z.output<typeof Address>;
export type Discover = z.output<typeof Discover>;

/** What the schemas cannot see. */
export function check(config: Config, points: readonly Point<Address>[]): readonly Finding[] {
  const found: Finding[] = [];
  const places = new Map<string, string>();
  for (const { tag, address } of points) {
    const add = (message: string, hint: string) => found.push({ tag: tag.path, message, hint });
    const place = JSON.stringify([address.group, address.node, address.device, address.metric]);
    const other = places.get(place);
    if (other !== undefined)
      add(`${other} is read from the same metric`, 'Keep one of them, or derive a tag.');
    places.set(place, tag.path);
    if (config.groups.length > 0 && !config.groups.includes(address.group)) {
      add(
        `group ${address.group} is not listened to`,
        'Add it to groups of the source, or leave groups out.',
      );
    }
    if (config.nodes.length > 0 && !config.nodes.includes(address.node)) {
      add(`node ${address.node} is not listened to`, 'Add it to nodes of the source, or leave nodes out.');
    }
  }
  for (const [i, entry] of config.discover.entries()) {
    const unknown = [...entry.tag.matchAll(/\{([^}]*)\}/g)].find(([, name]) => !PARTS.has(name ?? ''));
    if (unknown) {
      found.push({
        message: `discover ${i + 1}: ${unknown[0]} in tag '${entry.tag}' stands for nothing`,
        hint: 'Use {group}, {node}, {device} and {metric}.',
      });
    }
  }
  return found;
}

const PARTS = new Set(['group', 'node', 'device', 'metric']);

export function endpoints(config: Config): readonly Endpoint[] {
  const { hostname, port, protocol } = new URL(config.url);
  const tls = protocol === 'mqtts:';
  return [{ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || (tls ? 8883 : 1883)), tls }];
}
