import type { Feed } from '#journal/api.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { type CarriedState, keepCarried } from '#trust/hub/carried.ts';
import type { Membership } from '#trust/hub/membership.ts';
import type { ParcelKey } from '#trust/hub/parcel-key.ts';
import type { Positions } from '#uplink/messages.ts';
import { type Content, helloOf, type Speaker } from './contents.ts';
import { ParcelFile } from './file.ts';
import { type Given, givenWith, statementOf } from './given.ts';
import { PARCEL } from './stick.ts';

export interface RunPorts {
  readonly trustDir: string;
  /** Folder on the stick. */
  readonly to: string;
  readonly parcelBytes: number;
  /** Over a way without receipts: the same is carried again, under other names, and is remembered with the whole. */
  readonly oneWay: boolean;
  readonly membership: Membership;
  readonly parcelKey: ParcelKey;
  readonly speaker: Speaker;
  readonly feed: Feed;
  nowUs(): number;
  progress?(done: Counted): void;
}

export interface Counted {
  readonly samples: number;
  readonly events: number;
  readonly bytes: number;
}

export interface RunStart {
  /** As it is on the disk. */
  readonly kept: CarriedState;
  /** With what parcels hold that go before these. */
  readonly state: CarriedState;
  readonly begin: Positions;
  /** Given away before; undefined: that was not counted. */
  readonly given: Given | undefined;
}

type Sent = NonNullable<CarriedState['sent']>;

/** One export: parcel after parcel, each remembered once it is whole. */
export class Run implements AsyncDisposable {
  /** Files that are whole. */
  readonly parcels: string[] = [];
  readonly #ports: RunPorts;
  readonly #kept: CarriedState;
  #state: CarriedState;
  #at: Positions;
  #open:
    | { readonly file: ParcelFile; readonly after: Positions; samples: number; events: number }
    | undefined;
  /** Tags and gaps wait for something that needs them. */
  #pages: Content[] = [];
  #counted: Counted = { samples: 0, events: 0, bytes: 0 };
  #given: Given | undefined;

  constructor(ports: RunPorts, { kept, state, begin, given }: RunStart) {
    this.#given = given;
    this.#ports = ports;
    this.#kept = kept;
    this.#state = state;
    this.#at = begin;
  }

  get counted(): Counted {
    return this.#counted;
  }

  get state(): CarriedState {
    return this.#state;
  }

  /** @throws Fault `parcel.stick` */
  async put(content: Content): Promise<void> {
    if (content.lane === undefined) {
      this.#pages.push(content);
      return;
    }
    await this.#guarded(() => this.#put(content, content.lane as keyof Positions));
  }

  /** @throws Fault `parcel.stick` */
  async end(): Promise<void> {
    await this.#guarded(async () => {
      // Those that changed at the end; alone they are not worth a parcel.
      if (this.#pages.length > 0 && this.parcels.length > 0) this.#open ??= await this.#begin();
      await this.#close();
    });
  }

  async #put(content: Content, lane: keyof Positions): Promise<void> {
    this.#open ??= await this.#begin();
    const open = this.#open;
    if (lane === 'history') for (const page of this.#pages.splice(0)) await open.file.put(page);
    await open.file.put(content);
    this.#at = { ...this.#at, [lane]: content.upTo };
    this.#given &&= givenWith(this.#given, content);
    if (lane === 'history') open.samples += content.count;
    else open.events += content.count;
    const { samples, events, bytes } = this.#counted;
    this.#ports.progress?.({
      samples: samples + open.samples,
      events: events + open.events,
      bytes: bytes + open.file.bytes,
    });
    if (open.file.bytes >= this.#ports.parcelBytes) await this.#close();
  }

  async #begin() {
    const { to, membership, parcelKey, speaker, nowUs, oneWay } = this.#ports;
    const { journal } = speaker;
    const after = this.#at;
    const number = String(after.security + after.others + after.history).padStart(12, '0');
    const madeUs = Math.round(nowUs());
    const time = oneWay ? `-${Math.floor(madeUs / 1000)}` : '';
    const name = `${plain(membership.site)}-${journal.slice(0, 8)}-${number}${time}${PARCEL}`;
    const file = await ParcelFile.begin(to, name, after, {
      ...{ membership, parcelKey, journal },
      madeUs,
    });
    await file.put({ message: helloOf(speaker), entries: [] });
    return { file, after, samples: 0, events: 0 };
  }

  async #close(): Promise<void> {
    const open = this.#open;
    if (!open) return;
    for (const page of this.#pages.splice(0)) await open.file.put(page);
    await this.#putStatement(open.file);
    const { file, samples, events } = open;
    await file.end({ upTo: this.#at, samples, events });
    this.#open = undefined;
    this.parcels.push(file.path);
    const all = this.#counted;
    this.#counted = {
      samples: all.samples + samples,
      events: all.events + events,
      bytes: all.bytes + file.bytes,
    };
    await this.#remember(samples, events);
  }

  /** What the site counts, where it ends with this parcel. */
  async #putStatement(file: ParcelFile): Promise<void> {
    const { feed, nowUs } = this.#ports;
    if (this.#given?.upTo !== this.#at.history) return;
    const message = await statementOf(feed, this.#given, Math.max(0, Math.round(nowUs())));
    if (message) await file.put({ message, entries: [] });
  }

  async #remember(samples: number, events: number): Promise<void> {
    const before: Omit<Sent, 'upTo' | 'atUs'> = this.#state.sent ?? { samples: 0, events: 0, parcels: 0 };
    const sent = {
      upTo: this.#at,
      samples: before.samples + samples,
      events: before.events + events,
      parcels: before.parcels + 1,
      atUs: Math.max(0, Math.round(this.#ports.nowUs())),
    };
    const { trustDir, oneWay } = this.#ports;
    const given = this.#given && { given: this.#given };
    this.#state = { ...this.#state, sent, ...given };
    // What repeats begins behind what was sent before: only its end says more than that.
    if (!oneWay) await keepCarried(trustDir, this.#state);
    else if (given) await keepCarried(trustDir, { ...this.#kept, ...given });
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw this.#failed(error);
    }
  }

  #failed(error: unknown): unknown {
    if (error instanceof Fault) return error;
    const { to } = this.#ports;
    const done = `${this.parcels.length} whole parcels are on it`;
    return new Fault('parcel.stick', `${to} takes no more: ${messageOf(error)}; ${done}`, {
      retry: 'never',
      hint: 'The same command goes on where they end; with --next on another stick.',
      cause: error,
    });
  }

  /** What is not whole goes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.file[Symbol.asyncDispose]();
    this.#open = undefined;
  }
}

/** As a file name that every file system takes. */
const plain = (site: string): string => site.replace(/[^\w.-]/g, '_').slice(0, 64);
