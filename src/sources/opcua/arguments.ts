import type { ClientSession, NodeId, Variant } from 'node-opcua-client';
import type { Value } from '#kernel/batch.ts';
import { type Json, valueToJson } from '#kernel/event.ts';
import type { Library } from '#wire/opcua/library.ts';
import { variantValue } from '#wire/opcua/values.ts';
import { plain } from './node-text.ts';
import type { TypeTree } from './type-tree.ts';
import { encodable } from './writer.ts';

/** An argument as the server describes it (OPC UA Part 3, 8.6). */
export interface Argument {
  readonly name: string;
  readonly dataType: NodeId;
  /** 0 and above: an array. */
  readonly valueRank: number;
}

const ARRAY = 1;
const SCALAR = 0;
const EXTENSION_OBJECT = 22;
/** Stands for the written value in the inputs of an address. */
const PLACEHOLDER = '{{value}}';

/**
 * The values of a method's arguments, in their order. The written value is the only argument; of several it holds each
 * by its name; true calls a method that takes none.
 * @throws Error that says what to write instead
 */
export function argumentValues(
  wanted: readonly Pick<Argument, 'name'>[],
  value: number | Value,
  inputs: readonly Json[] | undefined,
): readonly Value[] {
  const names = wanted.map(({ name }) => name);
  if (inputs) {
    if (inputs.length !== names.length)
      throw new Error(`the method takes ${countOf(names)}, the address gives ${inputs.length}`);
    return inputs.map((input) => filled(input, value));
  }
  if (names.length === 0) {
    if (value === true || value === 1) return [];
    throw new Error('the method takes no argument: write true to call it');
  }
  if (names.length === 1) return [value];
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    throw new Error(`the method takes ${countOf(names)}: write a structure with these fields`);
  const given = value as { readonly [field: string]: Value };
  const stray = Object.keys(given).find((name) => !names.includes(name));
  if (stray !== undefined)
    throw new Error(`there is no argument ${stray}; the method takes ${countOf(names)}`);
  const missing = names.find((name) => !Object.hasOwn(given, name));
  if (missing !== undefined)
    throw new Error(`the argument ${missing} is missing; the method takes ${countOf(names)}`);
  return names.map((name) => given[name] as Value);
}

const countOf = (names: readonly string[]): string =>
  names.length === 0 ? 'no argument' : `${names.length} (${names.join(', ')})`;

function filled(input: Json, value: number | Value): Value {
  if (input === PLACEHOLDER) return value;
  if (Array.isArray(input)) return input.map((one) => filled(one, value));
  if (typeof input !== 'object' || input === null) return input as Value;
  return Object.fromEntries(Object.entries(input).map(([name, one]) => [name, filled(one, value)]));
}

export interface Typing {
  readonly session: Pick<ClientSession, 'constructExtensionObject'>;
  readonly library: Library;
  readonly types: TypeTree;
}

/** @throws Error when the value does not fit the argument */
export async function toVariant(
  { session, library, types }: Typing,
  { name, dataType, valueRank }: Argument,
  value: Value,
): Promise<Variant> {
  const type = await types.builtIn(plain(dataType), value);
  const one = async (part: Value): Promise<unknown> =>
    type === EXTENSION_OBJECT
      ? await session.constructExtensionObject(dataType, ownNames(part))
      : encodable(part, type);
  try {
    if (valueRank >= 0 && !Array.isArray(value)) throw new Error('it is an array: give one');
    if (valueRank === -1 && Array.isArray(value)) throw new Error('it is one value, not an array');
    const isArray = Array.isArray(value);
    return new library.Variant({
      dataType: type,
      arrayType: isArray ? ARRAY : SCALAR,
      value: isArray ? await Promise.all(value.map(one)) : await one(value),
    } as ConstructorParameters<typeof library.Variant>[0]);
  } catch (error) {
    throw new Error(`argument ${name}: ${(error as Error).message}`);
  }
}

/** Fields as the library names them: the first letter small. */
function ownNames(value: Value): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    throw new Error('it is a structure: give its fields');
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name.slice(0, 1).toLowerCase() + name.slice(1), part]),
  );
}

/** What a method gave back, by name, for people: `{"sum":6}`; undefined where it gives nothing. */
export function toldOutputs(
  wanted: readonly Pick<Argument, 'name'>[],
  given: readonly Variant[],
): string | undefined {
  if (given.length === 0) return undefined;
  const outputs = given.map((variant, i) => [
    wanted[i]?.name ?? String(i),
    valueToJson(variantValue(variant)),
  ]);
  const text = JSON.stringify(Object.fromEntries(outputs));
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}
const MOST_TEXT = 2000;
