import type { Json } from '#kernel/event.ts';
import { glob } from '#kernel/glob.ts';
import type {
  AlarmNews,
  ComingNotice,
  Maintenance,
  Notice,
  NoticeConfig,
  NoticeEvent,
  NoticePlan,
  NoticeStep,
  OpenNotice,
} from '#notices/api.ts';
import { asks, begins, type Episode, episodeJson, episodeOf } from '#notices/episodes.ts';
import { isOn } from '#notices/shifts.ts';

/** A clock before this has never been set: who is on shift cannot be told, so everybody is. 2020-01-01. */
const NEVER_SET_BEFORE_US = 1_577_836_800e6;
/** Pauses between attempts; the last one from then on. */
const PAUSES_US = [5e6, 15e6, 30e6, 60e6, 120e6, 300e6, 600e6];
/** Tried this long; then it stays in the list of what was not delivered. */
const GIVE_UP_US = 24 * 3600e6;
/** An actuator that never answers, or a crash in the middle of an attempt. */
const UNANSWERED_US = 120e6;
const MOST_FAILED = 200;

interface Open extends Notice {
  attempts: number;
  nextUs: number;
  underWay: boolean;
  problem: string | undefined;
}

/**
 * Follows the alarms and says which notice is due. A notice is handed out until it was delivered: at least once, over
 * restarts too, so whoever receives one may meet its number twice.
 */
export class Notices {
  #config: NoticeConfig;
  readonly #episodes = new Map<string, Episode>();
  readonly #open = new Map<number, Open>();
  readonly #maintenance = new Map<string, Maintenance>();
  /** Newest last: what was given up, until somebody has seen that list roll over. */
  readonly #failed: OpenNotice[] = [];
  readonly #events: NoticeEvent[] = [];
  #lastId = 0;
  /** Whether {@link snapshot} would say something else than when it was taken last. */
  dirty = false;

  constructor(config: NoticeConfig, snapshot?: Json) {
    this.#config = config;
    if (typeof snapshot === 'object' && snapshot !== null && !Array.isArray(snapshot))
      this.#restore(snapshot as { readonly [key: string]: Json });
  }

  reconfigure(config: NoticeConfig): void {
    this.#config = config;
  }

  /** An alarm changed its state. */
  hear(news: AlarmNews, atUs: number): void {
    const episode = this.#episodes.get(news.alarm);
    if (!asks(news.state)) this.#end(news, atUs);
    else if (!episode && begins(news.state)) {
      this.#episodes.set(news.alarm, {
        alarm: news.alarm,
        priority: news.priority,
        sinceUs: atUs,
        told: new Set(),
        silenced: false,
      });
      this.dirty = true;
    }
  }

  /**
   * Alarms as they stand at start: what ended while nobody listened (a changed site file took the alarm away) is no
   * matter any more, and what asks without an episode begins one.
   */
  align(standing: readonly AlarmNews[], atUs: number): void {
    const known = new Set(standing.map(({ alarm }) => alarm));
    for (const alarm of [...this.#episodes.keys()]) {
      if (!known.has(alarm)) this.hear({ alarm, priority: 'low', state: 'normal', by: 'site file' }, atUs);
    }
    for (const news of standing)
      if (this.#episodes.has(news.alarm) || begins(news.state)) this.hear(news, atUs);
  }

  /**
   * Time passing, and what is to be sent now: each of these counts as under way until {@link done}.
   * @param wallUs for shifts only
   */
  due(atUs: number, wallUs: number): readonly OpenNotice[] {
    this.#endMaintenance(atUs);
    for (const episode of this.#episodes.values()) this.#tell(episode, atUs, wallUs);
    const ready: OpenNotice[] = [];
    for (const one of this.#open.values()) {
      if (one.nextUs > atUs) continue;
      if (atUs - one.dueUs > GIVE_UP_US) this.#giveUp(one);
      else ready.push(this.#hand(one, atUs));
    }
    return ready;
  }

  /** @param problem undefined when it was delivered */
  done(id: number, problem: string | undefined, atUs: number): void {
    const one = this.#open.get(id);
    if (!one?.underWay) return;
    one.underWay = false;
    this.dirty = true;
    if (problem === undefined) {
      this.#open.delete(id);
      this.#events.push({ what: 'delivered', notice: shown(one) });
      return;
    }
    one.problem = problem;
    one.nextUs = atUs + (PAUSES_US[Math.min(one.attempts, PAUSES_US.length) - 1] as number);
    this.#events.push({ what: 'failed', notice: shown(one) });
  }

  /** Begins, prolongs or, with an end that is not ahead, ends the maintenance of an asset. */
  maintain(maintenance: Maintenance, atUs: number): void {
    this.dirty = true;
    if (maintenance.untilUs > atUs) this.#maintenance.set(maintenance.asset, maintenance);
    else if (this.#maintenance.delete(maintenance.asset)) this.#resume();
  }

  get maintained(): readonly Maintenance[] {
    return [...this.#maintenance.values()];
  }

  /** On their way, oldest first. */
  get waiting(): readonly OpenNotice[] {
    return [...this.#open.values()].map(shown);
  }

  /** Never delivered, oldest first. */
  get failed(): readonly OpenNotice[] {
    return this.#failed;
  }

  /** What is told next of each alarm that asks, one a plan; the soonest first. */
  coming(atUs: number, wallUs: number): readonly ComingNotice[] {
    const found = [...this.#episodes.values()].flatMap((episode) =>
      this.#config.plans.flatMap((plan) => this.#next(plan, episode, atUs, wallUs) ?? []),
    );
    return found.sort((a, b) => a.dueUs - b.dueUs);
  }

  takeEvents(): readonly NoticeEvent[] {
    return this.#events.splice(0);
  }

  snapshot(): Json {
    this.dirty = false;
    return {
      lastId: this.#lastId,
      episodes: [...this.#episodes.values()].map(episodeJson),
      open: [...this.#open.values()].map(({ underWay: _, ...rest }) => ({ ...rest })) as unknown as Json,
      failed: this.#failed as unknown as Json,
      maintenance: [...this.#maintenance.values()] as unknown as Json,
    };
  }

  #tell(episode: Episode, atUs: number, wallUs: number): void {
    const plans = this.#config.plans.filter((plan) => concerns(plan, episode));
    for (const plan of plans) {
      plan.steps.forEach((step, index) => {
        const key = `${plan.id}/${index}`;
        if (episode.told.has(key) || atUs - episode.sinceUs < step.afterUs) return;
        if (this.#isSilenced(episode) || !this.#isThere(step, wallUs)) return;
        const reason = episode.told.size === 0 ? 'raised' : 'escalated';
        episode.told.add(key);
        this.#add(plan, index, episode, { reason, state: 'unacknowledged', dueUs: atUs });
      });
    }
  }

  #next(plan: NoticePlan, episode: Episode, atUs: number, wallUs: number): ComingNotice | undefined {
    if (!concerns(plan, episode)) return undefined;
    const { alarm, priority, sinceUs } = episode;
    const untold = plan.steps
      .map((step, index) => ({ step, index, dueUs: sinceUs + step.afterUs }))
      .filter(({ index }) => !episode.told.has(`${plan.id}/${index}`));
    const next = untold.toSorted((a, b) => a.dueUs - b.dueUs)[0];
    if (!next) return undefined;
    const { to, fields } = next.step;
    const held = [...this.#maintenance.keys()].some((asset) => isBelow(alarm, asset))
      ? 'maintenance'
      : next.dueUs <= atUs && !this.#isThere(next.step, wallUs)
        ? 'shift'
        : undefined;
    const about = { plan: plan.id, step: next.index, to, fields, alarm, priority, sinceUs };
    return { ...about, dueUs: next.dueUs, ...(held && { held }) };
  }

  #isSilenced(episode: Episode): boolean {
    for (const maintenance of this.#maintenance.values()) {
      if (!isBelow(episode.alarm, maintenance.asset)) continue;
      if (!episode.silenced) {
        episode.silenced = true;
        this.dirty = true;
        this.#events.push({ what: 'silenced', alarm: episode.alarm, maintenance });
      }
      return true;
    }
    return false;
  }

  #isThere({ during }: NoticeStep, wallUs: number): boolean {
    if (during.length === 0 || wallUs < NEVER_SET_BEFORE_US) return true;
    const minute = this.#config.minuteOfWeek(wallUs);
    return during.some((name) => {
      const shift = this.#config.shifts.get(name);
      return shift !== undefined && isOn(shift, minute);
    });
  }

  #add(
    plan: NoticePlan,
    index: number,
    { alarm, priority, sinceUs }: Episode,
    why: Pick<Notice, 'reason' | 'state' | 'dueUs' | 'by'>,
  ): void {
    const { to, fields } = plan.steps[index] as NoticeStep;
    const id = ++this.#lastId;
    const notice = { id, plan: plan.id, step: index, to, fields, alarm, priority, sinceUs, ...why };
    this.#open.set(id, { ...notice, attempts: 0, nextUs: why.dueUs, underWay: false, problem: undefined });
    this.dirty = true;
  }

  #hand(one: Open, atUs: number): OpenNotice {
    one.underWay = true;
    one.attempts++;
    one.nextUs = atUs + UNANSWERED_US;
    this.dirty = true;
    return shown(one);
  }

  /** What nobody was told yet has no use any more; who was told hears of the end where they asked for it. */
  #end({ alarm, state, by }: AlarmNews, atUs: number): void {
    const episode = this.#episodes.get(alarm);
    if (!episode) return;
    this.#episodes.delete(alarm);
    this.dirty = true;
    const unsent = new Set<string>();
    for (const one of this.#open.values()) {
      if (one.alarm !== alarm || one.reason === 'ended' || one.underWay) continue;
      this.#open.delete(one.id);
      unsent.add(`${one.plan}/${one.step}`);
      this.#events.push({ what: 'obsolete', notice: shown(one) });
    }
    for (const plan of this.#config.plans) {
      plan.steps.forEach(({ tellEnd }, index) => {
        const key = `${plan.id}/${index}`;
        if (!tellEnd || !episode.told.has(key) || unsent.has(key)) return;
        this.#add(plan, index, episode, {
          reason: 'ended',
          state,
          dueUs: atUs,
          ...(by !== undefined && { by }),
        });
      });
    }
  }

  #giveUp(one: Open): void {
    this.#open.delete(one.id);
    this.#failed.push(shown(one));
    if (this.#failed.length > MOST_FAILED) this.#failed.shift();
    this.#events.push({ what: 'given-up', notice: shown(one) });
    this.dirty = true;
  }

  #endMaintenance(atUs: number): void {
    for (const maintenance of this.#maintenance.values()) {
      if (maintenance.untilUs > atUs) continue;
      this.#maintenance.delete(maintenance.asset);
      this.#events.push({ what: 'maintenance-ended', maintenance });
      this.#resume();
    }
  }

  /** What is still silenced by another maintenance is recorded anew. */
  #resume(): void {
    for (const episode of this.#episodes.values()) episode.silenced = false;
    this.dirty = true;
  }

  #restore({ lastId, episodes, open, failed, maintenance }: { readonly [key: string]: Json }): void {
    this.#lastId = Number(lastId) || 0;
    for (const json of listOf(episodes)) {
      const episode = episodeOf(json);
      if (episode) this.#episodes.set(episode.alarm, episode);
    }
    // An attempt that a crash cut off may have arrived: it is made again, which its number shows.
    for (const one of listOf(open) as unknown as Open[]) {
      this.#open.set(one.id, { ...one, problem: one.problem, underWay: false, nextUs: 0 });
    }
    this.#failed.push(...(listOf(failed) as unknown as OpenNotice[]));
    for (const one of listOf(maintenance) as unknown as Maintenance[]) this.#maintenance.set(one.asset, one);
  }
}

const listOf = (json: Json | undefined): readonly Json[] => (Array.isArray(json) ? json : []);

function shown({ underWay, nextUs, ...notice }: Open): OpenNotice {
  return { ...notice, nextUs: underWay ? undefined : nextUs };
}

/** Whether an alarm is of this asset, or of one below it; the empty path is the whole site. */
const isBelow = (alarm: string, asset: string): boolean => asset === '' || alarm.startsWith(`${asset}/`);

function concerns({ alarms, priorities }: NoticePlan, { alarm, priority }: Episode): boolean {
  if (priorities.length > 0 && !priorities.includes(priority)) return false;
  return alarms.length === 0 || alarms.some((pattern) => glob(pattern)(alarm));
}
