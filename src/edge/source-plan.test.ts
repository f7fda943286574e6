import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TagModel } from '#contract/model.ts';
import { checkSite } from '#edge/blueprint.ts';
import { staleAfterUs } from '#edge/source-plan.ts';
import { Config as Mqtt } from '#sources/mqtt/config.ts';

const seconds = (tag: Partial<TagModel>, config: unknown) => staleAfterUs(tag as TagModel, config) / 1e6;
const broker = (more = {}) => Mqtt.parse({ url: 'mqtt://h', ...more });

test('a topic that is silent for a quarter of an hour makes its tag bad, where nobody says otherwise', () => {
  assert.equal(seconds({ address: { topic: 'x' } }, broker()), 900);
  assert.equal(seconds({ address: { topic: 'x' } }, broker({ staleAfterMs: 3000 })), 3);
  assert.equal(seconds({ address: { topic: 'x' }, staleAfterMs: 500 }, broker()), 0.5);
});

test('a topic that speaks only on a change may be silent for ever, by a word of its source or its tag', () => {
  assert.equal(seconds({ address: { topic: 'x' } }, broker({ staleAfterMs: 0 })), Number.POSITIVE_INFINITY);
  assert.equal(seconds({ address: { topic: 'x' }, staleAfterMs: 0 }, broker()), Number.POSITIVE_INFINITY);
  assert.equal(seconds({ staleAfterMs: 0 }, { everyMs: 100 }), Number.POSITIVE_INFINITY);
});

test('a tag that is polled is bad after five polls, and one of a source that knows who is gone never by its age', () => {
  assert.equal(seconds({}, { everyMs: 100 }), 5);
  assert.equal(seconds({ address: { everyMs: 3000 } }, { everyMs: 100 }), 15);
  assert.equal(seconds({}, {}), Number.POSITIVE_INFINITY);
});

test('a time too short to mean anything is refused, as what never is called', async () => {
  const said = async (source: string, tag: string) => {
    const text = `site: north\nsources: { it: { kind: mqtt, url: 'mqtt://h'${source} } }\ntags: { a/b: { source: it, address: { topic: x }${tag} } }\n`;
    return (await checkSite(text)).problems.map(({ message }) => message).join();
  };
  assert.equal(await said(', staleAfterMs: 0', ', staleAfterMs: 0'), '');
  assert.match(await said(', staleAfterMs: 5', ''), /staleAfterMs.*at least 100, or 0 for never/);
  assert.match(await said('', ', staleAfterMs: 99'), /staleAfterMs.*at least 100, or 0 for never/);
});
