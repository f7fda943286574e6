import { parentPort, workerData } from 'node:worker_threads';
import { checkSite } from '#edge/blueprint.ts';
import type { CheckWork } from '#edge/check-aside.ts';

/* A thread that checks one site file and ends; started by check-aside.ts. */

const { text, folder } = workerData as CheckWork;
const { blueprint, problems } = await checkSite(text, folder);
parentPort?.postMessage({ model: blueprint?.model, problems });
