import { DataType, type StatusCode, StatusCodes, type Variant } from 'node-opcua-client';
import type { AddressSpace, Folder, Namespace } from './rich-space.ts';

/** A variable whose past the server keeps. */
export interface History {
  /** Appends to the past, ascending in time. */
  record(name: string, atMs: number, value: number, status?: StatusCode): void;
}

export function addHistory(space: AddressSpace, ns: Namespace, plant: Folder): History {
  const folder = ns.addFolder(plant, { browseName: 'Kept', nodeId: 's=Kept' });
  const kept = new Map(
    ['Flow', 'Energy'].map((name) => {
      const variable = ns.addVariable({
        componentOf: folder,
        browseName: name,
        nodeId: `s=Kept.${name}`,
        dataType: DataType.Double,
        minimumSamplingInterval: 0,
        value: { dataType: DataType.Double, value: 0 } as unknown as Variant,
      });
      space.installHistoricalDataNode(variable, { maxOnlineValues: 10_000 });
      return [name, variable];
    }),
  );
  return {
    record(name, atMs, value, status = StatusCodes.Good) {
      kept.get(name)?.setValueFromSource({ dataType: DataType.Double, value }, status, new Date(atMs));
    },
  };
}
