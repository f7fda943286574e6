import { type FSWatcher, watch } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Clock } from '#kernel/clock.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Log } from '#plugin/api.ts';

export interface FileWatchOptions {
  readonly path: string;
  /** The text that is known already; undefined where the file could not be read. */
  readonly text: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Another text lies there, and has stopped changing.
   * @returns false when it lay there no more as its turn came; then it is told again should it come back
   */
  changed(text: string): Promise<boolean>;
}

/** A text that nobody has touched for this long is taken for whole … */
const STABLE_MS = 400;
/** … and one that looks cut off for this long: copies over a network pause in the middle. */
const DOUBTFUL_MS = 2000;
const LOOK_AGAIN_MS = 100;
/** Network folders tell nothing of what others do in them. */
const POLL_MS = 2000;
/** A file may change within the resolution of its time, at the same size: now and then it is read all the same. */
const READ_EVERY_MS = 60_000;

/**
 * Tells of another text in a file, however it gets there: written in place, truncated and written, renamed over, a link
 * that leads elsewhere. It is told once it has been stable for a moment.
 */
export class FileWatch implements AsyncDisposable {
  readonly #options: FileWatchOptions;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #watcher: FSWatcher | undefined;
  #nudge = new AbortController();
  #known: string | undefined;
  /** Time, size and place of the file as it was read last. */
  #mark = '';
  #readMs = 0;
  /** Somebody touched it: it is read, whatever its mark says. */
  #touched = false;
  #missing = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
    this.#known = options.text;
    this.#listen();
    this.#loop = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#nudge.abort();
    this.#watcher?.close();
    await this.#loop;
  }

  /** The folder, since a file that is renamed over is another one. */
  #listen(): void {
    const { path, log } = this.#options;
    const name = basename(path);
    try {
      // Mounted configurations are links whose folder changes: such names begin with two dots.
      this.#watcher = watch(dirname(path), (_, file) => {
        if (file === null || file === name || file.startsWith('..')) this.#nudged();
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch (error) {
      log.info({ error: messageOf(error) }, `${path} is looked at every ${POLL_MS / 1000} s`);
    }
  }

  #nudged(): void {
    this.#touched = true;
    this.#nudge.abort();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#look();
      } catch (error) {
        this.#options.log.error({ error: messageOf(error) }, `${this.#options.path} cannot be looked at`);
      }
      await this.#sleep(POLL_MS, this.#nudge.signal);
      if (!this.#stop.signal.aborted) this.#nudge = new AbortController();
    }
  }

  async #look(): Promise<void> {
    const mark = await this.#stat();
    const isDue = this.#touched || this.#nowMs() - this.#readMs > READ_EVERY_MS;
    this.#touched = false;
    if (mark === undefined || (mark === this.#mark && !isDue)) return;
    const text = await this.#stable();
    if (text === undefined || this.#stop.signal.aborted) return;
    this.#mark = mark;
    this.#readMs = this.#nowMs();
    if (text === this.#known) return;
    this.#known = text;
    if (!(await this.#options.changed(text))) this.#known = undefined;
  }

  /** The text once it has not changed for a while; undefined when it went away meanwhile. */
  async #stable(): Promise<string | undefined> {
    let text = await this.#read();
    let sinceMs = this.#nowMs();
    while (text !== undefined && text !== this.#known && !this.#stop.signal.aborted) {
      if (this.#nowMs() - sinceMs >= (isDoubtful(text) ? DOUBTFUL_MS : STABLE_MS)) return text;
      await this.#sleep(LOOK_AGAIN_MS, this.#stop.signal);
      const next = await this.#read();
      if (next !== text) sinceMs = this.#nowMs();
      text = next;
    }
    return text;
  }

  async #stat(): Promise<string | undefined> {
    const { path, log } = this.#options;
    try {
      const { mtimeMs, size, ino } = await stat(path);
      this.#missing = false;
      return `${mtimeMs} ${size} ${ino}`;
    } catch (error) {
      if (!this.#missing) {
        const hint = 'the site goes on with what it runs; put the file back';
        log.warn({ error: messageOf(error), hint }, `${path} is gone`);
      }
      this.#missing = true;
      return undefined;
    }
  }

  #read(): Promise<string | undefined> {
    return readFile(this.#options.path, 'utf8').catch(() => undefined);
  }

  #nowMs(): number {
    return this.#options.clock.steadyUs() / 1000;
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#options.clock.sleep(ms, signal).catch(() => {});
  }
}

/** Editors end a file with a line end, and nobody means an empty one: this may still be on its way. */
const isDoubtful = (text: string): boolean => !text.endsWith('\n');
