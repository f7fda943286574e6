import type { Server } from 'node:net';
import { messageOf } from '#kernel/fault.ts';
import type { DeviceFault, FromDevice, StartOptions, ToDevice } from '#plant/devices/messages.ts';
import type { CommandName } from '#plant/physics/line.ts';
import type { Signals } from '#plant/physics/measure.ts';

/** What a device sees of the plant. */
export interface Wiring<Name extends string = CommandName> {
  readonly options: StartOptions;
  /** Present signals of a line or another section, from 1; commands given here show at once. */
  signals(section: number): Signals;
  give(section: number, name: Name, value: number | boolean): void;
}

export interface Device {
  readonly port: number;
  /** SHA-256 of the certificate that it shows, if it has one. */
  readonly fingerprint?: string;
  fault(fault: DeviceFault, on: boolean): void;
}

/**
 * The main program of a device process: starts on the first message, and ends with the parent, however that ended.
 * Ctrl-C reaches every process of the terminal; here it is left to the parent, which then closes the channel.
 */
export function runDevice<Name extends string = CommandName>(
  start: (wiring: Wiring<Name>) => Promise<Device>,
): void {
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit(0));
  const send = (message: FromDevice) => {
    // A plant that is just dying no longer hears; the callback keeps that from becoming an exception.
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  };
  const plantSide = signalStore<Name>(send);
  let device: Promise<Device> | undefined;
  process.on('message', (message: ToDevice) => {
    if (message.kind === 'signals') plantSide.update(message.sections, message.applied);
    else if (message.kind === 'fault')
      device?.then((it) => it.fault(message.fault, message.on)).catch(() => {});
    else {
      device = start({ options: message.options, signals: plantSide.signals, give: plantSide.give });
      device
        .then(({ port, fingerprint }) => send({ kind: 'ready', port, ...(fingerprint && { fingerprint }) }))
        .catch((error) => send({ kind: 'failed', message: messageOf(error) }));
    }
  });
}

/** Signals as last told, under the commands that the world has not shown yet: a controller reads back its own write. */
function signalStore<Name extends string>(send: (message: FromDevice) => void) {
  let sections: readonly Signals[] = [];
  let pending: { seq: number; section: number; name: Name; value: number | boolean }[] = [];
  let lastSeq = 0;
  return {
    update(next: readonly Signals[], applied: number): void {
      sections = next;
      pending = pending.filter(({ seq }) => seq > applied);
    },
    signals(section: number): Signals {
      const told = sections[section - 1] ?? {};
      const own = pending.filter((one) => one.section === section);
      return own.length === 0 ? told : { ...told, ...Object.fromEntries(own.map((o) => [o.name, o.value])) };
    },
    give(section: number, name: Name, value: number | boolean): void {
      const seq = ++lastSeq;
      pending.push({ seq, section, name, value });
      send({ kind: 'command', seq, section, name, value });
    },
  };
}

/** Listens on loopback. @returns the port; any free one where the wanted one is taken and `orFree` allows it */
export async function listen(server: Server, port: number, orFree: boolean): Promise<number> {
  try {
    return await tryListen(server, port);
  } catch (error) {
    if (!orFree || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return tryListen(server, 0);
  }
}

function tryListen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      server.off('error', reject);
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(address.port);
    });
  });
}
