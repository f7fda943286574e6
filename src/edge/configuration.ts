import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AppliedConfig, ConfigStatus, RefusedConfig } from '#contract/api.ts';
import { formatProblem } from '#contract/load.ts';
import type { Problem } from '#contract/model.ts';
import { summaryOf } from '#edge/change-text.ts';
import { checkAside } from '#edge/check-aside.ts';
import {
  asProblem,
  type Cause,
  digestOf,
  linesOf,
  recordRefused,
  SITE_FOLDER_STATE,
} from '#edge/config-record.ts';
import { FileWatch } from '#edge/file-watch.ts';
import { folderOf } from '#edge/pictures/folder.ts';
import type { Site } from '#edge/site.ts';
import type { Fallback } from '#edge/start-file.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { type Draft, draftFor } from '#platform/files.ts';
import type { Log } from '#plugin/api.ts';

export interface ConfigurationOptions {
  readonly site: Site;
  readonly log: Log;
  /** Path of the site file; without it texts are applied and written nowhere. */
  readonly file?: string | undefined;
  /** Whether a saved file takes effect by itself. */
  readonly watch?: boolean | undefined;
  /** The site was started with its last good file instead of the one that lies there. */
  readonly fallback?: Fallback | undefined;
}

/** Refusals that are recorded an hour; a program that writes the file over and over must not fill the journal. */
const MOST_REFUSALS = 30;
const HOUR_US = 3600e6;
/** Refused texts that are remembered, so that each is told once. */
const MOST_REMEMBERED = 100;

/** The site file of a running site: saved, checked, taken over as a whole or not at all, one at a time. */
export class Configuration implements AsyncDisposable {
  readonly #options: ConfigurationOptions;
  readonly #watch: FileWatch | undefined;
  readonly #told = new Set<string>();
  #toldSinceUs = 0;
  #toldCount = 0;
  /** What lies in the file and is not what runs. */
  #refused: RefusedConfig | undefined;
  #lastGoodUs: number | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ConfigurationOptions) {
    const { site, log, file, watch, fallback } = options;
    this.#options = options;
    site.fileStatus = () => this.#status();
    // For a backup, which finds the drawings there.
    if (this.folder !== undefined) site.core.journal.state(SITE_FOLDER_STATE, resolve(this.folder));
    if (fallback) this.#startedWith(fallback);
    if (file === undefined || !watch) return;
    this.#watch = new FileWatch({
      path: file,
      text: fallback ? fallback.text : site.blueprint.text,
      clock: site.core.clock,
      log,
      changed: (text) => this.#inTurn(() => this.#applySaved(file, text)),
    });
  }

  /** Where the drawings of its pictures are; undefined where there is no site file. */
  get folder(): string | undefined {
    const { file } = this.#options;
    return file === undefined ? undefined : folderOf(file);
  }

  /**
   * Checks the file as it lies there, and takes it over.
   * @param expects digest of what must run until then
   * @throws Fault `config.no-file`, `site.unreadable`, `config.changed-meanwhile`
   */
  applyFile(cause: Cause, expects?: string): Promise<AppliedConfig> {
    return this.#inTurn(async () => {
      const text = await this.#read();
      this.#mustRun(expects, text);
      return await this.#applyFile(text, cause);
    });
  }

  /**
   * Checks a text, writes it to the site file, and takes it over.
   * @param expects digest of what must run until then
   * @throws Fault `config.not-saved`, `config.changed-meanwhile`: nothing has changed
   */
  applyText(text: string, cause: Cause, expects?: string): Promise<AppliedConfig> {
    return this.#inTurn(async () => {
      this.#mustRun(expects, text);
      const applied = await this.#apply(text, cause, () => this.#draft(text));
      if (applied.state !== 'refused') this.#taken(applied, cause);
      return applied;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch?.[Symbol.asyncDispose]();
    await this.#turn;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Asked in its turn: nothing takes effect between this and what follows. The same text again overwrites nothing. */
  #mustRun(expects: string | undefined, text: string): void {
    const { digest } = this.#options.site;
    if (expects === undefined || digest === expects || digest === digestOf(text)) return;
    throw new Fault(
      'config.changed-meanwhile',
      `another site file took effect meanwhile: ${digest.slice(0, 12)}`,
      {
        retry: 'never',
        hint: 'look at what it changed, and put your change into it',
      },
    );
  }

  #status(): Omit<ConfigStatus, 'digest' | 'sinceUs'> {
    const { file } = this.#options;
    return {
      watched: this.#watch !== undefined,
      ...(file !== undefined && { file }),
      ...(this.#refused && { refused: this.#refused }),
      ...(this.#lastGoodUs !== undefined && { lastGoodUs: this.#lastGoodUs }),
    };
  }

  /** What lies in the file is told as if it had been saved now. */
  #startedWith({ text = '', problems, lastGoodUs }: Fallback): void {
    const digest = digestOf(text);
    const lastGood = new Date(lastGoodUs / 1000).toISOString();
    this.#refuse(digest, problems, { by: 'start' });
    this.#stands(digest, problems, `the site starts with its last good file, of ${lastGood}`);
    this.#lastGoodUs = lastGoodUs;
  }

  /** What lies in the file has errors, and goes on lying there. */
  #stands(digest: string, problems: readonly Problem[], instead: string): void {
    const { log, site, file = '' } = this.#options;
    if (this.#refused?.digest !== digest) {
      for (const problem of problems) log.error({}, formatProblem(file, problem));
      log.error({ running: site.digest }, `the site file has errors: ${instead}`);
    }
    this.#refused = { digest, sinceUs: site.core.clock.nowUs(), problems };
  }

  /** @returns false when something else lies there by now: that is told in its turn */
  async #applySaved(file: string, text: string): Promise<boolean> {
    const present = await readFile(file, 'utf8').catch(() => undefined);
    if (present !== text) return false;
    await this.#applyFile(text, { by: 'file' });
    return true;
  }

  async #applyFile(text: string, cause: Cause): Promise<AppliedConfig> {
    const applied = await this.#apply(text, cause);
    if (applied.state === 'refused') {
      this.#stands(applied.digest, applied.problems, 'the site goes on with what it runs');
    } else {
      this.#taken(applied, cause);
    }
    return applied;
  }

  #taken({ state, digest, summary }: AppliedConfig, { by, why, undoes }: Cause): void {
    this.#refused = undefined;
    this.#lastGoodUs = undefined;
    if (state !== 'applied') return;
    const said = undoes === undefined ? 'took effect' : 'was set back';
    this.#options.log.info({ digest, by, ...(why && { why }) }, `the site file ${said}: ${summary}`);
  }

  /** @param draft the text on its way into the file; asked for once it has no errors */
  async #apply(
    text: string,
    cause: Cause,
    draft: () => Promise<Draft | undefined> = async () => undefined,
  ): Promise<AppliedConfig> {
    const { log, site } = this.#options;
    const digest = digestOf(text);
    const before = site.digest;
    if (digest === before) {
      await using kept = await draft();
      kept?.put(); // what lies in the file may be something else
      return { state: 'unchanged', digest, before, summary: 'it runs already', changes: [], problems: [] };
    }
    const { blueprint, problems } = await checkAside(text, log, { folder: this.folder });
    if (!blueprint) return this.#refuse(digest, problems, cause);
    await using kept = await draft();
    try {
      const changes = site.apply(blueprint, cause, () => kept?.put());
      // Whoever reads the journal next finds it; a disk that refuses is told elsewhere.
      site.durable().catch(() => {});
      return {
        state: 'applied',
        digest,
        before,
        summary: summaryOf(changes),
        changes: linesOf(changes),
        problems,
      };
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'config.not-saved') throw error;
      return this.#refuse(digest, [...problems, asProblem(error)], cause);
    }
  }

  #refuse(digest: string, problems: readonly Problem[], cause: Cause): AppliedConfig {
    const { site } = this.#options;
    const running = site.digest;
    if (this.#mayTell(digest)) {
      recordRefused(site.core, site.blueprint.model.site, { refused: digest, running }, problems, cause);
    }
    return { state: 'refused', digest, before: running, summary: 'not taken', changes: [], problems };
  }

  #mayTell(digest: string): boolean {
    const nowUs = this.#options.site.core.clock.steadyUs();
    if (this.#told.has(digest)) return false;
    if (nowUs - this.#toldSinceUs > HOUR_US) {
      this.#toldSinceUs = nowUs;
      this.#toldCount = 0;
    }
    if (++this.#toldCount > MOST_REFUSALS) return false;
    if (this.#told.size >= MOST_REMEMBERED) this.#told.clear();
    this.#told.add(digest);
    return true;
  }

  async #read(): Promise<string> {
    const { file } = this.#options;
    if (file === undefined) {
      throw new Fault('config.no-file', 'this site runs without a site file', {
        retry: 'never',
        hint: 'give the text itself',
      });
    }
    return await readFile(file, 'utf8').catch((error) => {
      throw new Fault('site.unreadable', `cannot read ${file}: ${messageOf(error)}`, {
        retry: 'never',
        hint: 'the site goes on with what it runs; put the file back',
        cause: error,
      });
    });
  }

  /** On the disk before anything is changed, so that decisions need not wait for the disk. */
  async #draft(text: string): Promise<Draft | undefined> {
    const { file } = this.#options;
    if (file === undefined) return undefined;
    const notSaved = (error: unknown): never => {
      throw new Fault('config.not-saved', `cannot write ${file}: ${messageOf(error)}`, {
        retry: 'never',
        hint: 'make the file and its folder writable for the site, or edit the file by hand',
        cause: error,
      });
    };
    const draft = await draftFor(file, text).catch(notSaved);
    const put = () => {
      try {
        draft.put();
      } catch (error) {
        notSaved(error);
      }
    };
    return { put, [Symbol.asyncDispose]: () => draft[Symbol.asyncDispose]() };
  }
}
