import { parentPort, workerData } from 'node:worker_threads';
import { checkSite } from '#edge/blueprint.ts';
import { openSiteHistory } from '#edge/calculation/site-history.ts';
import { historianDir, journalDir } from '#edge/data-folder.ts';
import type { FromLearner, LearnTask } from '#edge/detectors/learning/aside.ts';
import { askedOf } from '#edge/detectors/learning/asked.ts';
import { learnFrom } from '#edge/detectors/learning/learning.ts';
import { Fault } from '#kernel/fault.ts';

/* A thread that learns one detector and ends; started by aside.ts. */

const PROGRESS_MS = 200;

const say = (message: FromLearner): void => parentPort?.postMessage(message);

async function run({ dataDir, text, id, ...span }: LearnTask): Promise<void> {
  const { blueprint } = await checkSite(text);
  if (!blueprint) throw new Fault('site.invalid', 'the site file that runs has errors');
  let shownMs = 0;
  const dirs = { dir: historianDir(dataDir), journalDir: journalDir(dataDir) };
  await using reader = openSiteHistory(dirs);
  const asked = askedOf(blueprint, id, { ...span, journalDir: dirs.journalDir });
  const result = await learnFrom(reader, asked, (done, what) => {
    const nowMs = performance.now();
    if (nowMs - shownMs < PROGRESS_MS && what === 'reading') return;
    shownMs = nowMs;
    say({ done, what });
  });
  say({ result });
}

const task = workerData as LearnTask;
try {
  await run(task);
} catch (error) {
  const { code, message, hint } = Fault.from(error, 'detector.learning-failed', task.id);
  say({ fault: { code, message, hint } });
}
