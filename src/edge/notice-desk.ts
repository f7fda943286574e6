import type { ComingNoticeView, NoticesStatus, OpenNoticeView } from '#contract/api.ts';
import type { AlarmModel, SiteModel } from '#contract/model.ts';
import { DAYS } from '#contract/site.ts';
import type { Priority } from '#decide/api.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import type { Core } from '#edge/core.ts';
import { noticeText } from '#edge/notice-text.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import { isWithin } from '#kernel/rights.ts';
import type { AlarmNews, ComingNotice, Notice, NoticeConfig, NoticeEvent, OpenNotice } from '#notices/api.ts';
import { Notices } from '#notices/notices.ts';
import { minuteOfWeekIn } from '#notices/shifts.ts';
import type { ActionResult } from '#plugin/api.ts';

/** Key of who was told, in the journal's state. */
export const NOTICES_STATE = 'notices';
const MOST_MAINTENANCE_MIN = 30 * 24 * 60;

/** Hands a configuration to an actuator; the result is told once. */
export type Tell = (to: string, config: Json, by: string, ended: (result: ActionResult) => void) => void;

/** Tells people of alarms: follows the events of a site, and gives what is due to its actuators. */
export class NoticeDesk {
  readonly #core: Core;
  readonly #tell: Tell;
  readonly #notices: Notices;
  #blueprint: Blueprint;
  #alarms: ReadonlyMap<string, AlarmModel>;

  constructor(core: Core, blueprint: Blueprint, tell: Tell) {
    this.#core = core;
    this.#tell = tell;
    this.#blueprint = blueprint;
    this.#alarms = byId(blueprint.model);
    this.#notices = new Notices(noticeConfig(blueprint.model), core.journal.opened.state.get(NOTICES_STATE));
    core.recent.listen((event) => this.#hear(event));
  }

  /** At start, and after each change of the site file. */
  align(): void {
    const standing = this.#core.decisions
      .alarms()
      .map(({ id, priority, state }): AlarmNews => ({ alarm: id, priority, state }));
    this.#notices.align(standing, this.#core.clock.steadyUs());
    this.advance();
  }

  change(blueprint: Blueprint): void {
    this.#blueprint = blueprint;
    this.#alarms = byId(blueprint.model);
    this.#notices.reconfigure(noticeConfig(blueprint.model));
    this.align();
  }

  /** Once a second, and when an alarm has changed. */
  advance(): void {
    const { clock } = this.#core;
    for (const notice of this.#notices.due(clock.steadyUs(), clock.nowUs())) this.#send(notice);
    this.#keep();
  }

  /** @throws Fault `maintenance.no-reason`, `maintenance.too-long`, `maintenance.unknown-asset`, `maintenance.none` */
  maintain(asset: string, forMin: number, by: string, why: string | undefined): void {
    if (forMin > 0 && !why)
      throw new Fault('maintenance.no-reason', 'a maintenance needs a reason', { hint: 'say why' });
    if (!(forMin >= 0 && forMin <= MOST_MAINTENANCE_MIN)) {
      throw new Fault('maintenance.too-long', `a maintenance lasts ${MOST_MAINTENANCE_MIN} min at most`, {
        hint: 'give an end that somebody will be there for; it can be prolonged',
      });
    }
    if (forMin > 0 && !this.#has(asset)) {
      throw new Fault('maintenance.unknown-asset', `no alarm and no tag lies at or below ${asset}`, {
        retry: 'never',
        hint: '`holdfast tags --tree` shows areas, lines and assets',
      });
    }
    const nowUs = this.#core.clock.steadyUs();
    const known = this.#notices.maintained.some((one) => one.asset === asset);
    if (forMin === 0 && !known)
      throw new Fault('maintenance.none', `${asset} is not under maintenance`, { retry: 'never' });
    this.#notices.maintain({ asset, untilUs: nowUs + forMin * 60e6, by, why: why ?? '' }, nowUs);
    this.#event(
      forMin > 0 ? 'maintenance.begun' : 'maintenance.ended',
      asset,
      { forMin, why: why ?? '' },
      by,
    );
    this.advance();
  }

  #has(asset: string): boolean {
    const isBelow = (path: string) => isWithin([asset], path);
    return (
      this.#alarms.keys().some(isBelow) || Iterator.from(this.#core.table).some(({ path }) => isBelow(path))
    );
  }

  /** What is on its way, what was given up, and who is silenced. */
  status(): NoticesStatus {
    const steadyUs = this.#core.clock.steadyUs();
    const nowUs = this.#core.clock.nowUs();
    const wallUs = nowUs - steadyUs;
    return {
      plans: this.#blueprint.model.notices.length,
      waiting: this.#notices.waiting.map((one) => viewOf(one, wallUs)),
      coming: this.#notices.coming(steadyUs, nowUs).map((one) => comingView(one, wallUs)),
      failed: this.#notices.failed.map((one) => viewOf(one, wallUs)),
      maintenance: this.#notices.maintained.map(({ untilUs, ...one }) => ({
        ...one,
        untilUs: untilUs + wallUs,
      })),
    };
  }

  #hear({ kind, subject, by, detail }: SiteEvent): void {
    if (kind !== 'alarm' || typeof detail?.to !== 'string') return;
    const { to, priority } = detail as { readonly to: AlarmNews['state']; readonly priority: Priority };
    const { clock } = this.#core;
    this.#notices.hear({ alarm: subject, priority, state: to, by }, clock.steadyUs());
    // Not within the step of decisions that this event belongs to.
    setImmediate(() => this.advance());
  }

  #send(notice: OpenNotice): void {
    const { model, plugins } = this.#blueprint;
    const kind = model.actuators.find(({ id }) => id === notice.to)?.kind;
    const form = kind === undefined ? undefined : plugins.actuators[kind]?.notice;
    const ended = (problem: string | undefined) => {
      this.#notices.done(notice.id, problem, this.#core.clock.steadyUs());
      this.#keep();
    };
    if (!form) {
      ended(`there is no actuator ${notice.to} any more`);
      return;
    }
    const { clock } = this.#core;
    const text = noticeText(notice, {
      site: model.site,
      description: this.#alarms.get(notice.alarm)?.description,
      alarm: this.#core.decisions.alarms().find(({ id }) => id === notice.alarm),
      sinceUs: notice.sinceUs - clock.steadyUs() + clock.nowUs(),
      nowUs: clock.nowUs(),
    });
    const config = form.render(text, form.fields.parse(notice.fields));
    this.#tell(notice.to, config, `notice:${notice.id}`, ({ state, reason }) =>
      ended(state === 'done' ? undefined : `${state}${reason === undefined ? '' : `: ${reason}`}`),
    );
  }

  #keep(): void {
    for (const event of this.#notices.takeEvents()) this.#record(event);
    if (this.#notices.dirty) this.#core.journal.state(NOTICES_STATE, this.#notices.snapshot());
  }

  #record(event: NoticeEvent): void {
    if (event.what === 'maintenance-ended') {
      this.#event('maintenance.ended', event.maintenance.asset, { why: 'its time is over' });
    } else if (event.what === 'silenced') {
      const { asset, by, why } = event.maintenance;
      this.#event('notice.silenced', event.alarm, { maintenance: asset, by, why });
    } else {
      const { id, plan, step, to, fields, alarm, reason, attempts, problem } = event.notice;
      // The first failure is news, and so is the end; what lies between is in the list of what waits.
      if (event.what === 'failed' && attempts > 1) return;
      const detail = { notice: id, plan, step: step + 1, to, ...recipientsOf(fields), reason, attempts };
      this.#event(`notice.${event.what}`, alarm, { ...detail, ...(problem !== undefined && { problem }) });
    }
  }

  #event(name: string, subject: string, detail: { readonly [key: string]: Json }, by?: string): void {
    const timeUs = this.#core.clock.nowUs();
    this.#core.path.event({ kind: 'system', name, subject, timeUs, detail, ...(by !== undefined && { by }) });
  }
}

const byId = ({ alarms }: SiteModel): ReadonlyMap<string, AlarmModel> =>
  new Map(alarms.map((alarm) => [alarm.id, alarm]));

/** Those of a mail: they say who was told, and the other fields of a step do not. */
const recipientsOf = ({ recipients }: Notice['fields']): { readonly recipients?: string[] } =>
  Array.isArray(recipients) ? { recipients: recipients.map(String) } : {};

function comingView({ fields, sinceUs, dueUs, ...one }: ComingNotice, wallUs: number): ComingNoticeView {
  return { ...one, ...recipientsOf(fields), sinceUs: sinceUs + wallUs, dueUs: dueUs + wallUs };
}

function viewOf({ fields, sinceUs, dueUs, nextUs, ...one }: OpenNotice, wallUs: number): OpenNoticeView {
  return {
    ...one,
    ...recipientsOf(fields),
    sinceUs: sinceUs + wallUs,
    dueUs: dueUs + wallUs,
    ...(nextUs !== undefined && { nextUs: nextUs + wallUs }),
  };
}

const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** The site file's notices as the engine takes them. */
export function noticeConfig({ notices, shifts, settings }: SiteModel): NoticeConfig {
  return {
    plans: notices.map(({ id, alarms, priorities, steps }) => ({
      id,
      alarms,
      priorities,
      steps: steps.map(({ to, afterMin, during, tellEnd, ...fields }) => ({
        to,
        afterUs: afterMin * 60e6,
        during,
        tellEnd,
        fields,
      })),
    })),
    shifts: new Map(
      shifts.map(({ id, days, from, to }) => [
        id,
        { days: days.map((day) => DAYS.indexOf(day)), fromMin: minutes(from), toMin: minutes(to) },
      ]),
    ),
    minuteOfWeek: minuteOfWeekIn(settings.timeZone),
  };
}
