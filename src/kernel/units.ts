/*
 * Units by UCUM, the Unified Code for Units of Measure (ucum.org, version 2.1), case-sensitive ("c/s") codes. The
 * grammar is that of its syntax rules; of the atoms those that industry uses.
 */

const words = (text: string): string[] => text.trim().split(/\s+/);

const PREFIXES = words('Q R Y Z E P T G M k h da d c m u n p f a z y r q Ki Mi Gi Ti');

/** Atoms that take a prefix: those that UCUM calls metric. */
const METRIC = new Set(
  words(`m g s rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv l L ar t bar u eV pc st
    B Np B[SPL] B[V] B[mV] B[uV] B[10.nV] B[W] B[kW] kat U P St dyn erg cal cal_IT cal_th g% G Oe Mx Gb Ci R RAD REM
    m[H2O] m[Hg] bit By Bd gf eq osm`),
);

/** Atoms that stand alone. */
const PLAIN = new Set(
  words(`10* 10^ [pi] % [ppth] [ppm] [ppb] [pptr] [car_m] gon deg ' '' min h d wk mo mo_j a a_j a_t AU atm att
    [degF] [degR] [degRe] [in_i] [ft_i] [yd_i] [mi_i] [fth_i] [nmi_i] [kn_i] [mil_i] [sin_i] [sft_i] [syd_i] [cin_i]
    [cft_i] [cyd_i] [bf_i] [acr_us] [acr_br] [gal_us] [bbl_us] [qt_us] [pt_us] [foz_us] [bu_us] [gal_br] [pt_br]
    [lb_av] [oz_av] [gr] [ston_av] [lton_av] [scwt_av] [lcwt_av] [lbf_av] [psi] [in_i'H2O] [in_i'Hg] [Btu] [Btu_IT]
    [Btu_th] [Btu_59] [Btu_60] [Cal] [HP] [pH] [arb'U] [iU] [IU] [g] [c] [h] [k] [e] [G] bit_s circ sph`),
);

export interface UnitProblem {
  /** What is wrong, with the code found. */
  readonly message: string;
  /** The code to write instead, where it can be guessed. */
  readonly hint: string;
}

/** Undefined when the code is valid UCUM; otherwise what is wrong and what to write. */
export function unitProblem(code: string): UnitProblem | undefined {
  if (isUnit(code)) return undefined;
  const better = suggest(code);
  return {
    message: `${JSON.stringify(code)} is no UCUM unit`,
    hint: better
      ? `write ${better}`
      : 'write a UCUM code (case matters), such as Cel, bar, m3/h, /min, mm/s, kW.h, %; 1 for a plain count',
  };
}

/** The code for what a device calls a unit: the text itself where it is UCUM, or what it most likely means. */
export const unitCode = (text: string): string | undefined => (isUnit(text) ? text : suggest(text));

/** Whether the text is a unit by the syntax rules of UCUM and known atoms. */
function isUnit(code: string): boolean {
  if (code === '' || code.length > 100) return false;
  const rest = term(code.startsWith('/') ? code.slice(1) : code, 0);
  return rest === '';
}

/** Reads `component ((. | /) component)*`; what is left of the text, or undefined when it is no term. */
function term(text: string, depth: number): string | undefined {
  if (depth > 10) return undefined;
  let rest = component(text, depth);
  while (rest !== undefined && (rest.startsWith('.') || rest.startsWith('/')))
    rest = component(rest.slice(1), depth);
  return rest;
}

function component(text: string, depth: number): string | undefined {
  if (text.startsWith('(')) {
    const rest = term(text.slice(1), depth + 1);
    return rest?.startsWith(')') ? rest.slice(1) : undefined;
  }
  if (text.startsWith('{')) return annotation(text);
  const symbol = /^(?:10[*^]|\d+|(?:[A-Za-z_%']|\[[^\]\s]+\]|(?<=B\[10)\.nV\])+)/.exec(text)?.[0];
  if (symbol === undefined) return undefined;
  const rest = text.slice(symbol.length);
  // A bare number is a factor and takes no exponent.
  if (/^\d+$/.test(symbol)) return annotation(rest);
  if (!isSimple(symbol)) return undefined;
  return annotation(rest.replace(/^[+-]?\d+/, ''));
}

/** Skips `{…}`: printable ASCII without braces, of no meaning in UCUM. */
function annotation(text: string): string | undefined {
  if (!text.startsWith('{')) return text;
  const found = /^\{[!-z|~]*\}/.exec(text)?.[0];
  return found && text.slice(found.length);
}

function isSimple(symbol: string): boolean {
  if (METRIC.has(symbol) || PLAIN.has(symbol)) return true;
  return PREFIXES.some((prefix) => symbol.startsWith(prefix) && METRIC.has(symbol.slice(prefix.length)));
}

/** What people write, by whole text and by component, in small letters where case tells nothing. */
const HABITS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '°c': 'Cel',
    degc: 'Cel',
    celsius: 'Cel',
    '℃': 'Cel',
    '°f': '[degF]',
    degf: '[degF]',
    fahrenheit: '[degF]',
    '℉': '[degF]',
    '°': 'deg',
    degree: 'deg',
    degrees: 'deg',
    kelvin: 'K',
    rpm: '/min',
    'r/min': '/min',
    'rev/min': '/min',
    '1/min': '/min',
    'u/min': '/min',
    rps: '/s',
    percent: '%',
    pct: '%',
    '‰': '[ppth]',
    ppm: '[ppm]',
    ppb: '[ppb]',
    ph: '[pH]',
    ohm: 'Ohm',
    ohms: 'Ohm',
    kohm: 'kOhm',
    mohm: 'MOhm',
    va: 'V.A',
    kva: 'kV.A',
    mva: 'MV.A',
    var: 'V.A{reactive}',
    kvar: 'kV.A{reactive}',
    mvar: 'MV.A{reactive}',
    kvarh: 'kV.A.h{reactive}',
    varh: 'V.A.h{reactive}',
    vah: 'V.A.h',
    kvah: 'kV.A.h',
    wh: 'W.h',
    kwh: 'kW.h',
    mwh: 'MW.h',
    gwh: 'GW.h',
    ah: 'A.h',
    mah: 'mA.h',
    nm: 'N.m',
    knm: 'kN.m',
    barg: 'bar{gauge}',
    bara: 'bar{absolute}',
    'bar(g)': 'bar{gauge}',
    'bar(a)': 'bar{absolute}',
    mbarg: 'mbar{gauge}',
    psi: '[psi]',
    psig: '[psi]{gauge}',
    psia: '[psi]{absolute}',
    mmhg: 'mm[Hg]',
    mmh2o: 'mm[H2O]',
    mh2o: 'm[H2O]',
    inh2o: "[in_i'H2O]",
    inhg: "[in_i'Hg]",
    mwc: 'm[H2O]',
    mmwc: 'mm[H2O]',
    sec: 's',
    second: 's',
    seconds: 's',
    msec: 'ms',
    usec: 'us',
    minute: 'min',
    minutes: 'min',
    mins: 'min',
    hr: 'h',
    hrs: 'h',
    hour: 'h',
    hours: 'h',
    day: 'd',
    days: 'd',
    week: 'wk',
    year: 'a',
    years: 'a',
    litre: 'L',
    liter: 'L',
    litres: 'L',
    liters: 'L',
    ltr: 'L',
    lpm: 'L/min',
    lps: 'L/s',
    cfm: '[cft_i]/min',
    gpm: '[gal_us]/min',
    gal: '[gal_us]',
    bbl: '[bbl_us]',
    nm3: 'm3{normal}',
    sm3: 'm3{standard}',
    inch: '[in_i]',
    inches: '[in_i]',
    in: '[in_i]',
    feet: '[ft_i]',
    ft: '[ft_i]',
    mile: '[mi_i]',
    mph: '[mi_i]/h',
    kmh: 'km/h',
    kph: 'km/h',
    lb: '[lb_av]',
    lbs: '[lb_av]',
    oz: '[oz_av]',
    lbf: '[lbf_av]',
    hp: '[HP]',
    btu: '[Btu]',
    tonne: 't',
    tonnes: 't',
    ton: 't',
    tons: 't',
    kgf: 'kgf',
    byte: 'By',
    bytes: 'By',
    kb: 'kBy',
    mb: 'MBy',
    gb: 'GBy',
    bits: 'bit',
    pcs: '{pieces}',
    pieces: '{pieces}',
    count: '{count}',
    counts: '{count}',
    bottles: '{bottles}',
    units: '{units}',
    none: '1',
    '-': '1',
    'g-force': '[g]',
    db: 'dB',
    dba: 'dB[SPL]',
    'db(a)': 'dB[SPL]',
    dbm: 'dB[W]',
    ntu: '{NTU}',
    fnu: '{FNU}',
    cst: 'cSt',
    cp: 'cP',
    meter: 'm',
    metre: 'm',
  }),
);

/** A valid code that the text most likely means. */
function suggest(code: string): string | undefined {
  const tidy = code
    .trim()
    .replace(/[µμ]/g, 'u')
    .replace(/[ΩΩ]/g, 'Ohm')
    .replace(/[⁻⁰¹²³⁴-⁹]/g, (sign) => '-0123456789'['⁻⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(sign)] ?? sign)
    .replace(/\s+per\s+|\s*[/∕÷]\s*/gi, '/')
    .replace(/\s*(?:[·⋅×]|\*\*?(?!\s*-?\d))\s*/g, '.')
    .replace(/(?:\^|\*\*)(?=-?\d)/g, '');
  const whole = HABITS.get(tidy.toLowerCase());
  if (whole !== undefined) return whole;
  if (isUnit(tidy)) return tidy;
  const parts = tidy
    .split(/([./]|\s+)/)
    .map((part, i) => (i % 2 === 1 ? part.trim() || '.' : habitual(part)));
  const joined = parts.join('').replace(/^1\//, '/').replace(/\/\//, '/');
  return isUnit(joined) ? joined : undefined;
}

/** One component: by habit, otherwise by trying the letters in the other case. */
function habitual(part: string): string {
  const [, symbol = '', exponent = ''] = /^(.*?)(-?\d*)$/.exec(part) ?? [];
  const habit = HABITS.get(part.toLowerCase()) ?? HABITS.get(symbol.toLowerCase());
  if (isUnit(part) || part === '') return part;
  if (habit !== undefined)
    return habit.includes('.') && exponent !== ''
      ? `(${habit})${exponent}`
      : habit + (HABITS.has(part.toLowerCase()) ? '' : exponent);
  const small = symbol.toLowerCase();
  for (const prefix of ['', ...COMMON]) {
    for (const atom of METRIC) if ((prefix + atom).toLowerCase() === small) return prefix + atom + exponent;
  }
  for (const atom of PLAIN)
    if (atom.toLowerCase() === small || atom.toLowerCase() === `[${small}]`) return atom + exponent;
  return part;
}

/** Prefixes in the order of likelihood when the case of a text is lost. */
const COMMON = ['k', 'm', 'M', 'u', 'G', 'c', 'd', 'h', 'n', 'p', 'T'] as const;
