import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { generate } from 'mqtt-packet';
import type { Noise } from '#plant/physics/noise.ts';
import type { Scope } from '#test/scope.ts';

export interface Condition {
  /** Time that a packet takes, each way. */
  readonly latencyMs?: number;
  /** Part of the packets that are lost, 0 to 1: TCP sends them again, and what follows waits for them. */
  readonly loss?: number;
  /** Nothing passes, and nobody is told. */
  readonly stalled?: boolean;
  /** New connections are closed at once, or told as a broker would that there is no service. */
  readonly refusing?: 'hang-up' | 'no-service';
}

const PACKET_BYTES = 1460;
/** The shortest time after which Linux sends again (TCP_RTO_MIN); each further try takes twice as long. */
const RESEND_MS = 200;
const SERVER_UNAVAILABLE = 0x88;

/**
 * A line to a port of loopback that is as bad as asked for. It works above TCP: of a lost packet one sees there the time
 * until it was sent again. Kernels with tc netem could do it below; many machines that run checks have none.
 */
export class BadLine {
  condition: Condition = {};
  readonly #far: number;
  readonly #chance: Noise;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  static async to(scope: Scope, port: number, chance: Noise): Promise<BadLine> {
    const line = new BadLine(port, chance);
    await once(line.#server.listen(0, '127.0.0.1'), 'listening');
    scope.after(() => line.#end());
    return line;
  }

  private constructor(far: number, chance: Noise) {
    this.#far = far;
    this.#chance = chance;
    this.#server = createServer((near) => this.#accept(near));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all connections, without a goodbye. */
  cut(): void {
    for (const socket of this.#open) socket.resetAndDestroy();
  }

  #accept(near: Socket): void {
    near.on('error', () => {});
    const { refusing } = this.condition;
    if (refusing === 'hang-up') near.destroy();
    else if (refusing === 'no-service') refuse(near);
    else this.#connect(near);
  }

  #connect(near: Socket): void {
    const far = connect(this.#far, '127.0.0.1');
    for (const socket of [near, far]) {
      this.#open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    this.#carry(near, far);
    this.#carry(far, near);
  }

  #carry(from: Socket, to: Socket): void {
    const waiting: { readonly chunk: Buffer; readonly dueMs: number }[] = [];
    let lastMs = 0;
    let timer: NodeJS.Timeout | undefined;
    const deliver = () => {
      timer = undefined;
      while (!this.condition.stalled && waiting[0] && waiting[0].dueMs <= performance.now()) {
        const next = waiting.shift();
        if (next && !to.destroyed) to.write(next.chunk);
      }
      if (waiting[0]) timer = setTimeout(deliver, Math.max(5, waiting[0].dueMs - performance.now()));
      else from.resume();
    };
    from.on('data', (chunk: Buffer) => {
      lastMs = Math.max(lastMs, performance.now() + this.#delayMs(chunk.length));
      waiting.push({ chunk, dueMs: lastMs });
      // A window of TCP: whoever sends more has to wait.
      if (waiting.length > 200) from.pause();
      if (timer === undefined) deliver();
    });
    from.on('close', () => clearTimeout(timer));
  }

  #delayMs(bytes: number): number {
    const { latencyMs = 0, loss = 0 } = this.condition;
    let ms = latencyMs;
    for (let packets = Math.ceil(bytes / PACKET_BYTES); loss > 0 && packets > 0; packets--)
      for (let resend = RESEND_MS; this.#chance.uniform() < loss; resend *= 2) ms += resend;
    return ms;
  }

  async #end(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function refuse(near: Socket): void {
  const packet = { cmd: 'connack', reasonCode: SERVER_UNAVAILABLE, sessionPresent: false } as const;
  near.once('data', () => near.end(generate(packet, { protocolVersion: 5 })));
}
