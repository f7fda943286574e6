import * as z from 'zod';
import { DETECTOR_KINDS } from '#contract/site.ts';
import { count, json, us } from './common.ts';

export const DETECTOR_STATES = [
  'watching',
  'found',
  'resting',
  'warming-up',
  'unknown',
  'not-learned',
] as const;
export const VERDICTS = ['true', 'false', 'known'] as const;

const figure = z.number().nullable().describe('null where there is none.');

export const Reason = z
  .strictObject({
    tag: z.string().describe('Path of the tag that speaks for it.'),
    share: z.number().describe('Part of the figure that is owed to this tag, 0 to 1.'),
    value: figure.describe('What it is; of some kinds smoothed. null where there is no such.'),
    expected: figure.describe('What it would be if all were well.'),
    deviation: figure.describe('Distance of both in usual deviations of good running, with its sign.'),
    text: z.string().describe('A sentence without its full stop.'),
  })
  .describe('Why a detector finds something.');

export const FoundBy = z
  .strictObject({
    kind: z.enum(DETECTOR_KINDS),
    certainty: z
      .number()
      .describe('How sure it is that this is none of what it learned from, 0 to 1; 0.5 is at its limit.'),
    ratio: figure.describe('Its figure now: 1 is at its limit. null while it is not known.'),
    reasons: z.array(Reason).describe('The strongest first.'),
  })
  .describe('The detector that finds it.');

export const verdict = z
  .enum(VERDICTS)
  .describe('What people said of it: true, false, or known: it stands, and is shown quietly.');

const DetectorFigures = z.strictObject({
  sinceUs: us.describe('Since when they count: since it took what it goes on with.'),
  findings: count.describe('Findings that began.'),
  true: count,
  false: count,
  known: count,
  open: count.describe('Of which nobody has said anything.'),
  falsePerWeek: z.number().describe('False ones a week, over the time since then, but a week at least.'),
});

const LearnedView = z.strictObject({
  digest: z.string().describe('SHA-256 of the learned file.'),
  atUs: us.describe('When it took effect.'),
  fromUs: us.describe('Begin of the period that it learned from.').exactOptional(),
  toUs: us.describe('End of that period.').exactOptional(),
  by: z.string(),
  report: json.describe('Whether that period was fit to learn from.').exactOptional(),
});

export const DetectorStatus = z
  .strictObject({
    id: z.string().describe('Also the path of the tag that is its figure.'),
    asset: z.string(),
    where: z.array(z.string()).describe('Where the site file says it: keys and indices from the top.'),
    kind: z.enum(DETECTOR_KINDS),
    description: z.string().exactOptional(),
    tags: z.array(z.string()).describe('Paths of the tags that it looks at.'),
    everyMs: count.describe('Length of a moment.'),
    restWhen: z.string().exactOptional().describe('Condition during which it rests, in CEL.'),
    state: z.enum(DETECTOR_STATES),
    whyRest: z
      .string()
      .exactOptional()
      .describe('With resting: why, where that is not its condition but something that it has not learned.'),
    waitsFor: z
      .string()
      .exactOptional()
      .describe('With warming-up: what it waits for, in words, such as `needs 8 more moments, 40 s`.'),
    fault: z
      .string()
      .exactOptional()
      .describe('With not-learned: why what it learned is not used, where there is something.'),
    ratio: figure.describe('Its figure: 1 is at the limit. null while it is not known.'),
    certainty: z.number().describe('0 while it is not known.'),
    sinceUs: us.exactOptional().describe('When what it finds began.'),
    reasons: z.array(Reason).describe('What its tags say now, also while nothing is found.'),
    settings: z.record(z.string(), z.number()).describe('Those that it goes on with.'),
    waiting: z.array(z.string()).describe('Settings of the site file that take effect once it learns anew.'),
    learned: LearnedView.exactOptional(),
    shadow: z.boolean(),
    alarm: z.boolean().describe('Whether what it finds is an alarm too.'),
    figures: DetectorFigures,
  })
  .describe('One detector, what it says now, and how often it was right.');
