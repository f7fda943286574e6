import type { CompileCondition, Condition, ExpressionProblem } from '#decide/api.ts';
import { Compiler } from '#decide/expressions/compile.ts';
import type { Expression } from '#decide/expressions/expression.ts';
import type { Inputs } from '#decide/expressions/inputs.ts';
import { newestTimeUs, WindowTime } from '#decide/windows/window-time.ts';
import { at, type Batch, wideAt } from '#kernel/batch.ts';
import { isStandIn, Quality } from '#kernel/quality.ts';

/**
 * One condition outside of any rule, such as an interlock. Never throws. Numbers, names and unknown work as in
 * rules, but a value that merely stands in for a measured one is unknown here. Hints are not reported, since the
 * condition compiles.
 */
export const compileCondition: CompileCondition = (text, asset, tags) => {
  const compiler = new Compiler(tags);
  const { expression, findings } = compiler.compile(text, asset, 'bool');
  if (expression) return { condition: lone(expression, compiler.inputs) };
  const owner: ExpressionProblem['owner'] = { kind: 'condition', id: asset };
  return { problems: findings.map((found) => ({ owner, field: 'when', ...found })) };
};

function lone(expression: Expression, inputs: Inputs): Condition {
  const time = new WindowTime(inputs.present.count);
  let newestUs = 0;

  const updateStates = (nowUs: number): void => {
    for (let w = 0; w < inputs.windows.length; w++) inputs.updateState(w, nowUs);
  };

  const { placeOf } = inputs.present;
  const take = (batch: Batch, row: number, newestTime: number, atUs: number): void => {
    const tag = at(batch.tag, row);
    const place = tag < placeOf.length ? at(placeOf, tag) : -1;
    if (place < 0) return;
    const rowUs = time.of(place, atUs, newestTime - at(batch.timeUs, row));
    const quality = at(batch.quality, row);
    if (isStandIn(quality)) {
      // Whoever asks acts on the answer: what was true once need not be true now. The content of windows counts as well.
      const wide = batch.wide === undefined ? undefined : wideAt(batch, row);
      const unusable = { value: at(batch.value, row), wide, quality: Quality.bad };
      inputs.put(tag, place, at(batch.timeUs, row), unusable, rowUs);
    } else inputs.take(place, batch, row, rowUs);
    updateStates(rowUs);
    newestUs = Math.max(newestUs, atUs);
  };

  return {
    tags: expression.tags,
    take,
    observe(batch: Batch, atUs: number): void {
      if (batch.late) return;
      const newestTime = newestTimeUs(batch);
      for (let i = 0; i < batch.rows; i++) take(batch, i, newestTime, atUs);
      newestUs = Math.max(newestUs, atUs);
    },
    value(atUs: number): boolean | 'unknown' {
      newestUs = Math.max(newestUs, atUs);
      const value = expression.evaluate(inputs, newestUs);
      return typeof value === 'boolean' ? value : 'unknown';
    },
  };
}
