import type { DataValue, NodeId } from 'node-opcua-client';
import type { Value } from '#kernel/batch.ts';
import type { Access, TagType } from '#kernel/tag-table.ts';
import type { Found } from '#plugin/api.ts';
import { variantValue } from '#wire/opcua/values.ts';
import type { Walk } from './browse.ts';
import { lasting, plain } from './node-text.ts';
import { statesOf } from './states.ts';
import { type EngineeringUnits, ucumOf } from './units.ts';

/** Attributes (OPC UA Part 6, A.1). */
const Attribute = { description: 5, value: 13, dataType: 14, rank: 15, access: 17, userAccess: 18 } as const;
const OF_VARIABLES = Object.values(Attribute);
/** Properties of a variable or a method that say something of a tag. */
const TELLING = ['EngineeringUnits', 'EURange', 'EnumStrings', 'EnumValues', 'InputArguments'];

const CAN_READ = 1;
/** Status codes from here on are bad (OPC UA Part 4, 7.39). */
const BAD = 0x8000_0000;
const CAN_WRITE = 2;

/** A variable or a method that the walk came by. */
export interface Met {
  readonly node: string;
  readonly parent: string;
  readonly name: string;
  readonly place: readonly string[];
  readonly isMethod: boolean;
  /** Nodes of its properties by name. */
  readonly properties: ReadonlyMap<string, string>;
}

/** Reads in as few requests as the server bears what it says of these nodes. */
export async function* describe(walk: Walk, met: readonly Met[]): AsyncIterable<Found> {
  const asked = met.map((one) => questionsOf(one));
  const answers = await walk.reading.all(asked.flat(), (slice) => walk.session.read(slice), walk.signal);
  let at = 0;
  for (const [i, one] of met.entries()) {
    const count = asked[i]?.length ?? 0;
    const own = answers.slice(at, at + count);
    at += count;
    yield one.isMethod ? await methodOf(walk, one, own) : await variableOf(walk, one, own);
  }
}

function questionsOf({ node, isMethod, properties }: Met): { nodeId: string; attributeId: number }[] {
  const attributes = isMethod ? [Attribute.description] : OF_VARIABLES;
  return [
    ...attributes.map((attributeId) => ({ nodeId: node, attributeId })),
    ...tellingOf(properties).map(([, nodeId]) => ({ nodeId, attributeId: Attribute.value })),
  ];
}

const tellingOf = (properties: Met['properties']) =>
  [...properties].filter(([name]) => TELLING.includes(name));

async function variableOf(walk: Walk, met: Met, answers: readonly DataValue[]): Promise<Found> {
  const [description, value, dataType, rank, access, userAccess] = answers.map(told);
  const property = propertiesOf(met, answers.slice(OF_VARIABLES.length));
  const own = statesOf(property('EnumStrings')) ?? statesOf(property('EnumValues'));
  const known = dataType ? await walk.types.dataType(plain(dataType as NodeId)) : {};
  const held = value === undefined ? null : variantValue(answers[1]?.value);
  const type = isArray(rank, held) ? 'structure' : own ? 'enum' : (known.type ?? typeOf(held));
  const states = type === 'enum' ? (own ?? known.states) : undefined;
  const rights = rightsOf(access, userAccess);
  const unit = unitOf(property('EngineeringUnits'));
  const range = rangeOf(property('EURange'));
  const tag = walk.tags.get(met.node);
  return {
    ...head(met, description, rights ? '' : 'this user may neither read nor write it'),
    address: { node: lasting(met.node, walk.namespaces) },
    ...(type && { type }),
    ...(rights && { access: rights }),
    ...(unit !== undefined && { unit }),
    ...(range && { range }),
    ...(states && { states }),
    ...(held !== null && { value: held }),
    ...(tag !== undefined && { tag }),
  };
}

async function methodOf(walk: Walk, met: Met, answers: readonly DataValue[]): Promise<Found> {
  const inputs = propertiesOf(met, answers.slice(1))('InputArguments');
  const wanted = (Array.isArray(inputs) ? inputs : []) as Argument[];
  const names = wanted.map(({ name }) => name ?? '').join(', ');
  return {
    ...head(met, told(answers[0]), names && `called with: ${names}`),
    address: { method: lasting(met.node, walk.namespaces), object: lasting(met.parent, walk.namespaces) },
    type: await typeOfInputs(walk, wanted),
    access: 'write',
  };
}

/** True calls a method without inputs; one input is the value itself, several are a structure by their names. */
async function typeOfInputs(walk: Walk, inputs: readonly Argument[]): Promise<TagType> {
  const [only] = inputs;
  if (!only) return 'boolean';
  if (inputs.length > 1 || only.valueRank >= 0) return 'structure';
  return (await walk.types.dataType(plain(only.dataType))).type ?? 'text';
}

interface Argument {
  readonly name: string | null;
  readonly dataType: NodeId;
  readonly valueRank: number;
}

function head(met: Met, description: unknown, remark: string): Pick<Found, 'name' | 'place' | 'description'> {
  const said = (description as { text?: string | null } | undefined)?.text ?? '';
  const text = [said, remark].filter((part) => part !== '').join('; ');
  return { name: met.name, place: met.place, ...(text && { description: text }) };
}

/** Undefined where the server says that there is nothing, or that it is bad. */
function told(answer: DataValue | undefined): unknown {
  if (!answer || answer.statusCode.value >= BAD) return undefined;
  return answer.value?.value ?? undefined;
}

/** Reads a property by its name out of the answers that were asked for behind the attributes. */
function propertiesOf(met: Met, answers: readonly DataValue[]): (name: string) => unknown {
  const names = tellingOf(met.properties).map(([name]) => name);
  return (name) => told(answers[names.indexOf(name)]);
}

/** By the rank of the variable (OPC UA Part 3, 5.6.2), and by the value where the rank leaves it open. */
const isArray = (rank: unknown, value: unknown): boolean =>
  (typeof rank === 'number' && rank >= 0) || Array.isArray(value);

function typeOf(value: Value): TagType | undefined {
  if (value === null) return undefined;
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'string' || value instanceof Uint8Array) return 'text';
  if (typeof value === 'number' || typeof value === 'boolean') return typeof value as TagType;
  return 'structure';
}

/** What this user may do, which is no more than what anybody may. */
function rightsOf(access: unknown, userAccess: unknown): Access | undefined {
  const bits = Number(access ?? 0) & Number(userAccess ?? access ?? 0);
  if ((bits & CAN_READ) !== 0) return (bits & CAN_WRITE) !== 0 ? 'readWrite' : 'read';
  return (bits & CAN_WRITE) !== 0 ? 'write' : undefined;
}

const unitOf = (units: unknown): string | undefined =>
  units === undefined ? undefined : ucumOf(units as EngineeringUnits);

/** A range of no width, or as wide as a 64-bit type, is one that nobody has set. */
function rangeOf(range: unknown): Found['range'] {
  const { low, high } = (range ?? {}) as { low?: number; high?: number };
  if (low === undefined || high === undefined || !(low < high)) return undefined;
  return Math.max(Math.abs(low), Math.abs(high)) < 2 ** 63 ? [low, high] : undefined;
}
