import type { CallMethodResult, ClientSession } from 'node-opcua-client';
import type { Clock } from '#kernel/clock.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import type { Json } from '#kernel/event.ts';
import { messageOf } from '#kernel/fault.ts';
import { Asking } from '#wire/opcua/asking.ts';
import type { Library } from '#wire/opcua/library.ts';
import { within } from '#wire/opcua/within.ts';
import { type Argument, argumentValues, toldOutputs, toVariant } from './arguments.ts';
import { plain } from './node-text.ts';
import { methodEnded, requestEnded } from './outcome.ts';
import { HAS_COMPONENT, HAS_PROPERTY, referencesOf } from './references.ts';
import { Slices } from './slices.ts';
import { TypeTree } from './type-tree.ts';

export type CallSession = Pick<
  ClientSession,
  'browse' | 'browseNext' | 'read' | 'call' | 'constructExtensionObject' | 'isReconnecting'
>;

/** A method by the node ids of this session. */
export interface MethodTarget {
  readonly method: string;
  /** It is called on this one; absent: on the one that the path names, or on the only one that has it. */
  readonly object?: string | undefined;
  /** What the path of the method leads through last; undefined where it is named by its node id. */
  readonly above?: string | undefined;
  /** Arguments as the address gives them; `{{value}}` stands for the written value. */
  readonly inputs?: readonly Json[] | undefined;
}

interface Shape {
  readonly inputs: readonly Argument[];
  readonly outputs: readonly Argument[];
}

const VALUE = 13;
const failed = (reason: string): WriteResult => ({ state: 'failed', reason });

/** Calls the methods of one session: once, before their deadline, or not at all. */
export class MethodCalls {
  readonly #session: CallSession;
  readonly #library: Library;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  /** By object and method: several objects may share the node of a method, and describe it each for itself. */
  readonly #shapes = new Map<string, Shape>();
  /** Objects that were not named, by what was. */
  readonly #owners = new Map<string, string>();
  readonly #slices = new Slices();

  /** @param timeoutMs longest wait for the answer; the method may go on at the server after it */
  constructor(session: CallSession, library: Library, clock: Clock, timeoutMs: number) {
    this.#session = session;
    this.#library = library;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Calls the method with the command's raw value. Outputs are told in the reason. Refused: it was turned away and did
   * not run. Failed: nothing left, or the method itself said that it failed. Never rejects for what the server does.
   */
  async call(target: MethodTarget, command: Command, signal: AbortSignal): Promise<WriteResult> {
    if (this.#leftMs(command) <= 0) return failed(tooLate().message);
    let request: object;
    let shape: Shape;
    try {
      const work = this.#prepare(target, command, signal);
      ({ request, shape } = await within(work, this.#leftMs(command), tooLate, signal));
    } catch (error) {
      return failed(messageOf(error)); // nothing has left
    }
    if (this.#leftMs(command) <= 0 || signal.aborted) return failed(tooLate().message);
    // The library would keep the call and make it after it has reconnected.
    if (this.#session.isReconnecting) return failed('the connection is lost: nothing was sent');
    const asking = new Asking('write', { deadlineUs: command.deadlineUs, signal });
    try {
      const work = () => this.#session.call(request as never) as Promise<CallMethodResult>;
      return resultOf(await asking.within(work, this.#timeoutMs, noAnswer), shape);
    } catch (error) {
      return asking.held ? failed(messageOf(error)) : requestEnded(error);
    }
  }

  #leftMs(command: Command): number {
    return (command.deadlineUs - this.#clock.steadyUs()) / 1000;
  }

  async #prepare(target: MethodTarget, command: Command, signal: AbortSignal) {
    const object = target.object ?? (await this.#ownerOf(target, signal));
    const shape = await this.#shape(object, target.method, signal);
    const values = argumentValues(shape.inputs, command.raw, target.inputs);
    const types = new TypeTree(this.#session, this.#slices, signal);
    const typing = { session: this.#session, library: this.#library, types };
    const inputArguments: object[] = [];
    for (const [i, input] of shape.inputs.entries())
      inputArguments.push(await toVariant(typing, input, values[i] ?? null));
    return { request: { objectId: object, methodId: target.method, inputArguments }, shape };
  }

  /** What the server says of the method; asked for once. */
  async #shape(object: string, method: string, signal: AbortSignal): Promise<Shape> {
    const key = `${object} ${method}`;
    const known = this.#shapes.get(key);
    if (known) return known;
    const [properties] = await referencesOf(
      this.#session,
      [method],
      { type: HAS_PROPERTY },
      this.#slices,
      signal,
    );
    const read = async (name: string): Promise<readonly Argument[]> => {
      const property = properties?.find(({ browseName }) => browseName.name === name);
      if (!property) return [];
      const answer = await this.#session.read({ nodeId: plain(property.nodeId), attributeId: VALUE });
      return (answer.value.value ?? []) as readonly Argument[];
    };
    const shape = { inputs: await read('InputArguments'), outputs: await read('OutputArguments') };
    this.#shapes.set(key, shape);
    return shape;
  }

  /**
   * The object that it is called on (OPC UA Part 4, 5.12.2): the source of a HasComponent reference to it. Machines of
   * one type may share the node of a method, so that only a path, or a single owner, says which of them is meant.
   * @throws Error that says what to name
   */
  async #ownerOf({ method, above }: MethodTarget, signal: AbortSignal): Promise<string> {
    const key = `${above ?? ''} ${method}`;
    const known = this.#owners.get(key);
    if (known !== undefined) return known;
    const owner =
      above !== undefined && (await this.#hasComponent(above, method, signal))
        ? above
        : await this.#onlyOwner(method, signal);
    this.#owners.set(key, owner);
    return owner;
  }

  async #hasComponent(object: string, method: string, signal: AbortSignal): Promise<boolean> {
    const which = { type: HAS_COMPONENT };
    const [below] = await referencesOf(this.#session, [object], which, this.#slices, signal);
    return below?.some(({ nodeId }) => plain(nodeId) === method) ?? false;
  }

  async #onlyOwner(method: string, signal: AbortSignal): Promise<string> {
    const which = { type: HAS_COMPONENT, inverse: true };
    const [above = []] = await referencesOf(this.#session, [method], which, this.#slices, signal);
    const names = new Map(above.map(({ nodeId, browseName }) => [plain(nodeId), browseName.name ?? '']));
    const [owner, ...others] = names.keys();
    if (owner === undefined)
      throw new Error(`the server has no method ${method}, or nothing that it belongs to: name its object`);
    if (others.length === 0) return owner;
    const told = [...names].slice(0, MOST_TOLD).map(([node, name]) => `${name} (${node})`);
    throw new Error(
      `method ${method} belongs to ${names.size}: ${told.join(', ')}. Nothing was called: name its object`,
    );
  }
}

/** Owners named to people. */
const MOST_TOLD = 5;

const tooLate = (): Error => new Error('too late: its time to live was over');
const noAnswer = (): Error => new Error('called, but the server did not answer in time');

function resultOf(
  { statusCode, outputArguments, inputArgumentResults }: CallMethodResult,
  { inputs, outputs }: Shape,
): WriteResult {
  const told = toldOutputs(outputs, outputArguments ?? []);
  if (statusCode.value === 0) return { state: 'sent', ...(told !== undefined && { reason: told }) };
  const wrong = (inputArgumentResults ?? []).flatMap((one, i) =>
    one.value === 0 ? [] : [`${inputs[i]?.name ?? i}: ${one.name}`],
  );
  const reason = wrong.length > 0 ? `${statusCode.name} (${wrong.join(', ')})` : statusCode.name;
  if (statusCode.value < BAD)
    return { state: 'sent', reason: told === undefined ? reason : `${reason} ${told}` };
  return methodEnded(statusCode.name, reason);
}
const BAD = 0x8000_0000;
