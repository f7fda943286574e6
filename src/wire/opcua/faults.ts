import { Fault, messageOf } from '#kernel/fault.ts';
import { UNREACHED } from '#kernel/unreached.ts';

/** What servers and sockets say, found in the library's messages, with what it means for the one who reads. */
const CAUSES: readonly { readonly sign: RegExp; readonly code: string; readonly hint: string }[] = [
  {
    sign: /BadTooManySessions|TooManySession/i,
    code: 'opcua.too-many-sessions',
    hint: 'The server has no session left: close other clients, or raise its limit. It is tried again.',
  },
  {
    sign: /BadUserAccessDenied|BadIdentityToken/,
    code: 'opcua.user-refused',
    hint: 'The server does not accept this user: check name, password and what the endpoint allows.',
  },
  {
    sign: /BadCertificateUntrusted|BadSecurityChecksFailed|BadCertificate\w+|certificate.*(?:reject|trust)/i,
    code: 'opcua.not-trusted-there',
    hint: 'The server does not trust our certificate: let its administrator trust it, then it is tried again.',
  },
  {
    sign: /ECONNREFUSED|ECONNREF/,
    code: 'opcua.refused',
    hint: UNREACHED.ECONNREFUSED.hint,
  },
  {
    sign: /ENOTFOUND|EAI_AGAIN/,
    code: 'opcua.name',
    hint: UNREACHED.ENOTFOUND.hint,
  },
  {
    sign: /EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|timed? ?out|timeout/i,
    code: 'opcua.timeout',
    hint: UNREACHED.ETIMEDOUT.hint,
  },
  {
    sign: /BadSecurityPolicyRejected|BadSecurityModeRejected/,
    code: 'opcua.security',
    hint: 'The server refuses this security mode or policy: look at what it offers with holdfast source test.',
  },
  {
    sign: /Connection aborted|disconnected by third party|ECONNRESET|EPIPE/,
    code: 'opcua.hung-up',
    hint: 'Something else than an OPC UA server may listen there, or the server refuses more connections.',
  },
  {
    sign: /user token policy/i,
    code: 'opcua.user-refused',
    hint: 'The endpoint does not take this kind of user: set or remove user.',
  },
];

/** One Fault for whatever the library throws. @param where address that was talked to */
export function opcuaFault(error: unknown, where: string): Fault {
  if (error instanceof Fault) return error;
  const said = messageOf(error).replaceAll(/\s+/g, ' ').trim();
  const known = CAUSES.find(({ sign }) => sign.test(said));
  return new Fault(known?.code ?? 'opcua.failed', `${where}: ${said}`, {
    cause: error,
    ...(known && { hint: known.hint }),
  });
}
