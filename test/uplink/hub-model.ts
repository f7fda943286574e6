import assert from 'node:assert/strict';
import { type Duplex, duplexPair } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Json } from '#kernel/event.ts';
import { FRAME_BYTES, FrameReader } from '#uplink/frames.ts';
import {
  eventsIn,
  type FromHub,
  type FromSite,
  frameOf,
  type Lane,
  readFromSite,
  VERSION,
} from '#uplink/messages.ts';
import type { AnswerMessage, ReportMessage } from '#uplink/reports.ts';
import { rowsOf } from '#uplink/rows.ts';

/** A hub in memory that keeps what it stores over connections, and can be told to fall silent or to hang up. */
export class HubModel {
  readonly values: number[] = [];
  readonly events: { readonly lane: Lane; readonly seq: number; readonly name: string }[] = [];
  readonly live = new Map<number, number>();
  readonly pages = {
    tags: new Map<number, number>(),
    gaps: new Map<number, number>(),
    alarms: new Map<number, number>(),
  };
  /** What holds of what was reported, by kind and key. */
  readonly reported = new Map<string, { readonly revision: number; readonly body: Json }>();
  readonly answers: AnswerMessage[] = [];
  /** Version that it greets with. */
  version = VERSION;
  readonly texts = new Map<string, Json>();
  readonly positions: { [lane in Lane]: number } = { security: 0, others: 0, history: 0 };
  /** Kinds and lanes in the order in which they came, over all connections. */
  readonly heard: string[] = [];
  /** What the site counted last. */
  ledger: (FromSite & { kind: 'ledger' }) | undefined;
  connections = 0;
  bytes = 0;
  /** What is stored and never confirmed: the connection ends instead. */
  cutAfter = Number.POSITIVE_INFINITY;
  /** Withholds confirmations. */
  isMute = false;
  greeting: ((hello: FromSite & { kind: 'hello' }) => FromHub | undefined) | undefined;
  /** Called right behind each greeting. */
  welcomed: () => void = () => {};
  #stream: Duplex | undefined;

  /** @returns the site's end */
  connect(): Duplex {
    const [site, hub] = duplexPair();
    this.connections++;
    this.#stream = hub;
    const reader = new FrameReader((type, body) => {
      if (!hub.destroyed) this.#take(hub, readFromSite(type, body));
    }, FRAME_BYTES);
    hub.on('data', (chunk: Uint8Array) => {
      this.bytes += chunk.length;
      reader.push(chunk);
    });
    hub.on('error', () => {});
    hub.on('end', () => hub.destroy());
    return site;
  }

  hangUp(): void {
    this.#stream?.destroy();
  }

  say(message: FromHub): void {
    this.#stream?.write(frameOf(message));
  }

  #take(hub: Duplex, message: FromSite): void {
    this.heard.push(message.kind === 'events' ? message.lane : message.kind);
    if (message.kind === 'hello') {
      hub.write(frameOf(this.greeting?.(message) ?? this.#welcome()));
      this.welcomed();
      return;
    }
    if (message.kind === 'ping') hub.write(frameOf({ kind: 'pong' }));
    else if (message.kind === 'page') this.#page(message);
    else if (message.kind === 'ledger') this.ledger = message;
    else if (message.kind === 'answer') this.answers.push(message);
    else if (message.kind === 'report') this.#report(hub, message);
    else this.#store(hub, message);
  }

  #welcome(): FromHub {
    const hub = '00000000-0000-4000-8000-000000000001';
    return {
      kind: 'welcome',
      version: this.version,
      hub,
      positions: { ...this.positions },
      pages: this.pages,
    };
  }

  #page({ table, page, text }: FromSite & { kind: 'page' }): void {
    if (text === '[]') this.pages[table].delete(page);
    else this.pages[table].set(page, crc32(text));
    this.texts.set(`${table}/${page}`, JSON.parse(text) as Json);
  }

  #report(hub: Duplex, { revision, since, rows }: ReportMessage): void {
    for (const [kind, key, body] of rows) {
      if (body === null) this.reported.delete(`${kind}/${key}`);
      else this.reported.set(`${kind}/${key}`, { revision, body });
    }
    for (const [key, one] of this.reported) if (one.revision < since) this.reported.delete(key);
    this.#confirm(hub, 'report', revision);
  }

  #store(hub: Duplex, message: FromSite & { kind: 'events' | 'history' | 'live' }): void {
    if (message.kind === 'live') {
      const rows = rowsOf(message.stamp, message.block);
      for (let i = 0; i < rows.rows; i++) this.live.set(rows.tag[i] as number, rows.value[i] as number);
      this.#confirm(hub, 'live', message.stamp);
      return;
    }
    const lane = message.kind === 'history' ? 'history' : message.lane;
    assert.equal(message.after, this.positions[lane], `${lane} begins where the hub stands`);
    this.positions[lane] = message.upTo;
    if (message.kind === 'history') this.values.push(...rowsOf(message.upTo, message.block).value);
    else
      for (const { seq, body } of eventsIn(message))
        this.events.push({ lane, seq, name: (JSON.parse(body) as { name: string }).name });
    this.#confirm(hub, lane, message.upTo);
  }

  #confirm(hub: Duplex, lane: Lane | 'live' | 'report', upTo: number): void {
    if (--this.cutAfter < 0) {
      this.cutAfter = Number.POSITIVE_INFINITY;
      hub.destroy();
    } else if (!this.isMute) hub.write(frameOf({ kind: 'stored', lane, upTo }));
  }
}
