import * as z from 'zod';
import { from, to } from './requests.ts';

/* What may be asked about learning. */

const by = z.string().min(1).max(100).default('local').describe('Who does it.');
const why = z.string().trim().min(1).max(500).optional();

export const LearnBody = z.strictObject({
  from: from.describe('Begin of the period of good running: ISO 8601 with its zone, or µs since 1970.'),
  to: to.describe('Its end, exclusive.'),
  dryRun: z
    .boolean()
    .default(false)
    .describe('Says whether the period is fit to learn from, and keeps nothing.'),
  force: z
    .boolean()
    .default(false)
    .describe('Learns of an unfit period too, as far as it teaches anything; needs why.'),
  why: why.describe('Kept in the audit.'),
  by,
});

export const TakeLearnedQuery = z.strictObject({
  name: z.string().min(1).max(500).default('upload').describe('Name of the file, for the audit.'),
  why: why.describe('Kept in the audit.'),
  by,
});
