import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Blueprint, checkSite } from '#edge/blueprint.ts';
import { needRestart, siteChanges } from '#edge/change.ts';
import { changeLine, summaryOf } from '#edge/change-text.ts';

async function siteOf(text: string): Promise<Blueprint> {
  const { blueprint, problems } = await checkSite(text);
  assert.ok(blueprint, JSON.stringify(problems));
  return blueprint;
}

const PLC = 'sources: { plc: { kind: modbus, host: 10.0.0.1 } }';
const tag = (holding: number, more = '') =>
  `line/press/t${holding}: { source: plc, address: { holding: ${holding} }${more} }`;

async function linesOf(before: string, after: string): Promise<string[]> {
  return siteChanges(await siteOf(before), await siteOf(after)).map(changeLine);
}

test('comments, order and defaults that are written out are no change', async () => {
  const before = `site: north\n${PLC}\ntags:\n  ${tag(1)}\n  ${tag(2)}\n`;
  const after = `# new\nsite: north\ntags:\n  ${tag(2, ', type: number')}\n  ${tag(1)}\n${PLC.replace('10.0.0.1', '10.0.0.1, port: 502')}\nsettings: { remoteWrites: false }\n`;
  assert.deepEqual(await linesOf(before, after), []);
});

test('every entry that was added, removed or changed is one line with what it was and is', async () => {
  const before = `site: north\n${PLC}\ntags:\n  ${tag(1)}\n  ${tag(2)}\nalarms:\n  a: { when: 'tag("line/press/t1") > 1', priority: low, consequence: c, response: r }\n`;
  const after = `site: north\nsettings: { remoteWrites: true }\n${PLC.replace('10.0.0.1', '10.0.0.2')}\ntags:\n  ${tag(1, ', range: [0, 5]')}\n  ${tag(3)}\nrules:\n  r: { when: 'tag("line/press/t1") > 2' }\n`;
  assert.deepEqual(await linesOf(before, after), [
    '~ settings: remoteWrites false → true',
    '~ source plc: host 10.0.0.1 → 10.0.0.2',
    '~ tag line/press/t1: range none → [0,5]',
    '- tag line/press/t2',
    '+ tag line/press/t3',
    '+ rule r',
    '- alarm a',
  ]);
});

test('the summary counts what is many and names what is one', async () => {
  const before = await siteOf(`site: north\n${PLC}\ntags:\n  ${tag(1)}\n`);
  const after = await siteOf(`site: north\n${PLC}\ntags:\n  ${tag(2)}\n  ${tag(3)}\n`);
  assert.equal(summaryOf(siteChanges(before, after)), '2 tags added, tag line/press/t1 removed');
  assert.equal(summaryOf(siteChanges(before, before)), 'nothing but its text');
});

test('settings that are marked so, and the name of the site, need a restart; others do not', async () => {
  const before = await siteOf('site: north\n');
  const hot = await siteOf('site: north\nsettings: { remoteWrites: true, clock: { maxAheadMs: 5 } }\n');
  const cold = await siteOf(
    'site: south\nsettings: { remoteWrites: true, api: { port: 0 }, journal: { quotaMb: 100 } }\n',
  );
  assert.deepEqual(needRestart(siteChanges(before, hot)), []);
  assert.deepEqual(needRestart(siteChanges(before, cold)), [
    'site',
    'settings.journal.quotaMb',
    'settings.api.port',
  ]);
});

test('what looks like a secret is never in a difference', async () => {
  const { model, plugins } = await siteOf('site: north\n');
  const any = { config: { parse: (config: unknown) => config } };
  const view = (config: object) => ({
    plugins: { ...plugins, sinks: { any } } as never,
    model: { ...model, sinks: [{ id: 's', kind: 'any', config: { ...config }, where: [] }] },
  });
  const secret = fc.stringMatching(/^[a-z]{12}[0-9]{4}$/);
  const names = ['password', 'clientSecret', 'token', 'apiKey', 'X-Api-Key', 'private_key', 'Authorization'];
  const name = fc.constantFrom(...names);
  fc.assert(
    fc.property(secret, name, (text, key) => {
      const changes = siteChanges(
        view({}),
        view({
          [key]: text,
          url: `https://user:p@${text}@host/a?to=x&${key}=${text}#b`,
          list: [{ [key]: text }, `amqp://u:${text}@h`],
        }),
      );
      assert.equal(changes.length, 1);
      assert.ok(!JSON.stringify(changes).includes(text));
      assert.match(JSON.stringify(changes), /@host\/a\?to=x&/);
    }),
  );
});
