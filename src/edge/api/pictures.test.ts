import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Rights } from '#access/accounts.ts';
import type { AppliedConfig, Picture, PictureHead, PictureSaved, ProblemDetails } from '#contract/client.ts';
import { servedSite } from '#edge/api/fixture.ts';
import { makeBackup } from '#edge/backup/make.ts';
import { restoreSite } from '#edge/backup/restore.ts';

const NS = 'xmlns="http://www.w3.org/2000/svg"';
const DRAWING = `<svg ${NS}><rect id="bar" onclick="x"/><text id="level">–</text></svg>`;
const SITE = `# kept
site: north
tags:
  hall/line1/tank/level: { derive: '50.0', range: [0, 100] }
  yard/gate/lamp/on: { type: boolean, derive: 'true' }
pictures:
  line1: # the first
    title: Line 1
    area: hall
    bindings:
      level: { tag: hall/line1/tank/level, value: {} }
  whole: { title: All, file: pictures/line1.svg }
`;

async function rig(t: TestContext) {
  const served = await servedSite(t, SITE, undefined, { withFile: true });
  const { dir, address, access } = served;
  mkdirSync(join(dir, 'pictures'));
  writeFileSync(join(dir, 'pictures/line1.svg'), DRAWING);
  let count = 0;
  const asked = async <T>(path: string, { body, svg, rights }: Question = {}) => {
    const token = rights
      ? await access.accounts.createToken({ name: `t${++count}`, ...rights }, 'test')
      : address.token;
    const reply = await fetch(`${address.url}${path}`, {
      method: body || svg ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': svg === undefined ? 'application/json' : 'image/svg+xml',
      },
      ...(body && { body: JSON.stringify(body) }),
      ...(svg !== undefined && { body: svg }),
    });
    return { status: reply.status, said: (await reply.json()) as T };
  };
  return { ...served, asked, file: join(dir, 'site.yaml') };
}

interface Question {
  readonly body?: object;
  readonly svg?: string;
  readonly rights?: Rights;
}

test('a picture is its cleaned drawing with what it shows, and another one once its file has changed', async (t) => {
  const { asked, dir } = await rig(t);
  const { said } = await asked<Picture>('/api/pictures/line1');
  assert.equal(said.svg, `<svg ${NS}><rect id="bar"/><text id="level">–</text></svg>\n`);
  assert.deepEqual(said.removed, [{ what: 'attribute onclick', count: 1, line: 1 }]);
  assert.deepEqual(said.bindings.level?.value, { decimals: 1, unit: false });
  assert.deepEqual(said.problems, []);
  writeFileSync(join(dir, 'pictures/line1.svg'), `<svg ${NS}><text id="other"/></svg>`);
  const { said: next } = await asked<Picture>('/api/pictures/line1');
  assert.notEqual(next.digest, said.digest);
  assert.match(next.problems[0]?.message ?? '', /no element level/);
  writeFileSync(join(dir, 'pictures/line1.svg'), `<!DOCTYPE svg><svg ${NS}/>`);
  const { status, said: refused } = await asked<ProblemDetails>('/api/pictures/line1');
  assert.deepEqual([status, refused.title], [409, 'svg.dtd']);
});

test('who is limited to areas sees the pictures of his, and nothing of the others', async (t) => {
  const { asked } = await rig(t);
  const names = async (rights?: Rights) =>
    (await asked<readonly PictureHead[]>('/api/pictures', rights ? { rights } : {})).said.map(
      ({ name }) => name,
    );
  assert.deepEqual(await names(), ['line1', 'whole']);
  assert.deepEqual(await names({ role: 'viewer', areas: ['hall'] }), ['line1']);
  assert.deepEqual(await names({ role: 'viewer', areas: ['yard'] }), []);
  const rights = { role: 'engineer', areas: ['yard'] } as const;
  for (const path of ['line1', 'whole', 'none'])
    assert.equal((await asked(`/api/pictures/${path}`, { rights })).status, 404);
  const body = { title: 'Mine', bindings: {} };
  assert.equal((await asked('/api/pictures/line1', { rights, body })).status, 404);
  assert.equal((await asked('/api/pictures/new', { rights, body })).status, 403);
  assert.equal((await asked('/api/pictures/line1/drawing', { rights, svg: DRAWING })).status, 404);
  assert.equal((await asked('/api/pictures/new/drawing', { rights, svg: DRAWING })).status, 403);
  const viewer = { role: 'operator' } as const;
  assert.equal((await asked('/api/pictures/line1', { rights: viewer, body })).status, 403);
});

test('bindings are written into the site file, whose other lines stay, and are undone as any change', async (t) => {
  const { asked, file } = await rig(t);
  const bindings = { bar: { tag: 'hall/line1/tank/level', level: {} } };
  const { said } = await asked<AppliedConfig>('/api/pictures/line1', { body: { bindings, why: 'shown' } });
  assert.equal(said.state, 'applied', JSON.stringify(said.problems));
  const text = readFileSync(file, 'utf8');
  assert.ok(text.startsWith('# kept\nsite: north\n') && text.includes('  whole: { title: All'), text);
  const { said: shown } = await asked<Picture>('/api/pictures/line1');
  assert.deepEqual(Object.keys(shown.bindings), ['bar']);
  assert.equal(shown.area, 'hall');
  const wrong = { bindings: { baar: { tag: 'hall/line1/tank/level', level: {} } } };
  const { said: refused } = await asked<AppliedConfig>('/api/pictures/line1', { body: wrong });
  assert.equal(refused.state, 'refused');
  assert.match(refused.problems[0]?.message ?? '', /no element baar/);
  assert.match(refused.problems[0]?.hint ?? '', /bar/);
  assert.equal(readFileSync(file, 'utf8'), text);
  await asked('/api/config/undo', { body: {} });
  assert.equal(readFileSync(file, 'utf8'), SITE);
});

test('a drawing that is uploaded is kept cleaned, and one without what is bound is refused', async (t) => {
  const { asked, dir, site } = await rig(t);
  const hostile = `<svg ${NS}><script>x</script><rect id="bar"/><text id="level"/></svg>`;
  const { said } = await asked<PictureSaved>('/api/pictures/line1/drawing', { svg: hostile });
  assert.deepEqual(said.removed, [{ what: 'element script', count: 1, line: 1 }]);
  const kept = readFileSync(join(dir, 'pictures/line1.svg'), 'utf8');
  assert.equal(kept, `<svg ${NS}><rect id="bar"/><text id="level"/></svg>\n`);
  const event = site.core.recent.last(10).find(({ event }) => event.name === 'config.picture-saved')?.event;
  assert.deepEqual([event?.subject, event?.detail?.removed], ['line1', ['1 × element script']]);
  const refusals = {
    'picture.lacks': `<svg ${NS}><rect id="bar"/></svg>`,
    'svg.dtd': `<!DOCTYPE svg [<!ENTITY a "a">]><svg ${NS}/>`,
    'svg.not-xml': 'nothing',
    'api.too-large': `<svg ${NS}>${' '.repeat(1024 * 1024)}</svg>`,
  };
  for (const [code, svg] of Object.entries(refusals))
    assert.equal((await asked<ProblemDetails>('/api/pictures/line1/drawing', { svg })).said.title, code);
  assert.equal(readFileSync(join(dir, 'pictures/line1.svg'), 'utf8'), kept);
  assert.deepEqual(readdirSync(join(dir, 'pictures')), ['line1.svg']);
  await asked('/api/pictures/line2/drawing', { svg: DRAWING });
  const made = await asked<AppliedConfig>('/api/pictures/line2', { body: { title: 'Line 2', area: 'hall' } });
  assert.equal(made.said.state, 'applied', JSON.stringify(made.said.problems));
  const { said: shown } = await asked<Picture>('/api/pictures/line2');
  assert.deepEqual([shown.title, shown.file], ['Line 2', 'pictures/line2.svg']);
});

test('a backup carries the drawings along, and a restore puts them beside the site file', async (t) => {
  const { dir, site } = await rig(t);
  await site.durable();
  const file = join(dir, 'site.backup');
  const { warnings } = await makeBackup({ dataDir: dir, out: file, version: '1', nowUs: Date.now() * 1000 });
  assert.deepEqual(warnings, []);
  const restored = await restoreSite({ file, dataDir: join(dir, 'restored'), nowUs: Date.now() * 1000 });
  assert.equal(readFileSync(join(restored.dataDir, 'pictures/line1.svg'), 'utf8'), DRAWING);
  assert.equal(readFileSync(restored.siteFile, 'utf8'), SITE);
});
