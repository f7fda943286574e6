// Installs the packages of the lock file. Runs on the machine's own Node, 20 or newer, before anything is there: no packages,
// no TypeScript. Only `scripts/ready.sh` calls it; the argument is the first line of the stamp that marks the result.
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.holdfast-stamp');
const lock = join(root, '.holdfast', 'install.lock');
const want = process.argv[2];
const oldestToInstall = 20;
const oldestToRun = 24;
/** A holder that cannot be asked (another machine or container) counts as gone after this long without a sign of life. */
const silenceMs = 60_000;

class Failure extends Error {}

const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const majorOf = (version) => Number(/^v?(\d+)/.exec(version)?.[1] ?? 0);

/** One line on standard error: rewritten in a terminal, otherwise a new one now and then. */
function progress() {
  const startedMs = performance.now();
  const tty = process.stderr.isTTY === true;
  let quietUntilMs = 0;
  return {
    show(what) {
      const ms = performance.now() - startedMs;
      if (!tty && ms < quietUntilMs) return;
      quietUntilMs = ms + 5000;
      const line = `holdfast: ${what} (${(ms / 1000).toFixed(tty ? 1 : 0)} s)`;
      process.stderr.write(
        tty ? `\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}` : `${line}\n`,
      );
    },
    end(what) {
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      process.stderr.write(`${tty ? '\r\x1b[K' : ''}holdfast: ${what} (${seconds} s)\n`);
    },
    clear() {
      if (tty) process.stderr.write('\r\x1b[K');
    },
  };
}

/** Whether npm has already put exactly the packages of the lock file here: then there is nothing to fetch. */
function alreadyInstalled() {
  const here = read(join(modules, '.package-lock.json'));
  if (here === undefined) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(here).packages;
  const same = (path) =>
    wanted[path]?.version === present[path].version &&
    wanted[path]?.integrity === present[path].integrity &&
    existsSync(join(root, path));
  // Optional ones that name no platform may belong to one that does: npm leaves those away with it.
  const needed = ([path, entry]) =>
    path !== '' && meantForHere(entry) && (entry.os !== undefined || !entry.optional);
  const paths = Object.entries(wanted).filter(needed);
  return paths.every(([path]) => present[path] !== undefined) && Object.keys(present).every(same);
}

const matches = (allowed, actual) => allowed === undefined || [allowed].flat().includes(actual);
const isMusl = () => process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
const libc = isMusl() ? 'musl' : 'glibc';
/** Whether npm installs this entry on this machine; other platforms' packages stay away. */
function meantForHere(entry) {
  return matches(entry.os, process.platform) && matches(entry.cpu, process.arch) && matches(entry.libc, libc);
}

/** How many folders the packages of the lock file take at the top of node_modules, for the progress line. */
function packagesToCome() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.keys(packages).filter((path) => path !== '' && meantForHere(packages[path])).length;
}

const nested = (folder) =>
  existsSync(join(folder, 'node_modules')) ? countIn(join(folder, 'node_modules')) : 0;
function countIn(folder) {
  let count = 0;
  for (const name of readdirSync(folder)) {
    if (name.startsWith('.')) continue;
    if (name.startsWith('@')) {
      for (const scoped of readdirSync(join(folder, name)))
        if (!scoped.startsWith('.')) count += 1 + nested(join(folder, name, scoped));
    } else if (existsSync(join(folder, name, 'package.json'))) count += 1 + nested(join(folder, name));
  }
  return count;
}
function packagesHere() {
  try {
    return countIn(modules);
  } catch {
    return 0; // npm moves folders about while we look
  }
}

/** The first of the packaged Nodes that starts here. */
function packagedNode() {
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of Object.keys(optionalDependencies ?? {}).filter((name) => name.startsWith('node-'))) {
    const path = join('node_modules', name, 'bin', 'node');
    const { status, stdout } = spawnSync(join(root, path), ['--version'], { encoding: 'utf8' });
    if (status === 0 && majorOf(stdout) >= oldestToRun) return path;
  }
  return undefined;
}

/** The Node that Holdfast runs on here: from the packages, else the machine's own if it is new enough. */
function nodeToRun() {
  const packaged = packagedNode();
  if (packaged !== undefined) return packaged;
  if (majorOf(process.version) >= oldestToRun) return process.execPath;
  throw new Failure(
    `no Node.js for ${process.platform} ${process.arch} (${libc}) came with the packages, and this machine has ` +
      `${process.version}.\nInstall Node.js ${oldestToRun} or newer on this machine, or run again if the connection broke off.`,
  );
}

const alive = (pid) => {
  if (!Number.isInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** What is written in the lock: the two processes that must both be gone before another may install. */
const token = (npm) => JSON.stringify({ host: hostname(), pid: process.pid, npm });

function holderGone(text) {
  try {
    const { host, pid, npm } = JSON.parse(text);
    return host === hostname() && !alive(pid) && !alive(npm);
  } catch {
    return false; // being written just now, or damaged: only silence tells
  }
}

function tryLock() {
  try {
    writeFileSync(lock, token(), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Replaces a dead holder's lock. Two waiters may both find it dead: only one gets the claim, and it looks again. */
function takeOver(dead) {
  const claim = `${lock}.claim`;
  try {
    writeFileSync(claim, token(), { flag: 'wx' });
  } catch {
    if (holderGone(read(claim) ?? '')) rmSync(claim, { force: true });
    return false;
  }
  try {
    if (read(lock) !== dead) return false;
    renameSync(claim, lock);
    return true;
  } finally {
    if (read(claim) === token()) rmSync(claim, { force: true });
  }
}

const signOfLife = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs;

async function takeLock(line) {
  let seen;
  let sinceMs = performance.now();
  while (!tryLock()) {
    const holder = read(lock) ?? '';
    const sign = `${holder} ${signOfLife(lock)}`;
    if (sign !== seen) [seen, sinceMs] = [sign, performance.now()];
    const silent = performance.now() - sinceMs > silenceMs;
    if (holder !== '' && (holderGone(holder) || silent) && takeOver(holder)) return;
    if (holder === '' && silent) rmSync(lock, { force: true });
    line.show('waiting for another start that is installing the packages');
    await sleep(250);
  }
}

const npmArguments = [
  'ci',
  '--include=dev',
  '--include=optional',
  '--ignore-scripts', // no package may run code of its own while it is installed
  '--engine-strict=false',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--fetch-retries=3',
  '--fetch-retry-factor=2',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=8000',
];

function whyNpmFailed(said, status) {
  const lines = said.split('\n').filter((line) => line !== '' && !/^npm warn/i.test(line));
  const detail = lines.slice(-12).join('\n');
  const offline =
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT/;
  if (offline.test(said))
    return `npm cannot reach the package registry.\n${detail}\nConnect this machine, or tell npm the proxy (npm config set proxy URL), then run again.`;
  if (/EACCES|EPERM|EROFS/.test(said))
    return `npm may not write to ${modules}.\n${detail}\nRun again as the owner of ${root}.`;
  if (/ENOSPC/.test(said)) return `the disk is full.\n${detail}\nFree about 500 MB, then run again.`;
  return `npm ci failed with status ${status}.\n${detail}`;
}

/** Runs npm until it ends; rejects with what it said when it failed, or when the one who started us has gone. */
function runNpm(line) {
  const total = packagesToCome();
  const parent = process.ppid;
  return new Promise((done, failed) => {
    const npm = spawn('npm', npmArguments, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let stopped;
    const stop = (signal) => {
      stopped ??= signal;
      npm.kill(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
    const timer = setInterval(() => {
      if (process.ppid !== parent) stop('SIGTERM');
      utimesSync(lock, new Date(), new Date());
      const here = Math.min(packagesHere(), total);
      const last =
        here > 0.9 * total ? 'the last ones, Node.js itself among them' : `${here} of about ${total}`;
      line.show(`installing packages: ${last}`);
    }, 250);
    const listen = (chunk) => {
      said = (said + chunk).slice(-65_536);
    };
    npm.stdout.setEncoding('utf8').on('data', listen);
    npm.stderr.setEncoding('utf8').on('data', listen);
    npm.on('error', (error) => failed(new Failure(`npm cannot be started: ${error.message}`)));
    npm.on('spawn', () => writeFileSync(lock, token(npm.pid)));
    npm.on('close', (status, signal) => {
      clearInterval(timer);
      if (stopped !== undefined)
        failed(Object.assign(new Failure('installation stopped'), { signal: stopped }));
      else if (status === 0) done();
      else failed(new Failure(whyNpmFailed(said, status ?? signal)));
    });
  });
}

async function install() {
  if (majorOf(process.version) < oldestToInstall)
    throw new Failure(
      `Node.js ${oldestToInstall} or newer is needed to install; this machine has ${process.version}.`,
    );
  const line = progress();
  try {
    mkdirSync(dirname(lock), { recursive: true });
    await takeLock(line);
  } catch (error) {
    line.clear();
    throw new Failure(
      `cannot write in ${root}: ${error.message}\nRun this once as the owner of that folder.`,
    );
  }
  try {
    const [have, found] = (read(stamp) ?? '').split('\n');
    if (have === want && found && existsSync(resolve(root, found))) return line.clear(); // whom we waited for has done it
    const fetch = !alreadyInstalled() || !(packagedNode() !== undefined || libc === 'musl');
    if (fetch) await runNpm(line);
    const node = nodeToRun();
    // Renamed into place: whoever finds a stamp finds a whole one.
    writeFileSync(`${stamp}.new`, `${want}\n${node}\n`);
    renameSync(`${stamp}.new`, stamp);
    if (fetch) line.end('packages installed');
  } catch (error) {
    line.clear();
    throw error;
  } finally {
    rmSync(lock, { force: true });
  }
}

try {
  await install();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`holdfast: ${error.message.split('\n').join('\n  ')}\n`);
  if (error.signal !== undefined) {
    process.removeAllListeners(error.signal);
    process.kill(process.pid, error.signal);
    await sleep(1000);
  }
  process.exitCode = 1;
}
