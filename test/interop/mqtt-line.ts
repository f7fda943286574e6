import { once } from 'node:events';
import * as net from 'node:net';

/** A TCP proxy before a broker that can lose what is said. */
export interface Line extends AsyncDisposable {
  readonly port: number;
  /** Ends all connections without a goodbye. */
  cut(): void;
  /** While true the broker hears nothing: neither confirmations nor a goodbye. */
  isMute: boolean;
}

export async function startLine(to: number): Promise<Line> {
  const ends: net.Socket[] = [];
  const server = net.createServer((near) => {
    const far = net.connect(to, '127.0.0.1');
    ends.push(
      near.on('error', () => {}),
      far.on('error', () => {}),
    );
    near.on('data', (bytes) => line.isMute || far.write(bytes));
    near.on('close', () => far.destroy());
    far.pipe(near);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const cut = () => {
    for (const end of ends) end.resetAndDestroy();
  };
  const line: Line = {
    port: (server.address() as net.AddressInfo).port,
    cut,
    isMute: false,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
  return line;
}
