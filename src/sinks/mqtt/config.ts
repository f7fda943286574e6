import * as z from 'zod';
import { topicProblem } from '#codec/mqtt/filter.ts';
import { connectionFields } from '#wire/mqtt/config.ts';
import { topicOf } from './topic.ts';

const template = z.string().superRefine((text, context) => {
  const unknown = text
    .replaceAll('{site}', '')
    .replaceAll('{path}', '')
    .match(/\{[^}]*\}?|\}/)?.[0];
  const problem =
    unknown === undefined
      ? topicProblem(topicOf(text, 'site', 'path'), false)
      : `${unknown} is neither {site} nor {path}`;
  if (problem) context.addIssue({ code: 'custom', message: problem });
  else if (!text.includes('{path}'))
    context.addIssue({ code: 'custom', message: 'without {path} nobody can tell the tags apart' });
});

export const Config = z.strictObject({
  ...connectionFields,
  topic: template
    .default('{site}/{path}')
    .describe('Topic of a tag: {site} is the name of the site, {path} the path of the tag.')
    .meta({ restart: true }),
  tags: z
    .string()
    .default('')
    .describe('Only tags whose path begins so, such as line1/; others are passed over.')
    .meta({ restart: true }),
  retain: z
    .boolean()
    .default(false)
    .describe('The broker keeps the newest message of each topic for those who subscribe later.')
    .meta({ restart: true }),
  inFlight: z
    .int()
    .min(1)
    .max(1024)
    .default(512)
    .describe('Most messages sent and not yet confirmed; a broker may allow fewer.')
    .meta({ restart: true }),
  confirmTimeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(30_000)
    .describe(
      'The connection is made anew when nothing is confirmed for this long; what was open is sent again.',
    )
    .meta({ restart: true }),
});

export type Config = z.output<typeof Config>;
