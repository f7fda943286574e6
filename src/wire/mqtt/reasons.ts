import { Fault } from '#kernel/fault.ts';

interface Reason {
  readonly name: string;
  readonly hint: string;
}

const VERSION: Reason = {
  name: 'unsupported protocol version',
  hint: 'Set version: 4 (MQTT 3.1.1) or version: 5, whichever the broker speaks.',
};
const CLIENT_ID: Reason = {
  name: 'client identifier not valid',
  hint: 'Set clientId to what the broker allows; at most 23 letters and digits pass everywhere.',
};
const CREDENTIALS: Reason = {
  name: 'bad user name or password',
  hint: 'Compare username and passwordEnv or passwordFile with the accounts of the broker.',
};
const DENIED: Reason = {
  name: 'not authorized',
  hint: "Allow this user, client id and address in the broker's access list.",
};
const UNAVAILABLE: Reason = {
  name: 'server unavailable',
  hint: 'Look at the log of the broker; it takes no clients now.',
};

/** Return codes of CONNACK, MQTT 3.1.1, table 3.1. */
const CONNACK_4 = new Map<number, Reason>([
  [1, VERSION],
  [2, CLIENT_ID],
  [3, UNAVAILABLE],
  [4, CREDENTIALS],
  [5, DENIED],
]);

const plain = (name: string, hint = 'Look at the log of the broker for the reason.'): Reason => ({
  name,
  hint,
});

/** Reason codes from 0x80 on, MQTT 5.0, table 2.6. */
const REASONS_5 = new Map<number, Reason>([
  [0x80, plain('unspecified error')],
  [0x81, plain('malformed packet')],
  [0x82, plain('protocol error')],
  [0x83, plain('implementation specific error')],
  [0x84, VERSION],
  [0x85, CLIENT_ID],
  [0x86, CREDENTIALS],
  [0x87, DENIED],
  [0x88, UNAVAILABLE],
  [0x89, plain('server busy', 'Wait; the broker is overloaded.')],
  [0x8a, DENIED],
  [0x8b, plain('server shutting down', 'Wait until the broker is back.')],
  [0x8c, plain('bad authentication method', 'Use a user name with a password, or a client certificate.')],
  [0x8d, plain('keep alive timeout', 'Raise keepAliveS, or look for a slow network.')],
  [0x8e, plain('session taken over', 'Another client uses the same clientId: give each its own.')],
  [0x8f, plain('topic filter invalid', 'Correct the topic in the site file.')],
  [0x90, plain('topic name invalid', 'Correct the topic in the site file.')],
  [0x91, plain('packet identifier in use')],
  [0x93, plain('receive maximum exceeded')],
  [0x94, plain('topic alias invalid')],
  [0x95, plain('packet too large', "Raise the broker's packet limit, or send less in one message.")],
  [0x96, plain('message rate too high', 'Send less often, or raise the quota at the broker.')],
  [0x97, plain('quota exceeded', 'Raise the quota at the broker.')],
  [0x98, plain('administrative action', 'Somebody closed this session at the broker.')],
  [0x99, plain('payload format invalid')],
  [0x9a, plain('retain not supported', 'Set retain: false; the broker keeps no messages.')],
  [0x9b, plain('QoS not supported', 'Set qos: 0; the broker confirms nothing.')],
  [0x9c, plain('use another server')],
  [0x9d, plain('server moved')],
  [0x9e, plain('shared subscriptions not supported', 'Use a topic without $share.')],
  [0x9f, plain('connection rate exceeded', 'Wait; too many clients connect at once.')],
  [0xa0, plain('maximum connect time', 'Wait for the reconnection.')],
  [0xa1, plain('subscription identifiers not supported')],
  [0xa2, plain('wildcard subscriptions not supported', 'Name each topic; this broker knows no + and #.')],
]);

const unknown = (code: number): Reason => plain(`reason 0x${code.toString(16).padStart(2, '0')}`);

/** Name of a reason code of MQTT 5, for results and logs. */
export const reasonName = (code: number): string => (REASONS_5.get(code) ?? unknown(code)).name;

/** What the broker said in a CONNACK or DISCONNECT as a fault. */
export function refusal(
  what: 'connack' | 'disconnect',
  code: number,
  where: string,
  brokerText?: string,
): Fault {
  // A broker of 3.1.1 answers a CONNECT of version 5 with its own code 1.
  const reason = (code < 0x80 ? CONNACK_4 : REASONS_5).get(code) ?? unknown(code);
  const text = brokerText ? ` ('${brokerText}')` : '';
  if (what === 'disconnect') {
    const message = `${where} closed the session: ${reason.name}${text}`;
    return new Fault('mqtt.disconnected', message, { hint: reason.hint });
  }
  const kind = reason === VERSION ? 'mqtt.version-refused' : 'mqtt.refused';
  return new Fault(kind, `${where} refused the connection: ${reason.name}${text}`, { hint: reason.hint });
}
