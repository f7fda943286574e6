import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';

const root = join(import.meta.dirname, '../..');

/** Says how it was called; ends with the status asked for, or with 7 when it is interrupted. */
const program = `
process.on('SIGINT', () => process.exit(7));
console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), node: process.execPath }));
if (process.argv[2] === 'wait') setInterval(() => {}, 1000);
process.exitCode = Number(process.argv[3] ?? 0);
`;

interface Project {
  readonly folder: string;
  readonly launcher: string;
  /** Each run of npm adds a line. */
  npmRuns(): number;
  readonly env: NodeJS.ProcessEnv;
}

/** A project with our launcher and one small package, a Node, that needs no registry. */
function project(t: TestContext): Project {
  const home = mkdtempSync(join(tmpdir(), 'holdfast launcher '));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const folder = join(home, 'a project');
  for (const path of ['holdfast', 'scripts/ready.sh', 'scripts/install.mjs'])
    cpSync(join(root, path), join(folder, path));
  mkdirSync(join(folder, 'src/cli'), { recursive: true });
  writeFileSync(join(folder, 'src/cli/main.ts'), program);
  mkdirSync(join(folder, 'node-here/bin'), { recursive: true });
  symlinkSync(process.execPath, join(folder, 'node-here/bin/node'));
  writeFileSync(
    join(folder, 'node-here/package.json'),
    JSON.stringify({ name: 'node-here', version: '26.0.0' }),
  );
  describePackages(folder, { 'node-here': 'file:node-here' });
  const log = join(home, 'npm.log');
  const env = {
    ...process.env,
    PATH: `${countingNpm(home, log)}:${process.env.PATH}`,
    npm_config_cache: join(home, 'cache'),
  };
  const npmRuns = () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : 0);
  return { folder, launcher: join(folder, 'holdfast'), npmRuns, env };
}

function describePackages(
  folder: string,
  optionalDependencies: Record<string, string>,
  more: object = {},
): void {
  const about = { name: 'project', version: '1.0.0', type: 'module', optionalDependencies, ...more };
  const packages = {
    '': about,
    'node-here': { version: '26.0.0' },
    'node_modules/node-here': { resolved: 'node-here', link: true },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(about));
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({ ...about, lockfileVersion: 3, packages }),
  );
}

/** The real npm, which leaves a trace. */
function countingNpm(home: string, log: string): string {
  const real = spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim();
  const bin = join(home, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\necho run >>'${log}'\nexec '${real}' "$@"\n`);
  chmodSync(join(bin, 'npm'), 0o755);
  return bin;
}

function start({ launcher, env }: Project, args: string[] = [], cwd = tmpdir(), command = launcher) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('the first start installs, tells progress on standard error only, and keeps arguments and exit status', (t) => {
  const p = project(t);
  const { status, stdout, stderr } = start(p, ['a b', '3', '$x "'], '/');
  assert.equal(status, 3, stderr);
  const { args, cwd, node } = JSON.parse(stdout);
  assert.deepEqual([args, cwd, node], [['a b', '3', '$x "'], '/', process.execPath]);
  assert.match(stderr, /installing packages[\s\S]*packages installed/);
  assert.equal(p.npmRuns(), 1);
});

test('later starts say nothing and need no npm, also through links', (t) => {
  const p = project(t);
  start(p);
  const link = join(p.folder, '../link');
  symlinkSync('a project/holdfast', link);
  symlinkSync(link, join(p.folder, '../link to link'));
  const again = start(p, [], tmpdir(), join(p.folder, '../link to link'));
  assert.deepEqual([again.status, again.stderr], [0, '']);
  assert.equal(spawnSync('sh', ['holdfast'], { cwd: p.folder, env: p.env }).status, 0);
  assert.equal(p.npmRuns(), 1);
});

test('a changed lock file is installed, an unchanged installation by hand is taken as it is', (t) => {
  const p = project(t);
  start(p);
  rmSync(join(p.folder, 'node_modules/.holdfast-stamp'));
  assert.equal(start(p).status, 0);
  assert.equal(p.npmRuns(), 1, 'npm had been run already');
  rmSync(join(p.folder, 'node_modules/node-here'));
  appendFileSync(join(p.folder, 'package-lock.json'), '\n');
  assert.equal(start(p).status, 0);
  assert.equal(p.npmRuns(), 2, 'a package was missing');
});

test('of several first starts at once one installs and all run', async (t) => {
  const p = project(t);
  const children = [1, 2, 3].map(() =>
    spawn(p.launcher, [], { env: p.env, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
  const ends = children.map(async (child) => {
    const said = text(child.stderr);
    const status = await new Promise((done) => child.once('close', done));
    assert.equal(status, 0, await said);
  });
  await Promise.all(ends);
  assert.equal(p.npmRuns(), 1);
});

test('the lock of an installation that was killed does not stop the next one', (t) => {
  const p = project(t);
  const { pid } = spawnSync('true');
  mkdirSync(join(p.folder, '.holdfast'));
  const lock = join(p.folder, '.holdfast/install.lock');
  writeFileSync(lock, JSON.stringify({ host: hostname(), pid, npm: pid }));
  assert.equal(start(p).status, 0);
  assert.ok(!existsSync(lock));
});

test('an interrupt reaches the program', async (t) => {
  const p = project(t);
  start(p);
  const child = spawn(p.launcher, ['wait'], { env: p.env, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((done) => child.stdout.once('data', done));
  child.kill('SIGINT');
  assert.equal(await new Promise((done) => child.once('exit', done)), 7);
});

test('a machine without Node is told what to install', (t) => {
  const p = project(t);
  const bin = join(p.folder, '../bare');
  mkdirSync(bin);
  for (const tool of ['sh', 'cksum', 'uname', 'readlink']) {
    const path = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
    symlinkSync(path, join(bin, tool));
  }
  const { status, stdout, stderr } = start({ ...p, env: { PATH: bin } });
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /Node\.js is not installed.*\n.*Install Node\.js 20/);
});

test('without a way to the registry the error says so, and the next try starts anew', (t) => {
  const p = project(t);
  const lock = join(p.folder, 'package-lock.json');
  const whole = JSON.parse(readFileSync(lock, 'utf8'));
  whole.packages[''].dependencies = { absent: '1.0.0' };
  whole.packages['node_modules/absent'] = { version: '1.0.0', integrity: 'sha512-AAAA' };
  writeFileSync(lock, JSON.stringify(whole));
  const about = join(p.folder, 'package.json');
  writeFileSync(
    about,
    JSON.stringify({ ...JSON.parse(readFileSync(about, 'utf8')), dependencies: { absent: '1.0.0' } }),
  );
  // The discard port: nobody answers there.
  const { status, stdout, stderr } = start({
    ...p,
    env: { ...p.env, npm_config_registry: 'http://127.0.0.1:9/' },
  });
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /cannot reach the package registry[\s\S]*then run again/);
  describePackages(p.folder, { 'node-here': 'file:node-here' });
  assert.equal(start(p).status, 0);
});
