import { parentPort, workerData } from 'node:worker_threads';
import { checkSite } from '#edge/blueprint.ts';

/* A thread that checks one site file and ends; started by check-aside.ts. */

const { blueprint, problems } = await checkSite(workerData as string);
parentPort?.postMessage({ model: blueprint?.model, problems });
