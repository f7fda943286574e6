import type * as z from 'zod';
import type { AnyRoute } from './route.ts';

/* What a row of a table of routes means for its handler, as types; of whatever API the table is. */

/** Schemas of answers by name, as a module exports them. */
export type Schemas = { readonly [name: string]: z.ZodType };

type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [name in Name]: string } & ParamsOf<Rest>
  : unknown;

type SchemaOf<R, Part extends 'query' | 'body'> = R extends {
  readonly [part in Part]: infer S extends z.ZodType;
}
  ? z.output<S>
  : undefined;

/** What a route is given once it was checked. */
export interface AskedOf<R extends AnyRoute> {
  readonly params: ParamsOf<R['path']>;
  readonly query: SchemaOf<R, 'query'>;
  readonly body: R extends { readonly upload: readonly string[] } ? Upload : SchemaOf<R, 'body'>;
}

/** A file on its way in; whoever reads it slowly slows it down. */
export interface Upload {
  readonly type: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A file on its way out. */
export interface Download {
  readonly type: string;
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A part of a list, and how to ask for the next one. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Parameters that lead to the next page in place of those given; absent on the last one. */
  readonly next?: { readonly [name: string]: string | number };
}

/** As a handler may give it: never changed, and with fields that JSON leaves out. */
type Given<T> = T extends readonly [infer A, infer B]
  ? readonly [A, B]
  : T extends (infer One)[]
    ? readonly Given<One>[]
    : T extends object
      ? { readonly [key in keyof T]: Given<T[key]> | Absent<T, key> }
      : T;
type Absent<T, Key extends keyof T> = Pick<T, Key> extends Required<Pick<T, Key>> ? never : undefined;

type Named<M extends Schemas, Name extends keyof M> = Given<z.output<M[Name]>>;

/** What is answered: one thing, or for lists and lines what each of them is. */
export type AnsweredOf<R extends AnyRoute, M extends Schemas> = R['reply'] extends {
  readonly json: infer N extends keyof M;
}
  ? Named<M, N>
  : R['reply'] extends { readonly list: infer N extends keyof M }
    ? Named<M, N>
    : R['reply'] extends { readonly lines: infer N extends keyof M }
      ? Named<M, N>
      : R['reply'] extends { readonly stream: infer N extends keyof M }
        ? Named<M, N>
        : R['reply'] extends { readonly file: readonly string[] }
          ? Download
          : string;

type AnswerOf<R extends AnyRoute, M extends Schemas> = R extends { readonly paged: true }
  ? Page<AnsweredOf<R, M>>
  : R['reply'] extends { readonly list: string }
    ? readonly AnsweredOf<R, M>[]
    : R['reply'] extends { readonly lines: string }
      ? AsyncIterable<AnsweredOf<R, M>>
      : AnsweredOf<R, M>;

/** @param signal aborted when the client goes away @param who asks, and may: the gate has seen to it */
export type HandlerOf<R extends AnyRoute, M extends Schemas, Who> = (
  asked: AskedOf<R>,
  signal: AbortSignal,
  who: Who,
) => AnswerOf<R, M> | (R['reply'] extends { readonly lines: string } ? never : Promise<AnswerOf<R, M>>);
