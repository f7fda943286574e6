import { DataType, type Variant, VariantArrayType } from 'node-opcua-client';
import type { OPCUAServer } from 'node-opcua-server';
import { addHistory, type History } from './rich-history.ts';
import { addMethods, addPresses } from './rich-methods.ts';

/* The address space of the rich test server: what a plant's server holds, and what it should not (a cycle). */

export type AddressSpace = NonNullable<OPCUAServer['engine']['addressSpace']>;
export type Namespace = ReturnType<AddressSpace['getOwnNamespace']>;
export type Folder = ReturnType<Namespace['addFolder']>;
export type Variable = ReturnType<Namespace['addVariable']>;

export const PLANT = 'urn:holdfast:test:plant';
const UNECE = 'http://www.opcfoundation.org/UA/units/un/cefact';
/** Variables of one folder: more than a server hands out in one answer. */
export const TANKS = 320;

export interface Plant {
  readonly space: AddressSpace;
  /** Index of the plant's namespace on the server. */
  readonly index: number;
  readonly history: History;
  /** Calls that reached a method, in their order: its name and what it was given. */
  readonly calls: readonly (readonly [method: string, ...args: unknown[]])[];
  /** The level that the alarm watches: above 80 it is high, above 95 high-high. */
  setLevel(value: number): void;
  /** Node of the alarm, and the event that an acknowledgement has to name. */
  readonly alarm: { readonly node: string; eventId(): Buffer | null };
}

export function buildPlant(server: OPCUAServer): Plant {
  const space = server.engine.addressSpace as AddressSpace;
  space.registerNamespace('urn:holdfast:test:spare');
  const ns = space.registerNamespace(PLANT);
  const plant = ns.addFolder(space.rootFolder.objects, { browseName: 'Plant', nodeId: 's=Plant' });
  const line = ns.addFolder(plant, { browseName: 'Line1', nodeId: 's=Line1' });
  for (const pump of ['Pump1', 'Pump2']) addPump(ns, line, pump);
  // A server may close a circle: here the line names the plant as its part.
  line.addReference({ referenceType: 'Organizes', nodeId: plant });
  const tanks = ns.addFolder(plant, { browseName: 'Tanks', nodeId: 's=Tanks' });
  for (let i = 0; i < TANKS; i++) number(ns, tanks, `T${String(i).padStart(3, '0')}`, i);
  addTyped(space, ns, plant);
  const calls: [string, ...unknown[]][] = [];
  addMethods(ns, plant, calls);
  addPresses(ns, plant, calls);
  const { level, alarm } = addAlarm(space, ns, plant);
  const history = addHistory(space, ns, plant);
  return {
    space,
    index: ns.index,
    history,
    calls,
    alarm: { node: alarm.nodeId.toString(), eventId: () => alarm.currentBranch().getEventId() },
    setLevel: (value) => level.setValueFromSource({ dataType: DataType.Double, value }),
  };
}

function number(ns: Namespace, parent: Folder, name: string, value: number): Variable {
  return ns.addVariable({
    componentOf: parent,
    browseName: name,
    nodeId: `s=${parent.nodeId.value}.${name}`,
    dataType: DataType.Double,
    minimumSamplingInterval: 0,
    value: { dataType: DataType.Double, value } as unknown as Variant,
  });
}

const unit = (code: string, text: string) => ({
  namespaceUri: UNECE,
  // OPC UA Part 8, 5.6.3: the characters of the UN/CEFACT common code as one number
  unitId: [...code].reduce((sum, letter) => sum * 256 + letter.charCodeAt(0), 0),
  displayName: { text },
  description: { text },
});

function addPump(ns: Namespace, line: Folder, name: string): void {
  const pump = ns.addObject({
    componentOf: line,
    browseName: name,
    nodeId: `s=${name}`,
    typeDefinition: 'FolderType',
  });
  const analog = { componentOf: pump, dataType: DataType.Double, minimumSamplingInterval: 0 } as const;
  ns.addAnalogDataItem({
    ...analog,
    browseName: 'Speed',
    nodeId: `s=${name}.Speed`,
    description: 'Speed of the shaft',
    definition: 'encoder',
    engineeringUnitsRange: { low: 0, high: 3000 },
    engineeringUnits: unit('RPM', 'r/min'),
    value: { dataType: DataType.Double, value: 1480 } as unknown as Variant,
    accessLevel: 'CurrentRead',
    userAccessLevel: 'CurrentRead',
  });
  ns.addAnalogDataItem({
    ...analog,
    browseName: 'Setpoint',
    nodeId: `s=${name}.Setpoint`,
    engineeringUnitsRange: { low: 0, high: 10 },
    engineeringUnits: unit('BAR', 'bar'),
    value: { dataType: DataType.Double, value: 4.5 } as unknown as Variant,
    accessLevel: 'CurrentRead | CurrentWrite',
    userAccessLevel: 'CurrentRead | CurrentWrite',
  });
  ns.addVariable({
    componentOf: pump,
    browseName: 'Running',
    nodeId: `s=${name}.Running`,
    dataType: DataType.Boolean,
    value: { dataType: DataType.Boolean, value: true } as unknown as Variant,
  });
  ns.addMultiStateDiscrete({
    componentOf: pump,
    browseName: 'Mode',
    nodeId: `s=${name}.Mode`,
    enumStrings: ['off', 'manual', 'automatic'],
    value: 2,
  });
}

function addTyped(space: AddressSpace, ns: Namespace, plant: Folder): void {
  const typed = ns.addFolder(plant, { browseName: 'Typed', nodeId: 's=Typed' });
  const put = (name: string, dataType: unknown, value: object, more: object = {}) =>
    ns.addVariable({
      componentOf: typed,
      browseName: name,
      nodeId: `s=Typed.${name}`,
      dataType: dataType as DataType,
      value: value as Variant,
      ...more,
    });
  const types = space.getNamespaceIndex('urn:holdfast:test:types');
  const axis = space.findDataType('Axis', types);
  if (!axis) throw new Error('types.xml was not loaded');
  const position = space.constructExtensionObject(axis, { position: 1.5, speed: 2.5 });
  put('Axis', axis.nodeId, { dataType: DataType.ExtensionObject, value: position });
  put('State', space.findDataType('MachineState', types)?.nodeId, { dataType: DataType.Int32, value: 1 });
  put('Total', DataType.UInt64, {
    dataType: DataType.UInt64,
    arrayType: VariantArrayType.Scalar,
    value: [2 ** 21, 1],
  });
  put('Name', DataType.String, { dataType: DataType.String, value: 'Bottler' });
  put('Duration', 'Duration', { dataType: DataType.Double, value: 12.5 });
  put(
    'Profile',
    DataType.Float,
    { dataType: DataType.Float, arrayType: VariantArrayType.Array, value: Float32Array.of(1, 2, 3) },
    { valueRank: 1, arrayDimensions: [3] },
  );
  put(
    'Hidden',
    DataType.Double,
    { dataType: DataType.Double, value: 1 },
    {
      accessLevel: 'CurrentRead',
      userAccessLevel: '',
    },
  );
}

function addAlarm(space: AddressSpace, ns: Namespace, plant: Folder) {
  space.installAlarmsAndConditionsService();
  const tank = ns.addObject({
    organizedBy: plant,
    browseName: 'Boiler',
    nodeId: 's=Boiler',
    eventSourceOf: space.rootFolder.objects.server,
  });
  const level = number(ns, tank as unknown as Folder, 'Level', 50);
  const alarm = ns.instantiateNonExclusiveLimitAlarm('NonExclusiveLimitAlarmType', {
    browseName: 'LevelAlarm',
    nodeId: 's=Boiler.LevelAlarm',
    conditionSource: tank,
    conditionName: 'LevelAlarm',
    inputNode: level,
    highLimit: 80,
    highHighLimit: 95,
    severity: 700,
  } as never);
  return { level, alarm };
}
