import * as z from 'zod';
import { clockTime } from '#contract/clock-time.ts';

const bytesPerS = z
  .int()
  .min(100)
  .max(1_000_000_000)
  .describe(
    'Most bytes a second on the link to the hub, before TLS and TCP; as many as it bears when absent.',
  );

/** The link of a box that has joined a hub. */
export const HubSettings = z
  .strictObject({
    bytesPerS: bytesPerS.optional(),
    hours: z
      .array(
        z.strictObject({
          from: clockTime.describe('Local time of the box.'),
          to: clockTime.describe('Before `from`: over midnight.'),
          bytesPerS,
        }),
      )
      .max(24)
      .default([])
      .describe('Other rates at times of the day; the first that holds counts.'),
    everyMs: z
      .int()
      .min(100)
      .max(3_600_000)
      .default(1000)
      .describe(
        'Samples are gathered for so long before they are sent; few together cost more bytes each. While a backlog waits, newest values go ahead of it in this rhythm.',
      ),
    acknowledge: z
      .boolean()
      .default(false)
      .describe(
        'Whether people at the hub may acknowledge alarms of this site; who may there, the hub says.',
      ),
  })
  .prefault({})
  .describe(
    'The link to the hub, once the box has joined one. Security events go first, then other events, newest values, history.',
  );
