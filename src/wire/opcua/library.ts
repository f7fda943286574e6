import type * as Opcua from 'node-opcua-client';
import { giveBack } from '#platform/memory.ts';
import { installColumns } from './columns.ts';

export type Library = typeof Opcua;

let loading: Promise<Library> | undefined;

/**
 * The protocol library, loaded when first asked for: it takes a quarter of a second and a third of a site's memory,
 * which only sites with OPC UA pay. It writes nothing to the console here; what matters reaches the log as a Fault.
 */
export function loadLibrary(): Promise<Library> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Library> {
  const library = await import('node-opcua-client');
  const silent = () => {};
  library.setDebugLogger(silent);
  library.setWarningLogger(silent);
  library.setErrorLogger(silent);
  silenceStatusCodes();
  installColumns(library);
  giveBack();
  return library;
}

/** The library writes about each status code that it does not know past its loggers; a server could fill a disk with them. */
function silenceStatusCodes(): void {
  const { warn } = console;
  console.warn = (...said: unknown[]) => {
    if (!`${said[0]}`.startsWith('expecting a known StatusCode')) warn(...said);
  };
}
