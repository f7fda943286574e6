import { among } from '#contract/expand.ts';
import { check } from '#contract/explain.ts';
import type { Finding } from '#contract/findings.ts';
import type { AlarmModel, NoticeModel, PeerModel, ShiftModel, Where } from '#contract/model.ts';
import type { Plugins } from '#contract/plugins.ts';
import { NoticeEntry, ShiftEntry } from '#contract/site.ts';
import { glob } from '#kernel/glob.ts';

export interface NoticeContext {
  readonly actuators: ReadonlyMap<string, PeerModel>;
  /** Ids that exist but could not be read. */
  readonly brokenActuators: ReadonlySet<string>;
  readonly alarms: readonly AlarmModel[];
  /** Some alarms could not be read: a pattern that fits none may fit one of them. */
  readonly alarmsMissing: boolean;
  readonly plugins: Plugins;
  readonly add: (finding: Finding) => void;
}

type Entries = { readonly [id: string]: unknown };

export function checkShifts(entries: Entries, add: (finding: Finding) => void): ShiftModel[] {
  return Object.entries(entries).flatMap(([id, raw]) => {
    const where = ['shifts', id];
    const shift = check(ShiftEntry, raw, { where, add });
    return shift ? [{ ...shift, id, where }] : [];
  });
}

/** @param shifts as written: one that is wrong is still one that is there */
export function checkNotices(entries: Entries, shifts: Entries, context: NoticeContext): NoticeModel[] {
  return Object.entries(entries).flatMap(([id, raw]) => {
    const where = ['notices', id];
    const notice = check(NoticeEntry, raw, { where, add: context.add });
    if (!notice) return [];
    notice.steps.forEach((step, i) => {
      checkStep(step, [...where, 'steps', i], Object.keys(shifts), context);
    });
    checkPatterns(notice.alarms, [...where, 'alarms'], context);
    return [{ ...notice, id, where }];
  });
}

function checkPatterns(patterns: readonly string[], where: Where, context: NoticeContext): void {
  if (context.alarmsMissing) return;
  const ids = context.alarms.map(({ id }) => id);
  patterns.forEach((pattern, i) => {
    if (ids.some(glob(pattern))) return;
    context.add({
      where: [...where, i],
      message: `no alarm is called ${pattern}`,
      hint: ids.length === 0 ? 'the site has no alarms' : among(pattern, ids, 'alarms'),
    });
  });
}

function checkStep(
  step: NoticeEntry['steps'][number],
  where: Where,
  shifts: readonly string[],
  { actuators, brokenActuators, plugins, add }: NoticeContext,
): void {
  const { to, afterMin: _, during, tellEnd: __, ...fields } = step;
  during.forEach((name, i) => {
    if (shifts.includes(name)) return;
    const hint = among(name, shifts, 'shifts');
    add({ where: [...where, 'during', i], message: `there is no shift ${name}`, hint });
  });
  const actuator = actuators.get(to);
  if (!actuator) {
    if (brokenActuators.has(to)) return;
    const hint = among(to, [...actuators.keys()], 'actuators');
    add({ where: [...where, 'to'], message: `there is no actuator ${to}`, hint });
    return;
  }
  const form = plugins.actuators[actuator.kind]?.notice;
  if (form) check(form.fields, fields, { where, add });
  else {
    const message = `an actuator of kind ${actuator.kind} cannot tell people of alarms`;
    add({ where: [...where, 'to'], message, hint: 'name one of kind smtp, webhook or mqtt' });
  }
}
