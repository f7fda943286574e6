import { encodeMbap } from '#codec/modbus/mbap.ts';
import { rawServer } from '#test/modbus-rig.ts';
import type { Scope } from '#test/scope.ts';

/** A Modbus device whose registers change with every answer. */
export interface CountingDevice {
  readonly port: number;
  end(): Promise<void>;
}

export async function countingDevice(scope: Scope): Promise<CountingDevice> {
  let n = 0;
  const server = await rawServer(({ socket, transaction, unit, code, count }) => {
    const pdu = Buffer.alloc(2 + 2 * count);
    pdu.set([code, 2 * count]);
    for (let i = 0; i < count; i++) pdu.writeUInt16BE((n++ * 7) & 0xffff, 2 + 2 * i);
    socket.write(encodeMbap(transaction, unit, pdu));
  });
  const end = () => server[Symbol.asyncDispose]();
  scope.after(end);
  return { port: server.port, end };
}

export interface Plan {
  readonly sources: { [id: string]: object };
  readonly tags: { [path: string]: object };
}

/** Has a site read registers of a device. */
export function readRegisters(plan: Plan, id: string, port: number, registers: number, config: object): void {
  plan.sources[id] = { kind: 'modbus', host: '127.0.0.1', port, requestsPerS: 200, ...config };
  for (let i = 0; i < registers; i++) plan.tags[`a/${id}/r${i}`] = { source: id, address: { holding: i } };
}
