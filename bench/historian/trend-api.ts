import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveApi } from '#edge/api/server.ts';
import { readBlueprint } from '#edge/blueprint.ts';
import { Configuration } from '#edge/configuration.ts';
import { startSite } from '#edge/site.ts';
import { SiteAccess } from '#edge/site-access.ts';
import type { HistoryReader, TrendQuery } from '#historian/api.ts';
import type { Row } from '../table.ts';

const ROUNDS = 15;

/** The same trend as a client of the API of a site sees it: from its request to the answer, parsed. */
export async function trendByApi(
  reader: HistoryReader,
  { tag, fromUs, toUs, points }: TrendQuery,
): Promise<Row> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const file = join(dir, 'site.yaml');
    writeFileSync(file, 'site: bench\nsettings: { api: { port: 0 } }\n');
    const { blueprint, problems } = await readBlueprint(file);
    if (!blueprint) throw new Error(problems[0]?.message);
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    await using site = await startSite({ blueprint, dataDir: dir, log, version: '0.0.0' });
    await using configuration = new Configuration({ site, log });
    await using access = new SiteAccess(site, dir, log);
    const listen = { host: '127.0.0.1', port: 0, version: '0.0.0' };
    const options = { ...listen, configuration, access, history: () => reader };
    await using api = await serveApi(site, options);
    const { url, token } = api.address;
    const query = new URLSearchParams({ tag, from: `${fromUs}`, to: `${toUs}`, points: `${points}` });
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const beganMs = performance.now();
      const reply = await fetch(`${url}/api/history/trend?${query}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const answer = (await reply.json()) as { timeUs?: unknown[] };
      if (!answer.timeUs?.length) throw new Error(`no trend: ${JSON.stringify(answer)}`);
      times.push(performance.now() - beganMs);
    }
    const ours = times.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0;
    return { what: 'the same, as a client of the API sees it', unit: 'ms', ours, goal: { most: 50 } };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
