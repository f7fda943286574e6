import * as z from 'zod';
import { ALARM_STATES } from '#contract/api.ts';
import { PRIORITIES } from '#contract/site.ts';
import { EVENT_KINDS } from '#kernel/event.ts';
import { ACCESS, TAG_TYPES } from '#kernel/tag-table.ts';
import { count, json, ms, us } from './common.ts';

export const TagValue = z.strictObject({
  path: z.string(),
  type: z.enum(TAG_TYPES),
  unit: z.string().exactOptional().describe('UCUM code.'),
  value: json.describe('null where there is none yet or it is no number; 64-bit integers as text.'),
  state: z.string().exactOptional().describe('Name of an enum code.'),
  quality: z.string(),
  timeUs: us,
  ageMs: ms.exactOptional().describe('Since it arrived; absent before the first.'),
  writeOnly: z
    .literal(true)
    .exactOptional()
    .describe('Its device lets nobody read it: it has no value, ever.'),
});

export const TagDetail = z.strictObject({
  ...TagValue.shape,
  access: z.enum(ACCESS),
  description: z.string().exactOptional(),
  range: z.tuple([z.number(), z.number()]).exactOptional().describe('Engineering range.'),
  states: z.record(z.string(), z.string()).exactOptional().describe('Names of enum codes.'),
  source: z.string().exactOptional().describe('Id of the source that reads it.'),
  address: json.exactOptional().describe('Where at the device, as the site file says it.'),
  derive: z.string().exactOptional().describe('Expression that it is derived by.'),
  safety: z.boolean().describe('Belongs to a safety function: it is never written.'),
  write: json.exactOptional().describe('Limits on writes, as in the site file.'),
  readers: z
    .array(
      z.strictObject({ kind: z.enum(['rule', 'alarm', 'suppression', 'detector', 'tag']), id: z.string() }),
    )
    .describe('Rules, alarms, what suppresses alarms, and derived tags that rest on it.'),
  alarms: z.array(z.string()).describe('Ids of the alarms of its asset.'),
});

/** Said here: what a schema that holds itself is inferred as depends on who asks first. */
interface TreeNodeShape {
  name: string;
  path: string;
  tags: number;
  isTag: boolean;
  children?: TreeNodeShape[];
}

export const TreeNode: z.ZodType<TreeNodeShape> = z.strictObject({
  name: z.string(),
  path: z.string(),
  tags: count.describe('Tags at and below it.'),
  isTag: z.boolean(),
  get children() {
    return z.array(TreeNode).exactOptional().describe('Absent below the depth that was asked for.');
  },
});

export const AlarmStatus = z.strictObject({
  id: z.string(),
  asset: z.string().describe('Path of the asset that it belongs to; empty for the site.'),
  description: z.string().exactOptional(),
  priority: z.enum(PRIORITIES),
  state: z.enum(ALARM_STATES).describe('After ISA-18.2-2016, figure 2.'),
  condition: z
    .union([z.boolean(), z.literal('unknown')])
    .describe('Whether the condition holds now, whatever the state.'),
  consequence: z.string().describe('What happens when nobody acts.'),
  response: z.string().describe('What the operator does.'),
  sinceUs: us.describe('When the state last changed; 0 where it never has.'),
  firstOut: count.describe('Rank in its burst: 1 came first; 0 while normal.'),
  shelvedUntilUs: us.exactOptional(),
  comment: z.string().exactOptional(),
  when: z.string().describe('Condition, as an expression over tags.'),
  reads: z
    .array(z.string())
    .exactOptional()
    .describe('Paths of the tags that the condition reads; absent of a stopped site.'),
  deadband: z.number(),
  onDelayMs: ms,
  offDelayMs: ms,
  latched: z.boolean().describe('Stays until it is reset by hand.'),
  suppressWhen: z.string().exactOptional().describe('Suppressed by design while this is true.'),
  shelveMaxMin: count.describe('Longest time that it may be shelved for.'),
});

const ruleState = z.enum(['off', 'on', 'unknown']);

export const ShadowRuleStatus = z
  .strictObject({
    id: z.string(),
    state: ruleState,
    insteadOf: z.string().exactOptional().describe('The rule that it is held against.'),
    decisions: count.describe('Changes of its state.'),
    wouldWrite: count,
    wouldSend: count,
    differences: count.describe('How often one of both was on and the other was not.'),
    differedMs: ms.describe('For how long.'),
    last: z
      .array(z.strictObject({ fromUs: us, toUs: us.exactOptional(), on: z.string() }))
      .describe('The newest ones; `on` is the rule that was on. Without an end: it goes on.'),
  })
  .describe('A rule that decides and acts on nothing. Counted since start.');

const action = z.record(z.string(), json);

export const RuleStatus = z.strictObject({
  id: z.string(),
  asset: z.string(),
  description: z.string().exactOptional(),
  where: z
    .array(z.union([z.string(), z.number()]))
    .describe('Where the site file says it: keys and indices from the top.'),
  state: ruleState,
  when: z.string().describe('Its condition, in CEL.'),
  onDelayMs: ms,
  offDelayMs: ms,
  onBad: z.enum(['hold', 'safe', 'alarm']).describe('What it does while an input is bad.'),
  firstIsEdge: z.boolean(),
  alert: z.string().exactOptional().describe('What stands in the list of alerts while it is on.'),
  do: z.array(action),
  clear: z.array(action),
  reads: z.array(z.string()).describe('Paths of the tags that its condition rests on.'),
  firings: count.describe('How often it was switched on since start.'),
  lastOnUs: us.exactOptional().describe('When last; absent where it was not since start.'),
  shadow: ShadowRuleStatus.nullable().describe('What it would have done; null for a rule that acts.'),
});

export const EventView = z.strictObject({
  id: count.describe('Position in the journal: rises, with holes.'),
  kind: z.enum(EVENT_KINDS),
  name: z.string().describe('What happened, such as alarm.unacknowledged or write.confirmed.'),
  subject: z.string().describe('What it concerns: tag, alarm, source.'),
  timeUs: us,
  by: z.string().exactOptional().describe('Who or what did it; the site itself when absent.'),
  detail: z.record(z.string(), json).exactOptional(),
});

export const StreamMessage = z
  .union([
    z.strictObject({ name: z.literal('values'), data: z.array(TagValue) }),
    z.strictObject({ name: z.literal('events'), data: z.array(EventView) }),
  ])
  .describe('`name` is the event field of the message, `data` its data.');

export const GapView = z
  .strictObject({
    seq: count.exactOptional().describe('Rises; absent for those of the historian.'),
    source: z.string().exactOptional().describe('Who told of it; absent where the site itself lost rows.'),
    tags: z.union([z.array(z.string()), z.literal('all')]).describe('Paths of the tags concerned.'),
    fromUs: us,
    toUs: us,
    count: count.exactOptional().describe('Samples lost; absent where nobody can know.'),
    reason: z.string(),
  })
  .describe('A counted hole in what is kept.');

export const DeadLetterView = z.strictObject({
  id: count.describe('Counts all there ever were.'),
  sink: z.string(),
  tag: z.string(),
  timeUs: us,
  value: json,
  quality: z.string(),
  reason: z.string(),
  atUs: us.describe('When it was refused.'),
});

export const WriteResult = z.strictObject({
  id: count,
  state: z.enum(['refused', 'sent', 'confirmed', 'failed', 'unknown']),
  tag: count,
  path: z.string(),
  value: json,
  by: z.strictObject({ kind: z.enum(['rule', 'operator', 'lease', 'remote']), name: z.string() }),
  why: z.string(),
  refusal: z.string().exactOptional().describe('Which limit said no.'),
  reason: z.string().exactOptional(),
  readBack: json.exactOptional().describe('What the device said afterwards: an echo, and no effect.'),
  feedback: z.number().exactOptional().describe('Value of the feedback tag.'),
  attempts: count.exactOptional(),
  tookMs: ms,
});

const from = z.string().exactOptional().describe('What it was said of: itself, one above it, empty for all.');

export const AssetView = z.strictObject({
  asset: z.string(),
  mode: z.enum(['local', 'remote', 'outOfService']),
  modeFrom: from,
  tagOut: z.strictObject({ by: z.string(), why: z.string(), from }).exactOptional(),
});
