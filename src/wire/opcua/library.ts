import type * as Opcua from 'node-opcua-client';
import { installColumns } from './columns.ts';

export type Library = typeof Opcua;

/**
 * The protocol library, loaded when first asked for: it takes a second and 60 MB, which only sites with OPC UA pay.
 * It writes nothing to the console here; what matters reaches the log as a Fault.
 */
export async function loadLibrary(): Promise<Library> {
  const library = await import('node-opcua-client');
  const silent = () => {};
  library.setDebugLogger(silent);
  library.setWarningLogger(silent);
  library.setErrorLogger(silent);
  installColumns(library);
  return library;
}
