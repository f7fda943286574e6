import { Environment } from '@marcbachmann/cel-js';
import { registerWaveforms, WAVEFORM_FUNCTIONS } from '#decide/expressions/waveform.ts';

/** Most characters of one expression; a longer one is a sign that it should be several derived tags. */
export const MAX_TEXT = 4000;
/** Most slots of one kind (tags and windows of one type) that an expression may use. */
export const MAX_SLOTS = 32;
const LIMITS = {
  maxAstNodes: 500,
  maxDepth: 32,
  maxListElements: 100,
  maxMapEntries: 50,
  maxCallArguments: 8,
};

export const WINDOW_FUNCTIONS = [
  'mean',
  'min',
  'max',
  'rate',
  'stddev',
  'rms',
  'count',
  'time_in_state',
] as const;
export type WindowFunction = (typeof WINDOW_FUNCTIONS)[number];

/** Functions on doubles beside those of CEL. */
const MATH: { readonly [name: string]: (...args: number[]) => number } = {
  abs: Math.abs,
  sqrt: Math.sqrt,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
};
const MATH_OF_TWO = { min: Math.min, max: Math.max, pow: Math.pow } as const;

export const MATH_FUNCTIONS: readonly string[] = [...Object.keys(MATH), ...Object.keys(MATH_OF_TWO)];

/** For suggestions: what may be called. */
export const FUNCTIONS: readonly string[] = [
  ...new Set([
    ...WINDOW_FUNCTIONS,
    ...MATH_FUNCTIONS,
    ...Object.keys(WAVEFORM_FUNCTIONS),
    ...['tag', 'size', 'double', 'int', 'string', 'bool', 'has', 'contains', 'startsWith', 'endsWith'],
    ...[
      'exists',
      'all',
      'exists_one',
      'map',
      'filter',
      'lowerAscii',
      'upperAscii',
      'trim',
      'indexOf',
      'join',
    ],
    ...['lastIndexOf', 'substring', 'split', 'timestamp', 'duration', 'type', 'dyn', 'uint', 'bytes'],
  ]),
];

/** Types of CEL that slots have, and the letter that starts their names. */
export type SlotType = 'double' | 'bool' | 'int' | 'string' | 'dyn';
export const SLOT_TYPES: readonly SlotType[] = ['double', 'bool', 'int', 'string', 'dyn'];

/** Name of a slot inside rewritten text; ends in an underscore, so that no name of a tag looks like it. */
export const slotName = (type: SlotType, index: number): string => `${type}${index}_`;

/**
 * CEL with limits, with slots of every type instead of variables, and a few functions on doubles and waveforms. One environment
 * serves all expressions of a compilation: making it is the expensive part.
 */
export function language(): Environment {
  const cel = new Environment({ limits: LIMITS });
  for (const type of SLOT_TYPES) {
    for (let i = 0; i < MAX_SLOTS; i++) cel.registerVariable(slotName(type, i), type);
  }
  for (const [name, handler] of Object.entries(MATH)) {
    cel.registerFunction(`${name}(double): double`, handler);
  }
  for (const [name, handler] of Object.entries(MATH_OF_TWO)) {
    cel.registerFunction(`${name}(double, double): double`, handler);
  }
  registerWaveforms(cel);
  return cel;
}
