import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../modbus-rig.ts';
import { until } from '../until.ts';
import { Sandbox } from './sandbox.ts';
import { smallSite } from './small-site.ts';

/** What comes after it becomes one command, which has a terminal of its own. */
const ON_TERMINAL = ['sh', '-c', 'script -qec "$*" /dev/null', 'sh'];

/** The line with which a site says that it runs. */
async function firstWord(under: readonly string[], ...more: readonly string[]): Promise<string> {
  await using box = new Sandbox();
  const { file, data } = smallSite(box, { modbus: await freePort(), mqtt: await freePort() });
  const site = box.start(['edge', '--site', file, '--data', data, ...more], { under });
  const line = () => site.stdout().match(/^.*site runs.*\r?\n/m)?.[0];
  await until('the site runs', () => line() !== undefined || site.child.exitCode !== null, 30_000);
  return line() ?? assert.fail(site.stdout() + site.stderr());
}

test('the log is for people on a terminal, and for programs elsewhere and where that is asked for', async () => {
  const [people, asked, piped] = await Promise.all([
    firstWord(ON_TERMINAL),
    firstWord(ON_TERMINAL, '--log-json'),
    firstWord([]),
  ]);
  assert.match(people, /^\d\d:\d\d:\d\d {2}info {3}site runs {2}url=http:\S+ {2}data=\S+ {2}mode=live\r\n$/);
  for (const line of [asked, piped]) assert.equal(JSON.parse(line).msg, 'site runs');
});
