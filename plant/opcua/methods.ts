import type { Library } from '#plant/opcua/library.ts';
import { METER_PATHS } from '#plant/opcua/nodes.ts';
import type { Plantside, SpaceBuilder } from '#plant/opcua/space.ts';
import { CIP_RECIPES } from '#plant/physics/cip.ts';
import { UTILITY_LIMITS } from '#plant/physics/utilities.ts';

interface Method {
  readonly name: string;
  /** Path of its object. */
  readonly of: string;
  readonly inputs: readonly Argument[];
  readonly outputs: readonly Argument[];
  /** @returns values of the outputs, or what is wrong with the inputs */
  call(inputs: readonly unknown[]): readonly unknown[] | 'BadOutOfRange' | 'BadInvalidState';
}

interface Argument {
  readonly name: string;
  readonly type: 'String' | 'UInt32';
  readonly description: string;
}

/** Methods of the cleaning station and of the energy meters. */
export function addMethods(library: Library, builder: SpaceBuilder, plant: Plantside): void {
  for (const method of methodsOf(plant)) addMethod(library, builder, method);
}

function methodsOf({ signals, give }: Plantside): readonly Method[] {
  const running = () => signals().cipRun === true;
  return [
    {
      name: 'StartCip',
      of: 'Cip',
      inputs: [
        { name: 'Recipe', type: 'String', description: CIP_RECIPES.map(({ name }) => name).join(', ') },
        { name: 'Seconds', type: 'UInt32', description: 'Duration of the whole cleaning, 10 to 7200' },
      ],
      outputs: [{ name: 'Run', type: 'UInt32', description: 'Number that its report will carry' }],
      call([name, seconds]) {
        const recipe = CIP_RECIPES.findIndex((one) => one.name === name);
        const [least, most] = UTILITY_LIMITS.cipSeconds ?? [0, 0];
        if (recipe < 0 || !(Number(seconds) >= least && Number(seconds) <= most)) return 'BadOutOfRange';
        if (running()) return 'BadInvalidState';
        give('cipRecipe', recipe);
        give('cipSeconds', Number(seconds));
        give('cipRun', true);
        return [Number(signals().cipRuns) + 1];
      },
    },
    {
      name: 'AbortCip',
      of: 'Cip',
      inputs: [],
      outputs: [],
      call() {
        if (!running()) return 'BadInvalidState';
        give('cipRun', false);
        return [];
      },
    },
    {
      name: 'ResetCounter',
      of: 'Energy',
      inputs: [{ name: 'Meter', type: 'String', description: 'Path of the meter, such as Energy/Lighting' }],
      outputs: [],
      call([path]) {
        const meter = METER_PATHS.indexOf(String(path));
        if (meter < 0) return 'BadOutOfRange';
        give('resetMeter', meter + 1);
        return [];
      },
    },
  ];
}

function addMethod({ DataType, StatusCodes }: Library, builder: SpaceBuilder, method: Method): void {
  const described = ({ name, type, description }: Argument) => ({
    name,
    dataType: DataType[type],
    description: { text: description },
  });
  const node = builder.namespace.addMethod(builder.object(method.of), {
    browseName: method.name,
    nodeId: builder.nodeId(`${method.of}/${method.name}`),
    inputArguments: method.inputs.map(described),
    outputArguments: method.outputs.map(described),
  });
  // The library tells methods with a promise from those with a callback by the number of parameters.
  node.bindMethod(async (inputs: readonly { readonly value: unknown }[], _context: unknown) => {
    const result = method.call(inputs.map(({ value }) => value));
    if (typeof result === 'string') return { statusCode: StatusCodes[result] };
    const outputArguments = method.outputs.map(({ type }, i) => ({
      dataType: DataType[type],
      value: result[i],
    }));
    return { statusCode: StatusCodes.Good, outputArguments };
  });
}
