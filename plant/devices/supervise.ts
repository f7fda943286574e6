import { type ChildProcess, fork } from 'node:child_process';
import { Fault } from '#kernel/fault.ts';
import {
  type DeviceFault,
  type FromDevice,
  RESTART_FAULTS,
  type StartOptions,
  type ToDevice,
} from '#plant/devices/messages.ts';
import type { Signals } from '#plant/physics/measure.ts';

export interface SuperviseOptions {
  readonly start: Omit<StartOptions, 'faults'>;
  /** Main program of the device process. */
  readonly program: URL;
  readonly restart: { readonly downMs: number; readonly everyMs: number };
  /** It listens nowhere: nobody has to wait for it, and a start that fails is tried again. */
  readonly inBackground?: boolean;
  readonly onCommand: (section: number, name: string, value: number | boolean) => void;
}

/** A device as the world holds it: one process at a time, always on the same port. */
export interface SupervisedDevice extends AsyncDisposable {
  readonly port: number;
  /** SHA-256 of the certificate that it first showed; a change of it is a fault. */
  readonly fingerprint: string | undefined;
  /** Process id; undefined while the device is down. */
  readonly pid: number | undefined;
  signals(sections: readonly Signals[]): void;
  fault(fault: DeviceFault, on: boolean): void;
  /** While on, the device is killed, stays away for a while, comes back, and is killed again. */
  restarting(on: boolean): void;
}

/** A device that this plant does not have. */
export const ABSENT: SupervisedDevice = {
  port: 0,
  fingerprint: undefined,
  pid: undefined,
  signals() {},
  fault: notThere,
  restarting: notThere,
  async [Symbol.asyncDispose]() {},
};

function notThere(): never {
  throw new Fault('plant.unknown-place', 'this plant was started without that device', { retry: 'never' });
}

/** Pause before a device that died by itself is started again. */
const AFTER_CRASH_MS = 500;

/** @throws Fault `plant.device-failed` when the device does not come up */
export async function superviseDevice(options: SuperviseOptions): Promise<SupervisedDevice> {
  const device = new DeviceKeeper(options);
  try {
    if (options.inBackground) device.startInBackground();
    else await device.start();
    return device;
  } catch (error) {
    await device[Symbol.asyncDispose]();
    throw error;
  }
}

class DeviceKeeper implements SupervisedDevice {
  readonly #options: SuperviseOptions;
  readonly #faults = new Set<DeviceFault>();
  #port: number;
  #fingerprint: string | undefined;
  #child: ChildProcess | undefined;
  #applied = 0;
  #timer: NodeJS.Timeout | undefined;
  #started = false;
  #looping = false;
  #closed = false;

  constructor(options: SuperviseOptions) {
    this.#options = options;
    this.#port = options.start.port;
  }

  get port(): number {
    return this.#port;
  }

  get fingerprint(): string | undefined {
    return this.#fingerprint;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    const { start } = this.#options;
    const { port, fingerprint } = await this.#spawn(start);
    this.#port = port;
    this.#fingerprint = fingerprint;
    this.#started = true;
  }

  startInBackground(): void {
    this.#started = true;
    this.#comeUp();
  }

  signals(sections: readonly Signals[]): void {
    this.#send({ kind: 'signals', sections, applied: this.#applied });
  }

  fault(fault: DeviceFault, on: boolean): void {
    if (on) this.#faults.add(fault);
    else this.#faults.delete(fault);
    // Its exit brings us to start it again.
    if (RESTART_FAULTS.has(fault)) this.#child?.kill('SIGKILL');
    else this.#send({ kind: 'fault', fault, on });
  }

  restarting(on: boolean): void {
    if (on === this.#looping) return;
    this.#looping = on;
    clearTimeout(this.#timer);
    if (on) this.#goDown();
    else if (!this.#child) this.#comeUp();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (child.connected) child.disconnect();
    const overdue = setTimeout(() => child.kill('SIGKILL'), 2000);
    await gone;
    clearTimeout(overdue);
  }

  #goDown(): void {
    this.#child?.kill('SIGKILL');
    this.#timer = setTimeout(() => this.#comeUp(), this.#options.restart.downMs);
  }

  #comeUp(): void {
    if (this.#closed) return;
    const again = { ...this.#options.start, port: this.#port, orFree: false };
    // A start that fails ends the process, and its exit brings us here again.
    this.#spawn(again).catch(() => this.#child?.kill('SIGKILL'));
    if (this.#looping) this.#timer = setTimeout(() => this.#goDown(), this.#options.restart.everyMs);
  }

  /** @returns what the device says of itself once it is there */
  #spawn(start: SuperviseOptions['start']): Promise<FromDevice & { kind: 'ready' }> {
    const child = fork(this.#options.program, {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    this.#applied = 0;
    return new Promise((resolve, reject) => {
      const fail = (message: string) => reject(new Fault('plant.device-failed', `${start.name}: ${message}`));
      child.on('error', (error) => fail(error.message));
      child.on('exit', () => {
        fail('the process ended while it was starting');
        this.#exited(child);
      });
      child.on('message', (message: FromDevice) => {
        if (message.kind === 'ready') resolve(message);
        else if (message.kind === 'failed') fail(message.message);
        else this.#command(child, message);
      });
      this.#send({ kind: 'start', options: { ...start, faults: [...this.#faults] } });
      for (const fault of this.#faults) this.#send({ kind: 'fault', fault, on: true });
    });
  }

  #command(child: ChildProcess, { seq, section, name, value }: FromDevice & { kind: 'command' }): void {
    this.#options.onCommand(section, name, value);
    if (child === this.#child) this.#applied = seq;
  }

  #exited(child: ChildProcess): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    if (this.#closed || this.#looping || !this.#started) return;
    this.#timer = setTimeout(() => this.#comeUp(), AFTER_CRASH_MS);
  }

  #send(message: ToDevice): void {
    // A device that is just dying no longer hears; the callback keeps that from becoming an exception.
    if (this.#child?.connected) this.#child.send(message, () => {});
  }
}
