import type { WriteResult } from '#kernel/command.ts';
import { messageOf } from '#kernel/fault.ts';

/**
 * A write or a call was turned away before anything happened at the machine (OPC UA Part 4, 5.10.4.4, 5.12.2.4, 7.38).
 * A list of what is sure: of a code that is not in it nobody knows what became of the request. Not in it on purpose:
 * BadSessionClosed, BadResponseTooLarge, BadDecodingError, which may follow upon work that was done.
 */
const REFUSALS = new RegExp(
  `^Bad(?:${[
    String.raw`NodeId\w+|AttributeIdInvalid|IndexRange\w+|DataEncoding\w+|NotWritable|WriteNotSupported`,
    'TypeMismatch|OutOfRange|InvalidArgument|ArgumentsMissing|TooManyArguments|MethodInvalid|NotExecutable',
    String.raw`User\w+|Security\w+|IdentityToken\w+|SessionIdInvalid|SessionNotActivated|Locked|RequiresLock`,
    'NotSupported|NotImplemented|ServiceUnsupported|InvalidState|RequestNotAllowed|RequestTooLarge',
    'NothingToDo|TooManyOperations|ServerTooBusy|RequestHeaderInvalid|InvalidTimestamp|TimestampNotSupported',
  ].join('|')})$`,
);

/**
 * Codes of one result by which a server says that it lost touch with the machine behind it, or with itself: the request
 * may have arrived there.
 */
const OPEN =
  /^Bad(?:\w*Time[Oo]ut|\w*Connection\w*|\w*NotConnected|\w*Communication\w*|SecureChannel\w*|Tcp\w+|Session\w+|Request(?:Interrupted|Cancelled\w+)|Shutdown|ServerHalted|Disconnect|UnexpectedError|InternalError|UnknownResponse|WaitingForResponse|OperationAbandoned|ResourceUnavailable|OutOfService|EndOfStream)$/;

/** What a bad status code says of a write. @param name of the code, such as BadNotWritable */
export const writeEnded = (name: string): WriteResult => ({
  state: REFUSALS.test(name) ? 'refused' : 'unknown',
  reason: name,
});

/** Of a method, which may have run, and says by any other code of its own that it failed. */
export function methodEnded(name: string, reason: string): WriteResult {
  if (REFUSALS.test(name)) return { state: 'refused', reason };
  return { state: OPEN.test(name) ? 'unknown' : 'failed', reason };
}

/** Of a request that has left and that was not answered by a result, but by an error of whatever kind. */
export function requestEnded(error: unknown): WriteResult {
  const said = messageOf(error);
  const code = /\bBad\w+/.exec(said)?.[0];
  return code !== undefined && REFUSALS.test(code)
    ? { state: 'refused', reason: code }
    : { state: 'unknown', reason: said };
}
