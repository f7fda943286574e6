import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { NatsSettings } from '#contract/hub-file.ts';
import { openPool } from '#hub/database/pool.ts';
import { StreamPasser } from '#hub/jetstream/passer.ts';
import { beginPassing } from '#hub/telemetry/passing.ts';
import { SiteUplinks } from '#hub/uplink/server.ts';
import { systemClock } from '#kernel/clock.ts';

/*
 * Child of uplink-kill.test.ts and stream-kill.test.ts: the hub's end on a socket, for one site, until it is killed. Passes
 * samples on where it is told to. Says `ready` when it listens.
 */

const [connection = '{}', socket = '', site = '', nats] = process.argv.slice(2);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const pool = openPool(JSON.parse(connection), quiet);
const uplinks = new SiteUplinks({ pool, clock: systemClock(), log: quiet, report: () => {} });
if (nats !== undefined) {
  const settings: NatsSettings = JSON.parse(nats);
  await beginPassing(pool, settings.keep, settings.waitingBytes);
  new StreamPasser(settings, { pool, clock: systemClock(), log: quiet });
}
const server = createServer((stream) =>
  uplinks.accept(stream, Buffer.alloc(0), { site, serial: '1', instance: '1' }),
);
rmSync(socket, { force: true }); // of the one that was killed
server.listen(socket, () => process.stdout.write('ready\n'));
