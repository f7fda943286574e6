import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import type * as z from 'zod';
import type { ProblemDetails } from '#contract/api.ts';
import { problem } from '#contract/routes/problem.ts';
import { Fault } from '#kernel/fault.ts';

/** What was given does not fit what its route takes. */
export class WrongInput extends Error {
  readonly fields: NonNullable<ProblemDetails['fields']>;

  constructor(where: 'query' | 'body', { issues }: z.ZodError, given: unknown) {
    const fields = issues.flatMap((issue) => fieldsOf(where, issue, given));
    super(fields.map(({ name, message }) => (name === '' ? message : `${name}: ${message}`)).join('; '));
    this.fields = fields;
  }
}

function fieldsOf(
  where: 'query' | 'body',
  issue: z.core.$ZodIssue,
  given: unknown,
): NonNullable<ProblemDetails['fields']> {
  const { path } = issue;
  if (issue.code !== 'unrecognized_keys') {
    const message = isMissing(issue, given) ? 'is missing' : issue.message;
    return [{ in: where, name: path.join('.'), message }];
  }
  return issue.keys.map((key) => ({
    in: where,
    name: [...path, key].join('.'),
    message: 'is not known here',
  }));
}

/** Of what is not there Zod says what type it is not. */
function isMissing({ code, path }: z.core.$ZodIssue, given: unknown): boolean {
  if (path.length === 0 || (code !== 'invalid_type' && code !== 'invalid_union' && code !== 'invalid_value'))
    return false;
  const at = (from: unknown, key: PropertyKey) => (from as { readonly [key: PropertyKey]: unknown })?.[key];
  return path.reduce(at, given) === undefined;
}

/** Answers with what went wrong, as RFC 9457 writes it. */
export function sendProblem(reply: FastifyReply, error: unknown): void {
  const problem = problemOf(error);
  reply.code(problem.status).type('application/problem+json').send(problem);
}

export function problemOf(error: unknown): ProblemDetails {
  if (error instanceof WrongInput) {
    return { ...problem('api.bad-request', error.message), fields: error.fields };
  }
  if (error instanceof Fault) return problem(error.code, error.message, error.hint);
  const { statusCode, message } = error as { readonly statusCode?: number; readonly message: string };
  if (statusCode === 413) {
    return problem('api.too-large', message, 'a body has at most 64 kB, a site file at most 16 MB');
  }
  if (statusCode === 415) {
    return problem('api.unsupported-type', message, 'send JSON, with content-type: application/json');
  }
  if (statusCode === undefined || statusCode >= 500) {
    return problem(
      'api.internal',
      message,
      'this is a mistake of ours: `holdfast events` and the log tell more',
    );
  }
  return problem('api.bad-request', message);
}

/** What is no HTTP at all: there is no request yet that a reply could belong to. */
export function refuseSocket(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const isLong = error.code === 'HPE_HEADER_OVERFLOW';
  const body = JSON.stringify(
    problem('api.bad-request', isLong ? 'the headers are too long' : 'this is no HTTP'),
  );
  const head = isLong ? '431 Request Header Fields Too Large' : '400 Bad Request';
  socket.end(
    `HTTP/1.1 ${head}\r\ncontent-type: application/problem+json\r\nconnection: close\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
