import type { ASTNode } from '@marcbachmann/cel-js';
import { literalNumber } from '#decide/expressions/number-kind.ts';
import type { Finding } from '#decide/expressions/rewrite.ts';
import { bandProblem, WAVEFORM_FUNCTIONS } from '#decide/expressions/waveform.ts';
import type { Tag } from '#kernel/tag-table.ts';

/**
 * What can be said of a call before there is a waveform: how many arguments, of what, and whether the bands can be.
 * @param tagOf the tag that a node names by itself, if it does
 */
export function waveformProblems(
  node: ASTNode,
  name: string,
  args: readonly ASTNode[],
  tagOf: (node: ASTNode) => Tag | undefined,
): Finding[] {
  const { takes, example, count } = WAVEFORM_FUNCTIONS[name] as (typeof WAVEFORM_FUNCTIONS)[string];
  const [wave, ...numbers] = args;
  if (wave === undefined || args.length !== count)
    return [error(node, `${name}() takes ${takes}`, `write ${example}`)];
  return [...notAWave(wave, name, tagOf(wave)), ...bandProblems(name, numbers)];
}

function notAWave(wave: ASTNode, name: string, tag: Tag | undefined): Finding[] {
  if (tag ? tag.type === 'structure' : literalNumber(wave) === undefined) return [];
  const what = tag ? `${tag.path} is ${tag.type}` : 'this is one number';
  const hint =
    name === 'rms' ? 'rms(signal, "10s") is that of a number over time' : 'a waveform is a structure tag';
  return [error(wave, `${name}() needs a waveform, which is an array of numbers; ${what}`, hint)];
}

/** @param numbers the rate, and two for each band */
function bandProblems(name: string, numbers: readonly ASTNode[]): Finding[] {
  const [rate = Number.NaN, ...edges] = numbers.map((one) => literalNumber(one) ?? Number.NaN);
  return numbers.slice(1).flatMap((from, i) => {
    const problem = i % 2 === 0 ? bandProblem(rate, edges[i] as number, edges[i + 1] as number) : undefined;
    return problem === undefined ? [] : [error(from, `${name}(): ${problem}`)];
  });
}

const error = (node: ASTNode, message: string, hint?: string): Finding => ({
  offset: node.start,
  message,
  ...(hint !== undefined && { hint }),
  severity: 'error',
});
