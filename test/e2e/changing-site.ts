import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { AlarmStatus, ConfigEntry, EventView } from '#contract/api.ts';
import { journalDir } from '#edge/data-folder.ts';
import { openReader } from '#journal/reader.ts';
import { at } from '#kernel/batch.ts';
import { answer, pduFor, rawServer } from '../modbus-rig.ts';
import { until } from '../until.ts';
import { Api, type Running, Sandbox } from './sandbox.ts';

/** A Modbus device whose registers hold what the test says, and take what is written. */
export async function memoryDevice() {
  const registers = new Uint16Array(100);
  /** How often each was read. */
  const reads = new Uint32Array(100);
  /** While it is on, nothing is answered. */
  const silence = { isOn: false };
  const server = await rawServer((asked) => {
    if (silence.isOn) return;
    const pdu = Buffer.from(pduFor(asked));
    if (asked.code === 6) registers[asked.address] = asked.count;
    else {
      for (let i = 0; i < asked.count; i++) {
        const register = asked.address + i;
        pdu.writeUInt16BE(registers[register] ?? 0, 2 + 2 * i);
        reads[register] = (reads[register] ?? 0) + 1;
      }
    }
    answer(asked, pdu);
  });
  return Object.assign(server, { registers, reads, silence });
}

/** Sections of a site file, as YAML lines; absent ones are left out. */
export interface Parts {
  readonly settings?: string;
  readonly sources: readonly string[];
  readonly actuators?: readonly string[];
  readonly sinks?: readonly string[];
  readonly tags: readonly string[];
  readonly rules?: readonly string[];
  readonly alarms?: readonly string[];
  readonly detectors?: readonly string[];
}

export function siteText({ settings = '{ api: { port: 0 } }', ...sections }: Parts): string {
  const entries = Object.entries(sections) as [string, readonly string[]][];
  const text = entries.map(([name, lines]) => `${name}:\n${lines.map((line) => `  ${line}\n`).join('')}`);
  return `site: changing\nsettings: ${settings}\n${text.join('')}`;
}

/** A site in a process of its own, whose file the test saves again and again. */
export class ChangingSite implements AsyncDisposable {
  readonly box = new Sandbox();
  readonly file = this.box.path('site.yaml');
  readonly data = this.box.path('data');
  #edge: Running | undefined;
  #api: Api | undefined;

  get edge(): Running {
    return this.#edge as Running;
  }

  get api(): Api {
    return this.#api as Api;
  }

  async start(parts: Parts, ...args: readonly string[]): Promise<this> {
    writeFileSync(this.file, siteText(parts));
    this.#edge = await this.box.startEdge(this.file, this.data, { more: args });
    this.#api = new Api(this.data);
    return this;
  }

  /** As an editor does that renames, or one that truncates and writes. */
  save(text: string, how: 'rename' | 'truncate' = 'rename'): void {
    if (how === 'truncate') {
      writeFileSync(this.file, '');
      writeFileSync(this.file, text);
      return;
    }
    writeFileSync(`${this.file}.draft`, text);
    renameSync(`${this.file}.draft`, this.file);
  }

  /** Saves, and waits for it to take effect. */
  async change(parts: Parts, how?: 'rename' | 'truncate'): Promise<EventView> {
    const before = (await this.changes()).length;
    this.save(siteText(parts), how);
    await until('the file takes effect', async () => (await this.changes()).length > before);
    return (await this.changes()).at(-1) as EventView;
  }

  text(): string {
    return readFileSync(this.file, 'utf8');
  }

  async changes(): Promise<EventView[]> {
    return (await this.api.events()).filter(({ name }) => name === 'config.changed');
  }

  async alarm(id: string): Promise<AlarmStatus | undefined> {
    return (await this.api.get<AlarmStatus[]>('/api/alarms')).find((alarm) => alarm.id === id);
  }

  history(): Promise<ConfigEntry[]> {
    return this.api.get<ConfigEntry[]>('/api/config/history');
  }

  async opened(source: string): Promise<number | undefined> {
    return (await this.api.status()).sources[source]?.opened;
  }

  async paths(): Promise<string[]> {
    return (await this.api.get<readonly { path: string }[]>('/api/tags')).map(({ path }) => path);
  }

  async goodValue(path: string, value: number): Promise<boolean> {
    const found = (
      await this.api.get<readonly { path: string; value: unknown; quality: string }[]>('/api/tags')
    ).find((tag) => tag.path === path);
    return found?.value === value && found.quality === 'good';
  }

  /** Rows of a tag that are in the journal. */
  rows(path: string): number {
    using reader = openReader(journalDir(this.data));
    const tag = reader.tags().find((one) => one.path === path)?.number;
    let rows = 0;
    for (const item of reader.items(0)) {
      if (item.kind !== 'batch') continue;
      for (let i = 0; i < item.batch.rows; i++) {
        if (at(item.batch.tag, i) === tag) rows++;
      }
    }
    return rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.box[Symbol.asyncDispose]();
  }
}
