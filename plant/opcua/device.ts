import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Device, listen, runDevice, type Wiring } from '#plant/devices/process.ts';
import {
  APPLICATION_URI,
  certificateFile,
  clientStore,
  privateKeyFile,
  serverCertificate,
} from '#plant/opcua/certificate.ts';
import { createFront, type FrontFaults } from '#plant/opcua/front.ts';
import { type AddressSpace, loadLibrary } from '#plant/opcua/library.ts';
import { followPlant } from '#plant/opcua/live.ts';
import { buildSpace } from '#plant/opcua/space.ts';
import { UTILITIES_USER } from '#plant/opcua/user.ts';
import type { UtilityCommand } from '#plant/physics/utilities.ts';

/* Main program of the process with the OPC UA server of the utilities. */
silenceConsole();
runDevice<UtilityCommand>(start);

/** How far its clock is wrong when it is: far enough to notice, and still the same day. */
const CLOCK_AHEAD_MS = 3_600_000;
const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The library talks to the console here and there whatever it is told; faults of ours travel as messages. */
function silenceConsole(): void {
  for (const way of ['log', 'info', 'warn', 'error'] as const) console[way] = () => {};
}

async function start(wiring: Wiring<UtilityCommand>): Promise<Device> {
  const { options } = wiring;
  if (options.dir === undefined) throw new Error('the utilities need a folder for their certificate');
  if (options.dirEndsWithUs) removeAtTheEnd(options.dir);
  const changed = options.faults.includes('certificate-changed');
  const dir = join(options.dir, changed ? 'utilities-changed' : 'utilities');
  const faults: FrontFaults = { silent: false, slow: false, garbage: false };
  const clock = { aheadMs: 0 };
  const certificate = Promise.withResolvers<string>();
  let up: Promise<number> | undefined;
  const front = createFront({
    // The library takes a processor for two seconds: not before somebody calls, and the caller waits at the front.
    serverPort: () => {
      up ??= certificate.promise.then(() => serve(dir, wiring, port, clock));
      return up.catch(endBadly);
    },
    faults,
    slowMs: options.slowMs,
  });
  const port = await listen(front.server, options.port, options.orFree);
  const fingerprint = await serverCertificate(dir);
  certificate.resolve(fingerprint);
  return {
    port,
    fingerprint,
    fault(fault, on) {
      if (fault === 'device-silent') faults.silent = on;
      if (fault === 'slow-device') faults.slow = on;
      if (fault === 'garbage-replies') faults.garbage = on;
      if (fault === 'clock-wrong') clock.aheadMs = on ? CLOCK_AHEAD_MS : 0;
      front.update();
    },
  };
}

/** Too late to say so to who waited for the start; the plant will start this process again. */
function endBadly(error: Error): Promise<never> {
  process.stderr.write(`utilities: ${error.stack}\n`, () => process.exit(1));
  return new Promise(() => {});
}

/** A plant that was killed cannot tidy up; its devices see that and do. A device that is killed leaves all as it is. */
function removeAtTheEnd(dir: string): void {
  process.on('exit', () => {
    if (!process.connected) rmSync(dir, { recursive: true, force: true });
  });
}

/** @returns the port on which the server itself listens, behind the front */
async function serve(
  dir: string,
  wiring: Wiring<UtilityCommand>,
  publicPort: number,
  clock: { readonly aheadMs: number },
): Promise<number> {
  const library = await loadLibrary();
  const store = await clientStore(library, dir);
  const { OPCUAServer, MessageSecurityMode, SecurityPolicy, nodesets } = library;
  const renumbered = wiring.options.faults.includes('server-renumbered');
  const server = new OPCUAServer({
    port: 0,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    certificateFile: certificateFile(dir),
    privateKeyFile: privateKeyFile(dir),
    serverCertificateManager: store as never,
    userCertificateManager: store as never,
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
    allowAnonymous: true,
    userManager: {
      isValidUser: (name: string, password: string) =>
        name === UTILITIES_USER.name && password === UTILITIES_USER.password,
    },
    nodeset_filename: [nodesets.standard, ...(renumbered ? [fileOf('shift.xml')] : []), fileOf('types.xml')],
    serverInfo: { applicationUri: APPLICATION_URI, applicationName: { text: 'Plant utilities' } },
    buildInfo: { productName: 'Holdfast plant utilities', productUri: APPLICATION_URI },
    serverCapabilities: { maxSessions: 20 },
  });
  await server.initialize();
  const plant = {
    signals: () => wiring.signals(1),
    give: (name: UtilityCommand, value: number | boolean) => wiring.give(1, name, value),
  };
  const live = buildSpace(library, server.engine.addressSpace as AddressSpace, { plant, renumbered });
  await server.start();
  const endpoint = server.endpoints[0];
  if (!endpoint) throw new Error('the server has no endpoint');
  const { port } = endpoint;
  // What the server says of its address is the front's, or clients would go past it.
  endpoint.port = publicPort;
  followPlant(live, plant.signals, clock);
  return port;
}
