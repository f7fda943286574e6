import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';

const SITE = `site: north
tags:
  hall/line1/tank/level: { derive: '50.0', range: [0, 100] }
  hall/line1/tank/flow: { derive: '1.0' }
  hall/line1/pump/running: { type: boolean, derive: 'true' }
alarms:
  tank-low:
    when: tag("hall/line1/tank/level") < 10
    priority: low
    consequence: It runs dry.
    response: Fill it.
`;
const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg"><rect id="bar"/><circle id="body"/><text id="level">–</text></svg>';

async function folder(t: TestContext, svg?: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-pictures-'));
  t.after(() => rm(dir, { recursive: true }));
  await mkdir(join(dir, 'pictures'));
  if (svg !== undefined) await writeFile(join(dir, 'pictures/line1.svg'), svg);
  return dir;
}

const said = async (pictures: string, dir?: string): Promise<string[]> =>
  (await checkSite(`${SITE}pictures:\n  line1:\n    title: Line 1\n${pictures}`, dir)).problems.map(
    ({ line, column, message, hint }) => `${line - 12}:${column} ${message}; ${hint}`,
  );

const bound = (lines: string): string => `    bindings:\n${lines.replaceAll(/^/gm, '      ')}\n`;

test('a picture whose names all lead somewhere has no error', async (t) => {
  const pictures = `    area: hall/line1
${bound(`bar: { tag: hall/line1/tank/level, level: {}, alarm: tank-low, click: hall/line1/tank }
body: { tag: hall/line1/pump/running, fill: { states: { 'true': active } }, alarm: hall/line1 }
level: { tag: hall/line1/tank/level, value: {} }`)}`;
  assert.deepEqual(await said(pictures, await folder(t, SVG)), []);
});

test('what leads nowhere is told where it stands, with what may have been meant', async (t) => {
  const pictures = `    area: hall/line2
${bound(`bra: { tag: hall/line1/tank/level, level: {} }
body: { tag: hall/line1/pump/runing, fill: { states: { 'true': active } } }
level: { alarm: tank-lo, click: hall/line1/tankk }`)}`;
  assert.deepEqual(
    (await said(pictures, await folder(t, SVG))).map((one) =>
      one.replace(/; .*?(\w[\w/-]*)(\?.*)?$/, '; $1'),
    ),
    [
      '3:11 there is no place hall/line2; hall/line1',
      '5:7 the drawing has no element bra; bar',
      '6:20 there is no tag hall/line1/pump/runing; hall/line1/pump/running',
      '7:23 there is no alarm or asset tank-lo; tank-low',
      '7:39 there is no tag or asset hall/line1/tankk; hall/line1/tank/flow',
    ],
  );
});

test('parts fit what their tags and elements are', async (t) => {
  const pictures = bound(`bar: { tag: hall/line1/tank/flow, level: {} }
body: { tag: hall/line1/tank/level, value: {} }
level: { tag: hall/line1/pump/running, visible: { states: ['on'] }, rotation: {} }`);
  const all = (await said(pictures, await folder(t, SVG))).join('\n');
  assert.match(all, /4:41 hall\/line1\/tank\/flow has no range; say `range/);
  assert.match(all, /5:7 body is a circle, and shows no value; give a text that id/);
  assert.match(all, /6:\d+ hall\/line1\/pump\/running has no state on/);
  assert.match(all, /6:\d+ hall\/line1\/pump\/running is of type boolean, and has no rotation/);
});

test('a part without a tag, a binding without a part, and a file elsewhere are refused', async () => {
  const all = (
    await said(`    file: ../other.svg\n${bound('bar: { level: {} }\nbody: { tag: hall/line1/tank/level }')}`)
  ).join('\n');
  assert.match(all, /a file in the folder pictures beside the site file/);
  const parts = (await said(bound('bar: { level: {} }'))).join();
  assert.match(parts, /level shows a tag, and none is named; add `tag:`/);
  assert.match(all, /it shows nothing: say value, fill/);
});

test('a drawing that is not there or hostile is an error of its picture, and none where no folder is known', async (t) => {
  const [gone] = await said('', await folder(t));
  assert.match(gone ?? '', /^1:3 the picture line1 cannot be shown: .*cannot be read/);
  const laughs = '<!DOCTYPE svg [<!ENTITY a "ha">]><svg xmlns="http://www.w3.org/2000/svg"/>';
  assert.match((await said('', await folder(t, laughs))).join(), /document type/);
  assert.deepEqual(await said(''), []);
});
