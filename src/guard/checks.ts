import type { Refusal } from '#guard/api.ts';
import { isLeasable, sameAsker } from '#guard/leases.ts';
import type { Situation } from '#guard/situation.ts';
import { distance, rawValue, sameValue, shown } from '#guard/values.ts';
import type { Value } from '#kernel/batch.ts';
import type { Asker } from '#kernel/command.ts';

export interface No {
  readonly refusal: Refusal;
  readonly reason: string;
}
export type Check = (s: Situation) => No | undefined;

const no = (refusal: Refusal, reason: string): No => ({ refusal, reason });

/** Holdfast is never a safety function (IEC 61511: outside the safety instrumented system). */
const safety: Check = ({ tag }) =>
  tag.safety ? no('safety', `${tag.path} belongs to a safety function and is never written`) : undefined;

const access: Check = ({ tag }) =>
  tag.writable ? undefined : no('not-writable', `${tag.path} has no write access`);

const authority: Check = (s) =>
  s.hasAuthority || s.shadow
    ? undefined
    : no('no-authority', 'another runtime holds the write authority of this site');

const outside = (by: Asker): boolean => by.kind === 'remote';

const reason: Check = ({ by, why }) => {
  const asksPerson = by.kind === 'operator' || outside(by);
  return asksPerson && why.trim() === ''
    ? no('no-reason', `a write by ${by.name} needs a reason`)
    : undefined;
};

/** Names the asset of which it was said, which may lie above the one that is written to. */
const place = (asset: string): string => asset || 'the site';

const tagOut: Check = ({ tagOut }) =>
  tagOut && no('tag-out', `${place(tagOut.from)} is tagged out by ${tagOut.by}: ${tagOut.why}`);

const remote: Check = ({ tag, by, remoteWrites }) => {
  if (!outside(by)) return undefined;
  if (!remoteWrites) return no('remote-off', 'settings.remoteWrites of this site is off');
  return tag.remote ? undefined : no('remote-off', `write.remote of ${tag.path} is off`);
};

const mode: Check = ({ tag, by, mode: { mode, from } }) => {
  if (mode === 'outOfService') return no('mode', `${place(from ?? tag.asset)} is out of service`);
  if (mode === 'local' && outside(by))
    return no('mode', `${place(from ?? tag.asset)} is in local, ${by.name} writes from outside`);
  return undefined;
};

const type: Check = ({ tag, asked, value }) =>
  value === undefined
    ? no('type', `${shown(asked)} is no value of type ${tag.type}, which ${tag.path} has`)
    : undefined;

const range: Check = ({ tag, value }) => {
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  const raw = rawValue(tag, value);
  if (typeof raw === 'number' && !Number.isFinite(raw))
    return no('range', `${value} has no finite raw value`);
  if (!tag.range) return undefined;
  const [low, high] = tag.range;
  if (value >= low && value <= high) return undefined;
  return no('range', `${value} is outside the range ${low} to ${high} of ${tag.path}`);
};

const leaseLength: Check = ({ tag, leaseMs }) => {
  if (leaseMs === undefined) return undefined;
  if (!isLeasable(tag)) return no('lease', `${tag.path} has no lease declared, yet ${leaseMs} ms are asked`);
  if (leaseMs > 0 && leaseMs <= tag.lease.maxMs) return undefined;
  return no(
    'lease',
    `a lease of ${leaseMs} ms is outside 0 to ${tag.lease.maxMs} ms, the longest for ${tag.path}`,
  );
};

/** An operator may take a lease over; rules and those outside may not take anybody's. */
const leaseHolder: Check = ({ tag, by, lease }) => {
  if (!lease || lease.attempts > 0 || by.kind === 'operator' || sameAsker(lease.by, by)) return undefined;
  return no('lease', `${tag.path} is leased by ${lease.by.kind} ${lease.by.name}`);
};

const busy: Check = (s) => (s.busy === undefined ? undefined : no('busy', s.busy));

const interlock: Check = (s) => {
  const state = s.interlock();
  if (state === true) return undefined;
  const text = `the interlock of ${s.tag.path} (${s.tag.interlock})`;
  return state === 'unknown'
    ? no('interlock-unknown', `${text} is unknown: an input is bad, was not measured, or has not arrived`)
    : no('interlock', `${text} does not hold`);
};

/**
 * How far the value is from the present one and, while that does not show the last write yet, from that write too:
 * nobody knows which of them is true. To write once more what was written last adds no change.
 */
function changeTo({ present, unseen }: Situation, value: number | Value): number {
  if (unseen !== undefined && sameValue(value, unseen)) return 0;
  return Math.max(...[present, unseen].map((from) => (from === undefined ? 0 : distance(value, from))));
}

const isLimitedChange = ({ tag }: Situation): boolean =>
  (tag.maxStep !== undefined || tag.ratePerS !== undefined) &&
  (tag.type === 'number' || tag.type === 'int64');

const present: Check = (s) =>
  isLimitedChange(s) && s.present === undefined
    ? no(
        'present-unknown',
        `the present value of ${s.tag.path} is not known, so the change cannot be limited`,
      )
    : undefined;

const step: Check = (s) => {
  const { maxStep, path } = s.tag;
  if (maxStep === undefined || s.value === undefined || !isLimitedChange(s)) return undefined;
  const change = changeTo(s, s.value);
  if (change <= maxStep) return undefined;
  return no('step', `${shown(s.value)} changes ${path} by ${change}, more than maxStep ${maxStep}`);
};

/** Time saved up counts for one second at most: a long rest is no leave for a jump. */
const rate: Check = (s) => {
  const { ratePerS, path } = s.tag;
  if (ratePerS === undefined || s.value === undefined || !isLimitedChange(s)) return undefined;
  const allowed = ratePerS * Math.min(1, s.sinceWriteUs / 1e6);
  const change = changeTo(s, s.value);
  if (change <= allowed) return undefined;
  return no(
    'rate',
    `${shown(s.value)} changes ${path} by ${change}, more than ${allowed} by ratePerS ${ratePerS}`,
  );
};

/** Last: the record of a shadow says which limit would have refused. */
const shadow: Check = (s) =>
  s.shadow ? no('shadow', 'this runtime is a shadow: it decides, and writes nothing') : undefined;

/** In this order; the first that says no is the one reported. What cannot be changed comes before what passes. */
export const CHECKS: readonly Check[] = [
  safety,
  access,
  authority,
  reason,
  tagOut,
  remote,
  mode,
  type,
  range,
  leaseLength,
  leaseHolder,
  busy,
  interlock,
  present,
  step,
  rate,
  shadow,
];

/** Before a write is sent once more. It has passed them all; its own first attempt must not count against its rate. */
export const REPEAT_CHECKS: readonly Check[] = CHECKS.filter((check) => check !== rate);

/**
 * For the safe value of a lease. It goes without interlock, step and rate, which guard the way to other values; it
 * does not go past safety, tag-out or out of service, for there people rely on nothing being written at all.
 */
export const SAFE_VALUE_CHECKS: readonly Check[] = [
  safety,
  access,
  authority,
  tagOut,
  mode,
  type,
  range,
  shadow,
];

export function firstNo(checks: readonly Check[], situation: Situation): No | undefined {
  for (const check of checks) {
    const refused = check(situation);
    if (refused) return refused;
  }
  return undefined;
}
