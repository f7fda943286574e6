import { constants } from 'node:crypto';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { FastifyServerOptions } from 'fastify';
import type { Clock } from '#kernel/clock.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import { Turns, type TurnsLimits } from './admission/turns.ts';
import type { Authority, ServerCertificate } from './authority/authority.ts';

export interface DoorOptions {
  readonly authority: Authority;
  /** Names and addresses that the hub is reached by, beside those of this machine. */
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** How many handshakes are under way at once. */
  readonly handshakes?: TurnsLimits | undefined;
}

const LOOK_MS = 3_600_000;
/** Whoever opens a connection and says nothing keeps a place for this long. */
const HANDSHAKE_MS = 20_000;
/** They are this process's work alone: more at once only makes each of them late, until the other side gives up. */
const HANDSHAKES: TurnsLimits = { atOnce: 64, waitMs: 5000, turnMs: 200 };
/** Whoever begins and falls silent keeps its turn no longer than this, its connection until {@link HANDSHAKE_MS}. */
const TURN_MS = 2000;
const TELL_US = 60e6;

/**
 * The hub's one port: TLS 1.3. A certificate is asked of everybody, and each route decides what it needs; sites are
 * judged by the database, not by the TLS library, which could let nobody back in whose time is over.
 */
export class Door implements Disposable {
  readonly #options: DoorOptions;
  readonly #timer: NodeJS.Timeout;
  #shown: ServerCertificate;
  #server: Server | undefined;
  readonly #turns: Turns;
  #toldUs = Number.NEGATIVE_INFINITY;

  private constructor(options: DoorOptions, shown: ServerCertificate) {
    this.#options = options;
    this.#turns = new Turns(options.handshakes ?? HANDSHAKES);
    this.#shown = shown;
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  static async open(options: DoorOptions): Promise<Door> {
    return new Door(options, await certificateFor(options));
  }

  /** How Fastify makes its server. */
  readonly factory: NonNullable<FastifyServerOptions['serverFactory']> = (handler) => {
    this.#server = createServer(
      {
        ...this.#context(),
        requestCert: true,
        rejectUnauthorized: false,
        handshakeTimeout: HANDSHAKE_MS,
        ALPNProtocols: ['http/1.1'],
      },
      handler,
    );
    this.#admit(this.#server);
    return this.#server;
  };

  /**
   * Before the handshake, which is most of what a connection costs: one who must go is hung up on without a word, as there is
   * no way yet to say one, and comes again with growing pauses.
   */
  #admit(server: Server): void {
    const underWay = new Map<string, () => void>();
    const shakeHands = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket) => {
      // Until its turn comes nobody else listens.
      socket.on('error', () => {});
      const later = this.#turns.take(
        () => socket.destroyed,
        (done) => {
          const peer = peerOf(socket);
          const timer = setTimeout(() => over(), TURN_MS);
          const over = () => {
            clearTimeout(timer);
            underWay.delete(peer);
            done();
          };
          underWay.set(peer, over);
          socket.once('close', over);
          for (const listener of shakeHands) listener.call(server, socket);
        },
      );
      if (later) this.#sendAway(socket);
    });
    server.on('secureConnection', (secure) => underWay.get(peerOf(secure))?.());
  }

  #sendAway(socket: Socket): void {
    socket.destroy();
    const { clock, log } = this.#options;
    if (clock.steadyUs() - this.#toldUs < TELL_US) return;
    this.#toldUs = clock.steadyUs();
    log.warn({}, 'more connections come than hands can be shaken; some are sent away and come again');
  }

  /** A key and a certificate of this process alone, new ones before the old ones end; open connections stay. */
  async look(): Promise<void> {
    const { clock, log } = this.#options;
    if (clock.nowUs() / 1000 < this.#shown.renewAtMs) return;
    try {
      this.#shown = await certificateFor(this.#options);
      this.#server?.setSecureContext(this.#context());
      log.info({}, 'the hub shows a new certificate');
    } catch (error) {
      log.error({}, `the certificate of the hub was not renewed: ${messageOf(error)}`);
    }
  }

  #context(): ServerOptions {
    return {
      key: this.#shown.key,
      cert: this.#shown.chain,
      minVersion: 'TLSv1.3',
      secureOptions: NO_TICKETS,
    };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Of the connection below and of the encryption on it alike. */
const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** A session that is taken up again would not show its certificate, and other hubs would not know it. */
const NO_TICKETS = constants.SSL_OP_NO_TICKET;

const certificateFor = ({ authority, names, clock }: DoorOptions): Promise<ServerCertificate> =>
  authority.issueServer([...names, ...ofThisMachine()], clock.nowUs() / 1000);

function ofThisMachine(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((some = []) => some);
  // An address of the link is another one on every machine that looks at it.
  const reachable = addresses.map(({ address }) => address).filter((one) => !one.startsWith('fe80:'));
  return [hostname().toLowerCase(), 'localhost', ...reachable];
}
