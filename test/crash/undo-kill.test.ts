import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { AppliedConfig, ConfigEntry, ConfigStatus } from '#contract/api.ts';
import { EdgeProcess, folder } from './edge-process.ts';

const KILLS = 4;

/** Large enough that writing it takes a while. */
const padded = (name: string): string =>
  `site: north\nsettings: { api: { port: 0 } }\ntags:\n  ${name}/a: { derive: "1.0" }\n${`# ${name.padEnd(98, '.')}\n`.repeat(10_000)}`;

test('a site killed at any moment of an undo leaves a whole site file, and starts with it', async (t) => {
  const dir = await folder(t);
  const file = `${dir}.site.json`;
  const texts = { first: padded('first'), second: padded('second') };
  let left = '';
  let tookMs = 0;
  for (let kill = 0; kill <= KILLS; kill++) {
    await using edge = await new EdgeProcess(kill === 0 ? { site: 'north' } : undefined, dir).up();
    if (kill === 0) {
      await edge.post<AppliedConfig>('/api/config/apply', { text: texts.first });
      const startedMs = performance.now();
      await edge.post<AppliedConfig>('/api/config/apply', { text: texts.second });
      tookMs = performance.now() - startedMs;
      left = texts.second;
      continue;
    }
    const { digest } = await edge.get<ConfigStatus>('/api/config');
    const entries = await edge.get<ConfigEntry[]>('/api/config/history');
    assert.equal(entries.at(-1)?.digest, digest, 'what runs is the last one of the history');
    const text = left === texts.first ? texts.second : texts.first;
    const undoing = edge.post('/api/config/apply', { text, why: 'undo' }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, (tookMs * 1.1 * kill) / KILLS));
    await edge.kill('SIGKILL');
    await undoing;
    left = readFileSync(file, 'utf8');
    assert.ok(Object.values(texts).includes(left), `kill ${kill} left ${left.length} characters`);
  }
});
