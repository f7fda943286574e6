import * as z from 'zod';
import { connectionFields } from '#wire/opcua/config.ts';

/** -1: as fast as the subscription publishes; 0: as fast as the server can, each change where it tells changes. */
export const sampleMs = z.int().min(-1).max(86_400_000);
export const queue = z.int().min(1).max(10_000);

export const Config = z.strictObject({
  ...connectionFields,
  publishMs: z
    .int()
    .min(10)
    .max(3_600_000)
    .default(500)
    .describe('How often the server sends what has changed.')
    .meta({ restart: true }),
  sampleMs: sampleMs
    .default(-1)
    .describe('How often the server looks at its values; -1: as often as it publishes, 0: at each change.'),
  queue: queue
    .default(10)
    .describe('Values that the server keeps for each tag between two publishings; the oldest go first.'),
  keepAliveMs: z
    .int()
    .min(500)
    .max(600_000)
    .default(5000)
    .describe('How often the server shows that it lives while nothing changes.')
    .meta({ restart: true }),
  verifyEveryMs: z
    .int()
    .min(500)
    .max(86_400_000)
    .default(60_000)
    .describe(
      'All values are read this often besides, in slices spread over it, to see that none was withheld.',
    ),
  retryNodesMs: z
    .int()
    .min(100)
    .max(86_400_000)
    .default(30_000)
    .describe('Pause before nodes that the server did not know are asked for again.'),
  history: z
    .enum(['off', 'fill'])
    .default('off')
    .describe('fill: after a reconnect the history of the server, where it keeps one, fills the gap.'),
  conditions: z
    .boolean()
    .default(false)
    .describe('Alarms and conditions of the server become events of the site.')
    .meta({ restart: true }),
  inboxBytes: z
    .int()
    .min(1024)
    .default(8 * 1024 * 1024)
    .describe('Received and not yet taken; above it the server is not asked for more.')
    .meta({ restart: true }),
});
export type Config = z.output<typeof Config>;
