/** 10^0 … 10^22: the powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Any integer of this many digits is below 2^53, hence exact in a double. */
const EXACT_DIGITS = 15;

const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;

/**
 * Reads a number of the JSON grammar (RFC 8259, section 6) from ASCII bytes without making a string. Up to 15 digits
 * and powers up to 10^22 need one rounding only and are therefore what `Number` says (Clinger's fast path); the rest
 * goes through `Number` itself.
 */
export class NumberScan {
  /** Of the last scan that found a number. */
  value = 0;

  /** @returns position behind the number, or -1 where the bytes before `end` do not begin with one */
  scan(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    const negative = bytes[at] === MINUS && at < end;
    if (negative) at++;
    let mantissa = 0;
    let digit = digitAt(bytes, at, end);
    if (digit < 0) return -1;
    const firstDigit = at;
    do {
      mantissa = mantissa * 10 + digit;
      digit = digitAt(bytes, ++at, end);
    } while (digit >= 0 && bytes[firstDigit] !== ZERO); // a number that begins with 0 has one digit there
    let digits = at - firstDigit;
    let exponent = 0;
    if (at < end && bytes[at] === DOT) {
      const fraction = ++at;
      for (digit = digitAt(bytes, at, end); digit >= 0; digit = digitAt(bytes, ++at, end)) {
        mantissa = mantissa * 10 + digit;
      }
      if (at === fraction) return -1;
      digits += at - fraction;
      exponent = fraction - at;
    }
    if (at < end && ((bytes[at] as number) | 0x20) === 0x65) {
      const behind = this.#exponent(bytes, at + 1, end);
      if (behind < 0) return -1;
      exponent += this.#power;
      at = behind;
    }
    this.value =
      digits <= EXACT_DIGITS && exponent >= -22 && exponent <= 22
        ? scaled(negative ? -mantissa : mantissa, exponent)
        : Number(asciiText(bytes, start, at));
    return at;
  }

  #power = 0;

  #exponent(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    const sign = at < end ? bytes[at] : 0;
    if (sign === MINUS || sign === PLUS) at++;
    const first = at;
    let power = 0;
    for (let digit = digitAt(bytes, at, end); digit >= 0; digit = digitAt(bytes, ++at, end)) {
      if (power < 1e6) power = power * 10 + digit;
    }
    this.#power = sign === MINUS ? -power : power;
    return at === first ? -1 : at;
  }
}

function digitAt(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const digit = (bytes[at] as number) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

const scaled = (mantissa: number, exponent: number): number =>
  exponent < 0 ? mantissa / (POWERS[-exponent] as number) : mantissa * (POWERS[exponent] as number);

/** Bytes as text, one character a byte; right for ASCII only. */
export const asciiText = (bytes: Uint8Array, start: number, end: number): string =>
  asBuffer(bytes).toString('latin1', start, end);

/** Bytes as text; what is no UTF-8 becomes U+FFFD. */
export const utf8Text = (bytes: Uint8Array, start: number, end: number): string =>
  asBuffer(bytes).toString('utf8', start, end);

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
