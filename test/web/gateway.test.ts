import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { freePort } from '#test/e2e/free-port.ts';
import { Sandbox } from '#test/e2e/sandbox.ts';
import { Chromium, NO_BROWSER } from './browser.ts';
import { Gateway, type Mishap } from './gateway.ts';

/* A console that is loaded on a bad day comes all the same: nobody who looks at an empty page knows what to do. */

const PATIENCE = { timeout: 60_000 };
const WHO_LOOKS = '/api/access/me';

let stack: AsyncDisposableStack;
let chromium: Chromium;
let gateway: Gateway;
if (!NO_BROWSER) {
  before(async () => {
    stack = new AsyncDisposableStack();
    const box = stack.use(new Sandbox());
    const [file, port] = [box.path('site.yaml'), await freePort()];
    writeFileSync(
      file,
      `site: north\nsettings: { api: { port: ${port} } }\ntags: { a/x: { derive: '1.0' } }\n`,
    );
    await box.startEdge(file, box.path('data'));
    chromium = stack.use(await Chromium.start());
    gateway = stack.use(await Gateway.before(port));
  });
  after(() => stack?.[Symbol.asyncDispose]());
}
const browser = { skip: NO_BROWSER };

/** What goes wrong with the first questions for one path. @returns how many there were */
function firstOf(isIt: (path: string) => boolean, ...mishaps: readonly Mishap[]): () => number {
  let asked = 0;
  gateway.mishap = (path) => (isIt(path) ? mishaps[asked++] : undefined);
  return () => asked;
}

test(
  'who looks is asked again where the answer says nothing about it, and the page says so',
  browser,
  async () => {
    const asked = firstOf((path) => path === WHO_LOOKS, 503, 503);
    await using window = await chromium.open(gateway.origin);
    await window.go('/');
    await window.page.getByText('503').waitFor(PATIENCE);
    await window.page.getByLabel('Name').waitFor(PATIENCE);
    assert.equal(asked(), 3);
    window.assertQuiet(/503/);
  },
);

test('an answer that is lost on the way is not waited for', browser, async () => {
  const asked = firstOf((path) => path === WHO_LOOKS, 'silent');
  await using window = await chromium.open(gateway.origin);
  await window.page.goto(gateway.origin, { waitUntil: 'commit' });
  await window.page.getByLabel('Name').waitFor(PATIENCE);
  assert.equal(asked(), 2);
});

test('a script that did not come is asked for again, with the page', browser, async () => {
  const asked = firstOf((path) => /^\/assets\/console-.*\.js$/.test(path), 503, 503, 503);
  await using window = await chromium.open(gateway.origin);
  await window.page.goto(gateway.origin, { waitUntil: 'commit' });
  await window.page.getByText('It is asked for again').waitFor(PATIENCE);
  await window.page.getByLabel('Name').waitFor(PATIENCE);
  assert.ok(asked() > 3);
});
