import { parentPort, workerData } from 'node:worker_threads';
import type { DescribeTask } from '#edge/api/described.ts';

/* A thread that describes one thing and ends; started by described.ts. */

const { what, version } = workerData as DescribeTask;

async function document() {
  if (what === 'api') return (await import('#contract/routes/openapi.ts')).openApi(version);
  const { siteJsonSchema } = await import('#contract/json-schema.ts');
  const { loadPlugins } = await import('#edge/plugins.ts');
  return siteJsonSchema(await loadPlugins());
}

parentPort?.postMessage({ text: JSON.stringify(await document()) });
