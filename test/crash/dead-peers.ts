import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { freePort } from '#test/interop/mosquitto.ts';
import type { Scope } from '#test/scope.ts';

/** Something that listens where a device should: it takes every connection and does with it what the test says. */
export async function listener(t: Scope, met: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket
      .on('error', () => {})
      .on('close', () => sockets.delete(socket))
      .resume();
    met(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const PAGE = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n';

/** The ways to be dead, each a port: nobody there, silent, hanging up, another protocol. */
export async function deadPorts(t: Scope): Promise<{ readonly [how: string]: number }> {
  return {
    closed: await freePort(),
    mute: await listener(t, () => {}),
    refusing: await listener(t, (socket) => socket.destroy()),
    stranger: await listener(t, (socket) => socket.end(PAGE)),
  };
}
