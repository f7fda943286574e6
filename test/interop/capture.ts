import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '#test/until.ts';
import { freePort } from './mosquitto.ts';

/** What passed on loopback, captured by dumpcap. */
export interface Capture extends AsyncDisposable {
  /** Why nothing can be captured here; undefined where all goes well. */
  readonly impossible: string | undefined;
  /** Ends it; all that was sent before is in. */
  stop(): Promise<void>;
  /**
   * What tshark makes of it: for each packet that passes the filter its fields, a field that occurs more often once with
   * all of its values. Not before `stop`.
   */
  tshark(
    filter: string,
    fields: readonly string[],
    ...args: readonly string[]
  ): Promise<readonly (readonly string[])[]>;
  /** What tshark finds wrong with any packet, the other side's too. */
  wrong(...args: readonly string[]): Promise<readonly (readonly string[])[]>;
}

/** Expert groups Undecoded, Malformed and Protocol; what TCP had to repeat on a busy machine is another. */
const WRONG = '_ws.malformed || _ws.expert.group in {0x05000000, 0x07000000, 0x09000000}';

/** Between the values of a field that occurs more often: nothing that any of them holds. */
export const BETWEEN = '\u001e';

/** Captures what passes from and to a port of loopback, from now on. */
export async function startCapture(port: number): Promise<Capture> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-capture-'));
  const file = join(dir, 'loopback.pcapng');
  const marks = await freePort();
  const filter = `tcp port ${port} or udp dst port ${marks}`;
  const child = spawn('dumpcap', ['-q', '-i', 'lo', '-f', filter, '-w', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.once('error', (error) => {
    said += error.message;
  });
  let marked = 0;
  const seen = async () => {
    const mark = `mark-${++marked}-of-${child.pid}`;
    await until('the capture has all', async () => {
      await say(marks, mark);
      return hasEnded(child) || (existsSync(file) && readFileSync(file).includes(mark));
    });
  };
  await seen();
  return {
    impossible: hasEnded(child) ? `capturing on loopback is not possible here: ${said.trim()}` : undefined,
    async stop() {
      await seen();
      await end(child);
    },
    tshark: (wanted, fields, ...args) => dissected(file, wanted, fields, args),
    wrong: (...args) => dissected(file, WRONG, ['frame.number', '_ws.expert.message'], args),
    async [Symbol.asyncDispose]() {
      await end(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const hasEnded = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  child.kill('SIGINT');
  await once(child, 'exit');
}

async function say(port: number, text: string): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise((done) => socket.send(text, port, '127.0.0.1', done));
  socket.close();
}

async function dissected(
  file: string,
  filter: string,
  fields: readonly string[],
  args: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const { stdout } = await promisify(execFile)(
    'tshark',
    [
      ...['-n', '-r', file, ...args, '-Y', filter, '-T', 'fields', '-E', 'separator=|', '-E', 'occurrence=a'],
      ...['-E', `aggregator=${BETWEEN}`, ...fields.flatMap((field) => ['-e', field])],
    ],
    { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout
    .replace(/\n$/, '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('|'));
}
