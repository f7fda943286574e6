import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { siteReference } from '#contract/reference.ts';
import { loadPlugins } from '#edge/plugins.ts';
import { clients } from '#tools/client/text.ts';

const page = (path: string) => readFile(new URL(`../docs/${path}`, import.meta.url), 'utf8');

test('docs/reference/site-file.md is what the schemas say', async () => {
  const now = siteReference(await loadPlugins());
  assert.equal(await page('reference/site-file.md'), now, 'run: node tools/reference.ts');
});

test('the clients are what the routes say', async () => {
  for (const { file, text } of await clients())
    assert.equal(await readFile(file, 'utf8'), text, 'run: node tools/client.ts');
});

test('the reference marks what needs a restart, and what opens the session of a source anew', async () => {
  const text = siteReference(await loadPlugins());
  const partOf = (title: string) => text.split('\n## ').find((part) => part.startsWith(`${title}\n`)) ?? '';
  const marked = (title: string, mark: string) =>
    [...partOf(title).matchAll(/^\| `([^`]+)` (\S) \|/gm)].flatMap(([, field, sign]) =>
      sign === mark ? [field] : [],
    );
  assert.deepEqual(marked('Top of the file', '↻'), ['site']);
  assert.ok(marked('`settings`', '↻').includes('api.port'));
  for (const kind of ['modbus', 'mqtt', 'opcua', 'sparkplug']) {
    const anew = marked(`Source \`${kind}\``, '⇄');
    assert.ok(anew.includes('url') || anew.includes('host'), kind);
    assert.deepEqual(marked(`Source \`${kind}\``, '↻'), [], kind);
  }
  assert.ok(!marked('Source `modbus`', '⇄').includes('everyMs'));
});
