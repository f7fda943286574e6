import * as z from 'zod';
import { clockTime } from '#contract/clock-time.ts';
import { ModelEntry } from '#contract/model-entry.ts';
import { PictureEntry } from '#contract/pictures.ts';
import { Settings } from '#contract/settings.ts';
import { ACCESS, TAG_TYPES } from '#kernel/tag-table.ts';

/*
 * The site file as people write it. One schema gives validation, the JSON Schema for editors, and the reference page.
 * What a source's configuration and a tag's address look like is the plugin's own: `config` and `address` are
 * checked against its schema by the loader.
 */

const segment = z.string().regex(/^[a-z][a-z0-9_-]*$/, 'lower-case letters, digits, _ and -; a letter first');
const path = z
  .string()
  .regex(
    /^[a-z][a-z0-9_-]*(\/[a-z0-9_-]+)*$/,
    'segments of lower-case letters, digits, _ and -, joined by /',
  );
const expression = z.string().min(1);
const delayMs = z.int().min(0).max(86_400_000).default(0);
const onDelay = delayMs.describe('The condition must hold this long before it counts.');
const offDelay = delayMs.describe('The condition must be gone this long before it ends.');

const Scale = z
  .strictObject({
    factor: z.number().default(1).describe('Engineering value = raw × factor + offset.'),
    offset: z.number().default(0).describe('Added after the factor, in the unit of the tag.'),
  })
  .refine((scale) => scale.factor !== 0, { message: 'a factor of 0 loses the value', path: ['factor'] });

const range = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low < high, 'the lower end comes first: [low, high]');

const Lease = z.strictObject({
  maxMs: z.int().min(100).describe('Longest time that a value may be held without being renewed.'),
  safe: z.union([z.number(), z.boolean()]).describe('Written when the lease runs out, while Holdfast lives.'),
});

const Feedback = z.strictObject({
  tag: z.string().describe('Tag on which the device shows the effect; a sibling signal or a full path.'),
  tolerance: z
    .number()
    .min(0)
    .default(0)
    .describe('Largest distance from the written value that still counts.'),
  withinMs: z
    .int()
    .min(10)
    .default(5000)
    .describe('Time for the effect to show; after it the write is unknown.'),
});

export const WriteLimits = z.strictObject({
  range: range.optional().describe('Smallest and largest value that may be written.'),
  maxStep: z.number().positive().optional().describe('Largest change from the present value in one write.'),
  ratePerS: z.number().positive().optional().describe('Largest change a second, in the unit of the tag.'),
  interlock: expression.optional().describe('Must be true, and known, for a write to pass.'),
  feedback: Feedback.optional().describe(
    'Where the effect of a write shows; without it a write is sent, never confirmed.',
  ),
  lease: Lease.optional().describe('Values are held for a time only; needed where a rule gives leaseMs.'),
  ttlMs: z.int().min(10).default(5000).describe('Time to live of a command; it is never executed late.'),
  remote: z.boolean().default(false).describe('Whether writes from outside the site may reach this tag.'),
  idempotent: z
    .boolean()
    .default(false)
    .describe('Doing it twice is the same as once: repeated within ttlMs while its result is unknown.'),
});

export const TagEntry = z.strictObject({
  description: z.string().optional().describe('What it measures or commands, for people.'),
  type: z
    .enum(TAG_TYPES)
    .default('number')
    .describe('What it holds. int64 and text keep every digit; a structure has fields.'),
  unit: z.string().optional().describe('UCUM code: Cel, bar, m3/h, /min, mm/s, kW, %.'),
  range: range.optional().describe('Engineering range; values outside are kept, as uncertain.'),
  scale: Scale.optional().describe('From the raw value of the device to the unit of the tag.'),
  deadband: z.number().min(0).optional().describe('Smallest change worth keeping, in the unit of the tag.'),
  deadbandMaxMs: z.int().min(100).default(60_000).describe('A row passes after this long without one.'),
  states: z
    .record(z.string().regex(/^\d+$/, 'the code of a state is a whole number'), z.string())
    .optional()
    .describe('Names of enum codes.'),
  access: z.enum(ACCESS).default('read').describe('What Holdfast may do with it at its source.'),
  safety: z.boolean().default(false).describe('Belongs to a safety function: Holdfast never writes it.'),
  staleAfterMs: z
    .int()
    .min(0)
    .refine((ms) => ms === 0 || ms >= 100, 'must be at least 100, or 0 for never')
    .optional()
    .describe('Bad after this long without a sample; 0: never. Default by source.'),
  source: z.string().optional().describe('Id of the source that reads it.'),
  address: z.unknown().optional().describe('Where the source finds it; fields depend on the kind of source.'),
  derive: expression.optional().describe('CEL expression over other tags, instead of a source.'),
  write: WriteLimits.optional().describe('Limits on writes; needs access write or readWrite.'),
  heartbeatMs: z
    .int()
    .min(100)
    .optional()
    .describe('Written with a rising count this often, so that the device can time out by itself.'),
});

const literal = z.union([z.number(), z.boolean(), z.string()]);

const WriteAction = z.strictObject({
  write: z
    .strictObject({
      tag: z.string().describe('Tag to write; a signal of the same asset or a full path.'),
      value: literal.describe('A value; text in {{ }} is an expression: "{{ speed * 0.8 }}".'),
      leaseMs: z
        .int()
        .min(100)
        .optional()
        .describe('Held this long, renewed while the rule is on; then the safe value.'),
    })
    .describe('Writes a tag, through the guard.'),
});
const SendAction = z.strictObject({
  send: z
    .looseObject({
      to: z.string().describe('Id of an actuator; its kind gives the other fields.'),
    })
    .describe('Sends a message through an actuator.'),
});

export const RuleEntry = z.strictObject({
  description: z.string().optional().describe('What it is for, for people.'),
  when: expression.describe('CEL condition over tags and windows, such as mean(vibration, "10s") > 7.1.'),
  onDelayMs: onDelay,
  offDelayMs: offDelay,
  onBad: z
    .enum(['hold', 'safe', 'alarm'])
    .default('hold')
    .describe(
      'When an input is bad or stale: keep the state; end the rule; keep the state and raise an alarm.',
    ),
  firstIsEdge: z.boolean().default(false).describe('Whether a condition found true at start acts at once.'),
  shadow: z
    .boolean()
    .default(false)
    .describe('Decides and acts on nothing; what it would have done is recorded and counted.'),
  insteadOf: z
    .string()
    .optional()
    .describe('With shadow: the rule it is held against; one of the same asset, or a full id.'),
  alert: z
    .string()
    .regex(/\S/, 'say what is worth knowing')
    .max(500)
    .optional()
    .describe(
      'Stands in the list of alerts while the rule is on: worth knowing, with nothing for an operator to do.',
    ),
  do: z
    .array(z.union([WriteAction, SendAction]))
    .default([])
    .describe('Done when the condition begins.'),
  clear: z
    .array(z.union([WriteAction, SendAction]))
    .default([])
    .describe('Done when the condition ends.'),
});

export const PRIORITIES = ['critical', 'high', 'medium', 'low'] as const;

export const AlarmEntry = z.strictObject({
  description: z.string().optional().describe('Text of the alarm, for people.'),
  when: expression.describe('CEL condition, such as pressure > 6.'),
  priority: z.enum(PRIORITIES).describe('By consequence and by time to respond (ISA-18.2).'),
  consequence: z.string().min(1).describe('What happens when nobody acts.'),
  response: z.string().min(1).describe('What the operator does. An alarm nobody can act on is a defect.'),
  deadband: z
    .number()
    .min(0)
    .default(0)
    .describe('Returns only this far inside the limit; for simple limits.'),
  onDelayMs: onDelay,
  offDelayMs: offDelay,
  latched: z
    .boolean()
    .default(false)
    .describe('Stays until reset by hand, also after the condition has gone.'),
  suppressWhen: expression.optional().describe('Suppressed by design while this is true (ISA-18.2).'),
  shelveMaxMin: z.int().min(1).max(43_200).default(480).describe('Longest time an operator may shelve it.'),
});

export const DETECTOR_KINDS = [
  'drift',
  'unusual',
  'season',
  'frozen',
  'noise',
  'relation',
  'balance',
  'limit',
  'remaining-life',
  'model',
] as const;

export const DetectorEntry = z.strictObject({
  description: z.string().optional().describe('What it finds, for people.'),
  kind: z
    .enum(DETECTOR_KINDS)
    .describe('How it looks at its tags; docs/foresight.md says which one for what.'),
  tags: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Signals of the same asset, or full paths. Of a relation the others explain the first; of a season with context: 1 the last one, which may be a text, says what is running.',
    ),
  expression: expression
    .optional()
    .describe('Of a balance, instead of tags: in CEL, what is zero while all adds up.'),
  unit: z.string().optional().describe('Of a balance: UCUM code of its expression, for the words.'),
  model: ModelEntry.optional().describe('Of a model: what is run on a window of its tags.'),
  everyMs: z
    .int()
    .min(100)
    .max(3_600_000)
    .default(1000)
    .describe('Length of a moment: it looks once in it, at what its tags are then.'),
  restWhen: expression
    .optional()
    .describe('It rests while this is true or not known: start-up, another product, maintenance.'),
  restForMs: delayMs.describe('It rests this long afterwards, until the process has settled.'),
  settings: z
    .record(z.string(), z.number())
    .default({})
    .describe('Settings of its kind by name; each has a default.'),
  learned: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'the digest of a learned file: 64 hexadecimal digits')
    .optional()
    .describe(
      'Digest of the learned file that it goes on with; what it learned last at this site when absent.',
    ),
  shadow: z
    .boolean()
    .default(false)
    .describe('Finds, and tells nobody: what it would have told is recorded and counted.'),
  alarm: AlarmEntry.pick({
    priority: true,
    consequence: true,
    response: true,
    onDelayMs: true,
    offDelayMs: true,
    latched: true,
    shelveMaxMin: true,
  })
    .optional()
    .describe('What it finds is an alarm too, of the same id: somebody knows what to do about it.'),
});

const Body = {
  tags: z.record(path, TagEntry).default({}).describe('Tags by path; in a type, by signal.'),
  rules: z.record(segment, RuleEntry).default({}).describe('Conditions that lead to writes and messages.'),
  alarms: z.record(segment, AlarmEntry).default({}).describe('Conditions that an operator must know of.'),
  detectors: z
    .record(segment, DetectorEntry)
    .default({})
    .describe('What looks for what nobody wrote down; each has a tag of its id, which is its figure.'),
};

export const TypeEntry = z.strictObject({
  description: z.string().optional().describe('What these assets are, for people.'),
  params: z
    .array(segment)
    .default([])
    .describe('Names that each asset fills in, written as a name in braces behind a dollar sign.'),
  ...Body,
});

export const AssetEntry = z.strictObject({
  type: z.string().describe('Name of the type.'),
  with: z.record(segment, literal).default({}).describe('Values of the parameters of the type.'),
  description: z.string().optional().describe('Which one it is, for people.'),
});

export const SourceEntry = z.looseObject({
  kind: z.string().describe('Protocol: modbus, mqtt, opcua, sparkplug.'),
});

export const ActuatorEntry = z.looseObject({
  kind: z.string().describe('mqtt or webhook.'),
});

export const SinkEntry = z.looseObject({
  kind: z.string().describe('mqtt.'),
});

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

export const ShiftEntry = z.strictObject({
  days: z
    .array(z.enum(DAYS))
    .min(1)
    .default([...DAYS])
    .describe('Days on which it begins.'),
  from: clockTime.describe('When it begins, local time.'),
  to: clockTime.describe('When it ends; before `from`: on the next day. Equal: the whole day.'),
});

export const NoticeStep = z.looseObject({
  to: z.string().describe('Id of an actuator; its kind gives the other fields.'),
  afterMin: z
    .number()
    .min(0)
    .max(10_080)
    .default(0)
    .describe('Sent when nobody has acknowledged the alarm for this long.'),
  during: z
    .array(segment)
    .default([])
    .describe('Shifts in which it is sent; outside of them it waits for the next. Empty: always.'),
  tellEnd: z
    .boolean()
    .default(false)
    .describe('Who was told is told as well when the alarm was acknowledged, returned or was shelved.'),
});

export const NoticeEntry = z.strictObject({
  description: z.string().optional().describe('What it is for, for people.'),
  alarms: z.array(z.string().min(1)).default([]).describe('Ids of alarms; * is any text. Empty: all.'),
  priorities: z.array(z.enum(PRIORITIES)).default([]).describe('Only these. Empty: all.'),
  steps: z.array(NoticeStep).min(1).describe('Who is told, and who next.'),
});

export const SiteFile = z.strictObject({
  site: segment.describe('Name of the site; first segment of the unified namespace.').meta({ restart: true }),
  description: z.string().optional().describe('Where it is and what it makes, for people.'),
  settings: Settings.prefault({}).describe('Limits of the runtime; every one has a default.'),
  sources: z.record(segment, SourceEntry).default({}).describe('Machines and brokers that are read, by id.'),
  actuators: z.record(segment, ActuatorEntry).default({}).describe('Where rules send messages, by id.'),
  sinks: z
    .record(segment, SinkEntry)
    .default({})
    .describe('Where everything that was journaled is delivered, by id.'),
  shifts: z.record(segment, ShiftEntry).default({}).describe('When somebody is there to be told, by name.'),
  notices: z
    .record(segment, NoticeEntry)
    .default({})
    .describe('Who is told of alarms, and who next when nobody acknowledges, by name.'),
  pictures: z.record(segment, PictureEntry).default({}).describe('Drawings with live values, by name.'),
  types: z.record(segment, TypeEntry).default({}).describe('What equal assets have in common, by name.'),
  assets: z.record(path, AssetEntry).default({}).describe('Path of the asset: area/line/asset.'),
  ...Body,
});

const entries = (name: z.ZodType<string, string>) => z.record(name, z.unknown()).default({});
/** Entries are checked one by one, so that one that is wrong does not hide the others. */
const rawBody = {
  tags: entries(path),
  rules: entries(segment),
  alarms: entries(segment),
  detectors: entries(segment),
};

/** A type with its entries as written: parameters may stand where numbers belong. */
export const TypeHead = TypeEntry.extend(rawBody);
/** The site file with its entries as written. */
export const SiteHead = SiteFile.extend({
  ...rawBody,
  site: z.unknown().optional(),
  settings: z.unknown().optional(),
  sources: entries(segment),
  actuators: entries(segment),
  sinks: entries(segment),
  shifts: entries(segment),
  notices: entries(segment),
  pictures: entries(segment),
  types: entries(segment),
  assets: entries(path),
});
export type Sections = z.output<typeof SiteHead>;

export type SiteFile = z.output<typeof SiteFile>;
export type TagEntry = z.output<typeof TagEntry>;
export type RuleEntry = z.output<typeof RuleEntry>;
export type AlarmEntry = z.output<typeof AlarmEntry>;
export type DetectorEntry = z.output<typeof DetectorEntry>;
export type AssetEntry = z.output<typeof AssetEntry>;
export type ShiftEntry = z.output<typeof ShiftEntry>;
export type NoticeEntry = z.output<typeof NoticeEntry>;
export type WriteLimits = z.output<typeof WriteLimits>;
