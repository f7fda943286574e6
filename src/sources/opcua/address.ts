import * as z from 'zod';
import { parsePath } from '#codec/json/path.ts';
import { Fault } from '#kernel/fault.ts';
import { queue, sampleMs } from './config.ts';

const NODE = /^(?:(?:ns=\d{1,5}|nsu=[^;]+);)?(?:i=\d{1,10}|s=.+|g=[0-9a-fA-F-]{36}|b=[A-Za-z0-9+/]+=*)$/s;

/** Whether it is written as a node id; otherwise it is a path of browse names. */
export const isNodeId = (text: string): boolean => NODE.test(text);

const node = z
  .string()
  .refine(isNodeId, 'a node id is written ns=2;s=Name, nsu=urn:x;s=Name, or ns=2;i=1234');

const path = z
  .string()
  .min(1)
  .refine((text) => !isNodeId(text), 'this is a node id: write it as node')
  .refine((text) => pathSteps(text).every(({ name }) => name !== ''), 'names joined by /, none empty');

const nodeOrPath = z.string().min(1);

const field = z.string().superRefine((text, context) => {
  try {
    if (parsePath(text).length === 0) context.addIssue({ code: 'custom', message: 'the field is empty' });
  } catch (error) {
    if (error instanceof Fault)
      context.addIssue({ code: 'custom', message: `${error.message}. ${error.hint}` });
  }
});

const Deadband = z
  .strictObject({
    absolute: z.number().positive().optional().describe('Smallest change, in the unit of the server.'),
    percent: z.number().positive().max(100).optional().describe('Smallest change, of its engineering range.'),
  })
  .refine((band) => (band.absolute === undefined) !== (band.percent === undefined), {
    message: 'a deadband is either absolute or percent',
  });

export const Address = z
  .strictObject({
    node: node.optional().describe('Node id: ns=2;s=Boiler.Temp, or nsu=urn:x;s=Boiler.Temp.'),
    path: path
      .optional()
      .describe(
        'Browse names below Objects: Plant/Line1/Pump/Speed, with 2:Pump where the namespace matters; / in a name is &/.',
      ),
    method: nodeOrPath.optional().describe('Node id or path of a method that a write calls.'),
    object: nodeOrPath
      .optional()
      .describe(
        'Node id or path of the object of the method; default: the one above it in its path, or the only one that has it.',
      ),
    inputs: z
      .array(z.json())
      .optional()
      .describe(
        'Arguments of the method; "{{value}}" is the written value. Default: that value alone, if it takes one.',
      ),
    sampleMs: sampleMs.optional().describe('Default: that of the source.'),
    queue: queue.optional().describe('Default: that of the source.'),
    deadband: Deadband.optional().describe('The server sends no smaller changes.'),
    field: field.optional().describe('Part of a structure or array: a.b[0].'),
  })
  .refine(
    (address) => [address.node, address.path, address.method].filter((one) => one !== undefined).length === 1,
    'an address names exactly one of node, path, method',
  );
export type Address = z.output<typeof Address>;

/** One browse name of a path; without a namespace any will do. */
export interface PathStep {
  readonly namespace: number | undefined;
  readonly name: string;
}

/** Splits at `/`; `&` takes the next character as it is (as in relative paths of OPC UA Part 4, annex A). */
export function pathSteps(text: string): readonly PathStep[] {
  const parts: string[] = [''];
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === '&' && i + 1 < text.length) parts[parts.length - 1] += text[++i] as string;
    else if (char === '/') parts.push('');
    else parts[parts.length - 1] += char;
  }
  return parts.map((part) => {
    const [, namespace, name] = /^(?:(\d{1,5}):)?(.*)$/s.exec(part) ?? [];
    return { namespace: namespace === undefined ? undefined : Number(namespace), name: name ?? '' };
  });
}
