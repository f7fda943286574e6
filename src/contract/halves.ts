import type * as z from 'zod';
import type { AlarmModel, RuleModel, TagModel } from '#contract/model.ts';
import { AlarmEntry, RuleEntry, TagEntry, WriteLimits } from '#contract/site.ts';

/** Entries that are wrong in some field, made whole with stand-ins: for checking the expressions that can be read. */
export interface Halves {
  readonly tags: readonly TagModel[];
  readonly rules: readonly RuleModel[];
  readonly alarms: readonly AlarmModel[];
}

type Action = RuleEntry['do'][number];
type Fields = { readonly [key: string]: unknown };

/** The actuator of a stand-in for an action that cannot be read; no id is like that. */
export const NOWHERE = '\0';

const CONDITION = { when: 'true' };
const WORDS = { priority: 'low', consequence: '-', response: '-' };

/** What holds of a tag's entry; undefined where it is no map. */
export function halfTag(raw: unknown): TagEntry | undefined {
  if (!isMap(raw)) return undefined;
  const tag = readable(TagEntry, raw, {}) as TagEntry;
  if (tag.write !== undefined || !isMap(raw.write)) return tag;
  return { ...tag, write: readable(WriteLimits, raw.write, {}) as WriteLimits };
}

/** What holds of a rule's entry; undefined where it is no map. */
export function halfRule(raw: unknown): RuleEntry | undefined {
  if (!isMap(raw)) return undefined;
  const rule = readable(RuleEntry, raw, CONDITION) as RuleEntry;
  return { ...rule, do: actions(raw.do), clear: actions(raw.clear) };
}

/** What holds of an alarm's entry; undefined where it is no map. */
export function halfAlarm(raw: unknown): AlarmEntry | undefined {
  return isMap(raw) ? (readable(AlarmEntry, raw, { ...CONDITION, ...WORDS }) as AlarmEntry) : undefined;
}

const isMap = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Each field by itself, the others as if they were not there. */
function readable(schema: z.ZodObject, raw: Fields, standIns: Fields): Fields {
  const fields = Object.entries(schema.shape).flatMap(([key, field]) => {
    const read = (field as z.ZodType).safeParse(raw[key]);
    const rest = read.success ? read : (field as z.ZodType).safeParse(undefined);
    const value = rest.success ? rest.data : standIns[key];
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(fields);
}

/** Each at its place in the list, since places in the file are found by it. */
function actions(raw: unknown): Action[] {
  return Array.isArray(raw) ? raw.map((one) => action(one)) : [];
}

function action(raw: unknown): Action {
  const { write, send } = isMap(raw) ? raw : {};
  if (isMap(send)) return { send: { ...send, to: typeof send.to === 'string' ? send.to : NOWHERE } };
  if (!isMap(write) || typeof write.tag !== 'string' || typeof write.value !== 'string')
    return { send: { to: NOWHERE } };
  return { write: { tag: write.tag, value: write.value } };
}
