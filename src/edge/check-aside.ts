import type { Problem, SiteModel } from '#contract/model.ts';
import { saidBeside } from '#edge/beside.ts';
import { type Checked, checkSite, specOf } from '#edge/blueprint.ts';
import { loadPlugins } from '#edge/plugins.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Log } from '#plugin/api.ts';

/** What the thread is given. */
export interface CheckWork {
  readonly text: string;
  readonly folder: string | undefined;
}

interface Answer {
  readonly model: SiteModel | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Whether a text is checked within milliseconds, which is less than a thread costs to start: short, and without types,
 * by which a few words make a hundred thousand tags.
 */
const isQuick = (text: string): boolean => text.length <= 32 * 1024 && !text.includes('types');

/** MB. A site of 200,000 tags fits; more than the box has it must not take. */
const MOST_MEMORY_MB = 512;

/**
 * As `checkSite`, without holding up the decisions of a running site: what takes long is checked in a thread of its own.
 * @param options `memoryMb`: of the thread; a text that needs more has a problem. `folder`: as of `checkSite`
 */
export async function checkAside(
  text: string,
  log: Log,
  {
    memoryMb = MOST_MEMORY_MB,
    folder,
  }: { readonly memoryMb?: number; readonly folder?: string | undefined } = {},
): Promise<Checked> {
  if (isQuick(text)) return await checkSite(text, folder);
  try {
    const { model, problems } = await inThread({ text, folder }, memoryMb);
    if (!model) return { blueprint: undefined, problems };
    return { blueprint: { model, plugins: await loadPlugins(text), spec: specOf(model), text }, problems };
  } catch (error) {
    // The main thread would run out of memory in its turn, and the site with it.
    if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY')
      return { blueprint: undefined, problems: [tooLarge(memoryMb)] };
    log.warn(
      { error: messageOf(error) },
      'the site file is checked in the main thread: decisions wait for it',
    );
    return await checkSite(text, folder);
  }
}

const tooLarge = (memoryMb: number): Problem => ({
  line: 1,
  column: 1,
  message: `the file takes more than ${memoryMb} MB of memory to check`,
  hint: 'split it into several sites',
  severity: 'error',
});

async function inThread(work: CheckWork, maxOldGenerationSizeMb: number): Promise<Answer> {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const file = new URL(`./check-worker${extension}`, import.meta.url);
  return await saidBeside<Answer>(file, { task: work, limits: { maxOldGenerationSizeMb } }, lost);
}

const lost = (cause?: unknown): Fault =>
  new Fault('api.internal', cause === undefined ? 'the checking thread ended' : messageOf(cause), { cause });
