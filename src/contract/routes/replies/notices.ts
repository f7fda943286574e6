import * as z from 'zod';
import { count, us } from './common.ts';

const OpenNotice = z.strictObject({
  id: count,
  plan: z.string(),
  step: count.describe('Index of the step in its plan.'),
  to: z.string(),
  alarm: z.string(),
  priority: z.string(),
  reason: z.enum(['raised', 'escalated', 'ended']),
  sinceUs: us,
  dueUs: us,
  attempts: count,
  nextUs: us.exactOptional().describe('When it is tried again; absent under way, and once it was given up.'),
  problem: z.string().exactOptional(),
});

export const NoticesStatus = z.strictObject({
  waiting: z.array(OpenNotice),
  failed: z.array(OpenNotice).describe('Given up, oldest first; the last 200.'),
  maintenance: z.array(z.strictObject({ asset: z.string(), untilUs: us, by: z.string(), why: z.string() })),
});
