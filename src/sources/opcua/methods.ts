import type { CallMethodResult, ClientSession } from 'node-opcua-client';
import type { Clock } from '#kernel/clock.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import type { Json } from '#kernel/event.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Library } from '#wire/opcua/library.ts';
import { within } from '#wire/opcua/session.ts';
import { type Argument, argumentValues, toldOutputs, toVariant } from './arguments.ts';
import { plain } from './node-text.ts';
import { HAS_COMPONENT, HAS_PROPERTY, referencesOf } from './references.ts';
import { Slices } from './slices.ts';
import { TypeTree } from './type-tree.ts';

export type CallSession = Pick<
  ClientSession,
  'browse' | 'browseNext' | 'read' | 'call' | 'constructExtensionObject' | 'isReconnecting'
>;

/** A method by the node ids of this session; without an object, the one that it is a component of. */
export interface MethodTarget {
  readonly method: string;
  readonly object?: string | undefined;
  /** Arguments as the address gives them; `{{value}}` stands for the written value. */
  readonly inputs?: readonly Json[] | undefined;
}

interface Shape {
  readonly object: string;
  readonly inputs: readonly Argument[];
  readonly outputs: readonly Argument[];
}

const VALUE = 13;
/** The server turned the call away before it was carried out (OPC UA Part 4, 5.12.2.4). */
const TURNED_AWAY =
  /^Bad(?:NodeId\w+|Argument\w+|TooManyArguments|InvalidArgument|OutOfRange|TypeMismatch|MethodInvalid|NotExecutable|User\w+|Security\w+|NotSupported|NotImplemented|InvalidState|RequestNotAllowed|TooManyOperations|Session\w+|ServerTooBusy|NothingToDo|IdentityToken\w+|ServiceUnsupported)$/;
/** The answer is missing, and nobody knows what became of the call. */
const NO_ANSWER =
  /^Bad(?:Connection\w*|Timeout|RequestTimeout|RequestInterrupted|SecureChannelClosed|CommunicationError)$/;

const failed = (reason: string): WriteResult => ({ state: 'failed', reason });

/** Calls the methods of one session: once, before their deadline, or not at all. */
export class MethodCalls {
  readonly #session: CallSession;
  readonly #library: Library;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #shapes = new Map<string, Shape>();
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
    let outputs: readonly Argument[];
    try {
      const work = this.#prepare(target, command, signal);
      ({ request, outputs } = await within(work, this.#leftMs(command), tooLate, signal));
    } catch (error) {
      return failed(messageOf(error)); // nothing has left
    }
    if (this.#leftMs(command) <= 0 || signal.aborted) return failed(tooLate().message);
    // The library would keep the call and make it after it has reconnected.
    if (this.#session.isReconnecting) return failed('the connection is lost: nothing was sent');
    try {
      const result = await within(this.#session.call(request as never), this.#timeoutMs, noAnswer, signal);
      return resultOf(result as CallMethodResult, outputs, this.#inputNames(target));
    } catch (error) {
      return lost(messageOf(error));
    }
  }

  #leftMs(command: Command): number {
    return (command.deadlineUs - this.#clock.steadyUs()) / 1000;
  }

  #inputNames({ method }: MethodTarget): readonly string[] {
    return this.#shapes.get(method)?.inputs.map(({ name }) => name) ?? [];
  }

  async #prepare(target: MethodTarget, command: Command, signal: AbortSignal) {
    const { object, inputs, outputs } = await this.#shape(target, signal);
    const values = argumentValues(inputs, command.raw, target.inputs);
    const types = new TypeTree(this.#session, this.#slices, signal);
    const typing = { session: this.#session, library: this.#library, types };
    const inputArguments: object[] = [];
    for (const [i, input] of inputs.entries())
      inputArguments.push(await toVariant(typing, input, values[i] ?? null));
    return { request: { objectId: object, methodId: target.method, inputArguments }, outputs };
  }

  /** What the server says of the method; asked for once. */
  async #shape({ method, object }: MethodTarget, signal: AbortSignal): Promise<Shape> {
    const known = this.#shapes.get(method);
    if (known && (object === undefined || object === known.object)) return known;
    const owner = object ?? (await this.#ownerOf(method, signal));
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
    const shape = {
      object: owner,
      inputs: await read('InputArguments'),
      outputs: await read('OutputArguments'),
    };
    this.#shapes.set(method, shape);
    return shape;
  }

  async #ownerOf(method: string, signal: AbortSignal): Promise<string> {
    const which = { type: HAS_COMPONENT, inverse: true };
    const [above] = await referencesOf(this.#session, [method], which, this.#slices, signal);
    const owner = above?.[0];
    if (owner) return plain(owner.nodeId);
    throw new Error(`the server has no method ${method}, or nothing that it belongs to: name its object`);
  }
}

const tooLate = (): Error => new Error('too late: its time to live was over');
const noAnswer = (): Error => new Error('called, but the server did not answer in time');

function resultOf(
  { statusCode, outputArguments, inputArgumentResults }: CallMethodResult,
  outputs: readonly Argument[],
  inputs: readonly string[],
): WriteResult {
  const told = toldOutputs(outputs, outputArguments ?? []);
  if (statusCode.value === 0) return { state: 'sent', ...(told !== undefined && { reason: told }) };
  const wrong = (inputArgumentResults ?? []).flatMap((one, i) =>
    one.value === 0 ? [] : [`${inputs[i] ?? i}: ${one.name}`],
  );
  const reason = wrong.length > 0 ? `${statusCode.name} (${wrong.join(', ')})` : statusCode.name;
  if (statusCode.value < BAD)
    return { state: 'sent', reason: told === undefined ? reason : `${reason} ${told}` };
  return { state: TURNED_AWAY.test(statusCode.name) ? 'refused' : 'failed', reason };
}
const BAD = 0x8000_0000;

/** A refusal of the whole request names its code; anything else leaves it open whether the method ran. */
function lost(said: string): WriteResult {
  const code = /\bBad\w+/.exec(said)?.[0];
  if (code === undefined || NO_ANSWER.test(code)) return { state: 'unknown', reason: said };
  return { state: TURNED_AWAY.test(code) ? 'refused' : 'unknown', reason: code };
}
