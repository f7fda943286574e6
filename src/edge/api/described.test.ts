import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siteJsonSchema } from '#contract/json-schema.ts';
import { openApi } from '#contract/routes/openapi.ts';
import { described } from '#edge/api/described.ts';
import { loadPlugins } from '#edge/plugins.ts';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('the API is described in a thread as it would be here, once for all who ask', async () => {
  const api = described({ what: 'api', version: '1.2.3' });
  const [first, second] = await Promise.all([api(), api()]);
  assert.deepEqual(first, plain(openApi('1.2.3')));
  assert.equal(second, first);
  assert.equal(await api(), first);
});

test('so is the site file, with the fields of every kind of source', async () => {
  const document = await described({ what: 'site-file', version: '1.2.3' })();
  assert.deepEqual(document, plain(siteJsonSchema(await loadPlugins())));
});
