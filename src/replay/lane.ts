import type { AlarmAct } from '#decide/api.ts';
import { withFiles } from '#decide/detectors/spec.ts';
import type { Item } from '#journal/api.ts';
import type { Batch } from '#kernel/batch.ts';
import { pickRows } from '#kernel/batch.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import type { Tag } from '#kernel/tag-table.ts';
import type { FileHistory, LearnedPast, ReplayedFile } from '#replay/file.ts';
import type { Finding, What } from '#replay/finding.ts';
import { Machine } from '#replay/machine.ts';
import { isAct } from '#replay/recorded.ts';

export interface LaneOptions {
  /** That decides from the first entry on. */
  readonly file: ReplayedFile;
  /** Tags of the past, with the numbers that its rows carry. */
  readonly known: readonly Tag[];
  /**
   * The files of the past: goes over to each where the site did, and moves time only where the site did, so that it
   * finds what the site found. Without: `file` decides all the time, and its delays end when they are due.
   */
  readonly follow?: FileHistory | undefined;
  /** Entries whose state of rules and alarms a later start went on with, ascending. */
  readonly states?: readonly number[] | undefined;
  /** What detectors learned; those of a lane without it find nothing before they have learned. */
  readonly learned?: LearnedPast | undefined;
  /** Rows of these tags are left out: the file derives what the past had measured. */
  readonly hidden?: ReadonlySet<number> | undefined;
}

const NOTHING: readonly Finding[] = Object.freeze([]);

/** One file's way through a past: takes its entries in their order, and says what they lead to. */
export class Lane {
  readonly #options: LaneOptions;
  #file: ReplayedFile;
  #machine: Machine | undefined;
  /** State that the next machine goes on with: made with the first entry after a start. */
  #state: Json | undefined;
  #assets: Json | undefined;
  #startUs = 0;
  readonly #kept = new Map<number, Json | undefined>();
  readonly #digests: Map<string, string>;
  #nextKept = 0;
  #lastAtUs = 0;
  #lastWallUs = 0;
  /** Acts of operators that did not fit. */
  unfitting = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#file = options.file;
    this.#digests = new Map(options.learned?.digests);
  }

  /** What people did with assets before the first entry. */
  before(event: SiteEvent): void {
    if (event.name === 'security.asset-changed') this.#running().asset(event);
  }

  take(item: Item): readonly Finding[] {
    this.#keep(item.seq);
    if (item.kind === 'event') return this.#event(item);
    if (item.kind === 'tick') {
      const due = this.#due(item.atUs, item.seq);
      return joined(due, this.#found(this.#running().tick(item.atUs), item.seq, item.atUs));
    }
    if (item.mark.derived) return NOTHING;
    return this.#batch(item.batch, item.mark.atUs, item.seq);
  }

  #batch(batch: Batch, atUs: number, seq: number): readonly Finding[] {
    const due = this.#due(atUs, seq);
    if (!batch.late) {
      this.#lastWallUs = batch.receivedUs;
      this.#lastAtUs = atUs;
    }
    return joined(due, this.#found(this.#running().batch(this.#shown(batch), atUs), seq, atUs));
  }

  /** Ends what is due before the next entry: another file has other delays than those that the site's ticks were for. */
  #due(atUs: number, seq: number): readonly Finding[] {
    if (this.#options.follow) return NOTHING;
    const machine = this.#running();
    let found = NOTHING;
    while (machine.decisions.nextUs < atUs) {
      const dueUs = Math.max(machine.decisions.nextUs, this.#startUs);
      if (dueUs >= atUs) break;
      found = joined(found, this.#found(machine.tick(dueUs), seq, dueUs));
    }
    return found;
  }

  #event({ event, atUs, seq }: Item & { kind: 'event' }): readonly Finding[] {
    if (event.name === 'system.started') this.#started(event, atUs);
    else if (event.name === 'config.changed') this.#changed(event);
    else if (event.name === 'detector.learned') this.#learned(event);
    else if (event.name === 'security.asset-changed') this.#running().asset(event);
    else if (isAct(event)) return this.#act(event, atUs, seq);
    return NOTHING;
  }

  #act({ subject, by = '', detail = {}, timeUs }: SiteEvent, atUs: number, seq: number): readonly Finding[] {
    const due = this.#due(atUs, seq);
    const { comment, ...act } = detail;
    const text = typeof comment === 'string' ? comment : undefined;
    const found = this.#running().act(subject, act as unknown as AlarmAct, by, atUs, text);
    if (!found) this.unfitting++;
    const at = (what: What): Finding => ({ seq, atUs, timeUs, what });
    return found && found.length > 0 ? joined(due, found.map(at)) : due;
  }

  /** The run before is over: the next one begins without present values, with the state that reached the disk. */
  #started({ detail = {} }: SiteEvent, atUs: number): void {
    const { decisionsSeq } = detail;
    if (typeof decisionsSeq === 'number' && this.#kept.has(decisionsSeq)) {
      this.#state = this.#kept.get(decisionsSeq);
      // The start after this one may come to the same state again: nothing new need have reached the disk by then.
      for (const seq of this.#kept.keys()) if (seq < decisionsSeq) this.#kept.delete(seq);
    } else this.#state = decisionsSeq === null ? undefined : (this.#machine?.state() ?? this.#state);
    this.#assets = this.#machine?.assets() ?? this.#assets;
    this.#machine = undefined;
    this.#startUs = atUs;
  }

  #changed({ by, detail = {} }: SiteEvent): void {
    const { follow } = this.#options;
    if (!follow) return;
    const next = follow.file(String(detail.digest));
    if (by !== 'start') {
      const machine = this.#running();
      for (const tag of next.tags) machine.table.declare(tag);
      machine.change(this.#withFiles(next), follow.change(this.#file, next, machine.table));
    }
    this.#file = next;
  }

  #learned({ subject, detail = {} }: SiteEvent): void {
    const { follow, learned } = this.#options;
    const digest = String(detail.digest);
    if (!follow) return;
    this.#digests.set(subject, digest);
    const text = learned?.text(digest);
    if (text !== undefined) this.#running().learn(subject, { digest, text });
  }

  #withFiles(file: ReplayedFile): ReplayedFile {
    const spec = withFiles(file.spec, ({ id, learned }) => {
      const digest = learned ?? this.#digests.get(id);
      const text = digest === undefined ? undefined : this.#options.learned?.text(digest);
      return digest === undefined || text === undefined ? undefined : { digest, text };
    });
    return { ...file, spec };
  }

  /** Made late: the file that a start came with is told behind it. */
  #running(): Machine {
    if (!this.#machine) {
      const { known } = this.#options;
      this.#machine = new Machine(this.#withFiles(this.#file), known, this.#state, this.#assets);
    }
    return this.#machine;
  }

  /** Keeps the state after an entry that a later start names, before anything further happens. */
  #keep(seq: number): void {
    const { states = [] } = this.#options;
    for (; this.#nextKept < states.length; this.#nextKept++) {
      const wanted = states[this.#nextKept] as number;
      if (wanted >= seq) return;
      // With the file that a start came with: what that does not take over is gone, for every later start too.
      this.#kept.set(wanted, this.#running().state());
    }
  }

  #shown(batch: Batch): Batch {
    const { hidden } = this.#options;
    if (!hidden || hidden.size === 0) return batch;
    return pickRows(
      batch,
      Uint8Array.from(batch.tag, (tag) => (hidden.has(tag) ? 0 : 1)),
    );
  }

  #found(whats: readonly What[], seq: number, atUs: number): readonly Finding[] {
    if (whats.length === 0) return NOTHING;
    const timeUs = this.#lastWallUs + (atUs - this.#lastAtUs);
    return whats.map((what) => ({ seq, atUs, timeUs, what }));
  }
}

const joined = (a: readonly Finding[], b: readonly Finding[]): readonly Finding[] =>
  a.length === 0 ? b : b.length === 0 ? a : [...a, ...b];
