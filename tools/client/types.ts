import type { Schema } from '#contract/json-schema.ts';

/** An exported type with the text that the schema has for people. @param isInput what is left out may be undefined too */
export function declaration(name: string, schema: Schema, isInput = false): string {
  const about = comment(schema.description, '');
  if (schema.type === 'object' && schema.properties !== undefined)
    return `${about}export interface ${name} ${typeText(schema, isInput)}\n`;
  return `${about}export type ${name} = ${typeText(schema, isInput)};\n`;
}

const comment = (text: unknown, indent: string): string =>
  typeof text === 'string' ? `${indent}/** ${text.replaceAll('*/', '* /')} */\n` : '';

/** JSON Schema as the type of what JSON gives, or of what is to become JSON. */
export function typeText(schema: Schema, isInput = false): string {
  if (typeof schema.$ref === 'string') return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if (Array.isArray(schema.anyOf)) return union(schema.anyOf.map((one) => typeText(one as Schema, isInput)));
  if (Array.isArray(schema.enum)) return union(schema.enum.map(literal));
  if ('const' in schema) return literal(schema.const);
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => typeText({ ...schema, type })));
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return arrayText(schema, isInput);
    case 'object':
      return objectText(schema, isInput);
    default:
      return 'Json';
  }
}

const union = (types: readonly string[]): string => [...new Set(types)].join(' | ');
const literal = (value: unknown): string =>
  typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : JSON.stringify(value);

function arrayText({ prefixItems, items }: Schema, isInput: boolean): string {
  if (Array.isArray(prefixItems))
    return `readonly [${prefixItems.map((one) => typeText(one as Schema, isInput)).join(', ')}]`;
  const one = typeText((items ?? {}) as Schema, isInput);
  return `readonly ${one.includes('|') ? `(${one})` : one}[]`;
}

function objectText(schema: Schema, isInput: boolean): string {
  const { properties, required = [], additionalProperties, propertyNames } = schema;
  if (properties === undefined) return recordText(propertyNames, additionalProperties, isInput);
  const fields = Object.entries(properties as { readonly [name: string]: Schema }).map(([name, field]) => {
    const isRequired = (required as readonly string[]).includes(name);
    const type = typeText(field, isInput);
    const text = `${name}${isRequired ? '' : '?'}: ${type}${isInput && !isRequired ? ' | undefined' : ''};`;
    return `${comment(field.description, '  ')}  readonly ${text}\n`;
  });
  return `{\n${fields.join('')}}`;
}

function recordText(names: unknown, values: unknown, isInput: boolean): string {
  const value = typeof values === 'object' && values !== null ? typeText(values as Schema, isInput) : 'Json';
  const name = names === undefined ? 'string' : typeText(names as Schema);
  return name === 'string'
    ? `{ readonly [name: string]: ${value} }`
    : `{ readonly [name in ${name}]?: ${value} }`;
}
