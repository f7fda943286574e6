import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '#test/until.ts';
import { SmallDisk } from './small-disk.ts';

const CHILD = fileURLToPath(new URL('./historian-full.ts', import.meta.url));
const options = { skip: process.platform === 'linux' ? false : 'needs mount namespaces of Linux' };
/** More than the log has room for by itself. */
const MANY = 300_000;

/** The child of these tests, spoken to line by line. */
class Writer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(
    disk: SmallDisk,
    journalDir: string,
    { quotaMb, first = 0 }: { quotaMb: number; first?: number },
  ) {
    const dir = join(disk.mount, 'historian');
    const program = [process.execPath, '--disable-warning=ExperimentalWarning', CHILD];
    const [command = '', ...args] = [...disk.wrap, ...program, journalDir, dir, `${quotaMb}`, `${first}`];
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[
      Symbol.asyncIterator
    ]();
  }

  async ask(what: string): Promise<ReturnType<typeof JSON.parse>> {
    this.#child.stdin?.write(`${what}\n`);
    const { value, done } = await this.#lines.next();
    assert.ok(!done, `the child ended while it was to ${what}`);
    return JSON.parse(value);
  }

  /** Ends by itself, or by SIGKILL. */
  async end(how: 'closed' | 'killed'): Promise<void> {
    const exited = once(this.#child, 'exit');
    if (how === 'closed') this.#child.stdin?.end('end\n');
    else this.#child.kill('SIGKILL');
    const [code] = await exited;
    if (how === 'closed') assert.equal(code, 0);
  }
}

async function onSmallDisk(t: TestContext, megabytes: number) {
  const disk = await SmallDisk.open(megabytes);
  const journalDir = mkdtempSync(join(tmpdir(), 'holdfast-journal-'));
  const children: Writer[] = [];
  t.after(async () => {
    for (const child of children) await child.end('killed').catch(() => {});
    await disk[Symbol.asyncDispose]();
    rmSync(journalDir, { recursive: true });
  });
  const start = (how: { quotaMb: number; first?: number }) => {
    const child = new Writer(disk, journalDir, how);
    children.push(child);
    return child;
  };
  return { disk, start, ended: () => children.splice(0) };
}

const recovered = (writer: Writer) =>
  until('it writes again', async () => (await writer.ask('health')).fault === undefined, 60_000);

test(
  'on a full disk the historian stops and says so; with room it catches up by itself',
  options,
  async (t) => {
    const { disk, start, ended } = await onSmallDisk(t, 32);
    const writer = start({ quotaMb: 256 });
    await writer.ask(`append ${MANY}`);
    assert.deepEqual(await writer.ask('flush'), {});
    const before = await writer.ask('health');
    disk.fill();
    assert.deepEqual(await writer.ask(`append ${MANY}`), { settled: 'durable' });
    assert.deepEqual(await writer.ask('flush'), { code: 'historian.full' });
    const full = await writer.ask('health');
    assert.equal(full.fault, 'historian.full');
    assert.match(full.hint, /Free space/);
    // More comes than it gathers, and it holds no more of it.
    await writer.ask(`append ${2 * MANY}`);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const still = await writer.ask('health');
    assert.equal(still.fault, 'historian.full', 'the fault stays while nothing could be written');
    assert.ok(still.rss < full.rss + 100 * 2 ** 20, `${still.rss} bytes of memory, ${full.rss} before`);
    const meanwhile = await writer.ask('read');
    assert.deepEqual([meanwhile.count, meanwhile.first, meanwhile.wrong], [4 * MANY, 0, -1]);
    disk.free();
    await recovered(writer);
    assert.deepEqual(await writer.ask('flush'), {});
    const after = await writer.ask('health');
    assert.ok(after.position > still.position && still.position >= before.position);
    assert.deepEqual([after.rows, after.damaged, after.unexpected], [4 * MANY, 0, []]);
    const all = await writer.ask('read');
    assert.deepEqual(all, { count: 4 * MANY, first: 0, wrong: -1, told: 0, reasons: [] });
    await writer.end('closed');
    ended();
  },
);

test(
  'at the quota on a full disk nothing is lost but the oldest, and that is counted',
  options,
  async (t) => {
    const { disk, start, ended } = await onSmallDisk(t, 12);
    const writer = start({ quotaMb: 5 });
    let rows = 0;
    const write = async (count: number) => {
      await writer.ask(`append ${count}`);
      rows += count;
      return await writer.ask('flush');
    };
    while ((await writer.ask('read')).told === 0) assert.deepEqual(await write(60_000), {});
    disk.fill();
    // It may go on in the room that it has, or not: whatever it does, it loses no more than it tells.
    for (let i = 0; i < 8; i++) await write(60_000);
    const full = await writer.ask('read');
    assert.deepEqual([full.count + full.told, full.wrong], [rows, -1]);
    disk.free();
    assert.deepEqual(await write(60_000), {});
    await recovered(writer);
    const { usedBytes, damaged, unexpected } = await writer.ask('health');
    assert.ok(usedBytes <= 5 * 2 ** 20, `${usedBytes} bytes`);
    assert.deepEqual([damaged, unexpected], [0, []]);
    const all = await writer.ask('read');
    assert.deepEqual([all.count + all.told, all.wrong, all.reasons], [rows, -1, ['quota']]);
    await writer.end('closed');
    ended();
  },
);

test(
  'killed on a full disk and started on it again: it waits for room, and all is there once',
  options,
  async (t) => {
    const { disk, start, ended } = await onSmallDisk(t, 32);
    const writer = start({ quotaMb: 256 });
    await writer.ask(`append ${MANY}`);
    assert.deepEqual(await writer.ask('flush'), {});
    disk.fill();
    await writer.ask(`append ${MANY}`);
    assert.deepEqual(await writer.ask('flush'), { code: 'historian.full' });
    await writer.end('killed');
    disk.fill();
    const again = start({ quotaMb: 256, first: 2 * MANY });
    assert.deepEqual(await again.ask(`append ${MANY}`), { settled: 'durable' });
    assert.deepEqual(await again.ask('flush'), { code: 'historian.full' });
    disk.free();
    await recovered(again);
    assert.deepEqual(await again.ask('flush'), {});
    const { rows, damaged, unexpected } = await again.ask('health');
    assert.deepEqual([rows, damaged, unexpected], [3 * MANY, 0, []]);
    const all = await again.ask('read');
    assert.deepEqual(all, { count: 3 * MANY, first: 0, wrong: -1, told: 0, reasons: [] });
    await again.end('closed');
    ended();
  },
);

test(
  'begun on a full disk: it is no damage, and what the journal held meanwhile is taken',
  options,
  async (t) => {
    const { disk, start, ended } = await onSmallDisk(t, 32);
    disk.fill();
    const writer = start({ quotaMb: 256 });
    assert.deepEqual(await writer.ask(`append ${MANY}`), { settled: 'durable' });
    assert.equal((await writer.ask('health')).fault, 'historian.full');
    disk.free();
    await recovered(writer);
    assert.deepEqual(await writer.ask('flush'), {});
    const all = await writer.ask('read');
    assert.deepEqual(all, { count: MANY, first: 0, wrong: -1, told: 0, reasons: [] });
    assert.deepEqual((await writer.ask('health')).unexpected, []);
    await writer.end('closed');
    ended();
  },
);
