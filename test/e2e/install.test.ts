import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type InstallOptions, install, uninstall } from '#cli/install/install.ts';
import { Sandbox } from './sandbox.ts';

function imageOptions(
  t: TestContext,
): InstallOptions & { readonly lines: string[]; say(line: string): void } {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-install-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const root = join(folder, 'an image');
  mkdirSync(root);
  const site = join(folder, 'given.yaml');
  writeFileSync(site, 'site: given\n');
  const lines: string[] = [];
  return {
    root,
    site,
    data: '/var/lib/holdfast',
    program: '/opt/holdfast',
    user: 'holdfast',
    init: 'systemd',
    dryRun: false,
    start: true,
    lines,
    say: (line) => void lines.push(line),
  };
}

test('an image gets the program, the site file and an enabled service, and a second time changes nothing', (t) => {
  const options = imageOptions(t);
  const at = (path: string) => join(options.root, path);
  install(options, options.say);
  assert.equal(readFileSync(at('/etc/holdfast/site.yaml'), 'utf8'), 'site: given\n');
  assert.equal(statSync(at('/etc/holdfast/site.yaml')).mode & 0o777, 0o640);
  assert.equal(
    readlinkSync(at('/etc/systemd/system/multi-user.target.wants/holdfast.service')),
    '/etc/systemd/system/holdfast.service',
  );
  assert.match(readFileSync(at('/etc/sysusers.d/holdfast.conf'), 'utf8'), /^u holdfast /);
  assert.ok(existsSync(at('/opt/holdfast/src/cli/install/command.ts')));
  assert.ok(existsSync(at('/opt/holdfast/node_modules/commander/package.json')));
  assert.ok(!existsSync(at('/opt/holdfast/src/cli/install/install.test.ts')), 'tests stay away');
  assert.ok(!existsSync(at('/opt/holdfast/node_modules/typescript')), 'development packages stay away');
  const node =
    /^ExecStart=(\S+)/m.exec(readFileSync(at('/etc/systemd/system/holdfast.service'), 'utf8'))?.[1] ?? '';
  assert.equal(spawnSync(at(node), ['--version'], { encoding: 'utf8' }).stdout.trim(), process.version);

  writeFileSync(at('/etc/holdfast/site.yaml'), 'site: edited\n');
  options.lines.length = 0;
  install(options, options.say);
  assert.equal(readFileSync(at('/etc/holdfast/site.yaml'), 'utf8'), 'site: edited\n');
  assert.deepEqual(options.lines, [
    'copy the program to /opt/holdfast',
    '/etc/holdfast/site.yaml was there before and stays as it is.',
  ]);

  uninstall(options, options.say);
  assert.ok(!existsSync(at('/opt/holdfast')));
  assert.ok(!existsSync(at('/etc/systemd/system/holdfast.service')));
  assert.equal(readFileSync(at('/etc/holdfast/site.yaml'), 'utf8'), 'site: edited\n');
});

test('programs get what is done as JSON, and a bad site file as its problems', async (t) => {
  const { root, site = '' } = imageOptions(t);
  await using box = new Sandbox();
  const place = ['--root', root, '--init', 'systemd'];
  interface Done {
    readonly dryRun: boolean;
    readonly steps: readonly { readonly kind: string; readonly path?: string; readonly mode?: string }[];
  }
  const would = await box.json<Done>('install', '--site', site, '--dry-run', ...place);
  assert.equal(would.dryRun, true);
  const file = { kind: 'file', path: '/etc/holdfast/site.yaml', mode: '0640', text: 'site: given\n' };
  assert.ok(would.steps.some((step) => JSON.stringify(step) === JSON.stringify(file)));
  assert.ok(!existsSync(join(root, 'etc/holdfast')), 'nothing is done');

  const gone = await box.json<Done>('uninstall', ...place);
  const removed = gone.steps.filter(({ kind }) => kind === 'remove');
  assert.deepEqual([gone.dryRun, removed], [false, []], 'there is nothing to remove');

  writeFileSync(site, 'site: ?\n');
  const wrong = await box.run('install', '--site', site, '--json', ...place);
  assert.deepEqual([wrong.status, wrong.stderr], [2, '']);
  assert.partialDeepStrictEqual(JSON.parse(wrong.stdout), { ok: false, problems: [{ file: site }] });
});
