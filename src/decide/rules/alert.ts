import type { AlertInput, AlertTransition, AlertView, RuleSpec } from '#decide/api.ts';
import type { Compiler } from '#decide/expressions/compile.ts';
import type { Expression } from '#decide/expressions/expression.ts';
import type { Inputs } from '#decide/expressions/inputs.ts';
import type { Finding } from '#decide/expressions/rewrite.ts';
import type { OutcomeBuilder } from '#decide/outcome.ts';
import { compileTemplate, expressionsOf, renderText, type Template } from '#decide/rules/template.ts';
import type { Truth } from '#decide/sink.ts';
import { at } from '#kernel/batch.ts';
import { type Json, valueToJson } from '#kernel/event.ts';
import { Quality, qualityName } from '#kernel/quality.ts';
import type { Tag } from '#kernel/tag-table.ts';

/** What a rule with `alert` tells, compiled. */
export interface CompiledAlert {
  readonly text: Template;
  /** Tags that the condition of the rule rests on. */
  readonly inputs: readonly Tag[];
  /** What must be kept up to date for it beside the condition itself: values that are told, also to kernels' tags. */
  readonly reads: readonly number[];
}

/**
 * @param when condition of the rule; undefined where that does not compile: the text is checked all the same
 * @returns undefined when the rule has none, or when there is an error
 */
export function compileAlert(
  { alert, asset }: RuleSpec,
  when: Expression | undefined,
  compiler: Compiler,
  report: (finding: Finding) => void,
): CompiledAlert | undefined {
  if (alert === undefined) return undefined;
  const { template, findings } = compileTemplate(compiler, alert, asset);
  for (const finding of findings) report(finding);
  if (!template || !when) return undefined;
  const told = expressionsOf(template).flatMap(({ tags }) => tags);
  return {
    text: template,
    inputs: when.tags.map((tag) => compiler.tags.get(tag)),
    reads: [...new Set([...when.tags, ...told])],
  };
}

/** One that stands, as it is kept. */
export interface Standing {
  /** As it read when it began. */
  readonly text: string;
  /** Steady. */
  readonly sinceUs: number;
}

interface Surroundings {
  readonly outcome: OutcomeBuilder;
  /** Waits until all rows of the moment are in, as actions do. */
  readonly fired: (() => void)[];
  readonly inputs: Inputs;
}

/**
 * The alert of a rule: a condition worth knowing of that asks nobody for an answer. It stands from when the rule is on
 * until the rule is known to be off; while that is unknown, whatever `onBad` makes of the rule, it stays as it is. It is
 * no act, so that a first value counts as well.
 */
export class Alert {
  readonly #rule: string;
  readonly #compiled: CompiledAlert;
  readonly #around: Surroundings;
  #standing: Standing | undefined;
  /** Whether it is to stand once all rows of the moment are in. */
  #wanted = false;

  constructor(rule: string, compiled: CompiledAlert, around: Surroundings) {
    this.#rule = rule;
    this.#compiled = compiled;
    this.#around = around;
  }

  /** The rule is known to be on, or off. */
  follow(on: boolean, atUs: number): void {
    if (on === this.#wanted) return;
    this.#wanted = on;
    this.#around.fired.push(() => (on ? this.#begin(atUs) : this.#end(atUs)));
  }

  view(condition: Truth): AlertView | undefined {
    if (!this.#standing) return undefined;
    return { rule: this.#rule, ...this.#standing, condition: condition ?? 'unknown' };
  }

  snapshot(): Json | undefined {
    return this.#standing && { ...this.#standing };
  }

  /** Goes on from a snapshot, also from that of another condition: it stands until that is known not to hold. */
  restore(from: Json | undefined): void {
    this.#standing = standingOf(from);
    this.#wanted = this.#standing !== undefined;
  }

  #begin(atUs: number): void {
    const { inputs, outcome } = this.#around;
    const { text } = this.#compiled;
    this.#standing = { text: renderText(text, inputs, atUs), sinceUs: atUs };
    outcome.alert(this.#transition('began', this.#standing, atUs));
  }

  #end(atUs: number): void {
    const ended = this.#standing;
    if (!ended) return;
    this.#standing = undefined;
    this.#around.outcome.alert(this.#transition('ended', ended, atUs));
  }

  #transition(to: AlertTransition['to'], { text, sinceUs }: Standing, atUs: number): AlertTransition {
    const inputs = this.#compiled.inputs.map((tag) => inputOf(tag, this.#around.inputs));
    return { rule: this.#rule, to, cause: 'condition', text, lastedMs: lastedMs(sinceUs, atUs), inputs };
  }
}

/** @param sinceUs steady, as is the other */
export const lastedMs = (sinceUs: number, atUs: number): number => Math.round((atUs - sinceUs) / 1000);

/** What is kept of an alert; undefined where none stood, or what is there does not look like one. */
export function standingOf(kept: Json | undefined): Standing | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const { text, sinceUs } = kept as { readonly [key: string]: Json };
  if (typeof text !== 'string' || typeof sinceUs !== 'number') return undefined;
  return { text, sinceUs };
}

function inputOf(tag: Tag, { present }: Inputs): AlertInput {
  const place = present.placeOf[tag.number] ?? -1;
  if (place < 0 || !present.seen(place))
    return { tag: tag.path, value: null, quality: qualityName(Quality.badWaitingForInitialData) };
  const value = present.wide[place] ?? at(present.value, place);
  const state = typeof value === 'number' ? tag.states?.[value] : undefined;
  return {
    tag: tag.path,
    value: tag.type === 'boolean' && Number.isFinite(value) ? value === 1 : valueToJson(value),
    ...(state !== undefined && { state }),
    quality: qualityName(at(present.quality, place)),
  };
}
