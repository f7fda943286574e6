import * as z from 'zod';
import { count, us } from './common.ts';

const recipients = z.array(z.string()).exactOptional().describe('Addresses of a mail: for engineers.');

const OpenNotice = z.strictObject({
  id: count,
  plan: z.string(),
  step: count.describe('Index of the step in its plan.'),
  to: z.string(),
  recipients,
  alarm: z.string(),
  priority: z.string(),
  reason: z.enum(['raised', 'escalated', 'ended']),
  sinceUs: us,
  dueUs: us,
  attempts: count,
  nextUs: us.exactOptional().describe('When it is tried again; absent under way, and once it was given up.'),
  problem: z.string().exactOptional(),
});

const ComingNotice = z.strictObject({
  plan: z.string(),
  step: count.describe('Index of the step in its plan.'),
  to: z.string(),
  recipients,
  alarm: z.string(),
  priority: z.string(),
  sinceUs: us,
  dueUs: us,
  held: z
    .enum(['shift', 'maintenance'])
    .exactOptional()
    .describe(
      'What holds it back though its time has come: no shift of it is on, or its asset is under maintenance.',
    ),
});

export const NoticesStatus = z.strictObject({
  plans: count.describe('How many the site file has: without one nobody is told of anything.'),
  waiting: z.array(OpenNotice),
  coming: z.array(ComingNotice).describe('What is told next of each alarm that asks, one a plan.'),
  failed: z.array(OpenNotice).describe('Given up, oldest first; the last 200.'),
  maintenance: z.array(z.strictObject({ asset: z.string(), untilUs: us, by: z.string(), why: z.string() })),
});
