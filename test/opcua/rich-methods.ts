import { setTimeout as sleep } from 'node:timers/promises';
import { DataType, StatusCodes, type Variant } from 'node-opcua-client';
import type { Folder, Namespace } from './rich-space.ts';

interface Argument {
  readonly name: string;
  readonly dataType: unknown;
  readonly valueRank?: number;
}

interface Method {
  readonly name: string;
  readonly inputs?: readonly Argument[];
  readonly outputs?: readonly Argument[];
  run(args: Variant[]): object | Promise<object>;
}

const { Double, Int16, UInt64, String: Text } = DataType;
const good = (...outputArguments: object[]) => ({ statusCode: StatusCodes.Good, outputArguments });

const METHODS: readonly Method[] = [
  { name: 'Start', run: () => good() },
  {
    name: 'SetLimit',
    inputs: [{ name: 'limit', dataType: Double }],
    run: ([limit]) => checkLimit(limit?.value),
  },
  {
    name: 'Mix',
    inputs: [
      { name: 'recipe', dataType: Text },
      { name: 'parts', dataType: Int16, valueRank: 1 },
      { name: 'batch', dataType: UInt64 },
    ],
    outputs: [
      { name: 'sum', dataType: Int16 },
      { name: 'label', dataType: Text },
    ],
    run: ([recipe, parts]) =>
      good(
        { dataType: Int16, value: [...(parts?.value ?? [])].reduce((a: number, b: number) => a + b, 0) },
        { dataType: Text, value: `${recipe?.value}!` },
      ),
  },
  {
    name: 'Slow',
    inputs: [{ name: 'ms', dataType: Double }],
    run: ([ms]) => sleep(ms?.value, good()),
  },
  { name: 'Locked', run: () => ({ statusCode: StatusCodes.BadUserAccessDenied }) },
  { name: 'Offline', run: () => ({ statusCode: StatusCodes.BadNoCommunication }) },
  { name: 'Jammed', run: () => ({ statusCode: StatusCodes.BadDeviceFailure }) },
];

/** As a machine does: a limit beyond its own is refused, with the argument named. */
const checkLimit = (limit: number): object =>
  limit <= 100
    ? good()
    : { statusCode: StatusCodes.BadInvalidArgument, inputArgumentResults: [StatusCodes.BadOutOfRange] };

export function addMethods(ns: Namespace, plant: Folder, calls: [string, ...unknown[]][]): void {
  const machine = ns.addObject({ organizedBy: plant, browseName: 'Machine', nodeId: 's=Machine' });
  for (const { name, inputs = [], outputs = [], run } of METHODS) {
    const method = ns.addMethod(machine, {
      browseName: name,
      nodeId: `s=Machine.${name}`,
      inputArguments: inputs.map(plain),
      outputArguments: outputs.map(plain),
    });
    method.bindMethod(async (args: Variant[], _context: unknown) => {
      calls.push([name, ...args.map(({ value }) => value)]);
      return (await run(args)) as never;
    });
  }
}

/**
 * Two presses of one type share the node of their method, as instances do whose server makes no copies; a call says by
 * its object which of them starts. The folder above lists the method, and has no part of it.
 */
export function addPresses(ns: Namespace, plant: Folder, calls: [string, ...unknown[]][]): void {
  const type = ns.addObjectType({ browseName: 'PressType', nodeId: 's=PressType' });
  const start = ns.addMethod(type, { browseName: 'Start', nodeId: 's=PressType.Start' });
  const presses = ns.addFolder(plant, { browseName: 'Presses', nodeId: 's=Presses' });
  for (const name of ['Press1', 'Press2']) {
    const press = ns.addObject({ organizedBy: presses, browseName: name, nodeId: `s=${name}` });
    press.addReference({ referenceType: 'HasComponent', nodeId: start });
  }
  start.bindMethod(async (_args: Variant[], context: unknown) => {
    const { object } = context as { readonly object?: Folder };
    calls.push(['Start', object?.browseName.name]);
    return good() as never;
  });
}

const plain = (argument: Argument) => ({ valueRank: -1, ...argument }) as never;
