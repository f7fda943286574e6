import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '#kernel/fault.ts';
import { startAlarmSite } from './alarm-site.ts';
import { arrives } from './one-tag-site.ts';

/*
 * Child of acknowledge-kill.test.ts: a site with one alarm, connected to a hub's socket, until it is killed. Each line on its
 * standard input is a value that arrives. Says `ready` once it runs.
 */

const [dataDir = '', socket = ''] = process.argv.slice(2);
const site = await startAlarmSite('north', dataDir, true);
site.connectHub(async (signal) => {
  await pause(10, undefined, { signal });
  const stream = connect(socket);
  await new Promise((resolve, reject) => stream.once('connect', resolve).once('error', reject)).catch(
    (cause) => {
      throw new Fault('hub.unreachable', 'nobody there', { retry: 'now', cause });
    },
  );
  return { socket: stream, head: new Uint8Array(0) };
});
process.stdin.setEncoding('utf8').on('data', (lines: string) => {
  for (const line of lines.split('\n').filter((one) => one !== '')) arrives(site, Number(line));
});
process.stdout.write('ready\n');
