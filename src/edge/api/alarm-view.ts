import type { AlarmStatus } from '#contract/api.ts';
import type { AlarmModel } from '#contract/model.ts';
import type { AlarmView } from '#decide/api.ts';
import { wallUs } from '#edge/api/steady-time.ts';
import { usageOf } from '#edge/api/usage.ts';
import type { Site } from '#edge/site.ts';

/** An alarm with what the site file says of it; the steady times of decisions become those that people read. */
export function alarmView(site: Site, alarm: AlarmView): AlarmStatus {
  const { sinceUs, shelvedUntilUs, raisedUs: _, ...state } = alarm;
  return {
    ...state,
    ...of(models(site).get(alarm.id)),
    reads: usageOf(site).readBy(alarm.id, 'alarm'),
    sinceUs: wallUs(site.core.clock, sinceUs),
    ...(shelvedUntilUs !== undefined && { shelvedUntilUs: wallUs(site.core.clock, shelvedUntilUs) }),
  };
}

type FromFile = Omit<AlarmStatus, keyof AlarmView> & Pick<AlarmStatus, 'comment'>;

function of(alarm: AlarmModel | undefined): FromFile {
  const { asset = '', when = '', deadband = 0, onDelayMs = 0, offDelayMs = 0 } = alarm ?? {};
  const { latched = false, shelveMaxMin = 0, description, suppressWhen } = alarm ?? {};
  return {
    asset,
    ...(description !== undefined && { description }),
    when,
    deadband,
    onDelayMs,
    offDelayMs,
    latched,
    ...(suppressWhen !== undefined && { suppressWhen }),
    shelveMaxMin,
  };
}

const MODELS = new WeakMap<readonly AlarmModel[], ReadonlyMap<string, AlarmModel>>();

/** By id; made once for each site file that runs. */
function models({ blueprint }: Site): ReadonlyMap<string, AlarmModel> {
  const { alarms } = blueprint.model;
  const known = MODELS.get(alarms) ?? new Map(alarms.map((one) => [one.id, one]));
  MODELS.set(alarms, known);
  return known;
}
