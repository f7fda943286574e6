import { createServer } from 'node:net';
import { ServerTCP } from 'modbus-serial';
import { type Device, listen, runDevice, type Wiring } from '#plant/devices/process.ts';
import { createFront, type FrontFaults } from '#plant/modbus/front.ts';
import { DEVICE_MAPS, type DeviceMap, type ModbusDeviceName } from '#plant/modbus/map.ts';
import { createUnit, EXCEPTION, ModbusException, type Unit } from '#plant/modbus/unit.ts';

/* Main program of a Modbus device process. */
runDevice(start);

async function start(wiring: Wiring): Promise<Device> {
  const { options } = wiring;
  const unit = unitsOf(wiring, DEVICE_MAPS[options.name as ModbusDeviceName]);
  const serverPort = await serve(unit);
  const faults: FrontFaults = { silent: false, slow: false, garbage: false };
  const front = createFront({
    serverPort,
    faults,
    slowMs: options.slowMs,
    maskWrite: (id, at, and, or) => codeOf(() => unit(id).maskWrite(at, and, or)),
  });
  const port = await listen(front, options.port, options.orFree);
  return {
    port,
    fault(fault, on) {
      if (fault === 'device-silent') faults.silent = on;
      if (fault === 'slow-device') faults.slow = on;
      if (fault === 'garbage-replies') faults.garbage = on;
    },
  };
}

function unitsOf(wiring: Wiring, device: DeviceMap): (id: number) => Unit {
  const units = new Map<number, Unit>();
  for (const [id, { map, line }] of Object.entries(device.units)) {
    const signals = () => wiring.signals(line);
    units.set(
      Number(id),
      createUnit(map, signals, (name, value) => wiring.give(line, name, value)),
    );
  }
  return (id) => {
    const unit = units.get(id);
    if (unit) return unit;
    throw new ModbusException(EXCEPTION.noSuchUnit, `the gateway knows no unit ${id}`);
  };
}

/** Runs the server library on a port of its own, where only the front talks to it. @returns that port */
async function serve(unit: (id: number) => Unit): Promise<number> {
  for (let left = 5; ; left--) {
    const port = await freePort();
    try {
      await listening(unit, port);
      return port;
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

function listening(unit: (id: number) => Unit, port: number): Promise<void> {
  const vector = {
    getMultipleInputRegisters: (at: number, count: number, id: number) => unit(id).readInput(at, count),
    getInputRegister: (at: number, id: number) => unit(id).readInput(at, 1)[0] as number,
    getMultipleHoldingRegisters: (at: number, count: number, id: number) => unit(id).readHolding(at, count),
    getHoldingRegister: (at: number, id: number) => unit(id).readHolding(at, 1)[0] as number,
    getCoil: (at: number, id: number) => unit(id).readCoil(at),
    getDiscreteInput: (at: number, id: number) => unit(id).readDiscrete(at),
    setRegister: (at: number, value: number, id: number) => unit(id).writeHolding(at, [value]),
    setRegisterArray: (at: number, values: number[], id: number) => unit(id).writeHolding(at, values),
    setCoil: (at: number, value: boolean, id: number) => unit(id).writeCoil(at, value),
  };
  return new Promise((resolve, reject) => {
    const server = new ServerTCP(vector, { host: '127.0.0.1', port });
    server.on('initialized', () => resolve());
    server.on('serverError', reject);
    // A client that went away in the middle of an answer.
    server.on('socketError', () => {});
  });
}

/** The library cannot be asked for "any port". */
async function freePort(): Promise<number> {
  const probe = createServer();
  const port = await listen(probe, 0, false);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function codeOf(write: () => void): number | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    if (error instanceof ModbusException) return error.modbusErrorCode;
    throw error;
  }
}
