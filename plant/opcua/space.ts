import type { AddressSpace, Library, Namespace, UaObject, UaVariable } from '#plant/opcua/library.ts';
import { addMethods } from '#plant/opcua/methods.ts';
import type { NodeSpec, NodeType, NodeValue } from '#plant/opcua/node.ts';
import { NODES } from '#plant/opcua/nodes.ts';
import { UNITS, unitIdOf } from '#plant/opcua/units.ts';
import type { Signals } from '#plant/physics/measure.ts';
import type { UtilityCommand } from '#plant/physics/utilities.ts';

export const NAMESPACE_URI = 'urn:holdfast:plant:utilities';

/** What the address space shows, and what is done with what clients write. */
export interface Plantside {
  signals(): Signals;
  give(name: UtilityCommand, value: number | boolean): void;
}

export interface SpaceOptions {
  readonly plant: Plantside;
  /** Numbers instead of texts for node ids, as after an update that was thought through badly. */
  readonly renumbered: boolean;
}

/** A variable whose value follows the plant. */
export interface LiveVariable {
  readonly spec: NodeSpec;
  /** @param at source time */
  show(value: NodeValue, at: Date): void;
}

/** Limits of the boiler's pressure alarm, bar. */
export const PRESSURE_LIMITS = { highHighLimit: 9.5, highLimit: 8.6, lowLimit: 5, lowLowLimit: 4 } as const;

/** Values that a historized variable keeps: about ten minutes of one that changes four times a second. */
const HISTORY_VALUES = 2400;
const FIRST_NUMBER = 5000;

/** Builds all nodes below `Objects/Utilities`. @returns variables whose values have to be kept up to date */
export function buildSpace(library: Library, space: AddressSpace, options: SpaceOptions): LiveVariable[] {
  const builder = new SpaceBuilder(library, space, options);
  const live = NODES.flatMap((spec) => builder.variable(spec));
  builder.alarm();
  addMethods(library, builder, options.plant);
  return live;
}

/** Objects by their path, made when first needed, and the nodes below them. */
export class SpaceBuilder {
  readonly namespace: Namespace;
  readonly #library: Library;
  readonly #space: AddressSpace;
  readonly #options: SpaceOptions;
  readonly #objects = new Map<string, UaObject>();
  readonly #variables = new Map<string, UaVariable>();
  #number = FIRST_NUMBER;

  constructor(library: Library, space: AddressSpace, options: SpaceOptions) {
    this.#library = library;
    this.#space = space;
    this.#options = options;
    this.namespace = space.getNamespace(NAMESPACE_URI) as Namespace;
    const root = this.namespace.addObject({
      browseName: 'Utilities',
      nodeId: this.nodeId('Utilities'),
      organizedBy: space.rootFolder.objects,
      notifierOf: space.rootFolder.objects.server,
      eventNotifier: 1,
    });
    this.#objects.set('', root);
  }

  nodeId(path: string): string {
    return this.#options.renumbered ? `i=${this.#number++}` : `s=${path.replaceAll('/', '.')}`;
  }

  object(path: string): UaObject {
    const known = this.#objects.get(path);
    if (known) return known;
    const cut = path.lastIndexOf('/');
    const made = this.namespace.addObject({
      browseName: path.slice(cut + 1),
      nodeId: this.nodeId(path),
      componentOf: this.object(cut < 0 ? '' : path.slice(0, cut)),
    });
    this.#objects.set(path, made);
    return made;
  }

  variable(spec: NodeSpec): LiveVariable[] {
    const { path, range, unit, command } = spec;
    const cut = path.lastIndexOf('/');
    const options = {
      browseName: path.slice(cut + 1),
      nodeId: this.nodeId(path),
      componentOf: this.object(path.slice(0, cut)),
      dataType: this.#dataType(spec.type),
      valueRank: spec.array ? 1 : -1,
      minimumSamplingInterval: spec.everyMs || 1000,
      accessLevel: `CurrentRead${command ? ' | CurrentWrite' : ''}${spec.history ? ' | HistoryRead' : ''}`,
      value: command ? this.#writable(spec, command) : this.#variant(spec, this.#now(spec)),
    } as object as Parameters<Namespace['addAnalogDataItem']>[0];
    const variable = (
      range || unit
        ? this.namespace.addAnalogDataItem({ ...options, ...analogOptions(spec) })
        : this.namespace.addVariable(options as Parameters<Namespace['addVariable']>[0])
    ) as UaVariable;
    this.#variables.set(path, variable);
    if (spec.history) this.#space.installHistoricalDataNode(variable, { maxOnlineValues: HISTORY_VALUES });
    if (command || spec.everyMs === 0) return [];
    return [
      { spec, show: (value, at) => variable.setValueFromSource(this.#variant(spec, value), undefined, at) },
    ];
  }

  /** The one condition: the pressure of the boiler leaves its limits (OPC UA Part 9, 5.8.19). */
  alarm(): void {
    const steam = this.object('Boiler/Steam');
    steam.addReference({ referenceType: 'HasEventSource', isForward: false, nodeId: this.object('').nodeId });
    const pressure = this.#variables.get('Boiler/Steam/Pressure') as UaVariable;
    this.namespace.instantiateExclusiveLimitAlarm('ExclusiveLimitAlarmType', {
      browseName: 'PressureAlarm',
      nodeId: this.nodeId('Boiler/Steam/PressureAlarm'),
      componentOf: steam,
      conditionSource: steam,
      conditionName: 'Boiler pressure',
      inputNode: pressure,
      optionals: ['ConfirmedState', 'Confirm'],
      ...PRESSURE_LIMITS,
    } as object as Parameters<Namespace['instantiateExclusiveLimitAlarm']>[1]);
  }

  #now(spec: NodeSpec): NodeValue {
    return spec.read(this.#options.plant.signals());
  }

  #dataType(type: NodeType): string | object {
    if (!OWN_TYPES.has(type)) return type;
    return this.#space.findDataType(type, this.namespace.index) as object;
  }

  #writable(spec: NodeSpec, command: UtilityCommand): object {
    const { StatusCodes } = this.#library;
    const [low, high] = spec.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    return {
      get: () => this.#variant(spec, this.#now(spec)),
      set: ({ value }: { value: number | boolean }) => {
        if (typeof value === 'number' && !(value >= low && value <= high)) return StatusCodes.BadOutOfRange;
        this.#options.plant.give(command, value);
        return StatusCodes.Good;
      },
    };
  }

  #variant({ type, array }: NodeSpec, value: NodeValue): InstanceType<Library['Variant']> {
    const { DataType, Variant, VariantArrayType } = this.#library;
    const dataType = type === 'CipReport' ? 'ExtensionObject' : OWN_TYPES.has(type) ? 'Int32' : type;
    return new Variant({
      dataType: DataType[dataType as 'Double'],
      arrayType: array ? VariantArrayType.Array : VariantArrayType.Scalar,
      value: type === 'CipReport' ? this.#report(value) : wire(type, value),
    });
  }

  #report(value: NodeValue): object {
    const fields = value as { readonly [field: string]: NodeValue };
    return this.#space.constructExtensionObject(this.#dataType('CipReport') as never, {
      ...fields,
      started: new Date(Number(fields.started)),
      water: words(fields.water as bigint),
    });
  }
}

const OWN_TYPES: ReadonlySet<NodeType> = new Set(['CipReport', 'CipStep', 'CompressorState']);

/** The library takes 64-bit integers as high and low word. */
const words = (value: bigint): [number, number] => [Number(value >> 32n), Number(value & 0xffff_ffffn)];

function wire(type: NodeType, value: NodeValue): unknown {
  if (type === 'UInt64') return words(value as bigint);
  if (type === 'DateTime') return new Date(Number(value));
  return value;
}

function analogOptions({ range, unit, command }: NodeSpec): object {
  const limits = range && { low: range[0], high: range[1] };
  const [code, symbol, name] = unit ? UNITS[unit] : [];
  return {
    ...(limits && { engineeringUnitsRange: limits }),
    ...(limits && command && { instrumentRange: limits }),
    ...(code && {
      engineeringUnits: {
        namespaceUri: 'http://www.opcfoundation.org/UA/units/un/cefact',
        unitId: unitIdOf(code),
        displayName: { text: symbol },
        description: { text: name },
      },
    }),
  };
}
