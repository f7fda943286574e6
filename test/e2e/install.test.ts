import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
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
import { until } from '../until.ts';
import { Sandbox } from './sandbox.ts';

const NOBODY = 65_534;

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
    part: 'edge',
    root,
    config: site,
    program: '/opt/holdfast',
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
  const { root, config: site = '' } = imageOptions(t);
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

test('the hub that an image gets runs without privileges, may write only its data, and ends with its PostgreSQL', {
  skip: process.getuid?.() === 0 ? false : 'only root can be somebody else',
}, async (t) => {
  const { config: _, root, ...options } = imageOptions(t);
  const at = (path: string) => join(root, path);
  mkdirSync(at('/etc/holdfast-hub'), { recursive: true });
  writeFileSync(at('/etc/holdfast-hub/hub.key'), randomBytes(32).toString('base64'));
  const hub = { ...options, root, part: 'hub', name: ['hub.example'], port: '18443' } as const;
  install(hub, hub.say);
  const unit = readFileSync(at('/etc/systemd/system/holdfast-hub.service'), 'utf8');
  assert.match(unit, /^Environment=HOLDFAST_HUB_KEY_FILE=\/etc\/holdfast-hub\/hub.key$/m);
  assert.match(
    readFileSync(at('/etc/tmpfiles.d/holdfast-hub.conf'), 'utf8'),
    /hub.key 0640 root holdfast-hub/,
  );

  // As the unit says, by what systemd does for it: another user, nothing gained, all but the data read-only.
  const data = mkdtempSync('/tmp/hub-');
  t.after(() => rmSync(data, { recursive: true, force: true }));
  chownSync(data, NOBODY, NOBODY);
  chownSync(at('/etc/holdfast-hub/hub.key'), 0, NOBODY);
  for (const path of [join(root, '..'), root]) chmodSync(path, 0o755);
  chmodSync(at('/etc/holdfast-hub/hub.key'), 0o640);
  const words = (/^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '').split(' ');
  const command = words.map((word) =>
    word === '/var/lib/holdfast-hub'
      ? data
      : word === '18443'
        ? '0'
        : word.startsWith('/opt')
          ? at(word)
          : word,
  );
  const mounts = 'mount --bind "$0" "$0" && mount -o remount,bind,ro / && exec setpriv "$@"';
  const without = ['--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups', '--no-new-privs'];
  const child = spawn(
    'unshare',
    ['--mount', 'sh', '-c', mounts, data, ...without, '--bounding-set', '-all', ...command],
    {
      env: { PATH: process.env.PATH, HOLDFAST_HUB_KEY_FILE: at('/etc/holdfast-hub/hub.key') },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const ended = once(child, 'exit');
  await until('it runs, or says why not', () => /hub runs/.test(said) || child.exitCode !== null, 120_000);
  assert.match(said, /hub runs/);
  assert.equal(statSync(join(data, 'root-key.pem')).uid, NOBODY);
  const own = () => spawnSync('pgrep', ['-u', `${NOBODY}`, '-f', data], { encoding: 'utf8' }).stdout.trim();
  assert.ok(own().split('\n').length > 1, 'the hub and its PostgreSQL');
  child.kill('SIGTERM');
  assert.deepEqual((await ended)[0], 0, said);
  assert.equal(own(), '');

  uninstall(hub, hub.say);
  assert.ok(!existsSync(at('/opt/holdfast')) && !existsSync(at('/etc/systemd/system/holdfast-hub.service')));
  assert.ok(existsSync(at('/etc/holdfast-hub/hub.key')));
});
