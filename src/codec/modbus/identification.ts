/*
 * Read Device Identification: MODBUS Application Protocol Specification V1.1b3, section 6.21. The answer's length is not
 * known from the request, so it can be asked over Modbus TCP only, whose frames carry their length.
 */

/** Basic identification as a stream, from its first object. */
export interface Identify {
  readonly code: 43;
}

const MEI_TYPE = 14;
const BASIC = 1;
/** Function, MEI type, device id code, conformity, more follows, next object, number of objects. */
const HEAD = 7;

export const IDENTIFY_PDU = Uint8Array.of(43, MEI_TYPE, BASIC, 0);

/** Names of the basic objects (6.21, table of object ids). */
const OBJECTS = ['vendor', 'product', 'revision'] as const;
export type Identification = { readonly [name in (typeof OBJECTS)[number]]?: string };

/** What is wrong with an answer; undefined when nothing is. */
export function identificationProblem(pdu: Uint8Array): string | undefined {
  if (pdu.length < HEAD || pdu[1] !== MEI_TYPE) return `${pdu.length} bytes that are no identification`;
  let at = HEAD;
  for (let i = 0; i < (pdu[6] as number); i++) at += 2 + (pdu[at + 1] ?? pdu.length);
  return at === pdu.length ? undefined : 'objects of the identification do not fill it';
}

/** @param pdu without a problem. Text of the device: ASCII, what is not printable is left out */
export function readIdentification(pdu: Uint8Array): Identification {
  const found: { [name: string]: string } = {};
  let at = HEAD;
  for (let i = 0; i < (pdu[6] as number); i++) {
    const name = OBJECTS[pdu[at] as number];
    const end = at + 2 + (pdu[at + 1] as number);
    const text = Buffer.from(pdu.subarray(at + 2, end)).toString('latin1');
    if (name !== undefined) found[name] = text.replaceAll(/[^\x20-\x7e]/g, '').trim();
    at = end;
  }
  return found;
}
