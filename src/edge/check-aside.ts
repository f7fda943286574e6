import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Problem, SiteModel } from '#contract/model.ts';
import { type Checked, checkSite, specOf } from '#edge/blueprint.ts';
import { loadPlugins } from '#edge/plugins.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Log } from '#plugin/api.ts';

interface Answer {
  readonly model: SiteModel | undefined;
  readonly problems: readonly Problem[];
}

/** Up to this length a text is checked within milliseconds; a thread costs more than that to start. */
const SHORT = 32 * 1024;
/** A site of 200,000 tags fits; more than the box has it must not take. */
const LIMITS = { maxOldGenerationSizeMb: 512 };

/** As `checkSite`, without holding up the decisions of a running site: long texts are checked in a thread of their own. */
export async function checkAside(text: string, log: Log): Promise<Checked> {
  if (text.length <= SHORT) return await checkSite(text);
  try {
    const { model, problems } = await inThread(text);
    if (!model) return { blueprint: undefined, problems };
    return { blueprint: { model, plugins: await loadPlugins(text), spec: specOf(model), text }, problems };
  } catch (error) {
    log.warn(
      { error: messageOf(error) },
      'the site file is checked in the main thread: decisions wait for it',
    );
    return await checkSite(text);
  }
}

async function inThread(text: string): Promise<Answer> {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const worker = new Worker(new URL(`./check-worker${extension}`, import.meta.url), {
    workerData: text,
    resourceLimits: LIMITS,
  });
  try {
    // An error of the thread, or its end without an answer, rejects.
    const ended = once(worker, 'exit').then(() => Promise.reject(new Error('the checking thread ended')));
    const [answer] = (await Promise.race([once(worker, 'message'), ended])) as [Answer];
    return answer;
  } finally {
    await worker.terminate();
  }
}
