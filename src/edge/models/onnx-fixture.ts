import { BinaryWriter } from '@bufbuild/protobuf/wire';

/* ONNX files of a few nodes, written by the book (onnx.proto3 of ONNX 1.16): real models, whose answers are known. */

const FLOAT = 1;
const OPSET = 13;
const IR_VERSION = 8;
const INTS = 7;
const INT = 2;

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Whole numbers, or lists of them. */
  readonly attributes?: { readonly [name: string]: number | readonly number[] };
}

/** A dimension without a length is of any. */
type Shape = readonly (number | undefined)[];

interface Graph {
  readonly nodes: readonly Node[];
  /** Of the input `x`. */
  readonly input: Shape;
  /** Of the output `y`. */
  readonly output: Shape;
  readonly constants?: { readonly [name: string]: readonly number[] };
}

type Fill = (writer: BinaryWriter) => void;
const message = (writer: BinaryWriter, field: number, fill: Fill): void => {
  writer.tag(field, 2).fork();
  fill(writer);
  writer.join();
};
const text = (writer: BinaryWriter, field: number, value: string): unknown =>
  writer.tag(field, 2).string(value);
const number = (writer: BinaryWriter, field: number, value: number): unknown =>
  writer.tag(field, 0).int64(value);

/** The bytes of a model. */
export function onnxModel(graph: Graph): Uint8Array {
  const writer = new BinaryWriter();
  number(writer, 1, IR_VERSION);
  message(writer, 7, (inner) => writeGraph(inner, graph));
  message(writer, 8, (inner) => number(inner, 2, OPSET));
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, { nodes, input, output, constants = {} }: Graph): void {
  for (const node of nodes) message(writer, 1, (inner) => writeNode(inner, node));
  text(writer, 2, 'test');
  for (const [name, values] of Object.entries(constants))
    message(writer, 5, (inner) => {
      number(inner, 1, values.length);
      number(inner, 2, FLOAT);
      message(inner, 4, (packed) => {
        for (const value of values) packed.float(value);
      });
      text(inner, 8, name);
    });
  message(writer, 11, (inner) => writeValue(inner, 'x', input));
  message(writer, 12, (inner) => writeValue(inner, 'y', output));
}

function writeNode(writer: BinaryWriter, { op, inputs, output, attributes = {} }: Node): void {
  for (const input of inputs) text(writer, 1, input);
  text(writer, 2, output);
  text(writer, 4, op);
  for (const [name, value] of Object.entries(attributes))
    message(writer, 5, (inner) => {
      text(inner, 1, name);
      if (typeof value === 'number') number(inner, 3, value);
      else for (const one of value) number(inner, 8, one);
      number(inner, 20, typeof value === 'number' ? INT : INTS);
    });
}

function writeValue(writer: BinaryWriter, name: string, shape: Shape): void {
  text(writer, 1, name);
  message(writer, 2, (type) =>
    message(type, 1, (tensor) => {
      number(tensor, 1, FLOAT);
      message(tensor, 2, (dims) => {
        for (const [i, length] of shape.entries())
          message(dims, 1, (dim) => (length === undefined ? text(dim, 2, `n${i}`) : number(dim, 1, length)));
      });
    }),
  );
}

const WINDOW: Shape = [1, undefined, undefined];
const MEAN = { op: 'ReduceMean', output: 'y', attributes: { keepdims: 0 } };

/** Score: mean of all magnitudes. */
export const meanMagnitude = (input: Shape = WINDOW): Uint8Array =>
  onnxModel({
    nodes: [
      { op: 'Abs', inputs: ['x'], output: 'a' },
      { ...MEAN, inputs: ['a'] },
    ],
    input,
    output: [],
  });

/** Reconstruction: the input times a factor for each tag. */
export const scaled = (factors: readonly number[]): Uint8Array =>
  onnxModel({
    nodes: [{ op: 'Mul', inputs: ['x', 'f'], output: 'y' }],
    input: WINDOW,
    output: WINDOW,
    constants: { f: factors },
  });

/** Score: the mean of logarithms, which a negative number has not. */
export const meanLogarithm = (): Uint8Array =>
  onnxModel({
    nodes: [
      { op: 'Log', inputs: ['x'], output: 'a' },
      { ...MEAN, inputs: ['a'] },
    ],
    input: WINDOW,
    output: [],
  });
